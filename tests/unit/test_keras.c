/* Keras' files: what is saved comes back, layer by layer, optimizer by
 * optimizer, and pairing of weights. */
#include "keras_case.h"

#include "files/keras_parts.h"
#include "nn/init.h"
#include "nn/metric.h"

/* ---- layers -------------------------------------------------------------- */

/* By names alone, into a model that was made anew. */
static void check_npz(const struct rt_model *m, const struct rt_layer *l)
{
    struct rt_model *other = layer_model(l, false);
    rt_assert_ok(rt_weights_save(m, file_at("layer.npz"), &err), &err);
    if (rt_weights_load(other, file_at("layer.npz"), NULL, NULL, &err))
        fail_msg("%s: %s", l->name, err.text);
    check_same(other, m, l->name);
    rt_model_free(other);
}

static void every_layer_comes_back_from_a_file(void **state)
{
    (void)state;
    static float before[MOST], after[MOST];
    for (const struct rt_layer *const *l = rt_layers(); *l; l++) {
        struct rt_model *m = layer_model(*l, false);
        rt_assert_ok(rt_model_ready(m, &err), &err);
        for (size_t i = 0; i < m->n_params; i++)
            m->weights[i] += 0.001F * (float)(i % 7); /* biases too */
        rt_assert_ok(rt_keras_save(m, file_at("layer.h5"), NULL, &err), &err);
        struct rt_model *back, *again;
        if (rt_keras_load(file_at("layer.h5"), NULL, &back, &err))
            fail_msg("%s: %s", (*l)->name, err.text);
        /* words may be others that say the same: once, not twice */
        rt_assert_ok(rt_keras_save(back, file_at("layer.h5"), NULL, &err),
                     &err);
        again = load(file_at("layer.h5"));
        check_same(again, back, (*l)->name);
        size_t n = predict(m, before);
        assert_int_equal(predict(back, after), n);
        if (memcmp(before, after, n * sizeof *before) != 0)
            fail_msg("%s predicts otherwise when it is read", (*l)->name);
        check_npz(m, *l);
        rt_model_free(again);
        rt_model_free(back);
        rt_model_free(m);
    }
}

static void every_initializer_and_penalty_comes_back(void **state)
{
    (void)state;
    static const char *const penalties[] = { "l1(l=0.5)", "l2(l=0.25)",
                                             "l1_l2(l1=0.5,l2=0.25)", NULL };
    char lines[256];
    for (const struct rt_init *const *i = rt_inits(); *i; i++) {
        if (!strcmp((*i)->name, "identity"))
            continue; /* square ones alone */
        /* a plain one is what Keras' files say of lecun_normal */
        bool scaling = !strcmp((*i)->name, "variance_scaling");
        snprintf(lines, sizeof lines,
                 "input x 4; dense 3 kernel_initializer=%s%s; output",
                 (*i)->name, scaling ? "(scale=3)" : "");
        struct rt_model *m = lines_model(lines);
        check_comes_back(m, NULL, (*i)->name);
        rt_model_free(m);
    }
    for (const struct rt_constraint *const *k = rt_constraints(); *k; k++) {
        snprintf(lines, sizeof lines,
                 "input x 4; dense 3 kernel_constraint=%s; output", (*k)->name);
        struct rt_model *m = lines_model(lines);
        check_comes_back(m, NULL, (*k)->name);
        rt_model_free(m);
    }
    for (int i = 0; penalties[i]; i++) {
        snprintf(lines, sizeof lines,
                 "input x 4; dense 3 bias_regularizer=%s "
                 "activity_regularizer=%s; output",
                 penalties[i], penalties[i]);
        struct rt_model *m = lines_model(lines);
        check_comes_back(m, NULL, penalties[i]);
        rt_model_free(m);
    }
}

/* ---- compile settings ---------------------------------------------------- */

