/* Rows that lack a label of one output: it has no loss, no gradient and no
 * metric of them, and the others do not notice. */
#include "fit_case.h"

#include "train/evaluate.h"
#include "train/gradient.h"
#include "train/run_private.h"

#define HEADS                                                                  \
    "input x 2; dense 8 tanh name=trunk; dense 3 softmax name=kind; output;"   \
    "at trunk; dense 1 name=size; output; compile sgd lr=0.1 "                 \
    "loss=kind:sparse_categorical_crossentropy,size:mse metrics=kind:acc,"     \
    "size:mae,size:r2"

/* two_labels with gaps in size: of the rows that lacks() says. */
static struct rt_dataset *with_gaps(int n, bool (*lacks)(int row))
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = two_labels(n);
    struct rt_column *c = rt_dataset_column(d, "size", &err);
    for (int i = 0; i < n; i++)
        if (lacks(i)) {
            float *v = (float *)(uintptr_t)rt_column_row(d, c, (size_t)i);
            *v = NAN;
        }
    return d;
}

static bool odd(int row)
{
    return row % 2;
}

static bool all(int row)
{
    return row >= 0;
}

static bool from_16(int row)
{
    return row >= 16;
}

static bool none(int row)
{
    return row < 0;
}

static double score(const struct rt_score *s, int n, const char *key)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(s[i].key, key))
            return s[i].value;
    fail_msg("no %s", key);
    return 0;
}

/* The rows with a label alone. */
static struct rt_dataset *those_with(const struct rt_dataset *d, int n,
                                     bool (*lacks)(int row))
{
    struct rt_err err = RT_ERR_INIT;
    uint32_t rows[512];
    size_t k = 0;
    for (int i = 0; i < n; i++)
        if (!lacks(i))
            rows[k++] = (uint32_t)i;
    struct rt_dataset *p = rt_dataset_pick(d, "some", rows, k, &err);
    assert_non_null(p);
    return p;
}

static void check_means(enum rt_dialect dialect)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_model *m = lines_model(HEADS);
    m->dialect = dialect;
    struct rt_dataset *d = with_gaps(90, odd), *some = those_with(d, 90, odd);
    struct rt_score *a, *b;
    int n;
    rt_assert_ok(rt_evaluate(m, d, 16, NULL, &a, &n, &err), &err);
    rt_assert_ok(rt_evaluate(m, some, 16, NULL, &b, &n, &err), &err);
    static const char *const keys[] = { "size_loss", "size_mae", "size_r2" };
    for (int i = 0; i < 3; i++)
        rt_assert_close(score(a, n, keys[i]), score(b, n, keys[i]), 1e-5);
    assert_true(fabs(score(a, n, "kind_loss") - score(b, n, "kind_loss")) >
                1e-6);
    rt_assert_close(score(a, n, "loss"),
                    score(a, n, "kind_loss") + score(a, n, "size_loss"), 1e-12);
    rt_scores_free(a, n);
    rt_scores_free(b, n);
    rt_dataset_unref(some);
    rt_dataset_unref(d);
    rt_model_free(m);
}

static void losses_and_metrics_are_means_over_the_rows_with_a_label(void **s)
{
    (void)s;
    check_means(RT_KERAS_2_3_1);
    check_means(RT_KERAS_2_2_4);
}

static bool before_20(int row)
{
    return row < 20;
}

/* Batches that lack none, some and all of their labels: what is weighed counts
 * every row alike, as do means. */
