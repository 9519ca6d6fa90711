/* Every operator of the list, for all its cases: the forward values against a
 * plain computation in double, the gradient against central differences, the
 * bits against the number of threads and against memory that is not shared. An
 * operator without a plain computation here fails. */
#include "base/pool.h"
#include "base/schema.h"
#include "graph/blas.h"
#include "graph/gradcheck.h"
#include "graph/op.h"
#include "graph/ops.h"
#include "graph/plan.h"
#include "support.h"

#include <math.h>

enum { MOST = 1 << 16 };

/* ---- one case -------------------------------------------------------------*/

struct trial {
    const struct rt_op *op;
    const struct rt_op_test *test;
    void *args;
    int n_in;
    struct rt_shape in[RT_OP_IN_MAX];
    struct rt_graph *g;
    struct rt_node *y, *root;
    size_t offset[RT_OP_IN_MAX], n;
};

static float weights[MOST], grads[MOST], other[MOST], result[MOST];
static struct rt_err err;
static const struct rt_key key = { 99 };

static void parse_shapes(struct trial *t)
{
    char text[128];
    snprintf(text, sizeof text, "%s", t->test->in);
    for (char *s, *rest = text; (s = strtok_r(rest, " ", &rest));) {
        struct rt_shape *shape = &t->in[t->n_in++];
        for (char *d, *more = s; (d = strtok_r(more, "x", &more));)
            shape->dim[shape->rank++] = atoi(d);
    }
}

static void parse_args(struct trial *t)
{
    char text[128];
    const char *words[8];
    int n = 0;
    snprintf(text, sizeof text, "%s", t->test->words ? t->test->words : "");
    for (char *w, *rest = text; (w = strtok_r(rest, " ", &rest));)
        words[n++] = w;
    t->args = rt_args_parse(t->op->opts, sizeof(struct rt_opt),
                            t->op->args_size, words, n, &err);
    if (!t->args)
        fail_msg("%s %s: %s", t->op->name, t->test->words, err.text);
}

static void draw(struct trial *t)
{
    double lo = t->test->lo, hi = t->test->hi;
    if (lo == 0 && hi == 0) {
        lo = -2;
        hi = 2;
    }
    rt_rng_uniform(rt_key_make(6, RT_FOR_TEST), 0, weights, t->n);
    for (size_t i = 0; i < t->n; i++)
        weights[i] = (float)(lo + (hi - lo) * (double)weights[i]);
}

/* The operands are weights; the root is the sum of the results, each times a
 * number of its own. */
static void build(struct trial *t)
{
    static float factor[MOST];
    struct rt_node *in[RT_OP_IN_MAX], *f;
    parse_shapes(t);
    parse_args(t);
    t->g = rt_graph_new();
    for (int i = 0; i < t->n_in; i++) {
        in[i] = rt_graph_weight(t->g, "x", &t->in[i], &err);
        t->offset[i] = t->n;
        t->n += rt_shape_count(&t->in[i]);
    }
    t->y = rt_graph_op(t->g, t->op, in, t->n_in, t->args, &err);
    if (!t->y)
        fail_msg("%s %s: %s", t->op->name, t->test->in, err.text);
    rt_rng_uniform(rt_key_make(7, RT_FOR_TEST), 0, factor, MOST);
    f = rt_graph_const(t->g, &t->y->shape, factor, &err);
    t->root = rt_op_reduce(t->g, RT_REDUCE_sum,
                           rt_op_binary(t->g, RT_BINARY_mul, t->y, f, &err),
                           RT_AXES_ALL, false, &err);
    draw(t);
}

static void release(struct trial *t)
{
    rt_graph_free(t->g);
    rt_args_free(t->args);
}

