/* call: a layer again, or a model of the session put into this one. */
#include "base/suggest.h"
#include "nn/group.h"
#include "shell/cmd.h"

#include <string.h>

struct call_args {
    const char *layer, *name;
    struct rt_texts from;
};
static const struct rt_opt call_opts[] = {
    RT_OPT(struct call_args, layer, .word = 1, .names = RT_NAMES_CALLED,
           .help = "the layer to call again, or another model to put in"),
    RT_OPT(struct call_args, from, .names = RT_NAMES_LAYER,
           .help = "its inputs; else the cursor"),
    RT_OPT(struct call_args, name,
           .help = "of the model within this one; else its own"),
    RT_OPT_END
};

/* What can be called in a model, its own layers or others of the session. */
struct called {
    const struct rt_session *s;
    const struct rt_model *m;
};

static const char *name_of_called(const void *of, int i)
{
    const struct called *c = of;
    const struct rt_model *m = c->m;
    const char *name;
    for (int k = 0; k < m->n_layers; k++)
        if (m->layers[k]->type->max_in != RT_LAYER_NO_INPUT &&
            !m->layers[k]->group && i-- == 0)
            return m->layers[k]->name;
    for (int k = 0; k < m->n_groups; k++)
        if (i-- == 0)
            return m->groups[k]->name;
    for (int k = 0; (name = rt_name_of_map(&c->s->models, k)); k++)
        if (strcmp(name, m->name) && !rt_group_find(m, name) && i-- == 0)
            return name;
    return NULL;
}

/* The model of the session that is put into m; NULL: what is called is there,
 * or nothing is found. */
static const struct rt_model *inner_of(struct rt_session *s,
                                       const struct call_args *a,
                                       const struct rt_model *m,
                                       struct rt_err *err)
{
    const struct rt_session_model *inner = rt_map_get(&s->models, a->layer);
    struct rt_place p;
    bool there = rt_model_layer_find(m, a->layer, NULL) ||
                 !rt_model_place(m, a->layer, &p, NULL);
    if (a->name ? inner != NULL : inner && !there)
        return inner->model;
    if (a->name && there)
        rt_fail(err, RT_EINVAL,
                "name= is for a model that is put in; '%s' has a name",
                a->layer);
    else if (a->name)
        rt_fail_unknown(err, RT_ENOENT, a->layer, rt_name_of_map, &s->models,
                        "no model '%s'", a->layer);
    else if (!there && !strchr(a->layer, ':'))
        rt_fail_unknown(err, RT_ENOENT, a->layer, name_of_called,
                        &(struct called){ s, m },
                        "no layer '%s' in model '%s' and no other model of "
                        "that name",
                        a->layer, m->name);
    return NULL;
}

/* "encoder  (none,8)  model encoder within m, 123 parameters". */
static int put_in(struct rt_cmd_call *call, struct rt_model *m,
                  const struct rt_model *inner, struct rt_err *err)
{
    const struct call_args *a = call->args;
    const struct rt_model_group *g =
        rt_model_nest(m, inner, a->name, a->from.v, a->from.n, err);
    if (!g)
        return rt_err_within(err, "call");
    struct rt_str *out = &call->out->text;
    rt_str_addf(out, "%s ", g->name);
    for (int i = 0; i < g->inner->n_outputs; i++) {
        struct rt_place p = rt_group_output(g, 0, i);
        rt_str_addf(out, " %s", rt_shape_text(&rt_place_node(&p)->shape));
    }
    int n = rt_group_layers(inner) - inner->n_inputs;
    rt_str_addf(out, "  %s of %d layer%s, ", rt_group_class(g), n,
                n == 1 ? "" : "s");
    rt_str_add_count(out, rt_model_params(inner, false));
    rt_str_add(out, " parameters, ");
    rt_str_add_count(out, rt_model_params(m, false));
    rt_str_add(out, " so far");
    rt_value_set_text(&call->out->value, g->name);
    return 0;
}

static int run_call(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct call_args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    struct rt_err why = RT_ERR_INIT;
    const struct rt_model *inner = inner_of(call->s, a, sm->model, &why);
    if (inner)
        return put_in(call, sm->model, inner, err);
    if (why.code)
        return rt_fail(err, why.code, "call: %s", why.text);
    if (rt_model_call(sm->model, a->layer, a->from.v, a->from.n, err))
        return rt_err_within(err, "call");
    const char *name = rt_place_name(&sm->model->cursor);
    rt_str_addf(&call->out->text, "%s  %s  shares the weights of %s", name,
                rt_shape_text(&rt_place_node(&sm->model->cursor)->shape),
                a->layer);
    rt_value_set_text(&call->out->value, name);
    return 0;
}

const struct rt_cmd rt_cmd_call_layer = {
    .group = "building",
    .name = "call",
    .usage = "LAYER|MODEL [from=LAYER,...] [name=NAME]",
    .help = "call a layer again (shared weights), or put a model in",
    .opts = call_opts,
    .args_size = sizeof(struct call_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_call,
    .details =
        "What is called again has the same weights at both places; in from= "
        "its calls are NAME:0, NAME:1.\nThe name of another model of the "
        "session puts a copy of that model in as one layer: its layers\n"
        "are ENCODER/dense_1 and so on, with the values that their weights "
        "have now and learning as\nthey do there; the two models share "
        "nothing from then on (Keras shares the weights). It is called\n"
        "again by its name here. Several inputs: from=A,B; a second output is "
        "NAME:0:1.",
    .example = "model m\ninput a 4\ninput b 4\ndense 8 name=enc from=a\n"
               "call enc from=b\nconcatenate enc:0 enc:1\noutput\nmodel n\n"
               "input x 4\ninput y 4\ncall m from=x,y name=pair\nsummary\n",
};
