/* The ranges of options: checked, and as sentences. */
#include "base/schema_value.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static bool whole(const struct rt_opt *o)
{
    return o->kind == RT_KIND_INT || o->kind == RT_KIND_LONG ||
           o->kind == RT_KIND_INTS;
}

static bool has_range(const struct rt_opt *o)
{
    switch (rt_value_kind(o)) {
    case RT_KIND_INT:
    case RT_KIND_LONG:
    case RT_KIND_NUMBER:
    case RT_KIND_INTS:
    case RT_KIND_NUMBERS:
        return o->min < o->max;
    default:
        return false;
    }
}

bool rt_value_in_range(const struct rt_opt *o, double v)
{
    bool above = o->open & 1 ? v > o->min : v >= o->min;
    bool below = o->open & 2 ? v < o->max : v <= o->max;
    return !has_range(o) || (above && below);
}

void rt_opt_bounds(const struct rt_opt *o, struct rt_str *out)
{
    if (!has_range(o))
        return;
    bool low = isfinite(o->min);
    bool high = isfinite(o->max) && !(whole(o) && o->max >= INT_MAX);
    if (low && high) {
        rt_str_add_exact(out, o->min);
        rt_str_add(out, o->open & 1 ? " < " : " <= ");
    }
    if (low || high)
        rt_str_add(out, o->name);
    if (high) {
        rt_str_add(out, o->open & 2 ? " < " : " <= ");
        rt_str_add_exact(out, o->max);
    } else if (low) {
        rt_str_add(out, o->open & 1 ? " > " : " >= ");
        rt_str_add_exact(out, o->min);
    }
}

static int out_of_range(const struct rt_opt *o, double v, struct rt_err *err)
{
    struct rt_str text = RT_STR_INIT;
    bool list = o->kind == RT_KIND_INTS || o->kind == RT_KIND_NUMBERS;
    rt_str_addf(&text, "'%s' %s ", o->name, list ? "holds" : "is");
    if (o->kind == RT_KIND_INTS && v == -1)
        rt_str_add(&text, "none");
    else
        rt_str_add_exact(&text, v);
    rt_str_add(&text, ", want ");
    size_t wanted = text.n;
    rt_opt_bounds(o, &text);
    if (text.n == wanted) /* between infinities: what failed was a NaN */
        rt_str_add(&text, "a number");
    rt_fail(err, RT_EINVAL, "%s", rt_str_c(&text));
    rt_str_release(&text);
    return RT_EINVAL;
}

int rt_value_check(const struct rt_opt *o, const void *field,
                   struct rt_err *err)
{
    if (!has_range(o) || rt_value_is_unset(o, field))
        return 0;
    union rt_value v;
    memcpy(&v, field, rt_value_size(o));
    double one[sizeof v.numbers.v / sizeof *v.numbers.v];
    int n = 1;
    switch (o->kind) {
    case RT_KIND_INT:
        one[0] = v.i;
        break;
    case RT_KIND_LONG:
        one[0] = (double)v.l;
        break;
    case RT_KIND_NUMBER:
        one[0] = v.d;
        break;
    case RT_KIND_INTS:
        n = v.ints.n;
        for (int i = 0; i < n; i++)
            one[i] = v.ints.v[i];
        break;
    default:
        n = v.numbers.n;
        memcpy(one, v.numbers.v, sizeof one);
        break;
    }
    for (int i = 0; i < n; i++)
        if (!rt_value_in_range(o, one[i]))
            return out_of_range(o, one[i], err);
    return 0;
}