static struct rt_plan *plan_of(struct trial *t, float *into, bool keep_y,
                               bool unshared)
{
    struct rt_node *roots[] = { t->root, t->y };
    const bool seeded[] = { true, false };
    bool trainable[RT_OP_IN_MAX];
    for (int i = 0; i < RT_OP_IN_MAX; i++)
        trainable[i] = true;
    struct rt_plan_spec spec = {
        .graph = t->g,
        .roots = roots,
        .n_roots = keep_y ? 2 : 1,
        .seeded = seeded,
        .trainable = trainable,
        .offset = t->offset,
        .weights = weights,
        .grads = into,
        .rows = 1,
        .training = true,
        .unshared = unshared,
    };
    struct rt_plan *p = rt_plan_new(&spec, &err);
    if (!p)
        fail_msg("%s: %s", t->op->name, err.text);
    return p;
}

/* ---- plain computations ---------------------------------------------------*/

static double x_at(const struct trial *t, int i, size_t at)
{
    return (double)weights[t->offset[i] + at];
}

static size_t count(const struct trial *t, int i)
{
    return rt_shape_count(&t->in[i]);
}

/* The option of that name, for the few that matter here. */
static double option(const struct trial *t, const char *name)
{
    const struct rt_opt *o = rt_opt_find(t->op->opts, sizeof *o, name);
    const char *at = (const char *)t->args + o->offset;
    if (o->kind == RT_KIND_BOOL)
        return *(const bool *)(const void *)at;
    if (o->kind == RT_KIND_INT)
        return *(const int *)(const void *)at;
    return *(const double *)(const void *)at;
}

/* Index in operand i of element `at` of the result, by NumPy's rule. */
static size_t broadcast_at(const struct trial *t, int i, size_t at)
{
    const struct rt_shape *y = &t->y->shape, *x = &t->in[i];
    size_t index = 0, step = 1;
    for (int a = 1; a <= y->rank; a++) {
        size_t d = (size_t)y->dim[y->rank - a], k = at % d;
        at /= d;
        if (a > x->rank)
            continue;
        size_t dx = (size_t)x->dim[x->rank - a];
        index += dx == 1 ? 0 : k * step;
        step *= dx;
    }
    return index;
}

struct axis {
    size_t inner, len;
};

static struct axis axis_of(const struct trial *t)
{
    const struct rt_shape *x = &t->in[0];
    int at = (int)option(t, "axis"), to = at + 1;
    struct axis a = { 1, 1 };
    if (at >= RT_AXES(0, 0)) {
        to = at % 10;
        at = (at - RT_AXES(0, 0)) / 10;
    } else if (at >= RT_AXES_ALL) {
        at -= RT_AXES_ALL;
        to = x->rank;
    } else if (at < 0) {
        at += x->rank;
        to = at + 1;
    }
    for (int i = at; i < x->rank; i++)
        *(i < to ? &a.len : &a.inner) *= (size_t)x->dim[i];
    return a;
}

/* The l-th of the numbers that make element `at` of a reduction. */
static double member(const struct trial *t, size_t at, size_t l)
{
    struct axis a = axis_of(t);
    return x_at(t, 0, (at / a.inner * a.len + l) * a.inner + at % a.inner);
}

static double plain_dense(const struct trial *t, size_t at)
{
    size_t f = (size_t)t->in[1].dim[0], u = (size_t)t->in[1].dim[1];
    double sum = t->n_in > 2 ? x_at(t, 2, at % u) : 0;
    for (size_t k = 0; k < f; k++)
        sum += x_at(t, 0, at / u * f + k) * x_at(t, 1, k * u + at % u);
    return sum;
}

#include "plain_image.h"
#include "plain_norm.h"
#include "plain_random.h"
#include "plain_recur.h"
#include "plain_reduce.h"

static double plain_concat(const struct trial *t, size_t at)
{
    size_t inner = axis_of(t).inner, width = 0, k, from = 0;
    for (int i = 0; i < t->n_in; i++)
        width += count(t, i);
    size_t outer = count(t, 0) / (axis_of(t).len * inner);
    width /= outer;
    k = at % width;
    for (int i = 0; i < t->n_in; i++) {
        size_t n = count(t, i) / outer;
        if (k < from + n)
            return x_at(t, i, at / width * n + k - from);
        from += n;
    }
    return NAN;
}

