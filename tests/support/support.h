/* What the unit tests share: cmocka, comparison of numbers, temporary folders,
 * fixtures. Include this instead of cmocka.h. */
#ifndef RT_TESTS_SUPPORT_H
#define RT_TESTS_SUPPORT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

/* |got - want| <= tol * max(1, |want|). */
#define rt_assert_close(got, want, tol)                                        \
    rt_assert_close_at((got), (want), (tol), #got, __FILE__, __LINE__)
void rt_assert_close_at(double got, double want, double tol, const char *what,
                        const char *file, int line);
/* The call succeeded; prints err's text if not. */
#define rt_assert_ok(call, err)                                                \
    do {                                                                       \
        if ((call) != 0)                                                       \
            fail_msg("%s: %s", #call, (err)->text);                            \
    } while (0)
/* err holds this code and its text contains part. */
#define rt_assert_error(err, want, part)                                       \
    rt_assert_error_at((err), (want), (part), __FILE__, __LINE__)
void rt_assert_error_at(const struct rt_err *err, int code, const char *part,
                        const char *file, int line);
/* A file below tests/, wherever the test runs. Static buffer, four in turn. */
const char *rt_test_path(const char *name);
/* A fresh folder for this test program, removed at exit. */
const char *rt_test_temp(void);
/* Writes bytes to a file in the temp folder; returns its path (as above). */
const char *rt_test_file(const char *name, const void *data, size_t n);
#endif
