/* Orders about what learns: frozen layers stay to the bit, go on with the state
 * they had, and nothing else changes. */
#include "fit_case.h"

#include "train/run_private.h"

enum { BATCHES = 9 }; /* 144 of 180 rows train, 16 a batch */

static void open_heads(struct fit_case *c)
{
    case_open(c, TWO_HEADS, two_labels(180));
    case_new(c);
}

/* A copy of the weights and slots when the run has paused. */
struct copy {
    struct rt_run *run;
    float *v[1 + RT_SLOTS_MAX];
};

static void copy_now(void *arg)
{
    struct copy *c = arg;
    const struct rt_model *m = rt_run_model(c->run);
    size_t bytes = m->n_params * sizeof(float);
    c->v[0] = rt_xmemdup(m->weights, bytes);
    for (int i = 0; i < m->n_slots; i++)
        c->v[i + 1] = rt_xmemdup(m->slots[i], bytes);
}

static void copy_free(struct copy *c)
{
    for (int i = 0; i <= RT_SLOTS_MAX; i++)
        free(c->v[i]);
}

/* Whether weights and slots of a layer are to the bit what they were. */
static bool is_as_it_was(const struct rt_model *m, const struct copy *c,
                         const char *layer)
{
    const struct rt_model_layer *l = rt_model_layer_find(m, layer, NULL);
    assert_non_null(l);
    bool same = true;
    for (int k = 0; k < l->n_weights; k++)
        for (int i = 0; i <= m->n_slots; i++) {
            const struct rt_weight *w = l->weights[k];
            const float *now = i ? m->slots[i - 1] : m->weights;
            same = same && !memcmp(now + w->offset, c->v[i] + w->offset,
                                   w->n * sizeof(float));
        }
    return same;
}

static void pause_at(struct fit_case *c, int64_t epoch, int64_t batch,
                     struct copy *copy)
{
    *copy = (struct copy){ .run = c->run };
    case_order(c, "pause", epoch, batch);
    if (rt_run_state(c->run) == RT_RUN_QUEUED)
        case_start(c);
    else
        case_tell(c, "resume", (char[256]){ "" });
    case_await(c, RT_RUN_PAUSED);
    rt_run_look(c->run, copy_now, copy);
}

static void frozen_weights_and_their_slots_stay_to_the_bit(void **state)
{
    (void)state;
    struct fit_case c;
    struct copy before, after;
    char says[256];
    open_heads(&c);
    pause_at(&c, 1, 4, &before);
    assert_int_equal(case_tell(&c, "freeze branch:kind", says), 0);
    assert_string_equal(says, "froze kind (51 parameters)");
    pause_at(&c, 3, 2, &after);
    assert_true(is_as_it_was(c.model, &before, "kind"));
    assert_false(is_as_it_was(c.model, &before, "size"));
    assert_false(is_as_it_was(c.model, &before, "trunk"));
    case_tell(&c, "unfreeze kind", says);
    assert_string_equal(says, "unfroze kind (51 parameters)");
    case_tell(&c, "resume", says);
    assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
    assert_false(is_as_it_was(c.model, &after, "kind"));
    copy_free(&before);
    copy_free(&after);
    case_close(&c);
}

static void the_counts_change_at_once(void **state)
{
    (void)state;
    struct fit_case c;
    struct copy copy;
    struct rt_snapshot s;
    char says[256];
    open_heads(&c);
    pause_at(&c, 1, 1, &copy);
    case_tell(&c, "freeze * bn=infer", says);
    assert_string_equal(says, "froze trunk, kind, size (116 parameters), "
                              "bn=infer");
    rt_run_snapshot(c.run, &s);
    assert_int_equal(s.trainable, 0);
    assert_int_equal(s.params, 116);
    rt_snapshot_release(&s);
    case_tell(&c, "unfreeze trunk", says);
    rt_run_snapshot(c.run, &s);
    assert_int_equal(s.trainable, 48);
    rt_snapshot_release(&s);
    case_tell(&c, "stop", says);
    case_finish(&c);
    copy_free(&copy);
    case_close(&c);
}

static void everything_frozen_changes_nothing_but_the_count(void **state)
{
    (void)state;
    struct fit_case c;
    struct copy before;
    char says[256];
    open_heads(&c);
    pause_at(&c, 2, 0, &before);
    case_tell(&c, "freeze *", says);
    case_tell(&c, "resume", says);
    assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
    assert_true(is_as_it_was(c.model, &before, "trunk"));
    assert_int_equal(c.model->iterations, 3 * BATCHES);
    copy_free(&before);
    case_close(&c);
}

