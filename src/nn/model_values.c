/* Values that a command is about to write over, put aside for undo. They change
 * places with those of the model, so that undo and redo allocate nothing. */
#include "base/vec.h"
#include "nn/model_private.h"
#include "nn/select.h"

#include <stdlib.h>
#include <string.h>

struct rt_model_values {
    struct aside {
        struct rt_weight *weight; /* of a layer that the owner counts */
        float *v;                 /* its values, then n_slots slots of it */
    } * v;
    int n, n_slots;
    unsigned slots_epoch;
    int64_t iterations;
    double m_schedule;
    size_t bytes;
};

void rt_model_values_free(struct rt_model_values *k)
{
    if (!k)
        return;
    for (int i = 0; i < k->n; i++)
        free(k->v[i].v);
    free(k->v);
    free(k);
}

size_t rt_model_values_bytes(const struct rt_model_values *k)
{
    return k->bytes;
}

static int put_aside(struct rt_model_values *k, const struct rt_model *m,
                     struct rt_weight *w, struct rt_err *err)
{
    size_t each = w->n * sizeof(float);
    float *v = rt_try_alloc(w->n * (size_t)(1 + k->n_slots), sizeof *v,
                            "values put aside for undo", err);
    if (!v)
        return RT_ENOMEM;
    memcpy(v, m->weights + w->offset, each);
    for (int s = 0; s < k->n_slots; s++)
        memcpy(v + w->n * (size_t)(s + 1), m->slots[s] + w->offset, each);
    k->v[k->n++] = (struct aside){ w, v };
    k->bytes += each * (size_t)(1 + k->n_slots);
    return RT_OK;
}

struct rt_model_values *rt_model_values_take(struct rt_model *m,
                                             const bool *chosen, bool slots,
                                             struct rt_err *err)
{
    struct rt_model_values *k = rt_xcalloc(1, sizeof *k);
    size_t n = 0;
    for (int i = 0; i < m->n_layers; i++)
        n += (size_t)m->layers[i]->n_weights;
    k->v = rt_xcalloc(n + 1, sizeof *k->v);
    k->n_slots = slots ? m->n_slots : 0;
    k->slots_epoch = m->slots_epoch;
    k->iterations = m->iterations;
    k->m_schedule = m->m_schedule;
    for (int i = 0; i < m->n_layers; i++)
        for (int w = 0; chosen[i] && w < m->layers[i]->n_weights; w++)
            if (put_aside(k, m, m->layers[i]->weights[w], err)) {
                rt_model_values_free(k);
                return NULL;
            }
    return k;
}

static void swap(float *a, float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = a[i];
        a[i] = b[i];
        b[i] = v;
    }
}

void rt_model_values_swap(struct rt_model *m, struct rt_model_values *k)
{
    bool slots = k->n_slots && k->slots_epoch == m->slots_epoch;
    for (int i = 0; i < k->n; i++) {
        const struct rt_weight *w = k->v[i].weight;
        if (!w->placed) {
            if (w->kept)
                swap(w->kept, k->v[i].v, w->n);
            continue;
        }
        swap(m->weights + w->offset, k->v[i].v, w->n);
        for (int s = 0; slots && s < k->n_slots && s < m->n_slots; s++)
            swap(m->slots[s] + w->offset, k->v[i].v + w->n * (size_t)(s + 1),
                 w->n);
    }
    if (!slots)
        return;
    int64_t iterations = m->iterations;
    double m_schedule = m->m_schedule;
    m->iterations = k->iterations;
    m->m_schedule = k->m_schedule;
    k->iterations = iterations;
    k->m_schedule = m_schedule;
}
