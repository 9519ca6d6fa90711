/* The list of metrics; every loss is one too. */
#include "nn/metric.h"

#include "base/schema.h"
#include "nn/spec.h"

#define RT_METRIC(name) extern const struct rt_metric rt_metric_##name;
#include "nn/metrics.def"
#undef RT_METRIC

static const struct rt_metric *const all[] = {
#define RT_METRIC(name) &rt_metric_##name,
#include "nn/metrics.def"
#undef RT_METRIC
    NULL,
};
enum { N_METRICS = (int)(sizeof all / sizeof *all) - 1 };

const struct rt_metric *const *rt_metrics(void)
{
    return all;
}

/* The metrics, then the losses. */
static struct rt_spec_name at(int i)
{
    if (i < N_METRICS) {
        const struct rt_metric *m = all[i];
        return (struct rt_spec_name){ m->name,      m->alias,       m->opts,
                                      m->args_size, m->keras_class, m->nick };
    }
    const struct rt_loss *l = rt_losses()[i - N_METRICS];
    return l ? (struct rt_spec_name){ l->name,      l->alias,       l->opts,
                                      l->args_size, l->keras_class, l->nick }
             : (struct rt_spec_name){ 0 };
}

const struct rt_metric *rt_metric_named(const char *name)
{
    int i = rt_spec_index("metric", at, name, NULL);
    return i >= 0 && i < N_METRICS ? all[i] : NULL;
}

static int stream(struct rt_metric_made *m, const struct rt_node *y,
                  const struct rt_node *p, struct rt_err *err)
{
    int width = p->shape.rank > 1 ? p->shape.dim[p->shape.rank - 1] : 1;
    if (rt_loss_check(y, p, err))
        return RT_ESHAPE;
    if (width == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE, "output is %s, want a known last axis",
                       rt_shape_text(&p->shape));
    m->width = (size_t)width;
    m->n_state = m->type->n_state(m->args, m->width);
    return RT_OK;
}

int rt_metric_make(const char *spec, struct rt_graph *g,
                   const struct rt_loss *loss, struct rt_node *y,
                   struct rt_node *p, struct rt_metric_made *out,
                   struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    err = err ? err : &own;
    int i = rt_spec_find("metric", at, spec, &out->args, err), status = 0;
    if (i < 0)
        return i;
    out->mode = RT_MODE_MIN;
    out->unit = "";
    out->each = NULL;
    out->type = NULL;
    out->n_state = 0;
    if (i >= N_METRICS) {
        out->each = rt_losses()[i - N_METRICS]->build(g, y, p, out->args, err);
        status = out->each ? 0 : err->code;
    } else {
        const struct rt_metric *m = all[i];
        out->mode = m->mode;
        out->unit = m->unit;
        if (m->build) {
            out->each = m->build(g, loss, y, p, out->args, err);
            status = out->each ? 0 : err->code;
        } else {
            out->type = m;
            status = stream(out, y, p, err);
        }
    }
    if (!out->type || status) {
        rt_args_free(out->args);
        out->args = NULL;
    }
    return status ? rt_err_within(err, "%s", spec) : RT_OK;
}
