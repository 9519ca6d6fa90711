/* The common part of the recurrent operators. */
#include "graph/recur.h"

#include "base/pool.h"
#include "graph/blas.h"

#include <limits.h>
#include <string.h>

const struct rt_opt rt_recur_opts[] = {
    RT_OPT(struct rt_recur_args, activation, .def = "tanh",
           .choices = rt_unary_names, .help = "function of the candidates"),
    RT_OPT(struct rt_recur_args, recurrent_activation, .def = "sigmoid",
           .choices = rt_unary_names, .help = "function of the gates"),
    RT_OPT(struct rt_recur_args, alpha, .def = "1",
           .help = "slope of activation below zero"),
    RT_OPT(struct rt_recur_args, recurrent_alpha, .def = "1",
           .help = "slope of recurrent_activation below zero"),
    RT_OPT(struct rt_recur_args, dropout, .def = "0", .min = 0, .max = 1,
           .open = 2, .help = "share of x set to zero, the same at all steps"),
    RT_OPT(struct rt_recur_args, recurrent_dropout, .def = "0", .min = 0,
           .max = 1, .open = 2,
           .help = "share of the state set to zero, the same at all steps"),
    RT_OPT(struct rt_recur_args, return_sequences, .def = "no",
           .help = "the state after every step"),
    RT_OPT(struct rt_recur_args, go_backwards, .def = "no",
           .help = "from the last step on"),
    RT_OPT(struct rt_recur_args, reset_after, .def = "no",
           .help = "gru: the reset gate comes after the product"),
    RT_OPT(struct rt_recur_args, return_state, .def = "no",
           .help = "the states of the last step behind the outputs"),
    RT_OPT(struct rt_recur_args, masked, .def = "no",
           .help = "there is a mask, behind the bias"),
    RT_OPT(struct rt_recur_args, initial, .def = "no",
           .help = "states to begin with are given, the last inputs"),
    RT_OPT_END,
};

/* ---- operands -------------------------------------------------------------*/

static int n_states(int gates)
{
    return gates == 4 ? 2 : 1;
}

struct rt_node *rt_recur_add(struct rt_graph *g, const struct rt_op *op,
                             const struct rt_recur_in *in,
                             const struct rt_recur_args *a, struct rt_err *err)
{
    struct rt_node *v[8] = { in->x, in->kernel, in->recurrent };
    struct rt_recur_args set = *a;
    int n = 3;
    set.masked = in->mask != NULL;
    set.initial = in->state[0] != NULL;
    if (in->bias)
        v[n++] = in->bias;
    if (in->mask)
        v[n++] = in->mask;
    for (int i = 0; i < RT_STATES_MAX && in->state[i]; i++)
        v[n++] = in->state[i];
    return rt_graph_op(g, op, v, n, &set, err);
}

/* How many operands are none of those that may be missing before the bias. */
static int more(const struct rt_recur_args *a, int states)
{
    return (a->masked ? 1 : 0) + (a->initial ? states : 0);
}

static int states_of(const struct rt_call *c)
{
    const struct rt_shape *r = &c->x[2].shape;
    return n_states(r->dim[1] / r->dim[0]);
}

int rt_recur_bias(const struct rt_call *c)
{
    return c->n_in - more(c->args, states_of(c)) > 3 ? 3 : -1;
}

int rt_recur_mask(const struct rt_call *c)
{
    const struct rt_recur_args *a = c->args;
    return a->masked ? c->n_in - more(a, states_of(c)) : -1;
}

int rt_recur_state(const struct rt_call *c, int i)
{
    const struct rt_recur_args *a = c->args;
    return a->initial ? c->n_in - states_of(c) + i : -1;
}

/* ---- shapes and memory ----------------------------------------------------*/

