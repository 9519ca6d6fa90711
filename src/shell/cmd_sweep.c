/* sweep: a script for every point of a space. */
#include "base/file.h"
#include "base/mem.h"
#include "base/schema.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "shell/sweep.h"
#include "shell/sweep_plan.h"
#include "shell/table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sweep_args {
    const char *name, *space, *script; /* for help alone: taken by hand */
    const char *method, *minimize, *maximize;
    int jobs;
};
static const struct rt_opt sweep_opts[] = {
    RT_OPT(struct sweep_args, name, .word = 1, .def = "",
           .names = RT_NAMES_SWEEP,
           .help = "of the sweep; or list, show, plot, delete"),
    RT_OPT(struct sweep_args, space, .word = 2, .def = "",
           .help = "in braces: NAME=VALUES ..., values 64,128 or 1..3 or "
                   "0..1:5 or 1e-4..1e-1:log:4"),
    RT_OPT(struct sweep_args, method, .def = "grid",
           .help = "grid, random:N, or halving:FACTOR over epochs=A..B"),
    RT_OPT(struct sweep_args, jobs, .def = "1", .min = 1, .max = 256,
           .help = "processes at a time"),
    RT_OPT(struct sweep_args, minimize, .def = "", .names = RT_NAMES_FACT,
           .help = "the column whose least value is best; else val_loss"),
    RT_OPT(struct sweep_args, maximize, .def = "", .names = RT_NAMES_FACT,
           .help = "the column whose greatest value is best"),
    RT_OPT(struct sweep_args, script, .word = 3, .def = "",
           .help = "in braces: what is run for each point"),
    RT_OPT_END
};

/* ---- carrying it out ----------------------------------------------------- */

/* What is known of the sweep now: the table as value and text, and the best.
 * fails: an error if all points failed. */
static int tell(struct rt_cmd_call *call, const struct rt_sweep_row *sweep,
                bool fails, struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_str *out = &call->out->text;
    struct rt_point_row *p;
    int n, failed = 0, missing = 0, running;
    int rc = rt_store_points(s->store, sweep->name, &p, &n, err);
    if (rc)
        return rc;
    struct rt_value *rows = &call->out->value;
    const char *goal = sweep->goal, *first = NULL;
    rt_sweep_rows(s, p, n, rows);
    const struct rt_value *best = rt_sweep_best(rows, &goal, sweep->maximize);
    int at = best ? (int)(best - rows->items) : -1;
    double value = best ? rt_value_number(rt_value_get(best, goal)) : NAN;
    rt_sweep_live(s, p, n, rows, &running);
    rt_sweep_table(s, rows, out);
    if (at >= 0) {
        rt_str_addf(out, "\n\nbest: point %d, ", p[at].number);
        rt_sweep_words(s, p[at].settings, out);
        rt_str_addf(out, ", %s %.6g", goal, value);
    }
    for (int i = 0; i < n; i++) {
        bool bad = !strcmp(p[i].state, "failed");
        missing += strcmp(p[i].state, "done") && !bad;
        failed += bad;
        if (bad && !first)
            first = p[i].reason;
    }
    if (failed)
        rt_str_addf(out,
                    "\n%d of %d points failed; the same command runs them "
                    "again",
                    failed, n);
    if (running)
        rt_str_addf(out, "\n%d of %d points going on; `watch RUN` shows one",
                    running, n);
    if (missing > running)
        rt_str_addf(out, "\n%d of %d points are missing", missing - running, n);
    if (fails && failed && failed == n)
        rc = rt_fail(err, RT_ESTATE, "all %d points failed, the first: %s", n,
                     first ? first : "");
    rt_point_rows_free(p, n);
    return rc;
}

static int check_name(const char *name, struct rt_err *err)
{
    bool good = isalpha((unsigned char)*name) && strlen(name) < 64;
    for (const char *p = name; *p && good; p++)
        good = isalnum((unsigned char)*p) || strchr("_-.", *p);
    return good ? 0
                : rt_fail(err, RT_EINVAL,
                          "'%s' cannot be the name of a sweep: want a letter, "
                          "then letters, digits, _ - .",
                          name);
}

/* All that is planned now, then what the plan makes of it. */
static int run_rounds(struct rt_session *s, struct rt_sweep_row *sweep,
                      struct rt_sweep_plan *plan, int jobs, uint64_t hash,
                      struct rt_err *err)
{
    for (bool more = true; more;) {
        struct rt_point_row *p;
        struct rt_value rows = { 0 };
        int n;
        int rc = rt_store_sweep_plan(s->store, sweep,
                                     (const char *const *)plan->settings.v,
                                     plan->settings.n, hash, err);
        if (!rc)
            rc = rt_sweep_run(s, sweep, jobs, err);
        if (!rc)
            rc = rt_store_points(s->store, sweep->name, &p, &n, err);
        if (rc)
            return rc;
        rt_sweep_rows(s, p, n, &rows);
        more = rt_sweep_plan_next(s, plan, &rows, sweep->goal, sweep->maximize);
        rt_value_release(&rows);
        rt_point_rows_free(p, n);
    }
    return 0;
}

