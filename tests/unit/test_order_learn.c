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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_weights_and_their_slots_stay_to_the_bit),
        cmocka_unit_test(the_counts_change_at_once),
        cmocka_unit_test(everything_frozen_changes_nothing_but_the_count),
        cmocka_unit_test(a_wrong_word_changes_nothing),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
