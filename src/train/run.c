/* The life of a run: made, started, joined, freed. What its thread does stands
 * in fit.c, what reaches it from outside in mailbox.c. */
#include "train/run.h"
#include "base/clock.h"
#include "data/split.h"
#include "train/run_private.h"

#include <math.h>
#include <stdarg.h>

const char *rt_run_state_name(enum rt_run_state s)
{
    static const char *const names[] = {
#define X(name, text) text,
        RT_RUN_STATES(X)
#undef X
    };
    return names[s];
}

/* ---- making -------------------------------------------------------------- */

static int check(const struct rt_fit_spec *s, struct rt_err *err)
{
    if (s->model->busy)
        return rt_fail(err, RT_EBUSY, "model '%s' trains already",
                       s->model->name);
    if (s->batch_size < 1)
        return rt_fail(err, RT_EINVAL, "batch_size is %d, want 1 or more",
                       s->batch_size);
    if (s->initial_epoch < 0 || s->epochs <= s->initial_epoch)
        return rt_fail(err, RT_EINVAL,
                       "epochs is %d and initial_epoch %d, want epochs > "
                       "initial_epoch >= 0",
                       s->epochs, s->initial_epoch);
    if (s->steps < 0 || s->validate_every < 0)
        return rt_fail(err, RT_EINVAL,
                       "steps is %d and validate_every %d, want none "
                       "below 0",
                       s->steps, s->validate_every);
    if (s->validation_split > 0 && (s->validation || s->validation_split >= 1))
        return rt_fail(err, RT_EINVAL,
                       s->validation
                           ? "a validation set and a share of %g, want "
                             "one of them"
                           : "validation is %g, want 0 <= share < 1",
                       s->validation_split);
    return 0;
}

static int open_passes(struct rt_run *r, struct rt_err *err)
{
    struct rt_fit_spec *s = &r->spec;
    size_t n = s->data->n_rows, n_train = n;
    if (s->validation_split > 0)
        n_train = rt_split_last(n, s->validation_split);
    if (n_train == 0 || (s->validation_split > 0 && n_train == n))
        return rt_fail(err, RT_EINVAL,
                       "data '%s' has %zu rows, of which %zu train: too "
                       "few",
                       s->data->name, n, n_train);
    r->train_spec = (struct rt_pass_spec){
        .model = r->model,
        .objective = r->objective,
        .data = s->data,
        .n = n_train,
        .batch_size = s->batch_size,
        .labels = true,
        .training = true,
        .grads = r->grads,
        .weighs = RT_WEIGHS_ALL,
        .shuffle = s->shuffle,
        .key = rt_run_key(r, RT_FOR_SHUFFLE),
        .stop = &r->aborted,
    };
    struct rt_dataset *const sets[] = { s->data, s->validation };
    if (rt_pass_mark(r->objective, sets, 2, err) ||
        rt_pass_open(&r->train, &r->train_spec, err))
        return -1;
    rt_run_count_batches(r);
    r->validates = s->validation || n_train < n;
    if (!r->validates)
        return 0;
    struct rt_pass_spec *val = &r->val_spec;
    *val = r->train_spec;
    val->training = val->shuffle = false;
    val->grads = NULL;
    val->weighs = s->validation ? RT_WEIGHS_SAMPLES : RT_WEIGHS_NOTHING;
    val->data = s->validation ? s->validation : s->data;
    val->from = s->validation ? 0 : n_train;
    val->n = val->data->n_rows - val->from;
    return rt_pass_open(&r->val, val, err) ? rt_err_within(err, "validation")
                                           : 0;
}

static void number_series(struct rt_run *r)
{
    const struct rt_tally *t = &r->tally;
    int n = 0;
    r->series = rt_xcalloc((size_t)(2 * t->n + 1), sizeof *r->series);
    for (int val = 0; val <= (r->validates ? 1 : 0); val++)
        for (int i = 0; i < t->n; i++)
            r->series[n++] = (struct rt_run_series){
                .key = val ? t->series[i].val_key : t->series[i].key,
                .unit = t->series[i].unit,
                .output = t->series[i].output,
                .mode = t->series[i].mode,
            };
    r->series[n++] = (struct rt_run_series){ .key = "lr" };
    for (int i = 0; i < n; i++)
        r->series[i].now = NAN;
    r->n_series = n;
}