static int check_weights(const char *name, int gates,
                         const struct rt_recur_args *a,
                         const struct rt_shape *in, int n_in,
                         struct rt_err *err)
{
    const struct rt_shape *x = &in[0], *k = &in[1], *r = &in[2];
    if (x->rank != 3 || x->dim[2] == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "%s: input %s, want (none,steps,features)", name,
                       rt_shape_text(x));
    if (r->rank != 2 || r->dim[0] < 1 || r->dim[0] > INT_MAX / 4 ||
        r->dim[1] != gates * r->dim[0])
        return rt_fail(err, RT_ESHAPE,
                       "%s: recurrent kernel %s, want (units,%d units)", name,
                       rt_shape_text(r), gates);
    if (k->rank != 2 || k->dim[0] != x->dim[2] || k->dim[1] != r->dim[1])
        return rt_fail(err, RT_ESHAPE, "%s: kernel %s for input %s, want %s",
                       name, rt_shape_text(k), rt_shape_text(x),
                       rt_shape_text(&RT_SHAPE(x->dim[2], r->dim[1])));
    struct rt_shape bias = RT_SHAPE(r->dim[1]);
    if (a->reset_after)
        bias = RT_SHAPE(2, r->dim[1]);
    int states = n_states(gates), n_more = more(a, states);
    if (n_in - n_more < 3 || n_in - n_more > 4)
        return rt_fail(err, RT_EINVAL, "%s: %d inputs, want %d or %d", name,
                       n_in, 3 + n_more, 4 + n_more);
    const struct rt_shape *mask = &in[n_in - n_more];
    if (a->masked && (mask->rank != 2 || mask->dim[0] != x->dim[0] ||
                      mask->dim[1] != x->dim[1]))
        return rt_fail(err, RT_ESHAPE, "%s: mask %s for input %s, want %s",
                       name, rt_shape_text(mask), rt_shape_text(x),
                       rt_shape_text(&RT_SHAPE(x->dim[0], x->dim[1])));
    for (int i = a->initial ? n_in - states : n_in; i < n_in; i++)
        if (!rt_shape_fits(&in[i], &RT_SHAPE(x->dim[0], r->dim[0])))
            return rt_fail(err, RT_ESHAPE, "%s: state %s, want %s", name,
                           rt_shape_text(&in[i]),
                           rt_shape_text(&RT_SHAPE(x->dim[0], r->dim[0])));
    if (n_in - n_more > 3 && !rt_shape_equal(&in[3], &bias))
        return rt_fail(err, RT_ESHAPE, "%s: bias %s, want %s", name,
                       rt_shape_text(&in[3]), rt_shape_text(&bias));
    return RT_OK;
}

int rt_recur_shape(const struct rt_recur_kind *kind, const void *args,
                   const struct rt_shape *in, int n_in, struct rt_shape *out,
                   struct rt_err *err)
{
    const struct rt_recur_args *a = args;
    const struct rt_shape *x = &in[0];
    const char *name = kind->name;
    int gates = kind->gates;
    if (check_weights(name, gates, a, in, n_in, err))
        return RT_ESHAPE;
    if (!(a->dropout >= 0 && a->dropout < 1 && a->recurrent_dropout >= 0 &&
          a->recurrent_dropout < 1))
        return rt_fail(err, RT_EINVAL,
                       "%s: dropout %g and recurrent_dropout %g, want 0 <= "
                       "rate < 1",
                       name, a->dropout, a->recurrent_dropout);
    size_t rows = rt_shape_count(x) / (size_t)x->dim[2];
    if (rows > INT_MAX)
        return rt_fail(err, RT_ESHAPE,
                       "%s: input %s has %zu steps in all rows, want at most "
                       "%d",
                       name, rt_shape_text(x), rows, INT_MAX);
    *out = RT_SHAPE(x->dim[0], in[2].dim[0]);
    if (a->return_sequences)
        *out = RT_SHAPE(x->dim[0], x->dim[1], in[2].dim[0]);
    if (a->return_state && x->dim[1] == RT_DIM_ANY && a->return_sequences)
        return rt_fail(err, RT_ESHAPE,
                       "%s: input %s, want a known number of steps where "
                       "states are returned",
                       name, rt_shape_text(x));
    if (a->return_state)
        *out = RT_SHAPE(x->dim[0],
                        (a->return_sequences ? x->dim[1] : 1) + n_states(gates),
                        in[2].dim[0]);
    return RT_OK;
}

/* Memory handed out piece by piece; with base NULL it is only counted. */
struct carve {
    float *base;
    size_t n; /* floats so far */
};

