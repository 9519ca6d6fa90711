#include "mutate.h"

#include "base/schema.h"
#include "files/reader.h"

#include <zlib.h>

/* 2 pictures of 2x3 bytes and their labels */
static const unsigned char images[] = { 0, 0, 8, 3, 0, 0,  0,  2,  0, 0,
                                        0, 2, 0, 0, 0, 3,  1,  2,  3, 4,
                                        5, 6, 7, 8, 9, 10, 11, 255 };
static const unsigned char labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 7, 0 };

static struct rt_dataset *read2(const char *a, const char *b,
                                struct rt_err *err)
{
    const char *words[] = { a, b };
    void *args = rt_args_parse(rt_reader_idx.opts, sizeof(struct rt_opt),
                               rt_reader_idx.args_size, words, b ? 2 : 1, err);
    assert_non_null(args);
    struct rt_dataset *d = rt_reader_idx.read("d", args, err);
    rt_args_free(args);
    return d;
}

static void images_and_labels_are_read(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d =
        read2(rt_test_file("im", images, sizeof images),
              rt_test_file("la", labels, sizeof labels), &err);
    if (!d)
        fail_msg("%s", err.text);
    assert_int_equal(d->n_rows, 2);
    const struct rt_column *x = rt_dataset_column(d, "x", NULL);
    const struct rt_column *y = rt_dataset_column(d, "y", NULL);
    assert_int_equal(x->type, RT_U8);
    assert_string_equal(rt_shape_text(&x->row), "(2,3)");
    assert_int_equal(y->row.rank, 0);
    assert_memory_equal(rt_column_row(d, x, 1), images + 22, 6);
    assert_memory_equal(rt_column_row(d, y, 0), labels + 8, 2);
    assert_non_null(strstr(d->origin, "idx /"));
    rt_dataset_unref(d);
}

static void gzipped_files_are_read(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/im.gz", rt_test_temp());
    gzFile z = gzopen(path, "wb");
    gzwrite(z, images, sizeof images);
    gzclose(z);
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = read2(path, NULL, &err);
    if (!d)
        fail_msg("%s", err.text);
    assert_int_equal(d->n_cols, 1);
    assert_memory_equal(rt_column_row(d, d->cols[0], 0), images + 16, 12);
    rt_dataset_unref(d);
}

