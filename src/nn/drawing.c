/* Drawings of a model's graph. In the text every call that somebody will read
 * later holds a column; the call's own stands where its first input's ended,
 * else in the first that is free. */
#include "nn/drawing.h"

#include "base/mem.h"
#include "base/str.h"
#include "nn/fold.h"
#include "nn/summary.h"

#include <stdlib.h>
#include <string.h>

/* One call to draw: of what Keras calls a layer, or of every layer. */
struct drawn {
    const char *name, *class;
    int call, n_calls;
    int *in; /* places in what is drawn */
    int n_in;
    struct rt_node **out;
    int n_out;
    bool frozen, output;
    const struct rt_model_group *group; /* that it is inside of */
};
struct scene {
    struct drawn *v;
    int n;
};

static bool is_frozen(struct rt_model_layer *const *v, int n)
{
    bool any = false;
    for (int i = 0; i < n; i++) {
        any = any || v[i]->n_weights;
        if (v[i]->n_weights && v[i]->trainable)
            return false;
    }
    return any;
}

static void take_item(const struct rt_fold *f, const struct rt_fold_call *c,
                      struct drawn *d)
{
    const struct rt_fold_item *item = &f->items[c->item];
    struct rt_model_layer **v =
        rt_xcalloc((size_t)f->model->n_layers + 1, sizeof *v);
    d->name = item->name;
    d->class = rt_fold_class(item);
    d->call = c->call;
    d->n_calls = item->n_calls;
    d->frozen = is_frozen(v, rt_fold_layers(item, v));
    free(v);
    d->n_out = c->n_out;
    d->out = rt_xcalloc((size_t)c->n_out + 1, sizeof *d->out);
    for (int k = 0; k < c->n_out; k++) {
        struct rt_fold_place p = { c->item, c->call, k };
        struct rt_place at = rt_fold_out(f, &p);
        d->out[k] = rt_place_node(&at);
    }
}

/* The place in the scene of the call that gives a tensor. */
static int call_of(const struct rt_fold *f, const struct rt_fold_place *p)
{
    int i = 0;
    while (f->calls[i].item != p->item || f->calls[i].call != p->call)
        i++;
    return i;
}

static void take_folded(const struct rt_model *m, struct scene *s)
{
    struct rt_fold *f = rt_fold_new(m);
    s->n = f->n_calls;
    s->v = rt_xcalloc((size_t)s->n + 1, sizeof *s->v);
    for (int i = 0; i < s->n; i++) {
        const struct rt_fold_call *c = &f->calls[i];
        take_item(f, c, &s->v[i]);
        s->v[i].n_in = c->n_in;
        s->v[i].in = rt_xcalloc((size_t)c->n_in + 1, sizeof *s->v[i].in);
        for (int k = 0; k < c->n_in; k++)
            s->v[i].in[k] = call_of(f, &c->in[k]);
    }
    for (int i = 0; i < m->n_outputs; i++) {
        struct rt_fold_place p = rt_fold_place(f, &m->outputs[i].place);
        s->v[call_of(f, &p)].output = true;
    }
    rt_fold_free(f);
}

static int seq_of(const struct rt_place *p)
{
    return p->layer->calls[p->call].seq;
}

static void take_all(const struct rt_model *m, struct scene *s)
{
    s->n = m->n_order;
    s->v = rt_xcalloc((size_t)s->n + 1, sizeof *s->v);
    for (int i = 0; i < s->n; i++) {
        struct rt_model_layer *l = m->order[i].layer;
        const struct rt_model_call *c = &l->calls[m->order[i].call];
        struct drawn *d = &s->v[i];
        *d = (struct drawn){ .name = l->name,
                             .class = l->type->keras,
                             .call = m->order[i].call,
                             .n_calls = l->n_calls,
                             .n_in = c->n_in,
                             .n_out = c->n_out,
                             .group = l->group,
                             .frozen = is_frozen(&l, 1) };
        d->in = rt_xcalloc((size_t)c->n_in + 1, sizeof *d->in);
        for (int k = 0; k < c->n_in; k++)
            d->in[k] = seq_of(&c->in[k]);
        d->out = rt_xmemdup(c->out, (size_t)c->n_out * sizeof *d->out);
    }
    for (int i = 0; i < m->n_outputs; i++)
        s->v[seq_of(&m->outputs[i].place)].output = true;
}