static double plain_slice(const struct trial *t, size_t at)
{
    struct axis a = axis_of(t);
    int from = (int)option(t, "from");
    size_t first = (size_t)(from < 0 ? from + (int)a.len : from);
    size_t n = rt_shape_count(&t->y->shape) / (count(t, 0) / (a.len * a.inner));
    return x_at(t, 0, at / n * a.len * a.inner + first * a.inner + at % n);
}

static double plain_gather(const struct trial *t, size_t at)
{
    size_t width = (size_t)t->in[1].dim[1];
    double row = trunc(x_at(t, 0, at / width));
    return x_at(t, 1, (size_t)row * width + at % width);
}

static double plain_reverse(const struct trial *t, size_t at)
{
    struct axis a = axis_of(t);
    size_t i = at / a.inner % a.len;
    return x_at(t, 0, at + (a.len - 1 - 2 * i) * a.inner);
}

static double plain_onehot(const struct trial *t, size_t at)
{
    size_t k = (size_t)option(t, "classes");
    return floor(x_at(t, 0, at / k)) == (double)(at % k) &&
           x_at(t, 0, at / k) >= 0;
}

static double plain_clip(const struct trial *t, size_t at)
{
    return fmin(fmax(x_at(t, 0, at), option(t, "lo")), option(t, "hi"));
}

static double plain_elu(const struct trial *t, size_t at)
{
    double x = x_at(t, 0, at);
    return x > 0 ? x : option(t, "alpha") * expm1(x);
}

static double plain_leaky(const struct trial *t, size_t at)
{
    double x = x_at(t, 0, at);
    return x > 0 ? x : option(t, "alpha") * x;
}

static double plain_same(const struct trial *t, size_t at)
{
    return x_at(t, 0, at);
}

static double plain_bent_relu(const struct trial *t, size_t at)
{
    double x = x_at(t, 0, at), most = option(t, "max_value");
    if (x <= option(t, "threshold"))
        return option(t, "negative_slope") * (x - option(t, "threshold"));
    return isinf(most) ? x : fmin(fmax(x, 0), most);
}

static double plain_batch_dot(const struct trial *t, size_t at)
{
    size_t i = (size_t)t->in[0].dim[1], k = (size_t)t->in[0].dim[2];
    size_t j = (size_t)t->in[1].dim[1], n = at / (i * j);
    double sum = 0;
    for (size_t l = 0; l < k; l++)
        sum += x_at(t, 0, (n * i + at / j % i) * k + l) *
               x_at(t, 1, (n * j + at % j) * k + l);
    return sum;
}

static double plain_transpose(const struct trial *t, size_t at)
{
    const struct rt_opt *o = rt_opt_find(t->op->opts, sizeof *o, "order");
    const struct rt_ints *order =
        (const void *)((const char *)t->args + o->offset);
    const struct rt_shape *x = &t->in[0];
    size_t from = 0;
    for (int i = x->rank - 1; i >= 0; i--) {
        int axis = order->v[i];
        size_t step = 1, d = (size_t)x->dim[axis];
        for (int k = axis + 1; k < x->rank; k++)
            step *= (size_t)x->dim[k];
        from += at % d * step;
        at /= d;
    }
    return x_at(t, 0, from);
}

#define ONE(name, value)                                                       \
    static double plain_##name(const struct trial *t, size_t at)               \
    {                                                                          \
        double x = x_at(t, 0, at);                                             \
        return (value);                                                        \
    }
ONE(neg, -x)
ONE(exp, exp(x))
ONE(log, log(x))
ONE(sqrt, sqrt(x))
ONE(square, x *x)
ONE(abs, fabs(x))
ONE(sign, (x > 0) - (x < 0))
ONE(relu, fmax(x, 0))
ONE(sigmoid, 1 / (1 + exp(-x)))
ONE(hard_sigmoid, fmin(fmax(0.2 * x + 0.5, 0), 1))
ONE(tanh, tanh(x))
ONE(softplus, log1p(exp(x)))
ONE(softsign, x / (1 + fabs(x)))
ONE(selu, 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x)))
ONE(swish, x / (1 + exp(-x)))
ONE(gelu, 0.5 * x * (1 + erf(x / sqrt(2))))
ONE(not, x == 0)

