#include "support.h"

#include "train/filename.h"

#include <math.h>

static int value(void *ctx, const char *name, double *v)
{
    (void)ctx;
    if (!strcmp(name, "epoch"))
        *v = 7;
    else if (!strcmp(name, "val_loss"))
        *v = 0.03126;
    else if (!strcmp(name, "val_acc"))
        *v = NAN;
    else
        return -1;
    return 0;
}

static const char *const names[] = { "epoch", "val_acc", "val_loss", NULL };

static void check(const char *pattern, const char *want)
{
    struct rt_str out = RT_STR_INIT;
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_filename_expand(pattern, value, NULL, names, &out, &err),
                 &err);
    assert_string_equal(rt_str_c(&out), want);
    rt_str_release(&out);
}

static void refuse(const char *pattern, int code, const char *part)
{
    struct rt_str out = RT_STR_INIT;
    struct rt_err err = RT_ERR_INIT;
    assert_int_equal(
        rt_filename_expand(pattern, value, NULL, names, &out, &err), code);
    rt_assert_error(&err, code, part);
    rt_str_release(&out);
}

static void values_stand_as_keras_writes_them(void **state)
{
    (void)state;
    check("plain.npz", "plain.npz");
    check("best-{epoch:02d}-{val_loss:.4f}.h5", "best-07-0.0313.h5");
    check("{epoch}", "7");
    check("{epoch:3d}|{epoch:d}|{epoch:.1f}", "  7|7|7.0");
    check("{val_loss}", "0.03126");
    check("{val_loss:.2e} {val_loss:08.3f}", "3.13e-02 0000.031");
    check("a{{b}}{epoch}}}", "a{b}7}");
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    refuse("x{vall_loss}", RT_ENOENT, "did you mean val_loss");
    refuse("x{}", RT_ENOENT, "unknown value ''");
    refuse("x{epoch", RT_EINVAL, "not closed");
    refuse("x{val_acc:.2f}", RT_ESTATE, "'val_acc' has no value yet");
    refuse("x{epoch:s}", RT_EINVAL, "'s'");
    refuse("x{epoch:999d}", RT_EINVAL, "format");
    refuse("x{epoch:.d}", RT_EINVAL, "format");
    refuse("x{epoch:.2d}", RT_EINVAL, "format");
    refuse("x{epoch:%n}", RT_EINVAL, "format");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_as_keras_writes_them),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