static int build(struct rt_run *r, struct rt_err *err)
{
    struct rt_model *m = r->model;
    if (rt_model_ready(m, err) ||
        !(r->objective = rt_objective_new(m, true, err)) ||
        rt_objective_steer(r->objective, m, err))
        return -1;
    r->grads =
        rt_try_alloc(m->n_params + 1, sizeof *r->grads, "gradients", err);
    if (!r->grads || open_passes(r, err))
        return -1;
    r->hash = rt_model_hash_fixed(m);
    rt_run_find_ranges(r);
    rt_tally_init(&r->tally, r->objective);
    if (r->validates)
        rt_tally_init(&r->val_tally, r->objective);
    rt_still_find(r);
    number_series(r);
    r->callbacks = rt_callbacks_new(r, r->spec.callbacks);
    return rt_callbacks_check(r->callbacks, err);
}

struct rt_run *rt_run_new(const struct rt_fit_spec *spec, struct rt_bus *bus,
                          struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    if (!err)
        err = &own;
    if (check(spec, err))
        return NULL;
    struct rt_run *r = rt_xcalloc(1, sizeof *r);
    r->spec = *spec;
    r->name = rt_xstrdup(spec->name ? spec->name : spec->model->name);
    r->spec.data = rt_dataset_ref(spec->data);
    r->spec.validation =
        spec->validation ? rt_dataset_ref(spec->validation) : NULL;
    if (r->spec.validate_every == 0)
        r->spec.validate_every = 1;
    r->bus = bus;
    r->model = spec->model;
    r->epoch = spec->initial_epoch;
    r->fit = r->model->n_fits + 1;
    r->end = RT_RUN_RUNNING;
    r->began = rt_learning_take(r->model);
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_init(&r->snap_lock, NULL);
    rt_clock_cond_init(&r->news);
    atomic_store(&r->want_layer, -1);
    r->probe = rt_probe_new();
    r->model->busy = true;
    if (build(r, err)) {
        rt_run_free(r);
        return NULL;
    }
    r->spec.callbacks = NULL; /* copied; the caller's may go */
    rt_run_snap(r);
    rt_run_snap_outputs(r);
    return r;
}

struct rt_key rt_run_key(const struct rt_run *r, enum rt_purpose purpose)
{
    struct rt_key k = rt_key_make(r->spec.seed, purpose);
    k = rt_key_text(k, r->model->name);
    return rt_key_int(k, (uint64_t)r->fit);
}

int rt_run_rekey(struct rt_run *r, struct rt_err *err)
{
    r->train_spec.key = rt_run_key(r, RT_FOR_SHUFFLE);
    return rt_pass_reorder(&r->train, &r->train_spec, err);
}

/* ---- start and end ------------------------------------------------------- */

void rt_run_announce(const struct rt_run *r)
{
    for (int i = 0; i < r->n_series; i++) {
        const struct rt_run_series *s = &r->series[i];
        struct rt_event *e = rt_run_event(r, RT_EV_SERIES, 0);
        e->series_id = i;
        e->key = rt_xstrdup(s->key);
        e->unit = rt_xstrdup(s->unit);
        e->output = rt_xstrdup(s->output);
        e->mode = s->mode;
        rt_bus_publish(r->bus, e);
    }
}

int rt_run_start(struct rt_run *r, struct rt_err *err)
{
    if (r->started)
        return rt_fail(err, RT_ESTATE, "run %d has been started already",
                       r->spec.number);
    char text[64] = "";
    if (r->loaded)
        snprintf(text, sizeof text, "goes on in epoch %lld after batch %lld",
                 (long long)r->epoch, (long long)r->batch);
    r->model->n_fits = r->fit;
    r->started = true;
    rt_run_announce(r);
    rt_run_set_state(r, RT_RUN_RUNNING, r->loaded ? text : NULL);
    int code = pthread_create(&r->thread, NULL, rt_fit_thread, r);
    if (!code)
        return 0;
    r->joined = true;
    rt_run_end(r, RT_RUN_FAILED, RT_ENOMEM, "no thread for run %d: %s",
               r->spec.number, strerror(code));
    rt_run_close_mail(r);
    rt_run_set_state(r, RT_RUN_FAILED, r->reason);
    return rt_fail(err, RT_ENOMEM, "%s", r->reason);
}

void rt_run_join(struct rt_run *r)
{
    if (r->started && !r->joined)
        pthread_join(r->thread, NULL);
    r->joined = r->started;
}

/* What it changed of the model stays; outputs that were retired to leave do,
 * unless it was interrupted and may go on with them. */
static void leave_model(struct rt_run *r)
{
    struct rt_err err = RT_ERR_INIT;
    if (r->started)
        rt_model_keep(r->model, r->began);
    rt_learning_free(r->began);
    if (r->end != RT_RUN_FINISHED && r->end != RT_RUN_STOPPED)
        return;
    if (rt_model_drop_retired(r->model, "retire -remove", &err) < 0)
        rt_run_log(r, RT_LOG_WARNING, NULL, "a retired output stays: %s",
                   err.text);
}

