#include "probe_case.h"

#include "train/probe.h"

/* A relu layer whose units are all dead, beside one that lives. */
#define DEAD                                                                   \
    "input x 2; dense 8 relu name=live; dropout 0.5 name=drop;"                \
    "dense 4 relu name=dead bias_initializer=constant(value=-50);"             \
    "dense 3 softmax name=y; output;"                                          \
    "compile sgd lr=0.1 loss=sparse_categorical_crossentropy metrics=acc"

static struct rt_snapshot after(struct fit_case *c, enum rt_hist_of of,
                                int layer, int64_t batches)
{
    struct rt_snapshot s;
    case_new(c);
    rt_run_want(c->run, &(struct rt_want){ true, layer, of, true });
    rt_run_stop_after(c->run, batches);
    case_run(c);
    rt_run_snapshot(c->run, &s);
    return s;
}

static void a_batch_gives_norms_of_gradients_and_updates(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, DEAD, spiral(120));
    c.spec.batch_size = 100;
    c.spec.validation_split = NAN;
    rt_assert_ok(rt_model_ready(c.model, &c.err), &c.err);
    size_t n = c.model->n_params;
    float *before = rt_xmemdup(c.model->weights, n * sizeof *before);
    struct rt_snapshot s = after(&c, RT_HIST_GRADS, 1, 1);
    assert_int_equal(s.n_layers, 5);
    assert_true(isnan(s.layers[0].grad) && isnan(s.layers[0].update));
    const struct rt_model_layer *l = c.model->layers[1];
    double moved = 0, size = 0;
    for (int k = 0; k < l->n_weights; k++) {
        const struct rt_weight *w = l->weights[k];
        for (size_t i = w->offset; i < w->offset + w->n; i++) {
            moved += pow(c.model->weights[i] - before[i], 2);
            size += pow(before[i], 2);
        }
    }
    rt_assert_close(s.layers[1].update, sqrt(moved / size), 1e-6);
    /* plain gradient descent: the update is the rate times the gradient */
    rt_assert_close(s.layers[1].grad, sqrt(moved) / .1, 1e-4);
    assert_true(s.has_hist);
    assert_string_equal(s.hist.title, "live · kernel gradient");
    assert_int_equal(s.hist.n, 16);
    free(before);
    rt_snapshot_release(&s);
    case_close(&c);
}

static void pictures_are_of_the_weights_at_the_last_look(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, DEAD, spiral(120));
    struct rt_snapshot s = after(&c, RT_HIST_WEIGHTS, 1, 5);
    const struct rt_weight *w = c.model->layers[1]->weights[0];
    assert_non_null(s.pictures);
    assert_string_equal(s.pictures->title, "live · kernel");
    assert_int_equal(s.pictures->h, 2);
    assert_int_equal(s.pictures->w, 8);
    assert_memory_equal(s.pictures->v, c.model->weights + w->offset,
                        w->n * sizeof(float));
    rt_snapshot_release(&s);
    case_close(&c);
    case_open(&c, DEAD, spiral(120));
    s = after(&c, RT_HIST_WEIGHTS, 2, 5); /* a dropout has none */
    assert_null(s.pictures);
    rt_snapshot_release(&s);
    case_close(&c);
}

static void a_unit_is_dead_after_enough_rows_of_zeros(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, DEAD, spiral(400));
    c.spec.batch_size = RT_DEAD_ROWS;
    c.spec.validation_split = NAN;
    struct rt_snapshot s = after(&c, RT_HIST_ACTS, 3, 1);
    assert_int_equal(s.layers[1].units, 8);
    assert_true(s.layers[1].dead < 8);
    assert_int_equal(s.layers[2].units, 0); /* a dropout's zeros are drawn */
    assert_int_equal(s.layers[3].units, 4);
    assert_int_equal(s.layers[3].dead, 4);
    assert_true(s.layers[3].act == 0);
    assert_string_equal(s.hist.title, "dead · output");
    assert_int_equal(s.hist.n, 4 * RT_DEAD_ROWS);
    rt_snapshot_release(&s);
    case_close(&c);
    case_open(&c, DEAD, spiral(400));
    c.spec.batch_size = RT_DEAD_ROWS - 1;
    c.spec.validation_split = NAN;
    s = after(&c, RT_HIST_ACTS, 3, 1);
    assert_int_equal(s.layers[3].dead, 0); /* too few rows to tell */
    rt_snapshot_release(&s);
    case_close(&c);
}

