#include "mutate.h"

#include "base/schema.h"
#include "files/reader.h"

#include <math.h>

/* Reads text as "t.csv" with the words given; NULL ends them. */
static struct rt_dataset *read_n(const char *text, size_t n, struct rt_err *err,
                                 const char *const *more, int n_more)
{
    const char *words[8] = { rt_test_file("t.csv", text, n) };
    for (int i = 0; i < n_more; i++)
        words[1 + i] = more[i];
    void *args = rt_args_parse(rt_reader_csv.opts, sizeof(struct rt_opt),
                               rt_reader_csv.args_size, words, 1 + n_more, err);
    if (!args)
        return NULL;
    struct rt_dataset *d = rt_reader_csv.read("t", args, err);
    rt_args_free(args);
    return d;
}

#define READ(text, err, ...)                                                   \
    read_n(                                                                    \
        (text), strlen(text), (err), (const char *const[]){ __VA_ARGS__ },     \
        (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)))
#define PLAIN "header=guess" /* the default, for want of an empty list */

static void column_is(const struct rt_dataset *d, const char *name,
                      enum rt_dtype type, const char *shape, const float *want)
{
    const struct rt_column *c = rt_dataset_column(d, name, NULL);
    if (!c)
        fail_msg("no column %s", name);
    struct rt_shape row = rt_column_shape(c);
    assert_string_equal(rt_shape_text(&row), shape);
    assert_string_equal(rt_dtype_name(c->type), rt_dtype_name(type));
    size_t n = d->n_rows * rt_shape_count(&row);
    float *v = malloc(n * sizeof *v);
    rt_dataset_gather(d, c, NULL, 0, d->n_rows, v);
    for (size_t i = 0; i < n; i++)
        if (!(v[i] == want[i] || (isnan(v[i]) && isnan(want[i]))))
            fail_msg("%s: number %zu is %g, want %g", name, i, (double)v[i],
                     (double)want[i]);
    free(v);
}

static void every_column_is_there_by_its_name(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d =
        READ("a,b,kind\n1,0.5,dog\n300,-2,cat\n", &err, PLAIN);
    if (!d)
        fail_msg("%s", err.text);
    assert_int_equal(d->n_rows, 2);
    assert_int_equal(d->n_cols, 3);
    assert_string_equal(d->cols[0]->name, "a");
    column_is(d, "a", RT_I32, "(1)", (const float[]){ 1, 300 });
    column_is(d, "b", RT_F32, "(1)", (const float[]){ 0.5f, -2 });
    column_is(d, "kind", RT_I32, "(1)", (const float[]){ 1, 0 });
    const struct rt_column *kind = rt_dataset_column(d, "kind", NULL);
    assert_int_equal(kind->n_classes, 2);
    assert_string_equal(kind->classes[0], "cat");
    assert_string_equal(kind->classes[1], "dog");
    rt_dataset_unref(d);
}

