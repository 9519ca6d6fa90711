/* Weights of samples and classes: what a data set remembers, and what they do
 * to the loss of a batch. */
#include "model_lines.h"

#include "base/vec.h"
#include "data/weigh.h"
#include "nn/objective.h"
#include "train/evaluate.h"
#include "train/gradient.h"

static struct rt_err err;

enum { N = 6 };
static const float xs[N] = { 0.5f, -1, 2, 0.25f, 1, -0.5f };
static const float w0[N] = { 1, 2, 0, 0.5f, 1, 3 };
static const float numbers[N] = { 0, 1, 2, 0, 0, 2 };

static void add(struct rt_dataset *d, const char *name, int width,
                const float *v)
{
    size_t n = N * (size_t)width;
    float *copy = malloc(n * sizeof *copy);
    memcpy(copy, v, n * sizeof *copy);
    rt_assert_ok(rt_dataset_add_column(d, name, RT_F32, &RT_SHAPE(width), N,
                                       copy, NULL, 0, &err),
                 &err);
}

static struct rt_dataset *data(void)
{
    float onehot[3 * N] = { 0 };
    for (int i = 0; i < N; i++)
        onehot[3 * i + (int)numbers[i]] = 1;
    struct rt_dataset *d = rt_dataset_new("d", N, "test");
    add(d, "x", 1, xs);
    add(d, "kind", 1, numbers);
    add(d, "hot", 3, onehot);
    add(d, "w", 1, w0);
    add(d, "w2", 1, xs + 0);
    return d;
}

static void an_output_s_own_column_goes_before_the_general_one(void **state)
{
    (void)state;
    struct rt_dataset *d = data();
    assert_null(rt_weigh_column(d, "a"));
    rt_assert_ok(rt_dataset_weigh_samples(d, NULL, "w", &err), &err);
    rt_assert_ok(rt_dataset_weigh_samples(d, "a", "kind", &err), &err);
    assert_string_equal(rt_weigh_column(d, "a")->name, "kind");
    assert_string_equal(rt_weigh_column(d, "b")->name, "w");
    rt_assert_ok(rt_dataset_weigh_samples(d, "a", "w", &err), &err);
    assert_string_equal(rt_weigh_column(d, "a")->name, "w");
    rt_dataset_unweigh(d);
    assert_null(rt_weigh_column(d, "a"));
    rt_dataset_unref(d);
}

static void copies_and_picked_rows_keep_the_weights(void **state)
{
    (void)state;
    struct rt_dataset *d = data();
    const double by_class[] = { 1, 2 };
    uint64_t plain = rt_dataset_hash(d);
    struct rt_dataset *weighed = rt_dataset_copy(d, "weighed");
    rt_assert_ok(rt_dataset_weigh_samples(weighed, NULL, "w", &err), &err);
    rt_assert_ok(rt_dataset_weigh_classes(weighed, "y", by_class, 2, &err),
                 &err);
    struct rt_dataset *few =
        rt_dataset_pick(weighed, "few", (const uint32_t[]){ 1, 3 }, 2, &err);
    assert_non_null(rt_weigh_column(few, "y"));
    assert_int_equal(rt_weigh_classes(few, "y")->n_classes, 2);
    assert_true(rt_weigh_classes(few, "y")->by_class[1] == 2);
    assert_null(rt_weigh_classes(few, "z"));
    assert_true(rt_dataset_hash(weighed) != plain);
    rt_dataset_unref(few);
    rt_dataset_unref(weighed);
    rt_dataset_unref(d);
}