/* All gates open, all gates shut, and one as it is: what stuck units give is
 * no zero, and goes from step to step. */
#define STUCK                                                                  \
    "input x 2; reshape 2x1 name=two;"                                         \
    "lstm 3 name=open bias_initializer=constant(value=50) "                    \
    "unit_forget_bias=no return_sequences=yes from=two;"                       \
    "bidirectional {gru 2 bias_initializer=constant(value=50)} name=both "     \
    "from=two; lstm 5 name=live from=two; concatenate from=both,live;"         \
    "dense 3 softmax name=y; output;"                                          \
    "compile sgd lr=0 loss=sparse_categorical_crossentropy"

static void recurrent_units_are_dead_where_all_rows_give_the_same(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, STUCK, spiral(400));
    c.spec.batch_size = RT_DEAD_ROWS;
    c.spec.validation_split = NAN;
    struct rt_snapshot s = after(&c, RT_HIST_ACTS, 3, 1);
    assert_string_equal(s.layers[3].name, "both");
    assert_int_equal(s.layers[3].units, 4);
    assert_int_equal(s.layers[3].dead, 4);
    assert_int_equal(s.layers[4].units, 5);
    assert_int_equal(s.layers[4].dead, 0);
    rt_snapshot_release(&s);
    case_close(&c);
    case_open(&c, STUCK, spiral(400));
    c.spec.batch_size = 1; /* tells nothing */
    c.spec.validation_split = NAN;
    s = after(&c, RT_HIST_ACTS, 3, 2 * RT_DEAD_ROWS);
    assert_int_equal(s.layers[3].dead, 0);
    rt_snapshot_release(&s);
    case_close(&c);
}

static void frozen_layers_have_no_gradient(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, DEAD, spiral(120));
    c.model->layers[1]->trainable = false;
    struct rt_snapshot s = after(&c, RT_HIST_GRADS, 1, 1);
    assert_true(s.layers[1].grad == 0 && s.layers[1].update == 0);
    assert_true(s.layers[4].grad > 0);
    assert_false(s.has_hist);
    rt_snapshot_release(&s);
    case_close(&c);
}

/* Looks are taken in time, not by count, so all that is certain is that each
 * epoch whose look came in time is there once, in order, and that they stay
 * few. */
static void histograms_of_epochs_are_kept_and_thinned_out(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(60));
    c.spec.epochs = 40;
    struct rt_snapshot s = after(&c, RT_HIST_WEIGHTS, 1, 0);
    assert_in_range(s.n_past, 1, RT_PAST_MAX);
    assert_int_equal(s.past[0].epoch, 1);
    for (int i = 1; i < s.n_past; i++)
        assert_true(s.past[i].epoch > s.past[i - 1].epoch);
    assert_string_equal(s.past[0].title, "dense_1 · kernel");
    struct rt_probe *p = rt_run_take_probe(c.run);
    struct rt_histogram h;
    int n;
    assert_true(rt_probe_histogram(p, 1, RT_HIST_UPDATES, &h));
    assert_false(rt_probe_histogram(p, 0, RT_HIST_WEIGHTS, &h));
    assert_false(rt_probe_histogram(p, 99, RT_HIST_ACTS, &h));
    struct rt_layer_stats *all = rt_probe_layers(p, &n);
    assert_int_equal(n, 4);
    free(all);
    rt_probe_free(p);
    rt_snapshot_release(&s);
    case_close(&c);
}