#define TWO(name, value)                                                       \
    static double plain_##name(const struct trial *t, size_t at)               \
    {                                                                          \
        double a = x_at(t, 0, broadcast_at(t, 0, at));                         \
        double b = x_at(t, 1, broadcast_at(t, 1, at));                         \
        return (value);                                                        \
    }
TWO(add, a + b)
TWO(sub, a - b)
TWO(mul, a *b)
TWO(div, a / b)
TWO(pow, pow(a, b))
TWO(max, fmax(a, b))
TWO(min, fmin(a, b))
TWO(prelu, a > 0 ? a : a * b)
TWO(eq, a == b)
TWO(ne, a != b)
TWO(lt, a < b)
TWO(le, a <= b)
TWO(gt, a > b)
TWO(ge, a >= b)
TWO(mod, a - b * floor(a / b))

static double plain_where(const struct trial *t, size_t at)
{
    bool first = x_at(t, 0, broadcast_at(t, 0, at)) != 0;
    return x_at(t, first ? 1 : 2, broadcast_at(t, first ? 1 : 2, at));
}

static const struct {
    const char *name;
    double (*value)(const struct trial *t, size_t at);
} plain[] = {
    { "abs", plain_abs },
    { "add", plain_add },
    { "alpha_dropout", plain_alpha_dropout },
    { "batch_dot", plain_batch_dot },
    { "batch_mean", plain_batch_mean },
    { "bent_relu", plain_bent_relu },
    { "channel_mean", plain_channel_mean },
    { "channel_variance", plain_channel_variance },
    { "clip", plain_clip },
    { "concat", plain_concat },
    { "conv", plain_conv },
    { "conv_transpose", plain_conv_transpose },
    { "crop", plain_crop },
    { "dense", plain_dense },
    { "div", plain_div },
    { "dropout", plain_dropout },
    { "elu", plain_elu },
    { "eq", plain_eq },
    { "exp", plain_exp },
    { "exponential", plain_exp },
    { "fold", plain_same },
    { "gather", plain_gather },
    { "gaussian_dropout", plain_gaussian_dropout },
    { "gaussian_noise", plain_gaussian_noise },
    { "ge", plain_ge },
    { "gelu", plain_gelu },
    { "gru", plain_gru },
    { "gt", plain_gt },
    { "hard_sigmoid", plain_hard_sigmoid },
    { "layer_norm", plain_layer_norm },
    { "le", plain_le },
    { "leaky_relu", plain_leaky },
    { "local", plain_local },
    { "log", plain_log },
    { "lstm", plain_lstm },
    { "lt", plain_lt },
    { "mask_scores", plain_same },
    { "max", plain_max },
    { "min", plain_min },
    { "mod", plain_mod },
    { "moving_average", plain_moving_average },
    { "mul", plain_mul },
    { "ne", plain_ne },
    { "neg", plain_neg },
    { "normalise", plain_normalise },
    { "not", plain_not },
    { "onehot", plain_onehot },
    { "pad", plain_pad },
    { "penalty", plain_penalty },
    { "pool_max", plain_pool_max },
    { "pool_mean", plain_pool_mean },
    { "pow", plain_pow },
    { "prelu", plain_prelu },
    { "present_mean", plain_present_mean },
    { "print", plain_same },
    { "reduce_argmax", plain_argmax },
    { "reduce_max", plain_most },
    { "reduce_mean", plain_mean },
    { "reduce_min", plain_least },
    { "reduce_sum", plain_sum },
    { "relu", plain_relu },
    { "reshape", plain_same },
    { "reverse", plain_reverse },
    { "selu", plain_selu },
    { "sigmoid", plain_sigmoid },
    { "sign", plain_sign },
    { "simple_rnn", plain_simple_rnn },
    { "slice", plain_slice },
    { "softmax", plain_softmax },
    { "softplus", plain_softplus },
    { "softsign", plain_softsign },
    { "sqrt", plain_sqrt },
    { "square", plain_square },
    { "stop_gradient", plain_same },
    { "sub", plain_sub },
    { "swish", plain_swish },
    { "tanh", plain_tanh },
    { "transpose", plain_transpose },
    { "where", plain_where },
    { "upsample", plain_upsample },
};

