/* A callback from a shared object, driven through a host table of the test's
 * own: what it decides for given numbers, and what it saves. The plugins come
 * from RT_PLUGINS or plugins/.libs beside the test program. */
#ifndef RT_TESTS_PLUGIN_CASE_H
#define RT_TESTS_PLUGIN_CASE_H
#include "support.h"

#include "base/file.h"
#include "base/schema.h"
#include "base/vec.h"
#include "plugins/load.h"

#include <math.h>

/* ---- a host -------------------------------------------------------------- */

struct value { /* of a callback's own state */
    char name[32];
    double number;
    int64_t integer;
    char text[256];
};
struct rt_hook {
    int64_t epoch;
    struct {
        const char *key;
        double value;
        int64_t epoch;
    } series[8];
    int n_series;
    int mode; /* what mode() says */
    char log[4096], orders[1024], status[256], error[256], files[1024];
    int n_logs;
    int64_t kept, restored; /* epochs */
    const char *outputs[4]; /* each with two layers of 100 weights of its own,
                               OUT_in and OUT; NULL past the end */
    int64_t kept_in[4];     /* epochs, by slot */
    char sets[256];         /* what keep_layers kept, in order */
    char stops[1024];       /* "gas 3/30", what was said of outputs, newest
                               behind */
    bool no_disk;
    struct value saved[32];
    int n_saved;
    bool loading;
};

static inline double metric(struct rt_hook *at, const char *key)
{
    for (int i = 0; i < at->n_series; i++)
        if (!strcmp(at->series[i].key, key))
            return at->series[i].value;
    return NAN;
}

static inline int64_t metric_epoch(struct rt_hook *at, const char *key)
{
    for (int i = 0; i < at->n_series; i++)
        if (!strcmp(at->series[i].key, key))
            return at->series[i].epoch;
    return 0;
}

static const char *series(struct rt_hook *at, int i)
{
    return i < at->n_series ? at->series[i].key : NULL;
}

static inline int mode(struct rt_hook *at, const char *key)
{
    (void)key;
    return at->mode;
}

static inline int64_t epoch(struct rt_hook *at)
{
    return at->epoch;
}

static inline int64_t batch(struct rt_hook *at)
{
    (void)at;
    return 3;
}

static inline int64_t n_epochs(struct rt_hook *at)
{
    (void)at;
    return 10;
}

#define ADD_TEXT(to)                                                           \
    do {                                                                       \
        va_list ap_;                                                           \
        size_t n_ = strlen(to);                                                \
        va_start(ap_, fmt);                                                    \
        vsnprintf((to) + n_, sizeof(to) - n_, fmt, ap_);                       \
        va_end(ap_);                                                           \
        n_ = strlen(to);                                                       \
        snprintf((to) + n_, sizeof(to) - n_, "\n");                            \
    } while (0)

__attribute__((format(printf, 2, 3))) static inline int
order(struct rt_hook *at, const char *fmt, ...)
{
    ADD_TEXT(at->orders);
    return 0;
}

__attribute__((format(printf, 2, 3))) static inline void
say(struct rt_hook *at, const char *fmt, ...)
{
    ADD_TEXT(at->log);
    at->n_logs++;
}

__attribute__((format(printf, 2, 3))) static inline int
fail_hook(struct rt_hook *at, const char *fmt, ...)
{
    char text[sizeof at->error] = "";
    ADD_TEXT(text);
    memcpy(at->error, text, sizeof text);
    return -12;
}

__attribute__((format(printf, 2, 3))) static inline void
status(struct rt_hook *at, const char *fmt, ...)
{
    at->status[0] = '\0';
    ADD_TEXT(at->status);
}

__attribute__((format(printf, 3, 4))) static inline void
output_status(struct rt_hook *at, const char *of, const char *fmt, ...)
{
    size_t n = strlen(at->stops);
    if (n > sizeof at->stops / 2)
        n = 0; /* what is old is of no interest */
    snprintf(at->stops + n, sizeof at->stops - n, "%s ", of);
    ADD_TEXT(at->stops);
}

static const char *error(struct rt_hook *at)
{
    return at->error;
}

static inline int keep_weights(struct rt_hook *at, int slot)
{
    assert_int_equal(slot, 0);
    at->kept = at->epoch;
    return 0;
}

