/* The host table: what a hook may ask, keep, write and order. It runs on the
 * training thread, which owns all it reads. What fails says why in at->error,
 * for rt_host.error. */
#include "train/callback_private.h"
#include "base/file.h"
#include "base/suggest.h"
#include "train/filename.h"
#include "train/run_private.h"

#include <math.h>
#include <unistd.h>

int rt_host_failed(struct rt_hook *at, const struct rt_err *err)
{
    snprintf(at->error, sizeof at->error, "%s", err->text);
    return -1;
}

int rt_host_refuse(struct rt_hook *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(at->error, sizeof at->error, fmt, ap);
    va_end(ap);
    return -1;
}

static int no_layer(struct rt_hook *at, int i)
{
    return rt_host_refuse(at, "there is no layer %d, the model has %d, from 0",
                          i, at->run->model->n_layers);
}

/* ---- reading ------------------------------------------------------------- */

static double metric(struct rt_hook *at, const char *key)
{
    int i = rt_run_series_find(at->run, key);
    return i < 0 ? NAN : rt_run_now(at->run, i);
}

/* The rate is always of now; losses are of the epoch of the last batch. */
static int64_t metric_epoch(struct rt_hook *at, const char *key)
{
    const struct rt_run *r = at->run;
    int i = rt_run_series_find(r, key);
    int64_t epoch, batch;
    if (i < 0)
        return 0;
    if (i == r->n_series - 1)
        return r->epoch;
    if (r->tally.series[i % r->tally.n].retired)
        return 0;
    if (i >= r->tally.n)
        return r->validated;
    rt_run_place(r, &epoch, &batch);
    if (batch == 0)
        epoch--;
    return epoch > r->spec.initial_epoch ? epoch : 0;
}

static const char *series(struct rt_hook *at, int i)
{
    return i >= 0 && i < at->run->n_series ? at->run->series[i].key : NULL;
}

/* A series that leaves it open is better when smaller, but for accuracies. */
static int mode(struct rt_hook *at, const char *key)
{
    int i = rt_run_series_find(at->run, key);
    enum rt_mode m = i < 0 ? RT_MODE_AUTO : at->run->series[i].mode;
    if (m == RT_MODE_AUTO)
        m = strstr(key, "acc") ? RT_MODE_MAX : RT_MODE_MIN;
    return (int)m;
}

static int64_t epoch(struct rt_hook *at)
{
    return at->run->epoch;
}

static int64_t n_epochs(struct rt_hook *at)
{
    return at->run->spec.epochs;
}

static int64_t batch(struct rt_hook *at)
{
    return at->run->batch;
}

static int64_t n_batches(struct rt_hook *at)
{
    return at->run->n_batches;
}

static const char *run_name(struct rt_hook *at)
{
    return at->run->name;
}

static const char *model_name(struct rt_hook *at)
{
    return at->run->model->name;
}

static const char *output(struct rt_hook *at, int i)
{
    const struct rt_objective *o = at->run->objective;
    return i >= 0 && i < o->n_outputs ? o->outputs[i].name : NULL;
}

static int layer(struct rt_hook *at, int i, struct rt_layer_info *info)
{
    const struct rt_model *m = at->run->model;
    if (i < 0 || i >= m->n_layers)
        return no_layer(at, i);
    const struct rt_model_layer *l = m->layers[i];
    *info = (struct rt_layer_info){
        .name = l->name,
        .type = l->type->name,
        .params = rt_layer_params(l),
        .trainable = l->trainable,
    };
    return 0;
}

static int layer_stats(struct rt_hook *at, int i, double out[4])
{
    struct rt_layer_stats s;
    if (!rt_stats_layer(at->run->model, i, &s))
        return no_layer(at, i);
    out[0] = s.mean;
    out[1] = s.sd;
    out[2] = s.lo;
    out[3] = s.hi;
    return 0;
}

/* ---- asking whether it will be there ----- */

static const char *series_at(const void *of, int i)
{
    const struct rt_run *r = of;
    return i < r->n_series ? r->series[i].key : NULL;
}

static int no_series(struct rt_run *r, const char *key, struct rt_err *err)
{
    if (!r->validates && !strncmp(key, "val_", 4) &&
        rt_run_series_find(r, key + 4) >= 0)
        return rt_fail(err, RT_ENOENT,
                       "'%s' is of a validation, and this fit has none: want "
                       "validation=, or the series '%s'",
                       key, key + 4);
    return rt_fail_unknown(err, RT_ENOENT, key, series_at, r,
                           "this fit has no series '%s'", key);
}

