/* When the state of a run is handed to who keeps it, and that it is the state
 * of a boundary. */
#include "fit_case.h"

#include "train/run_private.h"

#include <sched.h>

static int n_pauses; /* read while the training thread rests */
static struct rt_state_memory *ordered;

static struct rt_state_memory *memory(void *ctx, int run, bool must)
{
    (void)ctx;
    (void)run;
    (void)must;
    return rt_state_memory_new();
}

static void take(void *ctx, const struct rt_checkpoint *c,
                 struct rt_state_memory *m)
{
    (void)ctx;
    n_pauses += !strcmp(c->why, "pause");
    if (strcmp(c->why, "order")) {
        rt_state_memory_free(m);
        return;
    }
    rt_state_memory_free(ordered);
    ordered = m;
}

static void open_kept(struct fit_case *c)
{
    case_open(c, SPIRAL_MODEL, spiral(60)); /* 3 batches an epoch */
    c->spec.epochs = 4;
    c->spec.recorder =
        (struct rt_recorder){ .memory = memory, .checkpoint = take };
}

static void await_rest(struct rt_run *r)
{
    while (!rt_run_resting(r))
        sched_yield();
}

/* What waits stands in a checkpoint alone. */
static void a_pause_keeps_an_order_that_came_in_it(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_err err = RT_ERR_INIT;
    char says[256];
    n_pauses = 0;
    open_kept(&c);
    case_new(&c);
    case_order(&c, "pause", 1, 1);
    rt_assert_ok(rt_run_start(c.run, &err), &err);
    await_rest(c.run);
    assert_int_equal(n_pauses, 1);
    struct rt_order *o = rt_order_parse("user", "lr 0.5", &err);
    o->when_epoch = 2;
    rt_assert_ok(rt_run_tell_order(c.run, o, NULL, says, sizeof says, &err),
                 &err);
    assert_string_equal(says, "waits for 2:0");
    await_rest(c.run);
    assert_int_equal(n_pauses, 2);
    rt_run_interrupt(c.run);
    rt_run_join(c.run);
    case_close(&c);
}

/* Before the fifth batch of all. */
static int asking(const struct rt_host *h, struct rt_hook *at, const void *args,
                  void *state)
{
    int64_t *n = state;
    (void)args;
    return ++*n == 5 ? h->order(at, "checkpoint") : RT_GO_ON;
}

static int asker_walk(const struct rt_host *h, struct rt_hook *at,
                      const void *args, void *state)
{
    (void)args;
    return h->state_int(at, "n", state);
}

static const struct rt_plugin asker = {
    RT_PLUGIN_HEAD,           .name = "asker",    .state_size = sizeof(int64_t),
    .on_batch_begin = asking, .save = asker_walk, .load = asker_walk,
};

static int hurrying(const struct rt_host *h, struct rt_hook *at,
                    const void *args, void *state)
{
    int64_t *n = state;
    (void)args;
    return ++*n == 5 ? h->order(at, "lr 0.5") : RT_GO_ON;
}

static const struct rt_plugin hasty = {
    RT_PLUGIN_HEAD,
    .name = "hasty",
    .state_size = sizeof(int64_t),
    .on_batch_begin = hurrying,
    .save = asker_walk,
    .load = asker_walk,
};

static void what_is_asked_for_before_a_batch_leaves_none_out(void **state)
{
    (void)state;
    struct fit_case whole, rest;
    open_kept(&whole);
    case_attach(&whole, &asker, "");
    case_attach(&whole, &hasty, ""); /* its order comes behind */
    case_new(&whole);
    assert_int_equal(case_run(&whole), RT_RUN_FINISHED);
    assert_non_null(ordered);
    open_kept(&rest);
    case_attach(&rest, &asker, "");
    case_attach(&rest, &hasty, "");
    case_new(&rest);
    struct rt_state s;
    struct rt_state_backend from = rt_state_memory_backend(ordered);
    rt_state_init(&s, &from, true);
    rt_assert_ok(rt_run_walk(rest.run, &s), &s.err);
    assert_int_equal(rest.run->batch, 1);
    assert_int_equal(case_run(&rest), RT_RUN_FINISHED);
    assert_int_equal(rest.run->step, whole.run->step);
    assert_memory_equal(rest.model->weights, whole.model->weights,
                        whole.model->n_params * sizeof(float));
    case_close(&rest);
    case_close(&whole);
    rt_state_memory_free(ordered);
    ordered = NULL;
}

