/* Expressions as nodes: values, gradients, shapes and what is said of those
 * that do not fit. */
#include "support.h"

#include "graph/expr.h"
#include "graph/gradcheck.h"
#include "graph/plan.h"
#include "graph/print.h"

#include <math.h>

static struct rt_err err;
static const float X[6] = { 0.5f, -1, 2, 1.5f, 0.25f, -2 }; /* (2,3) */
static const float Y[2] = { 1, 2 };                         /* (2) */

/* A function of a caller's: double(x), and double(x, by=3). */
static bool knows(const char *name)
{
    return strcmp(name, "double") == 0;
}
static const char *name_of(int i)
{
    return i ? NULL : "double";
}
static struct rt_node *foreign(struct rt_graph *g, const char *spec,
                               struct rt_node *const *in, int n_in,
                               struct rt_err *e)
{
    double by = strcmp(spec, "double(by=3)") == 0 ? 3 : 2;
    if (n_in != 1) {
        rt_fail(e, RT_EINVAL, "double: %d values, want 1", n_in);
        return NULL;
    }
    return rt_op_binary(g, RT_BINARY_mul, in[0], rt_graph_scalar(g, by), e);
}

static const struct rt_expr_functions functions = { knows, name_of, foreign };

/* x (none,3), y (none), c (none,1), w (3,2) a weight. */
struct made {
    struct rt_graph *g;
    struct rt_node *x, *y, *c, *w, *value;
};

static struct made make(const char *text)
{
    struct made m = { .g = rt_graph_new() };
    m.x = rt_graph_input(m.g, "x", &RT_SHAPE(RT_DIM_ANY, 3), &err);
    m.y = rt_graph_input(m.g, "y", &RT_SHAPE(RT_DIM_ANY), &err);
    m.c = rt_graph_input(m.g, "c", &RT_SHAPE(RT_DIM_ANY, 1), &err);
    m.w = rt_graph_weight(m.g, "w", &RT_SHAPE(3, 2), &err);
    const struct rt_expr_name names[] = {
        { "x", m.x }, { "y", m.y }, { "c", m.c }, { "w", m.w }
    };
    struct rt_expr_scope scope = {
        .graph = m.g, .names = names, .n_names = 4, .functions = &functions
    };
    struct rt_expr *e = rt_expr_parse(text, &err);
    if (!e)
        fail_msg("%s", err.text);
    m.value = rt_expr_build(e, &scope, &err);
    rt_expr_free(e);
    return m;
}

/* The value for the two rows; w is 1..6. */
static int run(const char *text, struct rt_shape *shape, float *v)
{
    static float w[16] = { 1, 2, 3, 4, 5, 6 };
    const size_t offset = 0;
    struct made m = make(text);
    if (!m.value)
        fail_msg("%s: %s", text, err.text);
    struct rt_plan *p = rt_plan_new(&(struct rt_plan_spec){ .graph = m.g,
                                                            .roots = &m.value,
                                                            .n_roots = 1,
                                                            .offset = &offset,
                                                            .weights = w,
                                                            .rows = 2,
                                                            .training = true },
                                    &err);
    if (!p)
        fail_msg("%s: %s", text, err.text);
    rt_plan_bind(p, m.x, X);
    rt_plan_bind(p, m.y, Y);
    rt_plan_bind(p, m.c, Y);
    rt_plan_forward(p, 2, (struct rt_key){ 1 });
    struct rt_tensor t = rt_plan_value(p, m.value);
    assert_true(t.n <= 16);
    memcpy(v, t.v, t.n * sizeof *v);
    *shape = t.shape;
    rt_plan_free(p);
    rt_graph_free(m.g);
    return (int)t.n;
}

