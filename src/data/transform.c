/* Transforms of a column: affine and one-hot, how they are fitted, and how they
 * pass from one data set to another. */
#include "data/transform.h"

#include "base/mem.h"
#include "base/suggest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rt_transform *rt_transform_ref(struct rt_transform *t)
{
    __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
    return t;
}

void rt_transform_unref(struct rt_transform *t)
{
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(t->a);
    free(t->b);
    free(t->words);
    free(t);
}

bool rt_transform_equal(const struct rt_transform *s,
                        const struct rt_transform *t)
{
    size_t bytes = (size_t)s->n * sizeof *s->a;
    return s == t || (s->type == t->type && s->n == t->n && s->k == t->k &&
                      (s->n == 0 || (memcmp(s->a, t->a, bytes) == 0 &&
                                     memcmp(s->b, t->b, bytes) == 0)));
}

/* ---- affine -------------------------------------------------------------- */

static struct rt_transform *affine_new(int n, const char *words)
{
    struct rt_transform *t = rt_xcalloc(1, sizeof *t);
    t->refs = 1;
    t->type = &rt_transform_affine;
    t->n = n;
    t->a = rt_xcalloc((size_t)n, sizeof *t->a);
    t->b = rt_xcalloc((size_t)n, sizeof *t->b);
    t->words = rt_xstrdup(words);
    return t;
}

static void shape_same(const struct rt_transform *t, const struct rt_shape *in,
                       struct rt_shape *out)
{
    (void)t;
    *out = *in;
}

static void affine_apply(const struct rt_transform *t,
                         const struct rt_shape *in, const float *x, size_t n,
                         float *out)
{
    size_t count = n * rt_shape_count(in), width = (size_t)t->n;
    const double *a = t->a, *b = t->b;
    if (width == 1)
        for (size_t i = 0; i < count; i++)
            out[i] = (float)(a[0] * x[i] + b[0]);
    else
        for (size_t i = 0; i < count; i += width)
            for (size_t j = 0; j < width; j++)
                out[i + j] = (float)(a[j] * x[i + j] + b[j]);
}

static struct rt_transform *affine_inverse(const struct rt_transform *t)
{
    char *words = rt_xprintf("%s -inverse", t->words);
    struct rt_transform *out = affine_new(t->n, words);
    free(words);
    for (int j = 0; j < t->n; j++) {
        out->a[j] = 1 / t->a[j];
        out->b[j] = -t->b[j] / t->a[j];
    }
    return out;
}

const struct rt_transform_type rt_transform_affine = {
    .name = "affine",
    .help = "y = a x + b, over the whole array or per column",
    .shape = shape_same,
    .apply = affine_apply,
    .inverse = affine_inverse,
};

/* ---- one-hot ------------------------------------------------------------- */

static void onehot_shape(const struct rt_transform *t,
                         const struct rt_shape *in, struct rt_shape *out)
{
    *out = *in;
    if (in->rank == 0 || in->dim[in->rank - 1] != 1)
        out->rank++;
    out->dim[out->rank - 1] = t->k;
}

static void onehot_apply(const struct rt_transform *t,
                         const struct rt_shape *in, const float *x, size_t n,
                         float *out)
{
    size_t count = n * rt_shape_count(in), k = (size_t)t->k;
    for (size_t i = 0; i < count; i++) {
        float v = x[i], *row = out + i * k;
        for (size_t j = 0; j < k; j++)
            row[j] = isnan(v) ? NAN : 0;
        if (v >= 0 && v < (float)t->k)
            row[(size_t)v] = 1;
    }
}

const struct rt_transform_type rt_transform_onehot = {
    .name = "onehot",
    .help = "a class number becomes a row of zeros with a one",
    .shape = onehot_shape,
    .apply = onehot_apply,
};

const struct rt_transform_type *const *rt_transforms(void)
{
    static const struct rt_transform_type *const list[] = {
#define RT_TRANSFORM(name) &rt_transform_##name,
#include "data/transforms.def"
#undef RT_TRANSFORM
        NULL
    };
    return list;
}

/* ---- walking over a column's numbers ------------------------------------- */