static void weighed_metrics_count_each_row_with_a_label_alike(void **state)
{
    (void)state;
    static const enum rt_dialect dialects[] = { RT_KERAS_2_3_1,
                                                RT_TF_KERAS_2_4_0 };
    static const char *const keys[] = { "weighted_mae", "weighted_r2", "mae" };
    for (int k = 0; k < 2; k++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_model *m = lines_model(
            "input x 2; dense 8 tanh; dense 1 name=size; output; compile sgd "
            "loss=mse metrics=mae,weighted_mae,weighted_r2");
        m->dialect = dialects[k];
        struct rt_dataset *d = with_gaps(90, before_20),
                          *some = those_with(d, 90, before_20);
        struct rt_score *a, *b;
        int n;
        rt_assert_ok(rt_evaluate(m, d, 16, NULL, &a, &n, &err), &err);
        rt_assert_ok(rt_evaluate(m, some, 16, NULL, &b, &n, &err), &err);
        for (int i = 0; i < 3; i++)
            rt_assert_close(score(a, n, keys[i]), score(b, n, keys[i]), 1e-5);
        rt_scores_free(a, n);
        rt_scores_free(b, n);
        rt_dataset_unref(some);
        rt_dataset_unref(d);
        rt_model_free(m);
    }
}

static void add_floats(struct rt_dataset *d, const char *name,
                       const struct rt_shape *row, size_t rows, const float *v)
{
    struct rt_err err = RT_ERR_INIT;
    size_t size = rows * rt_shape_count(row) * sizeof *v;
    float *own = memcpy(malloc(size), v, size);
    rt_assert_ok(
        rt_dataset_add_column(d, name, RT_F32, row, rows, own, NULL, 0, &err),
        &err);
}

/* 8 samples of 4 steps, of which the last k are masked; every other one lacks
 * its label. */
static struct rt_dataset *masked_steps(void)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = rt_dataset_new("steps", 8, "test");
    float *x = malloc(32 * sizeof *x), *y = malloc(32 * sizeof *y);
    for (int i = 0; i < 32; i++) {
        x[i] = i % 4 < 4 - i / 4 % 3 ? (float)(i % 5) + 1 : 0;
        y[i] = odd(i / 4) ? NAN : (float)(i % 7);
    }
    rt_assert_ok(rt_dataset_add_column(d, "x", RT_F32, &RT_SHAPE(4, 1), 8, x,
                                       NULL, 0, &err),
                 &err);
    rt_assert_ok(rt_dataset_add_column(d, "y", RT_F32, &RT_SHAPE(4, 1), 8, y,
                                       NULL, 0, &err),
                 &err);
    return d;
}

/* Steps that are masked count for the rows with a label alone. */
static void masks_are_those_of_the_rows_with_a_label(void **state)
{
    (void)state;
    static const enum rt_dialect dialects[] = { RT_KERAS_2_2_4,
                                                RT_KERAS_2_3_1 };
    static const char *const keys[] = {
        "loss", "mae",         "weighted_mae",
        "r2",   "recall(0.1)", "weighted_recall(0.1)"
    };
    for (int k = 0; k < 2; k++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_model *m = lines_model(
            "input x 4x1; masking; simple_rnn 3 return_sequences=yes; dense 1 "
            "name=y; output; compile sgd loss=mse "
            "metrics=mae,weighted_mae,r2,recall(0.1),weighted_recall(0.1)");
        m->dialect = dialects[k];
        struct rt_dataset *d = masked_steps(), *some = those_with(d, 8, odd);
        struct rt_score *a, *b;
        int n;
        rt_assert_ok(rt_evaluate(m, d, 8, NULL, &a, &n, &err), &err);
        rt_assert_ok(rt_evaluate(m, some, 8, NULL, &b, &n, &err), &err);
        for (int i = 0; i < 6; i++)
            rt_assert_close(score(a, n, keys[i]), score(b, n, keys[i]), 1e-6);
        rt_scores_free(a, n);
        rt_scores_free(b, n);
        rt_dataset_unref(some);
        rt_dataset_unref(d);
        rt_model_free(m);
    }
}

/* 3 samples of 4 steps: what is said of masked steps, in label and weight,
 * changes no count. Sums over steps by hand, the output being the input. */
