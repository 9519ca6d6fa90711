/* A model as text: the commands that build it, and a fingerprint. */
#include "nn/fold.h"

#include "base/schema.h"
#include "base/vec.h"
#include "nn/model_private.h"
#include "nn/steer.h"

#include <math.h>

/* ---- words of commands --------------------------------------------------- */

/* What stands behind a layer's own words. */
struct tail {
    const char *name;
    struct rt_texts from;
    bool trainable;
};
static const struct rt_opt tail_opts[] = {
    RT_OPT(struct tail, name, .word = 0),
    RT_OPT(struct tail, from, .word = 0),
    RT_OPT(struct tail, trainable, .def = "yes"),
    RT_OPT_END,
};

struct head {
    const char *layer;
};
static const struct rt_opt head_opts[] = {
    RT_OPT(struct head, layer, .word = 1),
    RT_OPT_END,
};

/* A word that may hold a =. */
struct plain {
    struct rt_texts words;
};
static const struct rt_opt plain_opts[] = {
    RT_OPT(struct plain, words, .form = RT_FORM_REST),
    RT_OPT_END,
};

struct output_words {
    const char *layer, *loss;
    double weight;
};
static const struct rt_opt output_opts[] = {
    RT_OPT(struct output_words, layer, .word = 1),
    RT_OPT(struct output_words, loss, .word = 0),
    RT_OPT(struct output_words, weight, .word = 0),
    RT_OPT_END,
};

struct compile_words {
    struct rt_texts loss, loss_weights, metrics;
    double clipnorm, global_clipnorm, clipvalue;
};
static const struct rt_opt compile_opts[] = {
    RT_OPT(struct compile_words, loss, .word = 0),
    RT_OPT(struct compile_words, loss_weights, .word = 0),
    RT_OPT(struct compile_words, metrics, .word = 0),
    RT_OPT(struct compile_words, clipnorm, .word = 0),
    RT_OPT(struct compile_words, global_clipnorm, .word = 0),
    RT_OPT(struct compile_words, clipvalue, .word = 0),
    RT_OPT_END,
};

/* One line: a command, then the words of some options. */
static void add_words(const struct rt_opt *opts, const void *args,
                      struct rt_str *line)
{
    rt_args_words(opts, sizeof(struct rt_opt), args, false, line);
}

static void end_line(struct rt_str *line, struct rt_str *out)
{
    rt_str_add(out, rt_str_c(line));
    rt_str_addc(out, '\n');
    rt_str_release(line);
}

/* Texts made on the way, kept until a line is written. */
struct texts {
    RT_VEC(char *) own;
};

static struct rt_texts as_texts(const struct texts *t)
{
    const char *const *v = (const char *const *)t->own.v;
    return (struct rt_texts){ t->own.n, v };
}

static void texts_release(struct texts *t)
{
    for (int i = 0; i < t->own.n; i++)
        free(t->own.v[i]);
    rt_vec_release(&t->own);
}

/* ---- layers -------------------------------------------------------------- */

/* A tensor as a line says it that comes after `made` calls of what gives it. */
static char *place_text(const struct rt_fold *f, const struct rt_fold_place *p,
                        int made)
{
    const char *name = f->items[p->item].name;
    return p->tensor ? rt_xprintf("%s:%d:%d", name, p->call, p->tensor)
           : p->call < made - 1 ? rt_xprintf("%s:%d", name, p->call)
                                : rt_xstrdup(name);
}

/* Calls of an item among the first n. */
static int calls_before(const struct rt_fold *f, int n, int item)
{
    int made = 0;
    for (int i = 0; i < n; i++)
        made += f->calls[i].item == item;
    return made;
}

static bool at_cursor(const struct rt_fold *f, int at)
{
    const struct rt_fold_call *c = &f->calls[at];
    const struct rt_fold_call *last = &f->calls[at - (at > 0)];
    return at > 0 && c->n_in == 1 && c->in->item == last->item &&
           c->in->call == last->call && !c->in->tensor;
}

