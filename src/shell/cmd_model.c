/* Building: models, inputs, outputs, the cursor. Layers are in
 * cmd_layers.c, what looks at a model in cmd_summary.c. */
#include "base/schema.h"
#include "base/suggest.h"
#include "nn/group.h"
#include "shell/cmd.h"
#include "shell/interp.h"

#include <math.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- model -----------------------------------------------------------------
 */

struct model_args {
    const char *what, *name, *to, *dialect;
    bool any_names;
};
static const struct rt_opt model_opts[] = {
    RT_OPT(struct model_args, what, .name = "name", .word = 1, .def = "",
           .names = RT_NAMES_MODEL,
           .help = "name of a new model, or list, use, copy, take, delete, "
                   "rename"),
    RT_OPT(struct model_args, name, .name = "which", .word = 2, .def = "",
           .names = RT_NAMES_MODEL, .help = "the model that is meant"),
    RT_OPT(struct model_args, to, .word = 3, .def = "", .help = "the new name"),
    RT_OPT(struct model_args, dialect, .def = "keras-2.3.1",
           .help = "version of Keras whose rules a new model follows"),
    RT_OPT(struct model_args, any_names, .form = RT_FORM_FLAG,
           .help = "names of its layers may hold anything, as a file's do"),
    RT_OPT_END
};

static struct rt_session_model *find_model(struct rt_session *s,
                                           const char *name, struct rt_err *err)
{
    struct rt_session_model *m =
        name ? rt_map_get(&s->models, name) : rt_session_model(s, err);
    if (m || !name)
        return m;
    rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_map, &s->models,
                    "no model '%s'", name);
    return NULL;
}

static int refuse_busy(const struct rt_session_model *sm, struct rt_err *err)
{
    if (!sm->model->busy)
        return 0;
    return rt_fail(err, RT_EBUSY,
                   "model '%s' is in use by run %d; wait for it or stop it "
                   "first",
                   sm->model->name, sm->last_run);
}

static int new_model(struct rt_cmd_call *call, const struct model_args *a,
                     struct rt_err *err)
{
    struct rt_session *s = call->s;
    const char *name = a->what;
    enum rt_dialect dialect;
    struct rt_session_model *old = rt_map_get(&s->models, name);
    if (rt_name_check(name, err) || rt_dialect_find(a->dialect, &dialect, err))
        return rt_err_code(err, RT_EINVAL);
    if (old && refuse_busy(old, err))
        return RT_EBUSY;
    s->model = rt_session_add_model(s, rt_model_new(name, rt_session_seed(s)));
    s->model->model->dialect = dialect;
    s->model->model->any_names = a->any_names;
    rt_str_addf(&call->out->text, "%s: a new model%s", name,
                old ? ", the one before is gone" : "");
    rt_value_set_text(&call->out->value, name);
    return 0;
}

static void list_models(struct rt_cmd_call *call)
{
    struct rt_value *list = &call->out->value;
    call->looked = true;
    rt_value_set_list(list);
    for (int i = 0; i < call->s->models.n; i++) {
        const struct rt_session_model *sm = call->s->models.v[i].value;
        struct rt_value *d = rt_value_push(list);
        rt_value_set_dict(d);
        rt_value_put_text(d, "name", sm->model->name);
        rt_value_put_int(d, "layers", rt_group_layers(sm->model));
        rt_value_put_int(d, "parameters", rt_model_params(sm->model, false));
        rt_value_put_text(d, "state",
                          sm->model->busy       ? "training"
                          : sm->model->compiled ? "compiled"
                                                : "being built");
        rt_value_put_text(d, "chosen", sm == call->s->model ? "*" : "");
    }
    if (!call->s->models.n)
        rt_str_add(&call->out->text, "no model yet: start one with `model "
                                     "NAME`");
}

/* A model within the chosen one becomes one of the session, and is chosen. */
static int take_model(struct rt_session *s, const struct model_args *a,
                      struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_model(s, err);
    const char *last = strrchr(a->name, '/');
    const char *to = a->to ? a->to : last ? last + 1 : a->name;
    if (!sm)
        return RT_ESTATE;
    if (rt_name_check(to, err) || refuse_busy(sm, err))
        return rt_err_code(err, RT_EINVAL);
    if (rt_map_get(&s->models, to))
        return rt_fail(err, RT_EEXIST,
                       "model take: '%s' exists already; want another name: "
                       "model take %s NEW",
                       to, a->name);
    struct rt_model *m = rt_group_take_out(sm->model, a->name, to, err);
    if (!m)
        return rt_err_within(err, "model take");
    s->model = rt_session_add_model(s, m);
    return 0;
}