static void metrics_that_stream_leave_masked_steps_out(void **state)
{
    (void)state;
    static const float x[12] = { 1, 2, 0, 0, 3, 0, 0, 0, 1, 1, 1, 1 };
    static const float y[12] = { 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 };
    static const float w[3] = { 1, 2, 0.5 };
    struct rt_err err = RT_ERR_INIT;
    struct rt_model *m = lines_model(
        "input x 4x1; masking; activation linear name=y; output; compile sgd "
        "loss=mse metrics=tp,fp,fn,tn,precision,rmse,weighted_tp,weighted_fp");
    static const struct {
        const char *key;
        double is;
    } want[] = {
        { "tp", 4 },
        { "fp", 3 },
        { "fn", 0 },
        { "tn", 0 },
        { "precision", 4. / 7 },
        { "rmse", 1.1952286093343936 },
        { "weighted_tp", 4 },
        { "weighted_fp", 2 },
    };
    for (int batch = 1; batch <= 3; batch++) {
        struct rt_dataset *d = rt_dataset_new("steps", 3, "test");
        struct rt_score *s;
        int n;
        add_floats(d, "x", &RT_SHAPE(4, 1), 3, x);
        add_floats(d, "y", &RT_SHAPE(4, 1), 3, y);
        add_floats(d, "w", &RT_SHAPE(1), 3, w);
        rt_assert_ok(rt_dataset_weigh_samples(d, NULL, "w", &err), &err);
        rt_assert_ok(rt_evaluate(m, d, batch, NULL, &s, &n, &err), &err);
        for (int i = 0; i < 8; i++)
            rt_assert_close(score(s, n, want[i].key), want[i].is, 1e-6);
        rt_scores_free(s, n);
        rt_dataset_unref(d);
    }
    rt_model_free(m);
}

/* The gradient of one batch: size's is that of the rows with a label. */
static void gradients_come_from_the_rows_with_a_label(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_model *m = lines_model(HEADS);
    struct rt_dataset *d = with_gaps(32, odd), *some = those_with(d, 32, odd);
    float *a, *b;
    rt_assert_ok(rt_gradient(m, d, 32, 1, &a, NULL, &err), &err);
    rt_assert_ok(rt_gradient(m, some, 32, 1, &b, NULL, &err), &err);
    const struct rt_model_layer *size = rt_model_layer_find(m, "size", &err);
    for (int k = 0; k < size->n_weights; k++) {
        const struct rt_weight *w = size->weights[k];
        for (size_t i = 0; i < w->n; i++)
            rt_assert_close((double)a[w->offset + i], (double)b[w->offset + i],
                            1e-5);
    }
    free(a);
    free(b);
    rt_dataset_unref(some);
    rt_dataset_unref(d);
    rt_model_free(m);
}

static void an_output_without_any_label_learns_nothing(void **state)
{
    (void)state;
    struct fit_case c;
    float before[8];
    case_open(&c, HEADS, with_gaps(180, all));
    rt_assert_ok(rt_model_ready(c.model, &c.err), &c.err);
    const struct rt_weight *w =
        rt_model_layer_find(c.model, "size", NULL)->weights[0];
    memcpy(before, c.model->weights + w->offset, sizeof before);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_memory_equal(before, c.model->weights + w->offset, sizeof before);
    const struct rt_event *e = case_event(&c, RT_EV_EPOCH, 2);
    assert_true(isnan(case_value(&c, e, "size_loss")));
    assert_true(isnan(case_value(&c, e, "val_size_mae")));
    assert_true(case_value(&c, e, "loss") == case_value(&c, e, "kind_loss"));
    assert_true(case_value(&c, e, "kind_loss") > 0);
    case_close(&c);
}

/* One batch of four has labels: its mean is that of the epoch. */
static void a_batch_without_labels_counts_nothing(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, HEADS, with_gaps(64, from_16));
    c.spec.validation_split = NAN;
    c.spec.shuffle = false;
    c.spec.epochs = 1;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *first = case_event(&c, RT_EV_BATCH, 0);
    const struct rt_event *second = case_event(&c, RT_EV_BATCH, 1);
    assert_true(isnan(case_value(&c, second, "size_loss")));
    assert_true(case_value(&c, case_event(&c, RT_EV_EPOCH, 0), "size_loss") ==
                case_value(&c, first, "size_loss"));
    case_close(&c);
}

static void where_none_is_missing_nothing_is_done(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, HEADS, with_gaps(64, none));
    case_new(&c);
    assert_int_equal(c.run->train.labels.n, 0);
    assert_null(c.run->objective->outputs[1].has);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    case_close(&c);
}

