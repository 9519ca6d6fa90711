/* NPZ archives, and the readers of data sets from both. */
#include "npy_case.h"

/* ---- npz ----------------------------------------------------------------- */

static const char *write_npz(const char *name)
{
    static char path[512];
    static const float a[] = { 1, 2, 3, 4, 5, 6 }, b[] = { 0, 1, 2 };
    const struct rt_npz_item items[] = { { "x_train", RT_SHAPE(3, 2), a },
                                         { "y_train", RT_SHAPE(3), b } };
    struct rt_err err = RT_ERR_INIT;
    snprintf(path, sizeof path, "%s/%s", rt_test_temp(), name);
    rt_assert_ok(rt_npz_write(path, items, 2, &err), &err);
    return path;
}

static void archives_read_back(void **state)
{
    (void)state;
    struct rt_npz z;
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_npz_read(write_npz("a.npz"), NULL, 0, &z, &err), &err);
    assert_int_equal(z.n, 2);
    assert_string_equal(z.key[0], "x_train");
    assert_string_equal(z.key[1], "y_train");
    assert_string_equal(rt_shape_text(&z.v[0].shape), "(3,2)");
    assert_true(number(&z.v[0], 5) == 6 && number(&z.v[1], 2) == 2);
    rt_npz_free(&z);
    assert_int_equal(z.n, 0);
}

/* Stored, the flags of zip, 1980-01-01: the same bytes whenever written. */
static void archives_are_stored_without_a_date(void **state)
{
    (void)state;
    unsigned char *a, *b;
    size_t n, m;
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_file_read(write_npz("a.npz"), 0, &a, &n, &err), &err);
    rt_assert_ok(rt_file_read(write_npz("b.npz"), 0, &b, &m, &err), &err);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    assert_memory_equal(a, "PK\3\4", 4);
    assert_int_equal(a[8] | a[9] << 8, 0); /* method */
    assert_int_equal(a[10] | a[11] << 8, 0);
    assert_int_equal(a[12] | a[13] << 8, 1 << 5 | 1);
    free(a);
    free(b);
}

static void a_failed_write_leaves_nothing(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const float v = 1;
    const struct rt_npz_item item = { "v", RT_SHAPE(1), &v };
    assert_int_equal(rt_npz_write("/no/such/dir/a.npz", &item, 1, &err),
                     RT_EIO);
    rt_assert_error(&err, RT_EIO, "/no/such/dir");
    const struct rt_npz_item twice[] = { item, item };
    char path[512];
    snprintf(path, sizeof path, "%s/twice.npz", rt_test_temp());
    assert_int_equal(rt_npz_write(path, twice, 2, &err), RT_EIO);
    rt_assert_error(&err, RT_EIO, path);
    assert_false(rt_file_exists(path));
}

/* A zip by libzip itself: members of any kind and compression. */
static const char *make_zip(const char *name, const char *const *members,
                            const void *const *data, const size_t *size, int n)
{
    static char path[512];
    int code;
    snprintf(path, sizeof path, "%s/%s", rt_test_temp(), name);
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    for (int i = 0; i < n; i++)
        zip_file_add(z, members[i], zip_source_buffer(z, data[i], size[i], 0),
                     0);
    assert_int_equal(zip_close(z), 0);
    return path;
}

static void compressed_members_are_read_and_others_passed_over(void **state)
{
    (void)state;
    static unsigned char x[4096];
    char zeros[2000] = { 0 };
    size_t n = npy(x, DICT("'|u1'", "False", "(2000,)"), zeros, sizeof zeros);
    const char *const members[] = { "readme.txt", "x.npy" };
    const void *const data[] = { "hello", x };
    const size_t size[] = { 5, n };
    struct rt_npz z;
    struct rt_err err = RT_ERR_INIT;
    const char *path = make_zip("c.npz", members, data, size, 2);
    rt_assert_ok(rt_npz_read(path, NULL, 0, &z, &err), &err);
    assert_int_equal(z.n, 1);
    assert_string_equal(z.key[0], "x");
    assert_int_equal(z.v[0].n, 2000);
    rt_npz_free(&z);
}