static void a_wrong_word_changes_nothing(void **state)
{
    (void)state;
    struct fit_case c;
    struct copy copy;
    char says[256];
    open_heads(&c);
    pause_at(&c, 1, 1, &copy);
    assert_int_equal(case_tell(&c, "freeze trunk knid", says), RT_ENOENT);
    assert_non_null(strstr(c.err.text, "knid"));
    assert_true(c.model->layers[1]->trainable);
    assert_int_equal(case_tell(&c, "freeze", says), RT_EINVAL);
    case_tell(&c, "stop", says);
    case_finish(&c);
    copy_free(&copy);
    case_close(&c);
}

/* ---- batch norms --------------------------------------------------------- */

#define NORMED                                                                 \
    "input x 2; dense 8 relu name=h; batch_norm name=bn;"                      \
    "dense 3 softmax name=y; output;"                                          \
    "compile sgd lr=0 loss=sparse_categorical_crossentropy"

static struct rt_weight *weight(const struct fit_case *c, const char *layer,
                                int i)
{
    return rt_model_layer_find(c->model, layer, NULL)->weights[i];
}

/* Whether beta and the moving mean changed from the second epoch on, and the
 * loss of the third one's first batch (the rate is 0, so it tells only how the
 * layer normalises). */
static double train_frozen(const char *order, bool *mean_moves)
{
    struct fit_case c;
    struct copy before;
    char says[256];
    case_open(&c, NORMED, two_labels(180));
    rt_assert_ok(
        rt_dataset_bind(c.data, "y", (const char *[]){ "kind" }, 1, &c.err),
        &c.err);
    c.spec.shuffle = false;
    case_new(&c);
    pause_at(&c, 2, 0, &before);
    rt_assert_ok(case_tell(&c, order, says), &c.err);
    case_tell(&c, "lr 0.1", says);
    case_tell(&c, "lr h=0 y=0", says);
    case_tell(&c, "resume", says);
    assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
    const struct rt_weight *beta = weight(&c, "bn", 1);
    const struct rt_weight *mean = weight(&c, "bn", 2);
    assert_memory_equal(before.v[0] + beta->offset,
                        c.model->weights + beta->offset,
                        beta->n * sizeof(float));
    *mean_moves =
        memcmp(before.v[0] + mean->offset, c.model->weights + mean->offset,
               mean->n * sizeof(float));
    double loss =
        case_value(&c, case_event(&c, RT_EV_BATCH, 2 * BATCHES), "loss");
    copy_free(&before);
    case_close(&c);
    return loss;
}

static void a_frozen_batch_norm_does_what_bn_says(void **state)
{
    (void)state;
    bool moves;
    double keras = train_frozen("freeze bn", &moves);
    assert_false(moves);
    double batch = train_frozen("freeze bn bn=batch", &moves);
    assert_false(moves);
    double update = train_frozen("freeze bn bn=update", &moves);
    assert_true(moves);
    double infer = train_frozen("freeze bn bn=infer", &moves);
    assert_false(moves);
    assert_true(keras == batch && batch == update && infer != batch);
}

/* ---- what stands still in validation ------------------------------------- */

#define STREAMS                                                                \
    "input x 2; dense 16 relu name=trunk; batch_norm name=bn;"                 \
    "dense 3 softmax name=kind kernel_regularizer=l2(0.01); output; at bn;"    \
    "dense 1 name=size activity_regularizer=l2(0.01); output;"                 \
    "compile adam lr=0.01 loss=kind:sparse_categorical_crossentropy,size:mse " \
    "metrics=kind:acc,size:mae,size:r2"

static void freeze_below(struct fit_case *c)
{
    case_order(c, "freeze trunk bn size bn=infer", 2, 3);
    case_order(c, "loss_weights size:0.25", 5, 2);
    case_order(c, "unfreeze size", 7, 1);
    case_order(c, "freeze size", 7, 5);
    case_order(c, "freeze kind", 9, 2);
}

