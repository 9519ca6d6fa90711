/* JSON as Python's json.dumps writes it: a space behind , and : and numbers in
 * their shortest form, which jansson's writer does not know. */
#include "base/mem.h"
#include "files/keras_map.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void add(const json_t *v, struct rt_str *out);

static void add_real(double x, struct rt_str *out)
{
    size_t from = out->n;
    rt_str_add_exact(out, x);
    /* a number without a point would be read back as a whole one */
    if (!strpbrk(out->s + from, ".eE"))
        rt_str_add(out, ".0");
}

static void add_plain(const json_t *v, struct rt_str *out)
{
    char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    rt_str_add(out, text ? text : "null");
    free(text);
}

static void add_object(const json_t *v, struct rt_str *out)
{
    const char *key;
    json_t *one;
    int n = 0;
    rt_str_addc(out, '{');
    json_object_foreach((json_t *)(uintptr_t)v, key, one)
    {
        json_t *name = json_string(key);
        rt_str_add(out, n++ ? ", " : "");
        add_plain(name, out);
        rt_str_add(out, ": ");
        add(one, out);
        json_decref(name);
    }
    rt_str_addc(out, '}');
}

static void add(const json_t *v, struct rt_str *out)
{
    size_t i;
    const json_t *one;
    if (json_is_object(v)) {
        add_object(v, out);
    } else if (json_is_array(v)) {
        rt_str_addc(out, '[');
        json_array_foreach(v, i, one)
        {
            rt_str_add(out, i ? ", " : "");
            add(one, out);
        }
        rt_str_addc(out, ']');
    } else if (json_is_real(v)) {
        add_real(json_real_value(v), out);
    } else {
        add_plain(v, out);
    }
}

char *rt_keras_text(const struct json_t *v)
{
    struct rt_str out = RT_STR_INIT;
    add(v, &out);
    return rt_str_take(&out);
}
