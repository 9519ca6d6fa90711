/* What plan.c makes and exec.c runs. Nobody else includes this. */
#ifndef RT_GRAPH_PLAN_PARTS_H
#define RT_GRAPH_PLAN_PARTS_H
#include "base/vec.h"
#include "graph/op.h"
#include "graph/plan.h"

enum rt_step_kind {
    RT_STEP_FORWARD,
    RT_STEP_BACKWARD,
    RT_STEP_SEED, /* gradient of a root = its seed */
    RT_STEP_COPY, /* gradient of .to = gradient in call.dy */
    RT_STEP_ADD,  /* gradient of .to += gradient in call.dy */
    RT_STEP_ZERO, /* gradient of .to = 0: none arrives */
};

struct rt_step {
    enum rt_step_kind kind;
    const struct rt_node *node; /* FORWARD, BACKWARD: the operator's */
    int to;                     /* SEED, COPY, ADD, ZERO: whose gradient */
    int root;                   /* SEED: which root */
    struct rt_step *partner;    /* FORWARD: the BACKWARD step, or NULL */
    size_t n_saved, n_scratch;  /* FORWARD, BACKWARD: floats of the room */
    struct rt_call call;
};

/* What the plan knows of a node, by id. */
struct rt_plan_place {
    bool needed;   /* some root is computed from it */
    bool has_grad; /* between a trainable weight and a seeded root */
    int owner;     /* the node whose memory holds its value: itself, or the
                      operand it is a view of */
    struct rt_tensor value; /* for the number of rows now */
    float *grad;
};

/* The pointer to an input stands in several calls. */
struct rt_patch {
    int input;
    float **at;
};

struct rt_plan {
    const struct rt_graph *graph;
    int rows; /* the largest batch */
    int now;  /* rows the shapes stand for */
    bool training;
    const atomic_int *stop;      /* or NULL */
    struct rt_plan_place *place; /* by node id */
    int n_places;
    struct rt_step *forward, *backward;
    int n_forward, n_backward;
    RT_VEC(struct rt_patch) patches;
    double *seed;        /* by root */
    struct rt_err fault; /* of the last forward run */
    rt_plan_tap_fn *tap; /* or NULL */
    void *tap_ctx;
    float *arena;
    size_t bytes;
};

/* Floats of an operator's own room (op->saved, op->scratch; NULL: none) for the
 * shapes that stand now. */
typedef size_t rt_room_fn(const void *args, const struct rt_shape *in, int n_in,
                          const struct rt_shape *out);
size_t rt_plan_room(const struct rt_plan *p, const struct rt_node *node,
                    rt_room_fn *bytes);
/* Shapes of all needed nodes, and of the tensors in all calls, for n rows.
 * Errors: RT_ESHAPE as the operators say, RT_ENOMEM for a value larger than
 *         memory; never for n that is no larger than rows, once it has
 *         succeeded for rows. */
int rt_plan_resize(struct rt_plan *p, int n, struct rt_err *err);
#endif
