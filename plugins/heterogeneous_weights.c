/* Weighs the outputs' losses while training by how large and how unsteady their
 * validation losses have been: N = mean + 3 sd of the population, the weight
 * N / N_f or N_f / N with the smallest N_f. What `weighing` does after a fit.
 * Source: the "heterogeneous" learning of SnowMasaya's notebook
 * time_series_anomaly_detect_keras_multivariate_improve. */
#include "monitor.h"

#include <stdlib.h>

enum { WINDOW_MAX = 100000 };

struct args {
    int form, window, every, warmup;
    double change;
    bool apply;
    int verbose;
};
enum { RATIO, INVERSE };
static const char *const forms[] = { "ratio", "inverse", NULL };
static const struct rt_opt opts[] = {
    RT_OPT(struct args, form, .word = 1, .def = "ratio", .choices = forms,
           .live = 1,
           .help =
               "ratio: N / N_f, what is hard counts more; inverse: N_f / N"),
    RT_OPT(struct args, window, .word = 2, .def = "0", .min = 0,
           .max = WINDOW_MAX,
           .help = "how many of the last epochs count; 0: all"),
    RT_OPT(struct args, every, .def = "10", .min = 1, .max = 1e9, .live = 1,
           .help = "epochs from one setting to the next"),
    RT_OPT(struct args, warmup, .def = "10", .min = 1, .max = 1e9, .live = 1,
           .help = "epochs gathered before the first one"),
    RT_OPT(
        struct args, change, .def = "0.1", .min = 0, .max = INFINITY, .live = 1,
        .help = "a weight that differs less from what was set, as a share of "
                "it, is left as it is"),
    RT_OPT(struct args, apply, .def = "yes", .live = 1,
           .help = "no: gather and tell alone, the weights stay"),
    RT_OPT(struct args, verbose, .def = "0", .min = 0, .max = 1, .live = 1,
           .help = "1: log the numbers at every setting"),
    RT_OPT_END
};

/* One output that has a loss and was not retired. Over all epochs a running
 * mean and sum of squared deviations are kept (Welford), over a window its
 * values. */
struct task {
    char output[128], key[160];
    int number; /* among the outputs with a loss, for its saved state */
    int64_t n;  /* values so far, of the window those it holds */
    double mean, squares;
    double *ring; /* window of them */
    int64_t next; /* where the next one goes */
    double size, weight;
    double set; /* the weight ordered last; 0: none yet */
};
struct state {
    struct task *task;
    int n;
    int64_t epochs; /* gathered */
};

static void release(void *state)
{
    struct state *s = state;
    for (int i = 0; i < s->n; i++)
        free(s->task[i].ring);
    free(s->task);
}

static void drop(struct state *s, int i)
{
    free(s->task[i].ring);
    memmove(s->task + i, s->task + i + 1,
            (size_t)(s->n - i - 1) * sizeof *s->task);
    s->n--;
}

/* ---- what is gathered ---------------------------------------------------- */

/* Outputs with a loss, which have a series of it. */
static int count_tasks(const struct rt_host *h, struct rt_hook *at)
{
    const char *output;
    char key[160];
    int n = 0;
    for (int i = 0; (output = h->output(at, i)); i++) {
        snprintf(key, sizeof key, "%s_loss", output);
        n += !h->want_series(at, key);
    }
    return n;
}

static int check(const struct rt_host *h, struct rt_hook *at, const void *args,
                 void *state)
{
    const char *output;
    char key[160];
    (void)args;
    (void)state;
    if (count_tasks(h, at) < 2)
        return h->fail(at,
                       "model '%s' has one output with a loss, and weights are "
                       "between several",
                       h->model_name(at));
    for (int i = 0; (output = h->output(at, i)); i++) {
        snprintf(key, sizeof key, "%s_loss", output);
        if (h->want_series(at, key))
            continue;
        snprintf(key, sizeof key, "val_%s_loss", output);
        if (h->want_series(at, key))
            return monitor_failed(h, at);
    }
    return RT_GO_ON;
}

