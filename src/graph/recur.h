/* What the recurrent operators share: sizes, memory, the order of the steps,
 * and all that is not done step by step, which is the product with the kernel
 * and the gradients of both kernels, the bias and x: one product each over all
 * steps. What an operator adds is a step: a product with the recurrent kernel,
 * and gates.
 *
 * Inside, sequences lie step by step, in the order they are gone through:
 * x (T,N,F); z (T,N,G U), at first what the gates are functions of, then the
 * gates, at last the gradients of what they are functions of; h (T+1,N,U), from
 * the state before the first step. Rows of a batch do not meet within a step,
 * so each chunk of the pool goes its own way through all steps with some rows.
 *
 * A step that is masked gives the state it was given: what its gates have made
 * is written over, and backward its gradients are set aside and put back.
 *
 * Order: rt_recur_of, rt_recur_begin, rt_recur_run, rt_recur_end; backward:
 * rt_recur_of, rt_recur_turn, rt_recur_run, rt_recur_grads.
 * Thread: training. */
#ifndef RT_GRAPH_RECUR_H
#define RT_GRAPH_RECUR_H
#include "graph/kern.h"
#include "graph/op.h"

/* What an operator is, and has of its own. */
struct rt_recur_kind {
    const char *name;
    int gates;
    int kept; /* blocks (T+1,N,U) that are saved; of two states the first is
                 the cells */
    int more; /* blocks (N,U) of scratch */
};

struct rt_recur {
    const struct rt_recur_args *a;
    const struct rt_call *call; /* NULL while only sizes are asked for */
    struct rt_gate_fn act, rec;
    size_t g, t, n, f, u; /* sizes, in the letters used above */
    size_t states;        /* 1, or 2 with cells */
    size_t rows;          /* of y for each sample */
    /* Saved: */
    float *x, *z, *h;
    float *read;            /* (T,N,U): h as the recurrent kernel reads it; the
                               same as h if nothing is dropped */
    float *pre;             /* (T,N,G U): z before the gates, or NULL */
    float *mask_x, *mask_h; /* (N,F), (N,U), or NULL */
    float *kept[2];         /* of the kind */
    /* Scratch, backward alone: */
    float *across;  /* (G U,U): the recurrent kernel, transposed */
    float *dh;      /* (N,U) */
    float *aside;   /* (states,N,U): gradients past a masked step, or NULL */
    float *dx;      /* (T,N,F) */
    float *work;    /* (chunks,4 U) */
    float *more[2]; /* of the kind */
};

extern const struct rt_opt rt_recur_opts[]; /* of struct rt_recur_args */
/* Errors: RT_ESHAPE and RT_EINVAL, beginning with the operator's name. */
int rt_recur_shape(const struct rt_recur_kind *kind, const void *args,
                   const struct rt_shape *in, int n_in, struct rt_shape *out,
                   struct rt_err *err);
/* Bytes of a call's saved and of its scratch memory. */
size_t rt_recur_saved(const struct rt_recur_kind *kind, const void *args,
                      const struct rt_shape *in);
size_t rt_recur_scratch(const struct rt_recur_kind *kind, const void *args,
                        const struct rt_shape *in);
/* The functions of an operator's record that are no more than these. */
#define RT_RECUR_SIZES(kind)                                                   \
    static int shape(const void *args, const struct rt_shape *in, int n_in,    \
                     struct rt_shape *out, struct rt_err *err)                 \
    {                                                                          \
        return rt_recur_shape(kind, args, in, n_in, out, err);                 \
    }                                                                          \
    static size_t saved(const void *args, const struct rt_shape *in, int n_in, \
                        const struct rt_shape *out)                            \
    {                                                                          \
        (void)n_in, (void)out;                                                 \
        return rt_recur_saved(kind, args, in);                                 \
    }                                                                          \
    static size_t scratch(const void *args, const struct rt_shape *in,         \
                          int n_in, const struct rt_shape *out)                \
    {                                                                          \
        (void)n_in, (void)out;                                                 \
        return rt_recur_scratch(kind, args, in);                               \
    }
