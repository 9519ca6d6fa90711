/* The host table: what a hook asks and writes. */
#include "probe_case.h"

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

/* ---- asking before the start ----------------------------------------------
 */

struct wants {
    const char *series, *file;
};
static const struct rt_opt wants_opts[] = {
    RT_OPT(struct wants, series, .def = "loss"),
    RT_OPT(struct wants, file, .def = "f", .live = 1), RT_OPT_END
};

static int check(const struct rt_host *h, struct rt_hook *at, const void *args,
                 void *state)
{
    const struct wants *a = args;
    (void)state;
    if (h->want_series(at, a->series) || h->want_file(at, a->file))
        return (h->fail)(at, "%s", h->error(at));
    return RT_GO_ON;
}

static const struct rt_plugin wants = {
    RT_PLUGIN_HEAD,     .name = "wants",
    .opts = wants_opts, .args_size = sizeof(struct wants),
    .check = check,
};

static void assert_refused(bool validates, const char *words, const char *why)
{
    struct fit_case c;
    open_small(&c);
    if (!validates)
        c.spec.validation_split = NAN;
    case_attach(&c, &wants, words);
    assert_null(rt_run_new(&c.spec, c.bus, &c.err));
    rt_assert_error(&c.err, RT_EINVAL, why);
    assert_false(c.model->busy);
    case_close(&c);
}

static void a_check_refuses_the_run_before_it_starts(void **state)
{
    (void)state;
    const char *file = rt_test_file("plain", "x", 1);
    char *below = rt_xprintf("file=%s/sub/w.h5", file);
    assert_refused(true, "series=val_los",
                   "callback 'wants': this fit has no series "
                   "'val_los'; did you mean val_loss?");
    assert_refused(false, "series=val_loss", "'val_loss' is of a validation");
    assert_refused(true, "file=w{val_los}", "did you mean val_loss");
    assert_refused(false, "file=w{val_loss:.2f}", "is of a validation");
    assert_refused(true, "file=w{epoch:z}", "format 'z'");
    assert_refused(true, below, "is no folder");
    free(below);
}

static void a_check_refuses_a_change_while_it_runs(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    c.spec.epochs = 1000000;
    case_attach(&c, &wants, "");
    case_start(&c);
    char says[256];
    assert_int_equal(case_tell(&c, "callback_set wants file=w{los}", says),
                     RT_EINVAL);
    assert_non_null(strstr(c.err.text, "did you mean "));
    assert_int_equal(case_tell(&c, "callback_set wants file=w{loss}", says), 0);
    case_close(&c);
}

/* ---- copies of some layers ----------------------------------------------- */

static struct {
    float trunk, kind, size; /* a weight of each, when the copy was made */
    char sets[256];
} copied;

static float first_weight(struct fit_case *c, const char *layer)
{
    for (int i = 0; i < c->model->n_layers; i++)
        if (!strcmp(c->model->layers[i]->name, layer))
            return c->model->weights[c->model->layers[i]->weights[0]->offset];
    return NAN;
}

static struct fit_case *copying; /* whose weights the hook looks at */

/* Keeps a branch at the end of epoch 1, puts it back at that of epoch 2. */
static int copy_epoch(const struct rt_host *h, struct rt_hook *at,
                      const void *args, void *state)
{
    (void)args;
    (void)state;
    struct rt_layer_info info;
    if (h->epoch(at) == 1) {
        copied.trunk = first_weight(copying, "trunk");
        copied.kind = first_weight(copying, "kind");
        copied.size = first_weight(copying, "size");
        for (int k, i = 0; (k = h->layer_in(at, "branch:kind", i)) >= 0; i++)
            if (!h->layer(at, k, &info))
                strcat(strcat(copied.sets, info.name), " ");
        if (h->layer_in(at, "branch:nope", 0) >= 0 ||
            !strstr(h->error(at), "'nope' is no output"))
            return (h->fail)(at, "a set of nothing");
        if (!h->keep_layers(at, 1, "after:size"))
            return (h->fail)(at, "no layers are kept");
        if (h->keep_layers(at, 1, "branch:size") ||
            h->keep_layers(at, 1, "branch:kind"))
            return (h->fail)(at, "%s", h->error(at));
    } else if (h->epoch(at) == 2 && h->restore_weights(at, 1)) {
        return (h->fail)(at, "%s", h->error(at));
    }
    return RT_GO_ON;
}

static const struct rt_plugin copy = {
    RT_PLUGIN_HEAD,
    .name = "copy",
    .on_epoch_end = copy_epoch,
};

static const struct rt_plugin *find_copy(const char *name, struct rt_err *err)
{
    (void)name;
    (void)err;
    return &copy;
}

static void a_copy_of_some_layers_puts_these_back(void **state)
{
    (void)state;
    struct fit_case c;
    copying = &c;
    memset(&copied, 0, sizeof copied);
    case_open(&c, TWO_HEADS, two_labels(100));
    c.spec.epochs = 2;
    case_attach(&c, &copy, "");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_string_equal(copied.sets, "dropout_1 kind ");
    assert_true(first_weight(&c, "kind") == copied.kind);
    assert_true(first_weight(&c, "size") != copied.size);
    assert_true(first_weight(&c, "trunk") != copied.trunk);
    case_close(&c);
}

static void save_state(void *arg)
{
    struct rt_state s;
    void **both = arg;
    struct rt_state_backend to = rt_state_memory_backend(both[1]);
    rt_state_init(&s, &to, false);
    assert_int_equal(rt_run_walk(both[0], &s), 0);
}

static void a_copy_of_some_layers_is_saved_and_loaded(void **state)
{
    (void)state;
    struct fit_case a, b;
    struct rt_state_memory *mem = rt_state_memory_new();
    struct rt_state s;
    struct rt_state_backend from = rt_state_memory_backend(mem);
    copying = &a;
    memset(&copied, 0, sizeof copied);
    case_open(&a, TWO_HEADS, two_labels(100));
    a.spec.epochs = 2;
    case_attach(&a, &copy, "");
    case_new(&a);
    rt_run_stop_after(a.run, 7); /* of 5 batches an epoch */
    case_run(&a);
    save_state((void *[]){ a.run, mem });
    copying = &b;
    case_open(&b, TWO_HEADS, two_labels(100));
    b.spec.epochs = 2;
    b.spec.find_plugin = find_copy;
    case_attach(&b, &copy, "");
    case_new(&b);
    rt_state_init(&s, &from, true);
    if (rt_run_walk(b.run, &s))
        fail_msg("%s", s.err.text);
    assert_int_equal(case_run(&b), RT_RUN_FINISHED);
    assert_true(first_weight(&b, "kind") == copied.kind);
    assert_true(first_weight(&b, "size") != copied.size);
    case_close(&a);
    case_close(&b);
    rt_state_memory_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hook_asks_and_writes_through_the_host),
        cmocka_unit_test(a_check_refuses_the_run_before_it_starts),
        cmocka_unit_test(a_check_refuses_a_change_while_it_runs),
        cmocka_unit_test(a_copy_of_some_layers_puts_these_back),
        cmocka_unit_test(a_copy_of_some_layers_is_saved_and_loaded),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
