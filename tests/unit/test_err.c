#include "support.h"

#include <errno.h>

static void fail_sets_code_and_sentence(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_int_equal(rt_fail(&err, RT_EINVAL, "val is %g", 1.5), RT_EINVAL);
    assert_int_equal(err.code, RT_EINVAL);
    assert_string_equal(err.text, "val is 1.5");
}

static void fail_needs_no_err(void **state)
{
    (void)state;
    assert_int_equal(rt_fail(NULL, RT_ENAN, "x"), RT_ENAN);
    assert_int_equal(rt_err_within(NULL, "x"), RT_EINVAL);
    errno = ENOENT;
    assert_int_equal(rt_fail_errno(NULL, "x"), RT_EIO);
    rt_err_clear(NULL);
}

static void fail_may_quote_the_error_it_replaces(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    rt_fail(&err, RT_EIO, "inner");
    rt_fail(&err, RT_EFORMAT, "outer (%s)", err.text);
    assert_string_equal(err.text, "outer (inner)");
}

static void within_puts_where_first(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    rt_fail(&err, RT_ESHAPE, "3 rows, want 4");
    int code = rt_err_within(&err, "layer '%s'", "out");
    assert_int_equal(code, RT_ESHAPE);
    assert_string_equal(err.text, "layer 'out': 3 rows, want 4");
}

static void long_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char text[2001];
    for (int i = 0; i < 2000; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[2000] = '\0';
    rt_fail(&err, RT_EINVAL, "%s", text);
    assert_int_equal(strlen(err.text), 1022);
    rt_err_within(&err, "x");
    assert_int_equal(strlen(err.text), 1023);
    assert_int_equal((unsigned char)err.text[1022], 0xa9);
}

static void errno_decides_the_code(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    errno = ENOSPC;
    assert_int_equal(rt_fail_errno(&err, "a.h5: cannot write"), RT_ENOSPC);
    assert_string_equal(err.text,
                        "a.h5: cannot write: No space left on device");
    errno = EDQUOT;
    assert_int_equal(rt_fail_errno(&err, "x"), RT_ENOSPC);
    errno = ENOMEM;
    assert_int_equal(rt_fail_errno(&err, "x"), RT_ENOMEM);
    errno = EACCES;
    assert_int_equal(rt_fail_errno(&err, "x"), RT_EIO);
}

static void statuses_have_names_and_exit_codes(void **state)
{
    (void)state;
    assert_string_equal(rt_status_name(RT_ESHAPE), "ESHAPE");
    assert_string_equal(rt_status_name(RT_OK), "OK");
    assert_string_equal(rt_status_name(-99), "?");
    assert_int_equal(rt_status_exit(RT_OK), 0);
    assert_int_equal(rt_status_exit(RT_EFORMAT), 3);
    assert_int_equal(rt_status_exit(RT_ENOSPC), 4);
    assert_int_equal(rt_status_exit(RT_ENAN), 5);
    assert_int_equal(rt_status_exit(RT_ECANCEL), 130);
    assert_int_equal(rt_status_exit(-99), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_sets_code_and_sentence),
        cmocka_unit_test(fail_needs_no_err),
        cmocka_unit_test(fail_may_quote_the_error_it_replaces),
        cmocka_unit_test(within_puts_where_first),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(errno_decides_the_code),
        cmocka_unit_test(statuses_have_names_and_exit_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