static int begin(const struct rt_host *h, struct rt_hook *at, const void *args,
                 void *state)
{
    const struct args *a = args;
    struct state *s = state;
    const char *output;
    if (s->task)
        return RT_GO_ON; /* resumed */
    s->task = calloc((size_t)count_tasks(h, at) + 1, sizeof *s->task);
    if (!s->task)
        return h->fail(at, "out of memory");
    for (int i = 0; (output = h->output(at, i)); i++) {
        struct task *t = &s->task[s->n];
        snprintf(t->key, sizeof t->key, "%s_loss", output);
        if (h->want_series(at, t->key))
            continue;
        snprintf(t->key, sizeof t->key, "val_%s_loss", output);
        snprintf(t->output, sizeof t->output, "%s", output);
        t->number = s->n++;
        if (a->window && !(t->ring = calloc((size_t)a->window, sizeof(double))))
            return h->fail(at, "out of memory");
    }
    return RT_GO_ON;
}

static void gather(struct task *t, int window, double v)
{
    if (!isfinite(v))
        return;
    if (t->ring) {
        t->ring[t->next] = v;
        t->next = (t->next + 1) % window;
        t->n += t->n < window;
        return;
    }
    t->n++;
    double from = v - t->mean;
    t->mean += from / (double)t->n;
    t->squares += from * (v - t->mean);
}

static void measure_ring(struct task *t)
{
    t->mean = t->squares = 0;
    for (int64_t i = 0; i < t->n; i++)
        t->mean += t->ring[i] / (double)t->n;
    for (int64_t i = 0; i < t->n; i++)
        t->squares += (t->ring[i] - t->mean) * (t->ring[i] - t->mean);
}

/* false: there are no weights yet. */
static bool weigh(struct state *s, int form)
{
    double least = INFINITY;
    for (int i = 0; i < s->n; i++) {
        struct task *t = &s->task[i];
        if (!t->n)
            return false;
        if (t->ring)
            measure_ring(t);
        t->size = t->mean + 3 * sqrt(t->squares / (double)t->n);
        if (!(t->size > 0))
            return false;
        least = fmin(least, t->size);
    }
    for (int i = 0; i < s->n; i++)
        s->task[i].weight =
            form == RATIO ? s->task[i].size / least : least / s->task[i].size;
    return s->n > 0;
}

/* ---- what is said and done ----------------------------------------------- */

static void tell(const struct rt_host *h, struct rt_hook *at,
                 const struct args *a, const struct state *s)
{
    char line[1024] = "", weights[512] = "";
    size_t n = 0, m = 0;
    for (int i = 0; i < s->n && n < sizeof line && m < sizeof weights; i++) {
        const struct task *t = &s->task[i];
        n += (size_t)snprintf(line + n, sizeof line - n,
                              "%s%s %.4g + 3 x %.4g = %.4g", i ? ", " : "",
                              t->output, t->mean,
                              sqrt(t->squares / (double)t->n), t->size);
        m += (size_t)snprintf(weights + m, sizeof weights - m, "%s%s %.4g",
                              i ? ", " : "", t->output, t->weight);
    }
    h->log(at, "%lld epochs, N = mean + 3 sd: %s; weight %s: %s%s",
           (long long)s->epochs, line, a->form == RATIO ? "N / N_f" : "N_f / N",
           weights, a->apply ? "" : " (not set)");
}

static void show(const struct rt_host *h, struct rt_hook *at,
                 const struct args *a, const struct state *s)
{
    char line[512] = "";
    size_t n = 0;
    for (int i = 0; i < s->n && n < sizeof line; i++)
        n += (size_t)snprintf(line + n, sizeof line - n, "%s%s %.3g",
                              i ? " \xc2\xb7 " : "", s->task[i].output,
                              s->task[i].weight);
    h->status(at, "%s%s", line, a->apply ? "" : " (not set)");
}

/* An order only where it changes something: each is written to the disk, and
 * marked on the plots. */
