/* Dividing rows into parts: at random, by class, by group. Every way marks the
 * rows with the number of their part; the parts are then read off in order, so
 * they are sorted without sorting. */
#include "data/split.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 3 };

static const char *const part_name[] = { "train", "val", "test" };

int rt_split_counts(size_t n, const double *share, int n_shares, size_t *count,
                    struct rt_err *err)
{
    if (n_shares < 2 || n_shares > PARTS_MAX)
        return rt_fail(err, RT_EINVAL, "%d share%s, want 2 or 3", n_shares,
                       n_shares == 1 ? "" : "s");
    double sum = 0;
    size_t done = 0;
    for (int p = 0; p < n_shares; p++) {
        bool first = p == 0;
        if (!(first ? share[p] > 0 : share[p] >= 0) || !(share[p] < 1))
            return rt_fail(err, RT_EINVAL, "%s is %g, want 0 %s %s < 1",
                           part_name[p], share[p],
                           first ? "<" : "<=", part_name[p]);
        sum += share[p];
        if (sum > 1 + 1e-9)
            return rt_fail(err, RT_EINVAL, "the shares sum to more than 1");
        /* borders are rounded, not counts: they cannot overrun the rows */
        size_t border = (size_t)llround(fmin(sum, 1) * (double)n);
        count[p] = border - done;
        done = border;
        if (share[p] > 0 && count[p] == 0)
            return rt_fail(err, RT_EINVAL,
                           "%s is %g of %zu rows, which is none", part_name[p],
                           share[p], n);
    }
    return 0;
}

int rt_split_stem(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (int p = 0; dot && p < PARTS_MAX; p++)
        if (strcmp(dot + 1, part_name[p]) == 0)
            return (int)(dot - name);
    return (int)strlen(name);
}

size_t rt_split_last(size_t n, double share)
{
    return (size_t)((double)n * (1 - share));
}

/* ---- rows with equal values ---------------------------------------------- */

struct value { /* of a column, as stored */
    const void *p;
    uint32_t row, rank; /* rank: place in the random order */
};

static int by_value(const void *a, const void *b, void *arg)
{
    const struct value *x = a, *y = b;
    int order = memcmp(x->p, y->p, *(const size_t *)arg);
    return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

/* Rows sorted by value, random inside; end[g] is where group g ends. */
struct groups {
    struct value *v;
    uint32_t *end;
    size_t n;
};

static int groups_find(const struct rt_dataset *d, const char *col,
                       const uint32_t *perm, struct groups *g,
                       struct rt_err *err)
{
    const struct rt_column *c = rt_dataset_column(d, col, err);
    if (!c)
        return RT_ENOENT;
    size_t bytes = rt_shape_count(&c->row) * rt_dtype_size(c->type);
    g->v = rt_try_alloc(d->n_rows, sizeof *g->v, "partition", err);
    g->end = rt_try_alloc(d->n_rows, sizeof *g->end, "partition", err);
    if (!g->v || !g->end)
        return RT_ENOMEM;
    for (uint32_t i = 0; i < d->n_rows; i++)
        g->v[i] = (struct value){ rt_column_row(d, c, perm[i]), perm[i], i };
    qsort_r(g->v, d->n_rows, sizeof *g->v, by_value, &bytes);
    for (uint32_t i = 0; i < d->n_rows; i++)
        if (i + 1 == d->n_rows || memcmp(g->v[i].p, g->v[i + 1].p, bytes) != 0)
            g->end[g->n++] = i + 1;
    return 0;
}

static void groups_release(struct groups *g)
{
    free(g->v);
    free(g->end);
}

/* ---- the three ways ------------------------------------------------------ */

struct parts {
    int n;
    size_t want[PARTS_MAX + 1], got[PARTS_MAX + 1]; /* last: rows left out */
    unsigned char *of;                              /* part of each row */
};

static void put(struct parts *p, uint32_t row, int part)
{
    p->of[row] = (unsigned char)part;
    p->got[part]++;
}

static void at_random(struct parts *p, const uint32_t *perm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int part = 0;
        while (p->got[part] == p->want[part])
            part++;
        put(p, perm[i], part);
    }
}

/* Walks over the rows class by class and gives each to the part that is
 * furthest behind its share: every class is divided like the whole, and the
 * parts get exactly the rows they want. */