/* Told the n numbers of a row; returns 0 to go on. */
typedef int visit_fn(void *arg, size_t row, const double *v, size_t n,
                     struct rt_err *err);

/* All numbers of a column after its steps. Without any they are those of the
 * file and not yet floats. */
static int visit(const struct rt_dataset *d, const struct rt_column *c,
                 visit_fn *fn, void *arg, struct rt_err *err)
{
    struct rt_shape shape = rt_column_shape(c);
    size_t count = rt_shape_count(&shape);
    double *v = rt_try_alloc(count, sizeof *v, "row", err);
    float *after =
        v && c->n_steps ? rt_try_alloc(count, sizeof *after, "row", err) : NULL;
    int status = v && (after || !c->n_steps) ? 0 : RT_ENOMEM;
    for (size_t row = 0; row < d->n_rows && !status; row++) {
        if (after) {
            rt_dataset_gather(d, c, NULL, row, 1, after);
            for (size_t i = 0; i < count; i++)
                v[i] = (double)after[i];
        } else {
            rt_column_numbers(d, c, row, v);
        }
        status = fn(arg, row, v, count, err);
    }
    free(after);
    free(v);
    return status;
}

static int column_fail(struct rt_err *err, int code, const struct rt_dataset *d,
                       const char *col, const char *what)
{
    return rt_fail(err, code, "column '%s' of data '%s' %s", col, d->name,
                   what);
}

/* ---- scale --------------------------------------------------------------- */

struct moments { /* of one column of the rows, or of everything */
    double n, sum, min, max;
    double mean, squares; /* second pass */
};
struct fit {
    struct moments *m;
    size_t width; /* 1: everything together */
};

static int first_pass(void *arg, size_t row, const double *v, size_t n,
                      struct rt_err *err)
{
    struct fit *f = arg;
    for (size_t j = 0; j < n; j++) {
        struct moments *m = &f->m[f->width == 1 ? 0 : j];
        if (isnan(v[j]))
            continue;
        if (isinf(v[j]))
            return rt_fail(err, RT_EINVAL,
                           "row %zu has an infinite number, scale wants "
                           "finite ones",
                           row);
        m->n++;
        m->sum += v[j];
        m->min = fmin(m->min, v[j]);
        m->max = fmax(m->max, v[j]);
    }
    return 0;
}

static int second_pass(void *arg, size_t row, const double *v, size_t n,
                       struct rt_err *err)
{
    struct fit *f = arg;
    (void)row;
    (void)err;
    for (size_t j = 0; j < n; j++) {
        struct moments *m = &f->m[f->width == 1 ? 0 : j];
        if (!isnan(v[j]))
            m->squares += (v[j] - m->mean) * (v[j] - m->mean);
    }
    return 0;
}

static void by_minmax(const struct moments *m, double *a, double *b)
{
    double range = m->max - m->min;
    *a = range > 0 ? 1 / range : 1;
    *b = -m->min * *a;
}

static void by_standard(const struct moments *m, double *a, double *b)
{
    double sd = sqrt(m->squares / m->n);
    *a = m->max > m->min ? 1 / sd : 1;
    *b = -m->mean * *a;
}

static const struct kind {
    const char *name;
    void (*solve)(const struct moments *m, double *a, double *b);
} kinds[] = { { "minmax", by_minmax }, { "standard", by_standard } };

static const struct kind *kind_find(const char *name, struct rt_err *err)
{
    static const char *const names[] = { "minmax", "standard",
                                         "by=", "like=", NULL };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    rt_fail_unknown(err, RT_EINVAL, name, rt_name_of_list, names,
                    "scale: '%s' is no way to scale", name);
    return NULL;
}

