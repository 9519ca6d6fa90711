/* Saves the model, or its weights, as it trains.
 * Source: Keras 2.3.1, keras.callbacks.ModelCheckpoint; keep= is ours. */
#include "monitor.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

struct args {
    const char *file;
    const char *monitor;
    int verbose;
    bool save_best_only;
    bool save_weights_only;
    int mode;
    int period;
    int keep;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, file, .word = 1, .names = RT_NAMES_FILE, .live = 1,
           .help =
               ".h5, may hold {epoch:02d}, {val_loss:.4f}; .npz: weights only"),
    RT_OPT(struct args, monitor, .word = 2, .def = "val_loss",
           .names = RT_NAMES_SERIES, .help = "series to watch"),
    RT_OPT(struct args, verbose, .word = 3, .def = "0", .min = 0, .max = 1,
           .live = 1, .help = "1: log each file"),
    RT_OPT(struct args, save_best_only, .word = 4, .def = "no",
           .help = "save only when the series is better than ever"),
    RT_OPT(struct args, save_weights_only, .word = 5, .def = "no", .live = 1,
           .help = "save the weights without the model"),
    RT_OPT(struct args, mode, .word = 6, .def = "auto",
           .choices = monitor_modes,
           .help = "which way is better; auto: as the series says"),
    RT_OPT(struct args, period, .word = 7, .def = "1", .min = 1,
           .max = INFINITY, .live = 1, .help = "epochs from save to save"),
    RT_OPT(struct args, keep, .def = "", .min = 1, .max = INFINITY, .live = 1,
           .help = "delete all but the newest so many files"),
    RT_OPT_END
};

struct state {
    struct monitor m;
    int64_t since; /* epochs since the last save */
    int64_t saved; /* epoch of the last file; 0: none */
    char **file;   /* written, oldest first */
    int64_t n_files;
};

/* ---- the files that are there -------------------------------------------- */

static void forget(struct state *s, int64_t i)
{
    free(s->file[i]);
    s->n_files--;
    memmove(&s->file[i], &s->file[i + 1],
            (size_t)(s->n_files - i) * sizeof *s->file);
}

/* Adds a name at the young end, where it goes too if it is there already. */
static int note(struct state *s, const char *name)
{
    for (int64_t i = 0; i < s->n_files; i++)
        if (!strcmp(s->file[i], name)) {
            forget(s, i);
            break;
        }
    size_t n = (size_t)s->n_files + 1;
    char **file = realloc(s->file, n * sizeof *file);
    char *copy = strdup(name);
    if (file)
        s->file = file;
    if (!file || !copy) {
        free(copy);
        return -1;
    }
    s->file[s->n_files++] = copy;
    return 0;
}

static void prune(const struct rt_host *h, struct rt_hook *at,
                  const struct args *a, struct state *s)
{
    while (a->keep != RT_UNSET_INT && s->n_files > a->keep) {
        if (remove(s->file[0]) && errno != ENOENT)
            h->log(at, "cannot delete %s: %s", s->file[0], strerror(errno));
        forget(s, 0);
    }
}

/* ---- saving -------------------------------------------------------------- */

static bool weights_only(const struct args *a)
{
    size_t n = strlen(a->file);
    return a->save_weights_only || (n > 4 && !strcmp(a->file + n - 4, ".npz"));
}

static int save_file(const struct rt_host *h, struct rt_hook *at,
                     const struct args *a, struct state *s)
{
    char name[PATH_MAX];
    if (weights_only(a) ? h->save_weights(at, a->file, name, sizeof name)
                        : h->save_model(at, a->file, name, sizeof name))
        return monitor_failed(h, at);
    if (a->verbose)
        h->log(at, "saved %s", name);
    s->saved = h->epoch(at);
    if (note(s, name))
        return h->fail(at, "out of memory");
    prune(h, at, a, s);
    return RT_GO_ON;
}

static void tell(const struct rt_host *h, struct rt_hook *at,
                 const struct args *a, const struct state *s)
{
    char best[64] = "";
    if (a->save_best_only)
        monitor_best(&s->m, best, sizeof best);
    if (s->saved)
        h->status(at, "saved at %lld%s", (long long)s->saved, best);
    else
        h->status(at, "nothing saved yet");
}

static int on_epoch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    const struct args *a = args;
    struct state *s = state;
    int verdict = RT_GO_ON;
    double value;
    if (++s->since >= a->period) {
        s->since = 0;
        if (!a->save_best_only ||
            (monitor_value(h, at, a->monitor, &value) &&
             monitor_improves(h, at, a->monitor, a->mode, (double)NAN, 0, &s->m,
                              value)))
            verdict = save_file(h, at, a, s);
    }
    tell(h, at, a, s);
    return verdict;
}

/* A monitor that nothing is decided by may be what it likes: Keras' default is
 * val_loss, with a validation or without. */
static int check(const struct rt_host *h, struct rt_hook *at, const void *args,
                 void *state)
{
    const struct args *a = args;
    (void)state;
    if (a->save_best_only && h->want_series(at, a->monitor))
        return monitor_failed(h, at);
    return h->want_file(at, a->file) ? monitor_failed(h, at) : RT_GO_ON;
}

/* ---- state --------------------------------------------------------------- */

static void release(void *state)
{
    struct state *s = state;
    while (s->n_files)
        forget(s, s->n_files - 1);
    free(s->file);
    s->file = NULL;
}

static int walk(const struct rt_host *h, struct rt_hook *at, struct state *s)
{
    return monitor_walk(h, at, &s->m, "since", &s->since, "saved", &s->saved);
}

static int save(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    struct state *s = state;
    char key[32];
    (void)args;
    if (walk(h, at, s) || h->state_int(at, "n_files", &s->n_files))
        return monitor_failed(h, at);
    for (int64_t i = 0; i < s->n_files; i++) {
        snprintf(key, sizeof key, "file_%lld", (long long)i);
        if (h->state_text(at, key, s->file[i], strlen(s->file[i]) + 1))
            return monitor_failed(h, at);
    }
    return RT_GO_ON;
}

static int load(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    struct state *s = state;
    char key[32], name[PATH_MAX] = "";
    int64_t n = 0;
    (void)args;
    release(s);
    if (walk(h, at, s) || h->state_int(at, "n_files", &n))
        return monitor_failed(h, at);
    for (int64_t i = 0; i < n; i++) {
        snprintf(key, sizeof key, "file_%lld", (long long)i);
        if (h->state_text(at, key, name, sizeof name))
            return monitor_failed(h, at);
        if (note(s, name))
            return h->fail(at, "out of memory");
    }
    return RT_GO_ON;
}

RT_PLUGIN(model_checkpoint) = {
    RT_PLUGIN_HEAD,
    .name = "model_checkpoint",
    .help = "save the model or its weights while it trains",
    .opts = opts,
    .args_size = sizeof(struct args),
    .state_size = sizeof(struct state),
    .check = check,
    .on_epoch_end = on_epoch_end,
    .save = save,
    .load = load,
    .release = release,
};