static float *carve(struct carve *c, size_t n)
{
    float *at = c->base ? c->base + c->n : NULL;
    c->n += (n + 15) / 16 * 16;
    return at;
}

/* A part has rows enough that the recurrent kernel, which every part reads at
 * every step, is worth reading: more of them if it is large. Never fewer parts
 * for more rows. */
static size_t most_parts(const struct rt_recur *r)
{
    size_t least = r->g * r->u * r->u <= 128 * 1024 ? 16 : 32;
    size_t parts = r->n / least;
    return parts < 1 ? 1 : parts > 32 ? 32 : parts;
}

static size_t part_rows(const struct rt_recur *r)
{
    size_t parts = most_parts(r);
    return (r->n + parts - 1) / parts;
}

static size_t n_parts(const struct rt_recur *r)
{
    return (r->n + part_rows(r) - 1) / part_rows(r);
}

static void lay(struct rt_recur *r, const struct rt_recur_kind *kind,
                const void *args, const struct rt_shape *in,
                struct carve *saved, struct carve *scratch)
{
    const struct rt_recur_args *a = args;
    const struct rt_shape *x = &in[0], *recurrent = &in[2];
    *r = (struct rt_recur){
        .a = a,
        .act = { (enum rt_unary)a->activation, (float)a->alpha },
        .rec = { (enum rt_unary)a->recurrent_activation,
                 (float)a->recurrent_alpha },
        .g = (size_t)kind->gates,
        .n = (size_t)x->dim[0],
        .t = (size_t)x->dim[1],
        .f = (size_t)x->dim[2],
        .u = (size_t)recurrent->dim[0],
        .states = (size_t)n_states(kind->gates),
    };
    size_t rows = r->t * r->n;
    r->rows =
        (a->return_sequences ? r->t : 1) + (a->return_state ? r->states : 0);
    if (saved) {
        r->x = carve(saved, rows * r->f);
        r->z = carve(saved, rows * r->g * r->u);
        r->read = r->h = carve(saved, (rows + r->n) * r->u);
        if (rt_unary_reads_x(r->act.f) || rt_unary_reads_x(r->rec.f))
            r->pre = carve(saved, rows * r->g * r->u);
        if (a->dropout > 0)
            r->mask_x = carve(saved, r->n * r->f);
        if (a->recurrent_dropout > 0) {
            r->mask_h = carve(saved, r->n * r->u);
            r->read = carve(saved, rows * r->u);
        }
    }
    if (scratch) {
        r->across = carve(scratch, r->g * r->u * r->u);
        r->dh = carve(scratch, r->n * r->u);
        if (a->masked)
            r->aside = carve(scratch, r->states * r->n * r->u);
        r->dx = carve(scratch, rows * r->f);
        r->work = carve(scratch, most_parts(r) * 4 * r->u);
    }
    for (int i = 0; saved && i < kind->kept; i++)
        r->kept[i] = carve(saved, (rows + r->n) * r->u);
    for (int i = 0; scratch && i < kind->more; i++)
        r->more[i] = carve(scratch, r->n * r->u);
}

size_t rt_recur_saved(const struct rt_recur_kind *kind, const void *args,
                      const struct rt_shape *in)
{
    struct carve c = { 0 };
    struct rt_recur r;
    lay(&r, kind, args, in, &c, NULL);
    return c.n * sizeof(float);
}

size_t rt_recur_scratch(const struct rt_recur_kind *kind, const void *args,
                        const struct rt_shape *in)
{
    struct carve c = { 0 };
    struct rt_recur r;
    lay(&r, kind, args, in, NULL, &c);
    return c.n * sizeof(float);
}

struct rt_recur rt_recur_of(const struct rt_recur_kind *kind,
                            const struct rt_call *c)
{
    struct carve saved = { .base = c->saved }, scratch = { .base = c->scratch };
    struct rt_shape in[3] = { c->x[0].shape, c->x[1].shape, c->x[2].shape };
    struct rt_recur r;
    lay(&r, kind, c->args, in, &saved, &scratch);
    r.call = c;
    return r;
}

/* ---- parts ----------------------------------------------------------------*/

struct run {
    const struct rt_recur *r;
    rt_recur_fn *fn;
    void *arg;
};

