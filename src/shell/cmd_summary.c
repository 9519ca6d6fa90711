/* What looks at a model: its table, its parameters, variables, memory. */
#include "base/map.h"
#include "base/mem.h"
#include "base/schema.h"
#include "nn/group.h"
#include "nn/steer.h"
#include "nn/select.h"
#include "nn/summary.h"
#include "shell/cmd.h"
#include "shell/table.h"
#include "train/footprint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Which layers the words of a command mean; caller frees. */
static bool *choose(const char *command, const struct rt_model *m,
                    const struct rt_texts *words, struct rt_err *err)
{
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    if (rt_select(m, words->v, words->n, chosen, err) >= 0)
        return chosen;
    rt_err_within(err, "%s", command);
    free(chosen);
    return NULL;
}

static void drop_last_newline(struct rt_str *s)
{
    while (s->n && s->s[s->n - 1] == '\n')
        s->s[--s->n] = '\0';
}

/* ---- summary -------------------------------------------------------------
 */

struct summary_args {
    struct rt_texts layers;
    int style;
    bool trainable, memory, expand_nested;
};
static const char *const styles[] = { "keras2", "keras3", "wide", NULL };
static const struct rt_opt summary_opts[] = {
    RT_OPT(struct summary_args, layers, .form = RT_FORM_REST,
           .names = RT_NAMES_LAYER, .help = "these layers only"),
    RT_OPT(struct summary_args, style, .def = "keras2", .choices = styles,
           .help = "as Keras 2.2.4 or 3 prints it, or nothing cut"),
    RT_OPT(struct summary_args, trainable, .form = RT_FORM_FLAG,
           .help = "whether each layer learns"),
    RT_OPT(struct summary_args, memory, .form = RT_FORM_FLAG,
           .help = "what the weights of each layer take"),
    RT_OPT(struct summary_args, expand_nested, .form = RT_FORM_FLAG,
           .help = "models within it with their layers below them"),
    RT_OPT_END
};

static bool acts_frozen(const struct rt_model_layer *l)
{
    return !l->trainable && l->type->frozen;
}

/* "frozen batch_norm normalises by ... (keras-2.3.1): bn_1, bn_2 and 3 more"
 * of layer i and those behind it that do the same. */
static void add_alike(const struct rt_model *m, const bool *chosen, int i,
                      bool *told, struct rt_str *out)
{
    enum { NAMED = 3 };
    const struct rt_model_layer *first = m->layers[i];
    const char *what = first->type->frozen(m, first);
    int n = 0;
    rt_str_addf(out, "\nfrozen %s %s (%s): ", first->type->name, what,
                first->norm == RT_NORM_DIALECT ? rt_dialect_name(m->dialect)
                                               : rt_norm_name(first->norm));
    for (; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        if (!chosen[i] || !acts_frozen(l) || l->type != first->type ||
            strcmp(l->type->frozen(m, l), what))
            continue;
        told[i] = true;
        if (n++ < NAMED)
            rt_str_addf(out, "%s%s", n > 1 ? ", " : "", l->name);
    }
    if (n > NAMED)
        rt_str_addf(out, " and %d more", n - NAMED);
}

static void add_frozen(const struct rt_model *m, const bool *chosen,
                       struct rt_str *out)
{
    bool *told = rt_xcalloc((size_t)m->n_layers + 1, sizeof *told);
    for (int i = 0; i < m->n_layers; i++)
        if (chosen[i] && !told[i] && acts_frozen(m->layers[i]))
            add_alike(m, chosen, i, told, out);
    free(told);
}

/* "lr of dense_1, dense_2: 0.1x" of layers with rates of their own, alike
 * together, and "retired outputs: temp". */
static void add_steering(const struct rt_model *m, const bool *chosen,
                         struct rt_str *out)
{
    bool *told = rt_xcalloc((size_t)m->n_layers + 1, sizeof *told);
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        double rate = l->rate, share = l->share;
        int n = 0;
        if (!chosen[i] || told[i] || (isnan(rate) && share == 1))
            continue;
        rt_str_add(out, "\nlr of ");
        for (int k = i; k < m->n_layers; k++)
            if (chosen[k] && rt_layer_same_rate(m->layers[k], l)) {
                told[k] = true;
                if (m->layers[k]->n_weights)
                    rt_str_addf(out, "%s%s", n++ ? ", " : "",
                                m->layers[k]->name);
            }
        rt_str_addf(out, isnan(rate) ? ": %gx" : ": %g",
                    isnan(rate) ? share : rate);
    }
    free(told);
    for (int i = 0, n = 0; i < m->n_outputs; i++)
        if (m->outputs[i].retired)
            rt_str_addf(out, "%s%s",
                        n++ ? ", " : "\nretired outputs: ", m->outputs[i].name);
}