static void a_bad_member_is_named(void **state)
{
    (void)state;
    const char *const members[] = { "x.npy" };
    const void *const data[] = { "hello" };
    const size_t size[] = { 5 };
    struct rt_npz z;
    struct rt_err err = RT_ERR_INIT;
    const char *path = make_zip("bad.npz", members, data, size, 1);
    assert_int_equal(rt_npz_read(path, NULL, 0, &z, &err), RT_EFORMAT);
    rt_assert_error(&err, RT_EFORMAT, "bad.npz: x.npy: is no NPY file");
    assert_int_equal(
        rt_npz_read(rt_test_file("no.npz", "hello", 5), NULL, 0, &z, &err),
        RT_EFORMAT);
    rt_assert_error(&err, RT_EFORMAT, "no.npz: Not a zip archive");
    assert_int_equal(rt_npz_read("/no/such.npz", NULL, 0, &z, &err), RT_EIO);
    rt_assert_error(&err, RT_EIO, "/no/such.npz: No such file");
}

/* A member that is damaged is in nobody's way who does not ask for it. */
static void only_the_wanted_members_are_read(void **state)
{
    (void)state;
    static unsigned char x[512];
    size_t n = npy(x, DICT("'|u1'", "False", "(3,)"), "abc", 3);
    const char *const members[] = { "bad.npy", "x.npy" };
    const void *const data[] = { "hello", x };
    const size_t size[] = { 5, n };
    const char *const only[] = { "x", "not_there" };
    struct rt_npz z;
    struct rt_err err = RT_ERR_INIT;
    const char *path = make_zip("one.npz", members, data, size, 2);
    assert_int_equal(rt_npz_read(path, NULL, 0, &z, &err), RT_EFORMAT);
    rt_assert_ok(rt_npz_read(path, only, 2, &z, &err), &err);
    assert_int_equal(z.n, 2);
    assert_string_equal(z.key[0], "bad");
    assert_null(z.v[0].data);
    assert_int_equal(z.v[1].n, 3);
    rt_npz_free(&z);
}

/* A little gzip that says 12 bytes and stands for many. */
static void no_more_is_read_than_the_header_claims(void **state)
{
    (void)state;
    static unsigned char head[4096], zeros[1 << 20];
    char path[512];
    struct rt_npy v;
    struct rt_err err = RT_ERR_INIT;
    size_t n = npy(head, DICT("'|u1'", "False", "(12,)"), zeros, 12);
    snprintf(path, sizeof path, "%s/bomb.npy", rt_test_temp());
    gzFile z = gzopen(path, "wb");
    gzwrite(z, head, (unsigned)n);
    for (int i = 0; i < 8; i++)
        gzwrite(z, zeros, sizeof zeros);
    gzclose(z);
    assert_int_equal(rt_npy_read(path, &v, &err), RT_EFORMAT);
    rt_assert_error(&err, RT_EFORMAT,
                    "bomb.npy: more than the 140 bytes that its header claims");
    assert_int_equal(
        rt_npy_read(rt_test_file("no.npy", zeros, 100000), &v, &err),
        RT_EFORMAT);
    rt_assert_error(&err, RT_EFORMAT, "no.npy: is no NPY file");
}

/* ---- readers ------------------------------------------------------------- */

static struct rt_dataset *read_words(const struct rt_reader *r,
                                     const char *const *words, int n,
                                     struct rt_err *err)
{
    void *args = rt_args_parse(r->opts, sizeof(struct rt_opt), r->args_size,
                               words, n, err);
    assert_non_null(args);
    struct rt_dataset *d = r->read("d", args, err);
    rt_args_free(args);
    return d;
}
#define READ(reader, err, ...)                                                 \
    read_words(                                                                \
        (reader), (const char *const[]){ __VA_ARGS__ },                        \
        (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)),  \
        (err))

static const char *write_npy(const char *name, struct rt_shape shape)
{
    static const float zeros[64];
    static char path[2][512];
    static int turn;
    struct rt_err err = RT_ERR_INIT;
    char *out = path[turn++ & 1];
    snprintf(out, sizeof path[0], "%s/%s", rt_test_temp(), name);
    rt_assert_ok(rt_npy_write(out, &shape, zeros, &err), &err);
    return out;
}

static void npy_files_become_x_and_y(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d =
        READ(&rt_reader_npy, &err, write_npy("x.npy", RT_SHAPE(4, 3, 2)),
             write_npy("y.npy", RT_SHAPE(4)));
    if (!d)
        fail_msg("%s", err.text);
    assert_int_equal(d->n_rows, 4);
    assert_string_equal(rt_shape_text(&d->cols[0]->row), "(3,2)");
    assert_int_equal(d->cols[1]->row.rank, 0);
    rt_dataset_unref(d);
}

