/* Undo and redo: the description is remembered before each command, as lists
 * of the same layers. Arguments and compile settings are shared with the model,
 * which takes new ones where it changes; values are put aside by the commands
 * that write over them. */
#include "nn/model.h"

#include "base/vec.h"
#include "nn/group.h"
#include "nn/model_private.h"
#include "nn/select.h"
#include "nn/steer.h"
#include "base/schema.h"

enum { DEPTH = 100 };                        /* steps remembered, */
static const size_t bytes_kept = 512u << 20; /* and values of theirs */

/* The description at one moment. */
struct rt_model_shot {
    char *what;    /* the command that came next */
    int64_t edits; /* rt_model.edits then */
    struct shot_layer {
        struct rt_model_layer *layer; /* counted */
        char *name;
        struct rt_model_call *calls;
        int n_calls;
        struct rt_learns learns;
        void *args; /* counted */
    } * layers;
    int n_layers;
    struct shot_group {
        struct rt_model_group *group; /* counted */
        char *name;
    } * groups;
    int n_groups;
    struct rt_place *order, *inputs;
    int n_order, n_inputs;
    struct rt_model_output *outputs;
    int n_outputs;
    struct rt_place cursor;
    struct rt_compiled *compiled;   /* counted */
    struct rt_model_values *values; /* what the command wrote over, or NULL */
};
struct shots {
    struct rt_model_shot **v;
    int n, cap;
};
struct rt_model_past {
    struct shots undo, redo;
};

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
    for (int i = 0; i < n; i++) {
        out[i].name = rt_xstrdup(v[i].name);
        out[i].loss = rt_xstrdup(v[i].loss);
    }
    return out;
}

static void outputs_free(struct rt_model_output *v, int n)
{
    for (int i = 0; i < n; i++)
        rt_model_output_release(&v[i]);
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
            l->n_calls, rt_layer_learns(l),  rt_args_ref(l->args),
        };
    }
    s->groups = rt_xcalloc((size_t)m->n_groups + 1, sizeof *s->groups);
    s->n_groups = m->n_groups;
    for (int i = 0; i < m->n_groups; i++) {
        struct rt_model_group *g = m->groups[i];
        g->refs++;
        s->groups[i] = (struct shot_group){ g, rt_xstrdup(g->name) };
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
        rt_args_free(s->layers[i].args);
    }
    rt_model_values_free(s->values);
    for (int i = 0; i < s->n_groups; i++) {
        rt_model_group_unref(s->groups[i].group);
        free(s->groups[i].name);
    }
    outputs_free(s->outputs, s->n_outputs);
    rt_compiled_unref(s->compiled);
    free(s->layers);
    free(s->groups);
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

/* Takes the shot's settings, if it has any; another optimizer begins anew. */
static void put_compiled(struct rt_model *m, struct rt_model_shot *s)
{
    rt_compiled_unref(m->compiled);
    m->compiled = s->compiled;
    s->compiled = NULL;
    if (!m->compiled || m->compiled->optimizer == m->slots_of)
        return;
    rt_model_drop_slots(m);
    m->slots_of = m->compiled->optimizer;
}

static void put_groups(struct rt_model *m, struct rt_model_shot *s)
{
    struct rt_model_group **old = m->groups;
    int n_old = m->n_groups;
    m->groups = rt_xcalloc((size_t)s->n_groups + 1, sizeof *m->groups);
    m->n_groups = s->n_groups;
    for (int i = 0; i < s->n_groups; i++) {
        struct rt_model_group *g = m->groups[i] = s->groups[i].group;
        g->refs++;
        free(g->name);
        g->name = s->groups[i].name;
        s->groups[i].name = NULL;
    }
    for (int i = 0; i < n_old; i++)
        rt_model_group_unref(old[i]);
    free(old);
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
        rt_layer_learn(l, from->learns);
        rt_args_free(l->args);
        l->args = from->args;
        from->args = NULL;
    }
    for (int i = 0; i < n_old; i++)
        rt_model_layer_unref(old[i]);
    free(old);
    put_groups(m, s);
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
    put_compiled(m, s);
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

void rt_model_own_numbers(struct rt_model *m)
{
    for (int i = 0; i < m->n_layers; i++) {
        struct rt_model_layer *l = m->layers[i];
        if (!rt_args_shared(l->args))
            continue;
        void *own = rt_args_copy(l->type->opts, sizeof(struct rt_opt),
                                 l->type->args_size, l->args);
        rt_args_free(l->args);
        l->args = own;
    }
    if (m->compiled && m->compiled->refs > 1) {
        struct rt_compiled *own = rt_compiled_copy(m->compiled);
        rt_compiled_unref(m->compiled);
        m->compiled = own;
    }
}

/* ---- values -------------------------------------------------------------- */

/* The oldest steps go when more is put aside than is to be kept; the newest
 * stays, whatever its size. */
