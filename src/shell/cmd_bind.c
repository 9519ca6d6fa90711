/* bind: which columns of a data set feed which input and output. */
#include "base/schema.h"
#include "shell/cmd.h"
#include "shell/parts.h"

#include <stdlib.h>
#include <string.h>

struct bind_args {
    const char *data;
    struct rt_texts pairs;
};
static const struct rt_opt bind_opts[] = {
    RT_OPT(struct bind_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct bind_args, pairs, .form = RT_FORM_REST,
           .names = RT_NAMES_COLUMN,
           .help = "INPUT=COLUMNS and OUTPUT=COLUMNS; several columns stand "
                   "side by side"),
    RT_OPT_END
};

static int bind_pair(struct rt_dataset *d, const char *word, struct rt_err *err)
{
    const char *eq = strchr(word, '=');
    if (!eq || eq == word || !eq[1])
        return rt_fail(err, RT_EINVAL,
                       "'%s' is no binding, want INPUT=COLUMN or "
                       "OUTPUT=COLUMN,COLUMN",
                       word);
    const char **cols;
    int n;
    int rc = rt_list_split(eq + 1, &cols, &n, err);
    if (rc)
        return rc;
    char *node = rt_xstrndup(word, (size_t)(eq - word));
    rc = rt_dataset_bind(d, node, cols, n, err);
    free(node);
    free(cols);
    return rc;
}

static void show(struct rt_cmd_call *call, const struct rt_dataset *d)
{
    for (int i = 0; i < d->n_bindings; i++) {
        const struct rt_binding *b = &d->bindings[i];
        rt_str_addf(&call->out->text, "%s%s from ", i ? "\n" : "", b->node);
        for (int k = 0; k < b->n_cols; k++)
            rt_str_addf(&call->out->text, "%s%s", k ? ", " : "", b->cols[k]);
    }
    if (!d->n_bindings)
        rt_str_add(&call->out->text,
                   "nothing is bound: x feeds the only input, y the only "
                   "output, other columns what is called as they are");
    rt_value_set_text(&call->out->value, d->name);
}

static int look(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_dataset *d = rt_session_data(call->s, call->words[0], err);
    call->looked = true;
    if (!d)
        return rt_cmd_within(call->cmd, err);
    show(call, d);
    return 0;
}

static int run_bind(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_parts p;
    struct rt_dataset *made[1 + RT_PARTS] = { NULL };
    if (!call->n)
        return rt_fail(err, RT_EINVAL,
                       "bind: want a data set and what feeds what, as in "
                       "`bind s img=x digit=y`");
    if (call->n == 1)
        return look(call, err);
    int rc = rt_parts_find(call->s, call->words[0], &p, err);
    for (int i = 0; !rc && i < p.n; i++) {
        made[i] = rt_dataset_copy(p.v[i], p.v[i]->name);
        for (int k = 1; !rc && k < call->n; k++)
            rc = bind_pair(made[i], call->words[k], err);
    }
    if (rc) {
        for (int i = 0; i < p.n; i++)
            rt_dataset_unref(made[i]);
        return rt_cmd_within(call->cmd, err);
    }
    show(call, made[0]);
    rt_parts_replace(call->s, &p, made);
    return 0;
}

const struct rt_cmd rt_cmd_bind = {
    .group = "data",
    .name = "bind",
    .help = "say which columns feed which input and output",
    .usage = "NAME [INPUT=COLUMNS... OUTPUT=COLUMNS...]",
    .opts = bind_opts,
    .args_size = sizeof(struct bind_args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_LISTS,
    .run = run_bind,
    .details = "NAME alone shows it. Unless bound, x feeds the only input and "
               "y the only output, "
               "and columns feed what is\ncalled as they are. An input and an "
               "output may use the same column. Whether it all\nfits is seen "
               "at `fit`.",
    .example = "seed 1\ndata s generate moons\nbind s point=x side=y\n"
               "bind s\n",
};
