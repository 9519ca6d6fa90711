/* Columns of several sets side by side. Their memory is shared where the rows
 * stand as they were read; picked rows are copied, since a set has one list of
 * row numbers for all its columns. */
#include "data/join.h"

#include "base/mem.h"
#include "data/dataset_private.h"
#include "data/transform.h"

#include <stdlib.h>
#include <string.h>

static int add_copy(struct rt_dataset *to, const char *name,
                    const struct rt_dataset *d, const struct rt_column *c,
                    struct rt_err *err)
{
    size_t bytes = rt_shape_count(&c->row) * rt_dtype_size(c->type);
    char *v = rt_try_alloc(d->n_rows, bytes, "joined column", err);
    if (!v)
        return RT_ENOMEM;
    for (size_t i = 0; i < d->n_rows; i++)
        memcpy(v + i * bytes, rt_column_row(d, c, i), bytes);
    int status = rt_dataset_add_column(to, name, c->type, &c->row, d->n_rows, v,
                                       NULL, 0, err);
    if (!status)
        rt_column_describe(to->cols[to->n_cols - 1], c);
    return status;
}

static int add_column(struct rt_dataset *to, const char *prefix,
                      const struct rt_dataset *d, const struct rt_column *c,
                      struct rt_err *err)
{
    char *name = rt_xprintf("%s.%s", prefix, c->name);
    int status = d->rows ? add_copy(to, name, d, c, err)
                         : rt_dataset_share_column(to, name, c, err);
    free(name);
    return status;
}

static int check(const struct rt_join *of, int n, struct rt_err *err)
{
    for (int i = 1; i < n; i++) {
        if (of[i].set->n_rows != of[0].set->n_rows)
            return rt_fail(err, RT_ESHAPE,
                           "'%s' has %zu rows and '%s' %zu, want as many",
                           of[0].set->name, of[0].set->n_rows, of[i].set->name,
                           of[i].set->n_rows);
        for (int k = 0; k < i; k++)
            if (strcmp(of[i].prefix, of[k].prefix) == 0)
                return rt_fail(err, RT_EEXIST,
                               "'%s' stands before two sets, want a name for "
                               "each",
                               of[i].prefix);
    }
    return 0;
}

struct rt_dataset *rt_dataset_join(const char *name, const struct rt_join *of,
                                   int n, struct rt_err *err)
{
    if (check(of, n, err))
        return NULL;
    struct rt_str origin = RT_STR_INIT;
    rt_str_add(&origin, "join");
    for (int i = 0; i < n; i++)
        rt_str_addf(&origin, " %s=%s", of[i].prefix, of[i].set->name);
    struct rt_dataset *d =
        rt_dataset_new(name, of[0].set->n_rows, rt_str_c(&origin));
    rt_str_release(&origin);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < of[i].set->n_cols; k++)
            if (add_column(d, of[i].prefix, of[i].set, of[i].set->cols[k],
                           err)) {
                rt_dataset_unref(d);
                return NULL;
            }
    return d;
}