static void run_part(void *arg, int chunk)
{
    const struct run *run = arg;
    size_t rows = part_rows(run->r);
    struct rt_recur_part p = { .from = (size_t)chunk * rows, .n = rows };
    if (p.n > run->r->n - p.from)
        p.n = run->r->n - p.from;
    if (run->r->work)
        p.work = run->r->work + (size_t)chunk * 4 * run->r->u;
    run->fn(run->arg, &p);
}

void rt_recur_run(const struct rt_recur *r, rt_recur_fn *fn, void *arg)
{
    struct run run = { r, fn, arg };
    rt_pool_run((int)n_parts(r), run_part, &run);
}

/* ---- forward --------------------------------------------------------------*/

/* 1/(1-rate) where kept, else 0; all ones outside training. */
static void draw_mask(const struct rt_call *c, uint64_t which, double rate,
                      float *mask, size_t n)
{
    const struct rt_kern *k = rt_kern();
    struct rt_key key = rt_key_int(c->key, which);
    uint8_t kept[256];
    k->fill(mask, 1, n);
    for (size_t i = 0; c->training && i < n; i += sizeof kept) {
        size_t some = n - i < sizeof kept ? n - i : sizeof kept;
        k->dropout(key, i, (float)rate, mask + i, mask + i, kept, some);
    }
}

/* Which step of x is the t-th that is gone through. */
static size_t step_of(const struct rt_recur *r, size_t t)
{
    return r->a->go_backwards ? r->t - 1 - t : t;
}

static void lay_out_x(const struct rt_recur *r, const float *x)
{
    const struct rt_kern *k = rt_kern();
    for (size_t t = 0; t < r->t; t++)
        for (size_t n = 0; n < r->n; n++) {
            const float *from = x + (n * r->t + step_of(r, t)) * r->f;
            float *to = r->x + (t * r->n + n) * r->f;
            if (r->mask_x)
                k->binary(RT_BINARY_mul, from, r->mask_x + n * r->f, to, r->f);
            else
                memcpy(to, from, r->f * sizeof *to);
        }
}

/* The state before the first step: as given, or zeros. */
static void first_state(const struct rt_recur *r, const struct rt_call *c,
                        int i, float *to)
{
    size_t bytes = r->n * r->u * sizeof *to;
    int at = rt_recur_state(c, i);
    if (to && at >= 0)
        memcpy(to, c->x[at].v, bytes);
    else if (to)
        memset(to, 0, bytes);
}

void rt_recur_begin(const struct rt_recur *r, const struct rt_call *c,
                    float *cells)
{
    size_t rows = r->t * r->n, width = r->g * r->u;
    bool bias = rt_recur_bias(c) >= 0;
    if (r->mask_x)
        draw_mask(c, 0, r->a->dropout, r->mask_x, r->n * r->f);
    if (r->mask_h)
        draw_mask(c, 1, r->a->recurrent_dropout, r->mask_h, r->n * r->u);
    lay_out_x(r, c->x[0].v);
    for (size_t i = 0; bias && i < rows; i++)
        memcpy(r->z + i * width, c->x[3].v, width * sizeof *r->z);
    rt_gemm(false, false, (int)rows, (int)width, (int)r->f, 1, r->x, (int)r->f,
            c->x[1].v, (int)width, bias ? 1 : 0, r->z, (int)width);
    first_state(r, c, 0, r->h);
    first_state(r, c, 1, cells);
    if (r->mask_h)
        memset(r->read, 0, r->n * r->u * sizeof *r->read);
}

void rt_recur_ahead(const struct rt_recur *r, const struct rt_call *c,
                    const struct rt_recur_part *p, size_t t, size_t columns)
{
    size_t width = r->g * r->u;
    float *read = rt_recur_at(r, p, r->read, t, r->u);
    if (!rt_recur_reads(r, t))
        return;
    if (r->mask_h)
        rt_kern()->binary(RT_BINARY_mul, rt_recur_at(r, p, r->h, t, r->u),
                          r->mask_h + p->from * r->u, read, p->n * r->u);
    rt_gemm(false, false, (int)p->n, (int)columns, (int)r->u, 1, read,
            (int)r->u, c->x[2].v, (int)width, 1,
            rt_recur_at(r, p, r->z, t, width), (int)width);
}