static int run_model(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct model_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_session_model *sm;
    if (!a->what || !strcmp(a->what, "list")) {
        list_models(call);
        return 0;
    }
    bool use = !strcmp(a->what, "use"), copy = !strcmp(a->what, "copy");
    bool del = !strcmp(a->what, "delete"), ren = !strcmp(a->what, "rename");
    bool take = !strcmp(a->what, "take");
    if (!use && !copy && !del && !ren && !take) {
        if (a->name)
            return rt_fail(
                err, RT_EINVAL,
                "model: '%s' is one word too many after '%s'; "
                "want NAME, or list, use, copy, take, delete or rename",
                a->name, a->what);
        return new_model(call, a, err);
    }
    if (!a->name)
        return rt_fail(err, RT_EINVAL, "model %s: which model is missing",
                       a->what);
    if (take) {
        int rc = take_model(s, a, err);
        if (!rc)
            rt_value_set_text(&call->out->value, s->model->model->name);
        return rc;
    }
    /* `copy NEW` is of the chosen model, `copy OLD NEW` of that one. */
    const char *which = (copy || ren) && !a->to ? NULL : a->name;
    const char *to = a->to ? a->to : a->name;
    if (!(sm = find_model(s, which, err)))
        return rt_err_code(err, RT_ENOENT);
    if (use) {
        s->model = sm;
    } else if (del) {
        if (refuse_busy(sm, err))
            return RT_EBUSY;
        rt_session_drop_model(s, sm);
        rt_value_set_text(&call->out->value, a->name);
        return 0;
    } else {
        if (rt_name_check(to, err) || refuse_busy(sm, err))
            return rt_err_code(err, RT_EINVAL);
        if (rt_map_get(&s->models, to))
            return rt_fail(err, RT_EEXIST, "model: '%s' exists already", to);
        struct rt_model *m = rt_model_copy(sm->model, to, err);
        if (!m)
            return rt_err_code(err, RT_ENOMEM);
        struct rt_session_model *made = rt_session_add_model(s, m);
        int rc = rt_attachments_copy(&made->callbacks, &sm->callbacks);
        if (ren) {
            made->last_run = sm->last_run;
            rt_session_drop_model(s, sm);
        }
        s->model = made;
        if (rc)
            return rc;
    }
    rt_value_set_text(&call->out->value, s->model->model->name);
    return 0;
}

const struct rt_cmd rt_cmd_model = {
    .group = "building",
    .name = "model",
    .help = "start a model or choose the one the next commands work on",
    .usage =
        "NAME [dialect=] [-any_names] | list | use MODEL | copy [MODEL] NEW "
        "| take LAYER [NEW] | delete MODEL | rename "
        "[MODEL] NEW",
    .opts = model_opts,
    .args_size = sizeof(struct model_args),
    .flags = RT_CMD_CHANGES | RT_CMD_LISTS,
    .run = run_model,
    .details =
        "`model NAME` always starts a new model; one of that name is "
        "replaced.\n`model use NAME` goes back to one. `model take "
        "ENCODER` makes a model out of one that `call` put\ninto the "
        "chosen model, with its weights as they are now; ENCODER/PART is "
        "one within that.",
    .example = "model a\ninput x 4\ndense 2\nmodel copy b\nmodel use a\n"
               "model list\nmodel delete b\n",
};

/* ---- input, output, the cursor
 * -------------------------------------------------- */

struct input_args {
    const char *name;
    struct rt_ints shape;
    int batch_size;
};
static const struct rt_opt input_opts[] = {
    RT_OPT(struct input_args, name, .word = 1, .help = "its name"),
    RT_OPT(struct input_args, shape, .word = 2,
           .help =
               "shape of a row: 784, 28x28, 28x28x1; an unknown axis is none"),
    RT_OPT(struct input_args, batch_size, .def = "", .min = 1, .max = INT_MAX,
           .help = "rows of every batch, as stateful layers need it"),
    RT_OPT_END
};

static int run_input(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct input_args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    struct rt_shape row = { .rank = a->shape.n };
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    if (a->shape.n > RT_RANK_MAX - 1)
        return rt_fail(err, RT_EINVAL,
                       "input: shape has %d axes, want at most %d", a->shape.n,
                       RT_RANK_MAX - 1);
    memcpy(row.dim, a->shape.v, (size_t)a->shape.n * sizeof *row.dim);
    struct rt_model_layer *l = rt_model_input(sm->model, a->name, &row, err);
    if (!l)
        return rt_err_code(err, RT_EINVAL);
    if (a->batch_size != RT_UNSET_INT) {
        char word[64];
        const char *words[] = { word };
        snprintf(word, sizeof word, "batch_size=%d", a->batch_size);
        if (rt_model_change(sm->model, &l, 1, words, 1, err))
            return rt_err_code(err, RT_EINVAL);
    }
    rt_str_addf(&call->out->text, "%s  %s", l->name,
                rt_shape_text(&l->calls[0].out[0]->shape));
    rt_value_set_text(&call->out->value, l->name);
    return 0;
}

