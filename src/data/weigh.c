/* Weights of samples and classes: what a data set remembers of them. */
#include "data/weigh.h"

#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same_output(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The entry of an output, made if it is not there. */
static struct rt_weighing *entry(struct rt_dataset *d, const char *output)
{
    for (int i = 0; i < d->n_weighings; i++)
        if (same_output(d->weighings[i].output, output))
            return &d->weighings[i];
    d->weighings = rt_xrealloc(d->weighings, ((size_t)d->n_weighings + 1) *
                                                 sizeof *d->weighings);
    struct rt_weighing *w = &d->weighings[d->n_weighings++];
    *w = (struct rt_weighing){ .output = rt_xstrdup(output) };
    return w;
}

void rt_dataset_unweigh(struct rt_dataset *d)
{
    for (int i = 0; i < d->n_weighings; i++) {
        free(d->weighings[i].output);
        free(d->weighings[i].col);
        free(d->weighings[i].by_class);
    }
    free(d->weighings);
    d->weighings = NULL;
    d->n_weighings = 0;
}

/* ---- setting ------------------------------------------------------------- */

enum { BLOCK = 4096 }; /* numbers looked at in one go */

static int check_column(const struct rt_dataset *d, const struct rt_column *c,
                        struct rt_err *err)
{
    struct rt_shape shape = rt_column_shape(c);
    float v[BLOCK];
    size_t per = rt_shape_count(&shape);
    if (per != 1 && (shape.rank != 1 || per == 0 || per > BLOCK))
        return rt_fail(
            err, RT_ESHAPE,
            "column '%s' of data '%s' has %s a row, want one weight, "
            "or one for each of %d steps at most",
            c->name, d->name, rt_shape_text(&shape), BLOCK);
    for (size_t from = 0; from < d->n_rows; from += BLOCK / per) {
        size_t n =
            d->n_rows - from < BLOCK / per ? d->n_rows - from : BLOCK / per;
        rt_dataset_gather(d, c, NULL, from, n, v);
        for (size_t i = 0; i < n * per; i++)
            if (!(v[i] >= 0 && isfinite(v[i])))
                return rt_fail(err, RT_EINVAL,
                               "column '%s', row %zu is %g, want a weight of "
                               "at least 0",
                               c->name, from + i / per, (double)v[i]);
    }
    return 0;
}

int rt_dataset_weigh_samples(struct rt_dataset *d, const char *output,
                             const char *col, struct rt_err *err)
{
    const struct rt_column *c = rt_dataset_column(d, col, err);
    int status = c ? check_column(d, c, err) : RT_ENOENT;
    if (status)
        return status;
    struct rt_weighing *w = entry(d, output);
    free(w->col);
    w->col = rt_xstrdup(col);
    return 0;
}

int rt_dataset_weigh_classes(struct rt_dataset *d, const char *output,
                             const double *by_class, int n, struct rt_err *err)
{
    for (int i = 0; i < n; i++)
        if (!(by_class[i] >= 0 && isfinite(by_class[i])))
            return rt_fail(err, RT_EINVAL,
                           "class %d has the weight %g, want at least 0", i,
                           by_class[i]);
    struct rt_weighing *w = entry(d, output);
    free(w->by_class);
    w->by_class = rt_xmemdup(by_class, (size_t)n * sizeof *by_class);
    w->n_classes = n;
    return 0;
}

/* ---- asking -------------------------------------------------------------- */

/* Whether it was said of an output, or of the column with its labels. */
static bool is_for(const struct rt_dataset *d, const struct rt_weighing *w,
                   const char *output)
{
    if (!w->output)
        return false;
    if (same_output(w->output, output))
        return true;
    const struct rt_column *c = rt_weigh_label(d, output, NULL);
    return c && same_output(w->output, c->name);
}

/* An output's own entry goes before that of every output. */
static const struct rt_weighing *find(const struct rt_dataset *d,
                                      const char *output, bool classes)
{
    const struct rt_weighing *found = NULL;
    for (int i = 0; i < d->n_weighings; i++) {
        const struct rt_weighing *w = &d->weighings[i];
        if (classes ? !w->by_class : !w->col)
            continue;
        if (w->output && same_output(w->output, output))
            return w;
        if (is_for(d, w, output) || (!w->output && !found))
            found = w;
    }
    return found;
}

int rt_weigh_check(const struct rt_dataset *d, const char *const *outputs,
                   int n, struct rt_err *err)
{
    for (int i = 0; i < d->n_weighings; i++) {
        const struct rt_weighing *w = &d->weighings[i];
        bool used = !w->output;
        for (int k = 0; k < n && !used; k++)
            used = is_for(d, w, outputs[k]);
        if (!used)
            return rt_fail(err, RT_ENOENT,
                           "data '%s' has weights for '%s', which is no output "
                           "of the model and no column of its labels; `weights "
                           "%s none` drops them",
                           d->name, w->output, d->name);
    }
    return 0;
}

