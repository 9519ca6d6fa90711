/* Runs with everything that has a state, killed and loaded again, for tests. */
#ifndef RT_TESTS_RESUME_CASE_H
#define RT_TESTS_RESUME_CASE_H
#include "fit_case.h"

#include "base/schema.h"
#include "train/run_private.h"

/* Keeps the best weights, lowers the rate when val_loss has not improved, and
 * puts the best ones back at the end. */
struct plateau {
    double best;
    int64_t wait, at;
    char note[32];
};
struct plateau_args {
    double factor;
    int patience;
};
static const struct rt_opt plateau_opts[] = {
    RT_OPT(struct plateau_args, factor, .def = "0.5", .max = 1, .live = 1),
    RT_OPT(struct plateau_args, patience, .def = "1", .max = 99, .live = 1),
    RT_OPT_END
};

static inline int plateau_epoch(const struct rt_host *h, struct rt_hook *at,
                                const void *args, void *state)
{
    const struct plateau_args *a = args;
    struct plateau *p = state;
    double v = h->metric(at, "val_loss");
    if (p->at == 0 || v < p->best) {
        p->best = v;
        p->at = h->epoch(at);
        p->wait = 0;
        snprintf(p->note, sizeof p->note, "best at %d", (int)p->at);
        if (h->keep_weights(at, 0))
            return (h->fail)(at, "%s", h->error(at));
    } else if (++p->wait >= a->patience) {
        p->wait = 0;
        h->order(at, "lr %.17g", h->metric(at, "lr") * a->factor);
    }
    h->status(at, "%d/%d, %s", (int)p->wait, a->patience, p->note);
    return RT_GO_ON;
}

static inline int plateau_end(const struct rt_host *h, struct rt_hook *at,
                              const void *args, void *state)
{
    (void)args;
    (void)state;
    return h->restore_weights(at, 0) ? (h->fail)(at, "%s", h->error(at))
                                     : RT_GO_ON;
}

static inline int plateau_walk(const struct rt_host *h, struct rt_hook *at,
                               const void *args, void *state)
{
    struct plateau *p = state;
    (void)args;
    if (h->state_number(at, "best", &p->best) ||
        h->state_int(at, "wait", &p->wait) || h->state_int(at, "at", &p->at) ||
        h->state_text(at, "note", p->note, sizeof p->note))
        return (h->fail)(at, "%s", h->error(at));
    return RT_GO_ON;
}

static const struct rt_plugin plateau = {
    RT_PLUGIN_HEAD,
    .name = "plateau",
    .opts = plateau_opts,
    .args_size = sizeof(struct plateau_args),
    .state_size = sizeof(struct plateau),
    .on_epoch_end = plateau_epoch,
    .on_train_end = plateau_end,
    .save = plateau_walk,
    .load = plateau_walk,
};

/* Moves the rate up and down at every third batch by its own count. */
static inline int wave_begin(const struct rt_host *h, struct rt_hook *at,
                             const void *args, void *state)
{
    int64_t *n = state;
    (void)args;
    if (++*n % 3 == 0)
        h->order(at, "lr %.17g", h->metric(at, "lr") * (*n % 2 ? 1.25 : 0.8));
    return RT_GO_ON;
}

static inline int wave_walk(const struct rt_host *h, struct rt_hook *at,
                            const void *args, void *state)
{
    (void)args;
    return h->state_int(at, "n", state);
}

static const struct rt_plugin wave = {
    RT_PLUGIN_HEAD,
    .name = "wave",
    .state_size = sizeof(int64_t),
    .on_batch_begin = wave_begin,
    .save = wave_walk,
    .load = wave_walk,
};

/* Stops for good when the given number of batches was seen. */
struct limit_args {
    int batches;
};
static const struct rt_opt limit_opts[] = {
    RT_OPT(struct limit_args, batches, .word = 1, .max = 1e6, .live = 1),
    RT_OPT_END
};

static inline int limit_end(const struct rt_host *h, struct rt_hook *at,
                            const void *args, void *state)
{
    int64_t *n = state;
    (void)h;
    (void)at;
    return ++*n >= ((const struct limit_args *)args)->batches ? RT_STOP
                                                              : RT_GO_ON;
}

static const struct rt_plugin limit = {
    RT_PLUGIN_HEAD,
    .name = "limit",
    .opts = limit_opts,
    .args_size = sizeof(struct limit_args),
    .state_size = sizeof(int64_t),
    .on_batch_end = limit_end,
    .save = wave_walk,
    .load = wave_walk,
};

static inline const struct rt_plugin *find_plugin(const char *name,
                                                  struct rt_err *err)
{
    if (!strcmp(name, "limit"))
        return &limit;
    rt_fail(err, RT_ENOENT, "no plugin '%s'", name);
    return NULL;
}

static inline const struct rt_plugin *find_any(const char *name,
                                               struct rt_err *err)
{
    if (!strcmp(name, "plateau"))
        return &plateau;
    return strcmp(name, "wave") ? find_plugin(name, err) : &wave;
}

