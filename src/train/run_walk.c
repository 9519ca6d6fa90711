/* All state of a run in one walk. Weights come last: what does not fit is
 * found before a model is changed. */
#include "nn/tune.h"
#include "train/run_private.h"

/* What must be the same for the rest to mean anything. */
static void walk_identity(struct rt_run *r, struct rt_state *s)
{
    rt_state_same(s, "model", (int64_t)r->hash);
    rt_state_same(s, "params", (int64_t)r->model->n_params);
    rt_state_same(s, "seed", (int64_t)r->spec.seed);
    rt_state_same(s, "rows", (int64_t)r->train_spec.n);
    rt_state_same(s, "data", (int64_t)rt_dataset_hash(r->spec.data));
    rt_state_same(
        s, "validation",
        r->spec.validation ? (int64_t)rt_dataset_hash(r->spec.validation) : 0);
    rt_state_same(s, "batch_size", r->spec.batch_size);
    rt_state_same(s, "steps", r->spec.steps);
    rt_state_same(s, "shuffle", r->spec.shuffle);
    rt_state_same(s, "series", r->n_series);
}

/* What learns, and which outputs train: other plans than those that the run
 * began with. */
static void walk_learning(struct rt_run *r, struct rt_state *s)
{
    struct rt_model *m = r->model;
    rt_state_i64(s, "draws", &m->n_draws);
    rt_state_enter(s, "layers");
    for (int i = 0; i < m->n_layers; i++) {
        struct rt_model_layer *l = m->layers[i];
        struct rt_learns how = rt_layer_learns(l);
        rt_state_enter_i(s, i);
        rt_state_bool(s, "trainable", &how.trainable);
        rt_state_int(s, "norm", &how.norm);
        rt_state_number(s, "share", &how.share);
        rt_state_number(s, "rate", &how.rate);
        rt_state_leave(s);
        if (s->loading && !rt_state_failed(s))
            rt_layer_learn(l, how);
    }
    rt_state_leave(s);
    rt_state_enter(s, "outputs");
    for (int i = 0; i < m->n_outputs; i++) {
        bool retired = m->outputs[i].retired, leaves = m->outputs[i].leaves;
        rt_state_enter_i(s, i);
        rt_state_bool(s, "retired", &retired);
        rt_state_bool(s, "leaves", &leaves);
        rt_state_leave(s);
        m->outputs[i].retired = retired;
        m->outputs[i].leaves = leaves;
    }
    rt_state_leave(s);
}

static void walk_number(void *arg, const char *of, const char *name, double *v)
{
    struct rt_state *s = arg;
    char *path = rt_xprintf("%s/%s", *of ? of : "optimizer", name);
    rt_state_number(s, path, v); /* a layer within a model has a slash */
    free(path);
}

/* Numbers that were tuned, and the size of batches; then the plans and slots
 * that they want. */
static void walk_tuned(struct rt_run *r, struct rt_state *s)
{
    int size = r->train_spec.batch_size;
    rt_state_enter(s, "tuned");
    rt_model_each_live(r->model, walk_number, s);
    rt_state_leave(s);
    rt_state_int(s, "size", &size);
    rt_state_int(s, "next_size", &r->batch_size_next);
    if (!s->loading || rt_state_failed(s))
        return;
    if (rt_model_ready(r->model, &s->err) || rt_run_replan(r, &s->err))
        return;
    if (size != r->train_spec.batch_size)
        rt_run_resize(r, size, &s->err);
}

static void walk_position(struct rt_run *r, struct rt_state *s)
{
    int64_t done = r->batch - r->in_batch; /* a hook before a batch may ask */
    rt_state_i64(s, "fit", &r->fit);
    rt_state_i64(s, "epoch", &r->epoch);
    rt_state_i64(s, "batch", &done);
    bool begun = r->in_batch || r->batch_begun;
    rt_state_bool(s, "batch_begun", &begun);
    if (s->loading) {
        r->batch = done;
        r->batch_begun = begun;
    }
    rt_state_bool(s, "in_epoch", &r->in_epoch);
    rt_state_i64(s, "back_to", &r->back_to);
    rt_state_i64(s, "validated", &r->validated);
    rt_state_i64(s, "step", &r->step);
    rt_state_i64(s, "skipped", &r->n_skipped);
    rt_state_f64(s, "sum", r->tally.sum, (size_t)r->tally.n);
    if (r->tally.n_state)
        rt_state_f64(s, "metrics", r->tally.state, r->tally.n_state);
    rt_state_i64(s, "counted", &r->tally.rows);
    rt_state_bool(s, "partial", &r->tally.partial);
    rt_state_f64(s, "parts", r->tally.part_sum, 2 * (size_t)r->tally.n_parts);
    rt_state_enter(s, "now");
    for (int i = 0; i < r->n_series - 1; i++)
        rt_state_number(s, r->series[i].key, &r->series[i].now);
    rt_state_leave(s);
}