static void every_type_is_turned_to_this_machine_s_order(void **state)
{
    (void)state;
    const struct {
        unsigned char bytes[16];
        size_t n;
        enum rt_dtype type;
        double want;
    } cases[] = {
        { { 0, 0, 0x09, 1, 0, 0, 0, 1, 0x80 }, 9, RT_I8, -128 },
        { { 0, 0, 0x0b, 1, 0, 0, 0, 1, 0xff, 0xfe }, 10, RT_I16, -2 },
        { { 0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 1, 0, 2 }, 12, RT_I32, 65538 },
        { { 0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0 }, 12, RT_F32, 1.5 },
        { { 0, 0, 0x0e, 1, 0, 0, 0, 1, 0xbf, 0xe0 }, 16, RT_F64, -0.5 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d =
            read2(rt_test_file("t", cases[i].bytes, cases[i].n), NULL, &err);
        if (!d)
            fail_msg("%s", err.text);
        float v;
        rt_dataset_gather(d, d->cols[0], NULL, 0, 1, &v);
        assert_int_equal(d->cols[0]->type, cases[i].type);
        assert_true((double)v == cases[i].want);
        rt_dataset_unref(d);
    }
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    const struct {
        unsigned char bytes[24];
        size_t n;
        const char *text;
    } cases[] = {
        { { 0 }, 0, "bad: 0 bytes, an IDX file has at least 4" },
        { { 0, 0, 8 }, 3, "bad: 3 bytes, an IDX file has at least 4" },
        { { 'P', 'K', 3, 4 }, 4, "bad: begins with 50 4b, an IDX file with" },
        { { 0, 0, 7, 1 }, 4, "bad: type 07 at byte 2, want 08, 09" },
        { { 0, 0, 8, 0 }, 4, "bad: 0 dimensions at byte 3, want 1..6" },
        { { 0, 0, 8, 7 }, 4, "bad: 7 dimensions at byte 3" },
        { { 0, 0, 8, 2, 0, 0, 0, 1, 0 },
          9,
          "bad: ends at byte 9 within the 2 sizes" },
        { { 0, 0, 8, 1, 0, 0, 0, 0 },
          8,
          "bad: size 0 at byte 4, want at least 1" },
        { { 0, 0, 8, 1, 0x80, 0, 0, 0 },
          8,
          "bad: size 2147483648 at byte 4, want at most" },
        { { 0, 0, 8, 1, 0, 0, 0, 5, 1, 2, 3 },
          11,
          "bad: ends at byte 11, its sizes want 2 bytes more" },
        { { 0, 0, 8, 1, 0, 0, 0, 2, 1, 2, 3 },
          11,
          "bad: 1 bytes too many, its numbers end at byte 10" },
        { { 0, 0, 14, 3, 127, 255, 255, 255, 127, 255, 255, 255, 127, 255, 255,
            255 },
          16,
          "multiply to more than any file holds" },
        { { 0, 0, 14, 2, 127, 255, 255, 255, 7, 255, 255, 255 },
          12,
          "bad: ends at byte 12, its sizes want" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        assert_null(
            read2(rt_test_file("bad", cases[i].bytes, cases[i].n), NULL, &err));
        rt_assert_error(&err, RT_EFORMAT, cases[i].text);
    }
}

static void counts_of_labels_and_images_must_agree(void **state)
{
    (void)state;
    static unsigned char x[8 + 60000] = { 0, 0, 8, 1, 0, 0, 0xea, 0x60 };
    static unsigned char y[8 + 59999] = { 0, 0, 8, 1, 0, 0, 0xea, 0x5f };
    struct rt_err err = RT_ERR_INIT;
    assert_null(read2(rt_test_file("x", x, sizeof x),
                      rt_test_file("train-labels", y, sizeof y), &err));
    rt_assert_error(&err, RT_EFORMAT,
                    "train-labels: holds 59,999 rows, x has 60,000");
}

static void files_that_cannot_be_read_are_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_null(read2("/no/such/file.gz", NULL, &err));
    rt_assert_error(&err, RT_EIO, "/no/such/file.gz");
    assert_null(read2(rt_test_temp(), NULL, &err));
    rt_assert_error(&err, RT_EIO, "folder");
    /* labels that fail leave nothing behind */
    assert_null(
        read2(rt_test_file("im", images, sizeof images), "/no/labels", &err));
    rt_assert_error(&err, RT_EIO, "/no/labels");
}

/* A little gzip that says 12 bytes and stands for many. */
static void no_more_is_read_than_the_sizes_say(void **state)
{
    (void)state;
    static const unsigned char zeros[1 << 20];
    char path[512];
    struct rt_err err = RT_ERR_INIT;
    snprintf(path, sizeof path, "%s/bomb.gz", rt_test_temp());
    gzFile z = gzopen(path, "wb");
    gzwrite(z, images, sizeof images);
    for (int i = 0; i < 8; i++)
        gzwrite(z, zeros, sizeof zeros);
    gzclose(z);
    assert_null(read2(path, NULL, &err));
    rt_assert_error(&err, RT_EFORMAT,
                    "bomb.gz: more than the 28 bytes that its header claims");
}

static int read_one(const char *path, struct rt_err *err)
{
    struct rt_dataset *d = read2(path, NULL, err);
    if (!d)
        return err->code;
    float v[64];
    struct rt_shape row = rt_column_shape(d->cols[0]);
    assert_true(rt_shape_count(&row) * d->n_rows <= 64);
    rt_dataset_gather(d, d->cols[0], NULL, 0, d->n_rows, v);
    rt_dataset_unref(d);
    return 0;
}

static void damaged_files_give_data_or_an_error(void **state)
{
    (void)state;
    rt_mutate("mutant", images, sizeof images, read_one);
    rt_mutate("mutant", labels, sizeof labels, read_one);
    unsigned char doubles[8 + 24] = { 0, 0, 14, 1, 0, 0, 0, 3 };
    rt_mutate("mutant", doubles, sizeof doubles, read_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_and_labels_are_read),
        cmocka_unit_test(gzipped_files_are_read),
        cmocka_unit_test(every_type_is_turned_to_this_machine_s_order),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(counts_of_labels_and_images_must_agree),
        cmocka_unit_test(files_that_cannot_be_read_are_told),
        cmocka_unit_test(no_more_is_read_than_the_sizes_say),
        cmocka_unit_test(damaged_files_give_data_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