/* Whether row n of the batch leaves step t out. */
static bool hidden(const struct rt_recur *r, const struct rt_call *c, size_t n,
                   size_t t)
{
    return c->x[rt_recur_mask(c)].v[n * r->t + step_of(r, t)] <= 0;
}

void rt_recur_hold(const struct rt_recur *r, const struct rt_call *c,
                   const struct rt_recur_part *p, size_t t, float *states)
{
    if (!r->a->masked)
        return;
    const float *was = rt_recur_at(r, p, states, t, r->u);
    float *is = rt_recur_at(r, p, states, t + 1, r->u);
    for (size_t i = 0; i < p->n; i++)
        if (hidden(r, c, p->from + i, t))
            memcpy(is + i * r->u, was + i * r->u, r->u * sizeof *is);
}

void rt_recur_end(const struct rt_recur *r, const struct rt_call *c,
                  const float *cells)
{
    size_t bytes = r->u * sizeof(float), first = r->t;
    if (r->a->return_sequences)
        first = 1;
    const float *last[] = { r->h + r->t * r->n * r->u,
                            cells ? cells + r->t * r->n * r->u : NULL };
    float *y = c->y.v;
    for (size_t n = 0; n < r->n; n++) {
        for (size_t t = first; t <= r->t; t++, y += r->u)
            memcpy(y, r->h + (t * r->n + n) * r->u, bytes);
        for (size_t i = 0; r->a->return_state && i < r->states; i++, y += r->u)
            memcpy(y, last[i] + n * r->u, bytes);
    }
}

/* ---- backward -------------------------------------------------------------*/

/* The gradient of the last of state i: what y gives it, if it is there. */
static void last_state(const struct rt_recur *r, const struct rt_call *c,
                       size_t i, float *d)
{
    memset(d, 0, r->n * r->u * sizeof *d);
    for (size_t n = 0; r->a->return_state && n < r->n; n++)
        memcpy(d + n * r->u,
               c->dy.v + ((n + 1) * r->rows - r->states + i) * r->u,
               r->u * sizeof *d);
}

void rt_recur_turn(const struct rt_recur *r, const struct rt_call *c, float *dc)
{
    enum { BLOCK = 16 };
    size_t width = r->g * r->u;
    const float *w = c->x[2].v;
    for (size_t j0 = 0; j0 < width; j0 += BLOCK)
        for (size_t i = 0; i < r->u; i++)
            for (size_t j = j0; j < width && j < j0 + BLOCK; j++)
                r->across[j * r->u + i] = w[i * width + j];
    last_state(r, c, 0, r->dh);
    if (dc)
        last_state(r, c, 1, dc);
}

void rt_recur_aside(const struct rt_recur *r, const struct rt_call *c,
                    const struct rt_recur_part *p, size_t t, int i, float *d)
{
    if (!r->a->masked)
        return;
    float *aside = rt_recur_at(r, p, r->aside, (size_t)i, r->u);
    for (size_t k = 0; k < p->n; k++)
        if (hidden(r, c, p->from + k, t)) {
            memcpy(aside + k * r->u, d + k * r->u, r->u * sizeof *d);
            memset(d + k * r->u, 0, r->u * sizeof *d);
        }
}

void rt_recur_back_again(const struct rt_recur *r, const struct rt_call *c,
                         const struct rt_recur_part *p, size_t t, int i,
                         float *d)
{
    if (!r->a->masked)
        return;
    const float *aside = rt_recur_at(r, p, r->aside, (size_t)i, r->u);
    for (size_t k = 0; k < p->n; k++)
        if (hidden(r, c, p->from + k, t))
            memcpy(d + k * r->u, aside + k * r->u, r->u * sizeof *d);
}

void rt_recur_dy(const struct rt_recur *r, const struct rt_call *c,
                 const struct rt_recur_part *p, size_t t, float *dh)
{
    const struct rt_kern *k = rt_kern();
    size_t row = r->a->return_sequences ? t : 0;
    for (size_t i = 0; i < p->n && (r->a->return_sequences || t == r->t - 1);
         i++)
        k->axpy(dh + i * r->u, 1,
                c->dy.v + ((p->from + i) * r->rows + row) * r->u, r->u);
}

