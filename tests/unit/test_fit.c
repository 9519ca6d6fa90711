#include "fit_case.h"

#include "train/evaluate.h"

static void same_seed_gives_the_same_bits(void **state)
{
    (void)state;
    struct fit_case a, b, other;
    case_open(&a, SPIRAL_MODEL, spiral(150));
    case_open(&b, SPIRAL_MODEL, spiral(150));
    case_open(&other, SPIRAL_MODEL, spiral(150));
    other.spec.seed++;
    assert_int_equal(case_run(&a), RT_RUN_FINISHED);
    assert_int_equal(case_run(&b), RT_RUN_FINISHED);
    assert_int_equal(case_run(&other), RT_RUN_FINISHED);
    assert_same_weights(a.model, b.model);
    assert_same_events(&a, &b, 0);
    assert_true(memcmp(a.model->weights, other.model->weights,
                       a.model->n_params * sizeof(float)) != 0);
    case_close(&a);
    case_close(&b);
    case_close(&other);
}

static void the_number_of_threads_changes_no_bit(void **state)
{
    (void)state;
    struct fit_case a, b;
    case_open(&a, TWO_HEADS, two_labels(200));
    case_open(&b, TWO_HEADS, two_labels(200));
    case_run(&a);
    rt_pool_threads(2);
    case_run(&b);
    rt_pool_threads(1);
    assert_same_weights(a.model, b.model);
    assert_same_events(&a, &b, 0);
    case_close(&a);
    case_close(&b);
}

static void two_fits_at_once_give_the_bits_of_each_alone(void **state)
{
    (void)state;
    struct fit_case alone[2], side[2];
    const char *lines[2] = { SPIRAL_MODEL, TWO_HEADS };
    for (int i = 0; i < 2; i++) {
        case_open(&alone[i], lines[i], i ? two_labels(300) : spiral(300));
        case_open(&side[i], lines[i], i ? two_labels(300) : spiral(300));
        alone[i].spec.epochs = side[i].spec.epochs = 6;
        case_run(&alone[i]);
    }
    case_start(&side[0]);
    case_start(&side[1]);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(case_finish(&side[i]), RT_RUN_FINISHED);
        assert_same_weights(alone[i].model, side[i].model);
        assert_same_events(&alone[i], &side[i], 0);
        case_close(&alone[i]);
        case_close(&side[i]);
    }
}

static void it_learns_the_spiral(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c,
              "input x 2; dense 32 tanh; dense 3 softmax name=y; output;"
              "compile adam lr=0.02 loss=sparse_categorical_crossentropy "
              "metrics=acc",
              spiral(300));
    c.spec.epochs = 60;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *last = case_event(&c, RT_EV_EPOCH, 59);
    assert_non_null(last);
    assert_true(case_value(&c, last, "acc") > 0.9);
    assert_true(case_value(&c, last, "loss") < 0.3);
    case_close(&c);
}

static void series_are_announced_as_keras_calls_them(void **state)
{
    (void)state;
    static const char *const want[] = {
        "loss",
        "kind_loss",
        "size_loss",
        "kind_acc",
        "size_mae",
        "val_loss",
        "val_kind_loss",
        "val_size_loss",
        "val_kind_acc",
        "val_size_mae",
        "lr",
    };
    struct fit_case c;
    case_open(&c, TWO_HEADS, two_labels(100));
    case_run(&c);
    assert_int_equal(case_count(&c, RT_EV_SERIES), 11);
    for (int i = 0; i < 11; i++) {
        const struct rt_event *e = case_event(&c, RT_EV_SERIES, i);
        assert_string_equal(e->key, want[i]);
        assert_int_equal(e->series_id, i);
    }
    assert_int_equal(case_event(&c, RT_EV_SERIES, 3)->mode, RT_MODE_MAX);
    assert_int_equal(case_event(&c, RT_EV_SERIES, 0)->mode, RT_MODE_MIN);
    assert_string_equal(case_event(&c, RT_EV_SERIES, 3)->output, "kind");
    assert_null(case_event(&c, RT_EV_SERIES, 0)->output);
    case_close(&c);
    case_open(&c, SPIRAL_MODEL, spiral(60));
    case_run(&c);
    assert_int_equal(case_count(&c, RT_EV_SERIES), 5);
    case_close(&c);
}