static struct rt_transform *fit_column(const struct kind *kind,
                                       const struct rt_dataset *fit,
                                       const struct rt_column *c,
                                       const struct rt_shape *wanted,
                                       struct rt_err *err)
{
    struct rt_shape shape = rt_column_shape(c);
    if (!rt_shape_equal(&shape, wanted)) {
        rt_fail(err, RT_ESHAPE, "has rows of %s, want %s",
                rt_shape_text(&shape), rt_shape_text(wanted));
        return NULL;
    }
    struct fit f = { .width = shape.rank <= 1 ? rt_shape_count(&shape) : 1 };
    f.m = rt_xcalloc(f.width, sizeof *f.m);
    for (size_t j = 0; j < f.width; j++)
        f.m[j] = (struct moments){ .min = INFINITY, .max = -INFINITY };
    struct rt_transform *t = NULL;
    char *words = NULL;
    if (visit(fit, c, first_pass, &f, err))
        goto out;
    for (size_t j = 0; j < f.width; j++) {
        if (f.m[j].n == 0) {
            rt_fail(err, RT_EINVAL, "number %zu of its rows is always NaN", j);
            goto out;
        }
        f.m[j].mean = f.m[j].sum / f.m[j].n;
    }
    if (visit(fit, c, second_pass, &f, err))
        goto out;
    words = rt_xprintf("scale %s", kind->name);
    t = affine_new((int)f.width, words);
    for (size_t j = 0; j < f.width; j++)
        kind->solve(&f.m[j], &t->a[j], &t->b[j]);
out:
    free(words);
    free(f.m);
    return t;
}

static struct rt_transform *by_factor(double by)
{
    struct rt_str words = RT_STR_INIT;
    rt_str_add(&words, "scale by=");
    rt_str_add_exact(&words, by);
    struct rt_transform *t = affine_new(1, words.s);
    rt_str_release(&words);
    t->a[0] = by;
    return t;
}

/* `cols` is x unless given; a column named twice would be scaled twice. */
static int choose_columns(const char *const **cols, int *n, struct rt_err *err)
{
    static const char *const only_x[] = { "x" };
    if (*n == 0) {
        *cols = only_x;
        *n = 1;
    }
    for (int i = 0; i < *n; i++)
        for (int j = 0; j < i; j++)
            if (strcmp((*cols)[i], (*cols)[j]) == 0)
                return rt_fail(err, RT_EINVAL, "column '%s' is named twice",
                               (*cols)[i]);
    return 0;
}

static int scale_column(struct rt_dataset *d, const char *col,
                        const struct kind *kind, double by,
                        const struct rt_dataset *fit, struct rt_err *err)
{
    struct rt_column *c = rt_dataset_column(d, col, err);
    const struct rt_column *from = c ? rt_dataset_column(fit, col, err) : NULL;
    if (!from)
        return RT_ENOENT;
    struct rt_shape shape = rt_column_shape(c);
    struct rt_transform *t =
        kind ? fit_column(kind, fit, from, &shape, err) : by_factor(by);
    if (!t)
        return rt_err_within(err, "column '%s' of data '%s'", col, fit->name);
    rt_column_add_step(c, t);
    return 0;
}

struct rt_dataset *rt_scale(const struct rt_dataset *d, const char *kind,
                            double by, const struct rt_dataset *fit,
                            const char *const *cols, int n_cols,
                            struct rt_err *err)
{
    const struct kind *k = kind ? kind_find(kind, err) : NULL;
    if (kind && !k)
        return NULL;
    if (kind ? !isnan(by) : !(isfinite(by) && by != 0)) {
        rt_fail(err, RT_EINVAL,
                kind ? "scale: %s and by=%g together, want one of them"
                     : "scale: %sby is %g, want a finite number but 0",
                kind ? kind : "", by);
        return NULL;
    }
    if (choose_columns(&cols, &n_cols, err))
        return NULL;
    struct rt_dataset *out = rt_dataset_copy(d, d->name);
    for (int i = 0; i < n_cols; i++)
        if (scale_column(out, cols[i], k, by, fit ? fit : d, err)) {
            rt_dataset_unref(out);
            return NULL;
        }
    return out;
}

/* ---- one-hot of a data set ----------------------------------------------- */

enum { CLASSES_MAX = 1000000 }; /* more is no class number but a mistake */

struct classes {
    int k;     /* 0: not known */
    int found; /* largest number */
};

