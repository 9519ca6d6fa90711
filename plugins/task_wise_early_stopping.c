/* Early stopping for each output by itself: when an output's own series no
 * longer gets better, the layers that lead to it alone are frozen and training
 * goes on with the others; it ends when all outputs have stopped.
 * Source: the options and what counts as better are those of Keras 2.3.1's
 * EarlyStopping; freezing a task's own layers as in SnowMasaya's notebook
 * time_series_anomaly_detect_keras_multivariate_improve. */
#include "monitor.h"
#include "per_output.h"

struct args {
    struct rt_texts monitor, min_delta, patience, mode, baseline,
        restore_best_weights;
    int verbose;
    int then;
};
enum { FREEZE, RETIRE };
static const char *const thens[] = { "freeze", "retire", NULL };
static const char *const yes_no[] = { "no", "yes", NULL };
static const struct rt_opt opts[] = {
    RT_OPT(struct args, monitor, .word = 1, .def = "val_{output}_loss",
           .names = RT_NAMES_SERIES,
           .help = "series to watch, {output} standing for the name; all of "
                   "these options also as 30,gas:50 with some outputs' own"),
    RT_OPT(struct args, min_delta, .word = 2, .def = "0", .live = 1,
           .help = "least change that counts as better"),
    RT_OPT(struct args, patience, .word = 3, .def = "0", .live = 1,
           .help = "epochs without a better value before an output stops"),
    RT_OPT(struct args, verbose, .word = 4, .def = "0", .min = 0, .max = 1,
           .live = 1, .help = "1: log each better value"),
    RT_OPT(struct args, mode, .word = 5, .def = "auto",
           .help = "auto, min or max: which way is better; auto: as the series "
                   "says"),
    RT_OPT(struct args, baseline, .word = 6, .def = "",
           .help = "value that has to be beaten first"),
    RT_OPT(struct args, restore_best_weights, .word = 7, .def = "no", .live = 1,
           .help =
               "an output that stops gets the weights of its best epoch, in "
               "the layers that it alone uses"),
    RT_OPT(struct args, then, .def = "freeze", .choices = thens, .live = 1,
           .help =
               "freeze its layers, or retire the output: it is not computed "
               "any more"),
    RT_OPT_END
};

/* One output. */
struct task {
    char output[128], key[256], set[280]; /* set: "branch:gas", as a word */
    bool watched; /* it has such a series: outputs without a loss have none */
    int patience, mode, restore;
    double min_delta, baseline;
    struct monitor m;
    int64_t wait;
    int64_t kept;    /* epoch of the weights in its slot; 0: none */
    int64_t stopped; /* epoch; 0: it goes on */
};
struct state {
    struct task *task;
    int n;
};

static void release(void *state)
{
    struct state *s = state;
    free(s->task);
}

/* ---- what is watched ----------------------------------------------------- */

/* A word of a set of layers or of an order, blanks and all. */
static void add_word(char *to, size_t n, const char *before, const char *word)
{
    size_t at = (size_t)snprintf(to, n, "%s", before);
    for (; *word && at + 2 < n; word++) {
        if (strchr(" \t{}\"\\", *word))
            to[at++] = '\\';
        to[at++] = *word;
    }
    to[at] = '\0';
}

/* The pattern with the output's name; "val_loss" for val_{output}_loss where
 * an only output's series go without its name. */
static void find_key(const struct rt_host *h, struct rt_hook *at,
                     const char *pattern, struct task *t)
{
    const char *gap = strstr(pattern, "{output}");
    if (!gap) {
        snprintf(t->key, sizeof t->key, "%s", pattern);
        return;
    }
    const char *behind = gap + strlen("{output}");
    snprintf(t->key, sizeof t->key, "%.*s%s%s", (int)(gap - pattern), pattern,
             t->output, behind);
    if (h->output(at, 1) || !h->want_series(at, t->key))
        return;
    snprintf(t->key, sizeof t->key, "%.*s%s", (int)(gap - pattern), pattern,
             behind + (*behind == '_'));
}

static int read_options(const struct rt_host *h, struct rt_hook *at,
                        const struct args *a, struct task *t)
{
    double patience;
    const char *baseline = per_output(h, at, &a->baseline, t->output, NULL);
    int code = per_output_number(h, at, &a->patience, "patience", t->output,
                                 "0", 0, &patience);
    if (!code)
        code = per_output_number(h, at, &a->min_delta, "min_delta", t->output,
                                 "0", 0, &t->min_delta);
    if (!code)
        code = per_output_choice(h, at, &a->mode, "mode", t->output, "auto",
                                 monitor_modes, &t->mode);
    if (!code)
        code = per_output_choice(h, at, &a->restore_best_weights,
                                 "restore_best_weights", t->output, "no",
                                 yes_no, &t->restore);
    t->baseline = NAN;
    if (!code && baseline)
        code = per_output_number(h, at, &a->baseline, "baseline", t->output, "",
                                 -INFINITY, &t->baseline);
    if (code)
        return code;
    t->patience = patience < 1e9 ? (int)patience : 1000000000;
    find_key(h, at,
             per_output(h, at, &a->monitor, t->output, "val_{output}_loss"), t);
    return RT_GO_ON;
}

