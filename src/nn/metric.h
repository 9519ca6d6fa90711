/* Metrics: records listed in metrics.def. A metric builds nodes that give one
 * value per sample, whose mean over all samples is shown; every loss is a
 * metric too. `accuracy` (acc) chooses its variant by the loss and the width
 * of the output, as Keras does. */
#ifndef RT_NN_METRIC_H
#define RT_NN_METRIC_H
#include "graph/ops.h"
#include "nn/loss.h"
#include <retort/plugin.h>

struct rt_metric {
    const char *name, *help, *keras, *alias;
    const struct rt_opt *opts;
    size_t args_size;
    enum rt_mode mode; /* which way is better */
    const char *unit;  /* "share", "" */
    struct rt_node *(*build)(struct rt_graph *g, const struct rt_loss *loss,
                             struct rt_node *y, struct rt_node *p,
                             const void *args, struct rt_err *err);
};
const struct rt_metric *const *rt_metrics(void);
/* A metric or a loss by spec, its nodes built: values per sample (N); mode and
 * unit out. Errors: RT_ENOENT with the nearest names. */
struct rt_node *rt_metric_build(const char *spec, struct rt_graph *g,
                                const struct rt_loss *loss, struct rt_node *y,
                                struct rt_node *p, enum rt_mode *mode,
                                const char **unit, struct rt_err *err);
#endif
