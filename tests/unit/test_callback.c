#include "fit_case.h"

#include "base/schema.h"

/* One plugin for many tests: it writes down its hooks, and does what its
 * options say at the n-th call of one of them. */
struct probe_args {
    const char *tag, *at, *order;
    int n, verdict, fixed;
};
static const struct rt_opt probe_opts[] = {
    RT_OPT(struct probe_args, tag, .def = "p"),
    RT_OPT(struct probe_args, at, .def = "", .live = 1),
    RT_OPT(struct probe_args, order, .def = "", .live = 1),
    RT_OPT(struct probe_args, n, .def = "1", .min = 1, .max = 1e6, .live = 1),
    RT_OPT(struct probe_args, verdict, .def = "0", .min = -9, .max = 9,
           .live = 1),
    RT_OPT(struct probe_args, fixed, .def = "0", .max = 9),
    RT_OPT_END
};
struct probe {
    int calls;
    char *owned;
};

static char said[8192]; /* read when the thread has ended */

static int probe_hook(const struct rt_host *h, struct rt_hook *at,
                      const struct probe_args *a, struct probe *p,
                      const char *name)
{
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s%s:%s", n ? " " : "", a->tag, name);
    if (!p->owned)
        p->owned = calloc(1, 64);
    if (!a->at || strcmp(a->at, name) || ++p->calls != a->n)
        return RT_GO_ON;
    if (a->order && h->order(at, "%s", a->order))
        return (h->fail)(at, "cannot order: %s", h->error(at));
    if (a->verdict == -1)
        return (h->fail)(at, "on purpose at %s", name);
    return a->verdict;
}

