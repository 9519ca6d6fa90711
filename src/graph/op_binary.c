/* Element-wise functions of two operands with NumPy's broadcasting: one record
 * each. Axes along which both operands go on alike are merged first, so the
 * usual cases (equal shapes, a scalar, a row for all rows) are one or a few
 * long runs of the kernel. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <assert.h>
#include <string.h>

static int shape(const char *name, const struct rt_shape *in,
                 struct rt_shape *out, struct rt_err *err)
{
    if (rt_shape_broadcast(&in[0], &in[1], out, err))
        return rt_err_within(err, "%s", name);
    return RT_OK;
}

/* ---- the walk over broadcast operands -------------------------------------*/

/* Merged axes; a step of 0 is an operand that is repeated along that axis. */
struct walk {
    int rank;
    size_t dim[RT_RANK_MAX], step[2][RT_RANK_MAX];
    size_t index[RT_RANK_MAX], at[2];
};

static void strides(const struct rt_shape *s, int rank,
                    size_t step[RT_RANK_MAX])
{
    size_t n = 1;
    for (int i = 1; i <= rank; i++) {
        int d = i <= s->rank ? s->dim[s->rank - i] : 1;
        step[rank - i] = d == 1 ? 0 : n;
        n *= (size_t)d;
    }
}

static struct walk walk_of(const struct rt_call *c)
{
    struct walk w = { .rank = 0 };
    size_t step[2][RT_RANK_MAX];
    const struct rt_shape *y = &c->y.shape;
    for (int o = 0; o < 2; o++)
        strides(&c->x[o].shape, y->rank, step[o]);
    for (int i = 0; i < y->rank; i++) {
        size_t d = (size_t)y->dim[i];
        int k = w.rank - 1;
        if (d == 1)
            continue;
        if (w.rank && w.step[0][k] == step[0][i] * d &&
            w.step[1][k] == step[1][i] * d) {
            w.dim[k] *= d;
        } else {
            k = w.rank++;
            w.dim[k] = d;
        }
        for (int o = 0; o < 2; o++)
            w.step[o][k] = step[o][i];
    }
    if (w.rank == 0) { /* one number */
        w.rank = 1;
        w.dim[0] = w.step[0][0] = w.step[1][0] = 1;
    }
    return w;
}

/* On to the next run along the last axis; false after the last one. */
static bool next(struct walk *w)
{
    for (int i = w->rank - 2; i >= 0; i--) {
        for (int o = 0; o < 2; o++)
            w->at[o] += w->step[o][i];
        if (++w->index[i] < w->dim[i])
            return true;
        for (int o = 0; o < 2; o++)
            w->at[o] -= w->step[o][i] * w->dim[i];
        w->index[i] = 0;
    }
    return false;
}

/* ---- forward --------------------------------------------------------------*/

enum { BLOCK = 512 };

static void run(enum rt_binary f, struct rt_call *c)
{
    const struct rt_kern *k = rt_kern();
    struct walk w = walk_of(c);
    size_t n = w.dim[w.rank - 1];
    bool a_goes = w.step[0][w.rank - 1], b_goes = w.step[1][w.rank - 1];
    float same[BLOCK], *y = c->y.v;
    do {
        const float *a = c->x[0].v + w.at[0], *b = c->x[1].v + w.at[1];
        if (a_goes && b_goes) {
            k->binary(f, a, b, y, n);
        } else if (a_goes) {
            k->binary_scalar(f, a, *b, y, n);
        } else {
            k->fill(same, *a, n < BLOCK ? n : BLOCK);
            for (size_t i = 0; i < n; i += BLOCK)
                k->binary(f, same, b + i, y + i, n - i < BLOCK ? n - i : BLOCK);
        }
        y += n;
    } while (next(&w));
}

/* ---- backward -------------------------------------------------------------*/

/* The gradient of one operand: written straight to its place, or, where the
 * operand was repeated, summed in double in the scratch. */
struct side {
    float *dx;   /* NULL: not wanted */
    double *sum; /* NULL: not repeated */
    size_t n;
    bool goes; /* along the last axis */
};

static bool repeated(const struct rt_shape *x, const struct rt_shape *y)
{
    return rt_shape_count(x) != rt_shape_count(y);
}

static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    size_t n = 0;
    (void)args;
    for (int o = 0; o < n_in; o++)
        if (repeated(&in[o], out))
            n += rt_shape_count(&in[o]);
    return n * sizeof(double);
}

static void sides_begin(struct side side[2], const struct rt_call *c,
                        const struct walk *w)
{
    double *room = c->scratch;
    for (int o = 0; o < 2; o++) {
        side[o] = (struct side){ .dx = c->dx[o].v,
                                 .n = c->x[o].n,
                                 .goes = w->step[o][w->rank - 1] };
        if (side[o].dx && repeated(&c->x[o].shape, &c->y.shape)) {
            side[o].sum = room;
            memset(room, 0, side[o].n * sizeof *room);
            room += side[o].n;
        }
    }
}

static void add_up(const struct side *s, size_t at, const float *g, size_t n)
{
    if (s->goes)
        for (size_t i = 0; i < n; i++)
            s->sum[at + i] += (double)g[i];
    else
        s->sum[at] += rt_kern()->sum(g, n);
}

