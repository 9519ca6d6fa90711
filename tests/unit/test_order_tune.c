/* tune: numbers of the optimizer, of losses, layers and batches, between two
 * batches and all or none. */
#include "fit_case.h"

#include "train/run_private.h"

#define HEADS                                                                  \
    "input x 2; dense 16 relu name=trunk; dropout 0.2 name=drop;"              \
    "dense 3 softmax name=kind; output; at trunk; dense 1 name=size; output;"  \
    "compile sgd lr=0.01 loss=kind:sparse_categorical_crossentropy,size:mse"

static void open_heads(struct fit_case *c)
{
    case_open(c, HEADS, two_labels(180));
    case_new(c);
    case_order(c, "pause", 1, 2);
    case_start(c);
    case_await(c, RT_RUN_PAUSED);
}

static void end(struct fit_case *c)
{
    char says[256];
    case_tell(c, "stop", says);
    case_finish(c);
    case_close(c);
}

static void every_number_is_told_from_and_to(void **state)
{
    (void)state;
    struct fit_case c;
    char says[256];
    open_heads(&c);
    assert_int_equal(
        case_tell(&c,
                  "tune learning_rate=0.02 momentum=0.5 nesterov=yes "
                  "clipnorm=2 drop.rate=0.5 loss_weights=kind:2,size:0.5 "
                  "batch_size=32",
                  says),
        0);
    assert_string_equal(says, "lr 0.01 -> 0.02, momentum 0 -> 0.5, nesterov no "
                              "-> yes, clipnorm none -> 2, drop.rate 0.2 -> "
                              "0.5, loss weights kind 1 -> 2, size 1 -> 0.5, "
                              "batch_size 16 -> 32 from epoch 2");
    assert_true(c.model->compiled->clip.clipnorm == 2);
    assert_true(c.run->objective->outputs[1].weight == 0.5);
    end(&c);
}

static void one_wrong_word_and_nothing_changes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *says;
    } wrong[] = {
        { "tune lr=0.5 momentum=-2", RT_EINVAL, "momentum" },
        { "tune lr=0.5 drop.rat=0.1", RT_ENOENT, "rat" },
        { "tune lr=0.5 trunk.units=3", RT_EINVAL, "cannot change" },
        { "tune lr=0.5 dorp.rate=0.1", RT_ENOENT, "dorp" },
        { "tune lr=0.5 moment=1", RT_ENOENT, "nothing to tune" },
        { "tune lr=0.5 loss_weights=kin:1", RT_ENOENT, "kin" },
        { "tune lr=0.5 loss_weights=kind:-1", RT_EINVAL, "kind:-1" },
        { "tune lr=0.5 batch_size=1.5", RT_EINVAL, "1.5" },
        { "tune lr=0.5 clipvalue=x", RT_EINVAL, "x" },
        { "tune lr=0.5 drop", RT_EINVAL, "drop" },
        { "tune", RT_EINVAL, "what?" },
    };
    struct fit_case c;
    char says[256];
    open_heads(&c);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(case_tell(&c, wrong[i].line, says), wrong[i].code);
        assert_non_null(strstr(c.err.text, wrong[i].says));
        assert_true(*rt_run_lr(c.run) == 0.01);
    }
    end(&c);
}

static void batches_of_another_size_begin_with_the_next_epoch(void **state)
{
    (void)state;
    struct fit_case c;
    open_heads(&c);
    case_tell(&c, "tune batch_size=50", (char[256]){ "" });
    case_tell(&c, "resume", (char[256]){ "" });
    assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
    assert_int_equal(case_event(&c, RT_EV_EPOCH, 0)->n_batches, 9);
    assert_int_equal(case_event(&c, RT_EV_EPOCH, 1)->n_batches, 3);
    assert_int_equal(case_count(&c, RT_EV_BATCH), 9 + 3 + 3);
    assert_int_equal(c.run->val_spec.batch_size, 16);
    case_close(&c);
}

/* As if the dropout had not been there. */
static void a_rate_of_nothing_drops_nothing(void **state)
{
    (void)state;
    struct fit_case a, b;
    case_open(&a, HEADS, two_labels(180));
    case_open(&b,
              "input x 2; dense 16 relu name=trunk;"
              "dense 3 softmax name=kind; output; at trunk;"
              "dense 1 name=size; output; compile sgd lr=0.01 "
              "loss=kind:sparse_categorical_crossentropy,size:mse",
              two_labels(180));
    case_new(&a);
    case_order(&a, "tune d*.rate=0", 1, 0);
    case_run(&a);
    case_run(&b);
    assert_same_weights(a.model, b.model);
    case_close(&a);
    case_close(&b);
}

/* A layer's option with a plan of its own: as if it had been so from the
 * beginning. */
static void a_recurrent_layer_drops_as_it_is_told(void **state)
{
    (void)state;
#define STEPS(words)                                                           \
    "input x 2; reshape 2x1; lstm 6 " words " name=r; dense 3 softmax name=y;" \
    "output; compile sgd lr=0.1 loss=sparse_categorical_crossentropy"
    struct fit_case a, b;
    case_open(&a, STEPS(""), spiral(90));
    case_open(&b, STEPS("dropout=0.3 recurrent_dropout=0.2"), spiral(90));
    case_new(&a);
    case_order(&a, "tune r.dropout=0.3 r.recurrent_dropout=0.2", 1, 0);
    case_run(&a);
    case_run(&b);
    assert_same_weights(a.model, b.model);
    case_close(&a);
    case_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_told_from_and_to),
        cmocka_unit_test(one_wrong_word_and_nothing_changes),
        cmocka_unit_test(batches_of_another_size_begin_with_the_next_epoch),
        cmocka_unit_test(a_rate_of_nothing_drops_nothing),
        cmocka_unit_test(a_recurrent_layer_drops_as_it_is_told),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