static int stratified(struct parts *p, const struct rt_dataset *d,
                      const char *col, const uint32_t *perm, struct rt_err *err)
{
    struct groups g = { 0 };
    int status = groups_find(d, col, perm, &g, err);
    if (!status && g.n > d->n_rows / 2)
        status = rt_fail(err, RT_EINVAL,
                         "stratify=%s: %zu different values in %zu rows, want "
                         "a column of classes",
                         col, g.n, d->n_rows);
    double n = (double)d->n_rows;
    for (size_t i = 0; i < d->n_rows && !status; i++) {
        int best = 0;
        double most = -INFINITY;
        for (int k = 0; k <= p->n; k++) {
            double behind =
                (double)p->want[k] * (double)(i + 1) / n - (double)p->got[k];
            if (p->got[k] < p->want[k] && behind > most) {
                most = behind;
                best = k;
            }
        }
        put(p, g.v[i].row, best);
    }
    groups_release(&g);
    return status;
}

/* Groups in random order, each whole to the part that lacks most rows. */
static int grouped(struct parts *p, const struct rt_dataset *d, const char *col,
                   const uint32_t *perm, struct rt_key key, struct rt_err *err)
{
    struct groups g = { 0 };
    uint32_t *order = NULL;
    int status = groups_find(d, col, perm, &g, err);
    if (status)
        goto out;
    order = rt_try_alloc(g.n, sizeof *order, "partition", err);
    if (!order) {
        status = RT_ENOMEM;
        goto out;
    }
    rt_rng_permute(rt_key_int(key, 1), order, (uint32_t)g.n);
    for (size_t i = 0; i < g.n; i++) {
        size_t from = order[i] ? g.end[order[i] - 1] : 0, to = g.end[order[i]];
        int best = 0;
        for (int k = 1; k <= p->n; k++)
            if ((double)p->want[k] - (double)p->got[k] >
                (double)p->want[best] - (double)p->got[best])
                best = k;
        for (size_t j = from; j < to; j++)
            put(p, g.v[j].row, best);
    }
    for (int k = 0; k < p->n && !status; k++)
        if (p->want[k] && !p->got[k])
            status = rt_fail(err, RT_EINVAL,
                             "by=%s: %zu different values, no rows are left "
                             "for %s",
                             col, g.n, part_name[k]);
out:
    free(order);
    groups_release(&g);
    return status;
}

static int read_off(const struct parts *p, size_t n, uint32_t **out,
                    size_t *count, struct rt_err *err)
{
    for (int k = 0; k < p->n; k++) {
        size_t m = 0;
        out[k] = rt_try_alloc(p->got[k] + 1, sizeof **out, "row numbers", err);
        if (!out[k])
            return RT_ENOMEM;
        for (uint32_t row = 0; row < n; row++)
            if (p->of[row] == k)
                out[k][m++] = row;
        count[k] = m;
    }
    return 0;
}

int rt_split(const struct rt_dataset *d, const double *share, int n_shares,
             const char *by, const char *stratify, struct rt_key key,
             uint32_t **out, size_t *count, struct rt_err *err)
{
    struct parts p = { .n = n_shares };
    uint32_t *perm = NULL;
    int status = rt_split_counts(d->n_rows, share, n_shares, p.want, err);
    if (status)
        return status;
    if (by && stratify)
        return rt_fail(err, RT_EINVAL,
                       "by=%s and stratify=%s together, want one", by,
                       stratify);
    p.want[p.n] = d->n_rows;
    for (int k = 0; k < p.n; k++) {
        p.want[p.n] -= p.want[k];
        out[k] = NULL;
    }
    p.of = rt_try_alloc(d->n_rows, 1, "partition", err);
    perm = rt_try_alloc(d->n_rows, sizeof *perm, "partition", err);
    if (!p.of || !perm) {
        status = RT_ENOMEM;
        goto out;
    }
    rt_rng_permute(key, perm, (uint32_t)d->n_rows);
    if (by)
        status = grouped(&p, d, by, perm, key, err);
    else if (stratify)
        status = stratified(&p, d, stratify, perm, err);
    else
        at_random(&p, perm, d->n_rows);
    if (!status)
        status = read_off(&p, d->n_rows, out, count, err);
out:
    for (int k = 0; k < p.n && status; k++) {
        free(out[k]);
        out[k] = NULL;
    }
    free(perm);
    free(p.of);
    return status;
}