/* The i-th output under these options. Not 0: what fail said is to be returned.
 */
static int settle_task(const struct rt_host *h, struct rt_hook *at,
                       const struct args *a, struct task *t, int i)
{
    snprintf(t->output, sizeof t->output, "%s", h->output(at, i));
    add_word(t->set, sizeof t->set, "branch:", t->output);
    int code = read_options(h, at, a, t);
    t->watched = !code && !h->want_series(at, t->key);
    return code;
}

/* Reads the options anew for every output; what happened to them stays. */
static int settle(const struct rt_host *h, struct rt_hook *at,
                  const struct args *a, struct state *s)
{
    int code = RT_GO_ON;
    if (!s->task) {
        while (h->output(at, s->n))
            s->n++;
        s->task = calloc((size_t)s->n + 1, sizeof *s->task);
        if (!s->task)
            return h->fail(at, "out of memory");
    }
    for (int i = 0; i < s->n && !code; i++)
        code = settle_task(h, at, a, &s->task[i], i);
    return code;
}

/* An output whose monitor was not named and that has no loss goes its way. */
static bool needs_series(const struct rt_host *h, struct rt_hook *at,
                         const struct args *a, const struct task *t)
{
    char loss[256];
    snprintf(loss, sizeof loss, "%s_loss", t->output);
    const char *monitor = per_output(h, at, &a->monitor, t->output, "");
    return !h->output(at, 1) || !strstr(monitor, "{output}") ||
           !h->want_series(at, loss);
}

static int check(const struct rt_host *h, struct rt_hook *at, const void *args,
                 void *state)
{
    const struct args *a = args;
    const struct {
        const char *name;
        const struct rt_texts *list;
    } lists[] = {
        { "monitor", &a->monitor },
        { "min_delta", &a->min_delta },
        { "patience", &a->patience },
        { "mode", &a->mode },
        { "baseline", &a->baseline },
        { "restore_best_weights", &a->restore_best_weights },
    };
    int code = RT_GO_ON;
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !code; i++)
        code = per_output_check(h, at, lists[i].list, lists[i].name);
    for (int i = 0; !code && h->output(at, i); i++) {
        struct task t = { 0 };
        code = settle_task(h, at, a, &t, i);
        if (!code && !t.watched && needs_series(h, at, a, &t))
            code = h->want_series(at, t.key) ? monitor_failed(h, at) : RT_GO_ON;
    }
    return code;
}

/* ---- what is done -------------------------------------------------------- */

/* 0.00861 as .00861: the line of status is short of room. */
static const char *shorter(double v, char *text, size_t n)
{
    snprintf(text, n, "%.3g", v);
    char *zero = strstr(text, "0.");
    if (zero == text || (zero == text + 1 && *text == '-'))
        memmove(zero, zero + 1, strlen(zero));
    return text;
}

/* "temp 3/30 best .00861 @61 · gas stopped at 48" */
static void tell(const struct rt_host *h, struct rt_hook *at,
                 const struct state *s)
{
    char line[1024] = "", how[32], best[32];
    size_t n = 0;
    for (int i = 0; i < s->n; i++) {
        const struct task *t = &s->task[i];
        if (!t->watched)
            continue;
        if (t->stopped)
            snprintf(how, sizeof how, "stopped at %lld", (long long)t->stopped);
        else
            snprintf(how, sizeof how, "%lld/%d", (long long)t->wait,
                     t->patience);
        h->output_status(at, t->output, "%s", how);
        if (n < sizeof line)
            n += (size_t)snprintf(line + n, sizeof line - n, "%s%s %s",
                                  n ? " \xc2\xb7 " : "", t->output, how);
        if (n < sizeof line && !t->stopped && t->m.best_epoch)
            n += (size_t)snprintf(line + n, sizeof line - n, " best %s @%lld",
                                  shorter(t->m.best, best, sizeof best),
                                  (long long)t->m.best_epoch);
    }
    h->status(at, "%s", line);
}

static int better(const struct rt_host *h, struct rt_hook *at,
                  const struct args *a, struct task *t, int slot)
{
    t->wait = 0;
    if (a->verbose)
        h->log(at, "%s: %s improved to %.6g", t->output, t->key, t->m.best);
    if (!t->restore || h->layer_in(at, t->set, 0) < 0)
        return RT_GO_ON;
    if (h->keep_layers(at, slot, t->set))
        return monitor_failed(h, at);
    t->kept = t->m.best_epoch;
    return RT_GO_ON;
}

static int put_back(const struct rt_host *h, struct rt_hook *at,
                    const struct task *t, int slot)
{
    if (!t->kept) {
        h->log(at,
               "%s: no weights of a better epoch were kept, they stay as they "
               "are",
               t->output);
        return RT_GO_ON;
    }
    if (h->restore_weights(at, slot))
        return monitor_failed(h, at);
    h->drop_weights(at, slot);
    h->log(at, "%s: weights of epoch %lld restored", t->output,
           (long long)t->kept);
    return RT_GO_ON;
}

