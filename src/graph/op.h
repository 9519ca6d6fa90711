/* Operators: one constant record each with its shape rule, forward and backward
 * kernels. Listed in ops.def; tests sweep over the list.
 * To add one: copy op_softmax.c, write its line in ops.def and its constructor
 * in ops.h. */
#ifndef RT_GRAPH_OP_H
#define RT_GRAPH_OP_H
#include "base/rng.h"
#include "graph/graph.h"
#include "graph/tensor.h"
#include <retort/plugin.h>

#define RT_OP_IN_MAX 16

/* One operator at one batch. Thread: training (the kernels may use the pool).
 */
struct rt_call {
    const void *args;
    int n_in;
    struct rt_tensor x[RT_OP_IN_MAX];
    struct rt_tensor y;
    /* backward alone: */
    struct rt_tensor dy;
    struct rt_tensor dx[RT_OP_IN_MAX]; /* .v NULL where not wanted; is
                                          overwritten, never added to */
    void *saved;                       /* kept from forward to backward, which
                                          may overwrite it: it runs once */
    void *scratch;                     /* anything during one call */
    bool training;
    struct rt_err *fault; /* forward: set by rt_fail where a value makes no
                             sense (an index that is none); it ends the run */
    struct rt_key key;    /* of the node's random stream at this step */
};

enum {
    RT_OP_IN_PLACE = 1,    /* y may be x[0]; dx[0] may be dy, so a backward
                              that gives several dx writes dx[0] last */
    RT_OP_BACK_X = 2,      /* backward reads x */
    RT_OP_BACK_Y = 4,      /* backward reads y */
    RT_OP_VIEW = 8,        /* y is x[0]'s memory under another shape */
    RT_OP_RANDOM = 16,     /* draws from key */
    RT_OP_TRAIN_ONLY = 32, /* outside training y is x[0], nothing is run */
    RT_OP_NO_GRAD = 64,    /* gradient is zero by definition */
    RT_OP_INDEX = 128,     /* x[0] are numbers of rows of x[1] */
};

struct rt_op {
    const char *name, *help;
    const struct rt_opt *opts; /* of args, for tests and listing */
    size_t args_size;
    int min_in, max_in;
    unsigned flags;
    /* RT_DIM_ANY passes through where it can. Errors: RT_ESHAPE, RT_EINVAL,
     * one sentence with the shapes and what was wanted. */
    int (*shape)(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err);
    /* Bytes for the shapes of the largest batch; NULL is none. Smaller batches
     * run in the same room: never more for fewer rows. */
    size_t (*saved)(const void *args, const struct rt_shape *in, int n_in,
                    const struct rt_shape *out);
    size_t (*scratch)(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out);
    void (*forward)(struct rt_call *c);
    void (*backward)(struct rt_call *c);
    /* One or more shapes of inputs and words of args, tried by the sweep:
     * "3x4 4x5" and "activation=relu"; several cases, NULL-terminated. */
    struct rt_op_test {
        const char *in, *words;
        double lo, hi; /* range of the inputs' values; both 0: -2..2 */
    } tests[8];
};

#define RT_OP(name) extern const struct rt_op rt_operator_##name;
#include "graph/ops.def"
#undef RT_OP

/* For rt_op.shape where the result has the shape of the first operand. */
int rt_op_shape_same(const void *args, const struct rt_shape *in, int n_in,
                     struct rt_shape *out, struct rt_err *err);
/* All records, sorted by name, NULL-terminated. */
const struct rt_op *const *rt_ops(void);
const struct rt_op *rt_op_find(const char *name);
#endif