static int run_summary(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct summary_args *a = call->args;
    struct rt_session_model *sm = rt_session_model(call->s, err);
    bool *chosen = sm ? choose("summary", sm->model, &a->layers, err) : NULL;
    if (!chosen)
        return rt_err_code(err, RT_ESTATE);
    const struct rt_model *m = sm->model;
    struct rt_value *v = &call->out->value;
    rt_summary(m,
               &(struct rt_summary_spec){ .style = a->style,
                                          .chosen = chosen,
                                          .expand_nested = a->expand_nested,
                                          .trainable = a->trainable,
                                          .memory = a->memory,
                                          .width = call->s->table_width },
               &call->out->text);
    call->out->as_is = true;
    drop_last_newline(&call->out->text);
    add_frozen(m, chosen, &call->out->text);
    add_steering(m, chosen, &call->out->text);
    rt_value_set_dict(v);
    rt_value_put_text(v, "model", m->name);
    rt_value_put_int(v, "layers", rt_group_layers(m));
    rt_value_put_int(v, "params", rt_model_params(m, false));
    rt_value_put_int(v, "trainable", rt_model_params(m, true));
    free(chosen);
    return 0;
}

const struct rt_cmd rt_cmd_summary = {
    .group = "building",
    .name = "summary",
    .help = "table of layers, shapes, parameters, connections",
    .opts = summary_opts,
    .args_size = sizeof(struct summary_args),
    .flags = RT_CMD_LOOKS,
    .run = run_summary,
    .details =
        "The text is Keras 2.2.4's; on a narrow terminal its columns move "
        "together. Layers are named as everywhere: conv_*, "
        "a..b, upto:a,\nafter:a, class:Dense, prefix:enc_, branch:OUTPUT, and "
        "!word takes away; the totals stay the\nmodel's. A model within the "
        "model is one line, with those of its layers below it that are\nnamed "
        "(summary ENCODER/dense_*), or all by -expand_nested. At the end "
        "stands "
        "what frozen\nbatch_norm layers do while the model trains. As a value: "
        "model, layers, params, trainable.",
    .example = "model m\ninput x 4\ndense 8\ndense 2\nsummary\n"
               "summary class:Dense style=keras3 -trainable\n"
               "puts [dict get [summary -value] params]\n",
};

/* ---- params --------------------------------------------------------------
 */

struct params_args {
    struct rt_texts layers;
    int by;
};
enum { BY_LAYER, BY_CLASS, BY_BRANCH, BY_TRAINABLE };
static const char *const params_by[] = { "layer", "class", "branch",
                                         "trainable", NULL };
static const struct rt_opt params_opts[] = {
    RT_OPT(struct params_args, layers, .form = RT_FORM_REST,
           .names = RT_NAMES_LAYER, .help = "these layers only"),
    RT_OPT(struct params_args, by, .form = RT_FORM_FLAG, .def = "layer",
           .choices = params_by, .help = "how they are counted together"),
    RT_OPT_END
};

/* The one output that a layer leads to, by layer; "shared" if to several. */
static const char **name_branches(const struct rt_model *m)
{
    const char **name = rt_xcalloc((size_t)m->n_layers + 1, sizeof *name);
    bool *in = rt_xcalloc((size_t)m->n_layers + 1, sizeof *in);
    for (int i = 0; i < m->n_outputs; i++) {
        const char *output = m->outputs[i].name;
        char *word = rt_xprintf("branch:%s", output);
        rt_select(m, (const char *const[]){ word }, 1, in, NULL);
        for (int k = 0; k < m->n_layers; k++)
            if (in[k])
                name[k] = output;
        free(word);
    }
    for (int i = 0; i < m->n_layers; i++)
        if (!name[i])
            name[i] = "shared";
    free(in);
    return name;
}