static void what_is_no_weight_is_refused(void **state)
{
    (void)state;
    struct rt_dataset *d = data();
    const double bad[] = { 1, -1 };
    float square[4 * N] = { 0 };
    rt_assert_ok(rt_dataset_add_column(d, "square", RT_F32, &RT_SHAPE(2, 2), N,
                                       rt_xmemdup(square, sizeof square), NULL,
                                       0, &err),
                 &err);
    assert_int_equal(rt_dataset_weigh_samples(d, NULL, "square", &err),
                     RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE, "'square' of data 'd' has (2,2) a row");
    assert_int_equal(rt_dataset_weigh_samples(d, NULL, "w2", &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "row 1 is -1");
    assert_int_equal(rt_dataset_weigh_samples(d, NULL, "v", &err), RT_ENOENT);
    assert_int_equal(rt_dataset_weigh_classes(d, "y", bad, 2, &err), RT_EINVAL);
    assert_int_equal(d->n_weighings, 0);
    rt_dataset_unref(d);
}

static void classes_can_be_given_the_same_weight_in_all(void **state)
{
    (void)state;
    struct rt_dataset *d = data();
    static const char *const cols[] = { "kind", "hot" };
    for (int i = 0; i < 2; i++) {
        double *w;
        int n;
        rt_assert_ok(
            rt_weigh_auto(d, rt_dataset_column(d, cols[i], NULL), &w, &n, &err),
            &err);
        assert_int_equal(n, 3);
        rt_assert_close(w[0], 6.0 / (3 * 3), 1e-12);
        rt_assert_close(w[1], 6.0 / (3 * 1), 1e-12);
        rt_assert_close(w[2], 6.0 / (3 * 2), 1e-12);
        free(w);
    }
    double *w;
    int n;
    assert_int_equal(
        rt_weigh_auto(d, rt_dataset_column(d, "x", NULL), &w, &n, &err),
        RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "row 0 is 0.5, want class numbers");
    rt_dataset_unref(d);
}

static void the_label_is_found_as_the_output_finds_it(void **state)
{
    (void)state;
    struct rt_dataset *d = data();
    assert_string_equal(rt_weigh_label(d, "kind", &err)->name, "kind");
    assert_null(rt_weigh_label(d, "out", &err));
    rt_assert_error(&err, RT_ENOENT, "no column called 'out' or 'y'");
    rt_dataset_bind(d, "out", (const char *[]){ "hot" }, 1, &err);
    assert_string_equal(rt_weigh_label(d, "out", &err)->name, "hot");
    assert_int_equal(rt_weigh_n_classes(rt_weigh_label(d, "out", &err)), 3);
    rt_dataset_unref(d);
}

static void the_column_of_labels_may_be_named_for_the_output(void **state)
{
    (void)state;
    const char *const outputs[] = { "size", "out" };
    struct rt_dataset *d = data();
    rt_dataset_bind(d, "out", (const char *[]){ "hot" }, 1, &err);
    rt_assert_ok(rt_dataset_weigh_classes(d, "hot", (double[]){ 3 }, 1, &err),
                 &err);
    assert_true(rt_weigh_classes(d, "out")->by_class[0] == 3);
    assert_null(rt_weigh_classes(d, "size"));
    rt_assert_ok(rt_weigh_check(d, outputs, 2, &err), &err);
    assert_int_equal(rt_weigh_check(d, outputs, 1, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "weights for 'hot'");
    rt_dataset_unref(d);
}

/* ---- in a loss ----------------------------------------------------------- */

static struct rt_model *model(enum rt_dialect dialect)
{
    struct rt_model *m = lines_model(
        "input x 1; dense 1 name=size; output; at x; dense 3 softmax name=hot;"
        "output; compile sgd loss=size:mse,hot:categorical_crossentropy "
        "loss_weights=size:2,hot:1 metrics=mse");
    m->dialect = dialect;
    return m;
}

/* The loss of each output by hand: sum of w l over `by`. */
static double by_hand(struct rt_model *m, struct rt_dataset *d,
                      const double *size_w, const double *hot_w, double size_by,
                      double hot_by)
{
    struct rt_prediction *p;
    int n;
    double size = 0, hot = 0;
    rt_assert_ok(rt_predict(m, d, N, NULL, &p, &n, &err), &err);
    for (int i = 0; i < N; i++) {
        double off = (double)p[0].v[i] - (double)xs[i];
        double share = (double)p[1].v[3 * i + (int)numbers[i]];
        size += size_w[i] * off * off;
        hot -= hot_w[i] * log(share);
    }
    rt_predictions_free(p, n);
    return 2 * size / size_by + hot / hot_by;
}

static double loss_of(struct rt_model *m, struct rt_dataset *d)
{
    float *grads;
    double loss;
    rt_assert_ok(rt_gradient(m, d, N, 1, &grads, &loss, &err), &err);
    free(grads);
    return loss;
}

static double evaluated(struct rt_model *m, struct rt_dataset *d, int at)
{
    struct rt_score *s;
    int n;
    rt_assert_ok(rt_evaluate(m, d, N, NULL, &s, &n, &err), &err);
    double v = s[at].value;
    rt_scores_free(s, n);
    return v;
}

static void weights_multiply_the_loss_of_their_output(void **state)
{
    (void)state;
    static const double one[N] = { 1, 1, 1, 1, 1, 1 };
    const double by_class[] = { 1, 2.5, 0.5 };
    double own[N], both[N];
    for (int i = 0; i < N; i++) {
        own[i] = (double)w0[i];
        both[i] = (double)w0[i] * by_class[(int)numbers[i]];
    }
    for (int old = 0; old < 2; old++) {
        struct rt_model *m = model(old ? RT_KERAS_2_2_4 : RT_KERAS_2_3_1);
        struct rt_dataset *d = data();
        double present = old ? N - 1 : N; /* one of the weights is 0 */
        rt_dataset_bind(d, "size", (const char *[]){ "x" }, 1, &err);
        rt_assert_close(loss_of(m, d), by_hand(m, d, one, one, N, N), 1e-6);
        double mse = evaluated(m, d, 3);
        rt_assert_ok(rt_dataset_weigh_samples(d, "size", "w", &err), &err);
        rt_assert_close(loss_of(m, d), by_hand(m, d, own, one, present, N),
                        1e-6);
        rt_assert_close(evaluated(m, d, 0), by_hand(m, d, own, one, present, N),
                        1e-6);
        rt_assert_ok(rt_dataset_weigh_samples(d, NULL, "w", &err), &err);
        rt_assert_ok(rt_dataset_weigh_classes(d, "hot", by_class, 3, &err),
                     &err);
        rt_assert_close(loss_of(m, d),
                        by_hand(m, d, own, both, present, present), 1e-6);
        /* classes weigh while training alone, metrics never */
        rt_assert_close(evaluated(m, d, 0),
                        by_hand(m, d, own, own, present, present), 1e-6);
        rt_assert_close(evaluated(m, d, 3), mse, 0);
        rt_dataset_unref(d);
        rt_model_free(m);
    }
}

static void all_weights_of_zero_make_no_loss(void **state)
{
    (void)state;
    struct rt_model *m = model(RT_KERAS_2_1_6);
    struct rt_dataset *d = data();
    const double none[] = { 0, 0, 0 };
    rt_dataset_bind(d, "size", (const char *[]){ "x" }, 1, &err);
    rt_assert_ok(rt_dataset_weigh_classes(d, "hot", none, 3, &err), &err);
    rt_assert_ok(rt_dataset_weigh_classes(d, "size", none, 3, &err), &err);
    /* size's labels are no whole numbers: of no class, or of class 1 and 2 */
    assert_true(isfinite(loss_of(m, d)));
    rt_dataset_unref(d);
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_output_s_own_column_goes_before_the_general_one),
        cmocka_unit_test(copies_and_picked_rows_keep_the_weights),
        cmocka_unit_test(what_is_no_weight_is_refused),
        cmocka_unit_test(classes_can_be_given_the_same_weight_in_all),
        cmocka_unit_test(the_label_is_found_as_the_output_finds_it),
        cmocka_unit_test(the_column_of_labels_may_be_named_for_the_output),
        cmocka_unit_test(weights_multiply_the_loss_of_their_output),
        cmocka_unit_test(all_weights_of_zero_make_no_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
