/* A session that compiles and fits without end does not grow, and forgets
 * nothing that matters. */
#include "session_case.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { TIMES = 60, MAY_GROW = INT32_MAX }; /* their memory is not ours */
#else
enum { TIMES = 1010, MAY_GROW = 999 }; /* kB: less than a megabyte */
#endif

static long resident(void)
{
    long all, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &all, &pages), 2);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void a_session_that_fits_without_end_does_not_grow(void **state)
{
    (void)state;
    struct session_case c;
    long first = 0;
    case_open(&c);
    case_run(&c, "seed 1; data s generate spiral n=64 classes=2; onehot s y; "
                 "model m; input x 2; dense 8 activation=tanh; "
                 "dense 2 activation=softmax; output; "
                 "compile sgd loss=categorical_crossentropy; "
                 "lr 0.5 when=1:1");
    for (int i = 0; i < TIMES; i++) {
        if (i == 10)
            first = resident();
        case_run(&c, "compile sgd loss=categorical_crossentropy metrics=acc;"
                     "fit s epochs=1");
    }
    long grown = resident() - first;
    if (grown > MAY_GROW)
        fail_msg("%ld kB more after %d fits, want at most %d", grown, TIMES,
                 MAY_GROW);
    case_run(&c, "assert {[llength [runs -ids -value]] > 50}; runs show 1; "
                 "assert {[string match {*lr 0.5 when=1:1\nfit*} "
                 "[transcript -script]]}");
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_fits_without_end_does_not_grow),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