static void count(struct rt_map *sums, const char *key, int64_t n)
{
    int64_t *sum = rt_map_get(sums, key);
    if (!sum) {
        sum = rt_xcalloc(1, sizeof *sum);
        rt_map_set(sums, key, sum);
    }
    *sum += n;
}

/* folded: a model within it counts as one layer. */
static void count_layer(struct rt_map *sums, const struct rt_model_layer *l,
                        int by, bool folded, const char *branch)
{
    if (by != BY_TRAINABLE) {
        count(sums,
              by == BY_LAYER   ? folded && l->group ? l->group->name : l->name
              : by == BY_CLASS ? l->type->keras
                               : branch,
              rt_layer_params(l));
        return;
    }
    for (int k = 0; k < l->n_weights; k++)
        count(sums, rt_weight_learns(l->weights[k]) ? "trainable" : "frozen",
              (int64_t)l->weights[k]->n);
}

static void add_count(struct rt_table *t, int64_t n)
{
    struct rt_str text = RT_STR_INIT;
    rt_str_add_count(&text, n);
    rt_table_cell(t, "%s", rt_str_c(&text));
    rt_str_release(&text);
}

static void show_sums(struct rt_cmd_call *call, const struct rt_map *sums,
                      const char *head)
{
    struct rt_table t;
    struct rt_value *v = &call->out->value;
    int64_t total = 0;
    rt_table_init(&t);
    rt_table_column(&t, head, false);
    rt_table_column(&t, "parameters", true);
    rt_value_set_dict(v);
    for (int i = 0; i < sums->n; i++) {
        int64_t n = *(int64_t *)sums->v[i].value;
        rt_table_cell(&t, "%s", sums->v[i].key);
        add_count(&t, n);
        rt_value_put_int(v, sums->v[i].key, n);
        total += n;
    }
    rt_table_cell(&t, "total");
    add_count(&t, total);
    rt_value_put_int(v, "total", total);
    rt_table_print(&t, call->s->table_width, &call->out->text);
    rt_table_release(&t);
}

static int run_params(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct params_args *a = call->args;
    struct rt_session_model *sm = rt_session_model(call->s, err);
    bool *chosen = sm ? choose("params", sm->model, &a->layers, err) : NULL;
    if (!chosen)
        return rt_err_code(err, RT_ESTATE);
    const struct rt_model *m = sm->model;
    struct rt_map sums = RT_MAP_INIT; /* name -> int64_t * */
    const char **branch = name_branches(m);
    for (int i = 0; i < m->n_layers; i++)
        if (chosen[i])
            count_layer(&sums, m->layers[i], a->by, !a->layers.n, branch[i]);
    show_sums(call, &sums, params_by[a->by]);
    for (int i = 0; i < sums.n; i++)
        free(sums.v[i].value);
    rt_map_release(&sums);
    free(branch);
    free(chosen);
    return 0;
}

const struct rt_cmd rt_cmd_params = {
    .group = "building",
    .name = "params",
    .help = "parameter counts by layer, class, branch or whether they learn",
    .opts = params_opts,
    .args_size = sizeof(struct params_args),
    .flags = RT_CMD_LOOKS,
    .run = run_params,
    .details = "-by branch counts the layers that lead to one output alone "
               "under its name, the others as\nshared. Layers as `summary` "
               "takes them; a model within the model is one line, and\n"
               "`params ENCODER` has a line for each of its layers.",
    .example = "model m\ninput x 4\ndense 8 name=trunk\ndense 2\nparams\n"
               "params -by class\nparams trunk -by trainable\n",
};

/* ---- variables -----------------------------------------------------------
 */

static void put_variable(struct rt_value *list, struct rt_table *t,
                         const struct rt_weight *w)
{
    char *name = rt_xprintf("%s/%s", w->layer->name, w->name);
    bool learns = rt_weight_learns(w);
    struct rt_value *d = rt_value_push(list);
    rt_value_set_dict(d);
    rt_value_put_text(d, "name", name);
    rt_value_put_text(d, "shape", rt_shape_text(&w->shape));
    rt_value_put_int(d, "count", (int64_t)w->n);
    rt_value_set_bool(rt_value_put(d, "trainable"), learns);
    rt_table_cell(t, "%s", name);
    rt_table_cell(t, "%s", rt_shape_text(&w->shape));
    add_count(t, (int64_t)w->n);
    rt_table_cell(t, "%s", learns ? "yes" : "no");
    free(name);
}