static int carry_out(struct rt_cmd_call *call, struct rt_sweep_row *sweep,
                     struct rt_sweep_plan *plan, int jobs, struct rt_err *err)
{
    struct rt_session *s = call->s;
    uint64_t hash;
    int fd;
    int rc = rt_store_sweep_hold(s->store, sweep->name, &fd, err);
    if (rc)
        return rc;
    rc = rt_sweep_state(s, sweep->name, sweep->script, &hash, err);
    if (!rc)
        rc = run_rounds(s, sweep, plan, jobs, hash, err);
    rt_store_sweep_leave(fd);
    return rc ? rc : tell(call, sweep, true, err);
}

static int begin(struct rt_cmd_call *call, struct rt_err *err)
{
    const char *const *w = call->words;
    int n = call->n;
    struct rt_session *s = call->s;
    struct rt_sweep_plan plan = { 0 };
    int rc = check_name(w[0], err);
    if (!rc && !strcmp(w[n - 1], "&"))
        rc = rt_fail(err, RT_EINVAL,
                     "a sweep is waited for: & is for fit and runs resume; "
                     "`sweep show %s` in another terminal tells how far it is",
                     w[0]);
    if (!rc && n < 3)
        rc = rt_fail(err, RT_EINVAL,
                     "want NAME {SPACE} [key=value ...] {SCRIPT}");
    if (rc)
        return rc;
    struct sweep_args *a = rt_args_parse(sweep_opts, sizeof *sweep_opts,
                                         sizeof *a, w + 2, n - 3, err);
    if (!a)
        return rt_err_code(err, RT_EINVAL);
    if (a->name)
        rc = rt_fail(err, RT_EINVAL,
                     "'%s' is one word too many, want NAME {SPACE} [key=value "
                     "...] {SCRIPT}",
                     a->name);
    else if (a->minimize && a->maximize)
        rc = rt_fail(err, RT_EINVAL, "minimize and maximize, want one of them");
    else if (s->point)
        rc = rt_fail(err, RT_ESTATE, "this is a point of a sweep already");
    else if (!rt_session_store(s, err))
        rc = rt_err_code(err, RT_EIO);
    if (!rc)
        rc = rt_sweep_seed(s, w[0], err);
    if (!rc)
        rc = rt_sweep_plan_make(s, w[1], a->method, &plan, err);
    if (!rc) {
        const char *goal = a->maximize ? a->maximize : a->minimize;
        struct rt_sweep_row sweep = {
            .name = rt_xstrdup(w[0]),
            .script = rt_xstrdup(w[n - 1]),
            .space = rt_xstrdup(w[1]),
            .method = rt_xstrdup(a->method),
            .goal = rt_xstrdup(goal ? goal : ""),
            .maximize = a->maximize,
        };
        rc = carry_out(call, &sweep, &plan, a->jobs, err);
        rt_sweep_rows_free(rt_xmemdup(&sweep, sizeof sweep), 1);
    }
    rt_sweep_plan_release(&plan);
    rt_args_free(a);
    return rc;
}

/* ---- looking ------------------------------------------------------------- */

static int list(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_sweep_row *v;
    struct rt_table t;
    int n;
    if (call->n > 1)
        return rt_fail(err, RT_EINVAL, "list: '%s' is one word too many",
                       call->words[1]);
    int rc = rt_store_sweeps(call->s->store, &v, &n, err);
    if (rc)
        return rc;
    rt_value_set_list(&call->out->value);
    rt_table_init(&t);
    rt_table_column(&t, "sweep", false);
    rt_table_column(&t, "points", true);
    rt_table_column(&t, "done", true);
    rt_table_column(&t, "failed", true);
    rt_table_column(&t, "method", false);
    rt_table_column(&t, "space", false);
    for (int i = 0; i < n; i++) {
        struct rt_value *d = rt_value_push(&call->out->value);
        rt_value_set_dict(d);
        rt_value_put_text(d, "sweep", v[i].name);
        rt_value_put_int(d, "points", v[i].n_points);
        rt_value_put_int(d, "done", v[i].n_done);
        rt_value_put_int(d, "failed", v[i].n_failed);
        rt_value_put_text(d, "method", v[i].method);
        rt_value_put_text(d, "space", v[i].space);
        rt_table_cell(&t, "%s", v[i].name);
        rt_table_cell(&t, "%d", v[i].n_points);
        rt_table_cell(&t, "%d", v[i].n_done);
        rt_table_cell(&t, "%d", v[i].n_failed);
        rt_table_cell(&t, "%s", v[i].method);
        rt_table_cell(&t, "%s", v[i].space);
    }
    if (n)
        rt_table_print(&t, call->s->table_width, &call->out->text);
    else
        rt_str_add(&call->out->text, "no sweep yet");
    rt_table_release(&t);
    rt_sweep_rows_free(v, n);
    return 0;
}

