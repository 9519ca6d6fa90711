/* How a model is steered: see steer.h. */
#include "nn/steer.h"

#include "base/vec.h"
#include "nn/model_private.h"

#include <math.h>
#include <stdlib.h>

/* ---- batch norms --------------------------------------------------------- */

const char *const rt_norm_names[] = { "infer", "batch", "update", NULL };

const char *rt_norm_name(int norm)
{
    return norm > RT_NORM_DIALECT && norm <= RT_NORM_UPDATE
               ? rt_norm_names[norm - 1]
               : NULL;
}

bool rt_layer_averages(const struct rt_model_layer *l)
{
    return !l->rests && (l->trainable || l->norm == RT_NORM_UPDATE);
}

bool rt_weight_trains(const struct rt_weight *w)
{
    return rt_weight_learns(w) && !w->layer->rests;
}

/* ---- what rests ---------------------------------------------------------- */

void rt_model_settle(struct rt_model *m)
{
    size_t n = (size_t)m->next_uid + 1;
    bool *any = rt_xcalloc(n, sizeof *any), *live = rt_xcalloc(n, sizeof *live);
    rt_model_lead(m, false, any);
    rt_model_lead(m, true, live);
    for (int i = 0; i < m->n_layers; i++) {
        int uid = m->layers[i]->uid;
        m->layers[i]->rests = any[uid] && !live[uid];
    }
    free(any);
    free(live);
}

/* ---- kept ---------------------------------------------------------------- */

struct rt_learning {
    double *number; /* as rt_model_each_live visits them, n of them */
    int n_numbers;
    struct rt_learns *layer;
    struct trains {
        bool retired, leaves;
    } * output;
};

struct rt_learns rt_layer_learns(const struct rt_model_layer *l)
{
    return (struct rt_learns){ l->trainable, l->norm, l->share, l->rate };
}

void rt_layer_learn(struct rt_model_layer *l, struct rt_learns how)
{
    l->trainable = how.trainable;
    l->norm = how.norm;
    l->share = how.share;
    l->rate = how.rate;
}

/* The numbers in their order: taken, put, or told where they differ. */
struct numbers {
    double *v;
    int n;
    rt_tune_visit *differs;
    void *arg;
};

static void count_number(void *arg, const char *of, const char *name, double *v)
{
    (void)of;
    (void)name;
    (void)v;
    ++*(int *)arg;
}

static void take_number(void *arg, const char *of, const char *name, double *v)
{
    struct numbers *n = arg;
    (void)of;
    (void)name;
    n->v[n->n++] = *v;
}

static void put_number(void *arg, const char *of, const char *name, double *v)
{
    struct numbers *n = arg;
    (void)of;
    (void)name;
    *v = n->v[n->n++];
}

static void compare_number(void *arg, const char *of, const char *name,
                           double *v)
{
    struct numbers *n = arg;
    double was = n->v[n->n++];
    if (was != *v && !(isnan(was) && isnan(*v)))
        n->differs(n->arg, of, name, v);
}

void rt_learning_numbers(const struct rt_learning *k, struct rt_model *m,
                         rt_tune_visit *differs, void *arg)
{
    struct numbers n = { .v = k->number, .differs = differs, .arg = arg };
    if (k->n_numbers && m->compiled)
        rt_model_each_live(m, compare_number, &n);
}

struct rt_learning *rt_learning_take(struct rt_model *m)
{
    struct rt_learning *k = rt_xcalloc(1, sizeof *k);
    k->layer = rt_xcalloc((size_t)m->n_layers + 1, sizeof *k->layer);
    k->output = rt_xcalloc((size_t)m->n_outputs + 1, sizeof *k->output);
    for (int i = 0; i < m->n_layers; i++)
        k->layer[i] = rt_layer_learns(m->layers[i]);
    for (int i = 0; i < m->n_outputs; i++)
        k->output[i] =
            (struct trains){ m->outputs[i].retired, m->outputs[i].leaves };
    if (m->compiled) {
        struct numbers n = { 0 };
        rt_model_each_live(m, count_number, &k->n_numbers);
        n.v = k->number =
            rt_xcalloc((size_t)k->n_numbers + 1, sizeof *k->number);
        rt_model_each_live(m, take_number, &n);
    }
    return k;
}

void rt_learning_put(struct rt_model *m, const struct rt_learning *k)
{
    for (int i = 0; i < m->n_layers; i++)
        rt_layer_learn(m->layers[i], k->layer[i]);
    for (int i = 0; i < m->n_outputs; i++) {
        m->outputs[i].retired = k->output[i].retired;
        m->outputs[i].leaves = k->output[i].leaves;
    }
    if (k->n_numbers)
        rt_model_each_live(m, put_number, &(struct numbers){ .v = k->number });
    rt_model_settle(m);
}

bool rt_learning_changed(const struct rt_learning *k, const struct rt_model *m,
                         int i)
{
    struct rt_learns was = k->layer[i], is = rt_layer_learns(m->layers[i]);
    return was.trainable != is.trainable || was.norm != is.norm ||
           was.share != is.share ||
           (was.rate != is.rate && !(isnan(was.rate) && isnan(is.rate)));
}

bool rt_learning_retired(const struct rt_learning *k, const struct rt_model *m,
                         int i)
{
    return k->output[i].retired != m->outputs[i].retired;
}

void rt_model_steered(struct rt_model *m)
{
    rt_model_settle(m);
    rt_model_rebuild(m);
    rt_model_edited(m);
}

void rt_learning_free(struct rt_learning *k)
{
    if (!k)
        return;
    free(k->layer);
    free(k->output);
    free(k->number);
    free(k);
}

/* ---- rates --------------------------------------------------------------- */

bool rt_layer_same_rate(const struct rt_model_layer *a,
                        const struct rt_model_layer *b)
{
    double x = a->rate, y = b->rate;
    return isnan(x) ? isnan(y) && a->share == b->share : x == y;
}

/* Layer i is the first of its rate among those that train. */
static bool leads(const struct rt_model *m, int i)
{
    for (int k = 0; k < i; k++)
        if (m->layers[k]->trainable &&
            rt_layer_same_rate(m->layers[k], m->layers[i]))
            return false;
    return m->layers[i]->trainable;
}

struct rt_rate_group *rt_model_rates(const struct rt_model *m, int *n)
{
    RT_VEC(struct rt_rate_group) out = { 0 };
    rt_vec_reserve(&out, 1);
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        struct rt_rate_group g = { .share = l->share, .rate = l->rate };
        if (!leads(m, i))
            continue;
        g.range = rt_model_ranges(m, l, &g.n);
        if (g.n)
            rt_vec_push(&out, g);
        else
            free(g.range);
    }
    if (!out.n)
        rt_vec_push(&out, ((struct rt_rate_group){ .share = 1, .rate = NAN }));
    *n = out.n;
    return out.v;
}

void rt_rate_groups_free(struct rt_rate_group *g, int n)
{
    for (int i = 0; i < n; i++)
        free(g[i].range);
    free(g);
}

double rt_rate_of(const struct rt_rate_group *g, double lr)
{
    return isnan(g->rate) ? lr * g->share : g->rate;
}