static void bound(struct shots *s)
{
    size_t bytes = 0;
    int i = s->n;
    while (i > 0) {
        const struct rt_model_values *v = s->v[i - 1]->values;
        bytes += v ? rt_model_values_bytes(v) : 0;
        if (bytes > bytes_kept && i < s->n)
            break;
        i--;
    }
    for (; i > 0; i--) {
        rt_model_shot_free(s->v[0]);
        rt_vec_remove(s, 0);
    }
}

/* Within one step the first values are those to come back. */
int rt_model_put_aside(struct rt_model *m, const char *const *words, int n,
                       bool slots, struct rt_err *err)
{
    struct shots *s = &past_of(m)->undo;
    if (rt_model_ready(m, err))
        return RT_ENOMEM;
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    int status = n ? rt_select(m, words, n, chosen, err) : 0;
    for (int i = 0; i < m->n_layers && !n; i++)
        chosen[i] = true;
    if (status >= 0 && s->n && !s->v[s->n - 1]->values) {
        struct rt_model_shot *last = s->v[s->n - 1];
        for (int i = 0; i < m->n_layers; i++)
            chosen[i] = chosen[i] && holds(last, m->layers[i]);
        last->values = rt_model_values_take(m, chosen, slots, err);
        status = last->values ? 0 : RT_ENOMEM;
        bound(s);
    }
    free(chosen);
    return status < 0 ? status : RT_OK;
}

/* Steps that changed values alone go; of others, what they put aside. They
 * count one edit, up to the state behind them. */
static void forget_values(struct shots *s, int64_t now, int behind)
{
    for (int i = s->n; i-- > 0;) {
        struct rt_model_shot *at = s->v[i];
        int64_t edits = at->edits;
        if (at->values) {
            rt_model_values_free(at->values);
            at->values = NULL;
            if (edits + behind == now) {
                rt_model_shot_free(at);
                rt_vec_remove(s, i);
            }
        }
        now = edits;
    }
}

void rt_model_forget_values(struct rt_model *m)
{
    if (!m->past)
        return;
    forget_values(&m->past->undo, m->edits, 1);
    forget_values(&m->past->redo, m->edits, -1);
}

/* ---- what a run has changed ---------------------------------------------- */

struct retuned {
    const struct rt_model *m;
    struct shots *s;
};

static double *number_of(struct rt_compiled *c, const char *of,
                         const char *name)
{
    for (int i = 0; *of && i < c->n_outputs; i++)
        if (!strcmp(c->outputs[i].output, name))
            return &c->outputs[i].weight;
    return *of ? NULL : rt_clipping_number(&c->clip, name);
}

static void keep_option(const struct rt_opt *opts, void *args, const char *name,
                        double v)
{
    const struct rt_opt *o = rt_opt_find(opts, sizeof *opts, name);
    if (o)
        rt_args_set_number(o, args, v);
}

static void keep_number(void *arg, const char *of, const char *name, double *v)
{
    struct retuned *r = arg;
    const struct rt_optimizer *optimizer = r->m->compiled->optimizer;
    const struct rt_model_layer *l =
        *of ? rt_model_layer_find(r->m, of, NULL) : NULL;
    for (int i = 0; i < r->s->n; i++) {
        struct rt_model_shot *at = r->s->v[i];
        struct rt_compiled *c = at->compiled;
        for (int k = 0; l && k < at->n_layers; k++)
            if (at->layers[k].layer == l)
                keep_option(l->type->opts, at->layers[k].args, name, *v);
        if (l || !c || (!*of && c->optimizer != optimizer))
            continue;
        double *number = number_of(c, of, name);
        if (number)
            *number = *v;
        else if (!*of)
            keep_option(optimizer->opts, c->args, name, *v);
    }
}

static void keep_in(struct shots *s, struct rt_model *m,
                    const struct rt_learning *before)
{
    rt_learning_numbers(before, m, keep_number, &(struct retuned){ m, s });
    for (int i = 0; i < s->n; i++) {
        struct rt_model_shot *at = s->v[i];
        for (int k = 0; k < at->n_layers; k++)
            for (int j = 0; j < m->n_layers; j++)
                if (m->layers[j] == at->layers[k].layer &&
                    rt_learning_changed(before, m, j))
                    at->layers[k].learns = rt_layer_learns(m->layers[j]);
        for (int k = 0; k < at->n_outputs; k++)
            for (int j = 0; j < m->n_outputs; j++)
                if (rt_place_same(&m->outputs[j].place,
                                  &at->outputs[k].place) &&
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
    rt_model_forget_values(m);
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
        if (to->values && rt_model_ready(m, err))
            return RT_ENOMEM;
        struct rt_model_values *values = to->values;
        struct rt_model_shot *now = take(m, to->what);
        to->values = NULL;
        if (put(m, to, err)) {
            to->values = values;
            rt_model_shot_free(now);
            return RT_ENOMEM;
        }
        if (values)
            rt_model_values_swap(m, values);
        now->values = values;
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
