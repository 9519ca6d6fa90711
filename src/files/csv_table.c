/* A delimited text as a table. */
#include "files/csv_table.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/suggest.h"

#include <stdlib.h>
#include <string.h>

/* ---- opening ------------------------------------------------------------- */

static int read_text(struct rt_csv_table *t, int skip, struct rt_err *err)
{
    size_t n;
    int status = rt_file_read(t->file, 0, &t->bytes, &n, err);
    if (status)
        return status;
    const unsigned char *nul = memchr(t->bytes, '\0', n);
    if (nul)
        return rt_fail(err, RT_EFORMAT,
                       "%s: byte %zu is 0, want plain text (UTF-8)", t->file,
                       (size_t)(nul - t->bytes));
    t->text = (const char *)t->bytes;
    t->end = t->text + n;
    if (n >= 3 && memcmp(t->text, "\xef\xbb\xbf", 3) == 0)
        t->text += 3;
    for (t->line = 1; t->line <= skip; t->line++) {
        const char *next = memchr(t->text, '\n', (size_t)(t->end - t->text));
        if (!next)
            return rt_fail(err, RT_EFORMAT,
                           "%s: has %d lines, skip=%d leaves none", t->file,
                           t->line, skip);
        t->text = next + 1;
    }
    return 0;
}

/* The most frequent of the usual ones in the first line, outside quotes. */
static char guess_sep(const struct rt_csv_table *t)
{
    static const char usual[] = ",;\t|";
    int count[sizeof usual] = { 0 }, best = 0;
    bool quote = false;
    const char *p = t->text;
    while (p < t->end && (*p == '\n' || *p == '\r'))
        p++;
    for (; p < t->end && (quote || (*p != '\n' && *p != '\r')); p++) {
        const char *hit = strchr(usual, *p);
        if (*p == '"')
            quote = !quote;
        else if (hit && !quote)
            count[hit - usual]++;
    }
    for (int i = 1; usual[i]; i++)
        if (count[i] > count[best])
            best = i;
    return usual[best];
}

static int choose_sep(struct rt_csv_table *t, const char *sep,
                      struct rt_err *err)
{
    if (!sep)
        t->sep = guess_sep(t);
    else if (strcmp(sep, "tab") == 0 || strcmp(sep, "\\t") == 0)
        t->sep = '\t';
    else if (strcmp(sep, "space") == 0)
        t->sep = ' ';
    else if (strlen(sep) == 1 && !strchr("\"\r\n", *sep))
        t->sep = *sep;
    else
        return rt_fail(err, RT_EINVAL,
                       "sep is '%s', want one character, tab or space", sep);
    return 0;
}

static void begin(struct rt_csv_cursor *c, const struct rt_csv_table *t)
{
    rt_csv_begin(c, t->file, t->text, (size_t)(t->end - t->text), t->sep,
                 t->line);
}

/* The cells of the first row as names; whether one of them is a number. */
static int first_row(struct rt_csv_table *t, bool *numbers, struct rt_err *err)
{
    struct rt_csv_cursor c;
    struct rt_csv_cell cell = { .last = false };
    int status = 1, cap = 0;
    begin(&c, t);
    while (!cell.last && (status = rt_csv_next(&c, &cell, err)) > 0) {
        double v;
        if (t->width == cap) {
            cap = cap ? 2 * cap : 16;
            t->names = rt_xrealloc(t->names, (size_t)cap * sizeof *t->names);
        }
        *numbers = *numbers || rt_csv_number(&cell, &v);
        t->names[t->width++] = rt_xstrndup(cell.s, cell.n);
    }
    rt_csv_end(&c);
    if (status == 0)
        return rt_fail(err, RT_EFORMAT, "%s: no rows", t->file);
    return status < 0 ? status : 0;
}

