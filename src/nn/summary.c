/* The table of a model in Keras 2's manner. Columns, cuts and rules as
 * print_summary of Keras 2.2.4 (keras/utils/layer_utils.py) writes them; the
 * column of what is trainable as that of TensorFlow 2.8. */
#include "base/mem.h"
#include "base/str.h"
#include "nn/summary_parts.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 6 };
struct layout {
    int n;
    int end[COLUMNS]; /* where each column ends */
    const char *head[COLUMNS];
};
static const struct layout chain_layout = {
    3, { 29, 55, 65 }, { "Layer (type)", "Output Shape", "Param #" }
};
static const struct layout graph_layout = { 4,
                                            { 32, 53, 65, 98 },
                                            { "Layer (type)", "Output Shape",
                                              "Param #", "Connected to" } };

/* ---- layout ---------------------------------------------------------------
 */

static void add_column(struct layout *l, const char *head)
{
    l->end[l->n] = l->end[l->n - 1] + 11;
    l->head[l->n++] = head;
}

/* The texts of a row by column; k is the connection shown. */
static void fill(const struct layout *l, const struct rt_summary_spec *spec,
                 const struct rt_summary_row *r, int k, const char *count,
                 const char *field[COLUMNS])
{
    bool first = k == 0;
    int n = 0;
    field[n++] = first ? r->name : "";
    field[n++] = first ? r->shape : "";
    field[n++] = first ? count : "";
    if (l->n > 3 && !strcmp(l->head[3], "Connected to"))
        field[n++] = k < r->n_from ? r->from[k] : "";
    if (spec->memory)
        field[n++] = first ? r->memory : "";
    if (spec->trainable)
        field[n++] = first ? r->trainable : "";
}

/* What every column's widest text takes with gap cells behind it, and widest[]
 * at least. */
static void widen(const struct layout *l, const char *const *field, int gap,
                  int *widest)
{
    for (int i = 0; i < l->n; i++) {
        int n = rt_summary_length(field[i]) + gap;
        widest[i] = n > widest[i] ? n : widest[i];
    }
}

static void measure(const struct layout *l, const struct rt_summary_spec *spec,
                    const struct rt_summary_rows *rows, int gap, int *widest)
{
    const char *field[COLUMNS];
    char count[24];
    widen(l, l->head, gap, widest);
    for (int i = 0; i < rows->n; i++)
        for (int k = 0; k == 0 || k < rows->v[i].n_from; k++) {
            snprintf(count, sizeof count, "%lld", (long long)rows->v[i].params);
            fill(l, spec, &rows->v[i], k, count, field);
            widen(l, field, gap, widest);
        }
}

static void end_after(struct layout *l, const int *widest)
{
    for (int i = 0, end = 0; i < l->n; i++)
        l->end[i] = end += widest[i];
}

/* Every column as wide as its widest text, and as it is usually. */
static void fit(struct layout *l, const struct rt_summary_spec *spec,
                const struct rt_summary_rows *rows)
{
    int widest[COLUMNS] = { 0 };
    for (int i = 0; i < l->n; i++)
        widest[i] = l->end[i] - (i ? l->end[i - 1] : 0);
    measure(l, spec, rows, 2, widest);
    end_after(l, widest);
}

/* As wide as the terminal: what the texts do not need is shared out; if they
 * need more, the widest columns are cut. */
static void squeeze(struct layout *l, const struct rt_summary_spec *spec,
                    const struct rt_summary_rows *rows)
{
    int widest[COLUMNS] = { 0 }, total = 0;
    measure(l, spec, rows, 1, widest);
    for (int i = 0; i < l->n; i++)
        total += widest[i];
    for (; total > spec->width; total--) {
        int most = 0;
        for (int i = 1; i < l->n; i++)
            most = widest[i] > widest[most] ? i : most;
        if (widest[most] <= 4)
            break;
        widest[most]--;
    }
    for (int i = 0; total < spec->width; total++, i = (i + 1) % l->n)
        widest[i]++;
    end_after(l, widest);
}

static struct layout layout_of(const struct rt_summary_spec *spec,
                               const struct rt_summary_rows *rows)
{
    bool plain = rows->chain && spec->style != RT_SUMMARY_WIDE;
    struct layout l = plain ? chain_layout : graph_layout;
    if (spec->memory)
        add_column(&l, "Memory");
    if (spec->trainable)
        add_column(&l, "Trainable");
    if (spec->style == RT_SUMMARY_WIDE)
        fit(&l, spec, rows);
    else if (spec->width > 0 && l.end[l.n - 1] > spec->width)
        squeeze(&l, spec, rows);
    return l;
}