/* The words of from=; none where the cursor says it. */
static void gather_from(const struct rt_fold *f, int at, struct texts *from)
{
    const struct rt_fold_call *c = &f->calls[at];
    if (at_cursor(f, at))
        return;
    for (int i = 0; i < c->n_in; i++)
        rt_vec_push(&from->own, place_text(f, &c->in[i],
                                           calls_before(f, at, c->in[i].item)));
}

/* Whether a layer would get its name by itself, after the first n calls. */
static bool is_automatic(const struct rt_fold *f, int n,
                         const struct rt_model_layer *l)
{
    RT_VEC(struct rt_model_layer *) made = { 0 };
    for (int i = 0; i < n; i++) {
        struct rt_fold_place first = { f->calls[i].item, 0, 0 };
        if (f->calls[i].call == 0)
            rt_vec_push(&made, rt_fold_out(f, &first).layer);
    }
    char *name = rt_model_auto_name(l->type, made.v, made.n);
    bool same = strcmp(name, l->name) == 0;
    free(name);
    rt_vec_release(&made);
    return same;
}

/* A layer as it is made; its name is one of the tail's words if it is not the
 * first. */
static void add_first(const struct rt_fold *f, int at,
                      const struct rt_model_layer *l, struct rt_str *line,
                      struct tail *tail)
{
    rt_str_add(line, l->type->name);
    if (f->calls[at].n_in == 0) /* the name of an input is its first word */
        add_words(head_opts, &(struct head){ l->name }, line);
    else if (!is_automatic(f, at, l))
        tail->name = l->name;
    add_words(l->type->opts, l->args, line);
    tail->trainable = l->trainable;
}

/* called: the model that a group's first call puts in. */
static void add_call(const struct rt_fold *f, int at, const char *called,
                     struct rt_str *out)
{
    const struct rt_fold_call *c = &f->calls[at];
    const struct rt_fold_item *item = &f->items[c->item];
    struct rt_str line = RT_STR_INIT;
    struct texts from = { 0 };
    struct tail tail = { .trainable = true };
    gather_from(f, at, &from);
    tail.from = as_texts(&from);
    if (item->layer && c->call == 0) {
        add_first(f, at, item->layer, &line, &tail);
    } else {
        const char *name = c->call ? item->name : called;
        rt_str_add(&line, "call");
        add_words(head_opts, &(struct head){ name }, &line);
        tail.name = strcmp(name, item->name) ? item->name : NULL;
    }
    add_words(tail_opts, &tail, &line);
    end_line(&line, out);
    texts_release(&from);
}

/* ---- outputs and compile ------------------------------------------------- */

static void add_output(const struct rt_fold *f, const struct rt_model_output *o,
                       struct rt_str *out)
{
    struct rt_str line = RT_STR_INIT;
    struct rt_fold_place p = rt_fold_place(f, &o->place);
    char *name = place_text(f, &p, f->items[p.item].n_calls);
    rt_str_add(&line, "output");
    add_words(output_opts, &(struct output_words){ name, o->loss, o->weight },
              &line);
    end_line(&line, out);
    free(name);
}

/* "mse", or "a:mse" where there are several outputs. */
static void push_entry(const struct rt_compiled *c, int i, const char *value,
                       struct texts *t)
{
    rt_vec_push(&t->own,
                c->n_outputs == 1
                    ? rt_xstrdup(value)
                    : rt_xprintf("%s:%s", c->outputs[i].output, value));
}

static bool weighed(const struct rt_compiled *c)
{
    for (int i = 0; i < c->n_outputs; i++)
        if (c->outputs[i].loss && c->outputs[i].weight != 1)
            return true;
    return false;
}

static double given(double clip)
{
    return clip > 0 ? clip : NAN;
}

/* ---- losses and metrics of users' own ------------------------------------ */

static bool measures(const struct rt_compile_output *o, const char *name)
{
    for (int i = 0; i < o->n_metrics; i++)
        if (strcmp(o->metrics[i], name) == 0)
            return true;
    return o->loss && strcmp(o->loss, name) == 0;
}

