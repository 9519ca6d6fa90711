/* Drawings of a model's graph. In the text every call that somebody will read
 * later holds a column; the call's own stands where its first input's ended,
 * else in the first that is free. */
#include "nn/drawing.h"

#include "base/mem.h"
#include "base/str.h"
#include "nn/summary.h"

#include <stdlib.h>
#include <string.h>

static const struct rt_model_call *call_at(const struct rt_model *m, int seq)
{
    const struct rt_place *p = &m->order[seq];
    return &p->layer->calls[p->call];
}

static int seq_of(const struct rt_place *p)
{
    return p->layer->calls[p->call].seq;
}

static bool is_output(const struct rt_model *m, int seq)
{
    for (int i = 0; i < m->n_outputs; i++)
        if (seq_of(&m->outputs[i].place) == seq)
            return true;
    return false;
}

/* ---- text ----------------------------------------------------------------
 */

enum { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };
static const char *const lines_utf8[16] = {
    " ", "│", "│", "│", "─", "╯", "╮", "┤",
    "─", "╰", "╭", "├", "─", "┴", "┬", "┼",
};
static const char *const lines_ascii[16] = {
    " ", "|", "|", "|", "-", "+", "+", "+",
    "-", "+", "+", "+", "-", "+", "+", "+",
};

struct rails {
    const struct rt_model *m;
    int *left;   /* per call: readers that are still to come */
    int *column; /* the call that runs in each, -1: free */
    int n;       /* columns in use, gaps among them */
    const char *const *line;
    const char *dot;
    struct rt_str *out;
};

static int column_of(const struct rails *r, int seq)
{
    for (int i = 0; i < r->n; i++)
        if (r->column[i] == seq)
            return i;
    return -1;
}

static int free_column(struct rails *r)
{
    int i = column_of(r, -1);
    if (i < 0) {
        i = r->n++;
        r->column[i] = -1;
    }
    return i;
}

/* Takes the inputs of a call; those that nobody else reads end here. Marks the
 * columns they are in, returns the one of the call. */
static int take_inputs(struct rails *r, const struct rt_model_call *c,
                       bool *joined)
{
    int own = -1;
    for (int k = 0; k < c->n_in; k++) {
        int seq = seq_of(&c->in[k]), at = column_of(r, seq);
        joined[at] = true;
        if (--r->left[seq] == 0) {
            r->column[at] = -1;
            own = own < 0 ? at : own;
        }
    }
    return own < 0 ? free_column(r) : own;
}

/* The line above a call that joins it with its inputs, unless they are the one
 * column straight above. */
static void join(struct rails *r, int own, const bool *joined,
                 const int *before, int n_before)
{
    int from = own, to = own;
    bool needed = false;
    for (int i = 0; i < r->n; i++) {
        if (!joined[i])
            continue;
        needed = needed || i != own;
        from = i < from ? i : from;
        to = i > to ? i : to;
    }
    if (!needed)
        return;
    for (int i = 0; i < r->n; i++) {
        bool within = i >= from && i <= to;
        bool meets = within && (joined[i] || i == own);
        int bits = 0;
        if (i < n_before && before[i] >= 0 && (joined[i] || !meets))
            bits |= UP;
        if (r->column[i] >= 0 || i == own)
            bits |= DOWN;
        if (meets)
            bits |= (i > from ? LEFT : 0) | (i < to ? RIGHT : 0);
        else if (within && !bits)
            bits = LEFT | RIGHT;
        rt_str_add(r->out, r->line[bits]);
        rt_str_add(r->out, i >= from && i < to ? r->line[LEFT | RIGHT] : " ");
    }
    while (r->out->n && r->out->s[r->out->n - 1] == ' ')
        r->out->s[--r->out->n] = '\0';
    rt_str_addc(r->out, '\n');
}

static void add_label(struct rails *r, int seq)
{
    const struct rt_place *p = &r->m->order[seq];
    const struct rt_model_call *c = call_at(r->m, seq);
    rt_str_add(r->out, p->layer->name);
    if (p->layer->n_calls > 1)
        rt_str_addf(r->out, ":%d", p->call);
    rt_str_addf(r->out, "  %s ", p->layer->type->keras);
    for (int k = 0; k < c->n_out; k++) {
        rt_str_add(r->out, " ");
        rt_summary_shape(&c->out[k]->shape, r->out);
    }
    if (!p->layer->trainable && p->layer->n_weights)
        rt_str_add(r->out, "  frozen");
    if (is_output(r->m, seq))
        rt_str_add(r->out, "  output");
    rt_str_addc(r->out, '\n');
}

static void draw_call(struct rails *r, int seq)
{
    size_t most = (size_t)r->m->n_order + 1;
    bool *joined = rt_xcalloc(most, sizeof *joined);
    int *before = rt_xcalloc(most, sizeof *before), n_before = r->n;
    memcpy(before, r->column, (size_t)r->n * sizeof *before);
    int own = take_inputs(r, call_at(r->m, seq), joined);
    join(r, own, joined, before, n_before);
    r->column[own] = r->left[seq] ? seq : -1;
    while (r->n > own + 1 && r->column[r->n - 1] < 0)
        r->n--;
    for (int i = 0; i < r->n; i++) {
        rt_str_add(r->out, i == own            ? r->dot
                           : r->column[i] >= 0 ? r->line[UP]
                                               : " ");
        rt_str_addc(r->out, ' ');
    }
    add_label(r, seq);
    while (r->n && r->column[r->n - 1] < 0)
        r->n--;
    free(before);
    free(joined);
}

void rt_drawing_text(const struct rt_model *m, bool utf8, struct rt_str *out)
{
    size_t most = (size_t)m->n_order + 1;
    struct rails r = {
        .m = m,
        .left = rt_xcalloc(most, sizeof *r.left),
        .column = rt_xcalloc(most, sizeof *r.column),
        .line = utf8 ? lines_utf8 : lines_ascii,
        .dot = utf8 ? "●" : "*",
        .out = out,
    };
    for (int i = 0; i < m->n_order; i++)
        for (int k = 0; k < call_at(m, i)->n_in; k++)
            r.left[seq_of(&call_at(m, i)->in[k])]++;
    for (int i = 0; i < m->n_order; i++)
        draw_call(&r, i);
    free(r.left);
    free(r.column);
}

/* ---- dot -----------------------------------------------------------------
 */

/* A text within quotes of the language. */
static void add_quoted(const char *s, struct rt_str *out)
{
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            rt_str_addc(out, '\\');
        rt_str_addc(out, *s);
    }
}

void rt_drawing_dot(const struct rt_model *m, struct rt_str *out)
{
    rt_str_add(out, "digraph \"");
    add_quoted(m->name, out);
    rt_str_add(out, "\" {\n  node [shape=box];\n");
    for (int i = 0; i < m->n_order; i++) {
        const struct rt_model_call *c = call_at(m, i);
        rt_str_addf(out, "  n%d [label=\"", i);
        add_quoted(m->order[i].layer->name, out);
        rt_str_addf(out, "\\n%s", m->order[i].layer->type->keras);
        for (int k = 0; k < c->n_out; k++) {
            rt_str_add(out, k ? " " : "\\n");
            rt_summary_shape(&c->out[k]->shape, out);
        }
        rt_str_addf(out, "\"%s];\n", is_output(m, i) ? ", peripheries=2" : "");
        for (int k = 0; k < c->n_in; k++)
            rt_str_addf(out, "  n%d -> n%d;\n", seq_of(&c->in[k]), i);
    }
    rt_str_add(out, "}\n");
}