/* Validation is as it would be if nothing were kept. */
static void what_is_kept_is_what_would_be_computed(void **state)
{
    (void)state;
    struct fit_case a, b;
    case_open(&a, STREAMS, two_labels(180));
    case_open(&b, STREAMS, two_labels(180));
    a.spec.epochs = b.spec.epochs = 12;
    case_new(&a);
    case_new(&b);
    freeze_below(&a);
    freeze_below(&b);
    /* other plans before every epoch: nothing is kept from one to the next */
    for (int e = 2; e <= 12; e++)
        case_order(&b, "unfreeze x", e, 0);
    assert_int_equal(case_run(&a), RT_RUN_FINISHED);
    assert_int_equal(case_run(&b), RT_RUN_FINISHED);
    assert_true(a.run->still.skips && a.run->still.all);
    assert_false(b.run->still.skips);
    assert_same_weights(a.model, b.model);
    assert_same_events(&a, &b, 0);
    static const char *const keys[] = { "val_size_loss", "val_size_mae",
                                        "val_size_r2" };
    for (int k = 0; k < 3; k++) {
        double v = case_value(&a, case_event(&a, RT_EV_EPOCH, 1), keys[k]);
        for (int e = 2; e < 6; e++)
            assert_true(
                case_value(&a, case_event(&a, RT_EV_EPOCH, e), keys[k]) == v);
        assert_true(case_value(&a, case_event(&a, RT_EV_EPOCH, 6), keys[k]) !=
                    v);
    }
    case_close(&a);
    case_close(&b);
}

static void weights_that_others_change_are_noticed(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, STREAMS, two_labels(180));
    c.spec.epochs = 6;
    case_new(&c);
    case_order(&c, "freeze * bn=infer", 2, 0);
    case_order(&c, "reinit size", 4, 4);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    double v[6];
    for (int e = 0; e < 6; e++)
        v[e] = case_value(&c, case_event(&c, RT_EV_EPOCH, e), "val_loss");
    assert_true(v[1] == v[0] && v[2] == v[1] && v[3] != v[2] && v[4] == v[3] &&
                v[5] == v[4]);
    case_close(&c);
}

/* What stands still goes on being left out whatever becomes of the frozen
 * weights of another output. */
static void weights_of_others_are_none_of_it(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c,
              "input x 2; dense 3 softmax name=kind; output; at x;"
              "dense 8 relu name=h; dense 1 name=size; output;"
              "compile adam lr=0.01 "
              "loss=kind:sparse_categorical_crossentropy,size:mse",
              two_labels(180));
    c.spec.epochs = 6;
    case_new(&c);
    case_order(&c, "freeze kind h", 1, 0);
    case_order(&c, "reinit h", 6, 2);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_true(c.run->still.skips && !c.run->still.all);
    case_close(&c);
}

/* ---- retire -------------------------------------------------------------- */

static void a_retired_output_has_no_more_values_and_rests(void **state)
{
    (void)state;
    struct fit_case c;
    struct copy before;
    char says[256];
    open_heads(&c);
    pause_at(&c, 2, 3, &before);
    assert_int_equal(case_tell(&c, "retire kind", says), 0);
    assert_string_equal(says, "retired 'kind'");
    assert_int_equal(case_tell(&c, "retire size", says), RT_ESTATE);
    assert_int_equal(case_tell(&c, "retire sice", says), RT_ENOENT);
    case_tell(&c, "resume", says);
    assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
    assert_true(is_as_it_was(c.model, &before, "kind"));
    assert_false(is_as_it_was(c.model, &before, "trunk"));
    const struct rt_event *e = case_event(&c, RT_EV_EPOCH, 0);
    assert_false(isnan(case_value(&c, e, "kind_loss")));
    e = case_event(&c, RT_EV_EPOCH, 1);
    assert_true(isnan(case_value(&c, e, "kind_loss")));
    assert_true(isnan(case_value(&c, e, "val_kind_acc")));
    double loss = case_value(&c, e, "val_loss");
    assert_true(loss > 0);
    rt_assert_close(loss, 0.5 * case_value(&c, e, "val_size_loss"), 1e-12);
    copy_free(&before);
    case_close(&c);
}

/* The trunk learns from the other output alone, as if the loss of the first
 * were nothing: to the bit. */
static void retired_is_as_if_it_had_no_weight(void **state)
{
    (void)state;
    struct fit_case a, b;
    open_heads(&a);
    open_heads(&b);
    case_order(&a, "retire kind", 1, 3);
    case_order(&a, "freeze kind", 1, 3);
    case_order(&b, "loss_weights kind:0", 1, 3);
    case_order(&b, "freeze kind", 1, 3);
    case_run(&a);
    case_run(&b);
    assert_same_weights(a.model, b.model);
    case_close(&a);
    case_close(&b);
}