static void looking_changes_no_bit(void **state)
{
    (void)state;
    struct fit_case a, b;
    case_open(&a, TWO_HEADS, two_labels(150));
    case_open(&b, TWO_HEADS, two_labels(150));
    case_run(&a);
    case_new(&b);
    rt_run_keep_stats(b.run);
    case_run(&b);
    assert_same_weights(a.model, b.model);
    assert_same_events(&a, &b, 0);
    case_close(&a);
    case_close(&b);
}

/* As many nodes as before, but not the same ones. */
static void another_graph_gives_each_layer_its_own_output(void **state)
{
    (void)state;
    static const int units[] = { 0, 4, 4, 64, 64, 3 };
    struct fit_case c;
    struct rt_snapshot s;
    char text[256];
    said[0] = '\0';
    case_open(&c,
              "input x 2; dense 4 tanh name=d; batch_norm name=a;"
              "dense 64 tanh name=e; batch_norm name=b;"
              "dense 3 softmax name=y; output;"
              "compile sgd loss=sparse_categorical_crossentropy",
              spiral(60));
    c.model->layers[2]->trainable = false;
    c.model->layers[2]->norm = RT_NORM_INFER;
    case_attach(&c, &probe, "at=batch_begin {order=unfreeze a}");
    case_attach(&c, &probe, "at=batch_begin {order=freeze b bn=infer}");
    case_new(&c);
    rt_run_keep_stats(c.run);
    rt_run_stop_after(c.run, 1);
    case_order(&c, "pause", 0, 0);
    case_start(&c);
    case_await(&c, RT_RUN_PAUSED);
    rt_assert_ok(case_tell(&c, "resume", text), &c.err);
    case_finish(&c);
    rt_run_want(c.run, &(struct rt_want){ .stats = true });
    rt_run_snapshot(c.run, &s);
    assert_true(s.layers[2].trainable && !s.layers[4].trainable);
    for (int i = 0; i < 6; i++)
        assert_int_equal(s.layers[i].units, units[i]);
    rt_snapshot_release(&s);
    case_close(&c);
}

/* What was seen before another plan is not forgotten. */
static void histograms_stay_when_a_batch_norm_is_frozen(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_snapshot s;
    case_open(&c,
              "input x 2; dense 4 relu name=d; batch_norm name=a;"
              "dense 3 softmax name=y; output;"
              "compile sgd loss=sparse_categorical_crossentropy",
              spiral(60));
    case_new(&c);
    rt_run_want(c.run, &(struct rt_want){ .stats = true, .layer = 1 });
    case_order(&c, "freeze a bn=infer", 2, 0);
    case_run(&c);
    rt_run_snapshot(c.run, &s);
    assert_false(s.layers[2].trainable);
    assert_true(s.n_past >= 1 && s.past[0].epoch == 1);
    rt_snapshot_release(&s);
    case_close(&c);
}

static void nothing_is_measured_unless_wanted(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_snapshot s;
    int n;
    case_open(&c, SPIRAL_MODEL, spiral(60));
    case_run(&c);
    rt_run_snapshot(c.run, &s);
    assert_null(s.layers);
    rt_snapshot_release(&s);
    struct rt_probe *p = rt_run_take_probe(c.run);
    assert_null(rt_probe_layers(p, &n));
    assert_null(rt_probe_past(p, 1, RT_HIST_WEIGHTS, &n));
    rt_probe_free(p);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_of_the_weights_at_the_last_look),
        cmocka_unit_test(a_batch_gives_norms_of_gradients_and_updates),
        cmocka_unit_test(a_unit_is_dead_after_enough_rows_of_zeros),
        cmocka_unit_test(recurrent_units_are_dead_where_all_rows_give_the_same),
        cmocka_unit_test(frozen_layers_have_no_gradient),
        cmocka_unit_test(histograms_of_epochs_are_kept_and_thinned_out),
        cmocka_unit_test(looking_changes_no_bit),
        cmocka_unit_test(another_graph_gives_each_layer_its_own_output),
        cmocka_unit_test(histograms_stay_when_a_batch_norm_is_frozen),
        cmocka_unit_test(nothing_is_measured_unless_wanted),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
