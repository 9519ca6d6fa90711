/* The host table: what a hook may ask, keep, write and order. It runs on the
 * training thread, which owns all it reads. What fails says why in at->error,
 * for rt_host.error. */
#include "nn/select.h"
#include "train/callback_private.h"
#include "base/file.h"
#include "base/suggest.h"
#include "train/filename.h"
#include "train/run_private.h"

#include <math.h>
#include <unistd.h>

static int failed(struct rt_hook *at, const struct rt_err *err)
{
    snprintf(at->error, sizeof at->error, "%s", err->text);
    return -1;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct rt_hook *at,
                                                        const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(at->error, sizeof at->error, fmt, ap);
    va_end(ap);
    return -1;
}

static int no_layer(struct rt_hook *at, int i)
{
    return refuse(at, "there is no layer %d, the model has %d, from 0", i,
                  at->run->model->n_layers);
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
    return failed(at, &err);
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
        return failed(at, &err);
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

/* ---- layers -------------------------------------------------------------- */

/* The layers of a set, as rt_select gives them; NULL with err. */
static bool *select_layers(const struct rt_hook *at, const char *set,
                           struct rt_err *err)
{
    const struct rt_model *m = at->run->model;
    const char **words;
    int n;
    if (rt_line_split(set, &words, &n, err))
        return NULL;
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    int found = rt_select(m, words, n, chosen, err);
    free(words);
    if (found >= 0)
        return chosen;
    free(chosen);
    return NULL;
}

static int layer_in(struct rt_hook *at, const char *set, int i)
{
    struct rt_err err = RT_ERR_INIT;
    bool *chosen = select_layers(at, set, &err);
    int found = -1;
    if (!chosen)
        return failed(at, &err);
    for (int k = 0; k < at->run->model->n_layers && i >= 0; k++)
        if (chosen[k] && i-- == 0)
            found = k;
    free(chosen);
    return found < 0 ? refuse(at, "'%s' has no more layers", set) : found;
}

/* ---- weights ------------------------------------------------------------- */

static int find_kept(const struct rt_hook *at, int slot)
{
    for (int i = 0; i < at->kept.n; i++)
        if (at->kept.v[i].slot == slot)
            return i;
    return -1;
}

static void release_kept(struct rt_kept *k)
{
    free(k->layers);
    free(k->weights);
}

static void drop_weights(struct rt_hook *at, int slot)
{
    int i = find_kept(at, slot);
    if (i < 0)
        return;
    release_kept(&at->kept.v[i]);
    rt_vec_remove(&at->kept, i);
}

/* Layers by their names alone, so that a set that means others later (an output
 * that was retired) puts back what was kept. */
static char *names_of(const struct rt_model *m, const bool *chosen)
{
    struct rt_str names = RT_STR_INIT;
    for (int i = 0; i < m->n_layers; i++)
        if (chosen[i]) {
            rt_str_addf(&names, "%s\"", names.n ? " " : "");
            for (const char *p = m->layers[i]->name; *p; p++) {
                if (*p == '"' || *p == '\\')
                    rt_str_addc(&names, '\\');
                rt_str_addc(&names, *p);
            }
            rt_str_addc(&names, '"');
        }
    return rt_str_take(&names);
}

/* Floats of a copy. */
static size_t size_of(const struct rt_model *m, const bool *chosen)
{
    size_t n = 0;
    for (int i = 0; chosen && i < m->n_layers; i++)
        for (int k = 0; chosen[i] && k < m->layers[i]->n_weights; k++)
            n += m->layers[i]->weights[k]->n;
    return chosen ? n : m->n_params;
}

/* Between the arena and a copy. */
static void copy_weights(struct rt_model *m, const bool *chosen, float *kept,
                         bool back)
{
    if (!chosen) {
        memcpy(back ? m->weights : kept, back ? kept : m->weights,
               m->n_params * sizeof *kept);
        return;
    }
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; chosen[i] && k < m->layers[i]->n_weights; k++) {
            const struct rt_weight *w = m->layers[i]->weights[k];
            float *own = m->weights + w->offset;
            memcpy(back ? own : kept, back ? kept : own, w->n * sizeof *kept);
            kept += w->n;
        }
}

/* A slot for these layers (NULL: all), which may hold such a copy already; NULL
 * with err. */