static void the_total_is_the_weighted_sum(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, TWO_HEADS, two_labels(100));
    case_run(&c);
    for (int i = 0; i < case_count(&c, RT_EV_BATCH); i++) {
        const struct rt_event *e = case_event(&c, RT_EV_BATCH, i);
        rt_assert_close(case_value(&c, e, "loss"),
                        case_value(&c, e, "kind_loss") +
                            0.5 * case_value(&c, e, "size_loss"),
                        1e-12);
    }
    case_close(&c);
}

static void the_epoch_s_loss_is_the_mean_over_rows(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50)); /* 40 train: 16, 16, 8 */
    c.spec.epochs = 2;
    case_run(&c);
    double sum = 0;
    int rows = 0, epochs = 0;
    for (int i = 0; i < c.seen.n; i++) {
        const struct rt_event *e = c.seen.v[i];
        if (e->type == RT_EV_BATCH) {
            sum += e->value[0] * e->rows;
            rows += e->rows;
            rt_assert_close(e->mean[0], sum / rows, 1e-12);
            assert_int_equal(e->n_batches, 3);
        } else if (e->type == RT_EV_EPOCH) {
            assert_int_equal(rows, 40);
            assert_int_equal(e->epoch, ++epochs);
            rt_assert_close(case_value(&c, e, "loss"), sum / rows, 1e-12);
            sum = rows = 0;
        }
    }
    assert_int_equal(epochs, 2);
    case_close(&c);
}

/* The last share validates, in its order, without dropout. */
static void validation_is_an_evaluation_of_the_last_rows(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_score *scores;
    int n;
    uint32_t rows[10];
    case_open(&c, SPIRAL_MODEL, spiral(50));
    case_run(&c);
    for (uint32_t i = 0; i < 10; i++)
        rows[i] = 40 + i;
    struct rt_dataset *last = rt_dataset_pick(c.data, "last", rows, 10, &c.err);
    assert_non_null(last);
    rt_assert_ok(rt_evaluate(c.model, last, 16, NULL, &scores, &n, &c.err),
                 &c.err);
    const struct rt_event *e = case_event(&c, RT_EV_EPOCH, 2);
    assert_int_equal(n, 2);
    assert_true(scores[0].value == case_value(&c, e, "val_loss"));
    assert_true(scores[1].value == case_value(&c, e, "val_acc"));
    rt_scores_free(scores, n);
    rt_dataset_unref(last);
    case_close(&c);
}

static void a_validation_set_gives_the_same_as_its_share(void **state)
{
    (void)state;
    struct fit_case a, b;
    uint32_t rows[50];
    for (uint32_t i = 0; i < 50; i++)
        rows[i] = i;
    case_open(&a, SPIRAL_MODEL, spiral(50));
    case_open(&b, SPIRAL_MODEL, spiral(50));
    struct rt_dataset *train = rt_dataset_pick(b.data, "t", rows, 40, &b.err);
    struct rt_dataset *val =
        rt_dataset_pick(b.data, "v", rows + 40, 10, &b.err);
    b.spec.data = train;
    b.spec.validation = val;
    b.spec.validation_split = NAN;
    case_run(&a);
    case_run(&b);
    assert_same_events(&a, &b, 0);
    assert_same_weights(a.model, b.model);
    rt_dataset_unref(train);
    rt_dataset_unref(val);
    case_close(&a);
    case_close(&b);
}

