/* Where the numbers of a model are: weights and optimizer slots in arenas laid
 * out alike, layer by layer. A weight that leaves the model by undo keeps its
 * numbers itself and brings them back. */
#include "nn/model.h"

#include "base/vec.h"
#include "nn/init.h"
#include "nn/model_private.h"
#include "nn/steer.h"

enum { ALIGN = 16 }; /* floats: one cache line */

static size_t padded(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* The weights, then the states. */
static struct rt_weight *weight_at(const struct rt_model_layer *l, int k)
{
    return k < l->n_weights ? l->weights[k] : l->states[k - l->n_weights];
}

/* Calls fn with every weight and where it belongs; returns the arenas' size. */
typedef void place_fn(struct rt_weight *w, size_t offset, void *arg);
static size_t each_place(const struct rt_model *m, place_fn *fn, void *arg)
{
    size_t at = 0;
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        for (int k = 0; k < l->n_weights + l->n_states; k++) {
            struct rt_weight *w = weight_at(l, k);
            fn(w, at, arg);
            at += padded(w->n);
        }
    }
    return at;
}

static void see_place(struct rt_weight *w, size_t offset, void *arg)
{
    bool *same = arg;
    *same = *same && w->placed && w->offset == offset;
}

static bool laid_out(const struct rt_model *m, size_t *n)
{
    bool same = m->weights != NULL;
    *n = each_place(m, see_place, &same);
    return same && *n == m->n_params;
}

/* ---- moving to a new layout ---------------------------------------------- */

struct move {
    struct rt_model *m;
    float *weights;
    float *slots[RT_SLOTS_MAX];
    struct rt_err *err;
    int status;
};

/* The slot of a weight that brings none. */
static void start_slot(const struct rt_model *m, int slot, float *v, size_t n)
{
    const struct rt_compiled *c = m->compiled;
    double start = 0;
    if (c && c->optimizer == m->slots_of && c->optimizer->slot_start)
        start = c->optimizer->slot_start(c->args, m->dialect, slot);
    for (size_t i = 0; start != 0 && i < n; i++)
        v[i] = (float)start;
}

static void fill_place(struct rt_weight *w, size_t offset, void *arg)
{
    struct move *mv = arg;
    const struct rt_model *m = mv->m;
    size_t bytes = w->n * sizeof(float);
    for (int i = 0; i < m->n_slots && !w->placed; i++)
        start_slot(m, i, mv->slots[i] + offset, w->n);
    if (w->placed) {
        memcpy(mv->weights + offset, m->weights + w->offset, bytes);
        for (int i = 0; i < m->n_slots; i++)
            memcpy(mv->slots[i] + offset, m->slots[i] + w->offset, bytes);
    } else if (w->kept) {
        memcpy(mv->weights + offset, w->kept, bytes);
        for (int i = 0; i < m->n_slots && i < w->kept_slots &&
                        w->kept_epoch == m->slots_epoch;
             i++)
            memcpy(mv->slots[i] + offset, w->kept + w->n * (size_t)(i + 1),
                   bytes);
    } else if (!mv->status) {
        mv->status = rt_init_draw(w->init, &w->shape, w->key,
                                  mv->weights + offset, mv->err);
    }
}

static void settle(struct rt_weight *w, size_t offset, void *arg)
{
    (void)arg;
    free(w->kept);
    w->kept = NULL;
    w->offset = offset;
    w->placed = true;
}

static int lay_out(struct rt_model *m, size_t n, struct rt_err *err)
{
    struct move mv = { .m = m, .err = err };
    /* one more than needed: a model without weights has arenas too */
    mv.weights = rt_try_alloc(n + 1, sizeof(float), "weights", err);
    mv.status = mv.weights ? 0 : RT_ENOMEM;
    for (int i = 0; i < m->n_slots && !mv.status; i++) {
        mv.slots[i] =
            rt_try_alloc(n + 1, sizeof(float), "optimizer state", err);
        mv.status = mv.slots[i] ? 0 : RT_ENOMEM;
    }
    if (!mv.status)
        each_place(m, fill_place, &mv);
    if (!mv.status) {
        float *old = m->weights;
        m->weights = mv.weights;
        mv.weights = old;
        for (int i = 0; i < m->n_slots; i++) {
            old = m->slots[i];
            m->slots[i] = mv.slots[i];
            mv.slots[i] = old;
        }
        m->n_params = each_place(m, settle, NULL);
    }
    free(mv.weights);
    for (int i = 0; i < RT_SLOTS_MAX; i++)
        free(mv.slots[i]);
    return mv.status;
}

