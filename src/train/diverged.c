/* The report of a loss that is not finite: which output, which samples, where
 * it began, and how large the weights are. */
#include "train/run_private.h"

#include <math.h>
#include <stdio.h>

#define NAMED 8 /* rows or layers named at most */

/* A nan has no sign to a reader, whatever printf makes of its bits. */
static const char *number(double v, char text[32])
{
    snprintf(text, 32, "%g", v);
    return isnan(v) ? "nan" : text;
}

static void add_outputs(const struct rt_run *r, struct rt_str *out)
{
    char text[32];
    const struct rt_objective *o = r->objective;
    int n = 0;
    for (int i = 0; i < o->n_outputs; i++) {
        if (!o->outputs[i].loss || o->outputs[i].retired)
            continue;
        double v = rt_plan_value(r->train.plan, o->outputs[i].loss).v[0];
        if (!isfinite(v))
            rt_str_addf(out, "%s'%s' is %s", n++ ? ", " : "",
                        o->outputs[i].name, number(v, text));
    }
    if (n == 0)
        rt_str_addf(out,
                    "the model (its outputs' are finite, a penalty or "
                    "their sum is not) is %s",
                    number(r->tally.value[0], text));
}

static bool row_finite(const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

/* Rows of the data set whose inputs or labels are not finite. */
static int add_bad_rows(const struct rt_run *r, int rows, struct rt_str *out)
{
    const struct rt_pass *p = &r->train;
    const uint32_t *number = rt_batches_rows(p->batches);
    int found = 0;
    for (int k = 0; k < rows; k++)
        for (int i = 0; i < p->n_feeds; i++) {
            size_t n = rt_shape_count(&p->feeds[i].row);
            if (!p->x[i] || row_finite(p->x[i] + (size_t)k * n, n))
                continue;
            if (found++ < NAMED)
                rt_str_addf(out, "%s%u", found > 1 ? ", " : "", number[k]);
            break;
        }
    if (found > NAMED)
        rt_str_addf(out, " and %d more", found - NAMED);
    return found;
}

/* The row of the data set that place `at` of a node's value belongs to, or
 * -1: not one of a batch. */
static long row_at(const struct rt_run *r, const struct rt_node *node, int rows,
                   size_t at)
{
    const struct rt_shape *s = &node->shape;
    if (s->rank == 0 || s->dim[0] != RT_DIM_ANY)
        return -1;
    for (int i = 1; i < s->rank; i++)
        if (s->dim[i] == RT_DIM_ANY)
            return -1;
    size_t row = at / rt_shape_row(s);
    return row < (size_t)rows ? (long)rt_batches_rows(r->train.batches)[row]
                              : -1;
}

static void add_first(const struct rt_run *r, int rows, struct rt_key key,
                      struct rt_str *out)
{
    size_t at = 0;
    const struct rt_node *node =
        rt_plan_nonfinite(r->train.plan, rows, key, &at);
    if (!node)
        return;
    if (node->kind == RT_NODE_INPUT)
        rt_str_addf(out, "; first not finite: input '%s'", node->name);
    else if (*node->where)
        rt_str_addf(out, "; first not finite: %s of '%s'", node->name,
                    node->where);
    else
        rt_str_addf(out, "; first not finite: %s", node->name);
    long row = row_at(r, node, rows, at);
    if (row >= 0)
        rt_str_addf(out, ", row %ld", row);
}

static void add_norms(const struct rt_model *m, struct rt_str *out)
{
    int n = 0;
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        double sum = 0;
        for (int k = 0; k < l->n_weights; k++) {
            const float *v = m->weights + l->weights[k]->offset;
            for (size_t j = 0; j < l->weights[k]->n; j++)
                sum += (double)v[j] * v[j];
        }
        if (l->n_weights > 0 && n++ < NAMED)
            rt_str_addf(out, "%s%s %.4g",
                        n > 1 ? ", " : "; norms of weights: ", l->name,
                        sqrt(sum));
    }
    if (n > NAMED)
        rt_str_addf(out, " and %d more", n - NAMED);
}

void rt_run_diverged(struct rt_run *r, int rows, struct rt_key key)
{
    struct rt_str text = RT_STR_INIT, bad = RT_STR_INIT;
    rt_str_addf(&text, "epoch %lld, batch %lld: the loss of ",
                (long long)r->epoch, (long long)r->batch);
    add_outputs(r, &text);
    int n = add_bad_rows(r, rows, &bad);
    if (n)
        rt_str_addf(
            &text,
            "; not finite in the data: row%s %s (`data NAME filter` leaves "
            "rows out)",
            n > 1 ? "s" : "", rt_str_c(&bad));
    add_first(r, rows, key, &text);
    add_norms(r->model, &text);
    rt_run_log(r, RT_LOG_ERROR, NULL, "%s", rt_str_c(&text));
    rt_run_end(r, RT_RUN_FAILED, RT_ENAN, "%s", rt_str_c(&text));
    rt_str_release(&text);
    rt_str_release(&bad);
}
