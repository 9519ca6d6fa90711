/* Losses and metrics that users define by an expression: "masked" =
 * "categorical_crossentropy(y[:, 0:10], p) * y[:, 10]". In it y is the label, p
 * the output, and every output of the model goes by its name; functions are
 * those of the grammar (graph/expr.h), every activation, and every loss and
 * metric that has a value per sample.
 *
 * A definition never changes, nor does a list of them: a new one is a new list.
 * Models hold a list, what they were compiled with holds its own, and both are
 * shared by counting. Thread: any. */
#ifndef RT_NN_CUSTOM_H
#define RT_NN_CUSTOM_H
#include "graph/expr.h"
#include "nn/loss.h"
#include <retort/plugin.h>

struct rt_custom {
    int refs;
    char *name;
    bool metric; /* not a loss */
    struct rt_expr *expr;
    struct rt_shape label; /* row shape that was said; rank -1: by the slices */
    enum rt_mode mode;     /* of a metric: which way is better */
};
struct rt_customs {
    int refs;
    struct rt_custom **v;
    int n;
};

/* What is said of it beside the text; label NULL: by the slices. */
struct rt_custom_words {
    const char *name, *text;
    bool metric;
    const struct rt_shape *label;
    enum rt_mode mode;
};
/* A list with one more definition, or with one replaced; old may be NULL and
 * stays as it is.
 * Errors: RT_EINVAL with the place in the expression, RT_EEXIST for the name of
 *         something built in or of the other kind. */
struct rt_customs *rt_customs_define(const struct rt_customs *old,
                                     const struct rt_custom_words *w,
                                     struct rt_err *err);
struct rt_customs *rt_customs_ref(struct rt_customs *c); /* NULL is fine */
void rt_customs_unref(struct rt_customs *c);
/* The definition of that name; a metric only if it may be one. NULL: none. */
const struct rt_custom *rt_customs_find(const struct rt_customs *c,
                                        const char *name, bool metric);
/* rt_loss_find for either: whether there is such a loss.
 * Errors: RT_ENOENT with the nearest names of both. */
int rt_customs_check_loss(const struct rt_customs *c, const char *spec,
                          struct rt_err *err);

/* Row shape of the label for an output's row shape: as the output, but for a
 * last axis as wide as the slices of y need. */
struct rt_shape rt_custom_label(const struct rt_custom *c,
                                const struct rt_shape *output);
/* One value per sample (N). outputs: the model's, by name.
 * Errors: RT_ESHAPE and others, with the place. */
struct rt_node *rt_custom_build(const struct rt_custom *c, struct rt_graph *g,
                                struct rt_node *y, struct rt_node *p,
                                const struct rt_expr_name *outputs,
                                int n_outputs, struct rt_err *err);
/* The command that defines it: "loss masked {...}\n". */
void rt_custom_command(const struct rt_custom *c, struct rt_str *out);
/* What stands for the record of a custom loss. */
extern const struct rt_loss rt_loss_by_expression;

/* Every activation, loss and metric with a value per sample, for expressions.
 */
extern const struct rt_expr_functions rt_functions;
#endif
