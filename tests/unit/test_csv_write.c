#include "support.h"

#include "base/file.h"
#include "base/schema.h"
#include "files/csv_write.h"
#include "files/reader.h"

#include <math.h>

static const char *const odd[] = { "plain", "a, b",   "say \"x\"", "two\nlines",
                                   "",      " blank", NULL };
static const double number[] = { 1, 0.1, NAN, 1e300, -3, 1e15, INFINITY };
static const float single[] = { 26.3f, -9, 0.1f, -9,    NAN, -9,          1e-7f,
                                -9,    3,  -9,   1e20f, -9,  0.33333334f, -9 };

static const char *written(void)
{
    static char path[512];
    const struct rt_csv_column cols[] = {
        { .name = "a,b", .text = odd },
        { .name = "n", .number = number },
        { .name = "s", .single = single, .stride = 2 },
    };
    struct rt_err err = RT_ERR_INIT;
    snprintf(path, sizeof path, "%s/t.csv", rt_test_temp());
    rt_assert_ok(rt_csv_write(path, cols, 3, 7, &err), &err);
    return path;
}

static void fields_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    const char want[] = "\"a,b\",n,s\n"
                        "plain,1,26.3\n"
                        "\"a, b\",0.1,0.1\n"
                        "\"say \"\"x\"\"\",,\n"
                        "\"two\nlines\",1e300,1e-7\n"
                        ",-3,3\n"
                        "\" blank\",1e15,1e20\n"
                        ",inf,0.33333334\n";
    unsigned char *got;
    size_t n;
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_file_read(written(), 0, &got, &n, &err), &err);
    assert_string_equal((const char *)got, want);
    free(got);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    const char *words[] = { written() };
    struct rt_err err = RT_ERR_INIT;
    void *args = rt_args_parse(rt_reader_csv.opts, sizeof(struct rt_opt),
                               rt_reader_csv.args_size, words, 1, &err);
    struct rt_dataset *d = rt_reader_csv.read("t", args, &err);
    if (!d)
        fail_msg("%s", err.text);
    float v[7];
    rt_dataset_gather(d, rt_dataset_column(d, "s", NULL), NULL, 0, 7, v);
    for (int i = 0; i < 7; i++)
        assert_true(v[i] == single[2 * i] ||
                    (isnan(v[i]) && isnan(single[2 * i])));
    assert_non_null(rt_dataset_column(d, "a,b", NULL));
    rt_dataset_unref(d);
    rt_args_free(args);
}

static void a_row_of_one_gap_is_a_line(void **state)
{
    (void)state;
    const double v[] = { 1, NAN, 2 };
    const struct rt_csv_column col = { .name = "v", .number = v };
    char path[512];
    unsigned char *got;
    size_t n;
    struct rt_err err = RT_ERR_INIT;
    snprintf(path, sizeof path, "%s/one.csv", rt_test_temp());
    rt_assert_ok(rt_csv_write(path, &col, 1, 3, &err), &err);
    rt_assert_ok(rt_file_read(path, 0, &got, &n, &err), &err);
    assert_string_equal((const char *)got, "v\n1\n\"\"\n2\n");
    free(got);
}

static void rows_of_floats_get_numbered_columns(void **state)
{
    (void)state;
    const float v[] = { 0.5f, 1, 0.25f, 2 };
    const struct {
        int width;
        const char *want;
    } cases[] = { { 2, "p_0,p_1\n0.5,1\n0.25,2\n" }, { 1, "p\n0.5\n1\n" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        unsigned char *got;
        size_t n;
        struct rt_err err = RT_ERR_INIT;
        snprintf(path, sizeof path, "%s/rows.csv", rt_test_temp());
        rt_assert_ok(rt_csv_write_rows(path, "p", v, 2, cases[i].width, &err),
                     &err);
        rt_assert_ok(rt_file_read(path, 0, &got, &n, &err), &err);
        assert_string_equal((const char *)got, cases[i].want);
        free(got);
    }
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    (void)state;
    const struct rt_csv_column col = { .name = "v", .number = number };
    struct rt_err err = RT_ERR_INIT;
    assert_int_equal(rt_csv_write("/no/such/dir/t.csv", &col, 1, 3, &err),
                     RT_EIO);
    rt_assert_error(&err, RT_EIO, "/no/such/dir");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_quoted_where_they_must_be),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(a_row_of_one_gap_is_a_line),
        cmocka_unit_test(rows_of_floats_get_numbered_columns),
        cmocka_unit_test(a_folder_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