static void removed_when_the_run_is_over(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_err err = RT_ERR_INIT;
    open_heads(&c);
    case_order(&c, "retire kind -freeze -remove", 1, 3);
    case_run(&c);
    assert_string_equal(case_event(&c, RT_EV_ORDER, 0)->text,
                        "retired 'kind', froze kind (51 parameters), removed "
                        "when the run is over");
    assert_int_equal(c.model->n_outputs, 2);
    rt_run_free(c.run);
    c.run = NULL;
    assert_int_equal(c.model->n_outputs, 1);
    assert_non_null(c.model->compiled);
    assert_int_equal(c.model->compiled->n_outputs, 1);
    assert_int_equal(c.model->n_layers, 5);
    assert_int_equal(rt_model_undo(c.model, 1, &err), 1);
    assert_int_equal(c.model->n_outputs, 2);
    case_close(&c);
}

/* Each output has an input of its own. */
#define APART                                                                  \
    "input x 2; dense 8 relu; dense 3 softmax name=kind; output;"              \
    "input z 2; dense 8 relu; dense 1 name=size; output;"                      \
    "compile adam loss=kind:sparse_categorical_crossentropy,size:mse"

static void what_feeds_a_retired_output_alone_is_not_gathered(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_err err = RT_ERR_INIT;
    const char *x[] = { "x" };
    case_open(&c, APART, two_labels(180));
    rt_assert_ok(rt_dataset_bind(c.data, "z", x, 1, &err), &err);
    case_new(&c);
    case_order(&c, "retire kind", 2, 3);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_pass *p = &c.run->train;
    assert_null(p->x[0]);     /* x */
    assert_non_null(p->x[1]); /* z */
    assert_null(p->x[2]);     /* kind */
    assert_non_null(p->x[3]); /* size */
    case_close(&c);
}

static void undo_takes_back_what_a_command_froze_not_what_a_run_did(void **s)
{
    (void)s;
    struct fit_case c;
    struct rt_err err = RT_ERR_INIT;
    struct rt_str says = RT_STR_INIT;
    const char *trunk[] = { "trunk" };
    case_open(&c, TWO_HEADS, two_labels(180));
    rt_model_mark(c.model, "freeze");
    rt_assert_ok(
        rt_model_freeze(c.model, trunk, 1, RT_NORM_DIALECT, &says, &err), &err);
    rt_model_steered(c.model);
    case_new(&c);
    case_order(&c, "freeze size", 2, 3);
    case_order(&c, "lr kind=0.5x", 2, 3);
    case_run(&c);
    rt_run_free(c.run);
    c.run = NULL;
    assert_int_equal(rt_model_undo(c.model, 1, &err), 1);
    assert_true(rt_model_layer_find(c.model, "trunk", &err)->trainable);
    assert_false(rt_model_layer_find(c.model, "size", &err)->trainable);
    assert_true(rt_model_layer_find(c.model, "kind", &err)->share == 0.5);
    assert_int_equal(rt_model_redo(c.model, 1, &err), 1);
    assert_false(rt_model_layer_find(c.model, "trunk", &err)->trainable);
    assert_false(rt_model_layer_find(c.model, "size", &err)->trainable);
    rt_str_release(&says);
    case_close(&c);
}

/* ---- rates --------------------------------------------------------------- */

#define PLAIN_HEADS                                                            \
    "input x 2; dense 16 relu name=trunk;"                                     \
    "dense 3 softmax name=kind; output; at trunk; dense 1 name=size; output;"  \
    "compile sgd lr=0.01 loss=kind:sparse_categorical_crossentropy,size:mse"

/* No momentum: a rate of 0 is as good as frozen, to the bit. */
static void
a_frozen_branch_is_as_one_that_was_never_trained_from_there(void **s)
{
    (void)s;
    struct fit_case a, b;
    case_open(&a, PLAIN_HEADS, two_labels(180));
    case_open(&b, PLAIN_HEADS, two_labels(180));
    case_new(&a);
    case_new(&b);
    case_order(&a, "freeze branch:kind", 2, 3);
    case_order(&b, "lr branch:kind=0", 2, 3);
    case_order(&a, "unfreeze branch:kind", 3, 4);
    case_order(&b, "lr branch:kind=1x", 3, 4);
    case_run(&a);
    case_run(&b);
    assert_same_weights(a.model, b.model);
    assert_same_events(&a, &b, 0);
    case_close(&a);
    case_close(&b);
}

static void a_share_of_the_rate_goes_with_it(void **state)
{
    (void)state;
    struct fit_case a, b;
    case_open(&a, PLAIN_HEADS, two_labels(180));
    case_open(&b, PLAIN_HEADS, two_labels(180));
    case_new(&a);
    case_new(&b);
    case_order(&a, "lr 0.02 size=0.5x kind=0.125 trunk=1x", 1, 2);
    case_order(&b, "lr 0.01 trunk=0.02 kind=0.125", 1, 2);
    case_order(&a, "lr 0.04", 2, 2);
    case_order(&b, "lr 0.04 trunk=1x size=0.5x", 2, 2);
    case_run(&a);
    case_run(&b);
    assert_string_equal(case_event(&a, RT_EV_ORDER, 0)->text,
                        "lr 0.01 -> 0.02, lr of size: 0.5x, lr of kind: 0.125, "
                        "lr of trunk: 1x");
    assert_same_weights(a.model, b.model);
    case_close(&a);
    case_close(&b);
}

