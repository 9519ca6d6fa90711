/* The order in which Keras lists the layers of a model: by depth. */
#include "nn/model.h"

#include "base/mem.h"
#include "nn/model_private.h"

#include <stdlib.h>
#include <string.h>

/* One walk up from the outputs over calls, which are known by their place in
 * rt_model.order. */
struct walk {
    const struct rt_model *m;
    bool *done;    /* per call */
    int *depth;    /* per call: longest way to an output */
    int *finished; /* calls, each after all it reads */
    int n_finished;
    int *met;         /* per layer uid: when it was met, 0 not yet */
    int *layer_depth; /* per layer uid */
    int n_met;
};

static int seq_of(const struct rt_place *p)
{
    return p->layer->calls[p->call].seq;
}

static const struct rt_model_call *call_at(const struct rt_model *m, int seq)
{
    return &m->order[seq].layer->calls[m->order[seq].call];
}

static void climb(struct walk *w, int seq)
{
    const struct rt_model_call *c = call_at(w->m, seq);
    int uid = w->m->order[seq].layer->uid;
    if (w->done[seq])
        return;
    w->done[seq] = true;
    if (!w->met[uid])
        w->met[uid] = ++w->n_met;
    for (int i = 0; i < c->n_in; i++)
        climb(w, seq_of(&c->in[i]));
    w->finished[w->n_finished++] = seq;
}

/* From the outputs; then from ends that nobody reads and nobody made an
 * output, so that a model in the making shows all its layers. */
static void climb_all(struct walk *w)
{
    const struct rt_model *m = w->m;
    bool *read = rt_xcalloc((size_t)m->n_order + 1, sizeof *read);
    for (int i = 0; i < m->n_order; i++) {
        const struct rt_model_call *c = call_at(m, i);
        for (int k = 0; k < c->n_in; k++)
            read[seq_of(&c->in[k])] = true;
    }
    for (int i = 0; i < m->n_outputs; i++)
        climb(w, seq_of(&m->outputs[i].place));
    for (int i = 0; i < m->n_order; i++)
        if (!read[i])
            climb(w, i);
    free(read);
}

/* Readers come before what they read; a layer lies as deep as its deepest
 * call, and so do the calls seen after that. */
static void sink(struct walk *w)
{
    for (int i = w->n_finished - 1; i >= 0; i--) {
        int seq = w->finished[i];
        const struct rt_model_call *c = call_at(w->m, seq);
        int *of_layer = &w->layer_depth[w->m->order[seq].layer->uid];
        if (w->depth[seq] < *of_layer)
            w->depth[seq] = *of_layer;
        *of_layer = w->depth[seq];
        for (int k = 0; k < c->n_in; k++) {
            int *below = &w->depth[seq_of(&c->in[k])];
            if (*below < w->depth[seq] + 1)
                *below = w->depth[seq] + 1;
        }
    }
}

static bool is_chain(const struct walk *w)
{
    for (int i = 0; i < w->m->n_order; i++) {
        if (call_at(w->m, i)->n_in > 1 || w->m->order[i].layer->n_calls > 1)
            return false;
        for (int k = 0; k < i; k++)
            if (w->depth[k] == w->depth[i])
                return false;
    }
    return true;
}

static bool before(const struct walk *w, const struct rt_model_layer *a,
                   const struct rt_model_layer *b)
{
    int da = w->layer_depth[a->uid], db = w->layer_depth[b->uid];
    return da != db ? da > db : w->met[a->uid] < w->met[b->uid];
}

/* By insertion: layers come nearly in order as they were made. */
static int sort_layers(const struct walk *w, struct rt_model_layer **out)
{
    int n = 0;
    for (int i = 0; i < w->m->n_layers; i++) {
        struct rt_model_layer *l = w->m->layers[i];
        int at = n++;
        for (; at > 0 && before(w, l, out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = l;
    }
    return n;
}

int rt_model_by_depth(const struct rt_model *m, struct rt_model_layer **out,
                      bool *chain)
{
    size_t n = (size_t)m->n_order + 1, uids = (size_t)m->next_uid + 1;
    struct walk w = {
        .m = m,
        .done = rt_xcalloc(n, sizeof *w.done),
        .depth = rt_xcalloc(n, sizeof *w.depth),
        .finished = rt_xcalloc(n, sizeof *w.finished),
        .met = rt_xcalloc(uids, sizeof *w.met),
        .layer_depth = rt_xcalloc(uids, sizeof *w.layer_depth),
    };
    climb_all(&w);
    sink(&w);
    if (chain)
        *chain = is_chain(&w);
    int count = sort_layers(&w, out);
    free(w.done);
    free(w.depth);
    free(w.finished);
    free(w.met);
    free(w.layer_depth);
    return count;
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

bool rt_model_is_sequential(const struct rt_model *m)
{
    if (m->n_inputs != 1 || m->n_order < 2 || m->n_outputs > 1 ||
        m->order[0].layer != m->inputs[0].layer)
        return false;
    for (int i = 1; i < m->n_order; i++) {
        const struct rt_model_layer *l = m->order[i].layer;
        const struct rt_place *in = l->calls[0].in;
        if (l->n_calls != 1 || l->calls[0].n_in != 1 || in->tensor ||
            in->layer != m->order[i - 1].layer)
            return false;
    }
    char *name = rt_xprintf("%s_input", m->order[1].layer->name);
    bool same = !strcmp(name, m->inputs[0].layer->name);
    free(name);
    return same && (!m->n_outputs || m->outputs[0].place.layer ==
                                         m->order[m->n_order - 1].layer);
}