void rt_run_free(struct rt_run *r)
{
    if (!r)
        return;
    rt_run_interrupt(r);
    rt_run_join(r);
    rt_callbacks_free(r->callbacks);
    rt_pass_close(&r->train);
    rt_pass_close(&r->val);
    rt_tally_release(&r->tally);
    rt_tally_release(&r->val_tally);
    rt_still_release(&r->still);
    rt_objective_free(r->objective);
    for (int i = 0; i < r->mail.n; i++)
        rt_order_free(r->mail.v[i]);
    for (int i = 0; i < r->scheduled.n; i++)
        rt_order_free(r->scheduled.v[i]);
    rt_vec_release(&r->mail);
    rt_vec_release(&r->scheduled);
    rt_vec_release(&r->looks);
    rt_vec_release(&r->applied);
    rt_snapshot_release(&r->snap);
    rt_probe_free(r->probe);
    free(r->series);
    free(r->grads);
    free(r->best.weights);
    free(r->ranges);
    free(r->each);
    rt_rate_groups_free(r->rates, r->n_rates);
    rt_dataset_unref(r->spec.data);
    rt_dataset_unref(r->spec.validation);
    free(r->name);
    r->model->busy = false;
    leave_model(r);
    pthread_mutex_destroy(&r->lock);
    pthread_mutex_destroy(&r->snap_lock);
    pthread_cond_destroy(&r->news);
    free(r);
}

/* ---- asking -------------------------------------------------------------- */

int rt_run_number(struct rt_run *r)
{
    pthread_mutex_lock(&r->lock);
    int number = r->spec.number;
    pthread_mutex_unlock(&r->lock);
    return number;
}

void rt_run_set_number(struct rt_run *r, int number)
{
    r->spec.number = number;
}

const char *rt_run_name(const struct rt_run *r)
{
    return r->name;
}

struct rt_model *rt_run_model(const struct rt_run *r)
{
    return r->model;
}

enum rt_run_state rt_run_state(const struct rt_run *r)
{
    return (enum rt_run_state)atomic_load(&r->state);
}

bool rt_run_over(const struct rt_run *r)
{
    return rt_run_state(r) > RT_RUN_PAUSED;
}

int rt_run_reason(struct rt_run *r, char *text, size_t n)
{
    pthread_mutex_lock(&r->lock);
    int code = r->code;
    if (n)
        snprintf(text, n, "%s", r->reason);
    pthread_mutex_unlock(&r->lock);
    return code;
}

void rt_run_stop_after(struct rt_run *r, int64_t steps)
{
    r->stop_after = steps;
}

/* ---- for the other files ------------------------------------------------- */

double *rt_run_lr(const struct rt_run *r)
{
    return &((struct rt_optim_args *)r->model->compiled->args)->lr;
}

double rt_run_now(const struct rt_run *r, int series)
{
    return series == r->n_series - 1 ? *rt_run_lr(r) : r->series[series].now;
}

int rt_run_series_find(const struct rt_run *r, const char *key)
{
    for (int i = 0; i < r->n_series; i++)
        if (!strcmp(r->series[i].key, key))
            return i;
    return -1;
}

struct rt_event *rt_run_event(const struct rt_run *r, enum rt_event_type type,
                              int n)
{
    struct rt_event *e = rt_event_new(type, r->spec.number, n);
    e->epoch = r->epoch;
    e->batch = r->batch;
    e->step = r->step;
    e->n_batches = r->n_batches;
    return e;
}

void rt_run_log(const struct rt_run *r, enum rt_level level, const char *who,
                const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    rt_bus_vlog(r->bus, rt_run_event(r, RT_EV_LOG, 0), level, who, fmt, ap);
    va_end(ap);
}

void rt_run_set_state(struct rt_run *r, enum rt_run_state s, const char *text)
{
    struct rt_event *e = rt_run_event(r, RT_EV_STATE, 0);
    e->code = (int)s;
    e->text = rt_xstrdup(text);
    atomic_store(&r->state, (int)s);
    rt_bus_publish(r->bus, e);
}

void rt_run_pause(struct rt_run *r, bool pause, const char *why)
{
    r->paused = pause;
    rt_run_set_state(r, pause ? RT_RUN_PAUSED : RT_RUN_RUNNING, why);
}

void rt_run_end(struct rt_run *r, enum rt_run_state how, int code,
                const char *fmt, ...)
{
    if (r->end != RT_RUN_RUNNING)
        return;
    va_list ap;
    va_start(ap, fmt);
    pthread_mutex_lock(&r->lock);
    vsnprintf(r->reason, sizeof r->reason, fmt, ap);
    r->code = code;
    pthread_mutex_unlock(&r->lock);
    va_end(ap);
    r->end = how;
}