static int run_variables(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_model(call->s, err);
    struct rt_table t;
    int64_t n = 0;
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    const struct rt_model *m = sm->model;
    rt_table_init(&t);
    rt_table_column(&t, "variable", false);
    rt_table_column(&t, "shape", false);
    rt_table_column(&t, "count", true);
    rt_table_column(&t, "trainable", false);
    rt_value_set_list(&call->out->value);
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++, n++)
            put_variable(&call->out->value, &t, m->layers[i]->weights[k]);
    rt_table_print(&t, call->s->table_width, &call->out->text);
    rt_str_addf(&call->out->text, "\n%lld variables, ", (long long)n);
    rt_str_add_count(&call->out->text, rt_model_params(m, false));
    rt_str_add(&call->out->text, " numbers");
    rt_table_release(&t);
    return 0;
}

const struct rt_cmd rt_cmd_variables = {
    .group = "building",
    .name = "variables",
    .help = "every variable with name, shape, count, and the total",
    .flags = RT_CMD_LOOKS,
    .run = run_variables,
    .details = "As a value: a list of dicts with name, shape, count, "
               "trainable.",
    .example = "model m\ninput x 4\ndense 8\nvariables\n",
};

/* ---- memory --------------------------------------------------------------
 */

struct memory_args {
    const char *batch;
};
static const struct rt_opt memory_opts[] = {
    RT_OPT(struct memory_args, batch, .def = "32",
           .help = "rows of a batch; max: the most that fit into memory"),
    RT_OPT_END
};

static int parse_batch(const char *text, int *batch, struct rt_err *err)
{
    double v;
    if (!strcmp(text, "max")) {
        *batch = RT_FOOTPRINT_MOST;
        return 0;
    }
    if (rt_number_parse(text, &v, NULL) || v < 1 || v > 1e9 || v != floor(v))
        return rt_fail(err, RT_EINVAL,
                       "batch is '%s', want a number of rows or max", text);
    *batch = (int)v;
    return 0;
}

static void add_size(struct rt_cmd_call *call, struct rt_table *t,
                     const char *what, size_t bytes)
{
    struct rt_str text = RT_STR_INIT;
    rt_str_add_bytes(&text, (double)bytes);
    rt_table_cell(t, "%s", what);
    rt_table_cell(t, "%s", rt_str_c(&text));
    rt_value_put_int(&call->out->value, what, (int64_t)bytes);
    rt_str_release(&text);
}

static int run_memory(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct memory_args *a = call->args;
    struct rt_model *copy = NULL, *m = rt_session_at_rest(call->s, &copy, err);
    struct rt_footprint f;
    struct rt_table t;
    int batch = 0, rc = m ? parse_batch(a->batch, &batch, err) : RT_ESTATE;
    if (!rc)
        rc = rt_footprint(m, batch, &f, err);
    if (!rc) {
        rt_table_init(&t);
        rt_table_column(&t, "", false);
        rt_table_column(&t, "", true);
        rt_value_set_dict(&call->out->value);
        rt_value_put_int(&call->out->value, "batch", f.rows);
        rt_table_cell(&t, "rows");
        add_count(&t, f.rows);
        add_size(call, &t, "weights", f.weights);
        if (f.training) {
            add_size(call, &t, "gradients", f.weights);
            add_size(call, &t, "optimizer", f.slots);
            add_size(call, &t, "training", f.training);
        }
        add_size(call, &t, "inference", f.inference);
        add_size(call, &t, "total", f.total);
        rt_table_print(&t, call->s->table_width, &call->out->text);
        rt_table_release(&t);
    }
    rt_model_free(copy);
    return rc ? rt_err_within(err, "memory") : 0;
}

const struct rt_cmd rt_cmd_memory = {
    .group = "building",
    .name = "memory",
    .help = "memory for a batch size, or the largest batch that fits",
    .opts = memory_opts,
    .args_size = sizeof(struct memory_args),
    .flags = RT_CMD_LOOKS,
    .run = run_memory,
    .details =
        "In bytes as a value. training and inference are what the values of a "
        "batch take; total is a\nfit with both, or, of a model that was not "
        "compiled, inference alone. Data sets are not in it.",
    .example = "model m\ninput x 4\ndense 8\ndense 2\noutput\nmemory\n"
               "compile adam loss=mse\nmemory batch=128\nmemory batch=max\n",
};
