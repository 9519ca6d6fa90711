/* Expressions: what users write for losses, metrics, regularizers, lambda
 * layers, data columns and conditions: "mse(y[:, 0:3], p) * y[:, 3]". A text is
 * parsed to a tree; the tree becomes nodes of a graph, or one number now.
 *
 * Grammar, precedence as Python: or · and · not · < <= > >= == != (0 or 1, not
 * chained) · + - · * / % · unary - + · ^ (power, binds to the right) ·
 * a[:, 0:10] a[..., -1] · numbers, inf, pi, names, 'names with blanks', calls
 * f(x, key=value), lists [a, b]. % has the sign of the divisor.
 *
 * An error is one sentence, the line of the expression and a caret:
 *     unknown name 'q', want y or p
 *         mean(abs(y - q))
 *                      ^
 * Order: [rt_expr_fill,] rt_expr_parse, rt_expr_build or rt_expr_eval as often
 * as wanted, rt_expr_free. A tree is read-only: any number of threads. */
#ifndef RT_GRAPH_EXPR_H
#define RT_GRAPH_EXPR_H
#include "graph/ops.h"

enum { RT_EXPR_LENGTH_MAX = 16384, RT_EXPR_DEPTH_MAX = 200 };

/* The number that a name stands for.
 * Errors: RT_ENOENT and others, a sentence without the place. */
typedef int rt_expr_number_fn(void *who, const char *name, double *v,
                              struct rt_err *err);

/* The text with every $name (or ${name}) replaced by its number as it is now.
 * Caller frees. Errors: those of fn, with the place; RT_EINVAL for a number
 * that is not finite. */
char *rt_expr_fill(const char *text, rt_expr_number_fn *fn, void *who,
                   struct rt_err *err);

struct rt_expr; /* opaque */
/* Errors: RT_EINVAL with the place; longer or deeper than the limits. */
struct rt_expr *rt_expr_parse(const char *text, struct rt_err *err);
void rt_expr_free(struct rt_expr *e); /* NULL is fine */
const char *rt_expr_text(const struct rt_expr *e);
/* How many numbers its last axis must have for the slices that the expression
 * takes of `name`, whose shape with the samples is like: "y[:, 10]" of
 * (none,10) wants 11. Where it is also used whole, or counted from the end, at
 * least as many as like has. 0: not used. */
int rt_expr_columns(const struct rt_expr *e, const char *name,
                    const struct rt_shape *like);

/* ---- to nodes ------------------------------------------------------------ */

struct rt_expr_name {
    const char *name;
    struct rt_node *node;
};
/* Functions of the caller's, beside the grammar's own. */
struct rt_expr_functions {
    bool (*knows)(const char *name);
    const char *(*name)(int i); /* for suggestions; NULL past the end */
    /* spec is the name with the options given: "huber(delta=0.4)". Errors: the
     * sentence alone. */
    struct rt_node *(*call)(struct rt_graph *g, const char *spec,
                            struct rt_node *const *in, int n_in,
                            struct rt_err *err);
};
struct rt_expr_scope {
    struct rt_graph *graph;
    const struct rt_expr_name *names;
    int n_names;
    const struct rt_expr_functions *functions; /* NULL: none */
};
/* Whether every function that is called is known, before there are shapes.
 * Errors: RT_EINVAL with the place and the nearest names. */
int rt_expr_check_calls(const struct rt_expr *e,
                        const struct rt_expr_functions *f, struct rt_err *err);
/* Adds the nodes and returns the last. Broadcasting is NumPy's, but a value
 * whose first axis is the samples (RT_DIM_ANY) keeps them there: two such go
 * together only if they have equally many axes.
 * Errors: RT_ESHAPE, RT_ENOENT, RT_EINVAL with the place. */
struct rt_node *rt_expr_build(const struct rt_expr *e,
                              const struct rt_expr_scope *scope,
                              struct rt_err *err);

/* ---- to a number --------------------------------------------------------- */

/* Errors: those of fn with the place; RT_EINVAL for what wants arrays. */
int rt_expr_eval(const struct rt_expr *e, rt_expr_number_fn *fn, void *who,
                 double *v, struct rt_err *err);

/* The grammar's own functions, for help: "clip(x, lo, hi)" and a line; NULL
 * past the end. */
const char *rt_expr_function(int i, const char **help);
bool rt_expr_is_function(const char *name);
#endif