static void every_loss_comes_back(void **state)
{
    (void)state;
    char lines[512];
    for (const struct rt_loss *const *l = rt_losses(); *l; l++) {
        for (int k = -1; k < 4 && (k < 0 || (*l)->tests[k]); k++) {
            char words[256];
            snprintf(words, sizeof words, "%s", k < 0 ? "" : (*l)->tests[k]);
            for (char *p = words; (p = strchr(p, ' ')); p++)
                *p = ',';
            snprintf(lines, sizeof lines,
                     "input x 4; dense 3 softmax; output; compile sgd "
                     "loss=%s%s%s%s",
                     (*l)->name, k < 0 ? "" : "(", words, k < 0 ? "" : ")");
            struct rt_model *m = lines_model(lines);
            struct rt_model *back;
            rt_assert_ok(rt_model_ready(m, &err), &err);
            rt_assert_ok(rt_keras_save(m, file_at("loss.h5"), NULL, &err),
                         &err);
            back = load(file_at("loss.h5"));
            assert_true(rt_model_params(back, false) ==
                        rt_model_params(m, false));
            /* "huber(delta=1)" may come back as huber, its default */
            void *is, *was;
            const struct rt_loss *x =
                rt_loss_find(back->compiled->outputs[0].loss, &is, &err);
            assert_ptr_equal(
                x, rt_loss_find(m->compiled->outputs[0].loss, &was, &err));
            struct rt_str a = RT_STR_INIT, b = RT_STR_INIT;
            rt_args_words(x->opts, sizeof(struct rt_opt), is, true, &a);
            rt_args_words(x->opts, sizeof(struct rt_opt), was, true, &b);
            assert_string_equal(rt_str_c(&a), rt_str_c(&b));
            rt_str_release(&a);
            rt_str_release(&b);
            rt_args_free(is);
            rt_args_free(was);
            rt_model_free(back);
            rt_model_free(m);
        }
    }
}

/* What Keras knows by name keeps its name, which is the key of a series; the
 * others come back by the name of their class. */
static void every_metric_comes_back(void **state)
{
    (void)state;
    static const struct {
        const char *metric, *back;
    } extra[] = {
        { "acc", "acc" },
        { "mse", "mse" },
        { "mae", "mae" },
        { "kld", "kld" },
        { "huber", "huber_loss" },
        { "huber(0.4)", "huber_loss(delta=0.4)" },
        { "rmse", "root_mean_squared_error" },
        { "top_k(k=2)", "top_k_categorical_accuracy(k=2)" },
        { "precision(0.3)", "precision(thresholds=0.3)" },
        { "auc(50)", "auc(num_thresholds=50)" },
        { "binary_accuracy(threshold=0.1)", "binary_accuracy(threshold=0.1)" },
        { "cosine_proximity", "cosine_proximity" },
    };
    enum { N = sizeof extra / sizeof *extra };
    int n = 0;
    while (rt_metrics()[n])
        n++;
    for (int i = 0; i < n + N; i++) {
        const char *name = i < n ? rt_metrics()[i]->name : extra[i - n].metric;
        bool sparse = !strncmp(name, "sparse", 6);
        char lines[256];
        snprintf(lines, sizeof lines,
                 "input x 4; dense 3 softmax; output; compile sgd "
                 "loss=%scategorical_crossentropy metrics=%s",
                 sparse ? "sparse_" : "", name);
        struct rt_model *m = lines_model(lines);
        rt_assert_ok(rt_model_ready(m, &err), &err);
        rt_assert_ok(rt_keras_save(m, file_at("metric.h5"), NULL, &err), &err);
        struct rt_model *back = load(file_at("metric.h5"));
        assert_int_equal(back->compiled->outputs[0].n_metrics, 1);
        assert_string_equal(back->compiled->outputs[0].metrics[0],
                            i < n ? name : extra[i - n].back);
        rt_model_free(back);
        rt_model_free(m);
    }
}

static void settings_of_outputs_come_back(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input x 4; dense 3 softmax name=kind; dense 2 name=size from=x;"
        "output kind; output size;"
        "compile adam lr=0.02 clipvalue=0.5 clipnorm=2 "
        "loss=kind:categorical_crossentropy,size:huber_loss(delta=0.4) "
        "loss_weights=kind:1,size:0.25 metrics=kind:acc,size:mse,size:mae");
    check_comes_back(m, NULL, "two outputs");
    rt_model_free(m);
}

/* ---- optimizers ---------------------------------------------------------- */

