/* The weights of a run's best epoch, and a stop with them. */
#include "fit_case.h"

#include "train/run_private.h"

/* What the weights were at the epoch with the smallest val_loss. */
static struct {
    const struct rt_model *model;
    float *weights;
    double value;
    int epoch;
} seen;

static int note(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    (void)args;
    (void)state;
    double v = h->metric(at, "val_loss");
    if (!(seen.epoch && v >= seen.value)) {
        seen.value = v;
        seen.epoch = (int)h->epoch(at);
        memcpy(seen.weights, seen.model->weights,
               seen.model->n_params * sizeof *seen.weights);
    }
    return RT_GO_ON;
}

static const struct rt_plugin watcher = {
    RT_PLUGIN_HEAD,
    .name = "watcher",
    .on_epoch_end = note,
};

/* The rate is spoiled after the third epoch, so that a later one is best by
 * chance alone. */
static void open_spoiled(struct fit_case *c)
{
    case_open(c, SPIRAL_MODEL, spiral(60));
    c->spec.epochs = 1000;
    case_new(c);
    case_order(c, "lr 3", 4, 0);
}

static void assert_weights(const struct rt_model *m, const float *want)
{
    assert_memory_equal(m->weights, want, m->n_params * sizeof *want);
}

static void stop_best_puts_the_best_epoch_back(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256], want[256];
    case_open(&c, SPIRAL_MODEL, spiral(60));
    c.spec.epochs = 1000;
    case_attach(&c, &watcher, "");
    case_new(&c);
    case_order(&c, "lr 3", 4, 0);
    case_order(&c, "stop -best", 9, 2);
    memset(&seen, 0, sizeof seen);
    seen.model = c.model;
    seen.weights = calloc(c.model->n_params, sizeof *seen.weights);
    assert_int_equal(case_run(&c), RT_RUN_STOPPED);
    assert_in_range(seen.epoch, 1, 8);
    assert_weights(c.model, seen.weights);
    rt_run_reason(c.run, why, sizeof why);
    snprintf(want, sizeof want,
             "stopped by user, with the weights of epoch %d, val_loss %.6g",
             seen.epoch, seen.value);
    assert_string_equal(why, want);
    free(seen.weights);
    case_close(&c);
}

static void without_validation_the_loss_decides(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256];
    case_open(&c, SPIRAL_MODEL, spiral(60));
    c.spec.validation_split = NAN;
    c.spec.epochs = 1000;
    case_new(&c);
    case_order(&c, "lr 3", 4, 0);
    case_order(&c, "stop -best", 6, 0);
    assert_int_equal(case_run(&c), RT_RUN_STOPPED);
    rt_run_reason(c.run, why, sizeof why);
    assert_non_null(strstr(why, "with the weights of epoch 3, loss "));
    case_close(&c);
}

static void before_the_first_epoch_there_are_none(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(60));
    c.spec.epochs = 2;
    case_new(&c);
    case_order(&c, "stop -best", 1, 2);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *e = case_event(&c, RT_EV_ORDER, 0);
    assert_int_equal(e->code, RT_ESTATE);
    assert_non_null(strstr(e->text, "before the first epoch with a val_loss"));
    case_close(&c);
}

/* ---- state --------------------------------------------------------------- */

static void walk(struct fit_case *c, struct rt_state_memory *m, bool loading)
{
    struct rt_state_backend with = rt_state_memory_backend(m);
    struct rt_state s;
    rt_state_init(&s, &with, loading);
    rt_run_walk(c->run, &s);
    rt_assert_ok(rt_state_failed(&s), &s.err);
}

static void they_are_part_of_the_state(void **state)
{
    (void)state;
    struct fit_case whole, killed, rest;
    struct rt_state_memory *m = rt_state_memory_new();
    open_spoiled(&whole);
    case_order(&whole, "stop -best", 8, 1);
    case_run(&whole);
    open_spoiled(&killed);
    case_order(&killed, "stop -best", 8, 1);
    rt_run_stop_after(killed.run, 6 * 3 + 1);
    assert_int_equal(case_run(&killed), RT_RUN_INTERRUPTED);
    walk(&killed, m, false);
    case_open(&rest, SPIRAL_MODEL, spiral(60));
    rest.spec.epochs = 1000;
    case_new(&rest);
    walk(&rest, m, true);
    assert_int_equal(case_run(&rest), RT_RUN_STOPPED);
    assert_weights(rest.model, whole.model->weights);
    rt_state_memory_free(m);
    case_close(&whole);
    case_close(&killed);
    case_close(&rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stop_best_puts_the_best_epoch_back),
        cmocka_unit_test(without_validation_the_loss_decides),
        cmocka_unit_test(before_the_first_epoch_there_are_none),
        cmocka_unit_test(they_are_part_of_the_state),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