static int n_batches; /* of both ways */
static bool no_branch;

static int going_back(const struct rt_host *h, struct rt_hook *at,
                      const void *args, void *state)
{
    (void)args;
    (void)state;
    return ++n_batches == 8 ? h->order(at, "rewind kept") : RT_GO_ON;
}

static const struct rt_plugin traveller = {
    RT_PLUGIN_HEAD,
    .name = "traveller",
    .on_batch_begin = going_back,
};

/* Orders beside it, at the same batch. */
static int turning(const struct rt_host *h, struct rt_hook *at,
                   const void *args, void *state)
{
    (void)args;
    (void)state;
    return n_batches == 8 ? h->order(at, "lr 0.5") : RT_GO_ON;
}

static const struct rt_plugin companion = {
    RT_PLUGIN_HEAD,
    .name = "companion",
    .on_batch_begin = turning,
};

static int find_ordered(void *ctx, struct rt_rewind *w, struct rt_err *err)
{
    (void)ctx;
    (void)err;
    w->from = rt_state_memory_backend(ordered);
    w->epoch = 1;
    return 0;
}

static int branch(void *ctx, struct rt_rewind *w, const struct rt_checkpoint *c,
                  struct rt_state_memory *m, struct rt_err *err)
{
    (void)ctx;
    (void)c;
    rt_state_memory_free(m);
    if (no_branch)
        return rt_fail(err, RT_EIO, "no branch");
    w->number = 2;
    return 0;
}

static void let_go(void *ctx, struct rt_rewind *w)
{
    (void)ctx;
    (void)w;
}

/* Both are closed, and what was ordered forgotten. */
static void assert_ends_as(struct fit_case *back, struct fit_case *whole)
{
    assert_memory_equal(back->model->weights, whole->model->weights,
                        whole->model->n_params * sizeof(float));
    case_close(back);
    case_close(whole);
    rt_state_memory_free(ordered);
    ordered = NULL;
}

/* A run that goes back once ends as one that does not. */
static void go_back(const struct rt_plugin *beside)
{
    struct fit_case whole, back;
    open_kept(&whole);
    case_run(&whole);
    open_kept(&back);
    back.spec.recorder.rewind = find_ordered;
    back.spec.recorder.rewound = let_go;
    back.spec.recorder.branch = branch;
    case_attach(&back, &traveller, "");
    if (beside)
        case_attach(&back, beside, "");
    case_new(&back);
    case_order(&back, "checkpoint kept", 2, 1);
    n_batches = 0;
    assert_int_equal(case_run(&back), RT_RUN_FINISHED);
    assert_int_equal(rt_run_number(back.run), 2);
    assert_int_equal(n_batches, 8 + 8);
    assert_int_equal(back.run->step, whole.run->step);
    assert_ends_as(&back, &whole);
}

/* It is trained with the rows of where it went. */
static void a_rewind_before_a_batch_leaves_that_batch(void **state)
{
    (void)state;
    go_back(NULL);
}

/* What callbacks ordered beside it was for the way that was left. */
static void a_rewind_leaves_the_orders_that_came_with_it(void **state)
{
    (void)state;
    go_back(&companion);
}

/* It went to the end of epoch 1, wherever the state was kept from which it gets
 * there. */
static void orders_are_for_where_a_rewind_went(void **state)
{
    (void)state;
    struct fit_case whole, back;
    open_kept(&whole);
    case_new(&whole);
    case_order(&whole, "lr 0.3", 2, 0);
    case_run(&whole);
    open_kept(&back);
    back.spec.recorder.rewind = find_ordered;
    back.spec.recorder.rewound = let_go;
    back.spec.recorder.branch = branch;
    case_new(&back);
    case_order(&back, "checkpoint kept", 1, 1);
    case_order(&back, "rewind 1", 3, 1);
    case_order(&back, "lr 0.5", 1, 2);
    case_order(&back, "lr 0.3", 2, 0);
    assert_int_equal(case_run(&back), RT_RUN_FINISHED);
    const struct rt_event *e = case_event(&back, RT_EV_ORDER, 2);
    assert_int_equal(e->code, RT_ESTATE);
    assert_non_null(strstr(e->text, "1:2 has passed, run 2 is at 2:0"));
    assert_ends_as(&back, &whole);
}

