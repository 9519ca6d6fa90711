/* The session itself: help, params, seed, threads, the record, leaving. */
#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "graph/blas.h"
#include "graph/kern.h"
#include "shell/cmd.h"
#include "shell/help.h"
#include "shell/interp.h"
#include "shell/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- help ---------------------------------------------------------------- */

struct help_args {
    const char *word;
    bool reference;
};
static const struct rt_opt help_opts[] = {
    RT_OPT(struct help_args, word, .word = 1, .def = "",
           .names = RT_NAMES_HELP,
           .help = "a command, a topic, or `topics`"),
    RT_OPT(struct help_args, reference, .form = RT_FORM_FLAG,
           .help = "print the whole reference manual"),
    RT_OPT_END
};

static int run_help(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct help_args *a = call->args;
    struct rt_str *out = &call->out->text;
    if (a->reference) {
        rt_help_reference(out);
        return 0;
    }
    if (!a->word) {
        rt_help_overview(call->s->width, out);
        return 0;
    }
    if (!strcmp(a->word, "topics")) {
        for (int i = 0; rt_help_topics[i]; i++)
            rt_str_addf(out, "%s%s", i ? "\n" : "", rt_help_topics[i]);
        return 0;
    }
    if (rt_help_topic(a->word, call->s->width, out))
        return 0;
    const struct rt_cmd *c = rt_cmd_find(a->word, NULL);
    if (!c && rt_help_entry(a->word, call->s->width, out))
        return 0;
    if (!c) {
        rt_cmd_find(a->word, err);
        return rt_err_code(err, RT_ENOENT);
    }
    rt_help_page(c, call->s->width, out);
    return 0;
}

const struct rt_cmd rt_cmd_help = {
    .group = "session",
    .name = "help",
    .help = "show the commands, or a page about one with examples",
    .opts = help_opts,
    .args_size = sizeof(struct help_args),
    .flags = RT_CMD_LOOKS,
    .run = run_help,
    .example = "help dense\nhelp topics\nhelp optimizers\n",
};

struct apropos_args {
    const char *word;
};
static const struct rt_opt apropos_opts[] = {
    RT_OPT(struct apropos_args, word, .word = 1,
           .help = "part of a name or of a help line"),
    RT_OPT_END
};

static int run_apropos(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct apropos_args *a = call->args;
    if (!rt_help_apropos(a->word, call->s->width, &call->out->text))
        return rt_fail(err, RT_ENOENT, "apropos: nothing mentions '%s'",
                       a->word);
    return 0;
}

const struct rt_cmd rt_cmd_apropos = {
    .group = "session",
    .name = "apropos",
    .help = "search the names and help lines of everything",
    .opts = apropos_opts,
    .args_size = sizeof(struct apropos_args),
    .flags = RT_CMD_LOOKS,
    .run = run_apropos,
    .example = "apropos dropout\n",
};

/* ---- settings of a script -------------------------------------------------
 */

struct param_args {
    const char *name, *value;
};
static const struct rt_opt param_opts[] = {
    RT_OPT(struct param_args, name, .word = 1,
           .help = "the setting, and the Tcl variable $NAME"),
    RT_OPT(struct param_args, value, .name = "default", .word = 2,
           .help = "its value unless the command line gives NAME=VALUE"),
    RT_OPT_END
};

static int run_param(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct param_args *a = call->args;
    struct rt_session *s = call->s;
    const char *given = rt_map_get(&s->params, a->name);
    const char *value = given ? given : a->value;
    rt_vec_push(&s->params_used, rt_xstrdup(a->name));
    int rc = rt_interp_set(s->interp, a->name, value, err);
    if (!rc)
        rt_value_set_text(&call->out->value, value);
    return rc;
}

const struct rt_cmd rt_cmd_param = {
    .group = "session",
    .name = "param",
    .help = "a setting of this script: NAME=VALUE on the command line",
    .opts = param_opts,
    .args_size = sizeof(struct param_args),
    .run = run_param,
    .example = "param epochs 3\nputs $epochs\n",
};

