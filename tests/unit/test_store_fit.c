/* Real fits with the built-in callbacks, recorded by the store: what comes back
 * is what was seen live. */
#include "fit_case.h"

#include "plugins/load.h"
#include "store/checkpoint.h"
#include "store/runs.h"

struct recorded {
    struct fit_case c;
    struct rt_store *s;
    struct rt_run_record r;
};

static void record(struct recorded *t, const char *folder)
{
    char *dir = rt_xprintf("%s/%s", rt_test_temp(), folder);
    case_open(&t->c, SPIRAL_MODEL, spiral(120));
    t->s = rt_store_open(dir, &t->c.err);
    if (!t->s)
        fail_msg("%s", t->c.err.text);
    free(dir);
    rt_assert_ok(rt_store_attach(t->s, t->c.bus, &t->c.err), &t->c.err);
    t->r = (struct rt_run_record){ .name = "spiral", .model = "mlp" };
    rt_assert_ok(rt_store_begin(t->s, &t->r, &t->c.err), &t->c.err);
    t->c.spec.number = t->r.id;
    t->c.spec.recorder = rt_store_recorder(t->s);
}

static void attach(struct recorded *t, const char *kind, const char *line)
{
    const struct rt_plugin *p = rt_plugin_find(kind, &t->c.err);
    if (!p)
        fail_msg("%s", t->c.err.text);
    case_attach(&t->c, p, line);
}

static enum rt_run_state run_to_end(struct recorded *t)
{
    enum rt_run_state end = case_run(&t->c);
    rt_store_release(t->s, t->r.id);
    return end;
}

static void forget(struct recorded *t)
{
    rt_store_close(t->s);
    case_close(&t->c);
}

static void assert_same_series(const struct rt_history_series *a,
                               const struct rt_history_series *b)
{
    assert_string_equal(a->key, b->key);
    assert_int_equal(a->mode, b->mode);
    assert_int_equal(a->n_epochs, b->n_epochs);
    assert_memory_equal(a->epoch_x, b->epoch_x,
                        (size_t)a->n_epochs * sizeof *a->epoch_x);
    assert_memory_equal(a->epoch_v, b->epoch_v,
                        (size_t)a->n_epochs * sizeof *a->epoch_v);
    assert_int_equal(a->best_epoch, b->best_epoch);
}

static void history_recorded_is_the_one_seen(void **state)
{
    (void)state;
    struct recorded t;
    record(&t, "history");
    t.c.spec.epochs = 12;
    t.c.spec.validate_every = 2;
    attach(&t, "reduce_lr_on_plateau", "patience=1 factor=0.5 min_delta=10");
    case_new(&t.c);
    case_order(&t.c, "lr 0.005", 2, 3);
    assert_int_equal(run_to_end(&t), RT_RUN_FINISHED);
    struct rt_history *live = rt_history_new(t.r.id);
    for (int i = 0; i < t.c.seen.n; i++)
        rt_history_add(live, t.c.seen.v[i]);
    struct rt_history *kept = rt_store_history(t.s, t.r.id, &t.c.err);
    assert_non_null(kept);
    assert_int_equal(kept->n_series, live->n_series);
    for (int i = 0; i < live->n_series; i++)
        assert_same_series(&kept->series[i], &live->series[i]);
    /* the order of the user, and one of the callback at each validation but
     * the first */
    assert_int_equal(live->n_marks, 6);
    assert_int_equal(kept->n_marks, live->n_marks);
    for (int i = 0; i < live->n_marks; i++) {
        assert_string_equal(kept->marks[i].text, live->marks[i].text);
        assert_true(kept->marks[i].x == live->marks[i].x);
    }
    assert_int_equal(kept->epoch, 12);
    rt_history_free(kept);
    rt_history_free(live);
    forget(&t);
}