static void validation_is_made_every_so_many_epochs(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    c.spec.epochs = 4;
    c.spec.validate_every = 2;
    case_run(&c);
    for (int i = 0; i < 4; i++) {
        const struct rt_event *e = case_event(&c, RT_EV_EPOCH, i);
        assert_int_equal(isnan(case_value(&c, e, "val_loss")) != 0, i % 2 == 0);
        assert_false(isnan(case_value(&c, e, "lr")));
    }
    case_close(&c);
}

static void steps_shorten_an_epoch(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(150));
    c.spec.steps = 3;
    c.spec.epochs = 2;
    case_run(&c);
    assert_int_equal(case_count(&c, RT_EV_BATCH), 6);
    assert_int_equal(case_event(&c, RT_EV_BATCH, 0)->n_batches, 3);
    case_close(&c);
}

static void initial_epoch_counts_from_there(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    c.spec.initial_epoch = 2;
    c.spec.epochs = 4;
    case_run(&c);
    assert_int_equal(case_count(&c, RT_EV_EPOCH), 2);
    assert_int_equal(case_event(&c, RT_EV_EPOCH, 0)->epoch, 3);
    case_close(&c);
}

static void a_second_fit_goes_on_with_other_keys(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    c.spec.epochs = 1;
    case_run(&c);
    int64_t updates = c.model->iterations;
    assert_int_equal(updates, 3);
    assert_int_equal(c.model->n_fits, 1);
    rt_run_free(c.run);
    c.run = NULL;
    assert_false(c.model->busy);
    case_run(&c);
    assert_int_equal(c.model->iterations, 2 * updates);
    assert_int_equal(c.model->n_fits, 2);
    case_close(&c);
}

static void order_without_shuffling_is_the_data_s(void **state)
{
    (void)state;
    struct fit_case a, b;
    case_open(&a,
              "input x 2; dense 3 softmax name=y; output;"
              "compile sgd lr=0.1 loss=sparse_categorical_crossentropy",
              spiral(50));
    case_open(&b,
              "input x 2; dense 3 softmax name=y; output;"
              "compile sgd lr=0.1 loss=sparse_categorical_crossentropy",
              spiral(50));
    a.spec.shuffle = b.spec.shuffle = false;
    b.spec.seed = 99;
    case_run(&a);
    case_run(&b);
    assert_same_weights(a.model, b.model);
    case_close(&a);
    case_close(&b);
}

static struct rt_dataset *poisoned(int n, int bad)
{
    struct rt_dataset *d = rt_dataset_new("poison", (size_t)n, "test");
    float *x = calloc((size_t)n, sizeof *x), *y = calloc((size_t)n, sizeof *y);
    struct rt_err err = RT_ERR_INIT;
    for (int i = 0; i < n; i++)
        x[i] = y[i] = (float)i / (float)n;
    x[bad] = NAN;
    rt_assert_ok(rt_dataset_add_column(d, "x", RT_F32, &RT_SHAPE(1), (size_t)n,
                                       x, NULL, 0, &err),
                 &err);
    rt_assert_ok(rt_dataset_add_column(d, "y", RT_F32, &RT_SHAPE(1), (size_t)n,
                                       y, NULL, 0, &err),
                 &err);
    return d;
}

static void a_loss_that_is_not_finite_ends_the_run_with_a_report(void **state)
{
    (void)state;
    struct fit_case c;
    char why[1024];
    case_open(&c,
              "input x 1; dense 4 tanh name=first; dense 1 name=y; output;"
              "compile sgd lr=0.1 loss=mse",
              poisoned(40, 23));
    c.spec.validation_split = NAN;
    c.spec.shuffle = false;
    c.spec.batch_size = 10;
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), RT_ENAN);
    assert_non_null(strstr(why, "epoch 1, batch 3"));
    assert_non_null(strstr(why, "'y' is nan"));
    assert_non_null(strstr(why, "in the data: row 23 ("));
    assert_non_null(strstr(why, "input 'x', row 23"));
    assert_non_null(strstr(why, "norms of weights: first"));
    assert_int_equal(c.model->iterations, 2);
    assert_int_equal(case_count(&c, RT_EV_BATCH), 2);
    const struct rt_event *log = case_log(&c, "not finite");
    assert_non_null(log);
    assert_int_equal(log->code, RT_LOG_ERROR);
    for (size_t i = 0; i < c.model->n_params; i++)
        assert_true(isfinite(c.model->weights[i]));
    case_close(&c);
}

