/* rerun: a recorded run once more. */
#include "base/mem.h"
#include "base/schema.h"
#include "shell/child.h"
#include "shell/cmd.h"
#include "shell/rerun.h"
#include "shell/script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct rerun_args {
    struct rt_texts words;
    bool verify;
};
static const struct rt_opt rerun_opts[] = {
    RT_OPT(struct rerun_args, words, .form = RT_FORM_REST,
           .names = RT_NAMES_RUN,
           .help = "the run, then key=value of its script's commands that are "
                   "to be others"),
    RT_OPT(struct rerun_args, verify, .form = RT_FORM_FLAG,
           .help = "fail unless it gives the same numbers"),
    RT_OPT_END
};

/* What the child says of its failure; else what its end says. */
static int failure(int fd, int status, struct rt_err *err)
{
    char text[1100] = "", *rest;
    size_t n = 0;
    ssize_t got;
    while (n < sizeof text - 1 &&
           (got = read(fd, text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    if (!status)
        return 0;
    long code = strtol(text, &rest, 10);
    if (code < 0 && *rest == ' ')
        return rt_fail(err, (int)code, "%s", rest + 1);
    if (WIFSIGNALED(status))
        return rt_fail(err, RT_ESTATE, "its process was killed: %s",
                       strsignal(WTERMSIG(status)));
    return rt_fail(err, RT_ESTATE, "its process ended with code %d",
                   WEXITSTATUS(status));
}

static int carry_out(struct rt_session *s, const struct rt_run_row *row,
                     const struct rt_texts *changes, struct rt_err *err)
{
    char number[16];
    int ends[2], status = 0;
    pid_t pid;
    snprintf(number, sizeof number, "%d", row->id);
    if (pipe2(ends, O_CLOEXEC))
        return rt_fail_errno(err, "pipe");
    /* what is said fits into it; the child's own children may hold it open */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const char **words = rt_xcalloc((size_t)changes->n + 3, sizeof *words);
    words[0] = "--rerun";
    words[1] = number;
    for (int i = 0; i < changes->n; i++)
        words[2 + i] = changes->v[i];
    struct rt_child c = { .words = words, .says = ends[1] };
    int rc = rt_child_start(s, &c, &pid, err);
    close(ends[1]);
    if (!rc)
        rc = rt_child_wait(s, pid, &status, err);
    if (!rc)
        rc = failure(ends[0], status, err);
    close(ends[0]);
    free(words);
    return rc;
}

struct runs {
    struct rt_run_row *v; /* newest first */
    int n;
};

static const struct rt_run_row *numbered(const struct runs *runs, int id)
{
    for (int i = 0; i < runs->n; i++)
        if (runs->v[i].id == id)
            return &runs->v[i];
    return NULL;
}

/* The newest run that repeats this one. A script with n rewinds makes n
 * branches, each from the one before; the last of them is the repeat of a run
 * that was n branches away from its first. What a run branched from may be gone
 * for ever: then its script goes the branch's way at once. */
static const struct rt_run_row *repeat_in(const struct runs *runs, int id)
{
    const struct rt_run_row *is = NULL, *was = numbered(runs, id);
    for (int i = 0; i < runs->n && !is; i++)
        if (runs->v[i].repeats == id)
            is = &runs->v[i];
    while (is && was && numbered(runs, was->parent)) {
        const struct rt_run_row *branch = NULL;
        for (int i = 0; i < runs->n && !branch; i++)
            if (runs->v[i].parent == is->id)
                branch = &runs->v[i];
        is = branch;
        was = numbered(runs, was->parent);
    }
    return is;
}

static int find_repeat(struct rt_session *s, int id, struct rt_run_row **out,
                       struct rt_err *err)
{
    struct runs runs;
    char number[16];
    int rc = rt_store_list(s->store, true, &runs.v, &runs.n, err);
    if (rc)
        return rc;
    const struct rt_run_row *is = repeat_in(&runs, id);
    if (is) {
        snprintf(number, sizeof number, "%d", is->id);
        rc = rt_store_find(s->store, number, out, err);
    } else {
        rc = rt_fail(err, RT_ENOENT, "it was not recorded again");
    }
    rt_run_rows_free(runs.v, runs.n);
    return rc;
}

static bool is_over(const struct rt_run_row *r)
{
    return strcmp(r->state, rt_run_state_name(RT_RUN_QUEUED)) &&
           strcmp(r->state, rt_run_state_name(RT_RUN_RUNNING)) &&
           strcmp(r->state, rt_run_state_name(RT_RUN_PAUSED));
}

static int verify(struct rt_cmd_call *call, const struct rt_run_row *was,
                  const struct rt_run_row *is, struct rt_err *err)
{
    struct rt_str says = RT_STR_INIT;
    bool same = false;
    int rc = rt_runs_same(call->s, was, is, &same, &says, err);
    if (!rc && !same)
        rc = rt_fail(err, RT_EASSERT, "run %d is not the same as run %d: %s",
                     is->id, was->id, rt_str_c(&says));
    if (!rc)
        rt_str_addf(&call->out->text, ", the same to the bit: %s",
                    rt_str_c(&says));
    rt_str_release(&says);
    return rc;
}

/* Before a process is begun for nothing. */
static int check(struct rt_session *s, const struct rerun_args *a,
                 const struct rt_run_row *row, const struct rt_texts *changes,
                 struct rt_str *told, struct rt_err *err)
{
    struct rt_str script = RT_STR_INIT, changed = RT_STR_INIT;
    size_t last;
    if (!is_over(row))
        return rt_fail(err, RT_EBUSY, "run %d (%s) is %s; wait for its end",
                       row->id, row->name, row->state);
    if (!row->fit || !*row->fit)
        return rt_fail(err, RT_ESTATE,
                       "run %d was recorded without the line of its fit",
                       row->id);
    if (a->verify && changes->n)
        return rt_fail(err, RT_EINVAL,
                       "with %s it cannot be the same; leave out -verify",
                       changes->v[0]);
    int rc = rt_script_of_run(s, row, &script, err);
    if (!rc)
        rc = rt_rerun_script(s, rt_str_c(&script), changes->v, changes->n,
                             &changed, &last, told, err);
    rt_str_release(&changed);
    rt_str_release(&script);
    return rc;
}

static int run_rerun(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct rerun_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_texts changes = a->words;
    struct rt_run_row *was = NULL, *is = NULL;
    struct rt_str told = RT_STR_INIT;
    int rc = a->words.n ? 0 : rt_fail(err, RT_EINVAL, "which run is missing");
    if (!rc && !strcmp(a->words.v[a->words.n - 1], "&"))
        rc = rt_fail(err, RT_EINVAL,
                     "what is repeated is waited for: & is for fit and runs "
                     "resume");
    if (!rc && !rt_session_store(s, err))
        rc = rt_err_code(err, RT_EIO);
    if (!rc) {
        changes.v++;
        changes.n--;
        rt_session_drain(s);
        rt_store_flush(s->store);
        rc = rt_store_find(s->store, a->words.v[0], &was, err);
    }
    if (!rc)
        rc = check(s, a, was, &changes, &told, err);
    if (!rc)
        rc = carry_out(s, was, &changes, err);
    if (!rc)
        rc = find_repeat(s, was->id, &is, err);
    if (!rc) {
        rt_value_set_int(&call->out->value, is->id);
        rt_str_addf(&call->out->text, "run %d repeats run %d (%s)%s%s", is->id,
                    was->id, was->name, told.n ? " with " : "",
                    rt_str_c(&told));
    }
    if (!rc && a->verify)
        rc = verify(call, was, is, err);
    rt_str_release(&told);
    if (was)
        rt_run_rows_free(was, 1);
    if (is)
        rt_run_rows_free(is, 1);
    return rc ? rt_err_within(err, "rerun") : 0;
}

const struct rt_cmd rt_cmd_rerun = {
    .group = "runs",
    .name = "rerun",
    .help = "repeat a recorded run, with other values or to the bit",
    .usage = "RUN [KEY=VALUE...] [-verify]",
    .opts = rerun_opts,
    .args_size = sizeof(struct rerun_args),
    .flags = RT_CMD_LOOKS,
    .run = run_rerun,
    .details =
        "Its script is run again in a process of its own, where the fit was "
        "given; orders given by\nhand come again at their batches. KEY=VALUE "
        "changes that word in every command that has it;\na key that none has "
        "goes to the fit or to compile. -verify compares every value of every\n"
        "series and the weights at the end, and fails (exit 7) with the first "
        "that differs. Returns\nthe number of the new run.",
    .example = "seed 1\ndata s generate moons n=80\nmodel m\ninput x 2\n"
               "dense 8 activation=tanh\ndense 1 activation=sigmoid\noutput\n"
               "compile adam loss=binary_crossentropy\n"
               "fit s epochs=2 validation=0.2 name=first\n"
               "rerun first -verify\nrerun first epochs=4 lr=0.1\n",
};