/* ---- lines ----------------------------------------------------------------
 */

static void rule(const struct layout *l, char c, struct rt_str *out)
{
    rt_str_pad(out, c, (size_t)l->end[l->n - 1]);
    rt_str_addc(out, '\n');
}

/* Between rows of a model within the model, as TensorFlow draws it. */
static void between(const struct layout *l, const char *c, int depth,
                    struct rt_str *out)
{
    rt_str_pad(out, '|', (size_t)depth);
    for (int i = 2 * depth; i < l->end[l->n - 1]; i++)
        rt_str_add(out, c);
    rt_str_pad(out, '|', (size_t)depth);
    rt_str_addc(out, '\n');
}

/* Each field is cut at the end of its column, whose last character is a space
 * once another field follows. depth: bars at both ends. */
static void line(const struct layout *l, const char *const *field, int depth,
                 struct rt_str *out)
{
    struct rt_str text = RT_STR_INIT;
    for (int i = 0; i < l->n; i++) {
        if (i > 0) {
            const char *so_far = rt_str_c(&text);
            size_t keep = rt_summary_prefix(so_far, l->end[i - 1] - 1);
            char *cut = rt_xstrndup(so_far, keep);
            rt_str_clear(&text);
            rt_str_addf(&text, "%s ", cut);
            free(cut);
        }
        int used = rt_summary_length(rt_str_c(&text));
        size_t n = rt_summary_prefix(field[i], l->end[i] - used);
        rt_str_addn(&text, field[i], n);
        used = rt_summary_length(rt_str_c(&text));
        rt_str_pad(&text, ' ', (size_t)(l->end[i] - used));
    }
    for (int i = 0; i < depth; i++)
        text.s[i] = '|';
    int most = l->end[l->n - 1] - depth;
    rt_str_addn(out, rt_str_c(&text), rt_summary_prefix(rt_str_c(&text), most));
    rt_str_pad(out, '|', (size_t)depth);
    rt_str_addc(out, '\n');
    rt_str_release(&text);
}

static void total(const char *what, int64_t n, struct rt_str *out)
{
    rt_str_add(out, what);
    rt_str_add_count(out, n);
    rt_str_addc(out, '\n');
}

static void plain(const struct rt_model *m, const struct rt_summary_spec *spec,
                  const struct rt_summary_rows *rows, struct rt_str *out)
{
    const struct layout l = layout_of(spec, rows);
    const char *field[COLUMNS];
    char count[24];
    bool connected = l.n > 3 && !strcmp(l.head[3], "Connected to");
    rule(&l, '_', out);
    line(&l, l.head, 0, out);
    rule(&l, '=', out);
    for (int i = 0; i < rows->n; i++) {
        const struct rt_summary_row *r = &rows->v[i];
        snprintf(count, sizeof count, "%lld", (long long)r->params);
        for (int k = 0; k == 0 || (connected && k < r->n_from); k++) {
            fill(&l, spec, r, k, count, field);
            line(&l, field, r->depth, out);
        }
        int next = i + 1 < rows->n ? r[1].depth : 0;
        if (next > r->depth)
            between(&l, "¯", next, out);
        else if (next && next == r->depth)
            between(&l, " ", next, out);
        for (int depth = r->depth; depth > next; depth--)
            between(&l, "¯", depth - 1, out);
        if (!next)
            rule(&l, i == rows->n - 1 ? '=' : '_', out);
    }
    int64_t all = rt_model_params(m, false);
    int64_t trainable = rt_model_params(m, true);
    total("Total params: ", all, out);
    total("Trainable params: ", trainable, out);
    total("Non-trainable params: ", all - trainable, out);
    rule(&l, '_', out);
}

void rt_summary(const struct rt_model *m, const struct rt_summary_spec *spec,
                struct rt_str *out)
{
    struct rt_summary_rows rows;
    bool keras3 = spec->style == RT_SUMMARY_KERAS3;
    rt_summary_rows(m, spec, &rows);
    if (keras3)
        rt_summary_framed(m, spec, &rows, out);
    else
        plain(m, spec, &rows, out);
    rt_summary_rows_release(&rows);
}