static void weights_that_explode_are_found_in_their_layer(void **state)
{
    (void)state;
    struct fit_case c;
    char why[1024];
    case_open(&c,
              "input x 1; dense 4 name=first; dense 1 name=y; output;"
              "compile sgd lr=1e30 loss=mse",
              poisoned(40, 39));
    c.spec.validation_split = 0.1;
    c.spec.epochs = 50;
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), RT_ENAN);
    assert_null(strstr(why, "not finite in the data"));
    assert_non_null(strstr(why, "first not finite: "));
    assert_null(strstr(why, "input '"));
    assert_int_equal(case_event(&c, RT_EV_STATE, 1)->code, RT_RUN_FAILED);
    assert_string_equal(case_event(&c, RT_EV_STATE, 1)->text, why);
    case_close(&c);
}

static void nan_go_on_skips_the_update_alone(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c,
              "input x 1; dense 4 tanh; dense 1 name=y; output;"
              "compile sgd lr=0.1 loss=mse",
              poisoned(40, 23));
    c.spec.validation_split = NAN;
    c.spec.batch_size = 10;
    c.spec.epochs = 2;
    c.spec.nan_go_on = true;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(c.model->iterations, 6);
    assert_int_equal(case_count(&c, RT_EV_BATCH), 8);
    assert_non_null(case_log(&c, "skipped"));
    assert_true(
        isfinite(case_value(&c, case_event(&c, RT_EV_EPOCH, 1), "loss")));
    case_close(&c);
}

/* What terminate_on_nan asks, where such a batch is not the run's end. */
static int stop_at_nan(const struct rt_host *h, struct rt_hook *at,
                       const void *args, void *state)
{
    (void)args;
    (void)state;
    return isfinite(h->metric(at, "loss")) ? RT_GO_ON : RT_STOP;
}

static int check_mean(const struct rt_host *h, struct rt_hook *at,
                      const void *args, void *state)
{
    (void)args;
    (void)state;
    return isfinite(h->metric(at, "loss")) ? RT_GO_ON
                                           : (h->fail)(at, "no mean");
}

static const struct rt_plugin nan_stops = {
    RT_PLUGIN_HEAD,
    .name = "nan_stops",
    .on_batch_end = stop_at_nan,
    .on_epoch_end = check_mean,
};

static void a_skipped_loss_is_seen_by_hooks(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c,
              "input x 1; dense 4 tanh; dense 1 name=y; output;"
              "compile sgd lr=0.1 loss=mse",
              poisoned(40, 23));
    c.spec.validation_split = NAN;
    c.spec.shuffle = false;
    c.spec.batch_size = 10;
    c.spec.nan_go_on = true;
    case_attach(&c, &nan_stops, "");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(c.model->iterations, 2);
    assert_int_equal(case_count(&c, RT_EV_BATCH), 3);
    assert_true(
        isfinite(case_value(&c, case_event(&c, RT_EV_EPOCH, 0), "loss")));
    case_close(&c);
}