/* Those that it was compiled with, and those only an output names. */
static void add_customs(const struct rt_model *m, struct rt_str *out)
{
    const struct rt_compiled *c = m->compiled;
    const struct rt_customs *own = c ? c->customs : NULL;
    for (int i = 0; own && i < own->n; i++) {
        bool used = false;
        for (int k = 0; k < c->n_outputs; k++)
            used |= measures(&c->outputs[k], own->v[i]->name);
        if (used)
            rt_custom_command(own->v[i], out);
    }
    for (int i = 0; m->customs && i < m->customs->n; i++) {
        const char *name = m->customs->v[i]->name;
        bool wanted = false;
        for (int k = 0; k < m->n_outputs; k++)
            wanted |=
                m->outputs[k].loss && strcmp(m->outputs[k].loss, name) == 0;
        for (int k = 0; c && k < c->n_outputs; k++)
            wanted &= !measures(&c->outputs[k], name);
        if (wanted)
            rt_custom_command(m->customs->v[i], out);
    }
}

/* The options that cannot change while a run goes on. */
static void add_fixed_words(const struct rt_opt *opts, const void *args,
                            struct rt_str *line)
{
    RT_VEC(struct rt_opt) fixed = { 0 };
    const struct rt_opt *o;
    for (int i = 0; opts && (o = rt_opt_at(opts, sizeof *o, i)); i++)
        if (!o->live)
            rt_vec_push(&fixed, *o);
    rt_vec_push(&fixed, (struct rt_opt)RT_OPT_END);
    rt_args_words(fixed.v, sizeof *fixed.v, args, true, line);
    rt_vec_release(&fixed);
}

/* fixed: without the numbers of rt_model_each_live. */
static void add_compile(const struct rt_model *m, bool fixed,
                        struct rt_str *out)
{
    struct rt_compiled *c = rt_compiled_anew(m);
    struct rt_str line = RT_STR_INIT;
    struct texts loss = { 0 }, weight = { 0 }, metrics = { 0 };
    bool weights = !fixed && weighed(c);
    for (int i = 0; i < c->n_outputs; i++) {
        const struct rt_compile_output *o = &c->outputs[i];
        if (!o->loss)
            continue;
        struct rt_str number = RT_STR_INIT;
        rt_str_add_exact(&number, o->weight);
        push_entry(c, i, o->loss, &loss);
        if (weights)
            push_entry(c, i, rt_str_c(&number), &weight);
        for (int k = 0; k < o->n_metrics; k++)
            push_entry(c, i, o->metrics[k], &metrics);
        rt_str_release(&number);
    }
    struct compile_words words = {
        .loss = as_texts(&loss),
        .loss_weights = as_texts(&weight),
        .metrics = as_texts(&metrics),
        .clipnorm = fixed ? NAN : given(c->clip.clipnorm),
        .global_clipnorm = fixed ? NAN : given(c->clip.global_clipnorm),
        .clipvalue = fixed ? NAN : given(c->clip.clipvalue),
    };
    rt_str_addf(&line, "compile %s", c->optimizer->name);
    if (fixed)
        add_fixed_words(c->optimizer->opts, c->args, &line);
    else
        add_words(c->optimizer->opts, c->args, &line);
    add_words(compile_opts, &words, &line);
    end_line(&line, out);
    texts_release(&loss);
    texts_release(&weight);
    texts_release(&metrics);
    rt_compiled_unref(c);
}

/* ---- how it learns ------------------------------------------------------- */

static void add_layer_steering(const struct rt_model_layer *l,
                               struct rt_str *out)
{
    struct rt_str line = RT_STR_INIT;
    double rate = l->rate;
    bool own = !isnan(rate);
    if (!l->trainable && l->norm != RT_NORM_DIALECT) {
        rt_str_add(&line, "freeze");
        add_words(head_opts, &(struct head){ l->name }, &line);
        rt_str_addf(&line, " bn=%s", rt_norm_name(l->norm));
        end_line(&line, out);
    }
    if (own || l->share != 1) {
        struct rt_str word = RT_STR_INIT;
        rt_str_addf(&word, "%s=", l->name);
        rt_str_add_exact(&word, own ? rate : l->share);
        rt_str_add(&word, own ? "" : "x");
        rt_str_add(&line, "lr");
        const char *words[] = { rt_str_c(&word) };
        add_words(plain_opts, &(struct plain){ { .n = 1, .v = words } }, &line);
        end_line(&line, out);
        rt_str_release(&word);
    }
}