static void run_back(enum rt_binary f, struct rt_call *c)
{
    const struct rt_kern *k = rt_kern();
    struct walk w = walk_of(c);
    size_t n = w.dim[w.rank - 1], y_at = 0;
    struct side side[2];
    float same[2][BLOCK], part[2][BLOCK];
    sides_begin(side, c, &w);
    do {
        for (size_t i = 0; i < n; i += BLOCK) {
            size_t count = n - i < BLOCK ? n - i : BLOCK;
            const float *x[2];
            float *to[2];
            size_t at[2];
            for (int o = 0; o < 2; o++) {
                at[o] = w.at[o] + (side[o].goes ? i : 0);
                x[o] = c->x[o].v + at[o];
                if (!side[o].goes) {
                    k->fill(same[o], *x[o], count);
                    x[o] = same[o];
                }
                to[o] = side[o].sum  ? part[o]
                        : side[o].dx ? side[o].dx + at[o]
                                     : NULL;
            }
            k->binary_back(f, x[0], x[1], c->y.v + y_at + i, c->dy.v + y_at + i,
                           to[0], to[1], count);
            for (int o = 0; o < 2; o++)
                if (side[o].sum)
                    add_up(&side[o], at[o], part[o], count);
        }
        y_at += n;
    } while (next(&w));
    for (int o = 0; o < 2; o++)
        for (size_t i = 0; side[o].sum && i < side[o].n; i++)
            side[o].dx[i] = (float)side[o].sum[i];
}

/* ---- records --------------------------------------------------------------*/

#define FUNCTIONS(f)                                                           \
    static int f##_shape(const void *args, const struct rt_shape *in,          \
                         int n_in, struct rt_shape *out, struct rt_err *err)   \
    {                                                                          \
        (void)args;                                                            \
        (void)n_in;                                                            \
        return shape(#f, in, out, err);                                        \
    }                                                                          \
    static void f##_forward(struct rt_call *c)                                 \
    {                                                                          \
        run(RT_BINARY_##f, c);                                                 \
    }                                                                          \
    static void f##_backward(struct rt_call *c)                                \
    {                                                                          \
        run_back(RT_BINARY_##f, c);                                            \
    }
RT_BINARY(FUNCTIONS)

#define RECORD(f, text, reads, ...)                                            \
    const struct rt_op rt_operator_##f = {                                     \
        .name = #f,                                                            \
        .help = text,                                                          \
        .min_in = 2,                                                           \
        .max_in = 2,                                                           \
        .flags = RT_OP_IN_PLACE | (reads),                                     \
        .shape = f##_shape,                                                    \
        .scratch = scratch,                                                    \
        .forward = f##_forward,                                                \
        .backward = f##_backward,                                              \
        .tests = { __VA_ARGS__ },                                              \
    };
/* clang-format off */
#define CASES                                                                  \
    { "3x17 3x17" }, { "3x17 17" }, { "3x17 3x1" }, { "3x1 1x5" },             \
    { "2x3x4 2x1x4" }, { "1 4x3" }
/* clang-format on */

RECORD(add, "a + b", 0, CASES)
RECORD(sub, "a - b", 0, CASES)
RECORD(mul, "a b", RT_OP_BACK_X, CASES)
RECORD(div, "a / b", RT_OP_BACK_X, { "3x17 3x17", .lo = 0.5, .hi = 2 },
       { "3x17 17", .lo = 0.5, .hi = 2 }, { "1 4x3", .lo = 0.5, .hi = 2 })
RECORD(mod, "what is left of a divided by b, with the sign of b", RT_OP_BACK_X,
       { "3x17 3x17", .lo = 0.55, .hi = 0.95 },
       { "3x17 17", .lo = 0.55, .hi = 0.95 })
RECORD(pow, "a to the b", RT_OP_BACK_X | RT_OP_BACK_Y,
       { "3x17 3x17", .lo = 0.5, .hi = 2 }, { "3x17 1", .lo = 0.5, .hi = 2 })
RECORD(max, "the larger one", RT_OP_BACK_X, CASES)
RECORD(min, "the smaller one", RT_OP_BACK_X, CASES)
RECORD(prelu, "a, or a b where a is below 0", RT_OP_BACK_X, CASES)
RECORD(eq, "1 where equal, else 0", RT_OP_NO_GRAD, CASES)
RECORD(ne, "1 where different, else 0", RT_OP_NO_GRAD, CASES)
RECORD(lt, "1 where a < b, else 0", RT_OP_NO_GRAD, CASES)
RECORD(le, "1 where a <= b, else 0", RT_OP_NO_GRAD, CASES)
RECORD(gt, "1 where a > b, else 0", RT_OP_NO_GRAD, CASES)
RECORD(ge, "1 where a >= b, else 0", RT_OP_NO_GRAD, CASES)

static const struct rt_op *const records[RT_N_BINARY] = {
#define X(f) [RT_BINARY_##f] = &rt_operator_##f,
    RT_BINARY(X)
#undef X
};

struct rt_node *rt_op_binary(struct rt_graph *g, enum rt_binary f,
                             struct rt_node *a, struct rt_node *b,
                             struct rt_err *err)
{
    struct rt_node *in[] = { a, b };
    assert((unsigned)f < RT_N_BINARY);
    return rt_graph_op(g, records[f], in, 2, NULL, err);
}