/* Values worked out with NumPy 1.24. */
static void values_are_those_of_numpy(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shape;
        double v[12];
    } cases[] = {
        { "x * 2 - 1", "(2,3)", { 0, -3, 3, 2, -0.5, -5 } },
        { "x[:, 0:2]", "(2,2)", { 0.5, -1, 1.5, 0.25 } },
        { "x[:, -2:]", "(2,2)", { -1, 2, 0.25, -2 } },
        { "x[:, :-1]", "(2,2)", { 0.5, -1, 1.5, 0.25 } },
        { "x[..., -1]", "(2)", { 2, -2 } },
        { "x[:, 1]", "(2)", { -1, 0.25 } },
        { "x[...]", "(2,3)", { 0.5, -1, 2, 1.5, 0.25, -2 } },
        { "x[:, 1:2]", "(2,1)", { -1, 0.25 } },
        { "w[1]", "(2)", { 3, 4 } },
        { "w[0:2, 1]", "(2)", { 2, 4 } },
        { "w[-1, 0]", "()", { 5 } },
        { "x[:, 0] * y", "(2)", { 0.5, 3 } },
        { "x * c", "(2,3)", { 0.5, -1, 2, 3, 0.5, -4 } },
        { "x - w[:, 0]", "(2,3)", { -0.5, -4, -3, 0.5, -2.75, -7 } },
        { "x ^ 2", "(2,3)", { 0.25, 1, 4, 2.25, 0.0625, 4 } },
        { "y ^ 0.5", "(2)", { 1, 1.4142135623730951 } },
        { "2 ^ y", "(2)", { 2, 4 } },
        { "x % 2", "(2,3)", { 0.5, 1, 0, 1.5, 0.25, 0 } },
        { "x > 0", "(2,3)", { 1, 0, 1, 1, 1, 0 } },
        { "not x > 0", "(2,3)", { 0, 1, 0, 0, 0, 1 } },
        { "x > 0 and x < 1", "(2,3)", { 1, 0, 0, 0, 1, 0 } },
        { "x < 0 or x > 1", "(2,3)", { 0, 1, 1, 1, 0, 1 } },
        { "sum(x)", "()", { 1.25 } },
        { "sum(x, axis=-1)", "(2)", { 1.5, -0.25 } },
        { "sum(x, 0)", "(3)", { 2, -0.75, 0 } },
        { "mean(x, axis=1, keepdims=True)", "(2,1)", { 0.5, -0.25 / 3 } },
        { "mean(w, axis=(0, 1))", "()", { 3.5 } },
        { "mean(w, axis=[1, 0], keepdims=yes)", "(1,1)", { 3.5 } },
        { "var(w, axis=0)", "(2)", { 8.0 / 3, 8.0 / 3 } },
        { "std(w)", "()", { 1.707825127659933 } },
        { "min(x, axis=1)", "(2)", { -1, -2 } },
        { "max(x)", "()", { 2 } },
        { "max(x, 0)", "(2,3)", { 0.5, 0, 2, 1.5, 0.25, 0 } },
        { "min(x, c, 1)", "(2,3)", { 0.5, -1, 1, 1, 0.25, -2 } },
        { "argmax(x)", "(2)", { 2, 0 } },
        { "argmax(x, axis=0)", "(3)", { 1, 1, 0 } },
        { "clip(x, -1, 1)", "(2,3)", { 0.5, -1, 1, 1, 0.25, -1 } },
        { "clip(x, -c, c)", "(2,3)", { 0.5, -1, 1, 1.5, 0.25, -2 } },
        { "where(x > 0, x, 10)", "(2,3)", { 0.5, 10, 2, 1.5, 0.25, 10 } },
        { "where(x > 0, log(x), 0)[:, 1]", "(2)", { 0, -1.3862943611198906 } },
        { "onehot(y, 3)", "(2,3)", { 0, 1, 0, 0, 0, 1 } },
        { "onehot(c, 3)", "(2,3)", { 0, 1, 0, 0, 0, 1 } },
        { "concat(x, c)", "(2,4)", { 0.5, -1, 2, 1, 1.5, 0.25, -2, 2 } },
        { "concat([c, c * 2], axis=1)", "(2,2)", { 1, 2, 2, 4 } },
        { "log2(y) + log10(y * 10)", "(2)", { 1, 2.301029995663981 } },
        { "abs(x) * sign(x) - x", "(2,3)", { 0 } },
        { "double(y) + double(y, by=3)", "(2)", { 5, 10 } },
        { "stop_gradient(y)", "(2)", { 1, 2 } },
        { "print(y, 'a tag')", "(2)", { 1, 2 } },
        { "y * (1 - 1e-7) + sqrt(4)", "(2)", { 3, 4 } },
        { "3", "()", { 3 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float v[16];
        struct rt_shape shape;
        int n = run(cases[i].text, &shape, v);
        if (strcmp(rt_shape_text(&shape), cases[i].shape) != 0)
            fail_msg("%s: shape %s, want %s", cases[i].text,
                     rt_shape_text(&shape), cases[i].shape);
        for (int k = 0; k < n; k++)
            if (!(fabs((double)v[k] - cases[i].v[k]) < 2e-6))
                fail_msg("%s: number %d is %g, want %g", cases[i].text, k,
                         (double)v[k], cases[i].v[k]);
    }
}

static void what_does_not_fit_is_shown_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "x - w", "shapes (none,3) and (3,2) do not go together: counted from "
                   "the last axis, dimensions must be equal or 1\n"
                   "    x - w\n"
                   "      ^" },
        { "x[:, 0] * c", "shapes (none) and (none,1) do not go together: the "
                         "samples are not along the same axis (a[..., 0] drops "
                         "the last axis)\n"
                         "    x[:, 0] * c\n"
                         "            ^" },
        { "1 + mean(x, axis=2)", "axis 2 of shape (none,3), want -2 to 1\n"
                                 "    1 + mean(x, axis=2)\n"
                                 "                     ^" },
        { "sum(x, axis=(1, -1))", "axis 1 is given twice\n"
                                  "    sum(x, axis=(1, -1))\n"
                                  "                    ^" },
        { "x[:, 3]", "index 3 of axis 1 of (none,3), want -3 to 2\n"
                     "    x[:, 3]\n"
                     "         ^" },
        { "x[:, 0:12]", "0 to 12 of axis 1 of (none,3), want at least one of "
                        "its 3 indices and no others\n"
                        "    x[:, 0:12]\n"
                        "         ^" },
        { "x[0]", "axis 0 of (none,3) is the samples, want ':' there\n"
                  "    x[0]\n"
                  "      ^" },
        { "x[:, :, 0]", "3 indices of a value of shape (none,3)\n"
                        "    x[:, :, 0]\n"
                        "     ^" },
        { "x - q", "unknown name 'q'; did you mean x, y or c?\n"
                   "    x - q\n"
                   "        ^" },
        { "exp * 2", "'exp' is a function: want exp(...)\n"
                     "    exp * 2\n"
                     "    ^" },
        { "meen(x)", "unknown function 'meen'; did you mean mean or min?\n"
                     "    meen(x)\n"
                     "    ^" },
        { "doubel(x)", "unknown function 'doubel'; did you mean double?\n"
                       "    doubel(x)\n"
                       "    ^" },
        { "2 + double(x, y)", "double: 2 values, want 1\n"
                              "    2 + double(x, y)\n"
                              "        ^" },
        { "onehot(y, x)", "want a number here\n"
                          "    onehot(y, x)\n"
                          "              ^" },
        { "onehot(y, 1.5)", "1.5, want a whole number\n"
                            "    onehot(y, 1.5)\n"
                            "              ^" },
        { "x + [1, 2]", "a list, want one value\n"
                        "    x + [1, 2]\n"
                        "        ^" },
        { "clip(x, 2, 1)", "clip: from 2 to 1, want lo <= hi\n"
                           "    clip(x, 2, 1)\n"
                           "    ^" },
        { "where(x, y, c)", "shapes (none,3) and (none) do not go together: "
                            "counted from the last axis, dimensions must be "
                            "equal or 1\n"
                            "    where(x, y, c)\n"
                            "    ^" },
        { "concat(x, y)", "concat: inputs (none,3) and (none), want equal "
                          "shapes but for axis 1\n"
                          "    concat(x, y)\n"
                          "    ^" },
        { "mean(x, keepdims=maybe)", "keepdims=maybe, want yes or no\n"
                                     "    mean(x, keepdims=maybe)\n"
                                     "                     ^" },
        { "max(x, y, axis=1)",
          "of several values it is taken at each place: want no axis= and "
          "keepdims=\n"
          "    max(x, y, axis=1)\n"
          "    ^" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rt_err_clear(&err);
        struct made m = make(cases[i].text);
        assert_null(m.value);
        assert_string_equal(err.text, cases[i].says);
        rt_graph_free(m.g);
    }
}

