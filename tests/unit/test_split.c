#include "support.h"

#include "base/mem.h"
#include "data/split.h"

#include <math.h>

static struct rt_key key(uint64_t seed)
{
    return rt_key_make(seed, RT_FOR_PARTITION);
}

/* Column y: class i % 10 < 7 ? 0 : 1, column id: group i / 4, column t: i. */
static struct rt_dataset *rows(size_t n)
{
    struct rt_dataset *d = rt_dataset_new("d", n, NULL);
    uint8_t *y = rt_xmalloc(n);
    int32_t *id = rt_xmalloc(n * sizeof *id);
    float *t = rt_xmalloc(n * sizeof *t);
    for (size_t i = 0; i < n; i++) {
        y[i] = i % 10 >= 7;
        id[i] = (int32_t)(i / 4);
        t[i] = (float)i;
    }
    struct rt_shape number = { .rank = 0 };
    rt_dataset_add_column(d, "y", RT_U8, &number, n, y, NULL, 0, NULL);
    rt_dataset_add_column(d, "id", RT_I32, &number, n, id, NULL, 0, NULL);
    rt_dataset_add_column(d, "t", RT_F32, &number, n, t, NULL, 0, NULL);
    return d;
}

static void release(uint32_t **part, int n)
{
    for (int p = 0; p < n; p++)
        free(part[p]);
}

/* Every row at most once, sorted inside; returns how many there are. */
static size_t check_parts(uint32_t *const *part, const size_t *count, int n,
                          size_t n_rows)
{
    uint8_t *seen = rt_xcalloc(n_rows, 1);
    size_t sum = 0;
    for (int p = 0; p < n; p++)
        for (size_t i = 0; i < count[p]; i++, sum++) {
            assert_true(part[p][i] < n_rows);
            assert_true(i == 0 || part[p][i - 1] < part[p][i]);
            assert_int_equal(seen[part[p][i]]++, 0);
        }
    free(seen);
    return sum;
}