static void state_of_every_optimizer_comes_back(void **state)
{
    (void)state;
    char lines[256];
    for (const struct rt_optimizer *const *o = rt_optimizers(); *o; o++) {
        for (int d = 0; d < RT_N_DIALECTS; d++) {
            struct rt_keras_save how = { .as = true,
                                         .dialect = (enum rt_dialect)d };
            snprintf(lines, sizeof lines,
                     "input x 4; dense 3 name=a; dense 2 name=b; output; "
                     "compile %s loss=mse",
                     (*o)->name);
            struct rt_model *m = lines_model(lines);
            m->dialect = how.dialect;
            m->layers[1]->trainable = false;
            rt_assert_ok(rt_model_ready(m, &err), &err);
            bool counted =
                !(*o)->keras_uncounted || how.dialect >= RT_KERAS_2_3_1;
            m->iterations = 7;
            if ((*o)->m_schedule && how.dialect >= RT_KERAS_2_3_1)
                m->m_schedule = 0.1234567890123;
            for (int s = 0; s < m->n_slots; s++)
                for (size_t i = 0; i < m->n_params; i++)
                    m->slots[s][i] = (float)i + 0.5F * (float)s;
            rt_assert_ok(rt_keras_save(m, file_at("o.h5"), &how, &err), &err);
            struct rt_model *back = load(file_at("o.h5"));
            if (!counted) {
                assert_int_equal(back->iterations, 0);
                back->iterations = 7;
            }
            assert_int_equal(back->dialect, how.dialect);
            check_same(back, m, (*o)->name);
            rt_model_free(back);
            rt_model_free(m);
        }
    }
}

/* ---- pairing ------------------------------------------------------------- */

static const char small[] = "input x 4; dense 3 name=a; dense 2 name=b; output";

static void weights_are_paired_by_order_and_by_name(void **state)
{
    (void)state;
    struct rt_model *m = fresh(small);
    float a = first_of(m, "a"), b = first_of(m, "b");
    rt_assert_ok(rt_weights_save(m, file_at("w.h5"), &err), &err);
    struct rt_weights_done done;
    m->weights[0] = m->weights[32] = 9;

    struct rt_model *other =
        fresh("input x 4; dense 3 name=b; dense 2 name=c; output");
    rt_assert_ok(rt_weights_load(other, file_at("w.h5"), NULL, &done, &err),
                 &err);
    assert_true(first_of(other, "b") == a && first_of(other, "c") == b);
    assert_int_equal(done.layers, 2);
    assert_int_equal(done.numbers, 4 * 3 + 3 + 3 * 2 + 2);

    const char *map[] = { "a:b" };
    struct rt_weights_how how = { .map = map, .n_map = 1 };
    other->weights[0] = 5;
    float c = first_of(other, "c");
    rt_assert_ok(rt_weights_load(other, file_at("w.h5"), &how, &done, &err),
                 &err);
    assert_true(first_of(other, "b") == a && first_of(other, "c") == c);
    assert_int_equal(done.layers, 1);
    rt_model_free(other);
    rt_model_free(m);
}

