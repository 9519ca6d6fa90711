/* Undo and redo: the description is remembered before each command, as lists
 * of the same layers. What a layer object holds besides its name, calls and how
 * it learns (weights, arguments) is never taken back. */
#include "nn/model.h"

#include "base/vec.h"
#include "nn/model_private.h"
#include "nn/steer.h"

enum { DEPTH = 100 }; /* steps remembered */

struct learns { /* how a layer does, as in struct rt_model_layer */
    bool trainable;
    int norm;
    double share, rate;
};
/* The description at one moment. */
struct rt_model_shot {
    char *what;    /* the command that came next */
    int64_t edits; /* rt_model.edits then */
    struct shot_layer {
        struct rt_model_layer *layer; /* counted */
        char *name;
        struct rt_model_call *calls;
        int n_calls;
        struct learns learns;
    } * layers;
    int n_layers;
    struct rt_place *order, *inputs;
    int n_order, n_inputs;
    struct rt_model_output *outputs;
    int n_outputs;
    struct rt_place cursor;
    struct rt_compiled *compiled; /* counted */
};
struct shots {
    struct rt_model_shot **v;
    int n, cap;
};
struct rt_model_past {
    struct shots undo, redo;
};

static struct learns learns_of(const struct rt_model_layer *l)
{
    return (struct learns){ l->trainable, l->norm, l->share, l->rate };
}

static struct rt_model_call *calls_copy(const struct rt_model_call *v, int n)
{
    struct rt_model_call *out = rt_xmemdup(v, (size_t)n * sizeof *v);
    for (int i = 0; i < n; i++) {
        out[i].in = rt_places_copy(v[i].in, v[i].n_in);
        out[i].n_out = 0;
    }
    return out;
}

static void calls_free(struct rt_model_call *v, int n)
{
    for (int i = 0; i < n; i++)
        free(v[i].in);
    free(v);
}

static struct rt_model_output *outputs_copy(const struct rt_model_output *v,
                                            int n)
{
    struct rt_model_output *out =
        n ? rt_xmemdup(v, (size_t)n * sizeof *v) : NULL;
    for (int i = 0; i < n; i++)
        out[i].loss = rt_xstrdup(v[i].loss);
    return out;
}

static void outputs_free(struct rt_model_output *v, int n)
{
    for (int i = 0; i < n; i++)
        free(v[i].loss);
    free(v);
}

static struct rt_model_shot *take(const struct rt_model *m, const char *what)
{
    struct rt_model_shot *s = rt_xcalloc(1, sizeof *s);
    s->what = rt_xstrdup(what);
    s->edits = m->edits;
    s->layers = rt_xcalloc((size_t)m->n_layers + 1, sizeof *s->layers);
    s->n_layers = m->n_layers;
    for (int i = 0; i < m->n_layers; i++) {
        struct rt_model_layer *l = m->layers[i];
        l->refs++;
        s->layers[i] = (struct shot_layer){
            l,          rt_xstrdup(l->name), calls_copy(l->calls, l->n_calls),
            l->n_calls, learns_of(l),
        };
    }
    s->order = rt_places_copy(m->order, m->n_order);
    s->n_order = m->n_order;
    s->inputs = rt_places_copy(m->inputs, m->n_inputs);
    s->n_inputs = m->n_inputs;
    s->outputs = outputs_copy(m->outputs, m->n_outputs);
    s->n_outputs = m->n_outputs;
    s->cursor = m->cursor;
    s->compiled = m->compiled;
    if (s->compiled)
        s->compiled->refs++;
    return s;
}

void rt_model_shot_free(struct rt_model_shot *s)
{
    for (int i = 0; i < s->n_layers; i++) {
        rt_model_layer_unref(s->layers[i].layer);
        free(s->layers[i].name);
        calls_free(s->layers[i].calls, s->layers[i].n_calls);
    }
    outputs_free(s->outputs, s->n_outputs);
    rt_compiled_unref(s->compiled);
    free(s->layers);
    free(s->order);
    free(s->inputs);
    free(s->what);
    free(s);
}

/* ---- putting a shot back ------------------------------------------------- */

static bool holds(const struct rt_model_shot *s, const struct rt_model_layer *l)
{
    for (int i = 0; i < s->n_layers; i++)
        if (s->layers[i].layer == l)
            return true;
    return false;
}

/* Current settings where they fit, else those of the shot, else none. */
static void choose_compiled(struct rt_model *m, struct rt_compiled *remembered)
{
    if (m->compiled && rt_compiled_fits(m->compiled, m))
        return;
    rt_compiled_unref(m->compiled);
    m->compiled = NULL;
    if (remembered && remembered->optimizer == m->slots_of &&
        rt_compiled_fits(remembered, m)) {
        m->compiled = remembered;
        remembered->refs++;
    }
}

