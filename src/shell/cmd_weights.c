/* Weights to and from files. */
#include "files/weights.h"
#include "shell/cmd.h"

/* ---- save_weights -------------------------------------------------------- */

struct save_args {
    const char *file;
};
static const struct rt_opt save_opts[] = {
    RT_OPT(struct save_args, file, .word = 1, .names = RT_NAMES_FILE,
           .help = "an .h5 file as Keras writes it, or an .npz file"),
    RT_OPT_END
};

static int run_save(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct save_args *a = call->args;
    struct rt_model *copy = NULL;
    struct rt_model *m = rt_session_at_rest(call->s, &copy, err);
    int rc = m ? rt_model_ready(m, err) : rt_err_code(err, RT_ESTATE);
    if (!rc)
        rc = rt_weights_save(m, a->file, err);
    if (!rc) {
        rt_str_addf(&call->out->text, "%s: ", a->file);
        rt_str_add_count(&call->out->text, rt_model_params(m, false));
        rt_str_addf(&call->out->text, " weights of %s", m->name);
        rt_value_set_text(&call->out->value, a->file);
    }
    rt_model_free(copy);
    return rc ? rt_err_within(err, "save_weights") : 0;
}

const struct rt_cmd rt_cmd_save_weights = {
    .group = "runs",
    .name = "save_weights",
    .help = "write the weights of the chosen model to a file",
    .opts = save_opts,
    .args_size = sizeof(struct save_args),
    .flags = RT_CMD_CHANGES,
    .run = run_save,
    .details = "FILE.h5 is what Keras' own save_weights writes. In FILE.npz "
               "there is one float32 array\na weight, called LAYER/WEIGHT as "
               "in dense_1/kernel; numpy.load reads it.\nWhile the model "
               "trains, its weights as they are between two batches are "
               "written.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 3\nsave_weights m.npz\n"
               "save_weights m.h5\n",
};

/* ---- load_weights -------------------------------------------------------- */

struct load_args {
    const char *file;
    int by;
    struct rt_texts layers, map;
    bool skip_mismatch;
};
static const char *const ways[] = { "usual", "order", "name", NULL };
static const struct rt_opt load_opts[] = {
    RT_OPT(struct load_args, file, .word = 1, .names = RT_NAMES_FILE,
           .help = "an .h5 file by Keras, of weights or a whole model, or an "
                   ".npz file"),
    RT_OPT(struct load_args, by, .def = "usual", .choices = ways,
           .help = "how layers are paired; usual: all of them by name from "
                   ".npz, by order from .h5, by name with layers= or map="),
    RT_OPT(struct load_args, layers, .names = RT_NAMES_LAYER,
           .help = "these layers of the model alone, as enc_*,prefix:dec_"),
    RT_OPT(struct load_args, map,
           .help = "OLD:NEW,... a layer of the file is that of the model; "
                   "old_*:new_* for all that begin so"),
    RT_OPT(struct load_args, skip_mismatch, .form = RT_FORM_FLAG,
           .help = "leave weights of another shape as they are"),
    RT_OPT_END
};

static int run_load(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct load_args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    struct rt_weights_done done;
    struct rt_weights_how how = {
        .pairs = (enum rt_weights_pairs)a->by,
        .layers = a->layers.v,
        .n_layers = a->layers.n,
        .map = a->map.v,
        .n_map = a->map.n,
        .skip_mismatch = a->skip_mismatch,
    };
    int rc = sm ? rt_model_put_aside(sm->model, NULL, 0, false, err)
                : rt_err_code(err, RT_ESTATE);
    if (!rc)
        rc = rt_weights_load(sm->model, a->file, &how, &done, err);
    if (rc)
        return rt_err_within(err, "load_weights");
    rt_model_edited(sm->model);
    rt_str_addf(&call->out->text, "%s: ", a->file);
    rt_str_add_count(&call->out->text, done.numbers);
    rt_str_addf(&call->out->text, " weights of %s, %d layer%s", sm->model->name,
                done.layers, done.layers == 1 ? "" : "s");
    if (done.skipped)
        rt_str_addf(&call->out->text, "; %d of another shape left as %s",
                    done.skipped, done.skipped == 1 ? "it was" : "they were");
    rt_value_set_text(&call->out->value, a->file);
    return 0;
}

const struct rt_cmd rt_cmd_load_weights = {
    .group = "runs",
    .name = "load_weights",
    .help = "read weights of the chosen model from a file",
    .opts = load_opts,
    .args_size = sizeof(struct load_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_load,
    .details = "by=order pairs the layers that have weights one after "
               "another, whatever they are called\n(as many must be in the "
               "file); by=name those of equal names, and the others stay as "
               "they are.\nNothing is changed on an error; refused while the "
               "model trains.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 3 name=a\ndense 2 name=b\n"
               "save_weights m.h5\nload_weights m.h5\n"
               "load_weights m.h5 layers=b\nload_weights m.h5 map=a:a\n",
};