/* A stop that was decided at this very boundary. An interrupt is none, since
 * going on is what its state is for; nor is the end of all epochs, which has no
 * reason: a run with more of them goes on. */
static void walk_stop(struct rt_run *r, struct rt_state *s)
{
    bool stops = r->end == RT_RUN_FINISHED || r->end == RT_RUN_STOPPED;
    pthread_mutex_lock(&r->lock);
    char *why = stops && *r->reason ? rt_xstrdup(r->reason) : NULL;
    pthread_mutex_unlock(&r->lock);
    int how = why ? (int)r->end : (int)RT_RUN_RUNNING;
    rt_state_int(s, "end", &how);
    rt_state_text(s, "why", &why);
    if (s->loading && !rt_state_failed(s) &&
        (how == RT_RUN_FINISHED || how == RT_RUN_STOPPED))
        rt_run_end(r, (enum rt_run_state)how, 0, "%s", why ? why : "");
    free(why);
}

static void walk_order(struct rt_run *r, struct rt_state *s,
                       struct rt_order *saved)
{
    struct rt_order none = { 0 };
    struct rt_order *o = s->loading ? &none : saved;
    rt_state_i64(s, "id", &o->id);
    rt_state_i64(s, "epoch", &o->when_epoch);
    rt_state_i64(s, "batch", &o->when_batch);
    rt_state_bool(s, "recorded", &o->recorded);
    rt_state_text(s, "who", &o->who);
    rt_state_text(s, "text", &o->text);
    if (s->loading && !rt_state_failed(s)) {
        o = rt_order_parse(none.who, none.text ? none.text : "", &s->err);
        if (o) {
            o->id = none.id;
            o->when_epoch = none.when_epoch;
            o->when_batch = none.when_batch;
            o->recorded = none.recorded;
            rt_vec_push(&r->scheduled, o);
        }
    }
    if (s->loading) {
        free(none.who);
        free(none.text);
    }
}

/* Orders by hand whose doing is part of this state: the others that were
 * recorded are given again when it is loaded. */
static void walk_applied(struct rt_run *r, struct rt_state *s)
{
    if (s->loading) {
        long n = rt_state_count(s, "applied");
        r->applied.n = 0;
        for (long i = 0; i < n; i++)
            rt_vec_push(&r->applied, 0);
    }
    if (!rt_state_failed(s))
        rt_state_i64s(s, "applied", r->applied.v, (size_t)r->applied.n);
}

int rt_checkpoint_applied(const struct rt_state_backend *from,
                          int64_t **numbers, int *n, struct rt_err *err)
{
    struct rt_state s;
    rt_state_init(&s, from, true);
    rt_state_enter(&s, "run");
    rt_state_enter(&s, "orders");
    long count = rt_state_count(&s, "applied");
    *n = count > 0 ? (int)count : 0;
    *numbers = rt_xcalloc((size_t)*n + 1, sizeof **numbers);
    if (*n)
        rt_state_i64s(&s, "applied", *numbers, (size_t)*n);
    if (!rt_state_failed(&s))
        return 0;
    free(*numbers);
    return rt_fail(err, s.err.code, "%s", s.err.text);
}

bool rt_run_applied(const struct rt_run *r, int64_t order)
{
    for (int i = 0; i < r->applied.n; i++)
        if (r->applied.v[i] == order)
            return true;
    return false;
}

/* Orders that wait for their boundary, and the newest number. */
static void walk_orders(struct rt_run *r, struct rt_state *s)
{
    RT_VEC(struct rt_order *) kept = { 0 };
    for (int i = 0; !s->loading && i < r->scheduled.n; i++)
        if (rt_run_keeps(r->scheduled.v[i]))
            rt_vec_push(&kept, r->scheduled.v[i]);
    int n = kept.n;
    pthread_mutex_lock(&r->lock);
    int64_t newest = r->n_orders;
    pthread_mutex_unlock(&r->lock);
    rt_state_enter(s, "orders");
    rt_state_i64(s, "newest", &newest);
    walk_applied(r, s);
    rt_state_int(s, "n", &n);
    for (int i = 0; i < n && !rt_state_failed(s); i++) {
        rt_state_enter_i(s, i);
        walk_order(r, s, s->loading ? NULL : kept.v[i]);
        rt_state_leave(s);
    }
    rt_state_leave(s);
    rt_vec_release(&kept);
    pthread_mutex_lock(&r->lock);
    if (newest > r->n_orders)
        r->n_orders = newest;
    pthread_mutex_unlock(&r->lock);
}