static void what_does_not_fit_is_said_before_it_starts(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    c.spec.batch_size = 0;
    assert_null(rt_run_new(&c.spec, c.bus, &c.err));
    rt_assert_error(&c.err, RT_EINVAL, "batch_size is 0");
    c.spec.batch_size = 16;
    c.spec.epochs = 0;
    assert_null(rt_run_new(&c.spec, c.bus, &c.err));
    rt_assert_error(&c.err, RT_EINVAL, "epochs is 0");
    c.spec.epochs = 1;
    c.spec.validation_split = 0.999;
    assert_null(rt_run_new(&c.spec, c.bus, &c.err));
    rt_assert_error(&c.err, RT_EINVAL, "too few");
    c.spec.validation_split = 1;
    assert_null(rt_run_new(&c.spec, c.bus, &c.err));
    rt_assert_error(&c.err, RT_EINVAL, "share");
    c.spec.validation_split = NAN;
    assert_false(c.model->busy);
    case_new(&c);
    assert_true(c.model->busy);
    assert_null(rt_run_new(&c.spec, c.bus, &c.err));
    rt_assert_error(&c.err, RT_EBUSY, "trains already");
    case_close(&c);
}

/* What a batch needs is sized by the rows that there are. */
static void a_batch_may_be_larger_than_the_data(void **state)
{
    (void)state;
    struct fit_case whole, large;
    case_open(&whole, SPIRAL_MODEL, spiral(50));
    case_open(&large, SPIRAL_MODEL, spiral(50));
    whole.spec.batch_size = 40;
    large.spec.batch_size = 2000000000;
    assert_int_equal(case_run(&whole), RT_RUN_FINISHED);
    assert_int_equal(case_run(&large), RT_RUN_FINISHED);
    assert_int_equal(case_count(&large, RT_EV_BATCH), 3);
    assert_same_events(&whole, &large, 0);
    assert_same_weights(whole.model, large.model);
    case_close(&whole);
    case_close(&large);
}

static void two_hundred_short_fits_leave_nothing(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    c.spec.epochs = 1;
    for (int i = 0; i < 200; i++) {
        rt_assert_ok(!(c.run = rt_run_new(&c.spec, c.bus, &c.err)), &c.err);
        rt_assert_ok(rt_run_start(c.run, &c.err), &c.err);
        if (i % 3)
            rt_run_join(c.run);
        rt_run_free(c.run);
    }
    c.run = NULL;
    assert_int_equal(c.model->n_fits, 200);
    case_close(&c);
}

static int stop(void **state)
{
    (void)state;
    rt_pool_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_gives_the_same_bits),
        cmocka_unit_test(the_number_of_threads_changes_no_bit),
        cmocka_unit_test(two_fits_at_once_give_the_bits_of_each_alone),
        cmocka_unit_test(it_learns_the_spiral),
        cmocka_unit_test(series_are_announced_as_keras_calls_them),
        cmocka_unit_test(the_total_is_the_weighted_sum),
        cmocka_unit_test(the_epoch_s_loss_is_the_mean_over_rows),
        cmocka_unit_test(validation_is_an_evaluation_of_the_last_rows),
        cmocka_unit_test(a_validation_set_gives_the_same_as_its_share),
        cmocka_unit_test(validation_is_made_every_so_many_epochs),
        cmocka_unit_test(steps_shorten_an_epoch),
        cmocka_unit_test(initial_epoch_counts_from_there),
        cmocka_unit_test(a_second_fit_goes_on_with_other_keys),
        cmocka_unit_test(order_without_shuffling_is_the_data_s),
        cmocka_unit_test(a_loss_that_is_not_finite_ends_the_run_with_a_report),
        cmocka_unit_test(weights_that_explode_are_found_in_their_layer),
        cmocka_unit_test(nan_go_on_skips_the_update_alone),
        cmocka_unit_test(a_skipped_loss_is_seen_by_hooks),
        cmocka_unit_test(what_does_not_fit_is_said_before_it_starts),
        cmocka_unit_test(a_batch_may_be_larger_than_the_data),
        cmocka_unit_test(two_hundred_short_fits_leave_nothing),
    };
    return cmocka_run_group_tests(tests, case_setup, stop);
}
