/* The callbacks of several outputs in runs of their own: the plugins as they
 * are loaded, killed at every epoch and gone on with. */
#include "fit_case.h"

#include "plugins/load.h"

/* Two branches that share a trunk with dropout; the first is done soon. */
#define MODEL                                                                  \
    "input x 2; dense 12 tanh name=trunk; dropout 0.1;"                        \
    "dense 8 relu name=deep; dense 3 softmax name=kind; output; at trunk;"     \
    "dense 6 relu name=wide; dense 1 name=size; output;"                       \
    "compile adam lr=0.05 loss=kind:sparse_categorical_crossentropy,size:mse"

enum { BATCHES = 9, EPOCHS = 20 }; /* 144 of 180 rows train, 16 a batch */

static void attach(struct fit_case *c, const char *kind, const char *words)
{
    const struct rt_plugin *p = rt_plugin_find(kind, &c->err);
    if (!p)
        fail_msg("%s", c->err.text);
    case_attach(c, p, words);
}

static void open_case(struct fit_case *c)
{
    case_open(c, MODEL, two_labels(180));
    c->spec.epochs = EPOCHS;
    c->spec.find_plugin = rt_plugin_find;
    attach(c, "heterogeneous_weights", "warmup=2 every=2 window=3");
    attach(c, "task_wise_early_stopping",
           "patience=kind:3,size:2 restore_best_weights=yes");
}

struct walk {
    struct rt_run *run;
    struct rt_state state;
};

static void walk_now(void *arg)
{
    struct walk *w = arg;
    rt_run_walk(w->run, &w->state);
}

static void walk_run(struct rt_run *r, struct rt_state_memory *m, bool load)
{
    struct walk w = { .run = r };
    struct rt_state_backend to = rt_state_memory_backend(m);
    rt_state_init(&w.state, &to, load);
    if (load)
        walk_now(&w);
    else
        rt_run_look(r, walk_now, &w);
    rt_assert_ok(rt_state_failed(&w.state), &w.state.err);
}

static bool learns(const struct fit_case *c, const char *layer)
{
    for (int i = 0; i < c->model->n_layers; i++)
        if (!strcmp(c->model->layers[i]->name, layer))
            return c->model->layers[i]->trainable;
    return false;
}

static void a_branch_that_stops_is_frozen_and_the_rest_goes_on(void **state)
{
    (void)state;
    struct fit_case c;
    open_case(&c);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *froze = NULL;
    for (int i = 0; i < case_count(&c, RT_EV_ORDER) && !froze; i++) {
        const struct rt_event *e = case_event(&c, RT_EV_ORDER, i);
        if (!strncmp(e->order, "freeze", 6))
            froze = e;
    }
    assert_non_null(froze);
    assert_int_equal(froze->batch, 0); /* between two epochs */
    assert_int_equal(froze->code, 0);
    bool kind = strstr(froze->order, "branch:kind") != NULL;
    assert_false(learns(&c, kind ? "deep" : "wide"));
    assert_false(learns(&c, kind ? "kind" : "size"));
    assert_true(learns(&c, "trunk"));
    case_close(&c);
}

static void killed_at_any_batch_it_ends_with_the_same_bits(void **state)
{
    (void)state;
    struct fit_case whole, killed, rest;
    open_case(&whole);
    case_run(&whole);
    int64_t last =
        case_event(&whole, RT_EV_EPOCH, case_count(&whole, RT_EV_EPOCH) - 1)
            ->step;
    assert_true(case_count(&whole, RT_EV_ORDER) >= 2);
    for (int64_t k = BATCHES - 1; k < last; k += 5) {
        struct rt_state_memory *m = rt_state_memory_new();
        struct rt_snapshot x, y;
        open_case(&killed);
        case_new(&killed);
        rt_run_stop_after(killed.run, k);
        assert_int_equal(case_run(&killed), RT_RUN_INTERRUPTED);
        walk_run(killed.run, m, false);
        case_close(&killed);
        open_case(&rest);
        case_new(&rest);
        walk_run(rest.run, m, true);
        assert_int_equal(case_run(&rest), rt_run_state(whole.run));
        assert_same_weights(whole.model, rest.model);
        rt_run_snapshot(whole.run, &x);
        rt_run_snapshot(rest.run, &y);
        assert_string_equal(x.callbacks, y.callbacks);
        assert_int_equal(x.trainable, y.trainable);
        rt_snapshot_release(&x);
        rt_snapshot_release(&y);
        assert_int_equal(learns(&whole, "deep"), learns(&rest, "deep"));
        case_close(&rest);
        rt_state_memory_free(m);
    }
    case_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_branch_that_stops_is_frozen_and_the_rest_goes_on),
        cmocka_unit_test(killed_at_any_batch_it_ends_with_the_same_bits),
    };
    const char *dir = getenv("RT_PLUGINS");
    if (dir)
        setenv("RETORT_PLUGIN_PATH", dir, 1);
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
