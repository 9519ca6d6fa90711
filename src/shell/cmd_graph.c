/* The graph of a model, in text or to a file. */
#include "base/file.h"
#include "nn/drawing.h"
#include "nn/group.h"
#include "shell/cmd.h"

#include <string.h>

struct args {
    const char *to;
    bool expand_nested;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, to, .form = RT_FORM_FLAG, .names = RT_NAMES_FILE,
           .help = "write it to a .dot file, for Graphviz, or a .txt file"),
    RT_OPT(struct args, expand_nested, .form = RT_FORM_FLAG,
           .help = "models within it by their layers"),
    RT_OPT_END
};

static int write_graph(struct rt_cmd_call *call, const struct rt_model *m,
                       struct rt_err *err)
{
    const struct args *a = call->args;
    const char *file = a->to;
    struct rt_str text = RT_STR_INIT;
    bool dot = !strcmp(rt_path_ext(file), "dot");
    if (!dot && strcmp(rt_path_ext(file), "txt"))
        return rt_fail(err, RT_EINVAL, "'%s' ends in neither .dot nor .txt",
                       file);
    if (dot)
        rt_drawing_dot(m, a->expand_nested, &text);
    else
        rt_drawing_text(m, true, a->expand_nested, &text);
    int rc = rt_file_write(file, rt_str_c(&text), text.n, err);
    rt_str_release(&text);
    if (!rc)
        rt_str_addf(&call->out->text, "%s: %d layers of %s", file,
                    a->expand_nested ? m->n_layers : rt_group_layers(m),
                    m->name);
    return rc;
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_session_model *sm = rt_session_model(call->s, err);
    struct rt_str *out = &call->out->text;
    int rc = sm ? 0 : RT_ESTATE;
    call->out->as_is = true;
    if (!rc && a->to)
        rc = write_graph(call, sm->model, err);
    else if (!rc)
        rt_drawing_text(sm->model, call->s->utf8, a->expand_nested, out);
    while (out->n && out->s[out->n - 1] == '\n')
        out->s[--out->n] = '\0';
    if (!rc)
        rt_value_set_text(&call->out->value, a->to ? a->to : rt_str_c(out));
    return rc ? rt_err_within(err, "graph") : 0;
}

const struct rt_cmd rt_cmd_graph = {
    .group = "building",
    .name = "graph",
    .help = "draw the model's graph in text, or to a file",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_LOOKS,
    .run = run,
    .example =
        "model m\ninput x 4\ndense 8 name=trunk\ndense 1 name=a\noutput\n"
        "at trunk\ndense 2 name=b\noutput\nconcatenate a b\ngraph\n"
        "graph -to m.dot\n",
};
