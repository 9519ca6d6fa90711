/* What screens see of each output of a run. */
#include "fit_case.h"

struct args {
    const char *monitor;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, monitor, .word = 1, .def = "val_loss",
           .names = RT_NAMES_SERIES, .help = "series to watch"),
    RT_OPT_END
};

static int one(const struct rt_host *h, struct rt_hook *at, const void *args,
               void *state)
{
    const struct args *a = args;
    (void)state;
    h->output_status(at, a->monitor, "%d/30", 2);
    h->output_status(at, a->monitor, "%d/30", 3);
    return RT_GO_ON;
}
static const struct rt_plugin early_stopping = {
    RT_PLUGIN_HEAD,        .name = "some",
    .opts = opts,          .args_size = sizeof(struct args),
    .on_train_begin = one,
};

static int several(const struct rt_host *h, struct rt_hook *at,
                   const void *args, void *state)
{
    (void)args;
    (void)state;
    h->output_status(at, "kind", "7/30");
    h->output_status(at, "size", "stopped at 4");
    h->output_status(at, "neither", "1/2");
    return RT_GO_ON;
}
static const struct rt_plugin task_wise = {
    RT_PLUGIN_HEAD,
    .name = "tasks",
    .on_train_begin = several,
};
/* A run that is paused before its first batch. */
static void open_paused(struct fit_case *c, const char *lines,
                        struct rt_dataset *data)
{
    case_open(c, lines, data);
    c->spec.epochs = 100000;
}

static struct rt_snapshot paused(struct fit_case *c)
{
    struct rt_snapshot s;
    char says[256];
    case_start(c);
    rt_assert_ok(case_tell(c, "pause", says), &c->err);
    rt_run_snapshot(c->run, &s);
    return s;
}

static void tell(struct fit_case *c, const char *order, struct rt_snapshot *s)
{
    char says[256];
    rt_snapshot_release(s);
    rt_assert_ok(case_tell(c, order, says), &c->err);
    rt_run_snapshot(c->run, s);
}

static void weights_freezing_and_retiring_are_told(void **state)
{
    (void)state;
    struct fit_case c;
    open_paused(&c, TWO_HEADS, two_labels(60));
    struct rt_snapshot s = paused(&c);
    assert_int_equal(s.n_outputs, 2);
    assert_string_equal(s.outputs[0].name, "kind");
    assert_string_equal(s.outputs[1].name, "size");
    assert_true(s.outputs[1].weight == .5);
    assert_false(s.outputs[1].frozen || s.outputs[1].retired);
    assert_string_equal(s.outputs[1].stop, "");
    tell(&c, "loss_weights size:2", &s);
    assert_true(s.outputs[1].weight == 2 && s.outputs[0].weight == 1);
    tell(&c, "freeze size", &s);
    assert_true(s.outputs[1].frozen && !s.outputs[0].frozen);
    tell(&c, "unfreeze size", &s);
    assert_false(s.outputs[1].frozen);
    tell(&c, "retire kind", &s);
    assert_true(s.outputs[0].retired && !s.outputs[1].retired);
    rt_snapshot_release(&s);
    case_close(&c);
}

static void a_stop_belongs_to_the_output_whose_series_it_watches(void **state)
{
    (void)state;
    struct fit_case c;
    open_paused(&c, TWO_HEADS, two_labels(60));
    case_attach(&c, &early_stopping, "val_loss"); /* of both, and of none */
    case_attach(&c, &early_stopping, "val_size_mae");
    struct rt_snapshot s = paused(&c);
    assert_string_equal(s.outputs[0].stop, "");
    assert_string_equal(s.outputs[1].stop, "3/30");
    rt_snapshot_release(&s);
    case_close(&c);
    open_paused(&c, SPIRAL_MODEL, spiral(60));
    case_attach(&c, &early_stopping, "val_loss");
    s = paused(&c);
    assert_string_equal(s.outputs[0].stop, "3/30");
    rt_snapshot_release(&s);
    case_close(&c);
}

static void a_stop_of_several_outputs_tells_each(void **state)
{
    (void)state;
    struct fit_case c;
    open_paused(&c, TWO_HEADS, two_labels(60));
    case_attach(&c, &task_wise, "");
    struct rt_snapshot s = paused(&c);
    assert_string_equal(s.outputs[0].stop, "7/30");
    assert_string_equal(s.outputs[1].stop, "stopped at 4");
    tell(&c, "callback_remove tasks", &s);
    assert_string_equal(s.outputs[1].stop, "");
    rt_snapshot_release(&s);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_freezing_and_retiring_are_told),
        cmocka_unit_test(a_stop_belongs_to_the_output_whose_series_it_watches),
        cmocka_unit_test(a_stop_of_several_outputs_tells_each),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