#define HOOK(name)                                                             \
    static int on_##name(const struct rt_host *h, struct rt_hook *at,          \
                         const void *args, void *state)                        \
    {                                                                          \
        return probe_hook(h, at, args, state, #name);                          \
    }
HOOK(train_begin)
HOOK(epoch_begin)
HOOK(batch_begin)
HOOK(batch_end)
HOOK(epoch_end)
HOOK(train_end)
HOOK(args)

static void probe_release(void *state)
{
    free(((struct probe *)state)->owned);
}

static const struct rt_plugin probe = {
    RT_PLUGIN_HEAD,
    .name = "probe",
    .help = "notes its hooks",
    .opts = probe_opts,
    .args_size = sizeof(struct probe_args),
    .state_size = sizeof(struct probe),
    .on_train_begin = on_train_begin,
    .on_epoch_begin = on_epoch_begin,
    .on_batch_begin = on_batch_begin,
    .on_batch_end = on_batch_end,
    .on_epoch_end = on_epoch_end,
    .on_train_end = on_train_end,
    .on_args = on_args,
    .release = probe_release,
};

static void open_small(struct fit_case *c)
{
    said[0] = '\0';
    case_open(c, SPIRAL_MODEL, spiral(50)); /* 3 batches an epoch */
    c->spec.epochs = 2;
    c->spec.pause_on_error = false;
}

static int calls_of(const char *word)
{
    int n = 0;
    for (const char *p = said; (p = strstr(p, word)); p += strlen(word))
        n++;
    return n;
}

/* Notes of which epoch the newest values are. */
static char age_said[256];

static void note_ages(const struct rt_host *h, struct rt_hook *at)
{
    size_t n = strlen(age_said);
    snprintf(age_said + n, sizeof age_said - n, "%d %d %d; ",
             (int)h->metric_epoch(at, "loss"),
             (int)h->metric_epoch(at, "val_loss"),
             (int)h->metric_epoch(at, "lr"));
}

static int age_begin(const struct rt_host *h, struct rt_hook *at,
                     const void *args, void *state)
{
    (void)args;
    (void)state;
    snprintf(age_said, sizeof age_said, "begin ");
    note_ages(h, at);
    return RT_GO_ON;
}

static int age_epoch(const struct rt_host *h, struct rt_hook *at,
                     const void *args, void *state)
{
    size_t n = strlen(age_said);
    (void)args;
    (void)state;
    snprintf(age_said + n, sizeof age_said - n, "%d: ", (int)h->epoch(at));
    note_ages(h, at);
    return RT_GO_ON;
}

static const struct rt_plugin ages = {
    RT_PLUGIN_HEAD,
    .name = "ages",
    .on_train_begin = age_begin,
    .on_epoch_end = age_epoch,
};

static void names_are_made_and_kept_apart(void **state)
{
    (void)state;
    struct rt_attachments a = { 0 }, b = { 0 };
    struct rt_err err = RT_ERR_INIT;
    const char *named[] = { "name=mine", "n=3", "on_error=detach" };
    assert_string_equal(rt_attach(&a, &probe, NULL, 0, &err)->name, "probe");
    assert_string_equal(rt_attach(&a, &probe, NULL, 0, &err)->name, "probe_2");
    assert_string_equal(rt_attach(&a, &probe, named, 3, &err)->name, "mine");
    assert_true(a.v[2].detach && !a.v[1].detach);
    assert_int_equal(((struct probe_args *)a.v[2].args)->n, 3);
    assert_null(rt_attach(&a, &probe, named, 3, &err));
    rt_assert_error(&err, RT_EEXIST, "'mine'");
    assert_null(rt_attach(&a, &probe, (const char *[]){ "m=3" }, 1, &err));
    rt_assert_error(&err, RT_EINVAL, "probe: ");
    assert_null(
        rt_attach(&a, &probe, (const char *[]){ "on_error=cry" }, 1, &err));
    assert_int_equal(a.n, 3);
    assert_int_equal(rt_attachments_copy(&b, &a), 0);
    assert_int_equal(rt_detach(&a, "probe", &err), 0);
    assert_int_equal(rt_detach(&a, "prob_2", &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "did you mean probe_2");
    assert_string_equal(rt_attach(&a, &probe, NULL, 0, &err)->name, "probe");
    assert_int_equal(b.n, 3);
    rt_attachments_release(&a);
    rt_attachments_release(&b);
}

static void an_attachment_is_retuned_or_left_alone(void **state)
{
    (void)state;
    struct rt_attachments a = { 0 };
    struct rt_err err = RT_ERR_INIT;
    rt_attach(&a, &probe, (const char *[]){ "n=3", "tag=x" }, 2, &err);
    rt_assert_ok(rt_attachment_set(&a, "probe",
                                   (const char *[]){ "n=4", "on_error=detach" },
                                   2, &err),
                 &err);
    const struct probe_args *args = a.v[0].args;
    assert_int_equal(args->n, 4);
    assert_string_equal(args->tag, "x");
    assert_true(a.v[0].detach);
    assert_int_not_equal(
        rt_attachment_set(&a, "probe", (const char *[]){ "n=0" }, 1, &err), 0);
    assert_int_not_equal(
        rt_attachment_set(&a, "probe", (const char *[]){ "name=b" }, 1, &err),
        0);
    assert_int_equal(((struct probe_args *)a.v[0].args)->n, 4);
    rt_attachments_release(&a);
}

static void hooks_are_called_in_order_of_attachment(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    c.spec.epochs = 1;
    case_attach(&c, &probe, "tag=a");
    case_attach(&c, &probe, "tag=b");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_string_equal(
        said, "a:train_begin b:train_begin a:epoch_begin b:epoch_begin "
              "a:batch_begin b:batch_begin a:batch_end b:batch_end "
              "a:batch_begin b:batch_begin a:batch_end b:batch_end "
              "a:batch_begin b:batch_begin a:batch_end b:batch_end "
              "a:epoch_end b:epoch_end a:train_end b:train_end");
    case_close(&c);
}

static void a_verdict_counts_when_all_hooks_were_called(void **state)
{
    (void)state;
    struct fit_case c;
    char why[128];
    open_small(&c);
    case_attach(&c, &probe, "tag=a at=batch_end n=2 verdict=1 name=early");
    case_attach(&c, &probe, "tag=b");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), 0);
    assert_string_equal(why, "early: stop");
    assert_int_equal(calls_of("b:batch_end"), 2);
    assert_int_equal(calls_of("b:train_end"), 1);
    assert_int_equal(c.model->iterations, 2);
    case_close(&c);
}

/* As Keras does when stop_training is set within an epoch: what was trained of
 * it is logged, without a validation. */
