/* A model's own graph with one scalar on top, weight by weight through
 * rt_gradcheck. */
#include "nn/model_check.h"

#include "base/mem.h"
#include "graph/gradcheck.h"
#include "graph/op.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 4 }; /* but where states are for as many as a batch has */

struct job {
    struct rt_model *m;
    const struct rt_model_check_how *how;
    struct rt_graph *g;
    struct rt_built built;
    struct rt_node *root;
    float **inputs; /* by input node, in order of id */
    int n_inputs, n_weights, rows;
    size_t *offset;
    bool *tried; /* by weight number */
    struct rt_key key;
};

/* ---- what is differentiated ----------------------------------------------
 */

/* Random numbers from -1 to 1, as wide as keeps a sum over them at about 1. */
static struct rt_node *random_row(struct job *j, const struct rt_shape *like,
                                  int stream, struct rt_err *err)
{
    struct rt_shape row = rt_shape_of_row(like);
    size_t n = rt_shape_count(&row);
    float *v = rt_try_alloc(n + 1, sizeof *v, "gradcheck", err);
    if (!v)
        return NULL;
    rt_rng_uniform(rt_key_int(j->key, (uint64_t)stream), 0, v, n);
    for (size_t i = 0; i < n; i++)
        v[i] = (2 * v[i] - 1) * (float)sqrt(3.0 / (double)n);
    struct rt_node *node = rt_graph_const(j->g, &row, v, err);
    free(v);
    return node;
}

/* Rows weigh differently too, or batch normalisation would hide its own. */
static struct rt_node *combine(struct job *j, struct rt_node *out, int i,
                               struct rt_node *rows, struct rt_err *err)
{
    struct rt_node *with = random_row(j, &out->shape, i, err);
    struct rt_node *each =
        with ? rt_op_binary(j->g, RT_BINARY_mul, out, with, err) : NULL;
    if (each && each->shape.rank > 1)
        each = rt_op_reduce(j->g, RT_REDUCE_sum, each, RT_AXES_FROM(1), false,
                            err);
    return each ? rt_op_batch_mean(j->g, each, rows, err) : NULL;
}

static int build(struct job *j, struct rt_err *err)
{
    const struct rt_model *m = j->m;
    struct rt_node **in = rt_xcalloc((size_t)m->n_inputs + 1, sizeof *in);
    struct rt_node **out = rt_xcalloc((size_t)m->n_outputs + 1, sizeof *out);
    j->g = rt_graph_new();
    int rc = rt_model_build(m, j->g, in, out, NULL, &j->built, err);
    struct rt_node *rows =
        rc ? NULL : rt_graph_input(j->g, "rows", &RT_SHAPE(RT_DIM_ANY), err);
    for (int i = 0; rows && i < m->n_outputs; i++) {
        struct rt_node *part = combine(j, out[i], i, rows, err);
        j->root = !part ? NULL
                  : j->root
                      ? rt_op_binary(j->g, RT_BINARY_add, j->root, part, err)
                      : part;
        if (!j->root)
            rows = NULL;
    }
    for (int i = 0; rows && i < j->built.n_penalties; i++)
        j->root = rt_op_binary(j->g, RT_BINARY_add, j->root,
                               j->built.penalties[i], err);
    free(in);
    free(out);
    return rows && j->root ? 0 : err->code;
}

/* ---- inputs --------------------------------------------------------------
 */

/* How many rows the table has that an input's numbers mean; 0: they are no
 * such numbers. */
static int table_rows(const struct job *j, const struct rt_node *input)
{
    for (int id = 0; id < rt_graph_n(j->g); id++) {
        const struct rt_node *node = rt_graph_node(j->g, id);
        if (node->kind != RT_NODE_OP || node->in[0] != input)
            continue;
        if (node->op->flags & RT_OP_INDEX)
            return node->in[1]->shape.dim[0];
        int further = node->op->flags & RT_OP_VIEW ? table_rows(j, node) : 0;
        if (further)
            return further;
    }
    return 0;
}

