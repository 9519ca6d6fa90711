#include "nn/constraint.h"

#include "base/schema.h"
#include "nn/spec.h"

#include <math.h>

#define ARGS    struct rt_constraint_args
#define EPSILON 1e-7 /* Keras' K.epsilon() */
#define AXIS                                                                   \
    RT_OPT(ARGS, axis, .def = "0",                                             \
           .help =                                                             \
               "axis the norm is taken along, 0 for the inputs of a dense "    \
               "unit; several: 0,1,2")

/* ---- norms --------------------------------------------------------------- */

/* The factor for a norm. */
typedef double factor_fn(const ARGS *a, double norm);

/* The axes as from..to-1. */
static int range(const ARGS *a, const struct rt_shape *s, int *from, int *to,
                 struct rt_err *err)
{
    unsigned set = 0;
    for (int i = 0; i < a->axis.n; i++) {
        int at;
        if (rt_shape_axis(s, a->axis.v[i], &at, err))
            return RT_EINVAL;
        set |= 1u << at;
    }
    *from = 0;
    while (*from < s->rank && !(set >> *from & 1))
        ++*from;
    *to = *from;
    while (*to < s->rank && set >> *to & 1)
        ++*to;
    if (set >> *to)
        return rt_fail(err, RT_EINVAL,
                       "axes of a norm are not side by side in %s",
                       rt_shape_text(s));
    return RT_OK;
}

/* Column by column, some at a time. */
static void each_norm(const ARGS *a, const struct rt_shape *s, float *w,
                      factor_fn *factor)
{
    enum { COLUMNS = 256 };
    int from, to;
    range(a, s, &from, &to, NULL);
    struct rt_span p = rt_shape_span(s, from, to);
    for (size_t o = 0; o < p.outer; o++)
        for (size_t j = 0; j < p.inner; j += COLUMNS) {
            double sum[COLUMNS] = { 0 };
            float by[COLUMNS];
            size_t n = p.inner - j < COLUMNS ? p.inner - j : COLUMNS;
            float *first = w + o * p.len * p.inner + j;
            for (size_t l = 0; l < p.len; l++)
                for (size_t k = 0; k < n; k++)
                    sum[k] += (double)first[l * p.inner + k] *
                              (double)first[l * p.inner + k];
            for (size_t k = 0; k < n; k++)
                by[k] = (float)factor(a, sqrt(sum[k]));
            for (size_t l = 0; l < p.len; l++)
                for (size_t k = 0; k < n; k++)
                    first[l * p.inner + k] *= by[k];
        }
}

static double max_factor(const ARGS *a, double norm)
{
    double want = norm < a->max_value ? norm : a->max_value;
    return want / (EPSILON + norm);
}

static double unit_factor(const ARGS *a, double norm)
{
    (void)a;
    return 1 / (EPSILON + norm);
}

static double min_max_factor(const ARGS *a, double norm)
{
    double want = norm < a->min_value   ? a->min_value
                  : norm > a->max_value ? a->max_value
                                        : norm;
    return (a->rate * want + (1 - a->rate) * norm) / (EPSILON + norm);
}

static void apply_max(const ARGS *a, const struct rt_shape *s, float *w)
{
    each_norm(a, s, w, max_factor);
}

static void apply_unit(const ARGS *a, const struct rt_shape *s, float *w)
{
    each_norm(a, s, w, unit_factor);
}

static void apply_min_max(const ARGS *a, const struct rt_shape *s, float *w)
{
    each_norm(a, s, w, min_max_factor);
}

static void apply_non_neg(const ARGS *a, const struct rt_shape *s, float *w)
{
    (void)a;
    for (size_t i = 0, n = rt_shape_count(s); i < n; i++)
        w[i] = w[i] < 0 ? 0 : w[i]; /* NaN stays: the run has diverged */
}

/* ---- records ------------------------------------------------------------- */

static const struct rt_opt max_opts[] = {
    RT_OPT(ARGS, max_value, .word = 1, .def = "2", .min = 0, .max = INFINITY,
           .help = "largest norm"),
    AXIS,
    RT_OPT_END,
};
static const struct rt_opt unit_opts[] = { AXIS, RT_OPT_END };
static const struct rt_opt min_max_opts[] = {
    RT_OPT(ARGS, min_value, .word = 1, .def = "0", .min = 0, .max = INFINITY,
           .help = "least norm"),
    RT_OPT(ARGS, max_value, .word = 2, .def = "1", .min = 0, .max = INFINITY,
           .help = "largest norm"),
    RT_OPT(ARGS, rate, .def = "1", .min = 0, .max = 1,
           .help = "how much of the way to go at each update"),
    AXIS,
    RT_OPT_END,
};

static const struct rt_constraint rt_constraint_max_norm = {
    .name = "max_norm",
    .help = "norms stay at most max_value",
    .keras = "MaxNorm",
    .opts = max_opts,
    .apply = apply_max,
};
static const struct rt_constraint rt_constraint_min_max_norm = {
    .name = "min_max_norm",
    .help = "norms stay between two values",
    .keras = "MinMaxNorm",
    .opts = min_max_opts,
    .apply = apply_min_max,
};
static const struct rt_constraint rt_constraint_non_neg = {
    .name = "non_neg",
    .help = "what falls below 0 becomes 0",
    .keras = "NonNeg",
    .apply = apply_non_neg,
};
static const struct rt_constraint rt_constraint_unit_norm = {
    .name = "unit_norm",
    .help = "norms stay 1",
    .keras = "UnitNorm",
    .opts = unit_opts,
    .apply = apply_unit,
};

static const struct rt_constraint *const all[] = {
#define RT_CONSTRAINT(name) &rt_constraint_##name,
#include "nn/constraints.def"
#undef RT_CONSTRAINT
    NULL,
};

const struct rt_constraint *const *rt_constraints(void)
{
    return all;
}

static struct rt_spec_name at(int i)
{
    const struct rt_constraint *c = all[i];
    return c ? (struct rt_spec_name){ c->name, NULL, c->opts, sizeof(ARGS) }
             : (struct rt_spec_name){ 0 };
}

const struct rt_constraint *rt_constraint_find(const char *spec,
                                               const struct rt_shape *shape,
                                               struct rt_constraint_args *out,
                                               struct rt_err *err)
{
    void *args;
    int i = rt_spec_find("constraint", at, spec, &args, err), from, to;
    if (i < 0)
        return NULL;
    *out = *(const ARGS *)args;
    rt_args_free(args);
    if (range(out, shape, &from, &to, err)) {
        rt_err_within(err, "constraint '%s'", spec);
        return NULL;
    }
    return all[i];
}
