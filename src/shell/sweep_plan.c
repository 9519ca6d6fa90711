#include "shell/sweep_plan.h"

#include "base/mem.h"
#include "base/schema.h"
#include "shell/interp.h"
#include "shell/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void rt_sweep_plan_release(struct rt_sweep_plan *p)
{
    for (int i = 0; i < p->settings.n; i++)
        free(p->settings.v[i]);
    rt_vec_release(&p->settings);
    rt_space_release(&p->space);
}

static bool is_planned(const struct rt_sweep_plan *p, const char *settings)
{
    for (int i = 0; i < p->settings.n; i++)
        if (!strcmp(p->settings.v[i], settings))
            return true;
    return false;
}

static void add_setting(struct rt_str *out, const char *name, const char *value)
{
    rt_str_addf(out, "%s%s ", out->n ? " " : "", name);
    rt_interp_quote(value, out);
}

static int plan_grid(struct rt_sweep_plan *p, struct rt_err *err)
{
    const struct rt_space *space = &p->space;
    int n = 0;
    int rc = rt_space_size(space, &n, err);
    for (int i = 0; i < n && !rc; i++) {
        struct rt_str text = RT_STR_INIT;
        for (int k = 0; k < space->keys.n; k++)
            add_setting(&text, space->keys.v[k].name,
                        rt_space_grid(space, i, k));
        rt_vec_push(&p->settings, rt_str_take(&text));
    }
    return rc;
}

/* The first n of an endless row of points that the seed gives: more of them
 * later begin with the same. One that came before is passed over, and where
 * there are no others there are fewer. */
static void plan_random(struct rt_sweep_plan *p, uint64_t seed, int n)
{
    const struct rt_space *space = &p->space;
    struct rt_key key = rt_key_make(seed, RT_FOR_SWEEP);
    for (int i = 0; i < 20 * n && p->settings.n < n; i++) {
        struct rt_str text = RT_STR_INIT;
        for (int k = 0; k < space->keys.n; k++) {
            struct rt_str value = RT_STR_INIT;
            rt_space_random(space, key, i, k, &value);
            add_setting(&text, space->keys.v[k].name, rt_str_c(&value));
            rt_str_release(&value);
        }
        if (is_planned(p, rt_str_c(&text)))
            rt_str_release(&text);
        else
            rt_vec_push(&p->settings, rt_str_take(&text));
    }
}

/* ---- halving ------------------------------------------------------------- */

/* The grid of the other keys, with the fewest epochs. */
static int plan_halving(struct rt_sweep_plan *p, int factor, struct rt_err *err)
{
    int k = rt_space_find(&p->space, "epochs");
    struct rt_space_key *key = k >= 0 ? &p->space.keys.v[k] : NULL;
    if (!key || !key->range || !key->whole || !(key->from >= 1))
        return rt_fail(err, RT_EINVAL,
                       "halving wants epochs=A..B: the points begin with A "
                       "epochs, and the best of them go on to B");
    p->factor = factor;
    p->epochs = key->from;
    p->most = key->to;
    while (key->value.n > 1)
        free(key->value.v[--key->value.n]);
    if (!key->value.n)
        rt_vec_push(&key->value, rt_xprintf("%.0f", p->epochs));
    return plan_grid(p, err);
}

/* The settings with another number of epochs. */
static char *with_epochs(struct rt_session *s, const char *settings,
                         double epochs)
{
    struct rt_str out = RT_STR_INIT;
    const char *const *w;
    int n;
    if (rt_interp_split(s->interp, settings, &w, &n, NULL))
        return rt_xstrdup(settings);
    for (int i = 0; i + 1 < n; i += 2) {
        char *more = rt_xprintf("%.0f", epochs);
        add_setting(&out, w[i], strcmp(w[i], "epochs") ? w[i + 1] : more);
        free(more);
    }
    free((void *)(uintptr_t)w);
    return rt_str_take(&out);
}

bool rt_sweep_plan_next(struct rt_session *s, struct rt_sweep_plan *p,
                        const struct rt_value *rows, const char *goal,
                        bool maximize)
{
    int from = p->round, to = p->settings.n;
    if (!p->factor || p->epochs >= p->most)
        return false;
    p->epochs = fmin(p->epochs * p->factor, p->most);
    int n = (to - from + p->factor - 1) / p->factor;
    bool *taken = rt_xcalloc((size_t)(to - from) + 1, sizeof *taken);
    const char *key = goal;
    if (!*key) /* the usual one that some point has */
        rt_sweep_best(rows, &key, maximize);
    /* in the order of the plan, so that what ties is settled the same way */
    for (int k = 0; k < n; k++) {
        int best = -1;
        double found = NAN;
        for (int i = from; i < to && i < rows->n; i++) {
            double x = rt_value_number(rt_value_get(&rows->items[i], key));
            bool better = isnan(found) || (maximize ? x > found : x < found);
            if (isnan(x) || taken[i - from] || !better)
                continue;
            best = i;
            found = x;
        }
        if (best >= 0)
            taken[best - from] = true;
    }
    for (int i = from; i < to; i++)
        if (taken[i - from])
            rt_vec_push(&p->settings,
                        with_epochs(s, p->settings.v[i], p->epochs));
    free(taken);
    p->round = to;
    return p->settings.n > to;
}

/* ---- all kinds ----------------------------------------------------------- */

/* "random:20" with its number; 0 if the method is another. */
static int number_of(const char *method, const char *name)
{
    size_t n = strlen(name);
    double v;
    if (strncmp(method, name, n) || method[n] != ':' ||
        rt_number_parse(method + n + 1, &v, NULL) || !(v >= 1) ||
        v > RT_SPACE_MOST || v != floor(v))
        return 0;
    return (int)v;
}

static int plan(struct rt_session *s, const char *method,
                struct rt_sweep_plan *p, struct rt_err *err)
{
    int n = number_of(method, "random");
    int factor = strcmp(method, "halving") ? number_of(method, "halving") : 3;
    if (!strcmp(method, "grid"))
        return plan_grid(p, err);
    if (factor >= 2)
        return plan_halving(p, factor, err);
    if (!n)
        return rt_fail(err, RT_EINVAL,
                       "method is '%s', want grid, random:N with N points, or "
                       "halving:FACTOR",
                       method);
    plan_random(p, rt_session_seed(s), n);
    return 0;
}

int rt_sweep_plan_make(struct rt_session *s, const char *space,
                       const char *method, struct rt_sweep_plan *p,
                       struct rt_err *err)
{
    const char *const *words;
    int n;
    *p = (struct rt_sweep_plan){ 0 };
    int rc = rt_interp_split(s->interp, space, &words, &n, err);
    if (rc)
        return rc;
    rc = rt_space_parse(&p->space, words, n, err);
    free((void *)(uintptr_t)words);
    if (!rc)
        rc = plan(s, method, p, err);
    if (rc)
        rt_sweep_plan_release(p);
    return rc;
}
