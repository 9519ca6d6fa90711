/* The list of optimizers, passes over the arenas in chunks, clipping. */
#include "nn/optimizer.h"

#include "base/pool.h"
#include "graph/kern.h"
#include "nn/spec.h"

#include <math.h>

#define RT_OPTIMIZER(name) extern const struct rt_optimizer rt_optimizer_##name;
#include "nn/optimizers.def"
#undef RT_OPTIMIZER

static const struct rt_optimizer *const all[] = {
#define RT_OPTIMIZER(name) &rt_optimizer_##name,
#include "nn/optimizers.def"
#undef RT_OPTIMIZER
    NULL,
};

const struct rt_optimizer *const *rt_optimizers(void)
{
    return all;
}

static struct rt_spec_name at(int i)
{
    const struct rt_optimizer *o = all[i];
    return o ? (struct rt_spec_name){ o->name, NULL, o->opts, o->args_size,
                                      o->keras }
             : (struct rt_spec_name){ 0 };
}

const struct rt_optimizer *rt_optimizer_find(const char *name,
                                             struct rt_err *err)
{
    int i = rt_spec_index("optimizer", at, name, err);
    return i < 0 ? NULL : all[i];
}

double rt_optim_rate(const struct rt_optim_args *a,
                     const struct rt_optim_step *s)
{
    return s->lr / (1 + a->decay * (double)s->t);
}

/* ---- passes -------------------------------------------------------------- */

/* Floats of a chunk: four arenas of it lie in the second-level cache. */
enum { CHUNK = 1 << 15 };

struct pass {
    rt_optim_chunk_fn *fn;
    const void *arg;
    struct rt_range range;
};

static int n_chunks(size_t n)
{
    return (int)((n + CHUNK - 1) / CHUNK);
}

static struct rt_range chunk_of(const struct rt_range *r, int chunk)
{
    size_t from = (size_t)chunk * CHUNK, left = r->n - from;
    return (struct rt_range){ r->from + from, left < CHUNK ? left : CHUNK };
}

static void run_chunk(void *arg, int chunk)
{
    const struct pass *p = arg;
    struct rt_range r = chunk_of(&p->range, chunk);
    p->fn(p->arg, r.from, r.n);
}

static void run(const struct rt_range *range, int n_ranges,
                rt_optim_chunk_fn *fn, const void *arg)
{
    for (int i = 0; i < n_ranges; i++) {
        struct pass p = { fn, arg, range[i] };
        rt_pool_run(n_chunks(range[i].n), run_chunk, &p);
    }
}

struct shrinking {
    rt_optim_chunk_fn *fn;
    const void *arg;
    float *w;
    float share;
};

/* w - share w, not (1 - share) w: a share of 1e-6 would lose its digits. */
static void shrink_chunk(const void *arg, size_t from, size_t n)
{
    const struct shrinking *s = arg;
    float *w = s->w + from;
    rt_kern()->axpy(w, -s->share, w, n);
    s->fn(s->arg, from, n);
}

void rt_optim_run(const struct rt_optim_args *a, const struct rt_optim_step *s,
                  rt_optim_chunk_fn *fn, const void *arg)
{
    double share = rt_optim_rate(a, s) * a->weight_decay;
    struct shrinking sh = { fn, arg, s->w, (float)share };
    if (share > 0)
        run(s->range, s->n_ranges, shrink_chunk, &sh);
    else
        run(s->range, s->n_ranges, fn, arg);
}

/* ---- clipping ------------------------------------------------------------ */

/* Squares of a range are summed by chunk and the chunks' sums in order, so the
 * total does not depend on who computed what. */
enum { SUMS = 64 };
struct square_sum {
    const float *g;
    struct rt_range range;
    double sum[SUMS];
};

static void square_chunk(void *arg, int chunk)
{
    struct square_sum *s = arg;
    struct rt_range r = chunk_of(&s->range, chunk);
    s->sum[chunk] = rt_kern()->dot(s->g + r.from, s->g + r.from, r.n);
}

static double norm(const float *g, const struct rt_range *range, int n_ranges)
{
    double total = 0;
    for (int i = 0; i < n_ranges; i++) {
        struct rt_range left = range[i];
        while (left.n) {
            size_t most = (size_t)SUMS * CHUNK;
            struct square_sum s = { .g = g, .range = left };
            if (left.n > most)
                s.range.n = most;
            int n = n_chunks(s.range.n);
            rt_pool_run(n, square_chunk, &s);
            for (int k = 0; k < n; k++)
                total += s.sum[k];
            left.from += s.range.n;
            left.n -= s.range.n;
        }
    }
    return sqrt(total);
}

struct scaling {
    float *g;
    float by;
};

static void scale_chunk(const void *arg, size_t from, size_t n)
{
    const struct scaling *s = arg;
    rt_kern()->scale(s->g + from, s->by, n);
}

/* Makes the norm of some ranges `most` if it is more; returns what it was. A
 * norm that is no number changes nothing, so that it is found later. */
static double limit(float *g, const struct rt_range *range, int n_ranges,
                    double most)
{
    double found = norm(g, range, n_ranges);
    if (found >= most) {
        struct scaling s = { g, (float)(most / found) };
        run(range, n_ranges, scale_chunk, &s);
    }
    return found;
}

struct bounds {
    float *g;
    float at;
};

static void bound_chunk(const void *arg, size_t from, size_t n)
{
    const struct bounds *b = arg;
    float *g = b->g + from;
    for (size_t i = 0; i < n; i++) {
        /* comparisons that let a NaN through: it must be found, not hidden */
        if (g[i] > b->at)
            g[i] = b->at;
        else if (g[i] < -b->at)
            g[i] = -b->at;
    }
}

double rt_clip(const struct rt_clipping *c, float *g,
               const struct rt_range *range, int n_ranges,
               const struct rt_range *each, int n_each)
{
    double most = INFINITY, found = NAN;
    if (c->clipnorm > 0 && !each)
        most = c->clipnorm;
    if (c->global_clipnorm > 0)
        most = fmin(most, c->global_clipnorm);
    for (int i = 0; c->clipnorm > 0 && i < n_each; i++)
        limit(g, &each[i], 1, c->clipnorm);
    if (isfinite(most))
        found = limit(g, range, n_ranges, most);
    if (c->clipvalue > 0) {
        struct bounds b = { g, (float)c->clipvalue };
        run(range, n_ranges, bound_chunk, &b);
    }
    return found;
}
