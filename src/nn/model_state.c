/* What a model keeps from batch to batch: states of recurrent layers. */
#include "base/mem.h"
#include "base/schema.h"
#include "nn/model.h"

#include <stdlib.h>
#include <string.h>

int rt_input_batch(const struct rt_model_layer *input)
{
    const struct rt_opt *o =
        rt_opt_find(input->type->opts, sizeof *o, "batch_size");
    const void *at = o ? (const char *)input->args + o->offset : NULL;
    return at && *(const int *)at != RT_UNSET_INT ? *(const int *)at : 0;
}

int rt_model_batch(const struct rt_model *m)
{
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        if (l->type->max_in == RT_LAYER_NO_INPUT && rt_input_batch(l))
            return rt_input_batch(l);
    }
    return 0;
}

bool rt_model_stateful(const struct rt_model *m)
{
    for (int i = 0; i < m->n_layers; i++)
        if (m->layers[i]->n_states)
            return true;
    return false;
}

int rt_model_check_batch(const struct rt_model *m, int batch_size,
                         size_t n_rows, struct rt_err *err)
{
    int want = rt_model_batch(m);
    if (!rt_model_stateful(m))
        return RT_OK;
    if (batch_size != want)
        return rt_fail(err, RT_EINVAL,
                       "batch_size is %d, want %d: the model is stateful, and "
                       "its input says so",
                       batch_size, want);
    if (n_rows % (size_t)want)
        return rt_fail(err, RT_EINVAL,
                       "%zu rows are no whole batches of %d, as a stateful "
                       "model needs",
                       n_rows, want);
    return RT_OK;
}

int rt_model_reset_states(struct rt_model *m, const bool *chosen)
{
    int n = 0;
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        if (chosen && !chosen[i])
            continue;
        n += l->n_states > 0;
        for (int k = 0; k < l->n_states; k++) {
            const struct rt_weight *w = l->states[k];
            if (w->placed)
                memset(m->weights + w->offset, 0, w->n * sizeof *m->weights);
        }
    }
    return n;
}

/* Copies all states to v or from it; returns how many numbers they are. */
static size_t copy_states(const struct rt_model *m, float *v, bool back)
{
    size_t n = 0;
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_states; k++) {
            const struct rt_weight *w = m->layers[i]->states[k];
            float *at = m->weights + w->offset;
            if (v)
                memcpy(back ? at : v + n, back ? v + n : at, w->n * sizeof *v);
            n += w->n;
        }
    return n;
}

float *rt_model_keep_states(const struct rt_model *m)
{
    size_t n = copy_states(m, NULL, false);
    float *v = n ? rt_xcalloc(n, sizeof *v) : NULL;
    if (v)
        copy_states(m, v, false);
    return v;
}

void rt_model_put_states(struct rt_model *m, float *kept)
{
    if (kept)
        copy_states(m, kept, true);
    free(kept);
}