static void a_stop_within_an_epoch_ends_the_epoch(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=batch_end n=5 verdict=1");
    case_attach(&c, &ages, "");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(calls_of("p:epoch_end"), 2);
    assert_int_equal(case_count(&c, RT_EV_EPOCH), 2);
    const struct rt_event *e = case_event(&c, RT_EV_EPOCH, 1);
    assert_int_equal(e->batch, 2);
    assert_int_equal(e->n_batches, 3);
    assert_true(case_value(&c, e, "loss") ==
                case_event(&c, RT_EV_BATCH, 4)->mean[0]);
    assert_true(isnan(case_value(&c, e, "val_loss")));
    assert_string_equal(age_said, "begin 0 0 0; 1: 1 1 1; 2: 2 1 2; ");
    case_close(&c);
}

static void a_stop_at_the_last_batch_leaves_the_epoch_whole(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=batch_end n=3 verdict=1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(calls_of("epoch_end"), 1);
    assert_false(
        isnan(case_value(&c, case_event(&c, RT_EV_EPOCH, 0), "val_loss")));
    case_close(&c);
}

static void a_stop_at_an_epoch_s_begin_trains_none_of_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=epoch_begin n=2 verdict=1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(c.model->iterations, 3);
    assert_int_equal(calls_of("epoch_end"), 1);
    case_close(&c);
}

static void a_stop_before_a_batch_is_heeded_behind_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=batch_begin n=2 verdict=1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(c.model->iterations, 2);
    case_close(&c);
}

static void a_stop_at_the_end_of_an_epoch_keeps_the_epoch(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    c.spec.epochs = 9;
    case_attach(&c, &probe, "at=epoch_end n=4 verdict=1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(case_count(&c, RT_EV_EPOCH), 4);
    case_close(&c);
}

static void orders_are_applied_behind_all_hooks(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe,
                "at=epoch_begin n=2 name=tuner "
                "order=lr\\ 0.125");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *e = case_event(&c, RT_EV_ORDER, 0);
    assert_string_equal(e->who, "tuner");
    assert_string_equal(e->text, "lr 0.01 -> 0.125");
    assert_int_equal(e->code, 0);
    assert_true(e->mark);
    assert_int_equal(e->epoch, 2);
    assert_int_equal(e->batch, 0);
    rt_assert_close(case_value(&c, case_event(&c, RT_EV_EPOCH, 0), "lr"), 0.01,
                    1e-12);
    assert_true(case_value(&c, case_event(&c, RT_EV_EPOCH, 1), "lr") == 0.125);
    case_close(&c);
}

/* Before its batch is done an order belongs to the boundary before it; batch()
 * tells the one under way. */
static int before_batch(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    int64_t *n = state;
    (void)args;
    if (h->batch(at) != *n % 3 + 1)
        return (h->fail)(at, "batch %d", (int)h->batch(at));
    if (h->metric_epoch(at, "loss") != (*n + 2) / 3)
        return (h->fail)(at, "loss of epoch %d",
                         (int)h->metric_epoch(at, "loss"));
    return ++*n == 2 ? h->order(at, "lr 0.5") : RT_GO_ON;
}

static const struct rt_plugin before = {
    RT_PLUGIN_HEAD,
    .name = "before",
    .state_size = sizeof(int64_t),
    .on_batch_begin = before_batch,
};

static void an_order_before_a_batch_stands_before_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &before, "");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *e = case_event(&c, RT_EV_ORDER, 0);
    assert_string_equal(e->text, "lr 0.01 -> 0.5");
    assert_int_equal(e->epoch, 1);
    assert_int_equal(e->batch, 1);
    case_close(&c);
}

static void an_order_nobody_knows_is_the_hook_s_error(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256];
    open_small(&c);
    case_attach(&c, &probe, "at=batch_end order=lrr");
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), RT_EPLUGIN);
    assert_non_null(strstr(why, "callback 'probe': cannot order: unknown "
                                "order 'lrr'; did you mean lr"));
    case_close(&c);
}

static void a_failing_hook_ends_a_script_s_run(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256];
    open_small(&c);
    case_attach(&c, &probe, "tag=a at=batch_end n=2 verdict=-1");
    case_attach(&c, &probe, "tag=b");
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), RT_EPLUGIN);
    assert_string_equal(why, "callback 'probe': on purpose at batch_end");
    assert_int_equal(calls_of("b:batch_end"), 2);
    assert_int_equal(calls_of("train_end"), 0);
    assert_int_equal(case_log(&c, "on purpose")->code, RT_LOG_ERROR);
    case_close(&c);
}