/* ---- slots --------------------------------------------------------------- */

void rt_model_drop_slots(struct rt_model *m)
{
    for (int i = 0; i < RT_SLOTS_MAX; i++) {
        free(m->slots[i]);
        m->slots[i] = NULL;
    }
    m->n_slots = 0;
    m->slots_of = NULL;
    m->slots_epoch++;
    m->iterations = 0;
    m->m_schedule = 1;
}

struct start {
    const struct rt_model *m;
    int slot;
};

static void start_place(struct rt_weight *w, size_t offset, void *arg)
{
    const struct start *s = arg;
    start_slot(s->m, s->slot, s->m->slots[s->slot] + offset, w->n);
}

void rt_model_start_slots(struct rt_model *m, const struct rt_weight *w)
{
    for (int i = 0; i < m->n_slots; i++) {
        float *v = m->slots[i] + w->offset;
        memset(v, 0, w->n * sizeof *v);
        start_slot(m, i, v, w->n);
    }
}

/* As many slots as the optimizer wants now; more momentum begins at rest. */
static int fit_slots(struct rt_model *m, struct rt_err *err)
{
    const struct rt_compiled *c = m->compiled;
    if (!c)
        return RT_OK;
    int want = c->optimizer->n_slots(c->args);
    for (; m->n_slots < want; m->n_slots++) {
        m->slots[m->n_slots] = rt_try_alloc(m->n_params + 1, sizeof(float),
                                            "optimizer state", err);
        if (!m->slots[m->n_slots])
            return RT_ENOMEM;
        each_place(m, start_place, &(struct start){ m, m->n_slots });
    }
    while (m->n_slots > want) {
        free(m->slots[--m->n_slots]);
        m->slots[m->n_slots] = NULL;
    }
    return RT_OK;
}

int rt_model_ready(struct rt_model *m, struct rt_err *err)
{
    size_t n;
    int status = 0;
    if (!laid_out(m, &n))
        status = lay_out(m, n, err);
    if (!status)
        status = fit_slots(m, err);
    return status ? rt_err_within(err, "model '%s'", m->name) : RT_OK;
}

/* ---- weights that come and go -------------------------------------------- */

int rt_model_stash(struct rt_model *m, struct rt_model_layer *l,
                   struct rt_err *err)
{
    for (int i = 0; i < l->n_weights + l->n_states; i++) {
        struct rt_weight *w = weight_at(l, i);
        if (!w->placed)
            continue;
        float *kept = rt_try_alloc(w->n * (size_t)(1 + m->n_slots),
                                   sizeof *kept, "weights put aside", err);
        if (!kept)
            return RT_ENOMEM;
        memcpy(kept, m->weights + w->offset, w->n * sizeof *kept);
        for (int s = 0; s < m->n_slots; s++)
            memcpy(kept + w->n * (size_t)(s + 1), m->slots[s] + w->offset,
                   w->n * sizeof *kept);
        w->kept = kept;
        w->kept_slots = m->n_slots;
        w->kept_epoch = m->slots_epoch;
        w->placed = false;
    }
    return RT_OK;
}

/* ---- what learns --------------------------------------------------------- */

static struct rt_range *ranges(const struct rt_model *m,
                               const struct rt_model_layer *like, bool merged,
                               int *n)
{
    RT_VEC(struct rt_range) out = { 0 };
    rt_vec_reserve(&out, 1);
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        if (like && !rt_layer_same_rate(l, like))
            continue;
        for (int k = 0; k < l->n_weights; k++) {
            const struct rt_weight *w = l->weights[k];
            if (!rt_weight_trains(w))
                continue;
            struct rt_range *last = out.n ? &out.v[out.n - 1] : NULL;
            if (merged && last && padded(last->from + last->n) == w->offset)
                last->n = w->offset + w->n - last->from;
            else
                rt_vec_push(&out, ((struct rt_range){ w->offset, w->n }));
        }
    }
    *n = out.n;
    return out.v;
}

void rt_model_constrain(struct rt_model *m)
{
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++) {
            const struct rt_weight *w = m->layers[i]->weights[k];
            if (w->constraint && rt_weight_trains(w))
                w->constraint->apply(&w->constraint_args, &w->shape,
                                     m->weights + w->offset);
        }
}

struct rt_range *rt_model_ranges(const struct rt_model *m,
                                 const struct rt_model_layer *like, int *n)
{
    return ranges(m, like, true, n);
}

struct rt_range *rt_model_each_range(const struct rt_model *m, int *n)
{
    return ranges(m, NULL, false, n);
}