static void npy_files_must_agree_in_rows(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_shape scalar = { .rank = 0 };
    assert_null(READ(&rt_reader_npy, &err, write_npy("x.npy", RT_SHAPE(4)),
                     write_npy("y.npy", RT_SHAPE(5))));
    rt_assert_error(&err, RT_EFORMAT, "y.npy: holds 5 rows, x has 4");
    assert_null(READ(&rt_reader_npy, &err, write_npy("s.npy", scalar)));
    rt_assert_error(&err, RT_EFORMAT, "s.npy: one number, want rows");
    assert_null(READ(&rt_reader_npy, &err, write_npy("e.npy", RT_SHAPE(0, 3))));
    rt_assert_error(&err, RT_EFORMAT, "e.npy: (0,3) holds no rows");
}

static void npz_members_become_columns(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = write_npz("m.npz");
    struct rt_dataset *d =
        READ(&rt_reader_npz, &err, path, "x=x_train", "y=y_train");
    if (!d)
        fail_msg("%s", err.text);
    assert_string_equal(d->cols[0]->name, "x");
    assert_string_equal(d->cols[1]->name, "y");
    rt_dataset_unref(d);
    d = READ(&rt_reader_npz, &err, path);
    assert_string_equal(d->cols[0]->name, "x_train");
    rt_dataset_unref(d);
    d = READ(&rt_reader_npz, &err, path, "x=y_train,x_train");
    assert_string_equal(d->cols[0]->name, "y_train");
    rt_dataset_unref(d);
    assert_null(READ(&rt_reader_npz, &err, path, "x=x_trian"));
    rt_assert_error(&err, RT_ENOENT,
                    "m.npz: has no array 'x_trian'; did you mean x_train");
    assert_null(READ(&rt_reader_npz, &err, path, "x=x_train", "y=x_train"));
    rt_assert_error(&err, RT_EINVAL, "'x_train' is asked for twice");
}

static void npz_of_unequal_rows_wants_keys(void **state)
{
    (void)state;
    char path[512];
    static const float v[8];
    const struct rt_npz_item items[] = { { "x_train", RT_SHAPE(6), v },
                                         { "x_test", RT_SHAPE(2), v } };
    struct rt_err err = RT_ERR_INIT;
    snprintf(path, sizeof path, "%s/u.npz", rt_test_temp());
    rt_assert_ok(rt_npz_write(path, items, 2, &err), &err);
    assert_null(READ(&rt_reader_npz, &err, path));
    rt_assert_error(&err, RT_EFORMAT, "say which arrays, x=KEY y=KEY: ");
    rt_assert_error(&err, RT_EFORMAT,
                    "u.npz: x_test: holds 2 rows, x_train has 6");
}

static void readers_are_listed_and_found(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const struct rt_reader *const *list = rt_readers();
    for (int i = 0; list[i]; i++) {
        assert_true(i == 0 || strcmp(list[i - 1]->name, list[i]->name) < 0);
        assert_ptr_equal(rt_reader_find(list[i]->name, &err), list[i]);
        assert_non_null(list[i]->help);
    }
    assert_null(rt_reader_find("ids", &err));
    rt_assert_error(&err, RT_ENOENT, "called 'ids'; did you mean idx");
}

static int read_npz(const char *path, struct rt_err *err)
{
    struct rt_npz z;
    int status = rt_npz_read(path, NULL, 0, &z, err);
    rt_npz_free(&z);
    return status;
}

static void damaged_archives_give_data_or_an_error(void **state)
{
    (void)state;
    static unsigned char x[4096];
    char zeros[300] = { 0 };
    size_t n = npy(x, DICT("'|u1'", "False", "(300,)"), zeros, sizeof zeros);
    const char *const members[] = { "x.npy" };
    const void *const data[] = { x };
    unsigned char *bytes;
    struct rt_err err = RT_ERR_INIT;
    const char *path = make_zip("whole.npz", members, data, &n, 1);
    rt_assert_ok(rt_file_read(path, 0, &bytes, &n, &err), &err);
    rt_mutate("mutant", bytes, n, read_npz);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archives_read_back),
        cmocka_unit_test(archives_are_stored_without_a_date),
        cmocka_unit_test(a_failed_write_leaves_nothing),
        cmocka_unit_test(compressed_members_are_read_and_others_passed_over),
        cmocka_unit_test(a_bad_member_is_named),
        cmocka_unit_test(only_the_wanted_members_are_read),
        cmocka_unit_test(no_more_is_read_than_the_header_claims),
        cmocka_unit_test(npy_files_become_x_and_y),
        cmocka_unit_test(npy_files_must_agree_in_rows),
        cmocka_unit_test(npz_members_become_columns),
        cmocka_unit_test(npz_of_unequal_rows_wants_keys),
        cmocka_unit_test(readers_are_listed_and_found),
        cmocka_unit_test(damaged_archives_give_data_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
