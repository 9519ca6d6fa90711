/* Which columns feed which input and output of a model, and whether they fit:
 * the place where a user learns what is wrong with shapes and labels. */
#include "data/dataset.h"

#include "base/mem.h"
#include "data/split.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which columns ------------------------------------------------------- */

static const char *role(const struct rt_wanted *w)
{
    return w->label ? "output" : "input";
}

static int no_column(const struct rt_dataset *d, const struct rt_wanted *w,
                     bool only, struct rt_err *err)
{
    struct rt_str names = RT_STR_INIT;
    for (int i = 0; i < d->n_cols && names.n < 200; i++)
        rt_str_addf(&names, "%s%s", i ? ", " : "", d->cols[i]->name);
    if (names.n >= 200)
        rt_str_add(&names, ", ...");
    rt_fail(err, RT_ENOENT,
            "%s '%s': data '%s' has the columns %s and none called '%s'%s; "
            "say 'bind %.*s %s=COLUMN'",
            role(w), w->node, d->name, rt_str_c(&names), w->node,
            !only      ? ""
            : w->label ? " or 'y'"
                       : " or 'x'",
            rt_split_stem(d->name), d->name, w->node);
    rt_str_release(&names);
    return RT_ENOENT;
}

/* only: the one input, or the one output, of the model. */
static int find_columns(const struct rt_dataset *d, const struct rt_wanted *w,
                        bool only, struct rt_feed *f, struct rt_err *err)
{
    for (int i = 0; i < d->n_bindings; i++) {
        const struct rt_binding *b = &d->bindings[i];
        if (strcmp(b->node, w->node) != 0)
            continue;
        if (b->n_cols > RT_FEED_COLS)
            return rt_fail(err, RT_EINVAL,
                           "%s '%s': %d columns bound, want at most %d",
                           role(w), w->node, b->n_cols, RT_FEED_COLS);
        for (int j = 0; j < b->n_cols; j++)
            f->cols[j] = rt_dataset_column(d, b->cols[j], err);
        f->n_cols = b->n_cols;
        return 0;
    }
    const char *usual = w->label ? "y" : "x";
    if (only)
        f->cols[0] = rt_dataset_column(d, usual, NULL);
    if (!f->cols[0])
        f->cols[0] = rt_dataset_column(d, w->node, NULL);
    f->n_cols = 1;
    return f->cols[0] ? 0 : no_column(d, w, only, err);
}

/* ---- shapes -------------------------------------------------------------- */

/* Columns side by side along the last axis. */
static int join_shapes(const struct rt_dataset *d, const struct rt_wanted *w,
                       const struct rt_feed *f, struct rt_shape *out,
                       struct rt_err *err)
{
    *out = rt_column_shape(f->cols[0]);
    int last = out->rank - 1;
    for (int i = 1; i < f->n_cols; i++) {
        struct rt_shape s = rt_column_shape(f->cols[i]), t = s;
        if (t.rank == out->rank)
            t.dim[last] = out->dim[last];
        if (!rt_shape_equal(&t, out))
            return rt_fail(err, RT_ESHAPE,
                           "%s '%s': columns '%s' %s and '%s' %s of data '%s' "
                           "cannot stand side by side",
                           role(w), w->node, f->cols[0]->name,
                           rt_shape_text(out), f->cols[i]->name,
                           rt_shape_text(&s), d->name);
        if (__builtin_add_overflow(out->dim[last], s.dim[last],
                                   &out->dim[last]))
            return rt_fail(err, RT_ESHAPE,
                           "%s '%s': columns '%s' and others of data '%s' are "
                           "wider than %d together",
                           role(w), w->node, f->cols[0]->name, d->name,
                           INT_MAX);
    }
    return 0;
}

/* (28,28) and (28,28,1) are the same numbers in the same places. */
static bool add_ones(struct rt_shape *s, int rank)
{
    while (s->rank > rank && s->dim[s->rank - 1] == 1)
        s->rank--;
    while (s->rank < rank)
        s->dim[s->rank++] = 1;
    return s->rank == rank;
}

/* "28x28", as an input is declared */
static const char *times(const struct rt_shape *s, struct rt_str *out)
{
    rt_str_clear(out);
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] == RT_DIM_ANY)
            rt_str_addf(out, "%snone", i ? "x" : "");
        else
            rt_str_addf(out, "%s%d", i ? "x" : "", s->dim[i]);
    return rt_str_c(out);
}

static bool all_known(const struct rt_shape *s)
{
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] == RT_DIM_ANY)
            return false;
    return true;
}

static void advise_input(const struct rt_wanted *w, const struct rt_shape *has,
                         struct rt_str *out)
{
    if (!all_known(&w->row) || rt_shape_count(&w->row) != rt_shape_count(has))
        return;
    struct rt_str a = RT_STR_INIT, b = RT_STR_INIT;
    if (w->row.rank == 1)
        rt_str_addf(out, "; declare 'input %s %s' and 'flatten' it", w->node,
                    times(has, &a));
    else
        rt_str_addf(out, "; declare 'input %s %s' and 'reshape %s' it", w->node,
                    times(has, &a), times(&w->row, &b));
    rt_str_release(&a);
    rt_str_release(&b);
}

static bool named(const struct rt_wanted *w, const char *loss)
{
    return w->hint && strcmp(w->hint, loss) == 0;
}