static void add_steering(const struct rt_model *m, struct rt_str *out)
{
    char **names = rt_model_names_anew(m);
    for (int i = 0; i < m->n_layers; i++)
        if (!m->layers[i]->group) /* else in the inner model's commands */
            add_layer_steering(m->layers[i], out);
    for (int i = 0; i < m->n_outputs; i++) {
        struct rt_str line = RT_STR_INIT;
        if (!m->outputs[i].retired)
            continue;
        rt_str_add(&line, "retire");
        add_words(head_opts, &(struct head){ names[i] }, &line);
        end_line(&line, out);
    }
    rt_model_names_free(m, names);
}

void rt_model_build_commands(const struct rt_model *m,
                             const char *const *called, struct rt_str *out)
{
    struct rt_fold *f = rt_fold_new(m);
    add_customs(m, out);
    for (int i = 0; i < f->n_calls; i++) {
        const struct rt_model_group *g = f->items[f->calls[i].item].group;
        int k = 0;
        while (g && m->groups[k] != g)
            k++;
        add_call(f, i, g ? called[k] : NULL, out);
    }
    for (int i = 0; i < m->n_outputs; i++)
        add_output(f, &m->outputs[i], out);
    if (m->compiled)
        add_compile(m, false, out);
    add_steering(m, out);
    rt_fold_free(f);
}

/* ---- the fingerprint ----------------------------------------------------- */

static void add_call_facts(const struct rt_model *m, int seq, bool fixed,
                           struct rt_str *out)
{
    const struct rt_model_layer *l = m->order[seq].layer;
    const struct rt_model_call *c = &l->calls[m->order[seq].call];
    rt_str_addf(out, "%s|%s|%d|", l->type->name, l->name, m->order[seq].call);
    for (int i = 0; i < c->n_in; i++)
        rt_str_addf(out, c->in[i].tensor ? "%d:%d " : "%d ",
                    c->in[i].layer->calls[c->in[i].call].seq, c->in[i].tensor);
    if (fixed)
        add_fixed_words(l->type->opts, l->args, out);
    else
        rt_args_words(l->type->opts, sizeof(struct rt_opt), l->args, true, out);
    for (int i = 0; i < l->n_weights; i++) {
        const struct rt_weight *w = l->weights[i];
        rt_str_addf(out, "|%s%s%s", w->name, rt_shape_text(&w->shape),
                    w->fixed ? "fixed" : "");
    }
    rt_str_addc(out, '\n');
}

static uint64_t hash(const struct rt_model *m, bool fixed)
{
    struct rt_str facts = RT_STR_INIT;
    rt_str_addf(&facts, "%s\n", rt_dialect_name(m->dialect));
    for (int i = 0; i < m->n_order; i++)
        add_call_facts(m, i, fixed, &facts);
    struct rt_fold *f = rt_fold_new(m);
    for (int i = 0; i < m->n_groups; i++)
        rt_str_addf(&facts, "%s %s\n", rt_group_class(m->groups[i]),
                    m->groups[i]->name);
    for (int i = 0; i < m->n_outputs; i++)
        add_output(f, &m->outputs[i], &facts);
    rt_fold_free(f);
    if (m->compiled)
        add_compile(m, fixed, &facts);
    add_customs(m, &facts);
    uint64_t h = rt_hash_bytes(0, rt_str_c(&facts), facts.n);
    rt_str_release(&facts);
    return h;
}

uint64_t rt_model_hash(const struct rt_model *m)
{
    return hash(m, false);
}

uint64_t rt_model_hash_fixed(const struct rt_model *m)
{
    return hash(m, true);
}
