/* Models to and from files, and as the commands that build them. */
#include "base/file.h"
#include "base/mem.h"
#include "files/keras_read.h"
#include "files/keras_write.h"
#include "nn/group.h"
#include "shell/cmd.h"
#include "shell/interp.h"

#include <stdlib.h>
#include <string.h>

static int check_ending(const char *file, struct rt_err *err)
{
    const char *ext = rt_path_ext(file);
    if (!strcmp(ext, "h5") || !strcmp(ext, "hdf5"))
        return 0;
    return rt_fail(err, RT_EINVAL, "'%s' does not end in .h5", file);
}

/* ---- save_model ---------------------------------------------------------- */

struct save_args {
    const char *file, *dialect;
    bool no_optimizer;
};
static const struct rt_opt save_opts[] = {
    RT_OPT(struct save_args, file, .word = 1, .names = RT_NAMES_FILE,
           .help = "an .h5 file"),
    RT_OPT(struct save_args, dialect, .def = "keras-2.3.1",
           .help = "version of Keras whose file it is to be: keras-2.1.6, "
                   "keras-2.2.4, keras-2.3.1 or tf.keras-2.4.0"),
    RT_OPT(struct save_args, no_optimizer, .form = RT_FORM_FLAG,
           .help = "leave out compile settings and the optimizer's state"),
    RT_OPT_END
};

static int run_save(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct save_args *a = call->args;
    struct rt_keras_save how = { .no_optimizer = a->no_optimizer, .as = true };
    struct rt_model *copy = NULL;
    struct rt_model *m = rt_session_portrait(call->s, &copy, err);
    int rc = m ? check_ending(a->file, err) : rt_err_code(err, RT_ESTATE);
    if (!rc)
        rc = rt_dialect_find(a->dialect, &how.dialect, err);
    if (!rc)
        rc = rt_model_ready(m, err);
    if (!rc)
        rc = rt_keras_save(m, a->file, &how, err);
    if (!rc) {
        rt_str_addf(&call->out->text, "%s: model %s, ", a->file, m->name);
        rt_str_add_count(&call->out->text, rt_model_params(m, false));
        rt_str_add(&call->out->text, " parameters");
        if (rt_keras_lost(m, &how))
            rt_str_addf(&call->out->text,
                        "\n%s itself has no place for %s of %s: a fit that "
                        "goes on there begins it anew, one here does not.",
                        rt_dialect_name(how.dialect), rt_keras_lost(m, &how),
                        m->compiled->optimizer->name);
        rt_value_set_text(&call->out->value, a->file);
    }
    rt_model_free(copy);
    return rc ? rt_err_within(err, "save_model") : 0;
}

const struct rt_cmd rt_cmd_save_model = {
    .group = "runs",
    .name = "save_model",
    .help = "write the chosen model to a file that Keras opens",
    .opts = save_opts,
    .args_size = sizeof(struct save_args),
    .flags = RT_CMD_CHANGES,
    .run = run_save,
    .details =
        "Layers, weights, compile settings and the optimizer's state: "
        "a fit goes on from the\nfile as if it had not ended "
        "(fit ... initial_epoch=). While the model trains, it is "
        "written\nas it is between two batches. What Keras has no place for, "
        "rates of layers, bn= of\nfrozen batch_norms, retired outputs, "
        "stands beside, and Keras does not look at it. So do\nnadam's "
        "m_schedule and the number of updates of rmsprop, adagrad and "
        "adadelta where\ndialect= means a Keras before 2.3, which "
        "begins them anew: that is told.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 3\noutput\ncompile adam "
               "loss=mse\nsave_model m.h5\n",
};

/* ---- load_model ---------------------------------------------------------- */

struct load_args {
    const char *file, *name;
    struct rt_texts custom;
    bool no_compile;
};
static const struct rt_opt load_opts[] = {
    RT_OPT(struct load_args, file, .word = 1, .names = RT_NAMES_FILE,
           .help = "an .h5 file by Keras or by save_model"),
    RT_OPT(struct load_args, name,
           .help = "name of the model; else the one in the file"),
    RT_OPT(struct load_args, custom,
           .help = "NAME:LOSS,... what a loss or metric of the file's own is "
                   "here"),
    RT_OPT(struct load_args, no_compile, .form = RT_FORM_FLAG,
           .help = "leave out compile settings and the optimizer's state"),
    RT_OPT_END
};

static int check_custom(const struct rt_texts *custom, struct rt_err *err)
{
    for (int i = 0; i < custom->n; i++)
        if (!strchr(custom->v[i], ':'))
            return rt_fail(err, RT_EINVAL, "custom: '%s' is no NAME:LOSS",
                           custom->v[i]);
    return 0;
}

static void describe(const struct rt_model *m, bool replaced,
                     struct rt_str *out)
{
    int n = rt_group_layers(m);
    rt_str_addf(out, "%s%s: %d layer%s, ", m->name,
                replaced ? " (replaces the model of that name)" : "", n,
                n == 1 ? "" : "s");
    rt_str_add_count(out, rt_model_params(m, false));
    rt_str_addf(out, " parameters, by %s", rt_dialect_name(m->dialect));
    if (m->compiled)
        rt_str_addf(out, "; compiled with %s", m->compiled->optimizer->name);
    if (m->compiled && m->iterations)
        rt_str_addf(out, " after %lld updates", (long long)m->iterations);
}

