/* Options of layers that are there, changed. */
#include "nn/model.h"

#include "base/mem.h"
#include "base/schema.h"
#include "nn/model_private.h"

#include <stdlib.h>

/* Whether all of it still builds. */
static int try_build(const struct rt_model *m, struct rt_err *err)
{
    struct rt_graph *g = rt_graph_new();
    struct rt_built built = { 0 };
    struct rt_node **in = rt_xcalloc((size_t)m->n_inputs + 1, sizeof *in);
    struct rt_node **out = rt_xcalloc((size_t)m->n_outputs + 1, sizeof *out);
    int status = rt_model_build(m, g, in, out, NULL, &built, err);
    rt_built_release(&built);
    rt_graph_free(g);
    free(in);
    free(out);
    return status;
}

int rt_model_change(struct rt_model *m, struct rt_model_layer *const *layers,
                    int n, const char *const *words, int n_words,
                    struct rt_err *err)
{
    int made = 0, status = rt_model_editable(m, err);
    void **before = rt_xcalloc((size_t)n + 1, sizeof *before);
    for (; made < n && !status; made++) {
        struct rt_model_layer *l = layers[made];
        void *args =
            rt_args_change(l->type->opts, sizeof(struct rt_opt),
                           l->type->args_size, l->args, words, n_words, err);
        if (!args) {
            status = rt_err_within(err, "layer '%s'", l->name);
            break;
        }
        before[made] = l->args;
        l->args = args;
    }
    if (!status)
        status = try_build(m, err);
    for (int i = 0; i < made; i++) {
        rt_args_free(status ? layers[i]->args : before[i]);
        if (status)
            layers[i]->args = before[i];
    }
    free(before);
    if (status)
        return status;
    rt_model_rebuild(m);
    rt_model_edited(m);
    return RT_OK;
}
