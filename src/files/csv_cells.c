/* Cells of delimited text. */
#include "files/csv_cells.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void rt_csv_begin(struct rt_csv_cursor *c, const char *file, const char *text,
                  size_t n, char sep, int line)
{
    *c = (struct rt_csv_cursor){
        .p = text, .end = text + n, .file = file, .sep = sep, .line = line
    };
}

void rt_csv_end(struct rt_csv_cursor *c)
{
    rt_str_release(&c->text);
}

static bool at_newline(const struct rt_csv_cursor *c)
{
    return c->p < c->end && (*c->p == '\n' || *c->p == '\r');
}

static void pass_newline(struct rt_csv_cursor *c)
{
    c->p += c->end - c->p > 1 && c->p[0] == '\r' && c->p[1] == '\n' ? 2 : 1;
    c->line++;
}

static bool is_blank(const struct rt_csv_cursor *c, char b)
{
    return b == ' ' || (b == '\t' && c->sep != '\t');
}

static void pass_blanks(struct rt_csv_cursor *c)
{
    while (c->p < c->end && is_blank(c, *c->p))
        c->p++;
}

static bool at_sep(const struct rt_csv_cursor *c)
{
    return c->p < c->end &&
           (*c->p == c->sep || (c->sep == ' ' && *c->p == '\t'));
}

/* After the opening quote: up to the closing one, "" being a quote. */
static int quoted(struct rt_csv_cursor *c, struct rt_csv_cell *cell,
                  struct rt_err *err)
{
    rt_str_clear(&c->text);
    for (;;) {
        const char *from = c->p;
        while (c->p < c->end && *c->p != '"' && !at_newline(c))
            c->p++;
        rt_str_addn(&c->text, from, (size_t)(c->p - from));
        if (c->p == c->end)
            return rt_fail(err, RT_EFORMAT, "%s:%d: a quote has no end",
                           c->file, cell->line);
        if (at_newline(c)) {
            pass_newline(c);
            rt_str_addc(&c->text, '\n');
        } else if (c->end - c->p > 1 && c->p[1] == '"') {
            rt_str_addc(&c->text, '"');
            c->p += 2;
        } else {
            break;
        }
    }
    c->p++;
    pass_blanks(c);
    if (c->p < c->end && !at_newline(c) && !at_sep(c) &&
        !(c->sep == ' ' && is_blank(c, c->p[-1])))
        return rt_fail(err, RT_EFORMAT,
                       "%s:%d: text behind a closing quote, want a separator "
                       "or the end of the line",
                       c->file, c->line);
    cell->s = rt_str_c(&c->text);
    cell->n = c->text.n;
    return 0;
}

static void plain(struct rt_csv_cursor *c, struct rt_csv_cell *cell)
{
    cell->s = c->p;
    while (c->p < c->end && !at_sep(c) && !at_newline(c))
        c->p++;
    const char *end = c->p;
    while (end > cell->s && is_blank(c, end[-1]))
        end--;
    cell->n = (size_t)(end - cell->s);
}

/* Behind a cell: the separator, or the end of the row. */
static void pass_sep(struct rt_csv_cursor *c, struct rt_csv_cell *cell)
{
    if (c->sep == ' ')
        pass_blanks(c);
    cell->last = c->p == c->end || at_newline(c);
    c->inside = !cell->last;
    if (at_newline(c))
        pass_newline(c);
    else if (!cell->last && c->sep != ' ')
        c->p++;
}

int rt_csv_next(struct rt_csv_cursor *c, struct rt_csv_cell *cell,
                struct rt_err *err)
{
    pass_blanks(c);
    while (!c->inside && at_newline(c)) {
        pass_newline(c);
        pass_blanks(c);
    }
    if (!c->inside && c->p == c->end)
        return 0;
    *cell = (struct rt_csv_cell){ .line = c->line };
    if (c->p < c->end && *c->p == '"') {
        c->p++;
        int status = quoted(c, cell, err);
        if (status)
            return status;
    } else {
        plain(c, cell);
    }
    pass_sep(c, cell);
    return 1;
}

/* ---- numbers ------------------------------------------------------------- */

static bool infinite(const char *s, size_t n, double *v)
{
    bool minus = n && *s == '-';
    if (n && (*s == '-' || *s == '+')) {
        s++;
        n--;
    }
    if (!(n == 3 && strncasecmp(s, "inf", 3) == 0) &&
        !(n == 8 && strncasecmp(s, "infinity", 8) == 0))
        return false;
    *v = minus ? -INFINITY : INFINITY;
    return true;
}

static bool by_strtod(const char *s, size_t n, double *v)
{
    char text[512], *end;
    if (n >= sizeof text)
        return false;
    memcpy(text, s, n);
    text[n] = '\0';
    *v = strtod(text, &end);
    return end == text + n;
}

/* Up to 15 digits and a power of ten up to 22 are both exact in a double, so
 * one product or quotient rounds once (Clinger 1990). That is nearly every
 * number of a table, several times as fast as strtod. */
bool rt_csv_number(const struct rt_csv_cell *cell, double *v)
{
    static const double power[] = { 1,    1e1,  1e2,  1e3,  1e4,  1e5,
                                    1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
                                    1e18, 1e19, 1e20, 1e21, 1e22 };
    const char *s = cell->s, *end = s + cell->n;
    uint64_t m = 0;
    int digits = 0, scale = 0, exponent = 0;
    bool minus = s < end && *s == '-', point = false;
    if (s < end && (*s == '-' || *s == '+'))
        s++;
    for (; s < end && ((*s >= '0' && *s <= '9') || (*s == '.' && !point));
         s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        if (digits++ < 18)
            m = m * 10 + (uint64_t)(*s - '0');
        scale += point;
    }
    if (digits == 0)
        return infinite(cell->s, cell->n, v);
    if (s < end && (*s == 'e' || *s == 'E')) {
        bool down = ++s < end && *s == '-';
        if (s < end && (*s == '-' || *s == '+'))
            s++;
        if (s == end)
            return false;
        for (; s < end && *s >= '0' && *s <= '9'; s++)
            exponent = exponent < 10000 ? exponent * 10 + (*s - '0') : exponent;
        exponent = down ? -exponent : exponent;
    }
    if (s != end)
        return false;
    exponent -= scale;
    if (digits > 15 || exponent > 22 || exponent < -22)
        return by_strtod(cell->s, cell->n, v);
    *v = exponent < 0 ? (double)m / power[-exponent]
                      : (double)m * power[exponent];
    *v = minus ? -*v : *v;
    return true;
}