/* What the file defines is defined in the session too, to be compiled with
 * again. */
static void take_customs(struct rt_session *s, struct rt_model *m,
                         struct rt_str *out)
{
    if (!m->customs || m->customs == s->customs)
        return;
    for (int i = s->customs ? s->customs->n : 0; i < m->customs->n; i++)
        rt_str_addf(out, "; it brings the %s '%s'",
                    m->customs->v[i]->metric ? "metric" : "loss",
                    m->customs->v[i]->name);
    rt_customs_unref(s->customs);
    s->customs = rt_customs_ref(m->customs);
}

static int run_load(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct load_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_model *m = NULL;
    struct rt_str notes = RT_STR_INIT;
    struct rt_keras_load how = {
        .notes = &notes,
        .name = a->name,
        .no_compile = a->no_compile,
        .custom = a->custom.v,
        .n_custom = a->custom.n,
        .customs = s->customs,
    };
    int rc = check_custom(&a->custom, err);
    if (!rc && a->name)
        rc = rt_name_check(a->name, err);
    if (!rc)
        how.seed = rt_session_seed(s);
    if (!rc)
        rc = rt_keras_load(a->file, &how, &m, err);
    struct rt_session_model *old = rc ? NULL : rt_map_get(&s->models, m->name);
    if (old && old->model->busy)
        rc = rt_fail(err, RT_EBUSY,
                     "model '%s' is in use by run %d; say name= to read this "
                     "one beside it",
                     m->name, old->last_run);
    if (rc) {
        rt_str_release(&notes);
        rt_model_free(m);
        return rt_err_within(err, "load_model");
    }
    describe(m, old != NULL, &call->out->text);
    take_customs(s, m, &call->out->text);
    if (notes.n)
        rt_str_addf(&call->out->text, "; %s", rt_str_c(&notes));
    rt_str_release(&notes);
    s->model = rt_session_add_model(s, m);
    rt_value_set_text(&call->out->value, m->name);
    return 0;
}

const struct rt_cmd rt_cmd_load_model = {
    .group = "runs",
    .name = "load_model",
    .help = "read a model that Keras or save_model wrote, and choose it",
    .opts = load_opts,
    .args_size = sizeof(struct load_args),
    .flags = RT_CMD_CHANGES,
    .run = run_load,
    .details =
        "The HDF5 files of Keras 2.0 to 2.3 and of tf.keras to 2.4, "
        "with the rules of the version\nthat wrote them; one of Keras 1 is "
        "refused with the line that converts it. A model of "
        "that name is replaced, as by `model NAME`.\nLosses and "
        "metrics that `loss` and `metric` defined come with it, unless "
        "their names\nare defined already. One that was a function of "
        "somebody's own in Python is what `loss`\ndefined under its "
        "name before, or is given by custom=: custom=my_loss:mse.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 3\noutput\ncompile adam "
               "loss=mse\nsave_model m.h5\nload_model m.h5 name=again\n",
};

/* ---- commands ------------------------------------------------------------ */

struct commands_args {
    const char *model, *o;
};
static const struct rt_opt commands_opts[] = {
    RT_OPT(struct commands_args, model, .word = 1, .def = "",
           .names = RT_NAMES_MODEL, .help = "the model; else the chosen one"),
    RT_OPT(struct commands_args, o, .form = RT_FORM_FLAG,
           .names = RT_NAMES_FILE, .help = "write them to this file"),
    RT_OPT_END
};

static int run_commands(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct commands_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_session_model *sm =
        a->model ? rt_map_get(&s->models, a->model) : rt_session_model(s, err);
    if (!sm)
        return a->model ? rt_fail(err, RT_ENOENT, "commands: no model '%s'",
                                  a->model)
                        : rt_err_code(err, RT_ESTATE);
    struct rt_str text = RT_STR_INIT;
    rt_model_script(sm->model, &text);
    int rc = 0;
    if (a->o) {
        rc = rt_file_write(a->o, rt_str_c(&text), text.n, err);
        rt_value_set_text(&call->out->value, a->o);
    } else {
        rt_value_set_text(&call->out->value, rt_str_c(&text));
        call->out->as_is = true;
        rt_str_addn(&call->out->text, rt_str_c(&text), text.n - 1);
    }
    rt_str_release(&text);
    return rc ? rt_err_within(err, "commands") : 0;
}

const struct rt_cmd rt_cmd_commands = {
    .group = "looking",
    .name = "commands",
    .help = "the script that builds a model, a loaded one too",
    .opts = commands_opts,
    .args_size = sizeof(struct commands_args),
    .flags = RT_CMD_LOOKS,
    .run = run_commands,
    .details = "Layers, outputs and compile settings; the weights are in "
               "save_weights' file. The models\nwithin it come first.",
    .example = "model m\ninput x 4\ndense 3 activation=tanh trainable=no\n"
               "output\ncompile sgd loss=mse\ncommands m\n",
};