/* With moving averages, which are part of a state too. */
#define NORMED_HEADS                                                           \
    "input x 2; dense 16 relu name=trunk; batch_norm momentum=0.9;"            \
    "dropout 0.2; dense 3 softmax name=kind; output; at trunk;"                \
    "dense 1 name=size; output;"                                               \
    "compile adam lr=0.01 loss=kind:sparse_categorical_crossentropy,"          \
    "size:mse loss_weights=kind:1,size:0.5 metrics=kind:acc,size:mae"

enum { BATCHES = 9, EPOCHS = 5 }; /* 144 of 180 rows train, 16 a batch */

static inline void open_two(struct fit_case *c)
{
    case_open(c, NORMED_HEADS, two_labels(180));
    c->spec.epochs = EPOCHS;
    c->spec.find_plugin = find_plugin;
    case_attach(c, &plateau, "factor=0.7 on_error=detach");
    case_attach(c, &wave, "name=waves");
}

struct walk {
    struct rt_run *run;
    struct rt_state state;
};

static inline void walk_now(void *arg)
{
    struct walk *w = arg;
    rt_run_walk(w->run, &w->state);
}

static inline void save(struct rt_run *r, struct rt_state_memory *m)
{
    struct walk w = { .run = r };
    struct rt_state_backend to = rt_state_memory_backend(m);
    rt_state_init(&w.state, &to, false);
    rt_run_look(r, walk_now, &w);
    rt_assert_ok(rt_state_failed(&w.state), &w.state.err);
    assert_string_equal(w.state.path, "");
}

static inline int load(struct rt_run *r, struct rt_state_memory *m,
                       struct rt_err *err)
{
    struct rt_state s;
    struct rt_state_backend to = rt_state_memory_backend(m);
    rt_state_init(&s, &to, true);
    rt_run_walk(r, &s);
    *err = s.err;
    return rt_state_failed(&s);
}

static inline void assert_same_orders(const struct fit_case *a,
                                      const struct fit_case *b)
{
    int from = case_count(a, RT_EV_ORDER) - case_count(b, RT_EV_ORDER);
    assert_true(from >= 0);
    for (int i = 0; i < case_count(b, RT_EV_ORDER); i++) {
        const struct rt_event *x = case_event(a, RT_EV_ORDER, from + i);
        const struct rt_event *y = case_event(b, RT_EV_ORDER, i);
        assert_string_equal(x->text, y->text);
        assert_string_equal(x->who, y->who);
        assert_int_equal(x->epoch, y->epoch);
        assert_int_equal(x->batch, y->batch);
    }
}

static inline void assert_same_end(const struct fit_case *whole,
                                   const struct fit_case *rest, int64_t from)
{
    const struct rt_model *a = whole->model, *b = rest->model;
    struct rt_snapshot x, y;
    assert_same_weights(a, b);
    for (int i = 0; i < RT_SLOTS_MAX; i++) {
        assert_int_equal(!a->slots[i], !b->slots[i]);
        if (a->slots[i])
            assert_memory_equal(a->slots[i], b->slots[i],
                                a->n_params * sizeof *a->slots[i]);
    }
    assert_int_equal(a->n_fits, b->n_fits);
    assert_same_events(whole, rest, from);
    assert_same_orders(whole, rest);
    rt_run_snapshot(whole->run, &x);
    rt_run_snapshot(rest->run, &y);
    assert_string_equal(x.callbacks, y.callbacks);
    assert_true(x.lr == y.lr && x.step == y.step && x.state == y.state);
    rt_snapshot_release(&x);
    rt_snapshot_release(&y);
}

/* Runs to `steps`, saves, and lets a fresh run go on. */
static inline void check_resumed(const struct fit_case *whole, int64_t steps,
                                 void (*open)(struct fit_case *c),
                                 void (*before)(struct fit_case *c))
{
    struct fit_case killed, rest;
    struct rt_state_memory *m = rt_state_memory_new();
    open(&killed);
    case_new(&killed);
    if (before)
        before(&killed);
    rt_run_stop_after(killed.run, steps);
    assert_int_equal(case_run(&killed), RT_RUN_INTERRUPTED);
    save(killed.run, m);
    case_close(&killed);
    open(&rest);
    case_new(&rest);
    rt_assert_ok(load(rest.run, m, &rest.err), &rest.err);
    case_run(&rest);
    assert_same_end(whole, &rest, steps);
    case_close(&rest);
    rt_state_memory_free(m);
}

static inline void steer(struct fit_case *c)
{
    case_order(c, "lr 0.02", 1, 4);
    case_order(c, "loss_weights size:2", 2, 3);
    case_order(c, "freeze kind class:batch_norm bn=update", 1, 6);
    case_order(c, "callback_set plateau patience=2 factor=0.9", 2, 0);
    case_order(c, "unfreeze kind", 2, 5);
    case_order(c, "lr class:batch_norm=0.5x kind=0.01 trunk=0.1x", 1, 7);
    case_order(c, "tune beta_1=0.8 clipvalue=0.5 dropout_1.rate=0.4", 2, 4);
    case_order(c, "tune batch_size=12", 2, 6);
    case_order(c, "reinit kind", 2, 7);
    case_order(c, "retire size -freeze", 3, 2);
    case_order(c, "callback_add limit 21 name=enough", 3, 1);
    case_order(c, "callback_remove waves", 4, 2);
}

static inline void open_steered(struct fit_case *c)
{
    open_two(c);
}
#endif