static int want_series(struct rt_hook *at, const char *key)
{
    struct rt_err err = RT_ERR_INIT;
    if (rt_run_series_find(at->run, key) >= 0)
        return 0;
    no_series(at->run, key, &err);
    return rt_host_failed(at, &err);
}

/* ---- saying -------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static int order(struct rt_hook *at,
                                                       const char *fmt, ...)
{
    struct rt_callbacks *c = at->run->callbacks;
    struct rt_str line = RT_STR_INIT;
    struct rt_err err = RT_ERR_INIT;
    va_list ap;
    va_start(ap, fmt);
    rt_str_vaddf(&line, fmt, ap);
    va_end(ap);
    struct rt_order *o = rt_order_parse(at->by.name, rt_str_c(&line), &err);
    rt_str_release(&line);
    if (!o)
        return rt_host_failed(at, &err);
    o->by_callback = true;
    rt_vec_push(&c->orders, o);
    return 0;
}

__attribute__((format(printf, 2, 3))) static void say(struct rt_hook *at,
                                                      const char *fmt, ...)
{
    struct rt_run *r = at->run;
    va_list ap;
    va_start(ap, fmt);
    rt_bus_vlog(r->bus, rt_run_event(r, RT_EV_LOG, 0), RT_LOG_INFO, at->by.name,
                fmt, ap);
    va_end(ap);
}

/* By way of another buffer: the arguments may hold what error() returned. */
__attribute__((format(printf, 2, 3))) static int fail(struct rt_hook *at,
                                                      const char *fmt, ...)
{
    char text[sizeof at->error];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    memcpy(at->error, text, sizeof text);
    return RT_EPLUGIN;
}

