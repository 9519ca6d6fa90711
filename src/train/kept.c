/* What a hook does with sets of layers: which they are, and copies of weights
 * that are kept under a number and put back. */
#include "nn/select.h"
#include "train/callback_private.h"
#include "train/run_private.h"

/* ---- layers -------------------------------------------------------------- */

/* The layers of a set, as rt_select gives them; NULL with err. */
static bool *select_layers(const struct rt_hook *at, const char *set,
                           struct rt_err *err)
{
    const struct rt_model *m = at->run->model;
    const char **words;
    int n;
    if (rt_line_split(set, &words, &n, err))
        return NULL;
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    int found = rt_select(m, words, n, chosen, err);
    free(words);
    if (found >= 0)
        return chosen;
    free(chosen);
    return NULL;
}

int rt_host_layer_in(struct rt_hook *at, const char *set, int i)
{
    struct rt_err err = RT_ERR_INIT;
    bool *chosen = select_layers(at, set, &err);
    int found = -1;
    if (!chosen)
        return rt_host_failed(at, &err);
    for (int k = 0; k < at->run->model->n_layers && i >= 0; k++)
        if (chosen[k] && i-- == 0)
            found = k;
    free(chosen);
    return found < 0 ? rt_host_refuse(at, "'%s' has no more layers", set)
                     : found;
}

/* ---- weights ------------------------------------------------------------- */

static int find_kept(const struct rt_hook *at, int slot)
{
    for (int i = 0; i < at->kept.n; i++)
        if (at->kept.v[i].slot == slot)
            return i;
    return -1;
}

static void release_kept(struct rt_kept *k)
{
    free(k->layers);
    free(k->weights);
}

void rt_host_drop_weights(struct rt_hook *at, int slot)
{
    int i = find_kept(at, slot);
    if (i < 0)
        return;
    release_kept(&at->kept.v[i]);
    rt_vec_remove(&at->kept, i);
}

/* Layers by their names alone, so that a set that means others later (an output
 * that was retired) puts back what was kept. */
static char *names_of(const struct rt_model *m, const bool *chosen)
{
    struct rt_str names = RT_STR_INIT;
    for (int i = 0; i < m->n_layers; i++)
        if (chosen[i]) {
            rt_str_addf(&names, "%s\"", names.n ? " " : "");
            for (const char *p = m->layers[i]->name; *p; p++) {
                if (*p == '"' || *p == '\\')
                    rt_str_addc(&names, '\\');
                rt_str_addc(&names, *p);
            }
            rt_str_addc(&names, '"');
        }
    return rt_str_take(&names);
}

/* Floats of a copy. */
static size_t size_of(const struct rt_model *m, const bool *chosen)
{
    size_t n = 0;
    for (int i = 0; chosen && i < m->n_layers; i++)
        for (int k = 0; chosen[i] && k < m->layers[i]->n_weights; k++)
            n += m->layers[i]->weights[k]->n;
    return chosen ? n : m->n_params;
}

/* Between the arena and a copy. */
static void copy_weights(struct rt_model *m, const bool *chosen, float *kept,
                         bool back)
{
    if (!chosen) {
        memcpy(back ? m->weights : kept, back ? kept : m->weights,
               m->n_params * sizeof *kept);
        return;
    }
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; chosen[i] && k < m->layers[i]->n_weights; k++) {
            const struct rt_weight *w = m->layers[i]->weights[k];
            float *own = m->weights + w->offset;
            memcpy(back ? own : kept, back ? kept : own, w->n * sizeof *kept);
            kept += w->n;
        }
}

/* A slot for these layers (NULL: all), which may hold such a copy already; NULL
 * with err. */
static float *make_slot(struct rt_hook *at, int slot, const bool *chosen,
                        struct rt_err *err)
{
    const struct rt_model *m = at->run->model;
    char *layers = chosen ? names_of(m, chosen) : NULL;
    int i = find_kept(at, slot);
    if (i >= 0 && (!layers == !at->kept.v[i].layers) &&
        (!layers || !strcmp(layers, at->kept.v[i].layers))) {
        free(layers);
        return at->kept.v[i].weights;
    }
    float *w = rt_try_alloc(size_of(m, chosen) + 1, sizeof *w,
                            "a copy of the weights", err);
    struct rt_kept one = { .slot = slot, .layers = layers, .weights = w };
    if (!w) {
        free(layers);
        return NULL;
    }
    rt_host_drop_weights(at, slot);
    rt_vec_push(&at->kept, one);
    return w;
}

static int keep(struct rt_hook *at, int slot, const bool *chosen)
{
    struct rt_err err = RT_ERR_INIT;
    float *w = make_slot(at, slot, chosen, &err);
    if (!w)
        return rt_host_failed(at, &err);
    copy_weights(at->run->model, chosen, w, false);
    return 0;
}

int rt_host_keep_weights(struct rt_hook *at, int slot)
{
    return keep(at, slot, NULL);
}

int rt_host_keep_layers(struct rt_hook *at, int slot, const char *set)
{
    struct rt_err err = RT_ERR_INIT;
    bool *chosen = select_layers(at, set, &err);
    int status;
    if (!chosen)
        status = rt_host_failed(at, &err);
    else if (!size_of(at->run->model, chosen))
        status =
            rt_host_refuse(at, "'%s': no layers with weights to keep", set);
    else
        status = keep(at, slot, chosen);
    free(chosen);
    return status;
}

int rt_host_restore_weights(struct rt_hook *at, int slot)
{
    struct rt_err err = RT_ERR_INIT;
    int i = find_kept(at, slot);
    if (i < 0)
        return rt_host_refuse(at, "no weights are kept under the number %d",
                              slot);
    const struct rt_kept *k = &at->kept.v[i];
    bool *chosen = k->layers ? select_layers(at, k->layers, &err) : NULL;
    if (k->layers && !chosen)
        return rt_host_failed(at, &err);
    copy_weights(at->run->model, chosen, k->weights, true);
    free(chosen);
    return 0;
}

void rt_kept_release(struct rt_hook *at)
{
    for (int i = 0; i < at->kept.n; i++)
        release_kept(&at->kept.v[i]);
    rt_vec_release(&at->kept);
}

static void walk_kept(struct rt_hook *at, struct rt_state *s, int i)
{
    bool loading = s->loading, *chosen = NULL;
    int slot = loading ? 0 : at->kept.v[i].slot;
    char *layers = loading ? NULL : at->kept.v[i].layers;
    rt_state_int(s, "slot", &slot);
    rt_state_text(s, "layers", &layers);
    if (!rt_state_failed(s) && layers)
        chosen = select_layers(at, layers, &s->err);
    float *w = rt_state_failed(s) ? NULL : make_slot(at, slot, chosen, &s->err);
    if (w)
        rt_state_f32(s, "weights", w, size_of(at->run->model, chosen));
    free(chosen);
    if (loading)
        free(layers);
}

void rt_kept_walk(struct rt_hook *at, struct rt_state *s)
{
    int n = at->kept.n;
    rt_state_enter(s, "kept");
    rt_state_int(s, "n", &n);
    if (s->loading)
        rt_kept_release(at);
    for (int i = 0; i < n && !rt_state_failed(s); i++) {
        rt_state_enter_i(s, i);
        walk_kept(at, s, i);
        rt_state_leave(s);
    }
    rt_state_leave(s);
}
