/* Windows over the rows of a set. They are copied, in the type they are stored
 * in: rows of a batch lie in one piece then, as everywhere else. */
#include "data/windows.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

/* What the arguments say of this set. */
struct windows {
    const struct rt_dataset *d;
    size_t first; /* target of the first */
    size_t n;     /* how many */
    size_t steps; /* rows of each */
    const struct rt_series_args *a;
};

static int settle(struct windows *w, struct rt_err *err)
{
    const struct rt_dataset *d = w->d;
    const struct rt_series_args *a = w->a;
    int start = a->start_index == RT_UNSET_INT ? 0 : a->start_index;
    size_t last = d->n_rows - 1;
    if (a->end_index != RT_UNSET_INT && (size_t)a->end_index > last)
        return rt_fail(err, RT_EINVAL,
                       "end_index is %d, the rows of '%s' are 0..%zu",
                       a->end_index, d->name, last);
    if (a->end_index != RT_UNSET_INT)
        last = (size_t)a->end_index;
    w->first = (size_t)start + (size_t)a->length;
    if (w->first > last)
        return rt_fail(err, RT_EINVAL,
                       "no window of %d rows with a target behind it fits into "
                       "the rows %d..%zu of '%s'",
                       a->length, start, last, d->name);
    w->n = (last - w->first) / (size_t)a->stride + 1;
    w->steps = ((size_t)a->length - 1) / (size_t)a->sampling_rate + 1;
    return 0;
}

/* Takes v, the rows of the new column. */
static int put(struct rt_dataset *to, const char *name,
               const struct rt_column *c, const struct rt_shape *row, size_t n,
               void *v, struct rt_err *err)
{
    int status =
        rt_dataset_add_column(to, name, c->type, row, n, v, NULL, 0, err);
    if (!status)
        rt_column_describe(to->cols[to->n_cols - 1], c);
    return status;
}

static int add_windows(struct rt_dataset *to, const struct windows *w,
                       const struct rt_column *c, struct rt_err *err)
{
    struct rt_shape row = { .rank = c->row.rank ? c->row.rank + 1 : 2 };
    if (row.rank >= RT_RANK_MAX)
        return rt_fail(err, RT_ESHAPE,
                       "column '%s' has rows of %s, and no axis is left for "
                       "the window",
                       c->name, rt_shape_text(&c->row));
    row.dim[0] = (int)w->steps;
    row.dim[1] = 1;
    memcpy(row.dim + 1, c->row.dim, (size_t)c->row.rank * sizeof *row.dim);
    size_t bytes = rt_shape_count(&c->row) * rt_dtype_size(c->type);
    size_t window = w->steps * bytes, rate = (size_t)w->a->sampling_rate;
    char *v = rt_try_alloc(w->n, window, "windows", err);
    if (!v)
        return RT_ENOMEM;
    for (size_t k = 0; k < w->n; k++) {
        size_t from =
            w->first + k * (size_t)w->a->stride - (size_t)w->a->length;
        for (size_t j = 0; j < w->steps; j++) {
            size_t at = w->a->reverse ? w->steps - 1 - j : j;
            memcpy(v + k * window + at * bytes,
                   rt_column_row(w->d, c, from + j * rate), bytes);
        }
    }
    return put(to, c->name, c, &row, w->n, v, err);
}

static int add_target(struct rt_dataset *to, const struct windows *w,
                      const struct rt_column *c, const char *name,
                      struct rt_err *err)
{
    size_t bytes = rt_shape_count(&c->row) * rt_dtype_size(c->type);
    char *v = rt_try_alloc(w->n, bytes, "targets", err);
    if (!v)
        return RT_ENOMEM;
    for (size_t k = 0; k < w->n; k++)
        memcpy(v + k * bytes,
               rt_column_row(w->d, c, w->first + k * (size_t)w->a->stride),
               bytes);
    return put(to, name, c, &c->row, w->n, v, err);
}

/* x becomes y, temp.x temp.y; level becomes level_next. */
static char *next_name(const char *name)
{
    size_t n = strlen(name);
    if (name[n - 1] == 'x' && (n == 1 || name[n - 2] == '.'))
        return rt_xprintf("%.*sy", (int)n - 1, name);
    return rt_xprintf("%s_next", name);
}

typedef RT_VEC(const struct rt_column *) columns;

static int find_columns(const struct rt_dataset *d,
                        const struct rt_texts *names, columns *out,
                        struct rt_err *err)
{
    for (int i = 0; i < names->n; i++) {
        const struct rt_column *c = rt_dataset_column(d, names->v[i], err);
        if (!c)
            return RT_ENOENT;
        rt_vec_push(out, c);
    }
    return 0;
}

static bool among(const columns *list, const struct rt_column *c)
{
    for (int i = 0; i < list->n; i++)
        if (list->v[i] == c)
            return true;
    return false;
}

static int choose(const struct rt_dataset *d, const struct rt_series_args *a,
                  columns *x, columns *y, struct rt_err *err)
{
    int status = find_columns(d, &a->y, y, err);
    const struct rt_column *own =
        a->y.n ? NULL : rt_dataset_column(d, "y", NULL);
    if (own)
        rt_vec_push(y, own);
    if (!status)
        status = find_columns(d, &a->x, x, err);
    for (int i = 0; !status && !a->x.n && i < d->n_cols; i++)
        if (!among(y, d->cols[i]))
            rt_vec_push(x, d->cols[i]);
    if (!status && !x->n)
        status = rt_fail(err, RT_EINVAL,
                         "all columns of '%s' are targets, and none is left "
                         "for the windows: name it with x=",
                         d->name);
    return status;
}

/* A target that has windows too needs another name. */
static int add_all(struct rt_dataset *to, const struct windows *w,
                   const columns *x, const columns *y, struct rt_err *err)
{
    const columns *targets = y->n ? y : x;
    int status = 0;
    for (int i = 0; i < x->n && !status; i++)
        status = add_windows(to, w, x->v[i], err);
    for (int i = 0; i < targets->n && !status; i++) {
        const struct rt_column *c = targets->v[i];
        char *name = among(x, c) ? next_name(c->name) : rt_xstrdup(c->name);
        status = add_target(to, w, c, name, err);
        free(name);
    }
    return status;
}

struct rt_dataset *rt_dataset_series(const struct rt_dataset *d,
                                     const char *name,
                                     const struct rt_series_args *a,
                                     struct rt_err *err)
{
    struct windows w = { .d = d, .a = a };
    columns x = { 0 }, y = { 0 };
    struct rt_dataset *made = NULL;
    if (!settle(&w, err) && !choose(d, a, &x, &y, err)) {
        made = rt_dataset_new(name, w.n, d->origin);
        if (add_all(made, &w, &x, &y, err)) {
            rt_dataset_unref(made);
            made = NULL;
        }
    }
    rt_vec_release(&x);
    rt_vec_release(&y);
    return made;
}