static void a_hook_that_returns_nonsense_fails(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256];
    open_small(&c);
    case_attach(&c, &probe, "at=epoch_end verdict=7");
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    rt_run_reason(c.run, why, sizeof why);
    assert_non_null(strstr(why, "returned 7"));
    case_close(&c);
}

static void a_failure_at_the_very_end_fails_a_script_s_run(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=train_end verdict=-1");
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    case_close(&c);
    open_small(&c);
    c.spec.pause_on_error = true;
    case_attach(&c, &probe, "at=train_end verdict=-1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_non_null(case_log(&c, "on purpose"));
    case_close(&c);
}

static void tell(struct fit_case *c, const char *line, int code,
                 const char *says)
{
    char text[256];
    assert_int_equal(case_tell(c, line, text), code);
    assert_non_null(strstr(text, says));
}

static void a_failing_hook_pauses_the_run_at_the_prompt(void **state)
{
    (void)state;
    static const char *const hooks[] = { "train_begin", "epoch_begin",
                                         "batch_begin", "batch_end",
                                         "epoch_end" };
    for (int i = 0; i < 5; i++) {
        struct fit_case c, plain;
        char line[64];
        open_small(&plain);
        case_run(&plain);
        open_small(&c);
        c.spec.pause_on_error = true;
        snprintf(line, sizeof line, "at=%s verdict=-1", hooks[i]);
        case_attach(&c, &probe, line);
        case_start(&c);
        case_await(&c, RT_RUN_PAUSED);
        tell(&c, "resume", 0, "resumed");
        assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
        assert_non_null(case_log(&c, "callback 'probe': on purpose"));
        const struct rt_event *paused = case_event(&c, RT_EV_STATE, 1);
        assert_int_equal(paused->code, RT_RUN_PAUSED);
        assert_non_null(strstr(paused->text, "on purpose"));
        assert_same_weights(plain.model, c.model);
        case_close(&c);
        case_close(&plain);
    }
}

static void on_error_detach_goes_on_without_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe,
                "tag=a at=batch_end n=2 verdict=-1 "
                "on_error=detach");
    case_attach(&c, &probe, "tag=b");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(calls_of("a:batch_end"), 2);
    assert_int_equal(calls_of("b:batch_end"), 6);
    assert_int_equal(case_log(&c, "detached")->code, RT_LOG_WARNING);
    assert_string_equal(case_log(&c, "detached")->who, "probe");
    case_close(&c);
}

static void callbacks_change_while_the_run_goes_on(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "tag=a");
    case_new(&c);
    case_order(&c, "callback_add probe tag=b name=late", 1, 2);
    case_order(&c, "pause", 2, 1);
    case_start(&c);
    case_await(&c, RT_RUN_PAUSED);
    tell(&c, "callback_add probe name=late", RT_EEXIST, "'late'");
    tell(&c, "callback_add nothing", RT_ENOENT, "nothing");
    tell(&c, "callback_set probe n=3 at=batch_end verdict=1", 0, "probe n=3");
    tell(&c, "callback_set probe fixed=2", RT_ESTATE, "'fixed'");
    tell(&c, "callback_set prob n=2", RT_ENOENT, "(probe, late)");
    tell(&c, "callback_remove late", 0, "late removed");
    tell(&c, "callback_remove late", RT_ENOENT, "late");
    tell(&c, "resume", 0, "resumed");
    assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
    assert_int_equal(calls_of("b:train_begin"), 1);
    assert_int_equal(calls_of("b:batch_end"), 2);
    assert_int_equal(calls_of("a:args"), 1);
    assert_int_equal(calls_of("b:train_end"), 0);
    case_close(&c);
}

static void a_stop_counts_from_a_callback_that_came_late(void **state)
{
    (void)state;
    struct fit_case c;
    char why[128];
    open_small(&c);
    case_attach(&c, &probe, "tag=a");
    case_new(&c);
    case_order(&c, "callback_add probe at=train_begin verdict=1 name=late", 1,
               2);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    rt_run_reason(c.run, why, sizeof why);
    assert_string_equal(why, "late: stop");
    assert_int_equal(c.model->iterations, 2);
    assert_int_equal(calls_of("p:train_end"), 1);
    case_close(&c);
    open_small(&c);
    case_attach(&c, &probe, "");
    case_new(&c);
    case_order(&c, "callback_set probe at=args verdict=1", 2, 1);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    rt_run_reason(c.run, why, sizeof why);
    assert_string_equal(why, "probe: stop");
    assert_int_equal(c.model->iterations, 4);
    case_close(&c);
}

