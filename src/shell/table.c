#include "shell/table.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>

enum { GAP = 2, NARROW = 1 }; /* cells between columns */
enum { LEFT_OUT = -1 };       /* width of a column */

void rt_table_init(struct rt_table *t)
{
    memset(t, 0, sizeof *t);
}

void rt_table_release(struct rt_table *t)
{
    for (int i = 0; i < t->head.n; i++)
        free(t->head.v[i]);
    for (int i = 0; i < t->cell.n; i++)
        free(t->cell.v[i]);
    rt_vec_release(&t->head);
    rt_vec_release(&t->right);
    rt_vec_release(&t->spare);
    rt_vec_release(&t->cell);
}

void rt_table_column(struct rt_table *t, const char *head, bool right)
{
    rt_vec_push(&t->right, right);
    rt_vec_push(&t->spare, false);
    rt_vec_push(&t->head, rt_xstrdup(head));
}

void rt_table_spare(struct rt_table *t)
{
    t->spare.v[t->spare.n - 1] = true;
}

void rt_table_cell(struct rt_table *t, const char *fmt, ...)
{
    struct rt_str s = RT_STR_INIT;
    va_list ap;
    va_start(ap, fmt);
    rt_str_vaddf(&s, fmt, ap);
    va_end(ap);
    char *text = rt_str_take(&s);
    rt_vec_push(&t->cell, text ? text : rt_xstrdup(""));
}

void rt_table_number(struct rt_table *t, double v)
{
    if (isnan(v))
        rt_table_cell(t, "-");
    else
        rt_table_cell(t, "%.4g", v);
}

static void put(const struct rt_table *t, char *const *row, const int *width,
                size_t gap, struct rt_str *out)
{
    size_t begin = out->n;
    for (int i = 0; i < t->head.n; i++) {
        if (width[i] == LEFT_OUT)
            continue;
        int have = rt_utf8_width(row[i]);
        size_t bytes = strlen(row[i]);
        if (have > width[i]) {
            bytes = rt_utf8_cut(row[i], width[i] > 1 ? width[i] - 1 : 1);
            have = width[i];
        }
        size_t fill = (size_t)(width[i] - have);
        bool right = t->right.v[i];
        if (i)
            rt_str_pad(out, ' ', gap);
        if (right)
            rt_str_pad(out, ' ', fill);
        rt_str_addn(out, row[i], bytes);
        if (row[i][bytes])
            rt_str_addc(out, '~');
        if (!right)
            rt_str_pad(out, ' ', fill);
    }
    while (out->n > begin && out->s[out->n - 1] == ' ')
        out->s[--out->n] = '\0';
}

static int widest(const struct rt_table *t, int column)
{
    int w = rt_utf8_width(t->head.v[column]);
    for (int c = column; c < t->cell.n; c += t->head.n) {
        int have = rt_utf8_width(t->cell.v[c]);
        w = have > w ? have : w;
    }
    return w;
}

int rt_table_width(const struct rt_table *t)
{
    int total = NARROW * (t->head.n - 1);
    for (int i = 0; i < t->head.n; i++)
        total += widest(t, i);
    return total;
}

void rt_table_print(const struct rt_table *t, int width, struct rt_str *out)
{
    int n = t->head.n, gap = GAP, total = 0;
    int w[32];
    if (n == 0 || n > 32)
        return;
    for (int i = 0; i < n; i++)
        total += w[i] = widest(t, i);
    if (width > 0 && total + gap * (n - 1) > width)
        gap = NARROW; /* before anything is cut */
    total += gap * (n - 1);
    for (int i = n - 1; i > 0 && width > 0 && total > width; i--)
        if (t->spare.v[i]) {
            total -= w[i] + gap;
            w[i] = LEFT_OUT;
        }
    while (width > 0 && total > width) {
        int wide = -1;
        for (int i = 0; i < n; i++)
            if (!t->right.v[i] && (wide < 0 || w[i] > w[wide]))
                wide = i;
        if (wide < 0 || w[wide] <= 6)
            break;
        w[wide]--;
        total--;
    }
    bool headed = false;
    for (int i = 0; i < n; i++)
        headed |= *t->head.v[i] != '\0';
    if (headed)
        put(t, t->head.v, w, (size_t)gap, out);
    for (int c = 0; c + n <= t->cell.n; c += n) {
        if (headed || c)
            rt_str_addc(out, '\n');
        put(t, t->cell.v + c, w, (size_t)gap, out);
    }
}