/* Rates that are all the same, told apart: one pass or three, the same bits. */
static void rates_of_their_own_that_are_equal_change_no_bit(void **state)
{
    (void)state;
    static const char *const optimizers[] = { "adam", "nadam decay=0.01",
                                              "rmsprop momentum=0.5",
                                              "sgd momentum=0.9" };
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
        struct fit_case a, b;
        char lines[512];
        snprintf(lines, sizeof lines,
                 "input x 2; dense 16 relu name=trunk; dense 3 softmax "
                 "name=kind; output; at trunk; dense 1 name=size; output;"
                 "compile %s lr=0.01 loss="
                 "kind:sparse_categorical_crossentropy,size:mse",
                 optimizers[i]);
        case_open(&a, lines, two_labels(180));
        case_open(&b, lines, two_labels(180));
        case_new(&b);
        case_order(&b, "lr kind=0.01 size=0.01", 1, 2);
        case_run(&a);
        case_run(&b);
        assert_same_weights(a.model, b.model);
        assert_true(a.model->m_schedule == b.model->m_schedule);
        case_close(&a);
        case_close(&b);
    }
}

/* ---- reinit -------------------------------------------------------------- */

static void reinit_draws_other_values_and_drops_their_slots(void **state)
{
    (void)state;
    struct fit_case c;
    struct copy before, after;
    char says[256];
    open_heads(&c);
    pause_at(&c, 2, 3, &before);
    case_tell(&c, "reinit kind init=he_normal", says);
    assert_string_equal(says, "drew anew kind (51 parameters)");
    after = (struct copy){ .run = c.run };
    rt_run_look(c.run, copy_now, &after);
    const struct rt_weight *w =
        rt_model_layer_find(c.model, "kind", NULL)->weights[0];
    assert_memory_not_equal(after.v[0] + w->offset, before.v[0] + w->offset,
                            w->n * sizeof(float));
    for (size_t i = 0; i < w->n; i++)
        assert_true(after.v[1][w->offset + i] == 0);
    assert_true(is_as_it_was(c.model, &before, "trunk"));
    assert_int_equal(case_tell(&c, "reinit kind init=he_norml", says),
                     RT_ENOENT);
    assert_true(is_as_it_was(c.model, &after, "kind"));
    case_tell(&c, "reinit kind seed=3", says);
    copy_free(&before);
    before = (struct copy){ .run = c.run };
    rt_run_look(c.run, copy_now, &before);
    case_tell(&c, "reinit kind", says);
    assert_false(is_as_it_was(c.model, &before, "kind"));
    case_tell(&c, "reinit kind seed=3", says);
    assert_true(is_as_it_was(c.model, &before, "kind"));
    case_tell(&c, "stop", says);
    case_finish(&c);
    copy_free(&before);
    copy_free(&after);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_weights_and_their_slots_stay_to_the_bit),
        cmocka_unit_test(the_counts_change_at_once),
        cmocka_unit_test(everything_frozen_changes_nothing_but_the_count),
        cmocka_unit_test(a_wrong_word_changes_nothing),
        cmocka_unit_test(a_frozen_batch_norm_does_what_bn_says),
        cmocka_unit_test(what_is_kept_is_what_would_be_computed),
        cmocka_unit_test(weights_that_others_change_are_noticed),
        cmocka_unit_test(weights_of_others_are_none_of_it),
        cmocka_unit_test(a_retired_output_has_no_more_values_and_rests),
        cmocka_unit_test(retired_is_as_if_it_had_no_weight),
        cmocka_unit_test(removed_when_the_run_is_over),
        cmocka_unit_test(what_feeds_a_retired_output_alone_is_not_gathered),
        cmocka_unit_test(
            undo_takes_back_what_a_command_froze_not_what_a_run_did),
        cmocka_unit_test(
            a_frozen_branch_is_as_one_that_was_never_trained_from_there),
        cmocka_unit_test(a_share_of_the_rate_goes_with_it),
        cmocka_unit_test(rates_of_their_own_that_are_equal_change_no_bit),
        cmocka_unit_test(reinit_draws_other_values_and_drops_their_slots),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