/* One point: what was set, what came of it, and all it printed. */
static int show_point(struct rt_cmd_call *call, const char *name,
                      const char *number, struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_point_row *p;
    struct rt_value rows = { 0 };
    int n, found = -1;
    int rc = rt_store_points(s->store, name, &p, &n, err);
    if (rc)
        return rc;
    for (int i = 0; i < n; i++)
        if (p[i].number == atoi(number))
            found = i;
    if (found < 0) {
        rc = rt_fail(err, RT_ENOENT, "'%s' has no point '%s'", name, number);
    } else {
        char *file = rt_xprintf("%d.log", p[found].number);
        char *path = rt_store_sweep_path(s->store, name, file);
        unsigned char *text = NULL;
        size_t size;
        int running;
        rt_sweep_rows(s, &p[found], 1, &rows);
        rt_sweep_live(s, &p[found], 1, &rows, &running);
        rt_sweep_words(s, p[found].settings, &call->out->text);
        rt_str_add(&call->out->text, "\n\n");
        rt_value_show(&rows.items[0], &call->out->text, s->table_width);
        if (!rt_file_read(path, 0, &text, &size, NULL) && size) {
            rt_str_add(&call->out->text, "\n\n");
            call->out->as_is = true;
            rt_str_addn(&call->out->text, (const char *)text,
                        size - (text[size - 1] == '\n'));
        }
        call->out->value = rows.items[0];
        rows.items[0] = (struct rt_value){ 0 };
        rt_value_release(&rows);
        free(text);
        free(path);
        free(file);
    }
    rt_point_rows_free(p, n);
    return rc;
}

static int show(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_sweep_row *sweep;
    if (call->n < 2 || call->n > 3)
        return rt_fail(err, RT_EINVAL, "want show NAME [POINT]");
    int rc = rt_store_sweep(call->s->store, call->words[1], &sweep, err);
    if (rc)
        return rc;
    rc = call->n == 3 ? show_point(call, sweep->name, call->words[2], err)
                      : tell(call, sweep, false, err);
    rt_sweep_rows_free(sweep, 1);
    return rc;
}

static int drop(struct rt_cmd_call *call, struct rt_err *err)
{
    if (call->n != 2)
        return rt_fail(err, RT_EINVAL, "want delete NAME");
    return rt_store_sweep_drop(call->s->store, call->words[1], err);
}

static const struct {
    const char *word;
    int (*run)(struct rt_cmd_call *call, struct rt_err *err);
} verbs[] = { { "list", list },
              { "show", show },
              { "plot", rt_sweep_plot },
              { "delete", drop } };

static int run_sweep(struct rt_cmd_call *call, struct rt_err *err)
{
    int rc = 0;
    bool looks = false;
    if (!call->n)
        rc = rt_fail(err, RT_EINVAL, "its name is missing");
    for (size_t i = 0; !rc && i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(call->words[0], verbs[i].word)) {
            looks = call->looked = true;
            rc = rt_session_store(call->s, err) ? verbs[i].run(call, err)
                                                : RT_EIO;
        }
    if (!rc && !looks)
        rc = begin(call, err);
    return rc ? rt_err_within(err, "sweep") : 0;
}

const struct rt_cmd rt_cmd_sweep = {
    .group = "runs",
    .name = "sweep",
    .help = "run a script for every point of a space, in processes",
    .usage = "NAME {KEY=VALUES...} [method=grid|random:N|halving:N] [jobs=N] "
             "[minimize=COLUMN|maximize=COLUMN] {SCRIPT} | list | "
             "show SWEEP [POINT] | plot SWEEP [x=KEY] [y=COLUMN] [-to FILE] | "
             "delete SWEEP",
    .opts = sweep_opts,
    .args_size = sizeof(struct sweep_args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_LOOKS,
    .run = run_sweep,
    .details =
        "For each point the keys are set as variables, `seed` is given to the "
        "session too, and the\nscript is run in a process of its own that "
        "knows the variables, procedures, data and\nmodels defined before. "
        "What the script returns, a dict, becomes columns of the table.\n"
        "halving wants epochs=A..B: all points of the other keys are run with "
        "A "
        "epochs, the best third\n(or FACTORth) with three times as many, and "
        "so on up to B.\n"
        "Given again, only what is missing or failed is run, and what was done "
        "with another script,\nprocedure, variable or model that it uses. show tells "
        "what there is now, also\nwhile it goes on in another process, and of "
        "a "
        "point all that it printed; delete forgets a sweep,\nits runs stay.",
    .example = "seed 1\ndata s generate moons n=80\n"
               "sweep width {units=4,8 seed=1..2} jobs=2 minimize=val_loss {\n"
               "    model m\n    input x 2\n    dense $units activation=tanh\n"
               "    dense 1 activation=sigmoid\n    output\n"
               "    compile adam loss=binary_crossentropy\n"
               "    fit s epochs=2 validation=0.2\n}\n"
               "sweep list\nsweep show width\nsweep show width 2\n"
               "sweep plot width x=units\n",
};