/* ---- seed, threads ---------------------------------------------------------
 */

struct seed_args {
    int64_t seed;
};
static const struct rt_opt seed_opts[] = {
    RT_OPT(struct seed_args, seed, .word = 1, .def = "",
           .max = 9.007199254740992e15,
           .help = "seed of everything drawn from here on"),
    RT_OPT_END
};

static int run_seed(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct seed_args *a = call->args;
    struct rt_session *s = call->s;
    (void)err;
    if (a->seed != INT64_MIN) {
        char text[64];
        s->seed = (uint64_t)a->seed;
        s->seed_given = true;
        snprintf(text, sizeof text, "seed %lld", (long long)a->seed);
        rt_session_record(s, text);
        if (s->model && !s->model->model->busy)
            s->model->model->seed = s->seed;
    }
    rt_value_set_int(&call->out->value, (int64_t)rt_session_seed(s));
    return 0;
}

const struct rt_cmd rt_cmd_seed = {
    .group = "session",
    .name = "seed",
    .help = "set or show the seed of everything drawn from here on",
    .opts = seed_opts,
    .args_size = sizeof(struct seed_args),
    .run = run_seed,
    .details = "Without it a seed is drawn, shown and recorded at the first "
               "use. The same seed,\nmachine and build give the same bits, "
               "whatever the number of threads.",
    .example = "seed 7\n",
};

struct threads_args {
    int n;
};
static const struct rt_opt threads_opts[] = {
    RT_OPT(struct threads_args, n, .word = 1, .def = "", .min = 1, .max = 1024,
           .help = "threads that compute"),
    RT_OPT_END
};

static int run_threads(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct threads_args *a = call->args;
    if (a->n != RT_UNSET_INT) {
        if (rt_session_n_live(call->s))
            return rt_fail(err, RT_EBUSY,
                           "threads: a run is going; wait for it or stop it "
                           "first");
        rt_pool_threads(a->n);
    }
    rt_value_set_int(&call->out->value, rt_pool_n_threads());
    return 0;
}

const struct rt_cmd rt_cmd_threads = {
    .group = "session",
    .name = "threads",
    .help = "set or show the number of threads that compute",
    .opts = threads_opts,
    .args_size = sizeof(struct threads_args),
    .run = run_threads,
    .details = "The numbers do not depend on it. Refused while a run lives. "
               "RETORT_THREADS sets it at start.",
    .example = "threads\n",
};

/* ---- the record ------------------------------------------------------------
 */

struct transcript_args {
    bool script;
    const char *o;
};
static const struct rt_opt transcript_opts[] = {
    RT_OPT(struct transcript_args, script, .form = RT_FORM_FLAG,
           .help = "the clean script that repeats the session"),
    RT_OPT(struct transcript_args, o, .form = RT_FORM_FLAG,
           .names = RT_NAMES_FILE, .help = "write it to a file"),
    RT_OPT_END
};

static int run_transcript(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct transcript_args *a = call->args;
    struct rt_str text = RT_STR_INIT;
    int rc = 0;
    if (a->script)
        rt_session_script(call->s, &text);
    else
        rt_str_add(&text, rt_str_c(&call->s->transcript));
    if (a->o) {
        rc = rt_file_write(a->o, rt_str_c(&text), text.n, err);
        if (!rc)
            rt_value_set_text(&call->out->value, a->o);
    } else {
        if (text.n && text.s[text.n - 1] == '\n')
            text.s[--text.n] = '\0';
        call->out->as_is = true;
        rt_str_add(&call->out->text, rt_str_c(&text));
        rt_value_set_text(&call->out->value, rt_str_c(&text));
    }
    rt_str_release(&text);
    return rc;
}