static void orders_of_callbacks_are_recorded_under_their_name(void **state)
{
    (void)state;
    struct recorded t;
    struct rt_run_note *v;
    int n, orders = 0;
    record(&t, "orders");
    attach(&t, "reduce_lr_on_plateau",
           "name=slower patience=1 factor=0.5 min_delta=10");
    assert_int_equal(run_to_end(&t), RT_RUN_FINISHED);
    rt_assert_ok(rt_store_notes(t.s, t.r.id, &v, &n, &t.c.err), &t.c.err);
    for (int i = 0; i < n; i++) {
        if (!v[i].order)
            continue;
        orders++;
        assert_string_equal(v[i].who, "slower");
        assert_true(v[i].by_callback && v[i].code == 0 && v[i].number > 0);
        assert_non_null(v[i].says);
    }
    assert_int_equal(orders, 2);
    rt_run_notes_free(v, n);
    forget(&t);
}

static void early_stop_is_the_reason_that_is_recorded(void **state)
{
    (void)state;
    struct recorded t;
    struct rt_run_row *row;
    record(&t, "stop");
    t.c.spec.epochs = 50;
    t.c.spec.validate_every = 3;
    attach(&t, "early_stopping",
           "patience=2 min_delta=100 restore_best_weights=yes");
    assert_int_equal(run_to_end(&t), RT_RUN_FINISHED);
    rt_assert_ok(rt_store_find(t.s, "spiral", &row, &t.c.err), &t.c.err);
    assert_string_equal(row->state, "finished");
    assert_int_equal(row->epoch, 9); /* the third validation */
    assert_non_null(strstr(row->reason, "early_stopping"));
    assert_non_null(strstr(row->reason, "2/2"));
    assert_true(row->val_loss ==
                case_value(&t.c, case_event(&t.c, RT_EV_EPOCH, 8), "val_loss"));
    rt_run_rows_free(row, 1);
    forget(&t);
}

/* ---- a program that is killed while its run goes back ---------------------
 */

static struct rt_recorder real;
static int found; /* of what another program is to find */

static void look(int was, int is)
{
    struct rt_err err = RT_ERR_INIT;
    char *dir = rt_xprintf("%s/back", rt_test_temp());
    struct rt_store *s = rt_store_open(dir, &err);
    struct rt_run_row *row = NULL;
    struct rt_run_note *note = NULL;
    struct rt_checkpoint_row *point = NULL;
    char id[16];
    int n = 0;
    snprintf(id, sizeof id, "%d", was);
    if (!rt_store_find(s, id, &row, &err)) {
        found += !strcmp(row->state, "stopped") &&
                 strstr(row->reason, "goes on as run 2");
        rt_run_rows_free(row, 1);
    }
    snprintf(id, sizeof id, "%d", is);
    if (!rt_store_find(s, id, &row, &err)) {
        found += !strcmp(row->state, "running") && row->parent == was;
        rt_run_rows_free(row, 1);
    }
    if (!rt_store_notes(s, was, &note, &n, &err) && n > 0)
        found += note[n - 1].order && note[n - 1].says && !note[n - 1].code;
    rt_run_notes_free(note, n);
    n = 0;
    if (!rt_store_checkpoints(s, is, &point, &n, &err) && n == 1)
        found += !rt_checkpoint_verify(&point[0], &err);
    rt_checkpoint_rows_free(point, n);
    rt_store_close(s);
    free(dir);
}

static int branch_and_look(void *ctx, struct rt_rewind *w,
                           const struct rt_checkpoint *c,
                           struct rt_state_memory *m, struct rt_err *err)
{
    int rc = real.branch(ctx, w, c, m, err);
    if (!rc)
        look(w->run, w->number);
    return rc;
}

static void a_run_ends_and_its_branch_begins_in_one_commit(void **state)
{
    (void)state;
    struct recorded t;
    record(&t, "back");
    real = t.c.spec.recorder;
    t.c.spec.recorder.branch = branch_and_look;
    t.c.spec.epochs = 6;
    case_new(&t.c);
    case_order(&t.c, "rewind 2", 4, 1);
    assert_int_equal(case_run(&t.c), RT_RUN_FINISHED);
    rt_store_release(t.s, 2);
    assert_int_equal(found, 4);
    forget(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_recorded_is_the_one_seen),
        cmocka_unit_test(orders_of_callbacks_are_recorded_under_their_name),
        cmocka_unit_test(early_stop_is_the_reason_that_is_recorded),
        cmocka_unit_test(a_run_ends_and_its_branch_begins_in_one_commit),
    };
    const char *dir = getenv("RT_PLUGINS");
    if (dir)
        setenv("RETORT_PLUGIN_PATH", dir, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
