/* layer: edits of a graph that is built. */
#include "base/mem.h"
#include "base/schema.h"
#include "nn/edit.h"
#include "shell/cmd_layers.h"
#include "shell/interp.h"

#include <stdlib.h>
#include <string.h>

struct args {
    int what;
    const char *layer, *words;
    struct rt_texts from;
};
enum { INSERT, RECONNECT, REMOVE, RENAME, REPLACE };
static const char *const verbs[] = { "insert", "reconnect", "remove",
                                     "rename", "replace",   NULL };
static const struct rt_opt opts[] = {
    RT_OPT(struct args, what, .word = 1, .choices = verbs,
           .help = "what to do"),
    RT_OPT(struct args, layer, .word = 2, .names = RT_NAMES_LAYER,
           .help = "the layer; insert: after:LAYER or before:LAYER"),
    RT_OPT(struct args, words, .word = 3, .def = "", .names = RT_NAMES_WRAPPED,
           .help = "the new layer in braces; rename: the new name"),
    RT_OPT(struct args, from, .names = RT_NAMES_LAYER,
           .help = "reconnect: the layers that it reads from now on"),
    RT_OPT_END
};

/* A layer to come, out of its command in braces. */
struct fresh {
    const char **list; /* what the words point into */
    struct rt_layer_words w;
    struct rt_new_layer made;
};

static int parse(struct rt_session *s, const char *text, struct fresh *f,
                 struct rt_err *err)
{
    int n;
    int rc = rt_words_split(text, &f->list, &n, err);
    if (rc)
        return rc;
    if (!n)
        return rt_fail(err, RT_EINVAL,
                       "the new layer is missing, want its command in braces: "
                       "{dropout 0.5}");
    const struct rt_layer *type = rt_layer_find(f->list[0], err);
    if (!type)
        return rt_err_code(err, RT_ENOENT);
    rc = rt_layer_words(s, type, f->list + 1, n - 1, &f->w, err);
    if (!rc && f->w.n_from)
        rc = rt_fail(err, RT_EINVAL,
                     "%s: from= is not wanted, it reads what is read there",
                     type->name);
    f->made = (struct rt_new_layer){
        .type = type,
        .name = f->w.name,
        .words = f->w.words,
        .n_words = f->w.n,
        .trainable = f->w.trainable,
    };
    return rc;
}

static void fresh_release(struct fresh *f)
{
    rt_layer_words_release(&f->w);
    free(f->list);
}

/* The command with the numbers of $names, as they are now. */
static char *line_of(const struct args *a, const char *layer)
{
    struct rt_str line = RT_STR_INIT;
    rt_str_addf(&line, "layer %s ", verbs[a->what]);
    rt_interp_quote(a->layer, &line);
    rt_str_addc(&line, ' ');
    rt_interp_quote(layer, &line);
    return rt_str_take(&line);
}

static int insert(struct rt_model *m, const struct args *a, struct fresh *f,
                  struct rt_str *renewed, struct rt_model_layer **made,
                  struct rt_err *err)
{
    bool before = !strncmp(a->layer, "before:", 7);
    if (!before && strncmp(a->layer, "after:", 6))
        return rt_fail(err, RT_EINVAL,
                       "'%s' does not say where, want after:LAYER or "
                       "before:LAYER",
                       a->layer);
    *made = rt_model_insert(m, strchr(a->layer, ':') + 1, before, &f->made,
                            renewed, err);
    return *made ? 0 : rt_err_code(err, RT_EINVAL);
}

/* "dropout_1  (none,256); new weights: dense_2; 'aux' leads to no output". */
static void describe(const struct rt_model *m, const char *now,
                     const struct rt_str *renewed, struct rt_str *out)
{
    struct rt_model_layer **idle =
        rt_xcalloc((size_t)m->n_layers + 1, sizeof *idle);
    struct rt_place p;
    int n = m->n_outputs ? rt_model_idle(m, idle) : 0;
    if (now && !rt_model_place(m, now, &p, NULL))
        rt_str_addf(out, "%s  %s", now,
                    rt_shape_text(&rt_place_node(&p)->shape));
    if (renewed->n)
        rt_str_addf(out,
                    "%snew weights, as what they read has another shape: "
                    "%s",
                    out->n ? "\n" : "", rt_str_c(renewed));
    for (int i = 0; i < n; i++)
        rt_str_addf(out, "%s%s", i ? ", " : out->n ? "\n" : "", idle[i]->name);
    if (n)
        rt_str_addf(out, " %s to no output now", n == 1 ? "leads" : "lead");
    free(idle);
}