static float *make_slot(struct rt_hook *at, int slot, const bool *chosen,
                        struct rt_err *err)
{
    const struct rt_model *m = at->run->model;
    char *layers = chosen ? names_of(m, chosen) : NULL;
    int i = find_kept(at, slot);
    if (i >= 0 && (!layers == !at->kept.v[i].layers) &&
        (!layers || !strcmp(layers, at->kept.v[i].layers))) {
        free(layers);
        return at->kept.v[i].weights;
    }
    float *w = rt_try_alloc(size_of(m, chosen) + 1, sizeof *w,
                            "a copy of the weights", err);
    struct rt_kept one = { .slot = slot, .layers = layers, .weights = w };
    if (!w) {
        free(layers);
        return NULL;
    }
    drop_weights(at, slot);
    rt_vec_push(&at->kept, one);
    return w;
}

static int keep(struct rt_hook *at, int slot, const bool *chosen)
{
    struct rt_err err = RT_ERR_INIT;
    float *w = make_slot(at, slot, chosen, &err);
    if (!w)
        return failed(at, &err);
    copy_weights(at->run->model, chosen, w, false);
    return 0;
}

static int keep_weights(struct rt_hook *at, int slot)
{
    return keep(at, slot, NULL);
}

static int keep_layers(struct rt_hook *at, int slot, const char *set)
{
    struct rt_err err = RT_ERR_INIT;
    bool *chosen = select_layers(at, set, &err);
    int status;
    if (!chosen)
        status = failed(at, &err);
    else if (!size_of(at->run->model, chosen))
        status = refuse(at, "'%s': no layers with weights to keep", set);
    else
        status = keep(at, slot, chosen);
    free(chosen);
    return status;
}

static int restore_weights(struct rt_hook *at, int slot)
{
    struct rt_err err = RT_ERR_INIT;
    int i = find_kept(at, slot);
    if (i < 0)
        return refuse(at, "no weights are kept under the number %d", slot);
    const struct rt_kept *k = &at->kept.v[i];
    bool *chosen = k->layers ? select_layers(at, k->layers, &err) : NULL;
    if (k->layers && !chosen)
        return failed(at, &err);
    copy_weights(at->run->model, chosen, k->weights, true);
    free(chosen);
    return 0;
}

void rt_kept_release(struct rt_hook *at)
{
    for (int i = 0; i < at->kept.n; i++)
        release_kept(&at->kept.v[i]);
    rt_vec_release(&at->kept);
}

static void walk_kept(struct rt_hook *at, struct rt_state *s, int i)
{
    bool loading = s->loading, *chosen = NULL;
    int slot = loading ? 0 : at->kept.v[i].slot;
    char *layers = loading ? NULL : at->kept.v[i].layers;
    rt_state_int(s, "slot", &slot);
    rt_state_text(s, "layers", &layers);
    if (!rt_state_failed(s) && layers)
        chosen = select_layers(at, layers, &s->err);
    float *w = rt_state_failed(s) ? NULL : make_slot(at, slot, chosen, &s->err);
    if (w)
        rt_state_f32(s, "weights", w, size_of(at->run->model, chosen));
    free(chosen);
    if (loading)
        free(layers);
}

void rt_kept_walk(struct rt_hook *at, struct rt_state *s)
{
    int n = at->kept.n;
    rt_state_enter(s, "kept");
    rt_state_int(s, "n", &n);
    if (s->loading)
        rt_kept_release(at);
    for (int i = 0; i < n && !rt_state_failed(s); i++) {
        rt_state_enter_i(s, i);
        walk_kept(at, s, i);
        rt_state_leave(s);
    }
    rt_state_leave(s);
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

static int want_file(struct rt_hook *at, const char *pattern)
{
    struct rt_str file = RT_STR_INIT;
    struct rt_err err = RT_ERR_INIT;
    int code = expand(at, pattern, any_value, &file, &err);
    if (!code)
        code = check_folder(pattern, &err);
    rt_str_release(&file);
    return code ? failed(at, &err) : 0;
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
    return code ? failed(at, &err) : 0;
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
        refuse(at, "'%s': state is there within save and load alone", name);
    else if (rt_state_failed(s))
        failed(at, &s->err);
    else if (s->loading && rt_state_count(s, name) < 0)
        refuse(at, "'%s' was not saved", name);
    else
        return true;
    return false;
}

static int walked(struct rt_hook *at)
{
    return rt_state_failed(at->walk) ? failed(at, &at->walk->err) : 0;
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
    .keep_weights = keep_weights,
    .restore_weights = restore_weights,
    .drop_weights = drop_weights,
    .save_weights = save_weights,
    .save_model = save_model,
    .state_number = state_number,
    .state_int = state_int,
    .state_text = state_text,
    .want_series = want_series,
    .want_file = want_file,
    .layer_in = layer_in,
    .keep_layers = keep_layers,
};