static void walk_weights(struct rt_run *r, struct rt_state *s)
{
    struct rt_model *m = r->model;
    const struct rt_compiled *c = m->compiled;
    int n_slots = c->optimizer->n_slots(c->args);
    rt_state_same(s, "n_slots", n_slots);
    rt_state_i64(s, "iterations", &m->iterations);
    rt_state_number(s, "m_schedule", &m->m_schedule);
    for (int i = 0; i < n_slots; i++)
        rt_state_f32(s, c->optimizer->slot_names[i], m->slots[i], m->n_params);
    rt_state_f32(s, "weights", m->weights, m->n_params);
}

/* Whether it holds all slots of the model's optimizer. */
static bool has_slots(const struct rt_model *m, struct rt_state *s)
{
    const struct rt_compiled *c = m->compiled;
    int n = c ? c->optimizer->n_slots(c->args) : 0;
    bool has = n > 0;
    for (int i = 0; i < n; i++)
        has =
            has && m->slots[i] &&
            rt_state_count(s, c->optimizer->slot_names[i]) == (long)m->n_params;
    return has;
}

/* An arena of the model as it was saved, in *to. */
static void read_arena(const struct rt_model *m, struct rt_state *s,
                       const char *name, float **to)
{
    *to = rt_try_alloc(m->n_params + 1, sizeof **to, name, &s->err);
    if (*to)
        rt_state_f32(s, name, *to, m->n_params);
}

int rt_checkpoint_to_model(const struct rt_state_backend *from,
                           struct rt_model *m, struct rt_err *err)
{
    struct rt_state s;
    rt_state_init(&s, from, true);
    rt_state_enter(&s, "run");
    long held = rt_state_count(&s, "weights");
    if (held != (long)m->n_params)
        return rt_fail(err, RT_ESHAPE,
                       "the checkpoint holds %ld parameters, model '%s' has "
                       "%zu",
                       held, m->name, m->n_params);
    const struct rt_compiled *c = m->compiled;
    int n = has_slots(m, &s) ? c->optimizer->n_slots(c->args) : 0;
    float *weights = NULL, **slot = rt_xcalloc((size_t)n + 1, sizeof *slot);
    int64_t iterations = m->iterations;
    double m_schedule = m->m_schedule;
    for (int i = 0; i < n; i++)
        read_arena(m, &s, c->optimizer->slot_names[i], &slot[i]);
    if (n) {
        rt_state_i64(&s, "iterations", &iterations);
        rt_state_number(&s, "m_schedule", &m_schedule);
    }
    read_arena(m, &s, "weights", &weights);
    if (!rt_state_failed(&s)) {
        m->iterations = iterations;
        m->m_schedule = m_schedule;
        for (int i = 0; i < n; i++)
            memcpy(m->slots[i], slot[i], m->n_params * sizeof *weights);
        memcpy(m->weights, weights, m->n_params * sizeof *weights);
    }
    for (int i = 0; i < n; i++)
        free(slot[i]);
    free(slot);
    free(weights);
    return rt_state_failed(&s) ? rt_fail(err, s.err.code, "%s", s.err.text) : 0;
}

int rt_run_walk(struct rt_run *r, struct rt_state *s)
{
    int64_t fit = r->fit;
    rt_state_enter(s, "run");
    walk_identity(r, s);
    walk_learning(r, s);
    walk_tuned(r, s);
    walk_position(r, s);
    walk_stop(r, s);
    walk_orders(r, s);
    rt_callbacks_walk(r->callbacks, s);
    rt_best_walk(r, s);
    walk_weights(r, s);
    rt_state_leave(s);
    if (!s->loading || rt_state_failed(s))
        return rt_state_failed(s);
    r->loaded = true;
    rt_run_snap(r);
    rt_run_snap_callbacks(r);
    return r->fit == fit ? 0 : rt_run_rekey(r, &s->err);
}
