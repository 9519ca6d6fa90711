/* sweep plot: what a key does to the goal. */
#include "base/mem.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "shell/show.h"
#include "shell/space.h"
#include "shell/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct plot_args {
    const char *x, *y, *to;
};
static const struct rt_opt plot_opts[] = {
    RT_OPT(struct plot_args, x, .def = "", .help = "the key across"),
    RT_OPT(struct plot_args, y, .def = "", .help = "the column; else the goal"),
    RT_OPT(struct plot_args, to, .form = RT_FORM_FLAG, .names = RT_NAMES_FILE,
           .help = "write it to a file"),
    RT_OPT_END
};

enum { CURVES_MAX = 12 };

/* Means of y at ascending x, of the points that have one text of other keys. */
struct curve {
    char *name;
    RT_VEC(double) x;
    RT_VEC(double) y;
    RT_VEC(double) count;
};
struct curves {
    struct curve v[CURVES_MAX];
    int n, left_out;
};

static void release(struct curves *c)
{
    for (int i = 0; i < c->n; i++) {
        free(c->v[i].name);
        rt_vec_release(&c->v[i].x);
        rt_vec_release(&c->v[i].y);
        rt_vec_release(&c->v[i].count);
    }
}

static void add_point(struct curve *c, double x, double y)
{
    int i = 0;
    while (i < c->x.n && c->x.v[i] < x)
        i++;
    if (i == c->x.n || c->x.v[i] != x) {
        rt_vec_push(&c->x, x);
        rt_vec_push(&c->y, 0.0);
        rt_vec_push(&c->count, 0.0);
        for (int k = c->x.n - 1; k > i; k--) {
            c->x.v[k] = c->x.v[k - 1];
            c->y.v[k] = c->y.v[k - 1];
            c->count.v[k] = c->count.v[k - 1];
        }
        c->x.v[i] = x;
        c->y.v[i] = c->count.v[i] = 0;
    }
    c->count.v[i]++;
    c->y.v[i] += (y - c->y.v[i]) / c->count.v[i];
}

/* "units=64 act=relu" of the keys that are neither x nor the seed. */
static char *others(const struct rt_space *space, const struct rt_value *row,
                    const char *x)
{
    struct rt_str text = RT_STR_INIT;
    for (int k = 0; k < space->keys.n; k++) {
        const char *key = space->keys.v[k].name;
        const struct rt_value *v = rt_value_get(row, key);
        if (!v || !strcmp(key, x) || !strcmp(key, "seed") ||
            space->keys.v[k].value.n == 1)
            continue;
        rt_str_addf(&text, "%s%s=", text.n ? " " : "", key);
        rt_value_show(v, &text, 0);
    }
    char *name = rt_str_take(&text);
    return name ? name : rt_xstrdup("");
}

static void gather(const struct rt_space *space, const struct rt_value *rows,
                   const char *x, const char *y, struct curves *c)
{
    for (int i = 0; i < rows->n; i++) {
        const struct rt_value *row = &rows->items[i];
        double vx = rt_value_number(rt_value_get(row, x));
        double vy = rt_value_number(rt_value_get(row, y));
        if (isnan(vx) || isnan(vy))
            continue;
        char *name = others(space, row, x);
        int k = 0;
        while (k < c->n && strcmp(c->v[k].name, name))
            k++;
        if (k == CURVES_MAX) {
            c->left_out++;
            free(name);
            continue;
        }
        if (k == c->n)
            c->v[c->n++].name = name;
        else
            free(name);
        add_point(&c->v[k], vx, vy);
    }
}

/* The key of most numbers that is no seed. */
static const char *usual_x(const struct rt_space *space,
                           const struct rt_value *rows)
{
    const char *found = NULL;
    int most = 1;
    for (int k = 0; k < space->keys.n; k++) {
        const struct rt_space_key *key = &space->keys.v[k];
        int n = key->open ? rows->n : key->value.n;
        bool number =
            rows->n &&
            !isnan(rt_value_number(rt_value_get(&rows->items[0], key->name)));
        if (number && n > most && strcmp(key->name, "seed")) {
            found = key->name;
            most = n;
        }
    }
    return found;
}

static const char *key_name(const void *of, int i)
{
    const struct rt_space *s = of;
    return i < s->keys.n ? s->keys.v[i].name : NULL;
}

