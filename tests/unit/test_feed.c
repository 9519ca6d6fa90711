#include "support.h"

#include "base/mem.h"
#include "data/transform.h"

#include <math.h>

static void add(struct rt_dataset *d, const char *name, enum rt_dtype type,
                struct rt_shape row)
{
    size_t n = d->n_rows * rt_shape_count(&row);
    assert_int_equal(rt_dataset_add_column(d, name, type, &row, d->n_rows,
                                           rt_xcalloc(n, rt_dtype_size(type)),
                                           NULL, 0, NULL),
                     0);
}

/* x (28,28) bytes, y class numbers 0..9 */
static struct rt_dataset *mnist(void)
{
    struct rt_dataset *d = rt_dataset_new("mnist", 30, NULL);
    add(d, "x", RT_U8, RT_SHAPE(28, 28));
    uint8_t *y = rt_xmalloc(30);
    for (int i = 0; i < 30; i++)
        y[i] = (uint8_t)(i % 10);
    struct rt_shape number = { .rank = 0 };
    rt_dataset_add_column(d, "y", RT_U8, &number, 30, y, NULL, 0, NULL);
    return d;
}

static struct rt_wanted input(const char *node, struct rt_shape row)
{
    return (struct rt_wanted){ .node = node, .row = row };
}

static struct rt_wanted label(const char *node, struct rt_shape row,
                              const char *loss)
{
    return (struct rt_wanted){
        .node = node, .row = row, .label = true, .hint = loss
    };
}

static struct rt_wanted sparse(const char *node, int classes)
{
    struct rt_wanted w =
        label(node, RT_SHAPE(1), "sparse_categorical_crossentropy");
    w.classes = classes;
    return w;
}

static void x_and_y_feed_the_only_input_and_output(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = mnist();
    struct rt_wanted want[] = { input("img", RT_SHAPE(28, 28)),
                                sparse("digit", 10) };
    struct rt_feed f[2];
    rt_assert_ok(rt_dataset_feed(d, want, 2, f, &err), &err);
    assert_string_equal(f[0].cols[0]->name, "x");
    assert_string_equal(f[1].cols[0]->name, "y");
    rt_dataset_unref(d);
}

static void several_inputs_go_by_their_names(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = rt_dataset_new("d", 3, NULL);
    add(d, "prices", RT_F32, RT_SHAPE(30, 4));
    add(d, "facts", RT_F32, RT_SHAPE(12));
    add(d, "ret", RT_F32, RT_SHAPE(1));
    struct rt_wanted want[] = { input("prices", RT_SHAPE(30, 4)),
                                input("facts", RT_SHAPE(12)),
                                label("ret", RT_SHAPE(1), "mse") };
    struct rt_feed f[3];
    rt_assert_ok(rt_dataset_feed(d, want, 3, f, &err), &err);
    assert_string_equal(f[1].cols[0]->name, "facts");
    assert_string_equal(f[2].cols[0]->name, "ret");
    rt_dataset_unref(d);
}

static void what_is_bound_wins(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = mnist();
    add(d, "a", RT_F32, RT_SHAPE(3));
    struct rt_shape number = { .rank = 0 };
    add(d, "b", RT_I32, number);
    const char *cols[] = { "a", "b" }, *a = "a";
    rt_dataset_bind(d, "in", cols, 2, NULL);
    rt_dataset_bind(d, "out", &a, 1, NULL); /* the same column twice */
    struct rt_wanted want[] = { input("in", RT_SHAPE(4)),
                                label("out", RT_SHAPE(3), "mse") };
    struct rt_feed f[2];
    rt_assert_ok(rt_dataset_feed(d, want, 2, f, &err), &err);
    assert_int_equal(f[0].n_cols, 2);
    assert_string_equal(f[0].cols[1]->name, "b");
    assert_int_equal(f[0].row.dim[0], 4);
    assert_string_equal(f[1].cols[0]->name, "a");
    rt_dataset_unref(d);
}

static void ones_at_the_end_make_no_difference(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = mnist();
    struct rt_wanted want = input("img", RT_SHAPE(28, 28, 1));
    struct rt_feed f;
    rt_assert_ok(rt_dataset_feed(d, &want, 1, &f, &err), &err);
    assert_string_equal(rt_shape_text(&f.row), "(28,28,1)");
    struct rt_dataset *e = rt_dataset_new("e", 2, NULL);
    add(e, "x", RT_F32, RT_SHAPE(5, 1));
    want = input("in", RT_SHAPE(5));
    rt_assert_ok(rt_dataset_feed(e, &want, 1, &f, &err), &err);
    assert_string_equal(rt_shape_text(&f.row), "(5)");
    rt_dataset_unref(e);
    rt_dataset_unref(d);
}

