/* Who hears what print nodes report (rt_op_print). The training thread listens
 * while it runs a batch. */
#ifndef RT_GRAPH_PRINT_H
#define RT_GRAPH_PRINT_H
#include "graph/ops.h"
#include "graph/tensor.h"

/* x as it is now; borrowed for the call. */
typedef void rt_print_fn(void *who, const struct rt_print_args *args,
                         const struct rt_tensor *x);
/* fn hears the print nodes that this thread runs in training from now on; NULL:
 * nobody does. */
void rt_print_listen(rt_print_fn *fn, void *who);
#endif
