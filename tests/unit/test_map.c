#include "support.h"

#include "base/map.h"
#include "base/vec.h"

static int value[300];

static struct rt_map numbers(int n)
{
    struct rt_map m = RT_MAP_INIT;
    char key[16];
    for (int i = 0; i < n; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_null(rt_map_set(&m, key, &value[i]));
    }
    return m;
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    struct rt_map m = RT_MAP_INIT;
    assert_null(rt_map_get(&m, "a"));
    assert_int_equal(rt_map_index(&m, "a"), -1);
    assert_null(rt_map_remove(&m, "a"));
    rt_map_release(&m);
}

static void entries_are_found_and_stand_in_order(void **state)
{
    (void)state;
    struct rt_map m = numbers(300);
    char key[16];
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_ptr_equal(rt_map_get(&m, key), &value[i]);
        assert_int_equal(rt_map_index(&m, key), i);
        assert_string_equal(m.v[i].key, key);
    }
    assert_null(rt_map_get(&m, "k300"));
    rt_map_release(&m);
}

static void setting_again_keeps_the_place(void **state)
{
    (void)state;
    struct rt_map m = numbers(3);
    assert_ptr_equal(rt_map_set(&m, "k1", &value[9]), &value[1]);
    assert_int_equal(m.n, 3);
    assert_int_equal(rt_map_index(&m, "k1"), 1);
    assert_ptr_equal(rt_map_get(&m, "k1"), &value[9]);
    rt_map_release(&m);
}

static void removing_moves_the_later_ones_down(void **state)
{
    (void)state;
    struct rt_map m = numbers(40);
    assert_ptr_equal(rt_map_remove(&m, "k7"), &value[7]);
    assert_null(rt_map_get(&m, "k7"));
    assert_int_equal(m.n, 39);
    assert_int_equal(rt_map_index(&m, "k8"), 7);
    assert_int_equal(rt_map_index(&m, "k39"), 38);
    assert_null(rt_map_set(&m, "k7", &value[7]));
    assert_int_equal(rt_map_index(&m, "k7"), 39);
    rt_map_release(&m);
}

static void keys_are_copied(void **state)
{
    (void)state;
    struct rt_map m = RT_MAP_INIT;
    char key[] = "abc";
    rt_map_set(&m, key, value);
    key[0] = 'x';
    assert_ptr_equal(rt_map_get(&m, "abc"), value);
    rt_map_release(&m);
}

static void a_vector_grows_and_closes_gaps(void **state)
{
    (void)state;
    RT_VEC(int) v = { 0 };
    for (int i = 0; i < 100; i++)
        rt_vec_push(&v, i);
    rt_vec_remove(&v, 10);
    assert_int_equal(v.n, 99);
    assert_int_equal(v.v[9], 9);
    assert_int_equal(v.v[10], 11);
    assert_int_equal(v.v[98], 99);
    rt_vec_release(&v);
    assert_int_equal(v.cap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(entries_are_found_and_stand_in_order),
        cmocka_unit_test(setting_again_keeps_the_place),
        cmocka_unit_test(removing_moves_the_later_ones_down),
        cmocka_unit_test(keys_are_copied),
        cmocka_unit_test(a_vector_grows_and_closes_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
