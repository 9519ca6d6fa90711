/* reset_states: recurrent layers that go on from batch to batch begin anew. */
#include "base/mem.h"
#include "nn/select.h"
#include "train/run_private.h"

#include <stdlib.h>

struct args {
    struct rt_texts layers;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, layers, .form = RT_FORM_REST, .names = RT_NAMES_LAYER,
           .help = "which layers; none are all"),
    RT_OPT_END,
};

static int apply(struct rt_run *r, const void *args, char *says, size_t n,
                 struct rt_err *err)
{
    const struct args *a = args;
    struct rt_model *m = r->model;
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    int rc = rt_select(m, a->layers.v, a->layers.n, chosen, err);
    int done = rc < 0 ? 0 : rt_model_reset_states(m, chosen);
    free(chosen);
    if (rc < 0)
        return rc;
    if (!done)
        return rt_fail(err, RT_EINVAL, "none of these layers is stateful");
    snprintf(says, n, "states of %d layer%s are zeros", done,
             done == 1 ? "" : "s");
    return 0;
}

const struct rt_order_type rt_order_reset_states = {
    .name = "reset_states",
    .help = "let stateful layers begin with zeros",
    .opts = opts,
    .args_size = sizeof(struct args),
    .apply = apply,
};