static void begins_of_names_are_mapped(void **state)
{
    (void)state;
    struct rt_model *m =
        fresh("input x 4; dense 3 name=enc_a; dense 2 name=enc_b; output");
    rt_assert_ok(rt_weights_save(m, file_at("e.npz"), &err), &err);
    struct rt_model *other = fresh("input x 4; dense 3 name=dec_a; dense 2 "
                                   "name=dec_b; output");
    const char *map[] = { "enc_*:dec_*" }, *layers[] = { "prefix:dec_b" };
    struct rt_weights_how how = {
        .map = map, .n_map = 1, .layers = layers, .n_layers = 1
    };
    float a = first_of(other, "dec_a");
    rt_assert_ok(rt_weights_load(other, file_at("e.npz"), &how, NULL, &err),
                 &err);
    assert_true(first_of(other, "dec_b") == first_of(m, "enc_b"));
    assert_true(first_of(other, "dec_a") == a);

    const struct {
        const char *rules[2], *says;
    } bad[] = {
        { { "enc_*:dec_*", "enc_c:dec_a" },
          "map: 'enc_c:dec_a': no layer of the file is called 'enc_c'" },
        { { "enc_*:dec_*", "end_*:dec_*" },
          "map: 'end_*:dec_*': no layer of the file is called 'end_*'" },
        { { "enc_a:dec_a", "enc_b:dec_c" }, "is called 'dec_c'" },
        { { "enc_a:dec_a", "enc_*:den_*" }, "is called 'den_*'" },
        { { "enc_a:dec_a", "enc_b:dec_*" }, "is called 'dec_*'" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        how = (struct rt_weights_how){ .map = bad[i].rules, .n_map = 2 };
        assert_true(rt_weights_load(other, file_at("e.npz"), &how, NULL, &err) <
                    0);
        rt_assert_error(&err, RT_ENOENT, bad[i].says);
        assert_true(first_of(other, "dec_a") == a);
    }
    rt_model_free(other);
    rt_model_free(m);
}

/* As Keras' preprocess_weights_for_loading: others' kernels are as they lie. */
static void kernels_of_convolutions_are_turned_from_theano(void **state)
{
    (void)state;
    static float v[] = { 1, 2, 3, 4, 5, 6 };
    struct rt_model *m =
        fresh("input x 4x1; locally_connected1d 1 2 use_bias=no name=l;"
              "conv1d 2 3 use_bias=no name=c; output");
    struct rt_file_array arrays[] = {
        { .name = "l/kernel:0", .shape = RT_SHAPE(3, 2, 1), .n = 6, .v = v },
        { .name = "c/kernel:0", .shape = RT_SHAPE(3, 1, 2), .n = 6, .v = v },
    };
    struct rt_file_layer layers[] = { { "l", &arrays[0], 1 },
                                      { "c", &arrays[1], 1 } };
    struct rt_weights_file w = { .layers = layers, .n = 2, .turned = true };
    struct rt_fold *f = rt_fold_new(m);
    rt_assert_ok(rt_weights_put(m, f->items, f->n_items, &w, NULL, NULL, &err),
                 &err);
    rt_fold_free(f);
    assert_true(first_of(m, "l") == 1);
    assert_true(first_of(m, "c") == 5);
    rt_model_free(m);
}

static void map_says_nothing_about_an_order(void **state)
{
    (void)state;
    const char *map[] = { "a:b" };
    struct rt_model *m = fresh(small);
    struct rt_weights_how how = { .pairs = RT_WEIGHTS_BY_ORDER,
                                  .map = map,
                                  .n_map = 1 };
    rt_assert_ok(rt_weights_save(m, file_at("w.h5"), &err), &err);
    assert_true(rt_weights_load(m, file_at("w.h5"), &how, NULL, &err) < 0);
    rt_assert_error(&err, RT_EINVAL, "by=order does not look at");
    rt_model_free(m);
}

static void wrapped_layers_are_mapped(void **state)
{
    (void)state;
    const char *map[] = { "enc_*:dec_*", "enc_bi:dec_bi" };
    struct rt_model *m = fresh("input x 4x3; bidirectional {gru 2} name=enc_bi;"
                               "dense 2 name=enc_b; output");
    rt_assert_ok(rt_weights_save(m, file_at("e.npz"), &err), &err);
    for (int i = 0; i < 2; i++) {
        struct rt_model *other =
            fresh("input x 4x3; bidirectional {gru 2} name=dec_bi;"
                  "dense 2 name=enc_b; output");
        struct rt_weights_how how = { .map = &map[i], .n_map = 1 };
        struct rt_weights_done done;
        rt_assert_ok(
            rt_weights_load(other, file_at("e.npz"), &how, &done, &err), &err);
        assert_true(first_of(other, "dec_bi") == first_of(m, "enc_bi"));
        assert_int_equal(done.layers, i + 1);
        rt_model_free(other);
    }
    rt_model_free(m);
}

static void other_shapes_are_refused_or_left(void **state)
{
    (void)state;
    struct rt_model *m = fresh(small);
    rt_assert_ok(rt_weights_save(m, file_at("w.h5"), &err), &err);
    struct rt_model *other =
        fresh("input x 4; dense 3 name=a; dense 5 name=b; output");
    struct rt_weights_how how = { .pairs = RT_WEIGHTS_BY_NAME };
    struct rt_weights_done done;
    float a = first_of(other, "a") + 1, b = first_of(other, "b");
    other->weights[0] = a;
    assert_true(rt_weights_load(other, file_at("w.h5"), &how, NULL, &err) < 0);
    rt_assert_error(&err, RT_ESHAPE,
                    "'b/kernel:0' is (3,2), want (3,5) for b/kernel");
    assert_true(first_of(other, "a") == a);
    how.skip_mismatch = true;
    rt_assert_ok(rt_weights_load(other, file_at("w.h5"), &how, &done, &err),
                 &err);
    assert_true(first_of(other, "a") == first_of(m, "a"));
    assert_true(first_of(other, "b") == b);
    assert_int_equal(done.skipped, 2);
    rt_model_free(other);

    other = fresh("input x 4; dense 3 name=q; output");
    assert_true(rt_weights_load(other, file_at("w.h5"), NULL, NULL, &err) < 0);
    rt_assert_error(&err, RT_EFORMAT, "has weights of 2 layers");
    how = (struct rt_weights_how){ .pairs = RT_WEIGHTS_BY_NAME };
    assert_true(rt_weights_load(other, file_at("w.h5"), &how, NULL, &err) < 0);
    rt_assert_error(&err, RT_ENOENT, "no layer of the file");
    rt_model_free(other);
    rt_model_free(m);
}

/* ---- bytes ----------------------------------------------------------------
 */

static void file_is_the_same_each_time(void **state)
{
    (void)state;
    static char one[65536], two[65536];
    struct rt_model *m = fresh(small);
    size_t n[2];
    char *to[] = { one, two };
    for (int i = 0; i < 2; i++) {
        rt_assert_ok(rt_keras_save(m, file_at("same.h5"), NULL, &err), &err);
        FILE *f = fopen(file_at("same.h5"), "rb");
        assert_non_null(f);
        n[i] = fread(to[i], 1, sizeof one, f);
        fclose(f);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(one, two, n[0]);
    rt_model_free(m);
}

static const char *lost(const char *compile, enum rt_dialect dialect,
                        bool trained)
{
    struct rt_keras_save how = { .as = true, .dialect = dialect };
    char lines[256];
    snprintf(lines, sizeof lines, "input x 4; dense 2; output; compile %s",
             compile);
    struct rt_model *m = lines_model(lines);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->iterations = trained ? 7 : 0;
    const char *what = rt_keras_lost(m, &how);
    rt_model_free(m);
    return what;
}

static void what_an_old_file_leaves_out_is_told(void **state)
{
    (void)state;
    static const enum rt_dialect old[] = { RT_KERAS_2_1_6, RT_KERAS_2_2_4 };
    static const char *const counted[] = { "rmsprop decay=0.1 loss=mse",
                                           "adagrad decay=0.1 loss=mse",
                                           "adadelta decay=0.1 loss=mse" };
    for (int i = 0; i < 2; i++) {
        assert_non_null(
            strstr(lost("nadam loss=mse", old[i], true), "m_schedule"));
        for (int k = 0; k < 3; k++)
            assert_non_null(
                strstr(lost(counted[k], old[i], true), "iterations"));
        assert_null(lost("rmsprop loss=mse", old[i], true));
        assert_null(lost("adam decay=0.1 loss=mse", old[i], true));
        assert_null(lost("nadam loss=mse", old[i], false));
    }
    assert_null(lost("nadam loss=mse", RT_KERAS_2_3_1, true));
    assert_null(lost(counted[0], RT_TF_KERAS_2_4_0, true));
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_comes_back_from_a_file),
        cmocka_unit_test(every_initializer_and_penalty_comes_back),
        cmocka_unit_test(every_loss_comes_back),
        cmocka_unit_test(every_metric_comes_back),
        cmocka_unit_test(settings_of_outputs_come_back),
        cmocka_unit_test(state_of_every_optimizer_comes_back),
        cmocka_unit_test(weights_are_paired_by_order_and_by_name),
        cmocka_unit_test(begins_of_names_are_mapped),
        cmocka_unit_test(kernels_of_convolutions_are_turned_from_theano),
        cmocka_unit_test(map_says_nothing_about_an_order),
        cmocka_unit_test(wrapped_layers_are_mapped),
        cmocka_unit_test(other_shapes_are_refused_or_left),
        cmocka_unit_test(file_is_the_same_each_time),
        cmocka_unit_test(what_an_old_file_leaves_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