void rt_recur_back(const struct rt_recur *r, const struct rt_recur_part *p,
                   size_t t, size_t columns, bool add, float *dread)
{
    size_t width = r->g * r->u;
    if (!rt_recur_reads(r, t))
        return;
    rt_gemm(false, false, (int)p->n, (int)r->u, (int)columns, 1,
            rt_recur_at(r, p, r->z, t, width), (int)width, r->across, (int)r->u,
            add ? 1 : 0, dread, (int)r->u);
    if (r->mask_h)
        rt_kern()->binary(RT_BINARY_mul, dread, r->mask_h + p->from * r->u,
                          dread, p->n * r->u);
}

/* c (m,n) = a' b, a (k,m), b (k,n), for a long k: in pieces of b that the
 * kernel takes, where OpenBLAS would copy both. Measured on a Zen 5, 256 x 1024
 * x 6336: 170 to 210 GFLOP/s. */
static void long_product(size_t m, size_t n, size_t k, const float *a,
                         size_t lda, const float *b, size_t ldb, float *c,
                         size_t ldc)
{
    size_t most = 256 * 1024 / n + (n > 256 * 1024);
    for (size_t from = 0; from < k; from += most) {
        size_t some = k - from < most ? k - from : most;
        rt_gemm(true, false, (int)m, (int)n, (int)some, 1, a + from * lda,
                (int)lda, b + from * ldb, (int)ldb, from ? 1 : 0, c, (int)ldc);
    }
}

void rt_recur_kernel_grad(const struct rt_recur *r, const struct rt_call *c,
                          const float *read, const float *dz, size_t ldz,
                          size_t from, size_t columns)
{
    size_t width = r->g * r->u, first = r->a->initial ? 0 : 1;
    float *dw = c->dx[2].v + from;
    if (r->t > first)
        long_product(r->u, columns, (r->t - first) * r->n,
                     read + first * r->n * r->u, r->u, dz + first * r->n * ldz,
                     ldz, dw, width);
    else
        for (size_t i = 0; i < r->u; i++)
            memset(dw + i * width, 0, columns * sizeof *dw);
}

static void x_grad(const struct rt_recur *r, const struct rt_call *c)
{
    const struct rt_kern *k = rt_kern();
    size_t rows = r->t * r->n, width = r->g * r->u;
    rt_gemm(false, true, (int)rows, (int)r->f, (int)width, 1, r->z, (int)width,
            c->x[1].v, (int)width, 0, r->dx, (int)r->f);
    for (size_t t = 0; t < r->t; t++)
        for (size_t n = 0; n < r->n; n++) {
            const float *from = r->dx + (t * r->n + n) * r->f;
            float *to = c->dx[0].v + (n * r->t + step_of(r, t)) * r->f;
            if (r->mask_x)
                k->binary(RT_BINARY_mul, from, r->mask_x + n * r->f, to, r->f);
            else
                memcpy(to, from, r->f * sizeof *to);
        }
}

void rt_recur_grads(const struct rt_recur *r, const struct rt_call *c,
                    const float *dc)
{
    const float *first[] = { r->dh, dc };
    int bias = rt_recur_bias(c), mask = rt_recur_mask(c);
    size_t rows = r->t * r->n, width = r->g * r->u;
    if (c->dx[0].v)
        x_grad(r, c);
    if (c->dx[1].v)
        long_product(r->f, width, rows, r->x, r->f, r->z, width, c->dx[1].v,
                     width);
    if (bias >= 0 && c->dx[bias].v)
        rt_kern()->col_sum(r->z, c->dx[bias].v, rows, width);
    if (mask >= 0 && c->dx[mask].v)
        memset(c->dx[mask].v, 0, c->x[mask].n * sizeof(float));
    for (int i = 0; i < (int)r->states && r->a->initial; i++) {
        int at = rt_recur_state(c, i);
        if (c->dx[at].v)
            memcpy(c->dx[at].v, first[i], c->x[at].n * sizeof(float));
    }
}
