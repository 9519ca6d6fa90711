/* The texts of a summary: what stands in its cells, before any style. */
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "nn/summary_parts.h"

#include <stdlib.h>
#include <string.h>

int rt_summary_length(const char *s)
{
    int n = 0;
    for (uint32_t cp; *s; n++)
        s += rt_utf8_decode(s, &cp);
    return n;
}

size_t rt_summary_prefix(const char *s, int n)
{
    const char *p = s;
    for (uint32_t cp; *p && n > 0; n--)
        p += rt_utf8_decode(p, &cp);
    return (size_t)(p - s);
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

void rt_summary_bytes(int64_t bytes, struct rt_str *out)
{
    static const char *const unit[] = { "B", "KB", "MB", "GB", "TB", "PB" };
    double size = (double)bytes;
    int i = 0;
    for (; size >= 1024 && i < 5; i++)
        size /= 1024;
    rt_str_addf(out, "%.2f %s", size, unit[i]);
}

static bool same_shapes(const struct rt_model_call *a,
                        const struct rt_model_call *b)
{
    for (int k = 0; k < a->n_out; k++)
        if (!rt_shape_equal(&a->out[k]->shape, &b->out[k]->shape))
            return false;
    return true;
}

/* Keras 2 shows the shape that all calls give, or "multiple"; Keras 3 that of
 * the last call, without the comma of a tuple of one. */
static char *shape_text(const struct rt_model_layer *l, bool keras3)
{
    const struct rt_model_call *c = &l->calls[keras3 ? l->n_calls - 1 : 0];
    struct rt_str out = RT_STR_INIT;
    for (int i = 1; i < l->n_calls && !keras3; i++)
        if (!same_shapes(&l->calls[i], c))
            return rt_xstrdup("multiple");
    for (int k = 0; k < c->n_out; k++) {
        rt_str_add(&out, k ? ", " : c->n_out > 1 ? "[" : "");
        if (keras3 && c->out[k]->shape.rank == 1)
            rt_str_add(&out, "(None)");
        else
            rt_summary_shape(&c->out[k]->shape, &out);
    }
    rt_str_add(&out, c->n_out > 1 ? "]" : "");
    return rt_str_take(&out);
}

static void fill_row(const struct rt_model_layer *l, bool keras3,
                     struct rt_summary_row *r)
{
    struct rt_str memory = RT_STR_INIT;
    r->name = rt_xprintf("%s (%s)", l->name, l->type->keras);
    r->shape = shape_text(l, keras3);
    r->params = rt_layer_params(l);
    r->trainable = !l->n_weights ? "-" : l->trainable ? "Y" : "N";
    rt_summary_bytes(r->params * (int64_t)sizeof(float), &memory);
    r->memory = rt_str_take(&memory);
    int n = 0;
    for (int i = 0; i < l->n_calls; i++)
        n += l->calls[i].n_in;
    r->from = rt_xcalloc((size_t)n + 1, sizeof *r->from);
    for (int i = 0; i < l->n_calls; i++)
        for (int k = 0; k < l->calls[i].n_in; k++) {
            const struct rt_place *p = &l->calls[i].in[k];
            r->from[r->n_from++] =
                rt_xprintf("%s[%d][%d]", p->layer->name, p->call, p->tensor);
        }
}

void rt_summary_rows(const struct rt_model *m, const bool *chosen, bool keras3,
                     struct rt_summary_rows *rows)
{
    size_t most = (size_t)m->n_layers + 1;
    struct rt_model_layer **layers = rt_xcalloc(most, sizeof *layers);
    int n = rt_model_by_depth(m, layers, &rows->chain);
    rows->v = rt_xcalloc(most, sizeof *rows->v);
    rows->n = 0;
    for (int i = rt_model_is_sequential(m) ? 1 : 0; i < n; i++) {
        int at = 0;
        while (chosen && m->layers[at] != layers[i])
            at++;
        if (!chosen || chosen[at])
            fill_row(layers[i], keras3, &rows->v[rows->n++]);
    }
    free(layers);
}

void rt_summary_rows_release(struct rt_summary_rows *rows)
{
    for (int i = 0; i < rows->n; i++) {
        struct rt_summary_row *r = &rows->v[i];
        for (int k = 0; k < r->n_from; k++)
            free(r->from[k]);
        free(r->from);
        free(r->name);
        free(r->shape);
        free(r->memory);
    }
    free(rows->v);
}