static int fill_input(struct job *j, const struct rt_node *node,
                      struct rt_err *err)
{
    struct rt_shape all = node->shape;
    all.dim[0] = j->rows;
    for (int i = 1; i < all.rank; i++)
        if (all.dim[i] == RT_DIM_ANY)
            return rt_fail(err, RT_ESHAPE,
                           "input '%s' is %s: a length that is not known yet "
                           "cannot be tried",
                           node->name, rt_shape_text(&node->shape));
    size_t n = rt_shape_count(&all);
    float *v = rt_try_alloc(n + 1, sizeof *v, "gradcheck", err);
    if (!v)
        return RT_ENOMEM;
    rt_rng_uniform(rt_key_text(j->key, node->name), 0, v, n);
    int rows = table_rows(j, node);
    for (size_t i = 0; i < n; i++)
        v[i] = rows ? floorf(v[i] * (float)rows) : 2 * v[i] - 1;
    j->inputs[j->n_inputs++] = v;
    return 0;
}

static int fill_inputs(struct job *j, struct rt_err *err)
{
    size_t most = (size_t)rt_graph_n(j->g) + 1;
    int rc = 0;
    j->inputs = rt_xcalloc(most, sizeof *j->inputs);
    for (int id = 0; id < rt_graph_n(j->g) && !rc; id++)
        if (rt_graph_node(j->g, id)->kind == RT_NODE_INPUT)
            rc = fill_input(j, rt_graph_node(j->g, id), err);
    return rc;
}

/* ---- weights -------------------------------------------------------------
 */

static bool is_chosen(const struct job *j, const struct rt_weight *w)
{
    if (w->fixed)
        return false;
    for (int i = 0; j->how->chosen && i < j->m->n_layers; i++)
        if (j->m->layers[i] == w->layer)
            return j->how->chosen[i];
    return true;
}

static int try_weight(struct job *j, int number, struct rt_model_check *out,
                      struct rt_err *err)
{
    struct rt_gradcheck c;
    j->tried[number] = true;
    int rc = rt_gradcheck(j->g, j->root, j->offset, j->m->weights, j->tried,
                          (const float *const *)j->inputs, j->rows, true,
                          j->key, j->how->most, j->how->tol, &c, err);
    j->tried[number] = false;
    if (!rc)
        out->v[out->n++] = (struct rt_weight_check){
            .weight = j->built.by_number[number],
            .n = c.n,
            .worst = c.worst,
            .at = c.at,
            .numeric = c.numeric,
            .analytic = c.analytic,
        };
    return rc;
}

static int try_all(struct job *j, struct rt_model_check *out,
                   struct rt_err *err)
{
    size_t n = (size_t)rt_graph_n_weights(j->g);
    int rc = 0;
    j->offset = rt_xcalloc(n + 1, sizeof *j->offset);
    j->tried = rt_xcalloc(n + 1, sizeof *j->tried);
    out->v = rt_xcalloc(n + 1, sizeof *out->v);
    for (size_t i = 0; i < n; i++)
        j->offset[i] = j->built.by_number[i]->offset;
    for (size_t i = 0; i < n && !rc; i++) {
        if (!is_chosen(j, j->built.by_number[i]))
            continue;
        if (j->how->interrupted && j->how->interrupted())
            rc = rt_fail(err, RT_ECANCEL, "interrupted");
        else
            rc = try_weight(j, (int)i, out, err);
    }
    return rc;
}

int rt_model_check(struct rt_model *m, const struct rt_model_check_how *how,
                   struct rt_model_check *out, struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    struct job j = { .m = m, .how = how };
    *out = (struct rt_model_check){ 0 };
    if (!err)
        err = &own;
    if (!m->n_outputs)
        return rt_fail(err, RT_ESTATE, "model '%s' has no output yet", m->name);
    j.rows = rt_model_stateful(m) ? rt_model_batch(m) : ROWS;
    j.key = rt_key_make(how->seed, RT_FOR_TEST);
    int rc = rt_model_ready(m, err);
    if (!rc)
        rc = build(&j, err);
    if (!rc)
        rc = fill_inputs(&j, err);
    if (!rc)
        rc = try_all(&j, out, err);
    for (int i = 0; i < j.n_inputs; i++)
        free(j.inputs[i]);
    free(j.inputs);
    free(j.offset);
    free(j.tried);
    rt_built_release(&j.built);
    rt_graph_free(j.g);
    if (rc) {
        free(out->v);
        *out = (struct rt_model_check){ 0 };
    }
    return rc;
}