static void shares_become_counts_that_sum_up(void **state)
{
    (void)state;
    const struct {
        size_t n;
        double share[3];
        int n_shares;
        size_t want[3];
    } cases[] = {
        { 150, { 0.8, 0.1, 0.1 }, 3, { 120, 15, 15 } },
        { 10, { 0.9, 0.1 }, 2, { 9, 1 } },
        { 7, { 0.34, 0.33, 0.33 }, 3, { 2, 3, 2 } },
        { 100, { 0.5, 0.2 }, 2, { 50, 20 } },
        { 60000, { 0.7, 0.2, 0.1 }, 3, { 42000, 12000, 6000 } },
        { 10, { 0.9, 0, 0.1 }, 3, { 9, 0, 1 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        size_t count[3] = { 0 };
        rt_assert_ok(rt_split_counts(cases[i].n, cases[i].share,
                                     cases[i].n_shares, count, &err),
                     &err);
        for (int p = 0; p < cases[i].n_shares; p++)
            assert_int_equal(count[p], cases[i].want[p]);
    }
}

static void split_refuses_shares_that_cannot_be(void **state)
{
    (void)state;
    const struct {
        size_t n;
        double share[4];
        int n_shares;
        const char *text;
    } cases[] = {
        { 10, { 0.5, 1 }, 2, "val is 1, want 0 <= val < 1" },
        { 10, { 0, 0.5 }, 2, "train is 0, want 0 < train < 1" },
        { 10, { 0.5, -0.1 }, 2, "val is -0.1, want 0 <= val < 1" },
        { 10, { 0.5, 0.2, NAN }, 3, "test is nan" },
        { 10, { 0.8, 0.3 }, 2, "the shares sum to more than 1" },
        { 10, { 0.99, 0.01 }, 2, "val is 0.01 of 10 rows, which is none" },
        { 10, { 0.5 }, 1, "1 share, want 2 or 3" },
        { 10, { 0.2, 0.2, 0.2, 0.2 }, 4, "4 shares, want 2 or 3" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        size_t count[4];
        assert_int_equal(rt_split_counts(cases[i].n, cases[i].share,
                                         cases[i].n_shares, count, &err),
                         RT_EINVAL);
        rt_assert_error(&err, RT_EINVAL, cases[i].text);
        /* the command that was typed stands before it, nothing else */
        assert_ptr_equal(strstr(err.text, cases[i].text), err.text);
    }
}

static void parts_are_a_permutation_of_the_key(void **state)
{
    (void)state;
    const double share[] = { 0.7, 0.2, 0.1 };
    struct rt_dataset *d = rows(1000);
    uint32_t *a[3], *b[3], *c[3];
    size_t n[3];
    rt_split(d, share, 3, NULL, NULL, key(1), a, n, NULL);
    assert_int_equal(check_parts(a, n, 3, 1000), 1000);
    assert_int_equal(n[1], 200);
    rt_split(d, share, 3, NULL, NULL, key(1), b, n, NULL);
    rt_split(d, share, 3, NULL, NULL, key(2), c, n, NULL);
    assert_memory_equal(a[1], b[1], 200 * sizeof *a[1]);
    assert_memory_not_equal(a[1], c[1], 200 * sizeof *a[1]);
    /* not one end of the rows */
    assert_true(a[1][0] < 100 && a[1][199] > 900);
    release(a, 3);
    release(b, 3);
    release(c, 3);
    rt_dataset_unref(d);
}

static void rows_left_over_are_in_no_part(void **state)
{
    (void)state;
    const double share[] = { 0.5, 0.2 };
    struct rt_dataset *d = rows(100);
    const char *const stratify[] = { NULL, "y" };
    for (int i = 0; i < 2; i++) {
        uint32_t *part[2];
        size_t n[2];
        rt_split(d, share, 2, NULL, stratify[i], key(3), part, n, NULL);
        assert_int_equal(check_parts(part, n, 2, 100), 70);
        release(part, 2);
    }
    rt_dataset_unref(d);
}

static void stratify_keeps_the_share_of_each_class(void **state)
{
    (void)state;
    const double share[] = { 0.65, 0.25, 0.1 };
    struct rt_dataset *d = rows(1000); /* 700 and 300 */
    uint32_t *part[3];
    size_t n[3];
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_split(d, share, 3, NULL, "y", key(4), part, n, &err), &err);
    assert_int_equal(check_parts(part, n, 3, 1000), 1000);
    for (int p = 0; p < 3; p++) {
        double ones = 0;
        for (size_t i = 0; i < n[p]; i++)
            ones += part[p][i] % 10 >= 7;
        assert_int_equal(n[p], (size_t)lround(share[p] * 1000));
        assert_true(fabs(ones - 300 * share[p]) <= 1.5);
    }
    release(part, 3);
    rt_dataset_unref(d);
}

static void stratify_wants_classes(void **state)
{
    (void)state;
    const double share[] = { 0.8, 0.2 };
    struct rt_dataset *d = rows(20);
    struct rt_err err = RT_ERR_INIT;
    uint32_t *part[2];
    size_t n[2];
    assert_int_equal(rt_split(d, share, 2, NULL, "t", key(5), part, n, &err),
                     RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL,
                    "stratify=t: 20 different values in 20 rows");
    assert_null(part[0]);
    assert_int_equal(rt_split(d, share, 2, NULL, "z", key(5), part, n, &err),
                     RT_ENOENT);
    assert_int_equal(rt_split(d, share, 2, "id", "y", key(5), part, n, &err),
                     RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "by=id and stratify=y together");
    rt_dataset_unref(d);
}

static void groups_stay_together(void **state)
{
    (void)state;
    const double share[] = { 0.7, 0.2, 0.1 };
    struct rt_dataset *d = rows(400); /* 100 groups of 4 */
    uint32_t *part[3];
    size_t n[3];
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_split(d, share, 3, "id", NULL, key(6), part, n, &err),
                 &err);
    assert_int_equal(check_parts(part, n, 3, 400), 400);
    int owner[100];
    for (int g = 0; g < 100; g++)
        owner[g] = -1;
    for (int p = 0; p < 3; p++) {
        assert_true(fabs((double)n[p] - 400 * share[p]) <= 4);
        for (size_t i = 0; i < n[p]; i++) {
            int *o = &owner[part[p][i] / 4];
            assert_true(*o == -1 || *o == p);
            *o = p;
        }
    }
    release(part, 3);
    rt_dataset_unref(d);
}

static void too_few_groups_are_told(void **state)
{
    (void)state;
    const double share[] = { 0.7, 0.2, 0.1 };
    struct rt_dataset *d = rows(20);
    struct rt_err err = RT_ERR_INIT;
    uint32_t *part[3];
    size_t n[3];
    assert_int_equal(rt_split(d, share, 3, "y", NULL, key(7), part, n, &err),
                     RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL,
                    "by=y: 2 different values, no rows are "
                    "left for");
    assert_null(part[0]);
    rt_dataset_unref(d);
}

static void a_part_of_a_part_is_numbered_within_it(void **state)
{
    (void)state;
    const double share[] = { 0.5, 0.5 };
    const uint32_t pick[] = { 90, 3, 77, 12, 41, 6, 9, 18 };
    struct rt_dataset *d = rows(100);
    struct rt_dataset *p = rt_dataset_pick(d, "p", pick, 8, NULL);
    uint32_t *part[2];
    size_t n[2];
    rt_split(p, share, 2, NULL, "y", key(8), part, n, NULL);
    assert_int_equal(check_parts(part, n, 2, 8), 8);
    release(part, 2);
    rt_dataset_unref(p);
    rt_dataset_unref(d);
}

/* int(n * (1 - s)) in Python for each of these */
static void the_last_part_is_cut_as_keras_does(void **state)
{
    (void)state;
    assert_int_equal(rt_split_last(150, 0.1), 135);
    assert_int_equal(rt_split_last(60000, 0.1), 54000);
    assert_int_equal(rt_split_last(10, 0.3), 7);
    assert_int_equal(rt_split_last(100, 0.57), 43);
    assert_int_equal(rt_split_last(3, 0.5), 1);
    assert_int_equal(rt_split_last(10, 0.1), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_become_counts_that_sum_up),
        cmocka_unit_test(split_refuses_shares_that_cannot_be),
        cmocka_unit_test(parts_are_a_permutation_of_the_key),
        cmocka_unit_test(rows_left_over_are_in_no_part),
        cmocka_unit_test(stratify_keeps_the_share_of_each_class),
        cmocka_unit_test(stratify_wants_classes),
        cmocka_unit_test(groups_stay_together),
        cmocka_unit_test(too_few_groups_are_told),
        cmocka_unit_test(a_part_of_a_part_is_numbered_within_it),
        cmocka_unit_test(the_last_part_is_cut_as_keras_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
