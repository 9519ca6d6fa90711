/* Weights to and from files. */
#include "base/file.h"
#include "files/weights.h"
#include "shell/cmd.h"

#include <string.h>

struct args {
    const char *file;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, file, .word = 1, .names = RT_NAMES_FILE,
           .help = "a .npz file, one array a weight"),
    RT_OPT_END
};

static int check_file(const char *file, struct rt_err *err)
{
    if (!strcmp(rt_path_ext(file), "npz"))
        return 0;
    return rt_fail(err, RT_EINVAL, "'%s' does not end in .npz", file);
}

static void say(struct rt_cmd_call *call, const struct rt_model *m,
                const char *file)
{
    rt_str_addf(&call->out->text, "%s: ", file);
    rt_str_add_count(&call->out->text, rt_model_params(m, false));
    rt_str_addf(&call->out->text, " weights of %s", m->name);
    rt_value_set_text(&call->out->value, file);
}

static int run_save(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_model *copy = NULL;
    struct rt_model *m = rt_session_at_rest(call->s, &copy, err);
    int rc = m ? check_file(a->file, err) : RT_ESTATE;
    if (!rc)
        rc = rt_model_ready(m, err);
    if (!rc)
        rc = rt_weights_save(m, a->file, err);
    if (!rc)
        say(call, m, a->file);
    rt_model_free(copy);
    return rc ? rt_err_within(err, "save_weights") : 0;
}

const struct rt_cmd rt_cmd_save_weights = {
    .group = "runs",
    .name = "save_weights",
    .help = "write the weights of the chosen model to an .npz file",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES,
    .run = run_save,
    .details = "One float32 array a weight, called LAYER/WEIGHT as in "
               "dense_1/kernel; numpy.load reads it.\nWhile the model trains, "
               "its weights as they are between two batches are written.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 3\nsave_weights m.npz\n",
};

static int run_load(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    int rc = sm ? check_file(a->file, err) : err ? err->code : RT_ESTATE;
    if (!rc)
        rc = rt_weights_load(sm->model, a->file, err);
    if (rc)
        return rt_err_within(err, "load_weights");
    say(call, sm->model, a->file);
    return 0;
}

const struct rt_cmd rt_cmd_load_weights = {
    .group = "runs",
    .name = "load_weights",
    .help = "read the weights of the chosen model from an .npz file",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES,
    .run = run_load,
    .details = "By name: every weight of the model must be there in its "
               "shape, others are left out.\nNothing is changed on an error; "
               "refused while the model trains.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 3\nsave_weights m.npz\n"
               "load_weights m.npz\n",
};