static int class_visit(void *arg, size_t row, const double *v, size_t n,
                       struct rt_err *err)
{
    struct classes *c = arg;
    for (size_t j = 0; j < n; j++) {
        int most = c->k ? c->k : CLASSES_MAX;
        if (isnan(v[j]))
            continue;
        if (!(v[j] >= 0 && v[j] < most && v[j] == floor(v[j])))
            return c->k ? rt_fail(err, RT_EINVAL,
                                  "row %zu is %g, want class numbers 0..%d",
                                  row, v[j], most - 1)
                        : rt_fail(err, RT_EINVAL,
                                  "row %zu is %g, want class numbers 0, 1, "
                                  "2, ...",
                                  row, v[j]);
        if ((int)v[j] > c->found)
            c->found = (int)v[j];
    }
    return 0;
}

static int class_count(const struct rt_dataset *fit, const char *col,
                       struct rt_err *err)
{
    const struct rt_column *c = rt_dataset_column(fit, col, err);
    if (!c)
        return RT_ENOENT;
    if (c->n_classes)
        return c->n_classes;
    struct classes found = { .found = -1 };
    int status = visit(fit, c, class_visit, &found, err);
    if (status)
        return rt_err_within(err, "column '%s' of data '%s'", col, fit->name);
    if (found.found < 0)
        return column_fail(err, RT_EINVAL, fit, col, "has no class number");
    return found.found + 1;
}

/* The column holds class numbers below k and room for one more axis. */
static int class_check(const struct rt_dataset *d, const struct rt_column *c,
                       int k, struct rt_err *err)
{
    struct rt_shape shape = rt_column_shape(c);
    if (shape.rank == RT_RANK_MAX && shape.dim[shape.rank - 1] != 1)
        return column_fail(err, RT_ESHAPE, d, c->name,
                           "has no axis left for the classes");
    struct classes found = { .k = k };
    struct rt_transform t = { .k = k };
    struct rt_shape after;
    onehot_shape(&t, &shape, &after);
    if (rt_shape_check(&after, err) || visit(d, c, class_visit, &found, err))
        return rt_err_within(err, "column '%s' of data '%s'", c->name, d->name);
    return 0;
}

static bool is_onehot(const struct rt_column *c)
{
    for (int i = 0; i < c->n_steps; i++)
        if (c->steps[i]->type == &rt_transform_onehot)
            return true;
    return false;
}

struct rt_dataset *rt_onehot(const struct rt_dataset *d, const char *col,
                             int classes, const struct rt_dataset *fit,
                             struct rt_err *err)
{
    const struct rt_column *c = rt_dataset_column(d, col, err);
    if (!c)
        return NULL;
    if (is_onehot(c)) {
        column_fail(err, RT_ESTATE, d, col, "is one-hot already");
        return NULL;
    }
    if (classes < 0 || classes > CLASSES_MAX) {
        rt_fail(err, RT_EINVAL, "onehot: classes is %d, want 1..%d", classes,
                CLASSES_MAX);
        return NULL;
    }
    int k = classes ? classes : class_count(fit ? fit : d, col, err);
    if (k <= 0 || class_check(d, c, k, err))
        return NULL;
    struct rt_transform *t = rt_xcalloc(1, sizeof *t);
    t->refs = 1;
    t->type = &rt_transform_onehot;
    t->k = k;
    t->words = rt_xprintf("onehot classes=%d", k);
    struct rt_dataset *out = rt_dataset_copy(d, d->name);
    rt_column_add_step(rt_dataset_column(out, col, NULL), t);
    return out;
}

/* ---- steps of another set ------------------------------------------------ */

/* The column of that name, or the only one bound to a node of that name. */
static const struct rt_column *
model_column(const struct rt_dataset *d, const char *name, struct rt_err *err)
{
    const struct rt_column *c = rt_dataset_column(d, name, NULL);
    for (int i = 0; i < d->n_bindings && !c; i++)
        if (strcmp(d->bindings[i].node, name) == 0 &&
            d->bindings[i].n_cols == 1)
            c = rt_dataset_column(d, d->bindings[i].cols[0], NULL);
    return c ? c : rt_dataset_column(d, name, err);
}