static int set(const struct rt_host *h, struct rt_hook *at,
               const struct args *a, struct state *s)
{
    char words[1024] = "";
    size_t n = 0;
    bool moved = false;
    for (int i = 0; i < s->n; i++) {
        const struct task *t = &s->task[i];
        moved = moved || t->set == 0 ||
                fabs(t->weight - t->set) > a->change * t->set;
    }
    if (!moved)
        return RT_GO_ON;
    for (int i = 0; i < s->n && n < sizeof words; i++) {
        struct task *t = &s->task[i];
        if (t->weight == t->set)
            continue; /* as 1 where it stays the smallest */
        n += (size_t)snprintf(words + n, sizeof words - n, "%s%s:%.6g",
                              n ? "," : "", t->output, t->weight);
        t->set = t->weight;
    }
    if (n >= sizeof words)
        return h->fail(at, "the names of %d outputs are too long for one order",
                       s->n);
    return h->order(at, "loss_weights \"%s\"", words) ? monitor_failed(h, at)
                                                      : RT_GO_ON;
}

/* ---- hooks --------------------------------------------------------------- */

static int on_epoch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    const struct args *a = args;
    struct state *s = state;
    bool news = false;
    for (int i = s->n; i-- > 0;) {
        double v;
        if (s->task[i].n && !h->metric_epoch(at, s->task[i].key)) {
            drop(s, i); /* it was retired */
            continue;
        }
        if (!monitor_value(h, at, s->task[i].key, &v))
            continue;
        gather(&s->task[i], a->window, v);
        news = true;
    }
    s->epochs += news;
    if (!news || !weigh(s, a->form))
        return RT_GO_ON;
    show(h, at, a, s);
    if (s->epochs < a->warmup || (s->epochs - a->warmup) % a->every)
        return RT_GO_ON;
    if (a->verbose)
        tell(h, at, a, s);
    return a->apply ? set(h, at, a, s) : RT_GO_ON;
}

static int on_train_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    const struct args *a = args;
    struct state *s = state;
    if (weigh(s, a->form))
        tell(h, at, a, s);
    else
        h->log(at, "no weights: the validation losses were never numbers above "
                   "0");
    return RT_GO_ON;
}

static int walk_task(const struct rt_host *h, struct rt_hook *at,
                     struct task *t, int window)
{
    char name[48];
    snprintf(name, sizeof name, "%d.next", t->number);
    if (h->state_int(at, name, &t->next))
        return monitor_failed(h, at);
    if (t->n < 0 ||
        (t->ring && (t->n > window || t->next < 0 || t->next >= window)))
        return h->fail(at, "%lld values saved for a window of %d",
                       (long long)t->n, window);
    for (int64_t k = 0; t->ring && k < t->n; k++) {
        snprintf(name, sizeof name, "%d.ring.%lld", t->number, (long long)k);
        if (h->state_number(at, name, &t->ring[k]))
            return monitor_failed(h, at);
    }
    const struct {
        const char *name;
        double *v;
    } numbers[] = { { "mean", &t->mean },
                    { "squares", &t->squares },
                    { "set", &t->set } };
    for (size_t k = 0; k < 3; k++) {
        snprintf(name, sizeof name, "%d.%s", t->number, numbers[k].name);
        if (h->state_number(at, name, numbers[k].v))
            return monitor_failed(h, at);
    }
    return RT_GO_ON;
}

static int walk(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    const struct args *a = args;
    struct state *s = state;
    char name[48];
    int code = begin(h, at, args, s);
    if (!code && h->state_int(at, "epochs", &s->epochs))
        code = monitor_failed(h, at);
    for (int i = 0; i < s->n && !code; i++) {
        snprintf(name, sizeof name, "%d.n", s->task[i].number);
        if (h->state_int(at, name, &s->task[i].n))
            drop(s, i--); /* it had been retired when this was saved */
        else
            code = walk_task(h, at, &s->task[i], a->window);
    }
    return code;
}

RT_PLUGIN(heterogeneous_weights) = {
    RT_PLUGIN_HEAD,
    .name = "heterogeneous_weights",
    .help = "weigh the outputs' losses by their validation losses so far",
    .opts = opts,
    .args_size = sizeof(struct args),
    .state_size = sizeof(struct state),
    .on_train_begin = begin,
    .on_epoch_end = on_epoch_end,
    .on_train_end = on_train_end,
    .save = walk,
    .load = walk,
    .release = release,
    .check = check,
};