static void a_callback_that_fails_when_added_leaves_nothing(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "");
    case_new(&c);
    case_order(&c,
               "callback_add probe at=train_begin order=lr\\ 0.5 verdict=-1 "
               "name=late",
               1, 1);
    case_order(&c, "callback_set probe at=args order=lr\\ 0.25 verdict=-1", 1,
               2);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(case_count(&c, RT_EV_ORDER), 2);
    assert_int_equal(case_event(&c, RT_EV_ORDER, 0)->code, RT_EPLUGIN);
    assert_int_equal(case_event(&c, RT_EV_ORDER, 1)->code, RT_EPLUGIN);
    assert_int_equal(calls_of("train_end"), 1);
    case_close(&c);
}

static int say_it_is_here(const struct rt_host *h, struct rt_hook *at,
                          const void *args, void *state)
{
    (void)args;
    (void)state;
    h->status(at, "here");
    return RT_GO_ON;
}

static const struct rt_plugin here = {
    RT_PLUGIN_HEAD,
    .name = "here",
    .on_train_begin = say_it_is_here,
};

static void the_line_of_a_callback_goes_with_it(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_snapshot s;
    open_small(&c);
    c.spec.epochs = 100000;
    case_attach(&c, &here, "");
    case_start(&c);
    tell(&c, "lr 0.01", 0, "");
    rt_run_snapshot(c.run, &s);
    assert_string_equal(s.callbacks, "here\there\n");
    rt_snapshot_release(&s);
    tell(&c, "callback_remove here", 0, "removed");
    rt_run_snapshot(c.run, &s);
    assert_string_equal(s.callbacks, "");
    rt_snapshot_release(&s);
    case_close(&c);
}

/* ---- the host table ------------------------------------------------------ */

static struct {
    char text[4096];
    int saves;
    char file[64];
} asked;

static int save_weights(const struct rt_model *m, const char *file,
                        struct rt_err *err)
{
    (void)m;
    snprintf(asked.file, sizeof asked.file, "%s", file);
    return asked.saves++ ? rt_fail(err, RT_ENOSPC, "%s: disk full", file) : 0;
}

static int ask_begin(const struct rt_host *h, struct rt_hook *at,
                     const void *args, void *state)
{
    (void)args;
    (void)state;
    struct rt_layer_info info;
    double stats[4];
    size_t n = 0;
    asked.saves = 0;
    n += (size_t)snprintf(asked.text, sizeof asked.text, "%s %s %d/%d %d|",
                          h->run_name(at), h->model_name(at), (int)h->epoch(at),
                          (int)h->n_epochs(at), (int)h->n_batches(at));
    for (int i = 0; h->output(at, i); i++)
        n += (size_t)snprintf(asked.text + n, sizeof asked.text - n, "%s ",
                              h->output(at, i));
    for (int i = 0; h->layer(at, i, &info) == 0; i++)
        n += (size_t)snprintf(asked.text + n, sizeof asked.text - n,
                              "%s:%s:%d:%d ", info.name, info.type,
                              (int)info.params, info.trainable);
    for (int i = 0; h->series(at, i); i++)
        n += (size_t)snprintf(
            asked.text + n, sizeof asked.text - n, "%s%s ", h->series(at, i),
            h->mode(at, h->series(at, i)) == RT_MODE_MAX ? "+" : "");
    if (!isnan(h->metric(at, "loss")) || !isnan(h->metric(at, "nothing")) ||
        h->metric(at, "lr") != 0.01)
        return (h->fail)(at, "metrics before the first batch");
    if (h->layer_stats(at, 1, stats) || !(stats[1] > 0) ||
        !h->layer_stats(at, 99, stats))
        return (h->fail)(at, "layer_stats");
    return h->restore_weights(at, 0) ? RT_GO_ON
                                     : (h->fail)(at, "nothing was kept");
}

static int ask_batch(const struct rt_host *h, struct rt_hook *at,
                     const void *args, void *state)
{
    (void)args;
    (void)state;
    int64_t n = 0;
    if (isnan(h->metric(at, "loss")) || !isnan(h->metric(at, "val_loss")))
        return h->epoch(at) == 1 ? (h->fail)(at, "running means") : RT_GO_ON;
    if (!h->state_int(at, "n", &n))
        return (h->fail)(at, "state outside of save and load");
    h->log(at, "batch %d", (int)h->batch(at));
    return RT_GO_ON;
}

