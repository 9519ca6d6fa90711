/* Values that commands give back, for people and as JSON. */
#include "support.h"

#include "base/mem.h"
#include "shell/result.h"

#include <math.h>

static void shown(const struct rt_value *v, const char *want)
{
    struct rt_str out = RT_STR_INIT;
    rt_value_show(v, &out, 80);
    assert_string_equal(rt_str_c(&out), want);
    rt_str_release(&out);
}

static void as_json(const struct rt_value *v, const char *want)
{
    struct rt_str out = RT_STR_INIT;
    rt_value_json(v, &out);
    assert_string_equal(rt_str_c(&out), want);
    rt_str_release(&out);
}

static void dict_shows_a_line_a_key(void **state)
{
    (void)state;
    struct rt_value v = { 0 };
    rt_value_set_dict(&v);
    rt_value_put_int(&v, "epochs", 3);
    rt_value_put_number(&v, "loss", 0.25);
    rt_value_put_text(&v, "state", "finished");
    shown(&v, "epochs  3\nloss    0.25\nstate   finished");
    as_json(&v, "{\"epochs\":3,\"loss\":0.25,\"state\":\"finished\"}");
    rt_value_release(&v);
    assert_int_equal(v.kind, RT_VALUE_NONE);
}

static void list_of_dicts_is_a_table(void **state)
{
    (void)state;
    struct rt_value v = { 0 };
    rt_value_set_list(&v);
    for (int i = 0; i < 2; i++) {
        struct rt_value *d = rt_value_push(&v);
        rt_value_set_dict(d);
        rt_value_put_text(d, "name", i ? "b" : "longer");
        rt_value_put_int(d, "rows", i ? 7 : 1000);
    }
    shown(&v, "name    rows\nlonger  1000\nb          7");
    rt_value_release(&v);
}

static void list_keeps_its_order_however_long(void **state)
{
    (void)state;
    struct rt_value v = { 0 };
    rt_value_set_list(&v);
    for (int i = 0; i < 1000; i++)
        rt_value_set_int(rt_value_push(&v), i);
    assert_int_equal(v.n, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(v.items[i].i, i);
    rt_value_release(&v);
}

static void json_escapes_what_it_must(void **state)
{
    (void)state;
    struct rt_value v = { 0 };
    rt_value_set_text(&v, "a \"b\" \\ c\nd\x01");
    as_json(&v, "\"a \\\"b\\\" \\\\ c\\nd\\u0001\"");
    rt_value_release(&v);
}

static void json_has_no_word_for_nan(void **state)
{
    (void)state;
    struct rt_value v = { 0 };
    rt_value_set_list(&v);
    rt_value_set_number(rt_value_push(&v), NAN);
    rt_value_set_number(rt_value_push(&v), INFINITY);
    rt_value_set_bool(rt_value_push(&v), true);
    rt_value_push(&v);
    as_json(&v, "[null,null,true,null]");
    rt_value_release(&v);
}

static void json_number_reads_back_as_the_same(void **state)
{
    (void)state;
    double x = 0.1 + 0.2;
    struct rt_value v = { 0 };
    struct rt_str out = RT_STR_INIT;
    rt_value_set_number(&v, x);
    rt_value_json(&v, &out);
    assert_true(strtod(rt_str_c(&out), NULL) == x);
    rt_str_release(&out);
    rt_value_release(&v);
}

static void nested_list_stays_on_its_line(void **state)
{
    (void)state;
    struct rt_value v = { 0 };
    rt_value_set_dict(&v);
    struct rt_value *l = rt_value_put(&v, "rows");
    rt_value_set_list(l);
    rt_value_set_int(rt_value_push(l), 1);
    rt_value_set_int(rt_value_push(l), 2);
    shown(&v, "rows  1 2");
    rt_value_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dict_shows_a_line_a_key),
        cmocka_unit_test(list_of_dicts_is_a_table),
        cmocka_unit_test(list_keeps_its_order_however_long),
        cmocka_unit_test(json_escapes_what_it_must),
        cmocka_unit_test(json_has_no_word_for_nan),
        cmocka_unit_test(json_number_reads_back_as_the_same),
        cmocka_unit_test(nested_list_stays_on_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