const struct rt_cmd rt_cmd_input = {
    .group = "building",
    .name = "input",
    .help = "declare an input; the cursor moves to it",
    .opts = input_opts,
    .args_size = sizeof(struct input_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_input,
    .example = "model m\ninput img 28x28\nflatten\ndense 10\n",
};

struct output_args {
    const char *layer, *loss;
    double weight;
};
static const struct rt_opt output_opts[] = {
    RT_OPT(struct output_args, layer, .word = 1, .def = "",
           .names = RT_NAMES_LAYER, .help = "the layer; else the cursor"),
    RT_OPT(struct output_args, loss, .names = RT_NAMES_LOSS,
           .help = "its loss; compile's wins"),
    RT_OPT(struct output_args, weight,
           .help = "weight of its loss in the sum; compile's wins"),
    RT_OPT_END
};

static int run_output(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct output_args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    if (rt_model_output(sm->model, a->layer, a->loss, a->weight, err))
        return rt_err_code(err, RT_EINVAL);
    const struct rt_place *p =
        &sm->model->outputs[sm->model->n_outputs - 1].place;
    struct rt_place named;
    if (a->layer && !rt_model_place(sm->model, a->layer, &named, NULL))
        p = &named;
    const char *name = "";
    for (int i = 0; i < sm->model->n_outputs; i++)
        if (rt_place_same(&sm->model->outputs[i].place, p))
            name = sm->model->outputs[i].name;
    rt_str_addf(&call->out->text, "%s  %s  output", name,
                rt_shape_text(&rt_place_node(p)->shape));
    rt_value_set_text(&call->out->value, name);
    return 0;
}

const struct rt_cmd rt_cmd_output = {
    .group = "building",
    .name = "output",
    .help = "make a layer, else the cursor's, an output under its name",
    .opts = output_opts,
    .args_size = sizeof(struct output_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_output,
    .example = "model m\ninput x 4\ndense 3\nactivation softmax name=kind\n"
               "output kind loss=categorical_crossentropy\n",
};

struct at_args {
    const char *layer;
};
static const struct rt_opt at_opts[] = {
    RT_OPT(struct at_args, layer, .word = 1, .names = RT_NAMES_LAYER,
           .help = "where the next layer goes"),
    RT_OPT_END
};

static int run_at(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct at_args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    if (rt_model_at(sm->model, a->layer, err))
        return rt_err_within(err, "at");
    rt_str_addf(&call->out->text, "%s  %s", a->layer,
                rt_shape_text(&rt_place_node(&sm->model->cursor)->shape));
    rt_value_set_text(&call->out->value, a->layer);
    return 0;
}

const struct rt_cmd rt_cmd_at = {
    .group = "building",
    .name = "at",
    .help = "move the cursor to a layer",
    .opts = at_opts,
    .args_size = sizeof(struct at_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_at,
    .example = "model m\ninput x 4\ndense 8 name=trunk\ndense 2 name=a\n"
               "at trunk\ndense 3 name=b\n",
};

struct branch_args {
    const char *from, *commands;
};
static const struct rt_opt branch_opts[] = {
    RT_OPT(struct branch_args, from, .word = 1, .names = RT_NAMES_LAYER,
           .help = "the layer it leaves from"),
    RT_OPT(struct branch_args, commands, .word = 2,
           .help = "commands in braces"),
    RT_OPT_END
};

/* What a branch added, and where the cursor is now. */
static void describe_branch(const struct rt_model *m, int before,
                            struct rt_str *out)
{
    for (int i = before; i < m->n_layers; i++)
        rt_str_addf(out, "%s%s", i > before ? ", " : "", m->layers[i]->name);
    if (m->cursor.layer)
        rt_str_addf(out, "%sthe cursor is back at %s", out->n ? "; " : "",
                    rt_place_name(&m->cursor));
}

static int run_branch(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct branch_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_session_model *sm = rt_session_edit(s, err);
    char line[256];
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    struct rt_place back = sm->model->cursor;
    const char *back_name = back.layer ? rt_place_name(&back) : NULL;
    char *keep = rt_xstrdup(back_name);
    int before = sm->model->n_layers;
    if (rt_model_at(sm->model, a->from, err)) {
        free(keep);
        return rt_err_within(err, "branch");
    }
    /* The commands inside stand in the record for themselves, with their
     * variables replaced. */
    int hold = s->hold;
    s->hold = 0;
    snprintf(line, sizeof line, "at %s", a->from);
    rt_session_record(s, line);
    int rc = rt_interp_block(s->interp, a->commands, err);
    if (keep && s->model == sm && !rt_model_at(sm->model, keep, NULL)) {
        snprintf(line, sizeof line, "at %s", keep);
        rt_session_record(s, line);
        describe_branch(sm->model, before, &call->out->text);
    }
    s->hold = hold;
    free(keep);
    return rc ? rt_err_within(err, "branch %s", a->from) : 0;
}

const struct rt_cmd rt_cmd_branch = {
    .group = "building",
    .name = "branch",
    .help = "build a side branch, then come back",
    .usage = "FROM {commands}",
    .opts = branch_opts,
    .args_size = sizeof(struct branch_args),
    .flags = RT_CMD_UNDO,
    .run = run_branch,
    .example = "model m\ninput x 4\ndense 8 name=trunk\n"
               "branch trunk { dense 1 name=a ; output loss=mse }\n"
               "branch trunk { dense 1 name=b ; output loss=mae }\n",
};