const struct rt_column *rt_weigh_column(const struct rt_dataset *d,
                                        const char *output)
{
    const struct rt_weighing *w = find(d, output, false);
    return w ? rt_dataset_column(d, w->col, NULL) : NULL;
}

const struct rt_weighing *rt_weigh_classes(const struct rt_dataset *d,
                                           const char *output)
{
    return find(d, output, true);
}

/* ---- classes ------------------------------------------------------------- */

const struct rt_column *rt_weigh_label(const struct rt_dataset *d,
                                       const char *output, struct rt_err *err)
{
    for (int i = 0; i < d->n_bindings; i++) {
        const struct rt_binding *b = &d->bindings[i];
        if (strcmp(b->node, output) != 0)
            continue;
        if (b->n_cols == 1)
            return rt_dataset_column(d, b->cols[0], err);
        rt_fail(err, RT_EINVAL,
                "output '%s' has %d columns bound, want one label", output,
                b->n_cols);
        return NULL;
    }
    const struct rt_column *c = rt_dataset_column(d, output, NULL);
    if (!c)
        c = rt_dataset_column(d, "y", NULL);
    if (!c)
        rt_fail(err, RT_ENOENT,
                "data '%s' has no column called '%s' or 'y', and none is "
                "bound to '%s'",
                d->name, output, output);
    return c;
}

int rt_weigh_class(const float *label, size_t width)
{
    if (width > 1) {
        size_t best = 0;
        for (size_t i = 1; i < width; i++)
            if (label[i] > label[best])
                best = i;
        return (int)best;
    }
    bool whole = *label >= 0 && *label < 1e6f && *label == floorf(*label);
    return whole ? (int)*label : -1;
}

int rt_weigh_n_classes(const struct rt_column *label)
{
    struct rt_shape shape = rt_column_shape(label);
    int width = shape.dim[shape.rank - 1];
    return width > 1 ? width : label->n_classes;
}

static int count_classes(const struct rt_dataset *d, const struct rt_column *c,
                         size_t width, double **count, int *n,
                         struct rt_err *err)
{
    float *row = rt_xcalloc(width, sizeof *row);
    int status = 0;
    for (size_t i = 0; i < d->n_rows && !status; i++) {
        rt_dataset_gather(d, c, NULL, i, 1, row);
        int k = rt_weigh_class(row, width);
        if (k < 0) {
            status = rt_fail(err, RT_EINVAL,
                             "column '%s', row %zu is %g, want class numbers "
                             "0, 1, 2, ...",
                             c->name, i, (double)*row);
        } else if (k >= *n) {
            *count = rt_xrealloc(*count, ((size_t)k + 1) * sizeof **count);
            for (; *n <= k; ++*n)
                (*count)[*n] = 0;
        }
        if (!status)
            (*count)[k]++;
    }
    free(row);
    return status;
}

int rt_weigh_auto(const struct rt_dataset *d, const struct rt_column *label,
                  double **by_class, int *n, struct rt_err *err)
{
    struct rt_shape shape = rt_column_shape(label);
    double *count = NULL;
    int present = 0;
    *n = 0;
    if (shape.rank > 1)
        return rt_fail(err, RT_ESHAPE,
                       "column '%s' has labels of %s, want one label a sample",
                       label->name, rt_shape_text(&shape));
    int status =
        count_classes(d, label, rt_shape_count(&shape), &count, n, err);
    if (status) {
        free(count);
        return status;
    }
    for (int i = 0; i < *n; i++)
        present += count[i] > 0;
    for (int i = 0; i < *n; i++)
        count[i] = count[i] > 0 ? (double)d->n_rows / (present * count[i]) : 1;
    *by_class = count;
    return 0;
}

/* ---- for dataset.c ------------------------------------------------------- */

void rt_weighings_copy(struct rt_dataset *to, const struct rt_dataset *from)
{
    for (int i = 0; i < from->n_weighings; i++) {
        const struct rt_weighing *w = &from->weighings[i];
        struct rt_weighing *own = entry(to, w->output);
        own->col = rt_xstrdup(w->col);
        own->n_classes = w->n_classes;
        own->by_class = w->by_class
                            ? rt_xmemdup(w->by_class, (size_t)w->n_classes *
                                                          sizeof *w->by_class)
                            : NULL;
    }
}

static uint64_t fold_text(uint64_t h, const char *s)
{
    return rt_hash_bytes(h, s ? s : "", s ? strlen(s) + 1 : 1);
}

uint64_t rt_weighings_fold(uint64_t h, const struct rt_dataset *d)
{
    for (int i = 0; i < d->n_weighings; i++) {
        const struct rt_weighing *w = &d->weighings[i];
        h = fold_text(fold_text(h, w->output), w->col);
        h = rt_hash_bytes(h, w->by_class,
                          (size_t)w->n_classes * sizeof *w->by_class);
    }
    return h;
}