/* ---- what is checked of each ----------------------------------------------*/

static void check_values(struct trial *t)
{
    size_t i = 0, n = sizeof plain / sizeof *plain;
    while (i < n && strcmp(plain[i].name, t->op->name) != 0)
        i++;
    if (i == n)
        fail_msg("%s has no plain computation in this test", t->op->name);
    struct rt_plan *p = plan_of(t, grads, true, false);
    rt_plan_forward(p, 1, key);
    struct rt_tensor y = rt_plan_value(p, t->y);
    for (size_t at = 0; at < y.n; at++) {
        double want = plain[i].value(t, at), got = (double)y.v[at];
        if (!(fabs(got - want) <=
              2e-6 * fmax(1, fabs(want)) * sqrt((double)t->n)))
            fail_msg("%s %s %s at %zu: %.9g, want %.9g", t->op->name,
                     t->test->in, t->test->words ? t->test->words : "", at, got,
                     want);
    }
    rt_plan_free(p);
}

static void check_no_gradient(struct trial *t)
{
    struct rt_plan *p = plan_of(t, grads, false, false);
    memset(grads, 0x7f, t->n * sizeof *grads);
    rt_plan_forward(p, 1, key);
    rt_plan_backward(p);
    for (size_t i = 0; i < t->n; i++)
        assert_true(grads[i] == 0);
    rt_plan_free(p);
}

static void check_gradient(struct trial *t)
{
    struct rt_gradcheck r;
    if (t->op->flags & RT_OP_NO_GRAD) {
        check_no_gradient(t);
        return;
    }
    rt_assert_ok(rt_gradcheck(t->g, t->root, t->offset, weights, NULL, NULL, 1,
                              true, key, 64, 2e-3, &r, &err),
                 &err);
    assert_true(r.n > 0);
    if (!(r.worst <= 1))
        fail_msg("%s %s %s: gradient [%zu] %.9g, numerically %.9g", t->op->name,
                 t->test->in, t->test->words ? t->test->words : "", r.at,
                 r.analytic, r.numeric);
}

static void run(struct trial *t, float *into, float *y, bool unshared)
{
    struct rt_plan *p = plan_of(t, into, false, unshared);
    rt_plan_forward(p, 1, key);
    *y = *rt_plan_value(p, t->root).v;
    rt_plan_backward(p);
    rt_plan_free(p);
}

static void check_bits(struct trial *t)
{
    float y[3];
    run(t, grads, &y[0], false);
    rt_pool_threads(2);
    run(t, other, &y[1], false);
    rt_pool_threads(1);
    run(t, result, &y[2], true);
    assert_true(y[0] == y[1]);
    assert_true(y[0] == y[2]);
    assert_memory_equal(grads, other, t->n * sizeof *grads);
    assert_memory_equal(grads, result, t->n * sizeof *grads);
}

static void sweep(void (*check)(struct trial *t))
{
    for (int i = 0; rt_ops()[i]; i++)
        for (int c = 0; c < 8 && rt_ops()[i]->tests[c].in; c++) {
            struct trial t = { .op = rt_ops()[i],
                               .test = &rt_ops()[i]->tests[c] };
            build(&t);
            check(&t);
            release(&t);
        }
}

static void every_operator_computes_what_it_says(void **state)
{
    (void)state;
    sweep(check_values);
}

static void every_gradient_is_the_numeric_one(void **state)
{
    (void)state;
    sweep(check_gradient);
}

static void no_bit_depends_on_threads_or_shared_memory(void **state)
{
    (void)state;
    sweep(check_bits);
}

static int begin(void **state)
{
    (void)state;
    rt_blas_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    rt_pool_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_computes_what_it_says),
        cmocka_unit_test(every_gradient_is_the_numeric_one),
        cmocka_unit_test(no_bit_depends_on_threads_or_shared_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
