#include "support.h"

#include "base/arena.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct rt_arena a = RT_ARENA_INIT;
    unsigned char *p[400];
    for (int i = 0; i < 400; i++) {
        size_t n = (size_t)(i * 7 % 97);
        p[i] = rt_arena_alloc(&a, n);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        for (size_t j = 0; j < n; j++)
            assert_int_equal(p[i][j], 0);
        memset(p[i], i & 0xff, n);
    }
    for (int i = 0; i < 400; i++)
        for (int j = 0; j < i * 7 % 97; j++)
            assert_int_equal(p[i][j], i & 0xff);
    rt_arena_release(&a);
    assert_null(a.top);
}

static void a_large_piece_has_room(void **state)
{
    (void)state;
    struct rt_arena a = RT_ARENA_INIT;
    char *small = rt_arena_strdup(&a, "small");
    char *large = rt_arena_alloc(&a, 1000000);
    memset(large, 1, 1000000);
    assert_string_equal(small, "small");
    rt_arena_release(&a);
}

static void texts_are_copied_and_formatted(void **state)
{
    (void)state;
    struct rt_arena a = RT_ARENA_INIT;
    char text[] = "abc";
    char *copy = rt_arena_strdup(&a, text);
    text[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_null(rt_arena_strdup(&a, NULL));
    assert_string_equal(rt_arena_printf(&a, "%s_%d", "dense", 12), "dense_12");
    assert_int_equal(strlen(rt_arena_printf(&a, "%3000d", 1)), 3000);
    rt_arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(a_large_piece_has_room),
        cmocka_unit_test(texts_are_copied_and_formatted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