static int name_columns(struct rt_csv_table *t, enum rt_csv_header header,
                        struct rt_err *err)
{
    bool numbers = false;
    int status = first_row(t, &numbers, err);
    if (status)
        return status;
    t->header = header == RT_CSV_NAMES || (header == RT_CSV_GUESS && !numbers);
    for (int j = 0; j < t->width; j++)
        if (!t->header || !t->names[j][0]) {
            free(t->names[j]);
            t->names[j] = rt_xprintf("c%d", j + 1);
        }
    return 0;
}

int rt_csv_open(struct rt_csv_table *t, const struct rt_csv_spec *spec,
                struct rt_err *err)
{
    *t = (struct rt_csv_table){ .file = spec->file };
    int status = read_text(t, spec->skip, err);
    if (!status)
        status = choose_sep(t, spec->sep, err);
    if (!status)
        status = name_columns(t, spec->header, err);
    return status;
}

void rt_csv_close(struct rt_csv_table *t)
{
    for (int j = 0; j < t->width; j++)
        free(t->names[j]);
    free(t->names);
    free(t->bytes);
}

/* ---- columns ------------------------------------------------------------- */

static int by_name(const struct rt_csv_table *t, const char *name)
{
    for (int j = 0; j < t->width; j++)
        if (strcmp(t->names[j], name) == 0)
            return j;
    return -1;
}

static const char *column_name(const void *of, int i)
{
    const struct rt_csv_table *t = of;
    return i < t->width ? t->names[i] : NULL;
}

static int no_such_column(const struct rt_csv_table *t, const char *name,
                          struct rt_err *err)
{
    return rt_fail_unknown(err, RT_ENOENT, name, column_name, t,
                           "%s: has no column '%s'", t->file, name);
}

int rt_csv_find(const struct rt_csv_table *t, const char *name,
                struct rt_err *err)
{
    int j = by_name(t, name);
    if (j >= 0)
        return j;
    char *end;
    long number = strtol(name, &end, 10);
    if (!*name || *end)
        return no_such_column(t, name, err);
    if (number < 1 || number > t->width)
        return rt_fail(err, RT_ENOENT, "%s: has columns 1..%d, no %s", t->file,
                       t->width, name);
    return (int)number - 1;
}

int rt_csv_range(const struct rt_csv_table *t, const char *item, int *first,
                 int *last, struct rt_err *err)
{
    const char *dots = strstr(item, "..");
    if (!dots || by_name(t, item) >= 0) { /* a name may hold two dots */
        *first = *last = rt_csv_find(t, item, err);
        return *first < 0 ? *first : 0;
    }
    char *from = rt_xstrndup(item, (size_t)(dots - item));
    *first = rt_csv_find(t, from, err);
    *last = *first < 0 ? *first : rt_csv_find(t, dots + 2, err);
    free(from);
    if (*last >= 0 && *last < *first)
        return rt_fail(err, RT_EINVAL, "%s: %s runs backwards", t->file, item);
    return *last < 0 ? *last : 0;
}

/* ---- rows ---------------------------------------------------------------- */

static int width_differs(const struct rt_csv_table *t, int line, int n,
                         struct rt_err *err)
{
    return rt_fail(err, RT_EFORMAT, "%s:%d: %d cell%s, want %d as in line %d",
                   t->file, line, n, n == 1 ? "" : "s", t->width, t->line);
}

int rt_csv_each(const struct rt_csv_table *t, rt_csv_fn *fn, void *arg,
                size_t *n_rows, struct rt_err *err)
{
    struct rt_csv_cursor c;
    struct rt_csv_cell cell;
    int status, col = 0, line = 0;
    size_t row = 0;
    bool header = t->header;
    begin(&c, t);
    while ((status = rt_csv_next(&c, &cell, err)) > 0) {
        line = col ? line : cell.line;
        status = col < t->width && !header ? fn(arg, row, col, &cell, err) : 0;
        col++;
        if (!status && cell.last && col != t->width)
            status = width_differs(t, line, col, err);
        if (status)
            break;
        if (cell.last) {
            row += !header;
            header = false;
            col = 0;
        }
    }
    rt_csv_end(&c);
    if (n_rows)
        *n_rows = row;
    return status;
}