/* Of the sum of each by its weights, against central differences. */
static void gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "w * 3 - w / 2",
        "(w + 3) ^ 2.5",
        "2 ^ w",
        "w ^ 2 * w",
        "w % 0.7",
        "exp(w) * log(w + 3) + log2(w + 3) - log10(w + 3)",
        "sqrt(w + 3) + abs(w)",
        "w[0:2, :] * w[1:, 0:1]",
        "w[1] ^ 3",
        "w[..., -1] * 2",
        "var(w, axis=0)",
        "std(w, axis=1)",
        "std(w)",
        "mean(w, axis=0) * sum(w)",
        "max(w, axis=1) * min(w, axis=1)",
        "max(w, 0.1) + min(w, -0.1, w ^ 2)",
        "clip(w, -0.5, 0.5) * w",
        "clip(w, -1 * w, w + 2)",
        "where(w > 0, w ^ 2, -w)",
        "where(w > 0, 1, w[0])",
        "concat(w, w * 2) ^ 2",
        "double(w, by=3) * w",
        "print(w, \"w\") ^ 2",
        "(w > 0) * w",
        "(w > 0 and w < 1) * w",
        "-w ^ 2",
    };
    const size_t offset = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "sum(%s)", cases[i]);
        struct made m = make(text);
        if (!m.value)
            fail_msg("%s: %s", text, err.text);
        float w[16] = { 0.31f, -0.62f, 1.13f, 0.24f, -1.35f, 0.86f };
        const float *inputs[3] = { X, Y, Y };
        struct rt_gradcheck out;
        rt_assert_ok(rt_gradcheck(m.g, m.value, &offset, w, NULL, inputs, 2,
                                  true, (struct rt_key){ 1 }, 6, 2e-3, &out,
                                  &err),
                     &err);
        if (!(out.worst <= 1))
            fail_msg("%s: at %zu numeric %g, analytic %g", text, out.at,
                     out.numeric, out.analytic);
        rt_graph_free(m.g);
    }
}

