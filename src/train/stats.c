/* Statistics of weights. One pass over a layer's weights with the vector
 * kernel for moments; sums are in double. */
#include "train/stats.h"
#include "base/mem.h"
#include "graph/kern.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const rt_hist_of_names[] = { "weights", "grads", "acts", "updates",
                                         NULL };

static void add_moments(const struct rt_model *m, const struct rt_weight *w,
                        double all[6])
{
    double one[6];
    rt_kern()->moments(m->weights + w->offset, w->n, one);
    if (one[0] > 0) {
        all[3] = all[0] > 0 ? fmin(all[3], one[3]) : one[3];
        all[4] = all[0] > 0 ? fmax(all[4], one[4]) : one[4];
    }
    all[0] += one[0];
    all[1] += one[1];
    all[2] += one[2];
    all[5] += one[5];
}

static void measure(const struct rt_model *m, const struct rt_model_layer *l,
                    struct rt_layer_stats *s)
{
    double all[6] = { 0 };
    size_t n = 0;
    for (int i = 0; m->weights && i < l->n_weights; i++) {
        add_moments(m, l->weights[i], all);
        n += l->weights[i]->n;
    }
    s->mean = s->sd = s->lo = s->hi = s->zeros = NAN;
    if (!(all[0] > 0))
        return;
    s->mean = all[1] / all[0];
    s->sd = sqrt(fmax(0, all[2] / all[0] - s->mean * s->mean));
    s->lo = all[3];
    s->hi = all[4];
    s->zeros = all[5] / (double)n;
}

/* "28x28", without the batch; "1" of a row that is one number. */
static void row_text(const struct rt_shape *shape, char *out, size_t n)
{
    struct rt_str text = RT_STR_INIT;
    for (int i = 1; i < shape->rank; i++) {
        rt_str_add(&text, i > 1 ? "x" : "");
        if (shape->dim[i] == RT_DIM_ANY)
            rt_str_add(&text, "none");
        else
            rt_str_addf(&text, "%d", shape->dim[i]);
    }
    snprintf(out, n, "%s", text.n ? rt_str_c(&text) : "1");
    rt_str_release(&text);
}

static bool is_output(const struct rt_model *m, const struct rt_model_layer *l)
{
    for (int i = 0; i < m->n_outputs; i++)
        if (m->outputs[i].place.layer == l)
            return true;
    return false;
}

bool rt_stats_layer(const struct rt_model *m, int i, struct rt_layer_stats *out)
{
    if (i < 0 || i >= m->n_layers)
        return false;
    const struct rt_model_layer *l = m->layers[i];
    *out = (struct rt_layer_stats){
        .params = rt_layer_params(l),
        .trainable = l->trainable,
        .rests = l->rests,
        .output = is_output(m, l),
        .grad = NAN,
        .update = NAN,
        .act = NAN,
        .act_sd = NAN,
    };
    snprintf(out->name, sizeof out->name, "%s", l->name);
    snprintf(out->type, sizeof out->type, "%s", l->type->name);
    if (l->n_calls > 0)
        row_text(&l->calls[l->n_calls - 1].out[0]->shape, out->shape,
                 sizeof out->shape);
    measure(m, l, out);
    return true;
}

struct rt_layer_stats *rt_stats_layers(const struct rt_model *m, int *n)
{
    struct rt_layer_stats *all =
        rt_xcalloc((size_t)m->n_layers + 1, sizeof *all);
    for (*n = 0; rt_stats_layer(m, *n, &all[*n]); ++*n)
        ;
    return all;
}

void rt_histogram_title(const struct rt_model_layer *l, enum rt_hist_of of,
                        char out[96])
{
    static const char *const what[] = { "", " gradient", "", " update" };
    out[0] = '\0';
    if (of == RT_HIST_ACTS)
        snprintf(out, 96, "%.60s · output", l->name);
    else if (l->n_weights)
        snprintf(out, 96, "%.40s · %.24s%s", l->name, l->weights[0]->name,
                 what[of]);
}

/* Around zero where the values lie around zero, so that it does not wander from
 * one histogram to the next. */
static void set_range(struct rt_histogram *h, double lo, double hi)
{
    h->from = lo;
    h->to = hi;
    if (lo < 0 && hi > 0) {
        h->to = fmax(-lo, hi);
        h->from = -h->to;
    } else if (lo == hi) {
        h->from -= 0.5;
        h->to += 0.5;
    }
}

void rt_histogram_fill(struct rt_histogram *h, const float *v, size_t n,
                       size_t most)
{
    double all[6];
    size_t step = most && n > most ? (n + most - 1) / most : 1;
    rt_kern()->moments(v, n, all);
    memset(h->bin, 0, sizeof h->bin);
    h->n = 0;
    h->from = h->to = 0;
    if (!(all[0] > 0))
        return;
    set_range(h, all[3], all[4]);
    double per_bin = RT_HIST_BINS / (h->to - h->from);
    for (size_t i = 0; i < n; i += step) {
        if (!isfinite(v[i]))
            continue;
        int bin = (int)(((double)v[i] - h->from) * per_bin);
        bin = bin < 0 ? 0 : bin >= RT_HIST_BINS ? RT_HIST_BINS - 1 : bin;
        h->bin[bin]++;
        h->n++;
    }
}

bool rt_stats_histogram(const struct rt_model *m, int layer,
                        struct rt_histogram *out)
{
    if (layer < 0 || layer >= m->n_layers || !m->weights ||
        m->layers[layer]->n_weights == 0)
        return false;
    const struct rt_model_layer *l = m->layers[layer];
    const struct rt_weight *w = l->weights[0];
    *out = (struct rt_histogram){ .epoch = 0 };
    rt_histogram_title(l, RT_HIST_WEIGHTS, out->title);
    rt_histogram_fill(out, m->weights + w->offset, w->n, 0);
    return true;
}
