/* The table of a model. Columns, cuts and rules as print_summary of Keras
 * 2.2.4 (keras/utils/layer_utils.py) writes them. */
#include "nn/summary.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4 };
struct style {
    int width, n;
    int end[COLUMNS]; /* where each column ends */
};
static const struct style chain_style = { 65, 3, { 29, 55, 65 } };
static const struct style graph_style = { 98, 4, { 32, 53, 65, 98 } };

static void rule(const struct style *s, char c, struct rt_str *out)
{
    rt_str_pad(out, c, (size_t)s->width);
    rt_str_addc(out, '\n');
}

/* Characters of s, and the bytes of its first n characters. */
static int length(const char *s)
{
    int n = 0;
    for (uint32_t cp; *s; n++)
        s += rt_utf8_decode(s, &cp);
    return n;
}

static size_t prefix(const char *s, int n)
{
    const char *p = s;
    for (uint32_t cp; *p && n > 0; n--)
        p += rt_utf8_decode(p, &cp);
    return (size_t)(p - s);
}

/* Each field is cut at the end of its column, whose last character is a space
 * once another field follows. */
static void row(const struct style *s, const char *const *field,
                struct rt_str *out)
{
    struct rt_str line = RT_STR_INIT;
    for (int i = 0; i < s->n; i++) {
        if (i > 0) {
            size_t keep = prefix(rt_str_c(&line), s->end[i - 1] - 1);
            char *cut = rt_xstrndup(rt_str_c(&line), keep);
            rt_str_clear(&line);
            rt_str_addf(&line, "%s ", cut);
            free(cut);
        }
        int used = length(rt_str_c(&line)), room = s->end[i] - used;
        rt_str_addn(&line, field[i], prefix(field[i], room));
        rt_str_pad(&line, ' ', (size_t)(s->end[i] - length(rt_str_c(&line))));
    }
    rt_str_add(out, rt_str_c(&line));
    rt_str_addc(out, '\n');
    rt_str_release(&line);
}

void rt_summary_shape(const struct rt_shape *s, struct rt_str *out)
{
    rt_str_addc(out, '(');
    for (int i = 0; i < s->rank; i++) {
        rt_str_add(out, i ? ", " : "");
        if (s->dim[i] == RT_DIM_ANY)
            rt_str_add(out, "None");
        else
            rt_str_addf(out, "%d", s->dim[i]);
    }
    rt_str_add(out, s->rank == 1 ? ",)" : ")");
}

/* The shapes that all calls give, or "multiple". */
static void add_shape(const struct rt_model_layer *l, struct rt_str *out)
{
    const struct rt_model_call *first = &l->calls[0];
    for (int i = 1; i < l->n_calls; i++)
        for (int k = 0; k < first->n_out; k++)
            if (!rt_shape_equal(&l->calls[i].out[k]->shape,
                                &first->out[k]->shape)) {
                rt_str_add(out, "multiple");
                return;
            }
    for (int k = 0; k < first->n_out; k++) {
        rt_str_add(out, k ? ", " : first->n_out > 1 ? "[" : "");
        rt_summary_shape(&first->out[k]->shape, out);
    }
    rt_str_add(out, first->n_out > 1 ? "]" : "");
}

/* "fc1[0][0]" for the k-th input over all calls; false past the end. */
static bool connection(const struct rt_model_layer *l, int k,
                       struct rt_str *out)
{
    rt_str_clear(out);
    for (int i = 0; i < l->n_calls; i++) {
        const struct rt_model_call *c = &l->calls[i];
        if (k < c->n_in) {
            rt_str_addf(out, "%s[%d][%d]", c->in[k].layer->name, c->in[k].call,
                        c->in[k].tensor);
            return true;
        }
        k -= c->n_in;
    }
    return false;
}

static void add_layer(const struct style *s, const struct rt_model_layer *l,
                      struct rt_str *out)
{
    struct rt_str name = RT_STR_INIT, shape = RT_STR_INIT;
    struct rt_str count = RT_STR_INIT, from = RT_STR_INIT;
    rt_str_addf(&name, "%s (%s)", l->name, l->type->keras);
    add_shape(l, &shape);
    rt_str_addf(&count, "%lld", (long long)rt_layer_params(l));
    connection(l, 0, &from);
    row(s,
        (const char *const[]){ rt_str_c(&name), rt_str_c(&shape),
                               rt_str_c(&count), rt_str_c(&from) },
        out);
    for (int k = 1; s->n == COLUMNS && connection(l, k, &from); k++)
        row(s, (const char *const[]){ "", "", "", rt_str_c(&from) }, out);
    rt_str_release(&name);
    rt_str_release(&shape);
    rt_str_release(&count);
    rt_str_release(&from);
}

static void total(const char *what, int64_t n, struct rt_str *out)
{
    rt_str_add(out, what);
    rt_str_add_count(out, n);
    rt_str_addc(out, '\n');
}

void rt_summary(const struct rt_model *m, struct rt_str *out)
{
    static const char *const head[COLUMNS] = { "Layer (type)", "Output Shape",
                                               "Param #", "Connected to" };
    struct rt_model_layer **layers =
        rt_xcalloc((size_t)m->n_layers + 1, sizeof *layers);
    bool chain;
    int n = rt_model_by_depth(m, layers, &chain);
    const struct style *s = chain ? &chain_style : &graph_style;
    rule(s, '_', out);
    row(s, head, out);
    rule(s, '=', out);
    for (int i = 0; i < n; i++) {
        add_layer(s, layers[i], out);
        rule(s, i == n - 1 ? '=' : '_', out);
    }
    int64_t all = rt_model_params(m, false);
    int64_t trainable = rt_model_params(m, true);
    total("Total params: ", all, out);
    total("Trainable params: ", trainable, out);
    total("Non-trainable params: ", all - trainable, out);
    rule(s, '_', out);
    free(layers);
}
