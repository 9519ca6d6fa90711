/* NPY files: headers, types, damage; what is written reads back. */
#include "npy_case.h"

static int parse(const char *dict, const void *data, size_t n, struct rt_npy *v,
                 struct rt_err *err)
{
    unsigned char bytes[512];
    return rt_npy_parse(bytes, npy(bytes, dict, data, n), "t.npy", v, err);
}

/* Bytes as numpy 1.24 writes them: np.array([a, b], dtype).tobytes() */
static void every_type_is_read_in_both_byte_orders(void **state)
{
    (void)state;
    const struct {
        const char *descr;
        unsigned char bytes[16];
        size_t size;
        enum rt_dtype type;
        double want[2];
    } cases[] = {
        { "|u1", { 7, 255 }, 1, RT_U8, { 7, 255 } },
        { "|i1", { 7, 255 }, 1, RT_I8, { 7, -1 } },
        { "|b1", { 0, 1 }, 1, RT_U8, { 0, 1 } },
        { "<i2", { 1, 2, 255, 255 }, 2, RT_I16, { 513, -1 } },
        { ">i2", { 1, 2, 255, 255 }, 2, RT_I16, { 258, -1 } },
        { "<u2", { 1, 2, 255, 255 }, 2, RT_I32, { 513, 65535 } },
        { "<i4", { 1, 0, 1, 0, 254, 255, 255, 255 }, 4, RT_I32, { 65537, -2 } },
        { ">i4", { 0, 1, 0, 2, 255, 255, 255, 254 }, 4, RT_I32, { 65538, -2 } },
        { ">u4",
          { 255, 255, 255, 255, 0, 0, 0, 9 },
          4,
          RT_I64,
          { 4294967295.0, 9 } },
        { "<i8", { 1, 0, 0, 0, 1, 0, 0, 0, 2 }, 8, RT_I64, { 4294967297, 2 } },
        { "<u8", { 1, 0, 0, 0, 1, 0, 0, 0, 2 }, 8, RT_I64, { 4294967297, 2 } },
        { "<f2",
          { 0x00, 0x3e, 0x01, 0x80 },
          2,
          RT_F32,
          { 1.5, -5.9604644775390625e-08 } },
        { ">f2", { 0x7b, 0xff, 0xfc, 0x00 }, 2, RT_F32, { 65504, -INFINITY } },
        { "<f4", { 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0 }, 4, RT_F32, { 1.5, -2 } },
        { ">f4", { 0x3f, 0xc0, 0, 0, 0xc0 }, 4, RT_F32, { 1.5, -2 } },
        { "<f8", { 0, 0, 0, 0, 0, 0, 0xf8, 0x3f }, 8, RT_F64, { 1.5, 0 } },
        { ">f8", { 0x3f, 0xf8 }, 8, RT_F64, { 1.5, 0 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dict[128];
        struct rt_npy v;
        struct rt_err err = RT_ERR_INIT;
        snprintf(dict, sizeof dict,
                 "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }",
                 cases[i].descr);
        rt_assert_ok(parse(dict, cases[i].bytes, 2 * cases[i].size, &v, &err),
                     &err);
        assert_int_equal(v.type, cases[i].type);
        assert_int_equal(v.n, 2);
        for (size_t j = 0; j < 2; j++)
            if (number(&v, j) != cases[i].want[j])
                fail_msg("%s: %.17g, want %.17g", cases[i].descr, number(&v, j),
                         cases[i].want[j]);
        free(v.data);
    }
}

static void fortran_order_is_turned_to_rows(void **state)
{
    (void)state;
    struct rt_npy v;
    struct rt_err err = RT_ERR_INIT;
    /* np.asfortranarray(np.arange(24).reshape(2,3,4)) */
    unsigned char bytes[24];
    for (int i = 0; i < 24; i++)
        bytes[(i / 12) + 2 * (i / 4 % 3) + 6 * (i % 4)] = (unsigned char)i;
    rt_assert_ok(parse("{'descr': '|u1', 'fortran_order': True, "
                       "'shape': (2, 3, 4), }",
                       bytes, 24, &v, &err),
                 &err);
    for (int i = 0; i < 24; i++)
        assert_int_equal(((unsigned char *)v.data)[i], i);
    free(v.data);
}

static void headers_are_read_as_others_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *dict, *shape;
    } cases[] = {
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }", "(6)" },
        { "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"|u1\"}",
          "(2,3)" },
        { "{'descr': '<u1', 'fortran_order': False, 'shape': (2L, 3L)}",
          "(2,3)" },
        { " { 'descr' : 'u1' , 'fortran_order' : True, 'shape' : ( 6 , ) } ",
          "(6)" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_npy v;
        struct rt_err err = RT_ERR_INIT;
        rt_assert_ok(parse(cases[i].dict, "abcdef", 6, &v, &err), &err);
        assert_string_equal(rt_shape_text(&v.shape), cases[i].shape);
        assert_memory_equal(v.data, "abcdef", 6);
        free(v.data);
    }
}