/* Frozen on the way, and with batches of another size: gaps stay gaps. */
static void gaps_stay_through_other_plans(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, HEADS, with_gaps(180, odd));
    case_new(&c);
    case_order(&c, "freeze kind", 1, 2);
    case_order(&c, "tune batch_size=40", 1, 3);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    for (int i = 0; i < 3; i++) {
        const struct rt_event *e = case_event(&c, RT_EV_EPOCH, i);
        assert_true(case_value(&c, e, "val_size_loss") > 0);
        assert_true(isfinite(case_value(&c, e, "size_r2")));
    }
    case_close(&c);
}

/* As a set has that was read from a file, whose output got a name. */
static void a_column_y_beside_hides_no_gap(void **state)
{
    (void)state;
    struct fit_case c;
    float *y = calloc(180, sizeof *y);
    case_open(&c, HEADS, with_gaps(180, odd));
    rt_assert_ok(rt_dataset_add_column(c.data, "y", RT_F32, &RT_SHAPE(1), 180,
                                       y, NULL, 0, &c.err),
                 &c.err);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_true(
        isfinite(case_value(&c, case_event(&c, RT_EV_EPOCH, 0), "size_loss")));
    case_close(&c);
}

/* Labels that only the validation lacks, and steps with weights: a new plan
 * computes what the first one did. */
static void another_plan_weighs_steps_with_gaps_alike(void **state)
{
    (void)state;
    static const float w[32] = {
        1, 2, 1, 3, 1, 2, 0, 1, 2, 1, 1, 1, 3, 1, 2, 1,
        2, 1, 1, 1, 1, 2, 1, 0, 1, 1, 2, 1, 1, 3, 1, 1
    };
    struct fit_case c;
    struct rt_dataset *val = masked_steps();
    case_open(&c,
              "input x 4x1; masking; simple_rnn 3 return_sequences=yes; "
              "dense 1 name=y; output; compile sgd loss=mse",
              masked_steps());
    c.model->dialect = RT_KERAS_2_2_4;
    c.spec.validation = val;
    c.spec.validation_split = NAN;
    float *y = (float *)(uintptr_t)rt_column_row(
        c.data, rt_dataset_column(c.data, "y", &c.err), 0);
    for (int i = 0; i < 32; i++)
        y[i] = isnan(y[i]) ? 1 : y[i];
    for (int i = 0; i < 2; i++) {
        struct rt_dataset *d = i ? val : c.data;
        add_floats(d, "w", &RT_SHAPE(4), 8, w);
        rt_assert_ok(rt_dataset_weigh_samples(d, NULL, "w", &c.err), &c.err);
    }
    for (int i = 0; i < c.model->n_layers; i++)
        c.model->layers[i]->trainable = false;
    case_new(&c);
    case_order(&c, "freeze *", 2, 0);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    double first = case_value(&c, case_event(&c, RT_EV_EPOCH, 0), "val_loss");
    assert_true(first > 0);
    assert_true(case_value(&c, case_event(&c, RT_EV_EPOCH, 1), "val_loss") ==
                first);
    case_close(&c);
    rt_dataset_unref(val);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            losses_and_metrics_are_means_over_the_rows_with_a_label),
        cmocka_unit_test(weighed_metrics_count_each_row_with_a_label_alike),
        cmocka_unit_test(masks_are_those_of_the_rows_with_a_label),
        cmocka_unit_test(metrics_that_stream_leave_masked_steps_out),
        cmocka_unit_test(gradients_come_from_the_rows_with_a_label),
        cmocka_unit_test(an_output_without_any_label_learns_nothing),
        cmocka_unit_test(a_batch_without_labels_counts_nothing),
        cmocka_unit_test(where_none_is_missing_nothing_is_done),
        cmocka_unit_test(gaps_stay_through_other_plans),
        cmocka_unit_test(a_column_y_beside_hides_no_gap),
        cmocka_unit_test(another_plan_weighs_steps_with_gaps_alike),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