static void advise_label(const struct rt_dataset *d, const struct rt_wanted *w,
                         const struct rt_column *c, const struct rt_shape *has,
                         struct rt_str *out)
{
    size_t one = rt_shape_count(has);
    size_t units = rt_shape_count(&w->row);
    int last = has->dim[has->rank - 1];
    struct rt_str shape = RT_STR_INIT;
    if (w->by_expression)
        rt_str_addf(out, "; label=%s at `loss %s` if its expression takes them",
                    times(has, &shape), w->hint);
    else if (w->classes > 0 && last == w->classes)
        rt_str_add(out, "; these are one-hot: loss=categorical_crossentropy "
                        "takes them");
    else if (w->classes == 0 && one == 1 && units > 1)
        rt_str_addf(out, "; if they are class numbers say 'onehot %.*s %s'%s",
                    rt_split_stem(d->name), d->name, c->name,
                    named(w, "categorical_crossentropy")
                        ? " or use loss=sparse_categorical_crossentropy"
                        : "");
    else if (w->classes == 0 && has->rank == w->row.rank && last > 1 &&
             w->row.dim[has->rank - 1] != last)
        rt_str_addf(out, "; the output needs %d units for them, it has %d",
                    last, w->row.dim[has->rank - 1]);
    else if (w->classes == 0 && w->row.rank == has->rank + 1)
        rt_str_add(out, "; the output still has a time axis: "
                        "return_sequences=no drops it, flatten joins it");
    rt_str_release(&shape);
}

static int misfit(const struct rt_dataset *d, const struct rt_wanted *w,
                  const struct rt_feed *f, const struct rt_shape *has,
                  struct rt_err *err)
{
    struct rt_str advice = RT_STR_INIT;
    if (w->label)
        advise_label(d, w, f->cols[0], has, &advice);
    else
        advise_input(w, has, &advice);
    rt_fail(err, RT_ESHAPE,
            "%s '%s'%s%s wants %s of %s, column%s '%s'%s of data '%s' %s %s%s",
            role(w), w->node, w->label && w->hint ? " with loss " : "",
            w->label && w->hint ? w->hint : "", w->label ? "labels" : "rows",
            rt_shape_text(&w->row), f->n_cols > 1 ? "s" : "", f->cols[0]->name,
            f->n_cols > 1 ? " and others" : "", d->name,
            f->n_cols > 1 ? "have" : "has", rt_shape_text(has),
            rt_str_c(&advice));
    rt_str_release(&advice);
    return RT_ESHAPE;
}

/* ---- class numbers ------------------------------------------------------- */

static int wrong_class(const struct rt_dataset *d, const struct rt_wanted *w,
                       const struct rt_column *c, size_t row, float v,
                       struct rt_err *err)
{
    /* numbering from 1 is the usual reason */
    const char *why =
        v == (float)w->classes ? "; are they counted from 1?" : "";
    return rt_fail(err, RT_EINVAL,
                   "%s: row %zu is %g, want class numbers 0..%d%s%s%s (data "
                   "'%s')",
                   c->name, row, v, w->classes - 1, w->hint ? " for " : "",
                   w->hint ? w->hint : "", why, d->name);
}

static int check_classes(const struct rt_dataset *d, const struct rt_wanted *w,
                         const struct rt_column *c, struct rt_err *err)
{
    struct rt_shape shape = rt_column_shape(c);
    size_t count = rt_shape_count(&shape);
    size_t height = count < 4096 ? 4096 / count : 1;
    float *v = rt_try_alloc(height * count, sizeof *v, "labels", err);
    int status = v ? 0 : RT_ENOMEM;
    for (size_t i = 0; i < d->n_rows && !status; i += height) {
        size_t n = d->n_rows - i < height ? d->n_rows - i : height;
        rt_dataset_gather(d, c, NULL, i, n, v);
        for (size_t j = 0; j < n * count && !status; j++)
            if (!isnan(v[j]) && !(v[j] >= 0 && v[j] < (float)w->classes &&
                                  v[j] == floorf(v[j])))
                status = wrong_class(d, w, c, i + j / count, v[j], err);
    }
    free(v);
    return status;
}

/* ---- all together -------------------------------------------------------- */

static int feed_one(const struct rt_dataset *d, const struct rt_wanted *w,
                    bool only, struct rt_feed *f, struct rt_err *err)
{
    *f = (struct rt_feed){ 0 };
    struct rt_shape has;
    int status = find_columns(d, w, only, f, err);
    if (!status)
        status = join_shapes(d, w, f, &has, err);
    if (status)
        return status;
    f->row = has;
    if (!add_ones(&f->row, w->row.rank) || !rt_shape_fits(&f->row, &w->row))
        return misfit(d, w, f, &has, err);
    for (int i = 0; i < f->n_cols && w->classes > 0 && !status; i++)
        status = check_classes(d, w, f->cols[i], err);
    return status;
}

int rt_dataset_feed(const struct rt_dataset *d, const struct rt_wanted *want,
                    int n, struct rt_feed *out, struct rt_err *err)
{
    int n_of[2] = { 0, 0 }; /* inputs, outputs */
    for (int i = 0; i < n; i++)
        n_of[want[i].label]++;
    for (int i = 0; i < n; i++) {
        int status =
            feed_one(d, &want[i], n_of[want[i].label] == 1, &out[i], err);
        if (status)
            return status;
    }
    return 0;
}