static inline int restore_weights(struct rt_hook *at, int slot)
{
    if (at->outputs[0]) {
        at->restored = at->kept_in[slot];
        return 0;
    }
    assert_int_equal(slot, 0);
    at->restored = at->kept;
    return 0;
}

static inline int keep_layers(struct rt_hook *at, int slot, const char *set)
{
    size_t n = strlen(at->sets);
    at->kept_in[slot] = at->epoch;
    snprintf(at->sets + n, sizeof at->sets - n, "%s@%d ", set, (int)at->epoch);
    return 0;
}

static inline void drop_weights(struct rt_hook *at, int slot)
{
    at->kept_in[slot] = 0;
}

static const char *output(struct rt_hook *at, int i)
{
    return i < 4 ? at->outputs[i] : NULL;
}

static const char *model_name(struct rt_hook *at)
{
    (void)at;
    return "two";
}

static inline int layer(struct rt_hook *at, int i, struct rt_layer_info *info)
{
    static char name[64];
    snprintf(name, sizeof name, "%s%s", at->outputs[i / 2], i % 2 ? "" : "_in");
    *info = (struct rt_layer_info){
        .name = name, .type = "dense", .params = 100, .trainable = 1
    };
    return 0;
}

static inline int layer_in(struct rt_hook *at, const char *set, int i)
{
    for (int k = 0; k < 4 && at->outputs[k]; k++)
        if (!strncmp(set, "branch:", 7) && !strcmp(set + 7, at->outputs[k]) &&
            i < 2)
            return 2 * k + i;
    return -1;
}