const struct rt_cmd rt_cmd_transcript = {
    .group = "session",
    .name = "transcript",
    .help = "what was typed and answered; -script: the script that repeats it",
    .opts = transcript_opts,
    .args_size = sizeof(struct transcript_args),
    .flags = RT_CMD_LOOKS,
    .run = run_transcript,
    .details = "The clean script holds the commands that changed something, "
               "with variables\nreplaced by their values, and the seed: run "
               "again it gives the same numbers.",
    .example = "seed 3\nmodel m\ninput x 4\ndense 2\ntranscript -script\n",
};

/* ---- about the program ------------------------------------------------------
 */

static int run_version(struct rt_cmd_call *call, struct rt_err *err)
{
    (void)err;
    rt_value_set_text(&call->out->value, RT_VERSION);
    rt_str_addf(&call->out->text, "retort %s", RT_VERSION);
    return 0;
}

const struct rt_cmd rt_cmd_version = {
    .group = "session",
    .name = "version",
    .help = "the program's version",
    .flags = RT_CMD_LOOKS,
    .run = run_version,
    .example = "version\n",
};

static int run_doctor(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_str *out = &call->out->text;
    const char *term = getenv("TERM");
    const char *core = getenv("RETORT_CORETYPE_WAS");
    char *data = rt_dir_data();
    (void)err;
    rt_str_addf(out, "retort      %s\n", RT_VERSION);
    rt_str_addf(out, "kernels     %s\n", rt_kern()->isa);
    rt_str_addf(out, "BLAS        %s\n", rt_blas_name());
    rt_str_addf(out, "sgemm from  %s\n", rt_blas_file());
    rt_str_addf(out, "threads     %d of %d cores\n", rt_pool_n_threads(),
                rt_pool_cores());
    rt_str_addf(out, "terminal    %s, %d columns, %s, %s\n",
                term ? term : "none", s->width, s->utf8 ? "UTF-8" : "ASCII",
                s->color ? "colour" : "no colour");
    rt_str_addf(out, "home        %s", data);
    if (core)
        rt_str_addf(out,
                    "\nnote        OPENBLAS_CORETYPE=%s was set; it "
                    "changes bits and speed and was removed",
                    core);
    struct rt_err e = RT_ERR_INIT;
    if (!rt_session_store(s, &e))
        rt_str_addf(out, "\nwarning     the run store cannot be used: %s",
                    e.text);
    free(data);
    return 0;
}

const struct rt_cmd rt_cmd_doctor = {
    .group = "session",
    .name = "doctor",
    .help = "what retort runs on, and what is wrong with it",
    .flags = RT_CMD_LOOKS,
    .run = run_doctor,
    .example = "doctor\n",
};

static int run_quit(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session *s = call->s;
    if (!rt_session_may_quit(s))
        return 0;
    s->quit_code = 0;
    return rt_fail(err, RT_ECANCEL, "the program ends");
}

const struct rt_cmd rt_cmd_quit = {
    .group = "session",
    .name = "quit",
    .help = "leave; asks while a run is going",
    .run = run_quit,
    .example = "",
};

struct assert_args {
    const char *condition, *message;
};
static const struct rt_opt assert_opts[] = {
    RT_OPT(struct assert_args, condition, .word = 1,
           .help = "a Tcl expression in braces"),
    RT_OPT(struct assert_args, message, .word = 2, .def = "",
           .help = "what to say if it is false"),
    RT_OPT_END
};

static int run_assert(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct assert_args *a = call->args;
    bool holds = false;
    int rc = rt_interp_test(call->s->interp, a->condition, &holds, err);
    if (rc || holds)
        return rc;
    return rt_fail(err, RT_EASSERT, "assert: %s",
                   a->message ? a->message : a->condition);
}

const struct rt_cmd rt_cmd_assert = {
    .group = "session",
    .name = "assert",
    .help = "fail the script (exit 7) unless a condition holds",
    .opts = assert_opts,
    .args_size = sizeof(struct assert_args),
    .run = run_assert,
    .example = "assert {1 + 1 == 2} \"arithmetic\"\n",
};
