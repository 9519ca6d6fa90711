/* What leads where: the layers in Keras' order, those that lead to an output,
 * whether they are a Sequential's row. */
#include "nn/fold.h"

#include "base/mem.h"
#include "nn/model_private.h"

#include <stdlib.h>
#include <string.h>

static int seq_of(const struct rt_place *p)
{
    return p->layer->calls[p->call].seq;
}

int rt_model_by_depth(const struct rt_model *m, struct rt_model_layer **out,
                      bool *chain)
{
    struct rt_fold *f = rt_fold_new(m);
    int n = 0;
    for (int i = 0; i < f->n_items; i++)
        n += rt_fold_layers(&f->items[i], out + n);
    if (chain)
        *chain = f->chain;
    rt_fold_free(f);
    return n;
}

/* Inputs stand before what reads them, so one sweep down is enough. */
void rt_model_lead(const struct rt_model *m, bool live, bool *layer)
{
    bool *used = rt_xcalloc((size_t)m->n_order + 1, sizeof *used);
    for (int i = 0; i < m->n_outputs; i++) {
        const struct rt_place *p = &m->outputs[i].place;
        if (!live || !m->outputs[i].retired)
            used[seq_of(p)] = true;
    }
    memset(layer, 0, (size_t)m->next_uid + 1);
    for (int i = m->n_order - 1; i >= 0; i--) {
        const struct rt_place *p = &m->order[i];
        const struct rt_model_call *c = &p->layer->calls[p->call];
        if (!used[i])
            continue;
        layer[p->layer->uid] = true;
        for (int k = 0; k < c->n_in; k++)
            used[seq_of(&c->in[k])] = true;
    }
    free(used);
}

int rt_model_idle(const struct rt_model *m, struct rt_model_layer **out)
{
    bool *leads = rt_xcalloc((size_t)m->next_uid + 1, sizeof *leads);
    int n = 0;
    rt_model_lead(m, false, leads);
    for (int i = 0; i < m->n_layers; i++)
        if (!leads[m->layers[i]->uid])
            out[n++] = m->layers[i];
    free(leads);
    return n;
}

/* Each call reads the one before it, and what is called is called once. */
static bool is_row(const struct rt_fold *f)
{
    for (int i = 1; i < f->n_calls; i++) {
        const struct rt_fold_call *c = &f->calls[i];
        if (f->items[c->item].n_calls != 1 || c->n_in != 1 || c->in->tensor ||
            c->in->item != f->calls[i - 1].item)
            return false;
    }
    const struct rt_model_layer *first = f->items[f->calls->item].layer;
    return first && first == f->model->inputs[0].layer;
}

static bool ends_row(const struct rt_fold *f)
{
    if (!f->model->n_outputs)
        return true;
    struct rt_fold_place p = rt_fold_place(f, &f->model->outputs[0].place);
    return p.item == f->calls[f->n_calls - 1].item;
}

bool rt_model_is_sequential(const struct rt_model *m)
{
    if (m->n_inputs != 1 || m->n_order < 2 || m->n_outputs > 1)
        return false;
    struct rt_fold *f = rt_fold_new(m);
    bool is = is_row(f) && ends_row(f);
    if (is) {
        char *name = rt_xprintf("%s_input", f->items[f->calls[1].item].name);
        is = !strcmp(name, m->inputs[0].layer->name);
        free(name);
    }
    rt_fold_free(f);
    return is;
}