static void versions_two_and_three_have_longer_headers(void **state)
{
    (void)state;
    unsigned char bytes[256], *b = bytes;
    size_t n =
        npy(bytes, "{'descr': '|u1', 'fortran_order': False, 'shape': (), }",
            "\x2a", 1);
    memmove(b + 12, b + 10, n - 10);
    b[10] = b[11] = 0;
    for (unsigned char version = 2; version <= 3; version++) {
        struct rt_npy v;
        struct rt_err err = RT_ERR_INIT;
        b[6] = version;
        rt_assert_ok(rt_npy_parse(b, n + 2, "t.npy", &v, &err), &err);
        assert_int_equal(v.shape.rank, 0);
        assert_int_equal(*(unsigned char *)v.data, 42);
        free(v.data);
    }
}

static void hostile_headers_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *dict, *text;
    } cases[] = {
        { DICT("'|O'", "False", "(6,)"), "t.npy: numbers of type '|O', want" },
        { DICT("'<c8'", "False", "(6,)"), "numbers of type '<c8'" },
        { DICT("[('a', '<f4')]", "False", "(6,)"), "records, want an array" },
        { DICT("'|u1'", "False", "(7,)"),
          "6 bytes of numbers after byte 128, (7) of u1 wants 7" },
        { DICT("'|u1'", "False", "(5,)"), "6 bytes of numbers" },
        { DICT("'<f4'", "False", "(2, 3)"), "(2,3) of f4 wants 24" },
        { DICT("'|u1'", "False", "(-6,)"), "want a size" },
        { DICT("'|u1'", "False", "(99999999999,)"), "a size above 2147483647" },
        { DICT("'<f8'", "False", "(2000000000, 2000000000, 2000000000)"),
          "is more than any file holds" },
        { DICT("'|u1'", "False", "(1,1,1,1,1,1,6)"), "more than 6 dimens" },
        { DICT("'|u1'", "False", "[6]"), "want a tuple of sizes" },
        { DICT("'|u1'", "False", "(6 7)"), "want , or ) in the tuple" },
        { DICT("'|u1'", "Maybe", "(6,)"), "want True or False" },
        { DICT("'|u1", "False", "(6,)"), "numbers of type '|u1, '" },
        { "{'descr': '|u1' 'shape': (6,)}", "want , or }" },
        { "{'descr", "text is not understood" },
        { DICT("'\\x'", "False", "(6,)"), "text is not understood" },
        { "{'descr': '|u1', 'shape': (6,), }", "fortran_order or shape is" },
        { "{'descr': '|u1', 'descr': '|u1'}", "a key unknown or given twice" },
        { "{'dscr': '|u1'}", "a key unknown or given twice" },
        { "{'descr' '|u1'}", "want :" },
        { "__import__('os')", "want {" },
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)} + 1",
          "more than the dict" },
        { "", "want {" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_npy v;
        struct rt_err err = RT_ERR_INIT;
        assert_int_equal(parse(cases[i].dict, "abcdef", 6, &v, &err),
                         RT_EFORMAT);
        rt_assert_error(&err, RT_EFORMAT, cases[i].text);
        assert_null(v.data);
    }
}

static void what_is_no_npy_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } cases[] = {
        { "", 0, "t.npy: is no NPY file" },
        { "PK\3\4aaaaaaaa", 12, "is no NPY file" },
        { "\x93NUMPY\x04\0\x76\0", 10, "NPY version 4.0, want 1, 2 or 3" },
        { "\x93NUMPY\x01\0\x76\0{", 11,
          "ends at byte 11, within its header of 128 bytes" },
        { "\x93NUMPY\x02\0\x76\0\0", 11, "ends at byte 11" },
        { "\x93NUMPY\x02\0\xff\xff\xff\xff", 12,
          "ends at byte 12, within its header of 4294967307" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_npy v;
        struct rt_err err = RT_ERR_INIT;
        assert_int_equal(rt_npy_parse((const unsigned char *)cases[i].bytes,
                                      cases[i].n, "t.npy", &v, &err),
                         RT_EFORMAT);
        rt_assert_error(&err, RT_EFORMAT, cases[i].text);
    }
}

static void unsigned_numbers_too_large_are_refused(void **state)
{
    (void)state;
    struct rt_npy v;
    struct rt_err err = RT_ERR_INIT;
    assert_int_equal(parse(DICT("'<u8'", "False", "(1,)"),
                           "\xff\xff\xff\xff\xff\xff\xff\xff", 8, &v, &err),
                     RT_EFORMAT);
    rt_assert_error(&err, RT_EFORMAT, "number 0 is above");
    assert_null(v.data);
}