static void x_and_y_are_made_of_columns(void **state)
{
    (void)state;
    const char *text = "a,b,c,kind\n1,2,3,u\n4,5,6,v\n7,8,9.5,u\n";
    const struct {
        const char *x, *y;
        enum rt_dtype type;
        const char *shape;
        float want[6];
    } cases[] = {
        { "x=a,b", "y=kind", RT_U8, "(2)", { 1, 2, 4, 5, 7, 8 } },
        { "x=1..2", "y=4", RT_U8, "(2)", { 1, 2, 4, 5, 7, 8 } },
        { "x=a..b", "y=c", RT_U8, "(2)", { 1, 2, 4, 5, 7, 8 } },
        { "x=c,a", "y=kind", RT_F32, "(2)", { 3, 1, 6, 4, 9.5f, 7 } },
        { "x=b", "y=b", RT_U8, "(1)", { 2, 5, 8 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d = READ(text, &err, cases[i].x, cases[i].y);
        if (!d)
            fail_msg("%s", err.text);
        assert_int_equal(d->n_cols, 2);
        assert_string_equal(d->cols[0]->name, "x");
        column_is(d, "x", cases[i].type, cases[i].shape, cases[i].want);
        rt_dataset_unref(d);
    }
}

static void what_y_leaves_is_x(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d =
        READ("5.1,3.5,setosa\n4.9,3,virginica\n", &err, "y=3");
    if (!d)
        fail_msg("%s", err.text);
    column_is(d, "x", RT_F32, "(2)", (const float[]){ 5.1f, 3.5f, 4.9f, 3 });
    column_is(d, "y", RT_I32, "(1)", (const float[]){ 0, 1 });
    rt_dataset_unref(d);
    d = READ("a,b\n1,2\n", &err, "x=b");
    assert_int_equal(d->n_cols, 1);
    rt_dataset_unref(d);
}

static void several_y_stand_side_by_side(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = READ("1,2,0.5\n3,4,0.25\n", &err, "x=1", "y=2,3");
    if (!d)
        fail_msg("%s", err.text);
    column_is(d, "y", RT_F32, "(2)", (const float[]){ 2, 0.5f, 4, 0.25f });
    rt_dataset_unref(d);
}

/* The same two rows, written in many ways. */
static void what_is_found_in_the_wild_is_read(void **state)
{
    (void)state;
    const struct {
        const char *text, *word;
    } cases[] = {
        { "a,b\n1,2\n3,4\n", PLAIN },
        { "a,b\n1,2\n3,4", PLAIN },         /* no newline */
        { "a,b\r\n1,2\r\n3,4\r\n", PLAIN }, /* CRLF */
        { "a,b\r1,2\r3,4\r", PLAIN },       /* old Mac */
        { "\xef\xbb\xbf"
          "a,b\n1,2\n3,4\n",
          PLAIN },                                  /* mark */
        { "\n\na,b\n\n1,2\n  \n3,4\n\n\n", PLAIN }, /* blank lines */
        { "a;b\n1;2\n3;4\n", PLAIN },
        { "a\tb\n1\t2\n3\t4\n", PLAIN },
        { "a|b\n1|2\n3|4\n", PLAIN },
        { "a  b\n  1 2\n3\t 4  \n", "sep=space" },
        { "a:b\n1:2\n3:4\n", "sep=:" },
        { "a\tb\n1\t2\n3\t4\n", "sep=tab" },
        { " a , b \n 1 , 2\n3 ,4 \n", PLAIN },
        { "\"a\",\"b\"\n\"1\",2\n3,\"4\"\n", PLAIN },
        { "# made by\n# someone\na,b\n1,2\n3,4\n", "skip=2" },
        { "a,b\n+1,2.0\n3e0,0.4E1\n", PLAIN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d = READ(cases[i].text, &err, cases[i].word);
        if (!d)
            fail_msg("%zu: %s", i, err.text);
        assert_int_equal(d->n_rows, 2);
        column_is(d, "a", RT_U8, "(1)", (const float[]){ 1, 3 });
        column_is(d, "b", RT_U8, "(1)", (const float[]){ 2, 4 });
        rt_dataset_unref(d);
    }
}

static void quotes_hold_separators_quotes_and_lines(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = READ("name,v\n\"a, b\",1\n\"say \"\"x\"\"\",2\n"
                                "\"two\nlines\",3\n",
                                &err, PLAIN);
    if (!d)
        fail_msg("%s", err.text);
    const struct rt_column *c = rt_dataset_column(d, "name", NULL);
    assert_int_equal(c->n_classes, 3);
    assert_string_equal(c->classes[0], "a, b");
    assert_string_equal(c->classes[1], "say \"x\"");
    assert_string_equal(c->classes[2], "two\nlines");
    rt_dataset_unref(d);
}

static void the_header_is_guessed_and_told(void **state)
{
    (void)state;
    const struct {
        const char *text, *word, *name;
        size_t n_rows;
    } cases[] = {
        { "5.1,setosa\n4.9,setosa\n", PLAIN, "c1", 2 },
        { "Month,Passengers\n1949-01,112\n", PLAIN, "Passengers", 1 },
        { "1,2\n3,4\n", "header=yes", "1", 1 },
        { "red,big\nblue,small\n", "header=no", "c2", 2 },
        { ",v\n0,7\n", PLAIN, "c1", 1 }, /* pandas' index has no name */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d = READ(cases[i].text, &err, cases[i].word);
        if (!d)
            fail_msg("%zu: %s", i, err.text);
        assert_int_equal(d->n_rows, cases[i].n_rows);
        assert_non_null(rt_dataset_column(d, cases[i].name, NULL));
        rt_dataset_unref(d);
    }
}

static void missing_values_are_nan(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = READ("a,b,c\n1,NA,u\n,2,\n?,3,w\n", &err, PLAIN);
    if (!d)
        fail_msg("%s", err.text);
    column_is(d, "a", RT_F32, "(1)", (const float[]){ 1, NAN, NAN });
    column_is(d, "b", RT_F32, "(1)", (const float[]){ NAN, 2, 3 });
    column_is(d, "c", RT_F32, "(1)", (const float[]){ 0, NAN, 1 });
    rt_dataset_unref(d);
    d = READ("a,b\n-999,NA\n1,x\n", &err, "na=-999");
    column_is(d, "a", RT_F32, "(1)", (const float[]){ NAN, 1 });
    assert_int_equal(rt_dataset_column(d, "b", NULL)->n_classes, 2);
    rt_dataset_unref(d);
}

static void whole_numbers_take_the_smallest_type(void **state)
{
    (void)state;
    const struct {
        const char *text;
        enum rt_dtype type;
    } cases[] = {
        { "0\n255\n", RT_U8 },          { "0\n256\n", RT_I32 },
        { "-1\n5\n", RT_I32 },          { "1\n3000000000\n", RT_I64 },
        { "-5000000000\n1\n", RT_I64 }, { "1\n1e300\n", RT_F32 },
        { "1\n2.5\n", RT_F32 },         { "1\ninf\n", RT_F32 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d = READ(cases[i].text, &err, PLAIN);
        assert_non_null(d);
        assert_string_equal(rt_dtype_name(d->cols[0]->type),
                            rt_dtype_name(cases[i].type));
        rt_dataset_unref(d);
    }
}

/* Against strtod, which rounds correctly. */
static void numbers_are_read_to_the_last_bit(void **state)
{
    (void)state;
    static const char *const text[] = {
        "0.1",
        "123456789012345",
        "0.30000000000000004",
        "1e22",
        "1e23",
        "9007199254740993",
        "2.2250738585072014e-308",
        "-0.000001",
        "1.7976931348623157e308",
        "123456.789e-10",
        "00012.50",
        "5.",
        ".5",
        "1e-400",
        "3.14159265358979323846",
    };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        char cell[64];
        struct rt_err err = RT_ERR_INIT;
        snprintf(cell, sizeof cell, "0.5\n%s\n", text[i]);
        struct rt_dataset *d = READ(cell, &err, PLAIN);
        assert_non_null(d);
        float v;
        rt_dataset_gather(d, d->cols[0], NULL, 1, 1, &v);
        assert_true(v == (float)strtod(text[i], NULL));
        rt_dataset_unref(d);
    }
}

static void what_only_looks_like_a_number_is_text(void **state)
{
    (void)state;
    static const char *const text[] = { "1949-01", "0x10", "1e",  "1.2.3",
                                        "-",       "+",    "1/2", "1,5",
                                        "infinit", "e5",   ".",   "1e+" };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        char cell[64];
        struct rt_err err = RT_ERR_INIT;
        snprintf(cell, sizeof cell, "1;2\n%s;2\n", text[i]);
        struct rt_dataset *d = READ(cell, &err, "sep=;");
        assert_non_null(d);
        assert_int_equal(d->cols[0]->n_classes, 2);
        rt_dataset_unref(d);
    }
}

static void types_say_what_a_column_is(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *text = "id,Date,v\n10,1981-01-01,20.7\n9,1981-01-02,17.9\n";
    struct rt_dataset *d = READ(text, &err, "y=v", "types=Date:skip");
    if (!d)
        fail_msg("%s", err.text);
    column_is(d, "x", RT_U8, "(1)", (const float[]){ 10, 9 });
    rt_dataset_unref(d);
    /* numbers as classes go by value: 9 before 10 */
    d = READ(text, &err, "types=id:class,2:skip");
    if (!d)
        fail_msg("%s", err.text);
    assert_int_equal(d->n_cols, 2);
    column_is(d, "id", RT_I32, "(1)", (const float[]){ 1, 0 });
    assert_string_equal(d->cols[0]->classes[0], "9");
    rt_dataset_unref(d);
    d = READ(text, &err, "x=Date,v", "types=Date:class");
    if (!d)
        fail_msg("%s", err.text);
    column_is(d, "x", RT_F32, "(2)", (const float[]){ 0, 20.7f, 1, 17.9f });
    rt_dataset_unref(d);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    (void)state;
    const struct {
        const char *text, *word, *word2;
        int code;
        const char *want;
    } cases[] = {
        { "", PLAIN, PLAIN, RT_EFORMAT, "t.csv: no rows" },
        { "\n \n", PLAIN, PLAIN, RT_EFORMAT, "t.csv: no rows" },
        { "a,b\n", PLAIN, PLAIN, RT_EFORMAT, "t.csv: no rows below the names" },
        { "a,b\n1,2\n\n3\n", PLAIN, PLAIN, RT_EFORMAT,
          "t.csv:4: 1 cell, want 2 as in line 1" },
        { "1,2\n3,4,5\n", PLAIN, PLAIN, RT_EFORMAT,
          "t.csv:2: 3 cells, want 2 as in line 1" },
        { "a\n\"1\n2\n", PLAIN, PLAIN, RT_EFORMAT,
          "t.csv:2: a quote has no end" },
        { "a,b\n\"1\"x,2\n", PLAIN, PLAIN, RT_EFORMAT,
          "t.csv:2: text behind a closing quote" },
        { "d,v\n1,2\n1981-01-02,3\n", "x=d", "y=v", RT_EFORMAT,
          "t.csv:3: '1981-01-02' in column 1 (d) is no number; leave the "
          "column out with types=d:skip, say types=d:class" },
        { "1,2,a\n1,2,b\n", "x=1", "y=2..3", RT_EFORMAT,
          "t.csv:1: 'a' in column 3 (c3) is no number" },
        { "v\n1\nx\n", "types=v:number", PLAIN, RT_EFORMAT,
          "t.csv:3: 'x' in column 1 (v)" },
        { "height,v\n1,2\n", "x=heigt", PLAIN, RT_ENOENT, "x=heigt: " },
        { "height,v\n1,2\n", "x=heigt", PLAIN, RT_ENOENT,
          "t.csv: has no column 'heigt'; did you mean height" },
        { "1,2\n", "y=5", PLAIN, RT_ENOENT, "t.csv: has columns 1..2, no 5" },
        { "1,2\n", "y=0", PLAIN, RT_ENOENT, "no 0" },
        { "1,2,3\n", "x=3..1", PLAIN, RT_EINVAL, "3..1 runs backwards" },
        { "1,2,3\n", "x=1..2,2", PLAIN, RT_EINVAL, "column 'c2' twice in x=" },
        { "1\n", "y=1", PLAIN, RT_EINVAL, "no columns are left for x" },
        { "1\n", "types=1:skip", PLAIN, RT_EINVAL, "no columns are left" },
        { "a\n1\n", "types=a:date", PLAIN, RT_EINVAL,
          "types has 'a:date', want COL:number, COL:class or COL:skip" },
        { "a\n1\n", "types=z:skip", PLAIN, RT_ENOENT, "has no column 'z'" },
        { "a,a\n1,2\n", PLAIN, PLAIN, RT_EFORMAT,
          "t.csv:1: two columns are called 'a'" },
        { "1,2\n", "sep=xy", PLAIN, RT_EINVAL,
          "sep is 'xy', want one character, tab or space" },
        { "1\n2\n", "skip=9", PLAIN, RT_EFORMAT,
          "t.csv: has 3 lines, skip=9 leaves none" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d =
            strcmp(cases[i].word2, PLAIN) == 0
                ? READ(cases[i].text, &err, cases[i].word)
                : READ(cases[i].text, &err, cases[i].word, cases[i].word2);
        if (d)
            fail_msg("%zu was read", i);
        rt_assert_error(&err, cases[i].code, cases[i].want);
    }
}

static void binary_files_are_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char utf16[] = "\xff\xfe"
                         "a\0,\0b\0";
    assert_null(read_n(utf16, sizeof utf16, &err, NULL, 0));
    rt_assert_error(&err, RT_EFORMAT,
                    "t.csv: byte 3 is 0, want plain text (UTF-8)");
}

static void too_many_texts_are_no_classes(void **state)
{
    (void)state;
    enum { N = 65538 };
    struct rt_err err = RT_ERR_INIT;
    struct rt_str text = RT_STR_INIT;
    for (int i = 0; i < N; i++)
        rt_str_addf(&text, "user%d,1\n", i);
    assert_null(read_n(text.s, text.n, &err, NULL, 0));
    rt_assert_error(&err, RT_EFORMAT,
                    "t.csv:65537: column 'c1' has more than 65536 different "
                    "texts; leave it out with types=c1:skip");
    rt_str_release(&text);
}

static int read_plain(const char *path, struct rt_err *err)
{
    const char *words[] = { path };
    void *args = rt_args_parse(rt_reader_csv.opts, sizeof(struct rt_opt),
                               rt_reader_csv.args_size, words, 1, err);
    struct rt_dataset *d = rt_reader_csv.read("t", args, err);
    rt_args_free(args);
    if (!d)
        return err->code;
    for (int i = 0; i < d->n_cols; i++)
        for (size_t row = 0; row < d->n_rows; row++) {
            float v;
            rt_dataset_gather(d, d->cols[i], NULL, row, 1, &v);
            assert_true(d->cols[i]->n_classes == 0 || isnan(v) ||
                        v < (float)d->cols[i]->n_classes);
        }
    rt_dataset_unref(d);
    return 0;
}

static void damaged_files_give_data_or_an_error(void **state)
{
    (void)state;
    const char text[] = "\xef\xbb\xbfname,\"v, w\",n\r\ncat,1.5e3,7\r\n"
                        "\"do\"\"g\",NA,-80000000000\r\n\r\ncat,,255";
    rt_mutate("mutant", text, sizeof text - 1, read_plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_is_there_by_its_name),
        cmocka_unit_test(x_and_y_are_made_of_columns),
        cmocka_unit_test(what_y_leaves_is_x),
        cmocka_unit_test(several_y_stand_side_by_side),
        cmocka_unit_test(what_is_found_in_the_wild_is_read),
        cmocka_unit_test(quotes_hold_separators_quotes_and_lines),
        cmocka_unit_test(the_header_is_guessed_and_told),
        cmocka_unit_test(missing_values_are_nan),
        cmocka_unit_test(whole_numbers_take_the_smallest_type),
        cmocka_unit_test(numbers_are_read_to_the_last_bit),
        cmocka_unit_test(what_only_looks_like_a_number_is_text),
        cmocka_unit_test(types_say_what_a_column_is),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(binary_files_are_told),
        cmocka_unit_test(too_many_texts_are_no_classes),
        cmocka_unit_test(damaged_files_give_data_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