static int ask_epoch(const struct rt_host *h, struct rt_hook *at,
                     const void *args, void *state)
{
    (void)args;
    (void)state;
    char file[64] = "";
    if (isnan(h->metric(at, "val_loss")))
        return (h->fail)(at, "no validation");
    h->status(at, "epoch\t%d", (int)h->epoch(at));
    if (h->keep_weights(at, 3) || h->restore_weights(at, 3))
        return (h->fail)(at, "%s", h->error(at));
    h->drop_weights(at, 3);
    h->drop_weights(at, 3);
    if (!h->save_weights(at, "w-{epoch:02d}-{val_los:.1f}", file,
                         sizeof file) ||
        !strstr(h->error(at), "did you mean val_loss"))
        return (h->fail)(at, "a name that is not known");
    if (!h->save_model(at, "m", NULL, 0))
        return (h->fail)(at, "there is no save_model");
    if (h->save_weights(at, "w-{epoch:02d}", file, sizeof file))
        return (h->fail)(at, "after '%s': %s", file, h->error(at));
    return strcmp(file, "w-01") ? (h->fail)(at, "written '%s'", file)
                                : RT_GO_ON;
}

static const struct rt_plugin ask = {
    RT_PLUGIN_HEAD,
    .name = "ask",
    .on_train_begin = ask_begin,
    .on_batch_end = ask_batch,
    .on_epoch_end = ask_epoch,
};

static void a_hook_asks_and_writes_through_the_host(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256];
    struct rt_snapshot s;
    open_small(&c);
    c.spec.io.save_weights = save_weights;
    case_attach(&c, &ask, "");
    case_run(&c);
    rt_run_reason(c.run, why, sizeof why);
    assert_string_equal(why, "callback 'ask': after '': w-02: disk full");
    assert_string_equal(
        asked.text,
        "case m 0/2 3|y x:input:0:1 dense_1:dense:48:1 dropout_1:dropout:0:1 "
        "y:dense:51:1 loss acc+ val_loss val_acc+ lr ");
    assert_string_equal(case_log(&c, "batch 3")->who, "ask");
    rt_run_snapshot(c.run, &s);
    assert_string_equal(s.callbacks, "ask\tepoch 2\n");
    rt_snapshot_release(&s);
    case_close(&c);
}

static int start(void **state)
{
    (void)state;
    rt_blas_start();
    rt_flush_denormals();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_made_and_kept_apart),
        cmocka_unit_test(an_attachment_is_retuned_or_left_alone),
        cmocka_unit_test(hooks_are_called_in_order_of_attachment),
        cmocka_unit_test(a_verdict_counts_when_all_hooks_were_called),
        cmocka_unit_test(a_stop_at_the_end_of_an_epoch_keeps_the_epoch),
        cmocka_unit_test(a_stop_within_an_epoch_ends_the_epoch),
        cmocka_unit_test(a_stop_at_the_last_batch_leaves_the_epoch_whole),
        cmocka_unit_test(a_stop_at_an_epoch_s_begin_trains_none_of_it),
        cmocka_unit_test(a_stop_before_a_batch_is_heeded_behind_it),
        cmocka_unit_test(orders_are_applied_behind_all_hooks),
        cmocka_unit_test(an_order_before_a_batch_stands_before_it),
        cmocka_unit_test(an_order_nobody_knows_is_the_hook_s_error),
        cmocka_unit_test(a_failing_hook_ends_a_script_s_run),
        cmocka_unit_test(a_hook_that_returns_nonsense_fails),
        cmocka_unit_test(a_failure_at_the_very_end_fails_a_script_s_run),
        cmocka_unit_test(a_failing_hook_pauses_the_run_at_the_prompt),
        cmocka_unit_test(on_error_detach_goes_on_without_it),
        cmocka_unit_test(callbacks_change_while_the_run_goes_on),
        cmocka_unit_test(a_stop_counts_from_a_callback_that_came_late),
        cmocka_unit_test(a_callback_that_fails_when_added_leaves_nothing),
        cmocka_unit_test(the_line_of_a_callback_goes_with_it),
        cmocka_unit_test(a_hook_asks_and_writes_through_the_host),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