static void columns_come_from_slices(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int want; /* for y like (none,10) */
    } cases[] = {
        { "cce(y[:, 0:10], p) * y[:, 10]", 11 },
        { "mse(y[:, 0:3], p) + y[:, 3]", 4 },
        { "mse(y, p)", 10 },
        { "mse(y, p) * y[:, 12]", 13 },
        { "y[:, 2]", 3 },
        { "y[..., 2]", 3 },
        { "y[:, -1]", 10 },
        { "y[:, 11:]", 12 },
        { "y[:, :-1]", 10 },
        { "y[:, -12]", 12 },
        { "p * 2", 0 },
        { "y[:, :]", 10 },
        { "y[:, 0:2][:, 20]", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_expr *e = rt_expr_parse(cases[i].text, &err);
        assert_non_null(e);
        int n = rt_expr_columns(e, "y", &RT_SHAPE(RT_DIM_ANY, 10));
        if (n != cases[i].want)
            fail_msg("%s: %d, want %d", cases[i].text, n, cases[i].want);
        rt_expr_free(e);
    }
}

static int heard;
static void hear(void *who, const struct rt_print_args *a,
                 const struct rt_tensor *x)
{
    assert_ptr_equal(who, &heard);
    assert_string_equal(a->tag, "ys");
    assert_int_equal(a->every, 3);
    assert_int_equal(x->n, 2);
    heard++;
}

static void print_reports_to_who_listens(void **state)
{
    (void)state;
    float v[16];
    struct rt_shape shape;
    rt_print_listen(hear, &heard);
    run("print(y, \"ys\", every=3) * 2", &shape, v);
    assert_int_equal(heard, 1);
    rt_print_listen(NULL, NULL);
    run("print(y, \"ys\", every=3) * 2", &shape, v);
    assert_int_equal(heard, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_numpy),
        cmocka_unit_test(what_does_not_fit_is_shown_at_its_place),
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(columns_come_from_slices),
        cmocka_unit_test(print_reports_to_who_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
