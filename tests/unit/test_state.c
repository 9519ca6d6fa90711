#include "support.h"

#include "train/state.h"

struct thing {
    float w[5];
    double d[2], number;
    int64_t i, many[3];
    int small;
    bool yes;
    char *text, *none, *empty;
};

static int walk(struct rt_state *s, struct thing *t)
{
    rt_state_enter(s, "thing");
    rt_state_f32(s, "w", t->w, 5);
    rt_state_f64(s, "d", t->d, 2);
    rt_state_number(s, "number", &t->number);
    rt_state_enter_i(s, 12);
    rt_state_i64(s, "i", &t->i);
    rt_state_i64s(s, "many", t->many, 3);
    rt_state_int(s, "small", &t->small);
    rt_state_bool(s, "yes", &t->yes);
    rt_state_leave(s);
    rt_state_text(s, "text", &t->text);
    rt_state_text(s, "none", &t->none);
    rt_state_text(s, "empty", &t->empty);
    rt_state_leave(s);
    return rt_state_failed(s);
}

static struct rt_state begin(struct rt_state_memory *m, bool loading)
{
    struct rt_state s;
    struct rt_state_backend to = rt_state_memory_backend(m);
    rt_state_init(&s, &to, loading);
    return s;
}

static void what_was_saved_is_loaded_by_the_same_walk(void **state)
{
    (void)state;
    struct rt_state_memory *m = rt_state_memory_new();
    char text[] = "some\ntext", empty[] = "";
    struct thing a = { .w = { 1, -2, 3e-30f, 0, 5 },
                       .d = { 1e300, -0.0 },
                       .number = 0.1,
                       .i = INT64_MIN,
                       .many = { 1, -2, INT64_MAX },
                       .small = -7,
                       .yes = true,
                       .text = text,
                       .empty = empty };
    struct thing b = { .none = strdup("goes"), .text = strdup("old") };
    struct rt_state s = begin(m, false);
    rt_assert_ok(walk(&s, &a), &s.err);
    assert_string_equal(s.path, "");
    s = begin(m, true);
    rt_assert_ok(walk(&s, &b), &s.err);
    assert_memory_equal(a.w, b.w, sizeof a.w);
    assert_memory_equal(a.d, b.d, sizeof a.d);
    assert_memory_equal(a.many, b.many, sizeof a.many);
    assert_true(b.number == 0.1 && b.i == INT64_MIN && b.small == -7 && b.yes);
    assert_string_equal(b.text, "some\ntext");
    assert_string_equal(b.empty, "");
    assert_null(b.none);
    free(b.text);
    free(b.empty);
    rt_state_memory_free(m);
}

static void another_count_or_kind_is_refused_and_sticks(void **state)
{
    (void)state;
    struct rt_state_memory *m = rt_state_memory_new();
    float w[3] = { 1, 2, 3 };
    double d[3];
    int64_t after = 5;
    struct rt_state s = begin(m, false);
    rt_state_f32(&s, "w", w, 3);
    rt_state_i64(&s, "after", &after);
    s = begin(m, true);
    after = 0;
    rt_state_f32(&s, "w", w, 2);
    rt_assert_error(&s.err, RT_EFORMAT, "'w' holds 3");
    rt_state_i64(&s, "after", &after);
    assert_int_equal(after, 0);
    assert_int_equal(rt_state_failed(&s), RT_EFORMAT);
    s = begin(m, true);
    rt_state_f64(&s, "w", d, 3);
    assert_int_equal(rt_state_failed(&s), RT_EFORMAT);
    s = begin(m, true);
    rt_state_f32(&s, "v", w, 3);
    rt_assert_error(&s.err, RT_ENOENT, "'v' was not saved");
    rt_state_memory_free(m);
}

static void counts_tell_what_is_there(void **state)
{
    (void)state;
    struct rt_state_memory *m = rt_state_memory_new();
    double d[4] = { 0 };
    struct rt_state s = begin(m, false);
    rt_state_enter(&s, "a");
    rt_state_f64(&s, "d", d, 4);
    s = begin(m, true);
    assert_int_equal(rt_state_count(&s, "d"), -1);
    assert_int_equal(rt_state_count(&s, "a/d"), 4);
    rt_state_enter(&s, "a");
    assert_int_equal(rt_state_count(&s, "d"), 4);
    assert_int_equal(rt_state_failed(&s), 0);
    rt_state_memory_free(m);
}

static void what_must_be_the_same_is_checked(void **state)
{
    (void)state;
    struct rt_state_memory *m = rt_state_memory_new();
    struct rt_state s = begin(m, false);
    rt_state_enter(&s, "run");
    rt_state_same(&s, "hash", 12);
    s = begin(m, true);
    rt_state_enter(&s, "run");
    rt_state_same(&s, "hash", 12);
    assert_int_equal(rt_state_failed(&s), 0);
    rt_state_same(&s, "hash", 13);
    rt_assert_error(&s.err, RT_ESTATE, "run/hash: 12 saved, 13 here");
    rt_state_memory_free(m);
}

static void a_path_that_is_too_long_is_an_error(void **state)
{
    (void)state;
    struct rt_state_memory *m = rt_state_memory_new();
    struct rt_state s = begin(m, false);
    for (int i = 0; i < 100; i++)
        rt_state_enter(&s, "a_rather_long_name");
    rt_assert_error(&s.err, RT_EINVAL, "path");
    rt_state_memory_free(m);
}

static void the_last_value_of_a_path_counts(void **state)
{
    (void)state;
    struct rt_state_memory *m = rt_state_memory_new();
    int64_t v[3] = { 1, 2, 3 }, got = 0;
    struct rt_state s = begin(m, false);
    rt_state_i64s(&s, "v", v, 3);
    rt_state_i64(&s, "v", &v[2]);
    s = begin(m, true);
    rt_state_i64(&s, "v", &got);
    assert_int_equal(got, 3);
    rt_state_memory_free(m);
    rt_state_memory_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_is_loaded_by_the_same_walk),
        cmocka_unit_test(another_count_or_kind_is_refused_and_sticks),
        cmocka_unit_test(counts_tell_what_is_there),
        cmocka_unit_test(what_must_be_the_same_is_checked),
        cmocka_unit_test(a_path_that_is_too_long_is_an_error),
        cmocka_unit_test(the_last_value_of_a_path_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