static struct scene take(const struct rt_model *m, bool expand)
{
    struct scene s;
    if (expand)
        take_all(m, &s);
    else
        take_folded(m, &s);
    return s;
}

static void release(struct scene *s)
{
    for (int i = 0; i < s->n; i++) {
        free(s->v[i].in);
        free(s->v[i].out);
    }
    free(s->v);
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
    const struct scene *s;
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
static int take_inputs(struct rails *r, const struct drawn *c, bool *joined)
{
    int own = -1;
    for (int k = 0; k < c->n_in; k++) {
        int seq = c->in[k], at = column_of(r, seq);
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

static void add_label(const struct drawn *d, struct rt_str *out)
{
    rt_str_add(out, d->name);
    if (d->n_calls > 1)
        rt_str_addf(out, ":%d", d->call);
    rt_str_addf(out, "  %s ", d->class);
    for (int k = 0; k < d->n_out; k++) {
        rt_str_add(out, " ");
        rt_summary_shape(&d->out[k]->shape, out);
    }
    rt_str_add(out, d->frozen ? "  frozen" : "");
    rt_str_add(out, d->output ? "  output\n" : "\n");
}

static void draw_call(struct rails *r, int seq)
{
    size_t most = (size_t)r->s->n + 1;
    bool *joined = rt_xcalloc(most, sizeof *joined);
    int *before = rt_xcalloc(most, sizeof *before), n_before = r->n;
    memcpy(before, r->column, (size_t)r->n * sizeof *before);
    int own = take_inputs(r, &r->s->v[seq], joined);
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
    add_label(&r->s->v[seq], r->out);
    while (r->n && r->column[r->n - 1] < 0)
        r->n--;
    free(before);
    free(joined);
}

void rt_drawing_text(const struct rt_model *m, bool utf8, bool expand_nested,
                     struct rt_str *out)
{
    struct scene s = take(m, expand_nested);
    size_t most = (size_t)s.n + 1;
    struct rails r = {
        .s = &s,
        .left = rt_xcalloc(most, sizeof *r.left),
        .column = rt_xcalloc(most, sizeof *r.column),
        .line = utf8 ? lines_utf8 : lines_ascii,
        .dot = utf8 ? "●" : "*",
        .out = out,
    };
    for (int i = 0; i < s.n; i++)
        for (int k = 0; k < s.v[i].n_in; k++)
            r.left[s.v[i].in[k]]++;
    for (int i = 0; i < s.n; i++)
        draw_call(&r, i);
    free(r.left);
    free(r.column);
    release(&s);
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

static void add_node(const struct scene *s, int i, struct rt_str *out)
{
    const struct drawn *d = &s->v[i];
    rt_str_addf(out, "  n%d [label=\"", i);
    add_quoted(d->name, out);
    rt_str_addf(out, "\\n%s", d->class);
    for (int k = 0; k < d->n_out; k++) {
        rt_str_add(out, k ? " " : "\\n");
        rt_summary_shape(&d->out[k]->shape, out);
    }
    rt_str_addf(out, "\"%s];\n", d->output ? ", peripheries=2" : "");
}

/* A box around what is inside of a group. */
static void add_box(const struct scene *s, const struct rt_model_group *g,
                    int number, struct rt_str *out)
{
    rt_str_addf(out, "  subgraph cluster_%d {\n    label=\"", number);
    add_quoted(g->name, out);
    rt_str_add(out, "\";\n");
    for (int i = 0; i < s->n; i++)
        if (s->v[i].group == g)
            rt_str_addf(out, "    n%d;\n", i);
    rt_str_add(out, "  }\n");
}

void rt_drawing_dot(const struct rt_model *m, bool expand_nested,
                    struct rt_str *out)
{
    struct scene s = take(m, expand_nested);
    rt_str_add(out, "digraph \"");
    add_quoted(m->name, out);
    rt_str_add(out, "\" {\n  node [shape=box];\n");
    for (int i = 0; i < s.n; i++) {
        add_node(&s, i, out);
        for (int k = 0; k < s.v[i].n_in; k++)
            rt_str_addf(out, "  n%d -> n%d;\n", s.v[i].in[k], i);
    }
    for (int i = 0; i < m->n_groups && expand_nested; i++)
        add_box(&s, m->groups[i], i, out);
    rt_str_add(out, "}\n");
    release(&s);
}
