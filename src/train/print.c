/* What print nodes report, as messages of the run. */
#include "graph/kern.h"
#include "graph/print.h"
#include "train/run_private.h"

#include <math.h>

enum { FEW = 8 };

static void add_values(const struct rt_tensor *x, struct rt_str *out)
{
    for (size_t i = 0; i < x->n; i++)
        rt_str_addf(out, "%s%.6g", i ? " " : "", (double)x->v[i]);
}

static void add_summary(const struct rt_tensor *x, struct rt_str *out)
{
    double m[6]; /* count, sum, sum of squares, min, max, zeros */
    rt_kern()->moments(x->v, x->n, m);
    double mean = m[1] / m[0], var = m[2] / m[0] - mean * mean;
    if (m[0] > 0)
        rt_str_addf(out, "mean %.6g, sd %.6g, from %.6g to %.6g", mean,
                    sqrt(var > 0 ? var : 0), m[3], m[4]);
    if (m[0] < (double)x->n)
        rt_str_addf(out, "%s%.0f of %zu not finite", m[0] > 0 ? ", " : "",
                    (double)x->n - m[0], x->n);
}

static void hear(void *who, const struct rt_print_args *a,
                 const struct rt_tensor *x)
{
    const struct rt_run *r = who;
    bool now = a->every ? (r->batch - 1) % a->every == 0 : r->batch == 1;
    struct rt_str text = RT_STR_INIT;
    if (!now || !x->n)
        return;
    if (x->n <= FEW)
        add_values(x, &text);
    else
        add_summary(x, &text);
    rt_run_log(r, RT_LOG_INFO, NULL, "%s %s at batch %lld of epoch %lld: %s",
               a->tag, rt_shape_text(&x->shape), (long long)r->batch,
               (long long)r->epoch, rt_str_c(&text));
    rt_str_release(&text);
}

void rt_run_listen(struct rt_run *r)
{
    rt_print_listen(hear, r);
}