__attribute__((format(printf, 2, 3))) static void status(struct rt_hook *at,
                                                         const char *fmt, ...)
{
    struct rt_str text = RT_STR_INIT;
    va_list ap;
    va_start(ap, fmt);
    rt_str_vaddf(&text, fmt, ap);
    va_end(ap);
    for (char *p = text.s; p && *p; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    free(at->status);
    at->status = rt_str_take(&text);
    at->run->callbacks->news = true;
}

static const char *error(struct rt_hook *at)
{
    return at->error;
}

/* ---- files --------------------------------------------------------------- */

/* What a name in a file's pattern stands for. */
static int pattern_value(void *ctx, const char *name, double *v)
{
    const struct rt_run *r = ctx;
    int i = rt_run_series_find(r, name);
    if (!strcmp(name, "epoch"))
        *v = (double)r->epoch;
    else if (!strcmp(name, "batch"))
        *v = (double)r->batch;
    else if (i >= 0)
        *v = rt_run_now(r, i);
    else
        return -1;
    return 0;
}

static int expand(struct rt_hook *at, const char *pattern,
                  int (*value)(void *ctx, const char *name, double *v),
                  struct rt_str *out, struct rt_err *err)
{
    struct rt_run *r = at->run;
    RT_VEC(const char *) names = { 0 };
    for (int i = 0; i < r->n_series; i++)
        rt_vec_push(&names, r->series[i].key);
    rt_vec_push(&names, "epoch");
    rt_vec_push(&names, "batch");
    rt_vec_push(&names, NULL);
    int code = rt_filename_expand(pattern, value, r, names.v, out, err);
    rt_vec_release(&names);
    return code;
}

/* The same name for a check, before there are values. */
static int any_value(void *ctx, const char *name, double *v)
{
    *v = 1;
    return !strcmp(name, "epoch") || !strcmp(name, "batch") ||
                   rt_run_series_find(ctx, name) >= 0
               ? 0
               : -1;
}

/* Makes the folder of a file that is to be written. */
static int make_folder(const char *file, struct rt_err *err)
{
    char *dir = rt_xstrdup(file), *slash = strrchr(dir, '/');
    int code = 0;
    if (slash && slash > dir) {
        *slash = '\0';
        code = rt_dir_make(dir, err);
        if (!code && access(dir, W_OK))
            code = rt_fail_errno(err, "%s", dir);
    }
    free(dir);
    return code;
}

/* The folders that are the same for every file are made, the others when they
 * are needed. */
static int check_folder(const char *pattern, struct rt_err *err)
{
    const char *slash = strrchr(pattern, '/'), *brace = strchr(pattern, '{');
    if (!slash || (brace && brace < slash))
        return 0;
    return make_folder(pattern, err);
}

/* Most often such a name is that of a validation, in a fit that has none. */
static void name_validation(struct rt_run *r, const char *pattern,
                            struct rt_err *err)
{
    const char *at = strstr(pattern, "{val_");
    if (r->validates || !at)
        return;
    char *key = rt_xstrndup(at + 1, strcspn(at + 1, ":}"));
    if (rt_run_series_find(r, key + 4) >= 0) {
        no_series(r, key, err);
        rt_err_within(err, "'%s'", pattern);
    }
    free(key);
}

static int want_file(struct rt_hook *at, const char *pattern)
{
    struct rt_str file = RT_STR_INIT;
    struct rt_err err = RT_ERR_INIT;
    int code = expand(at, pattern, any_value, &file, &err);
    if (code == RT_ENOENT)
        name_validation(at->run, pattern, &err);
    if (!code)
        code = check_folder(pattern, &err);
    rt_str_release(&file);
    return code ? rt_host_failed(at, &err) : 0;
}

static int save(struct rt_hook *at, const char *pattern, char *written,
                size_t n,
                int (*write)(const struct rt_model *m, const char *file,
                             struct rt_err *err))
{
    struct rt_str file = RT_STR_INIT;
    struct rt_err err = RT_ERR_INIT;
    int code = write ? expand(at, pattern, pattern_value, &file, &err)
                     : rt_fail(&err, RT_ESTATE, "this run cannot write files");
    if (!code)
        code = make_folder(rt_str_c(&file), &err);
    if (!code)
        code = write(at->run->model, rt_str_c(&file), &err);
    if (!code && written && n)
        snprintf(written, n, "%s", rt_str_c(&file));
    rt_str_release(&file);
    return code ? rt_host_failed(at, &err) : 0;
}

static int save_weights(struct rt_hook *at, const char *file, char *written,
                        size_t n)
{
    return save(at, file, written, n, at->run->spec.io.save_weights);
}

static int save_model(struct rt_hook *at, const char *file, char *written,
                      size_t n)
{
    return save(at, file, written, n, at->run->spec.io.save_model);
}

/* ---- a plugin's own state ------------------------------------------------ */

/* What was not saved is told, and not an error of the walk: a newer plugin may
 * load what an older one left. */
static bool can_walk(struct rt_hook *at, const char *name)
{
    struct rt_state *s = at->walk;
    if (!s)
        rt_host_refuse(at, "'%s': state is there within save and load alone",
                       name);
    else if (rt_state_failed(s))
        rt_host_failed(at, &s->err);
    else if (s->loading && rt_state_count(s, name) < 0)
        rt_host_refuse(at, "'%s' was not saved", name);
    else
        return true;
    return false;
}

static int walked(struct rt_hook *at)
{
    return rt_state_failed(at->walk) ? rt_host_failed(at, &at->walk->err) : 0;
}

static int state_number(struct rt_hook *at, const char *name, double *v)
{
    if (!can_walk(at, name))
        return -1;
    rt_state_number(at->walk, name, v);
    return walked(at);
}

static int state_int(struct rt_hook *at, const char *name, int64_t *v)
{
    if (!can_walk(at, name))
        return -1;
    rt_state_i64(at->walk, name, v);
    return walked(at);
}

static int state_text(struct rt_hook *at, const char *name, char *v, size_t n)
{
    if (!can_walk(at, name))
        return -1;
    char *text = rt_xstrdup(v);
    rt_state_text(at->walk, name, &text);
    if (at->walk->loading && text && n)
        snprintf(v, n, "%s", text);
    free(text);
    return walked(at);
}

const struct rt_host rt_host_table = {
    .size = sizeof(struct rt_host),
    .abi = RT_ABI,
    .metric = metric,
    .metric_epoch = metric_epoch,
    .series = series,
    .mode = mode,
    .epoch = epoch,
    .n_epochs = n_epochs,
    .batch = batch,
    .n_batches = n_batches,
    .run_name = run_name,
    .model_name = model_name,
    .output = output,
    .layer = layer,
    .layer_stats = layer_stats,
    .order = order,
    .log = say,
    .fail = fail,
    .status = status,
    .error = error,
    .keep_weights = rt_host_keep_weights,
    .restore_weights = rt_host_restore_weights,
    .drop_weights = rt_host_drop_weights,
    .save_weights = save_weights,
    .save_model = save_model,
    .state_number = state_number,
    .state_int = state_int,
    .state_text = state_text,
    .want_series = want_series,
    .want_file = want_file,
    .layer_in = rt_host_layer_in,
    .keep_layers = rt_host_keep_layers,
    .output_status = rt_host_output_status,
};