static int one_like(const struct rt_dataset *d, struct rt_column *c,
                    const struct rt_column *model,
                    const struct rt_dataset *other, struct rt_err *err)
{
    for (int i = 0; i < c->n_steps; i++)
        if (i >= model->n_steps ||
            !rt_transform_equal(c->steps[i], model->steps[i]))
            return rt_fail(err, RT_ESTATE,
                           "column '%s' of data '%s' is transformed already "
                           "(%s), not as in '%s'",
                           c->name, d->name, c->steps[i]->words, other->name);
    for (int i = c->n_steps; i < model->n_steps; i++) {
        struct rt_transform *t = model->steps[i];
        struct rt_shape shape = rt_column_shape(c);
        int last = shape.rank ? shape.dim[shape.rank - 1] : 1;
        if (t->n > 1 && (shape.rank > 1 || last != t->n))
            return rt_fail(err, RT_ESHAPE,
                           "column '%s' of data '%s' has rows of %s, '%s' of "
                           "'%s' was scaled with rows of (%d)",
                           c->name, d->name, rt_shape_text(&shape), model->name,
                           other->name, t->n);
        if (t->type == &rt_transform_onehot) {
            int status = class_check(d, c, t->k, err);
            if (status)
                return status;
        }
        rt_column_add_step(c, rt_transform_ref(t));
    }
    return 0;
}

typedef int pass_fn(const struct rt_dataset *d, struct rt_column *c,
                    const struct rt_column *model,
                    const struct rt_dataset *other, struct rt_err *err);

/* A copy of d, fn called with each column and its model in the other set. */
static struct rt_dataset *pass_on(const struct rt_dataset *d,
                                  const struct rt_dataset *other,
                                  const char *const *cols, int n_cols,
                                  pass_fn *fn, struct rt_err *err)
{
    if (choose_columns(&cols, &n_cols, err))
        return NULL;
    struct rt_dataset *out = rt_dataset_copy(d, d->name);
    for (int i = 0; i < n_cols; i++) {
        struct rt_column *c = rt_dataset_column(out, cols[i], err);
        const struct rt_column *model =
            c ? model_column(other, cols[i], err) : NULL;
        if (!model || fn(out, c, model, other, err)) {
            rt_dataset_unref(out);
            return NULL;
        }
    }
    return out;
}

struct rt_dataset *rt_transform_like(const struct rt_dataset *d,
                                     const struct rt_dataset *other,
                                     const char *const *cols, int n_cols,
                                     struct rt_err *err)
{
    return pass_on(d, other, cols, n_cols, one_like, err);
}

/* Takes the model's last `n` steps off the end of c's, if they are there. */
static bool drop_steps(struct rt_column *c, const struct rt_column *model)
{
    int n = model->n_steps, from = c->n_steps - n;
    for (int i = 0; i < n; i++)
        if (from < 0 ||
            !rt_transform_equal(c->steps[from + i], model->steps[i]))
            return false;
    while (c->n_steps > from)
        rt_transform_unref(c->steps[--c->n_steps]);
    return true;
}

static int one_back(const struct rt_dataset *d, struct rt_column *c,
                    const struct rt_column *model,
                    const struct rt_dataset *other, struct rt_err *err)
{
    (void)other;
    if (drop_steps(c, model))
        return 0;
    for (int i = model->n_steps; i-- > 0;) {
        const struct rt_transform *t = model->steps[i];
        struct rt_shape shape = rt_column_shape(c);
        if (!t->type->inverse)
            return rt_fail(err, RT_EINVAL,
                           "column '%s' of data '%s': %s cannot be taken back",
                           c->name, d->name, t->words);
        if (t->n > 1 && (shape.rank > 1 || shape.dim[0] != t->n))
            return rt_fail(err, RT_ESHAPE,
                           "column '%s' of data '%s' has rows of %s, %s was "
                           "fitted to rows of (%d)",
                           c->name, d->name, rt_shape_text(&shape), t->words,
                           t->n);
        rt_column_add_step(c, t->type->inverse(t));
    }
    return 0;
}

struct rt_dataset *rt_transform_back(const struct rt_dataset *d,
                                     const struct rt_dataset *other,
                                     const char *const *cols, int n_cols,
                                     struct rt_err *err)
{
    return pass_on(d, other, cols, n_cols, one_back, err);
}
