/* Columns and rows by expressions: a graph over the columns, run over the rows
 * some at a time. */
#include "data/compute.h"

#include "base/mem.h"
#include "graph/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024 };

struct job {
    const struct rt_dataset *d;
    struct rt_graph *g;
    struct rt_node **in; /* by column */
    struct rt_node *value;
    size_t row; /* numbers of a row of the value */
};

static void job_release(struct job *j)
{
    rt_graph_free(j->g);
    free(j->in);
}

static bool by_rows(const struct rt_node *x)
{
    return x->shape.rank > 0 && x->shape.dim[0] == RT_DIM_ANY;
}

/* Nothing may mix rows: their order and number in a run mean nothing. */
static int check_rows(const struct job *j, struct rt_err *err)
{
    for (int i = 0; i < rt_graph_n(j->g); i++) {
        const struct rt_node *x = rt_graph_node(j->g, i);
        for (int k = 0; k < x->n_in; k++)
            if (by_rows(x->in[k]) && !by_rows(x))
                return rt_fail(err, RT_ESHAPE,
                               "{...} takes a value over all rows, want one "
                               "for each row: say axis=-1 or another");
    }
    return by_rows(j->value)
               ? 0
               : rt_fail(err, RT_ESHAPE,
                         "{...} gives %s, want a value for each row",
                         rt_shape_text(&j->value->shape));
}

static int build(struct job *j, const char *text,
                 const struct rt_expr_functions *functions, struct rt_err *err)
{
    const struct rt_dataset *d = j->d;
    struct rt_expr_name *names = rt_xcalloc((size_t)d->n_cols, sizeof *names);
    struct rt_expr *e = rt_expr_parse(text, err);
    int status = e ? 0 : RT_EINVAL;
    j->g = rt_graph_new();
    j->in = rt_xcalloc((size_t)d->n_cols + 1, sizeof *j->in);
    for (int i = 0; i < d->n_cols && !status; i++) {
        const struct rt_column *c = d->cols[i];
        struct rt_shape row = rt_column_shape(c), s = RT_SHAPE(RT_DIM_ANY);
        bool plain = row.rank == 1 && row.dim[0] == 1 && !c->row.rank;
        s.rank += plain ? 0 : row.rank;
        memcpy(s.dim + 1, row.dim, (size_t)(s.rank - 1) * sizeof *s.dim);
        j->in[i] = rt_graph_input(j->g, c->name, &s, err);
        names[i] = (struct rt_expr_name){ c->name, j->in[i] };
        status = j->in[i] ? 0 : RT_ENOMEM;
    }
    if (!status) {
        struct rt_expr_scope scope = { .graph = j->g,
                                       .names = names,
                                       .n_names = d->n_cols,
                                       .functions = functions };
        j->value = rt_expr_build(e, &scope, err);
        status = j->value ? check_rows(j, err) : RT_EINVAL;
    }
    if (!status)
        j->row = rt_shape_row(&j->value->shape);
    rt_expr_free(e);
    free(names);
    return status;
}

static int failed(const struct rt_plan *p, struct rt_err *err)
{
    const struct rt_err *why = rt_plan_fault(p);
    return rt_fail(err, why ? why->code : RT_EINVAL, "%s",
                   why ? why->text : "it cannot be computed");
}

static int fill(const struct job *j, struct rt_plan *p, float *const *room,
                float *out, struct rt_err *err)
{
    const struct rt_dataset *d = j->d;
    for (size_t at = 0; at < d->n_rows; at += ROWS) {
        size_t n = d->n_rows - at < ROWS ? d->n_rows - at : ROWS;
        for (int i = 0; i < d->n_cols; i++)
            if (room[i])
                rt_dataset_gather(d, d->cols[i], NULL, at, n, room[i]);
        if (!rt_plan_forward(p, (int)n, (struct rt_key){ 0 }))
            return failed(p, err);
        memcpy(out + at * j->row, rt_plan_value(p, j->value).v,
               n * j->row * sizeof *out);
    }
    return 0;
}

/* The value for all rows; NULL with err. */
static float *run(const struct job *j, struct rt_err *err)
{
    const struct rt_dataset *d = j->d;
    int most = d->n_rows < ROWS ? (int)d->n_rows : ROWS;
    float **room = rt_xcalloc((size_t)d->n_cols + 1, sizeof *room);
    bool short_of = false;
    struct rt_plan *p =
        rt_plan_new(&(struct rt_plan_spec){ .graph = j->g,
                                            .roots = &j->value,
                                            .n_roots = 1,
                                            .rows = most > 0 ? most : 1 },
                    err);
    float *out = p ? rt_try_alloc(d->n_rows * j->row + 1, sizeof *out,
                                  "computed column", err)
                   : NULL;
    for (int i = 0; i < d->n_cols && out && !short_of; i++) {
        if (!rt_plan_needs(p, j->in[i]))
            continue;
        room[i] =
            rt_try_alloc((size_t)most * rt_shape_row(&j->in[i]->shape) + 1,
                         sizeof *room[i], "rows", err);
        short_of = !room[i];
        if (room[i])
            rt_plan_bind(p, j->in[i], room[i]);
    }
    bool filled = out && !short_of && !fill(j, p, room, out, err);
    for (int i = 0; i < d->n_cols; i++)
        free(room[i]);
    free(room);
    rt_plan_free(p);
    if (filled)
        return out;
    free(out);
    return NULL;
}

struct rt_dataset *rt_dataset_compute(const struct rt_dataset *d,
                                      const char *name, const char *column,
                                      const char *text,
                                      const struct rt_expr_functions *functions,
                                      struct rt_err *err)
{
    struct job j = { .d = d };
    float *v = build(&j, text, functions, err) ? NULL : run(&j, err);
    struct rt_dataset *made = NULL;
    if (v) {
        struct rt_shape row = rt_shape_of_row(&j.value->shape);
        made = rt_dataset_copy(d, name);
        if (rt_dataset_add_floats(made, column, &row, v, err)) {
            rt_dataset_unref(made);
            made = NULL;
        }
    }
    job_release(&j);
    return made;
}

struct rt_dataset *rt_dataset_filter(const struct rt_dataset *d,
                                     const char *name, const char *text,
                                     const struct rt_expr_functions *functions,
                                     struct rt_err *err)
{
    struct job j = { .d = d };
    struct rt_dataset *made = NULL;
    int status = build(&j, text, functions, err);
    if (!status && j.row != 1)
        status = rt_fail(err, RT_ESHAPE,
                         "{...} gives %s, want one number for each row",
                         rt_shape_text(&j.value->shape));
    float *v = status ? NULL : run(&j, err);
    uint32_t *rows =
        v ? rt_try_alloc(d->n_rows + 1, sizeof *rows, "row numbers", err)
          : NULL;
    size_t n = 0;
    for (size_t i = 0; rows && i < d->n_rows; i++)
        if (v[i] != 0 && !isnan(v[i]))
            rows[n++] = (uint32_t)i;
    if (rows && !n)
        rt_fail(err, RT_EINVAL, "{...} holds for none of the %zu rows",
                d->n_rows);
    else if (rows)
        made = rt_dataset_pick(d, name, rows, n, err);
    free(rows);
    free(v);
    job_release(&j);
    return made;
}
