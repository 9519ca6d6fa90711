#include "support.h"

#include "watch/keys.h"
#include "watch/panel.h"

enum { N_CODES = 6 };

/* Can both be of use at the same time? */
static bool together(unsigned a, unsigned b)
{
    unsigned both = a | b;
    bool modes = (both & RT_ON_VIEW) && (both & RT_ON_PAGE);
    bool states = (both & RT_ON_RUNNING) && (both & RT_ON_PAUSED);
    bool cursor = (both & RT_ON_CURSOR) && (both & RT_ON_PLAIN);
    bool layers = (both & RT_ON_LEARNS) && (both & RT_ON_FROZEN);
    return !modes && !states && !cursor && !layers;
}

static void no_key_means_two_things_at_once(void **state)
{
    (void)state;
    int n;
    const struct rt_keystroke *k = rt_keys(&n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            for (int a = 0; a < N_CODES && k[i].code[a]; a++)
                for (int b = 0; b < N_CODES && k[j].code[b]; b++)
                    if (k[i].code[a] == k[j].code[b] &&
                        together(k[i].needs, k[j].needs))
                        fail_msg("'%s' and '%s' share a key", k[i].help,
                                 k[j].help);
}

static void every_key_says_where_it_acts_and_what_it_does(void **state)
{
    (void)state;
    int n;
    const struct rt_keystroke *k = rt_keys(&n);
    for (int i = 0; i < n; i++) {
        assert_true(k[i].needs & (RT_ON_VIEW | RT_ON_PAGE));
        assert_true(k[i].keys[0] && k[i].help && k[i].code[0]);
        assert_true(k[i].act > RT_ACT_none && k[i].act < RT_N_ACTS);
    }
    assert_int_equal(n, RT_N_ACTS - 1);
}

static void digits_are_left_to_the_panels(void **state)
{
    (void)state;
    for (int key = '1'; key <= '9'; key++)
        assert_int_equal(rt_keys_act(key, ~0u), RT_ACT_none);
}

static void no_two_panels_share_a_digit(void **state)
{
    (void)state;
    int seen[10] = { 0 };
    for (const struct rt_panel *const *p = rt_panels(); *p; p++)
        if ((*p)->key)
            assert_int_equal(seen[(*p)->key - '0']++, 0);
}

static void p_pauses_what_runs_and_resumes_what_is_paused(void **state)
{
    (void)state;
    unsigned live = RT_ON_VIEW | RT_ON_LIVE;
    assert_int_equal(rt_keys_act('p', live | RT_ON_RUNNING), RT_ACT_pause);
    assert_int_equal(rt_keys_act(' ', live | RT_ON_PAUSED), RT_ACT_resume);
    assert_int_equal(rt_keys_act('p', RT_ON_VIEW), RT_ACT_none);
}

static void a_page_takes_q_for_itself(void **state)
{
    (void)state;
    assert_int_equal(rt_keys_act('q', RT_ON_VIEW), RT_ACT_back);
    assert_int_equal(rt_keys_act('q', RT_ON_PAGE), RT_ACT_close);
    assert_int_equal(rt_keys_act(RT_KEY_CTRL('c'), RT_ON_PAGE), RT_ACT_close);
    assert_int_equal(rt_keys_act('y', RT_ON_PAGE | RT_ON_CHARTS), RT_ACT_none);
}

static void a_rate_that_is_not_known_cannot_be_doubled(void **state)
{
    (void)state;
    unsigned on = RT_ON_VIEW | RT_ON_LIVE;
    assert_int_equal(rt_keys_act('+', on), RT_ACT_none);
    assert_int_equal(rt_keys_act('+', on | RT_ON_RATE), RT_ACT_faster);
    assert_int_equal(rt_keys_act('-', on | RT_ON_RATE), RT_ACT_slower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_means_two_things_at_once),
        cmocka_unit_test(every_key_says_where_it_acts_and_what_it_does),
        cmocka_unit_test(digits_are_left_to_the_panels),
        cmocka_unit_test(no_two_panels_share_a_digit),
        cmocka_unit_test(p_pauses_what_runs_and_resumes_what_is_paused),
        cmocka_unit_test(a_page_takes_q_for_itself),
        cmocka_unit_test(a_rate_that_is_not_known_cannot_be_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
