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
        return (struct rt_spec_name){ m->name, m->alias, m->opts,
                                      m->args_size };
    }
    const struct rt_loss *l = rt_losses()[i - N_METRICS];
    return l ? (struct rt_spec_name){ l->name, l->alias, l->opts, l->args_size,
                                      l->keras_class }
             : (struct rt_spec_name){ 0 };
}

struct rt_node *rt_metric_build(const char *spec, struct rt_graph *g,
                                const struct rt_loss *loss, struct rt_node *y,
                                struct rt_node *p, enum rt_mode *mode,
                                const char **unit, struct rt_err *err)
{
    void *args;
    int i = rt_spec_find("metric", at, spec, &args, err);
    if (i < 0)
        return NULL;
    struct rt_node *value;
    if (i < N_METRICS) {
        *mode = all[i]->mode;
        *unit = all[i]->unit;
        value = all[i]->build(g, loss, y, p, args, err);
    } else {
        *mode = RT_MODE_MIN;
        *unit = "";
        value = rt_losses()[i - N_METRICS]->build(g, y, p, args, err);
    }
    rt_args_free(args);
    if (!value)
        rt_err_within(err, "%s", spec);
    return value;
}