/* Whether a layer that learns is its alone. */
static bool has_own(const struct rt_host *h, struct rt_hook *at,
                    const struct task *t)
{
    struct rt_layer_info info;
    for (int k, i = 0; (k = h->layer_in(at, t->set, i)) >= 0; i++)
        if (!h->layer(at, k, &info) && info.params && info.trainable)
            return true;
    return false;
}

/* An output stops while others go on. */
static int freeze(const struct rt_host *h, struct rt_hook *at,
                  const struct args *a, const struct task *t)
{
    char word[280];
    int code = 0;
    if (a->then == RETIRE) {
        add_word(word, sizeof word, "", t->output);
        code = h->order(at, "retire %s -freeze", word);
    } else if (has_own(h, at, t)) {
        code = h->order(at, "freeze %s", t->set);
    } else {
        h->log(at, "%s: no layer that learns is its alone, nothing is frozen",
               t->output);
    }
    return code ? monitor_failed(h, at) : RT_GO_ON;
}

/* How many outputs go on. */
static int left(const struct state *s)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += s->task[i].watched && !s->task[i].stopped;
    return n;
}

static int stop(const struct rt_host *h, struct rt_hook *at,
                const struct args *a, struct state *s, int i)
{
    struct task *t = &s->task[i];
    char best[64];
    int code = RT_GO_ON;
    t->stopped = h->epoch(at);
    h->log(at, "%s: %s has not improved for %lld epoch%s%s%s", t->output,
           t->key, (long long)t->wait, t->wait == 1 ? "" : "s",
           monitor_best(&t->m, best, sizeof best),
           left(s) ? "" : ", training ends");
    if (t->restore)
        code = put_back(h, at, t, i);
    if (code)
        return code;
    return left(s) ? freeze(h, at, a, t) : RT_STOP;
}

/* It was retired by hand: nobody waits for it. */
static int leave(const struct rt_host *h, struct rt_hook *at, struct state *s,
                 struct task *t)
{
    t->stopped = h->epoch(at);
    h->log(at, "%s: retired, it is not waited for%s", t->output,
           left(s) ? "" : ", training ends");
    return left(s) ? RT_GO_ON : RT_STOP;
}

/* One output's epoch. */
static int watch(const struct rt_host *h, struct rt_hook *at,
                 const struct args *a, struct state *s, int i)
{
    struct task *t = &s->task[i];
    double value;
    if (!t->watched || t->stopped)
        return RT_GO_ON;
    if ((t->m.best_epoch || t->wait) && !h->metric_epoch(at, t->key))
        return leave(h, at, s, t);
    if (!monitor_value(h, at, t->key, &value))
        return RT_GO_ON;
    if (monitor_improves(h, at, t->key, t->mode, t->baseline, t->min_delta,
                         &t->m, value))
        return better(h, at, a, t, i);
    return ++t->wait >= t->patience ? stop(h, at, a, s, i) : RT_GO_ON;
}

/* ---- hooks --------------------------------------------------------------- */

static int on_epoch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    struct state *s = state;
    int verdict = RT_GO_ON;
    for (int i = 0; i < s->n; i++) {
        int code = watch(h, at, args, s, i);
        if (code < 0)
            return code;
        verdict = code ? code : verdict;
    }
    tell(h, at, s);
    return verdict;
}

static int on_args(const struct rt_host *h, struct rt_hook *at,
                   const void *args, void *state)
{
    return settle(h, at, args, state);
}

static int walk_task(const struct rt_host *h, struct rt_hook *at,
                     struct task *t, int i)
{
    const struct {
        const char *name;
        int64_t *v;
    } ints[] = { { "best_epoch", &t->m.best_epoch },
                 { "wait", &t->wait },
                 { "kept", &t->kept },
                 { "stopped", &t->stopped } };
    char name[32];
    snprintf(name, sizeof name, "%d.best", i);
    if (h->state_number(at, name, &t->m.best))
        return monitor_failed(h, at);
    for (size_t k = 0; k < sizeof ints / sizeof *ints; k++) {
        snprintf(name, sizeof name, "%d.%s", i, ints[k].name);
        if (h->state_int(at, name, ints[k].v))
            return monitor_failed(h, at);
    }
    return RT_GO_ON;
}

/* An instance that is loaded has read no options yet. */
static int walk(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    struct state *s = state;
    int code = s->task ? RT_GO_ON : settle(h, at, args, s);
    for (int i = 0; i < s->n && !code; i++)
        code = walk_task(h, at, &s->task[i], i);
    return code;
}

static int load(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    int code = walk(h, at, args, state);
    if (!code)
        tell(h, at, state);
    return code;
}

RT_PLUGIN(task_wise_early_stopping) = {
    RT_PLUGIN_HEAD,
    .name = "task_wise_early_stopping",
    .help = "stop each output when its own series no longer gets better",
    .opts = opts,
    .args_size = sizeof(struct args),
    .state_size = sizeof(struct state),
    .on_train_begin = on_args,
    .on_epoch_end = on_epoch_end,
    .on_args = on_args,
    .save = walk,
    .load = load,
    .release = release,
    .check = check,
};