static int check_x(const struct rt_space *space, const char *x,
                   struct rt_err *err)
{
    if (!x)
        return rt_fail(err, RT_EINVAL, "no key has several numbers; say x=KEY");
    if (rt_space_find(space, x) >= 0)
        return 0;
    return rt_fail_unknown(err, RT_ENOENT, x, key_name, space,
                           "the sweep has no key '%s'", x);
}

/* A log axis for what was spread so: the ends far apart, above 0. */
static bool is_log(const struct curves *c, const struct rt_space_key *key)
{
    double lo = INFINITY, hi = -INFINITY;
    for (int i = 0; i < c->n; i++)
        for (int k = 0; k < c->v[i].x.n; k++) {
            lo = fmin(lo, c->v[i].x.v[k]);
            hi = fmax(hi, c->v[i].x.v[k]);
        }
    return lo > 0 && (key->log || hi / lo > 30);
}

static int draw(struct rt_cmd_call *call, const struct curves *c, bool log,
                const struct plot_args *a, const char *x, const char *y,
                struct rt_err *err)
{
    struct rt_figure f;
    struct rt_str *out = &call->out->text;
    rt_figure_init(&f, RT_FIG_CURVES, y);
    f.legend = c->n > 1;
    f.x.label = x;
    f.x.log = log;
    for (int i = 0; i < c->n; i++) {
        struct rt_series s = { .name = c->v[i].name,
                               .x = c->v[i].x.v,
                               .y = c->v[i].y.v,
                               .n = c->v[i].x.n,
                               .ascii = (char)('a' + i) };
        if (s.n == 1)
            s.look = RT_LOOK_POINTS;
        rt_figure_series(&f, &s);
    }
    int rc = rt_show(call->s, &f, a->to, 0, 0, out, err);
    if (c->left_out)
        rt_str_addf(out, "\n(%d points of more curves are left out)",
                    c->left_out);
    rt_figure_release(&f);
    return rc;
}

static int plot(struct rt_cmd_call *call, const struct rt_sweep_row *sweep,
                const struct plot_args *a, struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_space space = { 0 };
    struct rt_value rows = { 0 };
    struct rt_point_row *p = NULL;
    struct curves c = { 0 };
    const char *const *words = NULL;
    const char *goal = a->y ? a->y : sweep->goal;
    int n_words, n = 0;
    int rc = rt_interp_split(s->interp, sweep->space, &words, &n_words, err);
    if (!rc)
        rc = rt_space_parse(&space, words, n_words, err);
    if (!rc)
        rc = rt_store_points(s->store, sweep->name, &p, &n, err);
    if (!rc) {
        rt_sweep_rows(s, p, n, &rows);
        const char *x = a->x ? a->x : usual_x(&space, &rows);
        rc = check_x(&space, x, err);
        if (!rc && !rt_sweep_best(&rows, &goal, false))
            rc = rt_fail(err, RT_ENOENT, "no point has a number '%s'",
                         *goal ? goal : "val_loss");
        if (!rc)
            gather(&space, &rows, x, goal, &c);
        if (!rc && !c.n)
            rc = rt_fail(err, RT_EINVAL, "%s has no numbers", x);
        if (!rc)
            rc = draw(call, &c,
                      is_log(&c, &space.keys.v[rt_space_find(&space, x)]), a, x,
                      goal, err);
    }
    release(&c);
    rt_value_release(&rows);
    rt_point_rows_free(p, n);
    rt_space_release(&space);
    free((void *)(uintptr_t)words);
    return rc;
}

int rt_sweep_plot(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_sweep_row *sweep;
    if (call->n < 2)
        return rt_fail(err, RT_EINVAL,
                       "want plot NAME [x=KEY] [y=COLUMN] [-to FILE]");
    struct plot_args *a = rt_args_parse(plot_opts, sizeof *plot_opts, sizeof *a,
                                        call->words + 2, call->n - 2, err);
    int rc = a ? rt_store_sweep(call->s->store, call->words[1], &sweep, err)
               : rt_err_code(err, RT_EINVAL);
    if (!rc) {
        rc = plot(call, sweep, a, err);
        rt_sweep_rows_free(sweep, 1);
    }
    rt_args_free(a);
    return rc;
}
