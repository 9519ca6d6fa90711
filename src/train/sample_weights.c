/* Sample and class weights of a batch: see sample_weights.h. */
#include "train/sample_weights.h"

#include "base/mem.h"

#include <stdlib.h>

static int feed_of(const struct rt_node *const *nodes, int n,
                   const struct rt_node *node)
{
    for (int i = 0; i < n; i++)
        if (nodes[i] == node)
            return i;
    return -1;
}

static size_t numbers(const struct rt_column *c)
{
    struct rt_shape row = rt_column_shape(c);
    return rt_shape_count(&row);
}

int rt_sample_weights_mark(struct rt_objective *o, const struct rt_dataset *d,
                           struct rt_err *err)
{
    int status = 0;
    for (int i = 0; i < o->n_outputs && !status; i++) {
        const struct rt_column *c =
            o->outputs[i].loss ? rt_weigh_column(d, o->outputs[i].name) : NULL;
        if (c && numbers(c) > 1)
            status = rt_objective_temporal(o, i, (int)numbers(c), err);
    }
    return status;
}

static int set_up(struct rt_sample_weight *w,
                  const struct rt_objective_output *out,
                  const struct rt_dataset *d, enum rt_weighs what,
                  struct rt_feed *feeds, int *n_feeds, struct rt_err *err)
{
    const struct rt_column *c = NULL;
    if (what >= RT_WEIGHS_SAMPLES)
        c = rt_weigh_column(d, out->name);
    if (what >= RT_WEIGHS_ALL)
        w->by_class = rt_weigh_classes(d, out->name);
    if (c) {
        w->sample = (*n_feeds)++;
        feeds[w->sample] = (struct rt_feed){ .cols = { c }, .n_cols = 1 };
    }
    w->per = out->steps ? (size_t)out->steps : 1;
    w->spread = c && numbers(c) == 1 ? w->per : 1;
    if (w->by_class && out->steps)
        return rt_fail(err, RT_EINVAL,
                       "output '%s': its steps have weights and its classes "
                       "too, want one of them",
                       out->name);
    if (w->by_class && feeds[w->label].row.rank > 1)
        return rt_fail(err, RT_ESHAPE,
                       "output '%s': classes have weights and labels are %s, "
                       "want one label a sample",
                       out->name, rt_shape_text(&feeds[w->label].row));
    w->width = rt_shape_count(&feeds[w->label].row);
    return 0;
}

static int check_names(const struct rt_objective *o, const struct rt_dataset *d,
                       enum rt_weighs what, struct rt_err *err)
{
    const char **names = rt_xcalloc((size_t)o->n_outputs + 1, sizeof *names);
    for (int i = 0; i < o->n_outputs; i++)
        names[i] = o->outputs[i].name;
    int status = what == RT_WEIGHS_NOTHING
                     ? 0
                     : rt_weigh_check(d, names, o->n_outputs, err);
    free(names);
    return status;
}

int rt_sample_weights_open(struct rt_sample_weights *w,
                           const struct rt_objective *o,
                           const struct rt_dataset *d, enum rt_weighs what,
                           size_t rows, const struct rt_node *const *nodes,
                           struct rt_feed *feeds, int *n_feeds,
                           struct rt_err *err)
{
    int n_nodes = *n_feeds, status = check_names(o, d, what, err);
    *w = (struct rt_sample_weights){ .rows = rows };
    if (status)
        return status;
    w->v = rt_xcalloc((size_t)o->n_outputs + 1, sizeof *w->v);
    for (int i = 0; i < o->n_outputs && !status; i++) {
        const struct rt_objective_output *out = &o->outputs[i];
        struct rt_sample_weight *v = &w->v[w->n];
        if (!out->sample_weight)
            continue;
        *v = (struct rt_sample_weight){
            .node = out->sample_weight,
            .output = i,
            .by_present = out->by_present,
            .sample = -1,
            .label = feed_of(nodes, n_nodes, out->label),
        };
        w->n++;
        status = set_up(v, out, d, what, feeds, n_feeds, err);
        if (!status)
            v->v = rt_try_alloc(rows * v->per, sizeof *v->v, "sample weights",
                                err);
        if (!status && !v->v)
            status = RT_ENOMEM;
        for (size_t k = 0; k < rows * v->per && !status; k++)
            v->v[k] = 1;
    }
    if (status)
        rt_sample_weights_close(w);
    return status;
}

void rt_sample_weights_close(struct rt_sample_weights *w)
{
    for (int i = 0; i < w->n; i++)
        free(w->v[i].v);
    free(w->v);
    *w = (struct rt_sample_weights){ 0 };
}

void rt_sample_weights_bind(const struct rt_sample_weights *w,
                            struct rt_plan *p)
{
    for (int i = 0; i < w->n; i++)
        rt_plan_bind(p, w->v[i].node, w->v[i].v);
}

void rt_sample_weights_move(struct rt_sample_weights *w,
                            const struct rt_objective *o)
{
    for (int i = 0, n = 0; i < o->n_outputs; i++)
        if (o->outputs[i].sample_weight)
            w->v[n++].node = o->outputs[i].sample_weight;
}

static float class_weight(const struct rt_sample_weight *w, const float *label)
{
    int k = rt_weigh_class(label, w->width);
    bool has = k >= 0 && k < w->by_class->n_classes;
    return has ? (float)w->by_class->by_class[k] : 1;
}

void rt_sample_weights_fill(struct rt_sample_weights *w,
                            const struct rt_labels *l, const float *const *x,
                            int rows)
{
    for (int i = 0; i < w->n; i++) {
        const struct rt_sample_weight *s = &w->v[i];
        const float *own = s->sample >= 0 ? x[s->sample] : NULL;
        const struct rt_label_gap *gap = rt_labels_of(l, s->output);
        if (!own && !s->by_class && !gap)
            continue;
        for (size_t k = 0; k < (size_t)rows * s->per; k++) {
            size_t r = k / s->per;
            s->v[k] = own ? own[k / s->spread] : 1;
            if (s->by_class)
                s->v[k] *= class_weight(s, x[s->label] + r * s->width);
            if (gap)
                s->v[k] *=
                    gap->has[r] * (s->by_present ? 1 : (float)gap->share);
        }
    }
}

const float *rt_sample_weights_of(const struct rt_sample_weights *w, int output,
                                  size_t *per)
{
    *per = 1;
    for (int i = 0; i < w->n; i++)
        if (w->v[i].output == output) {
            *per = w->v[i].per;
            return w->v[i].v;
        }
    return NULL;
}
