/* The tree of an expression, and what its files share. Nobody else includes
 * this. */
#ifndef RT_GRAPH_EXPR_TREE_H
#define RT_GRAPH_EXPR_TREE_H
#include "base/arena.h"
#include "graph/expr.h"
#include "graph/op.h"

enum rt_expr_kind {
    RT_EXPR_NUMBER,
    RT_EXPR_NAME, /* quoted or not */
    RT_EXPR_UNARY,
    RT_EXPR_BINARY,
    RT_EXPR_CALL,
    RT_EXPR_SLICE, /* of arg[0] */
    RT_EXPR_LIST,
};

/* Sign, binding power (a higher one binds tighter). */
#define RT_EXPR_OPS(X)                                                         \
    X(OR, "or", 1)                                                             \
    X(AND, "and", 2)                                                           \
    X(NOT, "not", 3)                                                           \
    X(LE, "<=", 4)                                                             \
    X(GE, ">=", 4)                                                             \
    X(EQ, "==", 4)                                                             \
    X(NE, "!=", 4)                                                             \
    X(LT, "<", 4)                                                              \
    X(GT, ">", 4)                                                              \
    X(ADD, "+", 5)                                                             \
    X(SUB, "-", 5)                                                             \
    X(MUL, "*", 6)                                                             \
    X(DIV, "/", 6)                                                             \
    X(MOD, "%", 6)                                                             \
    X(NEG, "-", 7)                                                             \
    X(POW, "^", 8)
enum rt_expr_op {
#define X(name, sign, power) RT_EXPR_##name,
    RT_EXPR_OPS(X) RT_EXPR_N_OPS
#undef X
};

enum rt_index_kind {
    RT_INDEX_DOTS,  /* ... */
    RT_INDEX_ONE,   /* from */
    RT_INDEX_RANGE, /* from:to, either may be left out */
};
struct rt_expr_index {
    enum rt_index_kind kind;
    int from, to;
    bool has_from, has_to;
    int at;
};

struct rt_expr_node {
    enum rt_expr_kind kind;
    int at;    /* offset of its sign or name in the text */
    int depth; /* of the tree below, itself included */
    bool constant;
    bool quoted; /* NAME */
    double number;
    const char *name; /* NAME, CALL */
    enum rt_expr_op op;
    struct rt_expr_node **arg;
    const char **key; /* CALL: name of an argument given as key=; or NULL */
    int n_args;
    struct rt_expr_index *index;
    int n_index;
};

struct rt_expr {
    struct rt_arena arena;
    const char *text;
    struct rt_expr_node *top;
};

/* Puts the line of text around the offset and a caret behind the sentence of
 * err; returns its code. */
int rt_expr_mark(const char *text, int at, struct rt_err *err);

/* A function of the grammar. */
struct rt_expr_made; /* expr_build.c */
struct rt_expr_record {
    const char *name, *usage, *help;
    int min, max;     /* arguments without a key */
    const char *keys; /* a space between; "" none */
    struct rt_node *(*build)(struct rt_expr_made *m,
                             const struct rt_expr_node *call,
                             struct rt_err *err);
    /* Of single numbers; NULL: there is nothing to say about them. */
    double (*eval)(const double *v, int n);
};
const struct rt_expr_record *rt_expr_record(const char *name);
const struct rt_expr_record *rt_expr_record_at(int i); /* NULL past the end */
int rt_expr_n_records(void);
/* Whether the arguments are as the record wants them.
 * Errors: RT_EINVAL with the place. */
int rt_expr_args_check(const char *text, const struct rt_expr_record *f,
                       const struct rt_expr_node *call, struct rt_err *err);
/* The argument given by key, or NULL. */
const struct rt_expr_node *rt_expr_arg(const struct rt_expr_node *call,
                                       const char *key);
/* How many arguments have no key; they come first. */
int rt_expr_n_values(const struct rt_expr_node *call);

/* For the functions' builders. */
struct rt_expr_made {
    const struct rt_expr *expr;
    const struct rt_expr_scope *scope;
};
struct rt_node *rt_expr_node_build(struct rt_expr_made *m,
                                   const struct rt_expr_node *t,
                                   struct rt_err *err);
/* Whether two values go together element by element.
 * Errors: RT_ESHAPE, the sentence alone. */
int rt_expr_meet(const struct rt_node *a, const struct rt_node *b,
                 struct rt_err *err);
/* NULL with the sentence alone. */
struct rt_node *rt_expr_binary(struct rt_expr_made *m, enum rt_binary f,
                               struct rt_node *a, struct rt_node *b,
                               struct rt_err *err);
/* The number of a constant subtree. Errors: RT_EINVAL "want a number". */
int rt_expr_constant(const struct rt_expr *e, const struct rt_expr_node *t,
                     double *v, struct rt_err *err);
/* rt_expr_constant, and whole. */
int rt_expr_whole(const struct rt_expr *e, const struct rt_expr_node *t, int *v,
                  struct rt_err *err);
#endif