static int check_words(const struct args *a, struct rt_err *err)
{
    bool from = a->from.n > 0;
    if (from != (a->what == RECONNECT))
        return rt_fail(err, RT_EINVAL,
                       from ? "from= is for reconnect"
                            : "from= is missing, want from=LAYER,...");
    if (!a->words && (a->what == INSERT || a->what == REPLACE))
        return rt_fail(err, RT_EINVAL,
                       "the new layer is missing, want its command in braces: "
                       "{dropout 0.5}");
    if (!a->words && a->what == RENAME)
        return rt_fail(err, RT_EINVAL, "the new name is missing");
    if (a->words && (a->what == REMOVE || a->what == RECONNECT))
        return rt_fail(err, RT_EINVAL, "'%s' is one word too many", a->words);
    return 0;
}

static int edit(struct rt_cmd_call *call, struct rt_model *m, struct fresh *f,
                struct rt_str *renewed, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_model_layer *l = NULL;
    const char *now = NULL; /* the name of what is there instead */
    int rc = check_words(a, err);
    if (!rc && (a->what == INSERT || a->what == REPLACE))
        rc = parse(call->s, a->words, f, err);
    if (rc)
        return rc;
    switch (a->what) {
    case INSERT:
        rc = insert(m, a, f, renewed, &l, err);
        break;
    case REPLACE:
        l = rt_model_replace(m, a->layer, &f->made, renewed, err);
        rc = l ? 0 : rt_err_code(err, RT_EINVAL);
        break;
    case REMOVE:
        rc = rt_model_remove(m, a->layer, renewed, err);
        break;
    case RENAME:
        rc = rt_model_rename(m, a->layer, a->words, err);
        now = rc ? NULL : a->words;
        break;
    default:
        rc =
            rt_model_reconnect(m, a->layer, a->from.v, a->from.n, renewed, err);
    }
    if (rc)
        return rc;
    now = l ? l->name : now;
    describe(m, now, renewed, &call->out->text);
    rt_value_set_text(&call->out->value, now ? now : a->layer);
    if (f->w.filled)
        call->line = line_of(a, f->w.line);
    return 0;
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    struct fresh f = { .list = NULL };
    struct rt_str renewed = RT_STR_INIT;
    int rc = sm ? edit(call, sm->model, &f, &renewed, err)
                : rt_err_code(err, RT_ESTATE);
    rt_str_release(&renewed);
    fresh_release(&f);
    return rc ? rt_err_within(err, "layer %s", verbs[a->what]) : 0;
}

const struct rt_cmd rt_cmd_layer = {
    .group = "building",
    .name = "layer",
    .help = "edit a graph that is built; the other weights stay",
    .usage = "insert after:LAYER|before:LAYER {command} | replace LAYER "
             "{command} | remove LAYER | rename LAYER NEW | reconnect LAYER "
             "from=LAYER,...",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run,
    .details =
        "All other layers keep their weights and their optimizer's state, and "
        "compile's settings stay.\nA layer that reads another shape than "
        "before gets new weights and is named; one that cannot\nread it is an "
        "error, and nothing changes. What read a layer that is removed reads "
        "what that\nread. An output stays one under its new name: of a layer "
        "that is replaced, inserted behind it,\nor removed. `undo` takes all "
        "of it back, weights included. A model within the model (`call MODEL`) "
        "is "
        "edited as a whole.",
    .example = "model m\ninput x 4\ndense 8 name=fc1\ndense 3 name=out\n"
               "output\nlayer insert after:fc1 {dropout 0.5 name=drop}\n"
               "layer replace out {dense 5 softmax}\nlayer rename fc1 first\n"
               "layer reconnect out from=first\nlayer remove drop\nundo 2\n"
               "redo\n",
};
