/* HDF5 files: what is written is read again by the child, strings of every
 * sort are read, and what is damaged or leads elsewhere is refused. */
#include "support.h"

#include "base/mem.h"
#include "files/h5.h"
#include "files/h5_child.h"

#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

static struct rt_err err;
static struct rt_h5_tree tree;

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", rt_test_temp(), name);
    return path;
}

static void read_good(const char *name)
{
    rt_assert_ok(rt_h5_read(path_of(name), true, &tree, &err), &err);
}

static void check_refused(const char *name, int code, const char *says)
{
    rt_err_clear(&err);
    assert_int_equal(rt_h5_read(path_of(name), true, &tree, &err), code);
    rt_assert_error(&err, code, says);
    rt_assert_error(&err, code, name);
    assert_int_equal(tree.n, 0);
}

/* ---- our own files ------------------------------------------------------- */

static void what_is_written_is_read(void **state)
{
    (void)state;
    const char *names[] = { "a", "long one" };
    float v[6] = { 1, 2, 3, 4, 5, -6.5F };
    struct rt_h5_out *o = rt_h5_out_new();
    rt_h5_out_text(o, "", "title", "one \303\244 text");
    rt_h5_out_texts(o, "", "names", names, 2);
    rt_h5_out_group(o, "g");
    rt_h5_out_texts(o, "g", "none", NULL, 0);
    rt_h5_out_floats(o, "g/deep/er/v", &RT_SHAPE(2, 3), v);
    rt_h5_out_int(o, "n", 1LL << 40);
    rt_h5_out_number(o, "x", 0.1);
    rt_assert_ok(rt_h5_out_save(o, path_of("own.h5"), &err), &err);
    rt_h5_out_free(o);

    const char **list;
    int n;
    read_good("own.h5");
    const struct rt_h5_item *root = rt_h5_find(&tree, "");
    assert_string_equal(rt_h5_attr_text(root, "title"), "one \303\244 text");
    rt_assert_ok(rt_h5_attr_texts(root, "names", &list, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_string_equal(list[1], "long one");
    free(list);
    rt_assert_ok(
        rt_h5_attr_texts(rt_h5_find(&tree, "g"), "none", &list, &n, &err),
        &err);
    assert_int_equal(n, 0);
    free(list);
    const struct rt_h5_item *item = rt_h5_find(&tree, "g/deep/er/v");
    assert_int_equal(item->type, RT_H5_FLOATS);
    assert_true(rt_shape_equal(&item->shape, &RT_SHAPE(2, 3)));
    assert_memory_equal(item->f, v, sizeof v);
    assert_true(rt_h5_find(&tree, "n")->i[0] == 1LL << 40);
    assert_true(rt_h5_find(&tree, "x")->one == 0.1);
    assert_int_equal(rt_h5_attr_texts(root, "nobody", &list, &n, &err),
                     RT_ENOENT);
    rt_h5_tree_free(&tree);

    rt_assert_ok(rt_h5_read(path_of("own.h5"), false, &tree, &err), &err);
    assert_null(rt_h5_find(&tree, "g/deep/er/v")->f);
    assert_int_equal(rt_h5_find(&tree, "g/deep/er/v")->n, 6);
    rt_h5_tree_free(&tree);
}

static void long_lists_are_split(void **state)
{
    (void)state;
    enum { N = 5000 };
    static char text[N][40];
    static const char *names[N];
    const char **list;
    int n;
    for (int i = 0; i < N; i++) {
        snprintf(text[i], sizeof text[i], "a name of some length %d", i);
        names[i] = text[i];
    }
    struct rt_h5_out *o = rt_h5_out_new();
    rt_h5_out_texts(o, "", "names", names, N);
    rt_assert_ok(rt_h5_out_save(o, path_of("split.h5"), &err), &err);
    rt_h5_out_free(o);
    read_good("split.h5");
    const struct rt_h5_item *root = rt_h5_find(&tree, "");
    assert_null(rt_h5_attr(root, "names"));
    assert_non_null(rt_h5_attr(root, "names1"));
    rt_assert_ok(rt_h5_attr_texts(root, "names", &list, &n, &err), &err);
    assert_int_equal(n, N);
    for (int i = 0; i < N; i++)
        assert_string_equal(list[i], names[i]);
    free(list);
    rt_h5_tree_free(&tree);
}

static void old_file_stays_when_writing_fails(void **state)
{
    (void)state;
    struct rt_h5_out *o = rt_h5_out_new();
    assert_true(rt_h5_out_save(o, path_of("nowhere/x.h5"), &err) < 0);
    rt_assert_error(&err, RT_EIO, "nowhere");
    rt_h5_out_free(o);
}

/* ---- files of others, by libhdf5 itself ---------------------------------- */

static hid_t create(const char *name)
{
    hid_t f = H5Fcreate(path_of(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(f >= 0);
    return f;
}

static void add_text(hid_t f, const char *name, size_t size, H5T_str_t pad,
                     H5T_cset_t set, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, size);
    H5Tset_strpad(type, pad);
    H5Tset_cset(type, set);
    hid_t a = H5Acreate2(f, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(a, type,
                         size == H5T_VARIABLE ? (const void *)&text
                                              : (const void *)text) >= 0);
    H5Aclose(a);
    H5Sclose(space);
    H5Tclose(type);
}

static void strings_of_every_sort_are_read(void **state)
{
    (void)state;
    static const H5T_str_t pads[] = { H5T_STR_NULLTERM, H5T_STR_NULLPAD,
                                      H5T_STR_SPACEPAD };
    static const H5T_cset_t sets[] = { H5T_CSET_ASCII, H5T_CSET_UTF8 };
    hid_t f = create("strings.h5");
    for (int p = 0; p < 3; p++)
        for (int c = 0; c < 2; c++) {
            char name[32];
            snprintf(name, sizeof name, "fixed%d%d", p, c);
            add_text(f, name, 8, pads[p], sets[c],
                     p == 2 ? "two w   " : "two w\0\0");
            snprintf(name, sizeof name, "free%d%d", p, c);
            if (p == 0)
                add_text(f, name, H5T_VARIABLE, pads[p], sets[c], "two w");
        }
    H5Fclose(f);
    read_good("strings.h5");
    const struct rt_h5_item *root = rt_h5_find(&tree, "");
    assert_int_equal(root->n_attrs, 8);
    for (int i = 0; i < root->n_attrs; i++)
        assert_string_equal(root->attrs[i].text[0], "two w");
    rt_h5_tree_free(&tree);
}

static hid_t add_set(hid_t f, const char *name, hid_t type, hsize_t n,
                     hid_t plist)
{
    hid_t space = H5Screate_simple(1, &n, NULL);
    hid_t d = H5Dcreate2(f, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(d >= 0);
    H5Sclose(space);
    return d;
}

static void numbers_of_every_type_are_read(void **state)
{
    (void)state;
    hid_t f = create("numbers.h5");
    double v[2] = { 0.5, 200 };
    hid_t types[] = { H5T_IEEE_F64BE, H5T_STD_U8LE, H5T_STD_I32BE };
    const char *names[] = { "double", "byte", "int" };
    for (int i = 0; i < 3; i++) {
        hid_t d = add_set(f, names[i], types[i], 2, H5P_DEFAULT);
        H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, v);
        H5Dclose(d);
    }
    H5Fclose(f);
    read_good("numbers.h5");
    assert_true(rt_h5_find(&tree, "double")->f[0] == 0.5F);
    assert_true(rt_h5_find(&tree, "byte")->i[1] == 200);
    assert_true(rt_h5_find(&tree, "int")->i[1] == 200);
    rt_h5_tree_free(&tree);
}

static void what_leads_elsewhere_is_refused(void **state)
{
    (void)state;
    hid_t f = create("external_link.h5");
    H5Lcreate_external("/etc/passwd", "/", f, "away", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(f);
    check_refused("external_link.h5", RT_EFORMAT, "'away' is a link");

    f = create("soft.h5");
    H5Lcreate_soft("/nobody", f, "s", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(f);
    check_refused("soft.h5", RT_EFORMAT, "'s' is a link");

    f = create("raw.h5");
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(plist, "/etc/passwd", 0, 16);
    H5Dclose(add_set(f, "raw", H5T_STD_I8LE, 16, plist));
    H5Pclose(plist);
    H5Fclose(f);
    check_refused("raw.h5", RT_EFORMAT, "in other files");
}

static void group_within_itself_is_refused(void **state)
{
    (void)state;
    hid_t f = create("loop.h5");
    hid_t g = H5Gcreate2(f, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(f, "/", g, "up", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(g);
    H5Fclose(f);
    check_refused("loop.h5", RT_EFORMAT, "in the file twice");
}

static void more_than_the_file_can_hold_is_refused(void **state)
{
    (void)state;
    hid_t f = create("huge.h5");
    H5Dclose(add_set(f, "much", H5T_IEEE_F32LE, 1 << 30, H5P_DEFAULT));
    H5Fclose(f);
    check_refused("huge.h5", RT_EFORMAT, "'much' claims 1073741824 numbers");
    /* and is told of all the same where the numbers are not wanted */
    rt_assert_ok(rt_h5_read(path_of("huge.h5"), false, &tree, &err), &err);
    rt_h5_tree_free(&tree);
}

/* 65536^4 is 2^64, which libhdf5 counts as 0. */
static void a_shape_that_wraps_around_is_refused(void **state)
{
    (void)state;
    hsize_t dim[4] = { 65536, 65536, 65536, 65536 }, chunk[4] = { 1, 1, 1, 8 };
    hid_t f = create("wraps.h5"), plist = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(4, dim, NULL);
    H5Pset_chunk(plist, 4, chunk);
    hid_t set = H5Dcreate2(f, "w", H5T_IEEE_F32LE, space, H5P_DEFAULT, plist,
                           H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(plist);
    H5Fclose(f);
    check_refused("wraps.h5", RT_EFORMAT, "'w': damaged: no file holds");
}

/* By hand, as nobody should: OpenBLAS' threads do not run into its limits. */
static void reader_started_by_hand_reads(void **state)
{
    (void)state;
    const char *program = getenv("RT_PROGRAM");
    assert_non_null(program); /* set by make check */
    struct rt_h5_out *o = rt_h5_out_new();
    rt_h5_out_text(o, "", "title", "text");
    rt_assert_ok(rt_h5_out_save(o, path_of("hand.h5"), &err), &err);
    rt_h5_out_free(o);
    unsetenv("OPENBLAS_NUM_THREADS");
    char *line = rt_xprintf("'%s' --read-hdf5 values '%s' | grep -q title",
                            program, path_of("hand.h5"));
    assert_int_equal(system(line), 0);
    free(line);
}

static void what_is_no_hdf5_is_told(void **state)
{
    (void)state;
    check_refused("nobody.h5", RT_EIO, "No such file");
    rt_test_file("text.h5", "this is text, not numbers", 25);
    check_refused("text.h5", RT_EFORMAT, "is not an HDF5 file");
    rt_test_file("empty.h5", "", 0);
    check_refused("empty.h5", RT_EFORMAT, "is not an HDF5 file");
    mkdir(path_of("folder.h5"), 0700);
    check_refused("folder.h5", RT_EFORMAT, "not a regular file");
    mkfifo(path_of("pipe.h5"), 0600);
    check_refused("pipe.h5", RT_EFORMAT, "not a regular file");
}

/* Half a file, and files with every 97th byte turned over: data or a sentence,
 * never the end of this process. */
static void damaged_files_are_told(void **state)
{
    (void)state;
    static unsigned char bytes[1 << 16];
    float v[4] = { 1, 2, 3, 4 };
    struct rt_h5_out *o = rt_h5_out_new();
    rt_h5_out_text(o, "", "title", "text");
    rt_h5_out_floats(o, "g/v", &RT_SHAPE(4), v);
    rt_assert_ok(rt_h5_out_save(o, path_of("whole.h5"), &err), &err);
    rt_h5_out_free(o);
    FILE *f = fopen(path_of("whole.h5"), "rb");
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    rt_test_file("half.h5", bytes, n / 2);
    check_refused("half.h5", RT_EFORMAT, "damaged");
    int refused = 0, all = 0;
    for (size_t i = 8; i < n; i += 97, all++) {
        bytes[i] ^= 0xff;
        rt_test_file("damaged.h5", bytes, n);
        rt_err_clear(&err);
        int rc = rt_h5_read(path_of("damaged.h5"), true, &tree, &err);
        assert_true((rc != 0) == (err.code != 0));
        refused += rc != 0;
        rt_h5_tree_free(&tree);
        bytes[i] ^= 0xff;
    }
    assert_in_range(refused, 1, all - 1);
}

/* As two runs do that save their models at one time. */
static void two_files_are_made_at_once(void **state)
{
    (void)state;
    struct rt_h5_out *a = rt_h5_out_new(), *b = rt_h5_out_new();
    rt_h5_out_int(a, "n", 1);
    rt_h5_out_int(b, "n", 2);
    rt_assert_ok(rt_h5_out_save(a, path_of("a.h5"), &err), &err);
    rt_assert_ok(rt_h5_out_save(b, path_of("b.h5"), &err), &err);
    rt_h5_out_free(a);
    rt_h5_out_free(b);
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(two_files_are_made_at_once),
        cmocka_unit_test(long_lists_are_split),
        cmocka_unit_test(old_file_stays_when_writing_fails),
        cmocka_unit_test(strings_of_every_sort_are_read),
        cmocka_unit_test(numbers_of_every_type_are_read),
        cmocka_unit_test(what_leads_elsewhere_is_refused),
        cmocka_unit_test(group_within_itself_is_refused),
        cmocka_unit_test(more_than_the_file_can_hold_is_refused),
        cmocka_unit_test(a_shape_that_wraps_around_is_refused),
        cmocka_unit_test(reader_started_by_hand_reads),
        cmocka_unit_test(what_is_no_hdf5_is_told),
        cmocka_unit_test(damaged_files_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