/* Adds the operator's node. */
struct rt_node *rt_recur_add(struct rt_graph *g, const struct rt_op *op,
                             const struct rt_recur_in *in,
                             const struct rt_recur_args *a, struct rt_err *err);
/* Which operand of a call the bias, the mask and state i are; -1: none. */
int rt_recur_bias(const struct rt_call *c);
int rt_recur_mask(const struct rt_call *c);
int rt_recur_state(const struct rt_call *c, int i);
/* Sizes by the shapes of x and the recurrent kernel, and the blocks of the
 * call's saved and scratch memory. */
struct rt_recur rt_recur_of(const struct rt_recur_kind *kind,
                            const struct rt_call *c);

/* Rows from..from+n-1 of the batch, as one chunk has them. */
struct rt_recur_part {
    size_t from, n;
    float *work; /* 4 U */
};
typedef void rt_recur_fn(void *arg, const struct rt_recur_part *p);
/* Calls fn for all parts; how the rows are cut depends on the shape alone. */
void rt_recur_run(const struct rt_recur *r, rt_recur_fn *fn, void *arg);
/* The place of a part in block (...,N,width) at step t. */
static inline float *rt_recur_at(const struct rt_recur *r,
                                 const struct rt_recur_part *p, float *block,
                                 size_t t, size_t width)
{
    return block ? block + (t * r->n + p->from) * width : NULL;
}

/* Draws masks, lays out x step by step, z = x kernel + bias; h, and the cells
 * of an operator that has such (T+1,N,U), or NULL, begin. */
void rt_recur_begin(const struct rt_recur *r, const struct rt_call *c,
                    float *cells);
/* Whether step t reads a state, or knows that it would read zeros. */
static inline bool rt_recur_reads(const struct rt_recur *r, size_t t)
{
    return t > 0 || r->a->initial;
}
/* Makes what step t reads from h[t], and adds its product with the first
 * columns of the recurrent kernel to those of z. A first step that reads zeros
 * needs no product. */
void rt_recur_ahead(const struct rt_recur *r, const struct rt_call *c,
                    const struct rt_recur_part *p, size_t t, size_t columns);
/* After step t: masked rows have in states (T+1,N,U) what they had before. */
void rt_recur_hold(const struct rt_recur *r, const struct rt_call *c,
                   const struct rt_recur_part *p, size_t t, float *states);
/* y from h and the cells. */
void rt_recur_end(const struct rt_recur *r, const struct rt_call *c,
                  const float *cells);

/* Transposes the recurrent kernel; dh and dc (N,U), or NULL, begin. */
void rt_recur_turn(const struct rt_recur *r, const struct rt_call *c,
                   float *dc);
/* Before step t backward: the gradients of masked rows, of state i, go aside
 * and are 0; put back after it. */
void rt_recur_aside(const struct rt_recur *r, const struct rt_call *c,
                    const struct rt_recur_part *p, size_t t, int i, float *d);
void rt_recur_back_again(const struct rt_recur *r, const struct rt_call *c,
                         const struct rt_recur_part *p, size_t t, int i,
                         float *d);
/* Adds to dh what y gives it at step t. */
void rt_recur_dy(const struct rt_recur *r, const struct rt_call *c,
                 const struct rt_recur_part *p, size_t t, float *dh);
/* Gradient of the state that step t read, from the first columns of z; what
 * dread holds already is added to. Through the mask. */
void rt_recur_back(const struct rt_recur *r, const struct rt_recur_part *p,
                   size_t t, size_t columns, bool add, float *dread);
/* Columns from.. of the gradient of the recurrent kernel: the product of what
 * was read (T,N,U) and dz (T,N,ldz), of the steps that read a state. */
void rt_recur_kernel_grad(const struct rt_recur *r, const struct rt_call *c,
                          const float *read, const float *dz, size_t ldz,
                          size_t from, size_t columns);
/* Gradients of x, the kernel and the (first row of the) bias, from those in z,
 * and of the states given, from dh and dc. */
void rt_recur_grads(const struct rt_recur *r, const struct rt_call *c,
                    const float *dc);
#endif