static void unknown_dimensions_take_the_data_s(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = rt_dataset_new("d", 2, NULL);
    add(d, "x", RT_F32, RT_SHAPE(17, 3));
    struct rt_wanted want = input("in", RT_SHAPE(RT_DIM_ANY, 3));
    struct rt_feed f;
    rt_assert_ok(rt_dataset_feed(d, &want, 1, &f, &err), &err);
    assert_string_equal(rt_shape_text(&f.row), "(17,3)");
    want = input("in", RT_SHAPE(RT_DIM_ANY, 4));
    assert_int_equal(rt_dataset_feed(d, &want, 1, &f, &err), RT_ESHAPE);
    rt_dataset_unref(d);
}

static void a_misfit_is_told_with_what_would_help(void **state)
{
    (void)state;
    struct rt_dataset *d = mnist();
    struct rt_dataset *hot = rt_onehot(d, "y", 0, NULL, NULL);
    struct rt_dataset *flat = rt_dataset_new("flat", 2, NULL);
    add(flat, "x", RT_F32, RT_SHAPE(784));
    add(flat, "y", RT_F32, RT_SHAPE(4));
    const struct {
        const struct rt_dataset *d;
        struct rt_wanted want;
        const char *text;
    } cases[] = {
        { d, input("img", RT_SHAPE(784)),
          "input 'img' wants rows of (784), column 'x' of data 'mnist' has "
          "(28,28); declare 'input img 28x28' and 'flatten' it" },
        { flat, input("img", RT_SHAPE(28, 28, 1)),
          "input 'img' wants rows of (28,28,1), column 'x' of data 'flat' has "
          "(784); declare 'input img 784' and 'reshape 28x28x1' it" },
        { d, input("img", RT_SHAPE(28, 28, 3)),
          "input 'img' wants rows of (28,28,3), column 'x' of data 'mnist' "
          "has (28,28)" },
        { d, label("digit", RT_SHAPE(10), "categorical_crossentropy"),
          "output 'digit' with loss categorical_crossentropy wants labels of "
          "(10), column 'y' of data 'mnist' has (1); if they are class "
          "numbers say 'onehot mnist y' or use "
          "loss=sparse_categorical_crossentropy" },
        { d, label("digit", RT_SHAPE(10), "mse"),
          "has (1); if they are class numbers say 'onehot mnist y'" },
        { hot, sparse("digit", 10),
          "output 'digit' with loss sparse_categorical_crossentropy wants "
          "labels of (1), column 'y' of data 'mnist' has (10); these are "
          "one-hot: loss=categorical_crossentropy takes them" },
        { flat, label("out", RT_SHAPE(1), "mse"),
          "wants labels of (1), column 'y' of data 'flat' has (4); the output "
          "needs 4 units for them, it has 1" },
        { flat, label("out", RT_SHAPE(20, 4), "mse"),
          "wants labels of (20,4), column 'y' of data 'flat' has (4); the "
          "output still has a time axis: return_sequences=no drops it" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_feed f;
        assert_int_equal(
            rt_dataset_feed(cases[i].d, &cases[i].want, 1, &f, &err),
            RT_ESHAPE);
        rt_assert_error(&err, RT_ESHAPE, cases[i].text);
    }
    rt_dataset_unref(flat);
    rt_dataset_unref(hot);
    rt_dataset_unref(d);
}

static void a_missing_column_is_told_with_those_there_are(void **state)
{
    (void)state;
    struct rt_dataset *d = rt_dataset_new("iris", 2, NULL);
    add(d, "sepal", RT_F32, RT_SHAPE(1));
    add(d, "species", RT_U8, RT_SHAPE(1));
    struct rt_wanted only = input("in", RT_SHAPE(1));
    struct rt_wanted two[] = { label("a", RT_SHAPE(1), "mse"),
                               label("b", RT_SHAPE(1), "mse") };
    struct rt_err err = RT_ERR_INIT;
    struct rt_feed f[2];
    assert_int_equal(rt_dataset_feed(d, &only, 1, f, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT,
                    "input 'in': data 'iris' has the columns sepal, species "
                    "and none called 'in' or 'x'; say 'bind iris in=COLUMN'");
    assert_int_equal(rt_dataset_feed(d, two, 2, f, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT,
                    "output 'a': data 'iris' has the columns sepal, species "
                    "and none called 'a'; say 'bind iris a=COLUMN'");
    /* binding the whole set binds its parts: a part alone would be another */
    uint32_t row = 0;
    struct rt_dataset *p = rt_dataset_pick(d, "iris.val", &row, 1, &err);
    assert_int_equal(rt_dataset_feed(p, &only, 1, f, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "say 'bind iris in=COLUMN'");
    rt_dataset_unref(p);
    rt_dataset_unref(d);
}

static void columns_of_other_shapes_cannot_be_joined(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = rt_dataset_new("d", 2, NULL);
    add(d, "a", RT_F32, RT_SHAPE(5, 1));
    add(d, "b", RT_F32, RT_SHAPE(6, 1));
    const char *cols[] = { "a", "b" };
    rt_dataset_bind(d, "in", cols, 2, NULL);
    struct rt_wanted want = input("in", RT_SHAPE(5, 2));
    struct rt_feed f;
    assert_int_equal(rt_dataset_feed(d, &want, 1, &f, &err), RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE,
                    "input 'in': columns 'a' (5,1) and 'b' (6,1) of data 'd' "
                    "cannot stand side by side");
    rt_dataset_unref(d);
}

static void class_numbers_are_looked_at(void **state)
{
    (void)state;
    const struct {
        float v[4];
        const char *text; /* NULL: fine */
    } cases[] = {
        { { 0, 1, 2, 0 }, NULL },
        { { 0, NAN, 2, 0 }, NULL },
        { { 0, 1, 3, 0 },
          "y: row 2 is 3, want class numbers 0..2 for "
          "sparse_categorical_crossentropy; are they counted from 1?" },
        { { 0, 1, 2, 7 }, "y: row 3 is 7, want class numbers 0..2" },
        { { 0, -1, 2, 0 }, "y: row 1 is -1, want class numbers 0..2" },
        { { 0.5f, 1, 2, 0 }, "y: row 0 is 0.5, want class numbers 0..2" },
        { { 0, 1, INFINITY, 0 }, "y: row 2 is inf, want class numbers" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_dataset *d = rt_dataset_new("d", 4, NULL);
        struct rt_shape number = { .rank = 0 };
        rt_dataset_add_column(d, "y", RT_F32, &number, 4,
                              rt_xmemdup(cases[i].v, sizeof cases[i].v), NULL,
                              0, NULL);
        struct rt_wanted want = sparse("out", 3);
        struct rt_err err = RT_ERR_INIT;
        struct rt_feed f;
        int status = rt_dataset_feed(d, &want, 1, &f, &err);
        if (!cases[i].text)
            rt_assert_ok(status, &err);
        else
            rt_assert_error(&err, RT_EINVAL, cases[i].text);
        rt_dataset_unref(d);
    }
}

/* A row of a part is numbered in the part, and found far behind. */
static void the_wrong_row_is_named_wherever_it_is(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = rt_dataset_new("d", N, NULL);
    uint8_t *y = rt_xcalloc(N, 1);
    y[N - 2] = 10;
    struct rt_shape number = { .rank = 0 };
    rt_dataset_add_column(d, "y", RT_U8, &number, N, y, NULL, 0, NULL);
    struct rt_wanted want = sparse("out", 10);
    struct rt_feed f;
    assert_int_equal(rt_dataset_feed(d, &want, 1, &f, &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "y: row 19998 is 10");
    rt_dataset_unref(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x_and_y_feed_the_only_input_and_output),
        cmocka_unit_test(several_inputs_go_by_their_names),
        cmocka_unit_test(what_is_bound_wins),
        cmocka_unit_test(ones_at_the_end_make_no_difference),
        cmocka_unit_test(unknown_dimensions_take_the_data_s),
        cmocka_unit_test(a_misfit_is_told_with_what_would_help),
        cmocka_unit_test(a_missing_column_is_told_with_those_there_are),
        cmocka_unit_test(columns_of_other_shapes_cannot_be_joined),
        cmocka_unit_test(class_numbers_are_looked_at),
        cmocka_unit_test(the_wrong_row_is_named_wherever_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