/* Moves the shot's content into the model; the shot is freed. */
static int put(struct rt_model *m, struct rt_model_shot *s, struct rt_err *err)
{
    for (int i = 0; i < m->n_layers; i++)
        if (!holds(s, m->layers[i]) && rt_model_stash(m, m->layers[i], err))
            return RT_ENOMEM;
    struct rt_model_layer **old = m->layers;
    int n_old = m->n_layers;
    m->layers = rt_xcalloc((size_t)s->n_layers + 1, sizeof *m->layers);
    m->n_layers = s->n_layers;
    for (int i = 0; i < s->n_layers; i++) {
        struct shot_layer *from = &s->layers[i];
        struct rt_model_layer *l = m->layers[i] = from->layer;
        l->refs++;
        calls_free(l->calls, l->n_calls);
        l->calls = from->calls;
        l->n_calls = from->n_calls;
        from->calls = NULL;
        from->n_calls = 0;
        free(l->name);
        l->name = from->name;
        from->name = NULL;
        l->trainable = from->learns.trainable;
        l->norm = from->learns.norm;
        l->share = from->learns.share;
        l->rate = from->learns.rate;
    }
    for (int i = 0; i < n_old; i++)
        rt_model_layer_unref(old[i]);
    free(old);
    free(m->order);
    free(m->inputs);
    outputs_free(m->outputs, m->n_outputs);
    m->order = s->order;
    m->n_order = s->n_order;
    m->inputs = s->inputs;
    m->n_inputs = s->n_inputs;
    m->outputs = s->outputs;
    m->n_outputs = s->n_outputs;
    s->order = s->inputs = NULL;
    s->outputs = NULL;
    s->n_outputs = 0;
    m->cursor = s->cursor;
    m->edits = s->edits;
    choose_compiled(m, s->compiled);
    rt_model_shot_free(s);
    rt_model_rebuild(m);
    return RT_OK;
}

struct rt_model_shot *rt_model_shot(const struct rt_model *m)
{
    return take(m, "");
}

void rt_model_shot_put(struct rt_model *m, struct rt_model_shot *s)
{
    put(m, s, NULL);
}

/* ---- the two stacks ------------------------------------------------------ */

static struct rt_model_past *past_of(struct rt_model *m)
{
    if (!m->past)
        m->past = rt_xcalloc(1, sizeof *m->past);
    return m->past;
}

void rt_model_forget_redo(struct rt_model *m)
{
    while (m->past && m->past->redo.n)
        rt_model_shot_free(m->past->redo.v[--m->past->redo.n]);
}

void rt_model_past_free(struct rt_model_past *past)
{
    if (!past)
        return;
    while (past->undo.n)
        rt_model_shot_free(past->undo.v[--past->undo.n]);
    while (past->redo.n)
        rt_model_shot_free(past->redo.v[--past->redo.n]);
    rt_vec_release(&past->undo);
    rt_vec_release(&past->redo);
    free(past);
}

/* Marks of commands that changed nothing. */
static void drop_idle(struct rt_model *m)
{
    struct rt_model_past *p = past_of(m);
    while (p->undo.n && p->undo.v[p->undo.n - 1]->edits == m->edits)
        rt_model_shot_free(p->undo.v[--p->undo.n]);
}

void rt_model_mark(struct rt_model *m, const char *what)
{
    struct rt_model_past *p = past_of(m);
    drop_idle(m);
    if (p->undo.n == DEPTH) {
        rt_model_shot_free(p->undo.v[0]);
        rt_vec_remove(&p->undo, 0);
    }
    rt_vec_push(&p->undo, take(m, what));
}

static void keep_in(struct shots *s, const struct rt_model *m,
                    const struct rt_learning *before)
{
    for (int i = 0; i < s->n; i++) {
        struct rt_model_shot *at = s->v[i];
        for (int k = 0; k < at->n_layers; k++)
            for (int j = 0; j < m->n_layers; j++)
                if (m->layers[j] == at->layers[k].layer &&
                    rt_learning_changed(before, m, j))
                    at->layers[k].learns = learns_of(m->layers[j]);
        for (int k = 0; k < at->n_outputs; k++)
            for (int j = 0; j < m->n_outputs; j++)
                if (m->outputs[j].place.layer == at->outputs[k].place.layer &&
                    rt_learning_retired(before, m, j))
                    at->outputs[k].retired = m->outputs[j].retired;
    }
}

void rt_model_keep(struct rt_model *m, const struct rt_learning *before)
{
    if (!m->past)
        return;
    keep_in(&m->past->undo, m, before);
    keep_in(&m->past->redo, m, before);
}

/* Up to n steps: the last shot of one stack is put back, what was goes onto
 * the other. */
static int travel(struct rt_model *m, bool redo, int n, struct rt_err *err)
{
    struct rt_model_past *p = past_of(m);
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    drop_idle(m);
    struct shots *from = redo ? &p->redo : &p->undo;
    struct shots *onto = redo ? &p->undo : &p->redo;
    int done = 0;
    for (; done < n && from->n; done++) {
        struct rt_model_shot *to = from->v[from->n - 1];
        struct rt_model_shot *now = take(m, to->what);
        if (put(m, to, err)) {
            rt_model_shot_free(now);
            return RT_ENOMEM;
        }
        from->n--;
        rt_vec_push(onto, now);
    }
    return done;
}

int rt_model_undo(struct rt_model *m, int n, struct rt_err *err)
{
    return travel(m, false, n, err);
}

int rt_model_redo(struct rt_model *m, int n, struct rt_err *err)
{
    return travel(m, true, n, err);
}

const char *rt_model_undo_what(const struct rt_model *m)
{
    const struct rt_model_past *p = m->past;
    for (int i = p ? p->undo.n : 0; i-- > 0;)
        if (p->undo.v[i]->edits != m->edits)
            return p->undo.v[i]->what;
    return NULL;
}