/* A full disk, say: the run is what it was, and goes on. */
static void a_rewind_that_cannot_branch_changes_nothing(void **state)
{
    (void)state;
    struct fit_case whole, back;
    open_kept(&whole);
    case_attach(&whole, &asker, "");
    case_new(&whole);
    case_order(&whole, "lr 0.3", 2, 2);
    case_run(&whole);
    rt_state_memory_free(ordered);
    ordered = NULL;
    open_kept(&back);
    back.spec.recorder.rewind = find_ordered;
    back.spec.recorder.rewound = let_go;
    back.spec.recorder.branch = branch;
    case_attach(&back, &asker, "");
    case_attach(&back, &traveller, "");
    case_new(&back);
    case_order(&back, "lr 0.3", 2, 2);
    n_batches = 0;
    no_branch = true;
    assert_int_equal(case_run(&back), RT_RUN_FINISHED);
    no_branch = false;
    assert_true(n_batches > 8);
    assert_int_not_equal(rt_run_number(back.run), 2);
    assert_int_equal(back.run->step, whole.run->step);
    assert_ends_as(&back, &whole);
}

static struct rt_state_backend saved; /* as broken gives it */

static int broken(void *ctx, const char *path, enum rt_state_type type, void *v,
                  size_t n, struct rt_err *err)
{
    return strcmp(path, "run/m_schedule") == 0
               ? rt_fail(err, RT_EIO, "on purpose")
               : saved.get(ctx, path, type, v, n, err);
}

static void walk_into(void *arg)
{
    struct fit_case *c = arg;
    struct rt_state s;
    rt_state_init(&s, &saved, false);
    rt_assert_ok(rt_run_walk(c->run, &s), &s.err);
}

/* What the optimizer had goes with the weights, or nothing does. */
static void a_state_goes_into_a_model_whole_or_not_at_all(void **state)
{
    (void)state;
    struct fit_case c, other;
    struct rt_err err = RT_ERR_INIT;
    struct rt_state_memory *m = rt_state_memory_new();
    saved = rt_state_memory_backend(m);
    case_open(&c, SPIRAL_MODEL, spiral(60));
    case_run(&c);
    walk_into(&c);
    case_open(&other, SPIRAL_MODEL, spiral(60));
    struct rt_model *to = other.model;
    rt_assert_ok(rt_model_ready(to, &err), &err);
    size_t bytes = to->n_params * sizeof *to->weights;
    float *before = rt_xmemdup(to->weights, bytes);
    struct rt_state_backend from = saved;
    from.get = broken;
    rt_assert_error(&err, rt_checkpoint_to_model(&from, to, &err), "purpose");
    assert_memory_equal(to->weights, before, bytes);
    assert_int_equal(to->iterations, 0);
    rt_assert_ok(rt_checkpoint_to_model(&saved, to, &err), &err);
    assert_same_weights(to, c.model);
    assert_memory_equal(to->slots[0], c.model->slots[0], bytes);
    free(before);
    case_close(&other);
    case_close(&c);
    rt_state_memory_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_keeps_an_order_that_came_in_it),
        cmocka_unit_test(what_is_asked_for_before_a_batch_leaves_none_out),
        cmocka_unit_test(a_rewind_before_a_batch_leaves_that_batch),
        cmocka_unit_test(orders_are_for_where_a_rewind_went),
        cmocka_unit_test(a_rewind_leaves_the_orders_that_came_with_it),
        cmocka_unit_test(a_state_goes_into_a_model_whole_or_not_at_all),
        cmocka_unit_test(a_rewind_that_cannot_branch_changes_nothing),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