/* Writes an empty file; a %d in the name is the epoch. */
static inline int save_file(struct rt_hook *at, const char *what,
                            const char *file, char *written, size_t n)
{
    char path[512];
    const char *digit = strstr(file, "{epoch}");
    if (at->no_disk) {
        snprintf(at->error, sizeof at->error, "disk full");
        return -1;
    }
    snprintf(path, sizeof path, "%s", file);
    if (digit)
        snprintf(path, sizeof path, "%.*s%lld%s", (int)(digit - file), file,
                 (long long)at->epoch, digit + 7);
    snprintf(written, n, "%s", path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    size_t used = strlen(at->files);
    snprintf(at->files + used, sizeof at->files - used, "%s %s\n", what,
             rt_path_base(path));
    return 0;
}

static inline int save_weights(struct rt_hook *at, const char *file,
                               char *written, size_t n)
{
    return save_file(at, "weights", file, written, n);
}

static inline int save_model(struct rt_hook *at, const char *file,
                             char *written, size_t n)
{
    return save_file(at, "model", file, written, n);
}

/* NULL for one that was not saved. */
static inline struct value *value_of(struct rt_hook *at, const char *name)
{
    for (int i = 0; i < at->n_saved; i++)
        if (!strcmp(at->saved[i].name, name))
            return &at->saved[i];
    if (at->loading) {
        snprintf(at->error, sizeof at->error, "'%s' was not saved", name);
        return NULL;
    }
    assert_true(at->n_saved < 32);
    struct value *v = &at->saved[at->n_saved++];
    snprintf(v->name, sizeof v->name, "%s", name);
    return v;
}

static inline int state_number(struct rt_hook *at, const char *name, double *v)
{
    struct value *s = value_of(at, name);
    if (!s)
        return -1;
    *(at->loading ? v : &s->number) = at->loading ? s->number : *v;
    return 0;
}

static inline int state_int(struct rt_hook *at, const char *name, int64_t *v)
{
    struct value *s = value_of(at, name);
    if (!s)
        return -1;
    *(at->loading ? v : &s->integer) = at->loading ? s->integer : *v;
    return 0;
}

static inline int state_text(struct rt_hook *at, const char *name, char *v,
                             size_t n)
{
    struct value *s = value_of(at, name);
    if (!s)
        return -1;
    if (at->loading)
        snprintf(v, n, "%s", s->text);
    else
        snprintf(s->text, sizeof s->text, "%s", v);
    return 0;
}

static inline int want_series(struct rt_hook *at, const char *key)
{
    for (int i = 0; i < at->n_series; i++)
        if (!strcmp(at->series[i].key, key))
            return 0;
    snprintf(at->error, sizeof at->error, "no series %s", key);
    return -1;
}

static inline int want_file(struct rt_hook *at, const char *file)
{
    if (!strchr(file, '?'))
        return 0;
    snprintf(at->error, sizeof at->error, "no such file as %s", file);
    return -1;
}

static const struct rt_host host = {
    .size = sizeof host,
    .abi = RT_ABI,
    .metric = metric,
    .metric_epoch = metric_epoch,
    .series = series,
    .mode = mode,
    .epoch = epoch,
    .n_epochs = n_epochs,
    .batch = batch,
    .order = order,
    .log = say,
    .fail = fail_hook,
    .status = status,
    .error = error,
    .keep_weights = keep_weights,
    .restore_weights = restore_weights,
    .save_weights = save_weights,
    .save_model = save_model,
    .state_number = state_number,
    .state_int = state_int,
    .state_text = state_text,
    .want_series = want_series,
    .want_file = want_file,
    .output = output,
    .model_name = model_name,
    .layer = layer,
    .layer_in = layer_in,
    .keep_layers = keep_layers,
    .output_status = output_status,
    .drop_weights = drop_weights,
};

/* ---- one callback in a run ----------------------------------------------- */

struct run {
    const struct rt_plugin *p;
    void *args, *state;
    struct rt_hook at;
};

static inline void put(struct run *r, const char *key, double value)
{
    int i = 0;
    while (i < r->at.n_series && strcmp(r->at.series[i].key, key))
        i++;
    if (i == r->at.n_series)
        r->at.n_series++;
    r->at.series[i].key = key;
    r->at.series[i].value = value;
    r->at.series[i].epoch = r->at.epoch;
}

/* The kind, then its words as in the command; NULL-terminated. */
static inline struct run *start_line(const char *const *words)
{
    const char *kind = *words++;
    struct rt_err err = RT_ERR_INIT;
    struct run *r = rt_xcalloc(1, sizeof *r);
    int n = 0;
    while (words[n])
        n++;
    r->p = rt_plugin_find(kind, &err);
    if (!r->p)
        fail_msg("%s", err.text);
    r->args = rt_args_parse(r->p->opts, r->p->opt_size, r->p->args_size, words,
                            n, &err);
    if (!r->args)
        fail_msg("%s", err.text);
    r->state = rt_xcalloc(1, r->p->state_size + 1);
    r->at.mode = RT_MODE_MIN;
    return r;
}
#define start(...) start_line((const char *const[]){ __VA_ARGS__, NULL })

static inline void finish(struct run *r)
{
    if (r->p->release)
        r->p->release(r->state);
    rt_args_free(r->args);
    free(r->state);
    free(r);
}

static inline int begin(struct run *r)
{
    return r->p->on_train_begin
               ? r->p->on_train_begin(&host, &r->at, r->args, r->state)
               : RT_GO_ON;
}

static inline int check(struct run *r)
{
    return r->p->check(&host, &r->at, r->args, r->state);
}

static inline int end_epoch(struct run *r)
{
    return r->p->on_epoch_end(&host, &r->at, r->args, r->state);
}

/* One epoch with this val_loss. */
static inline int step(struct run *r, double value)
{
    r->at.epoch++;
    put(r, "val_loss", value);
    return end_epoch(r);
}

/* The epoch at which it stops, 0 if it goes on. */
static inline int64_t stops_at(struct run *r, const double *value, int n)
{
    for (int i = 0; i < n; i++) {
        int verdict = step(r, value[i]);
        if (verdict == RT_STOP)
            return r->at.epoch;
        assert_int_equal(verdict, RT_GO_ON);
    }
    return 0;
}
#define STOPS_AT(r, ...)                                                       \
    stops_at((r), (const double[]){ __VA_ARGS__ },                             \
             (int)(sizeof((double[]){ __VA_ARGS__ }) / sizeof(double)))

/* As killed and resumed: the state goes through save and load. */
static inline void resume(struct run *r)
{
    r->at.n_saved = 0;
    r->at.loading = false;
    assert_int_equal(r->p->save(&host, &r->at, r->args, r->state), RT_GO_ON);
    if (r->p->release)
        r->p->release(r->state);
    memset(r->state, 0, r->p->state_size);
    r->at.loading = true;
    assert_int_equal(r->p->load(&host, &r->at, r->args, r->state), RT_GO_ON);
    begin(r);
}

/* To be called first in main. */
static inline void use_built_in_plugins(void)
{
    const char *dir = getenv("RT_PLUGINS");
    if (dir)
        setenv("RETORT_PLUGIN_PATH", dir, 1);
}
#endif
