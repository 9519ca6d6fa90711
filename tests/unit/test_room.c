/* The room of a plan: made for the largest batch, it must do for all smaller
 * ones, however the kernels cut their work. */
#include "model_lines.h"

#include "graph/blas.h"
#include "graph/plan_parts.h"
#include "nn/objective.h"

static struct rt_err err;

/* Layers whose kernels cut their work into parts with sums of their own, large
 * enough to be cut. */
static const struct {
    const char *lines;
    int rows;
} nets[] = {
    { "input x 28x28x32; conv2d 64 3 padding=same; flatten; dense 1", 17 },
    { "input x 14x14x64; conv2d 128 3 padding=same; flatten; dense 1", 24 },
    { "input x 14x14x32; conv2d_transpose 32 3 padding=same; flatten; dense 1",
      24 },
    { "input x 28x28x16; depthwise_conv2d 3; flatten; dense 1", 20 },
    { "input x 100x16; conv1d 64 5 padding=causal; flatten; dense 1", 70 },
    { "input x 3x3; lstm 120; dense 1", 513 },
    { "input x 3x3; gru 90 reset_after=yes; dense 1", 513 },
    { "input x 3x3; simple_rnn 64; dense 1", 513 },
    { "input x 1024; batch_norm; dense 1", 513 },
    { "input x 7x7x1024; batch_norm; global_avg_pool2d; dense 1", 12 },
    { "input x 1024; layer_norm; dense 1", 513 },
    { "input x 3000; dense 40 softmax; dense 1", 513 },
};

static void check(const struct rt_plan *p)
{
    for (int back = 0; back < 2; back++)
        for (int i = 0; i < (back ? p->n_backward : p->n_forward); i++) {
            const struct rt_step *s = back ? &p->backward[i] : &p->forward[i];
            if (s->kind != RT_STEP_FORWARD && s->kind != RT_STEP_BACKWARD)
                continue;
            const struct rt_op *op = s->node->op;
            size_t saved = rt_plan_room(p, s->node, op->saved);
            size_t scratch = rt_plan_room(p, s->node, op->scratch);
            if (saved > s->n_saved || scratch > s->n_scratch)
                fail_msg("%s: %d rows want %zu and %zu floats, there is room "
                         "for %zu and %zu of the %d",
                         op->name, p->now, saved, scratch, s->n_saved,
                         s->n_scratch, p->rows);
        }
}

static void every_smaller_batch_fits_in(const char *lines, int rows)
{
    struct rt_model *m = rt_model_new("m", 1);
    lines_run(m, lines);
    lines_run(m, "output; compile sgd loss=mse");
    struct rt_objective *o = rt_objective_new(m, true, &err);
    if (!o)
        fail_msg("%s: %s", lines, err.text);
    bool seeded = true;
    float *grads = rt_xcalloc(m->n_params, sizeof *grads);
    struct rt_plan *p =
        rt_plan_new(&(struct rt_plan_spec){ .graph = o->graph,
                                            .roots = &o->outputs[0].loss,
                                            .n_roots = 1,
                                            .seeded = &seeded,
                                            .trainable = o->trainable,
                                            .offset = o->offset,
                                            .weights = m->weights,
                                            .grads = grads,
                                            .rows = rows,
                                            .training = true },
                    &err);
    if (!p)
        fail_msg("%s: %s", lines, err.text);
    for (int n = rows; n > 0; n--) {
        rt_assert_ok(rt_plan_resize(p, n, &err), &err);
        check(p);
    }
    rt_plan_free(p);
    free(grads);
    rt_objective_free(o);
    rt_model_free(m);
}

static void a_smaller_batch_never_wants_more_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
        every_smaller_batch_fits_in(nets[i].lines, nets[i].rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_smaller_batch_never_wants_more_room),
    };
    rt_blas_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