static void numbers_that_are_as_wanted_are_not_copied(void **state)
{
    (void)state;
    struct rt_npy v;
    struct rt_err err = RT_ERR_INIT;
    unsigned char *bytes = malloc(512);
    size_t n = npy(bytes, DICT("'<i2'", "False", "(2,)"), "\1\0\2\0", 4);
    rt_assert_ok(rt_npy_take(bytes, n, "t.npy", &v, &err), &err);
    assert_ptr_equal(v.data, bytes);
    assert_true(number(&v, 0) == 1 && number(&v, 1) == 2);
    free(v.data);
    bytes = malloc(512);
    n = npy(bytes, DICT("'>i2'", "False", "(2,)"), "\0\1\0\2", 4);
    rt_assert_ok(rt_npy_take(bytes, n, "t.npy", &v, &err), &err);
    assert_true(number(&v, 0) == 1 && number(&v, 1) == 2);
    free(v.data);
    bytes = malloc(512);
    n = npy(bytes, DICT("'<u8'", "False", "(1,)"), "\0\0\0\0\0\0\0\x80", 8);
    assert_int_equal(rt_npy_take(bytes, n, "t.npy", &v, &err), RT_EFORMAT);
    assert_null(v.data);
}

static void headers_are_a_multiple_of_64(void **state)
{
    (void)state;
    struct rt_str head = RT_STR_INIT;
    struct rt_shape shapes[] = { { .rank = 0 },
                                 RT_SHAPE(5),
                                 RT_SHAPE(1000000000, 1000000000, 1000000000,
                                          1000000000, 1000000000, 1000000000) };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        rt_str_clear(&head);
        rt_npy_header(&shapes[i], &head);
        assert_int_equal(head.n % 64, 0);
        assert_int_equal(head.s[head.n - 1], '\n');
    }
    rt_str_clear(&head);
    rt_npy_header(&shapes[1], &head);
    assert_int_equal(head.n, 128);
    const char *want = "{'descr': '<f4', 'fortran_order': False, "
                       "'shape': (5,), }";
    assert_memory_equal(head.s, "\x93NUMPY\x01\0\x76\0", 10);
    assert_memory_equal(head.s + 10, want, strlen(want));
    rt_str_release(&head);
}

static void written_arrays_read_back(void **state)
{
    (void)state;
    char path[512];
    const float v[] = { 1, -0.5f, 3e38f, NAN, 1e-45f, 6 };
    struct rt_shape shape = RT_SHAPE(3, 2);
    struct rt_npy back;
    struct rt_err err = RT_ERR_INIT;
    snprintf(path, sizeof path, "%s/w.npy", rt_test_temp());
    rt_assert_ok(rt_npy_write(path, &shape, v, &err), &err);
    rt_assert_ok(rt_npy_read(path, &back, &err), &err);
    assert_int_equal(back.type, RT_F32);
    assert_true(rt_shape_equal(&back.shape, &shape));
    assert_memory_equal(back.data, v, sizeof v);
    free(back.data);
    assert_int_equal(rt_npy_write("/no/such/dir/w.npy", &shape, v, &err),
                     RT_EIO);
    rt_assert_error(&err, RT_EIO, "/no/such/dir");
}

/* ---- damage -------------------------------------------------------------- */

static int read_npy(const char *path, struct rt_err *err)
{
    struct rt_npy v;
    int status = rt_npy_read(path, &v, err);
    double sum = 0;
    for (size_t i = 0; i < v.n; i++)
        sum += number(&v, i);
    (void)sum;
    free(v.data);
    return status;
}

static void damaged_arrays_give_data_or_an_error(void **state)
{
    (void)state;
    unsigned char bytes[512];
    size_t n = npy(bytes, DICT("'>i2'", "True", "(2, 3)"), "abcdefghijkl", 12);
    rt_mutate("mutant", bytes, n, read_npy);
    n = npy(bytes, DICT("'<u8'", "False", "(1,)"), "abcdefgh", 8);
    rt_mutate("mutant", bytes, n, read_npy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read_in_both_byte_orders),
        cmocka_unit_test(fortran_order_is_turned_to_rows),
        cmocka_unit_test(headers_are_read_as_others_write_them),
        cmocka_unit_test(versions_two_and_three_have_longer_headers),
        cmocka_unit_test(hostile_headers_are_refused_by_name),
        cmocka_unit_test(what_is_no_npy_is_told),
        cmocka_unit_test(unsigned_numbers_too_large_are_refused),
        cmocka_unit_test(numbers_that_are_as_wanted_are_not_copied),
        cmocka_unit_test(headers_are_a_multiple_of_64),
        cmocka_unit_test(written_arrays_read_back),
        cmocka_unit_test(damaged_arrays_give_data_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
