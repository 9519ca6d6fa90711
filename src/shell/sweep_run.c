/* The processes of a sweep, one for each point (child.h), so that neither its
 * memory nor its end is another's. A point is written as running before its
 * process begins; a process that ends without having said what came of it has
 * crashed. */
#include "shell/sweep.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "shell/child.h"
#include "shell/loop.h"
#include "shell/progress.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LOOK 0.05 /* seconds between two looks at the processes */

struct job {
    pid_t pid; /* 0: free */
    int point; /* index */
};
struct work {
    struct rt_session *s;
    const char *name, *goal; /* of the sweep; borrowed */
    bool maximize;
    struct rt_point_row *p;
    int n, next, n_done, n_failed, n_live;
    struct job *job;
    int n_jobs;
    double began;
};

/* ---- one process --------------------------------------------------------- */

static int spawn(struct work *w, int number, pid_t *pid, struct rt_err *err)
{
    char file[32], digits[16];
    int each = rt_pool_cores() / w->n_jobs; /* the cores are shared */
    snprintf(digits, sizeof digits, "%d", number);
    snprintf(file, sizeof file, "%d.log", number);
    char *log = rt_store_sweep_path(w->s->store, w->name, file);
    const char *words[] = { "--sweep-point", w->name, digits, NULL };
    struct rt_child c = {
        .words = words, .log = log, .threads = each > 1 ? each : 1, .says = -1
    };
    int rc = rt_child_start(w->s, &c, pid, err);
    free(log);
    return rc;
}

static void set_text(char **to, char *text)
{
    free(*to);
    *to = text;
}

static int start(struct work *w, struct job *j, struct rt_err *err)
{
    struct rt_point_row *p = &w->p[w->next];
    set_text(&p->state, rt_xstrdup("running"));
    set_text(&p->reason, NULL);
    set_text(&p->result, NULL);
    p->run = 0;
    p->begun = rt_clock_wall();
    p->ended = NAN;
    int rc = rt_store_point_put(w->s->store, w->name, p, err);
    if (!rc)
        rc = spawn(w, p->number, &j->pid, err);
    if (rc) {
        j->pid = 0;
        return rc;
    }
    j->point = w->next++;
    w->n_live++;
    return 0;
}

/* ---- what came of it ----------------------------------------------------- */

/* The last line of a point's log, which often says why it crashed. */
static char *last_line(struct work *w, int number)
{
    char file[32];
    unsigned char *text = NULL;
    size_t n = 0;
    snprintf(file, sizeof file, "%d.log", number);
    char *path = rt_store_sweep_path(w->s->store, w->name, file);
    int rc = rt_file_read(path, 0, &text, &n, NULL);
    free(path);
    if (rc)
        return rt_xstrdup("");
    while (n && text[n - 1] == '\n')
        n--;
    size_t from = n;
    while (from && text[from - 1] != '\n')
        from--;
    char *line = rt_xstrndup((const char *)text + from, n - from);
    free(text);
    return line;
}

static char *why_it_ended(struct work *w, int number, int status)
{
    char *line = last_line(w, number);
    char *why =
        WIFSIGNALED(status)
            ? rt_xprintf("its process was killed: %s%s%s",
                         strsignal(WTERMSIG(status)), *line ? "; " : "", line)
            : rt_xprintf("its process ended with code %d%s%s",
                         WEXITSTATUS(status), *line ? "; " : "", line);
    free(line);
    return why;
}

static int read_again(struct work *w, int i, struct rt_err *err)
{
    struct rt_point_row *v;
    int n;
    int rc = rt_store_points(w->s->store, w->name, &v, &n, err);
    if (rc)
        return rc;
    if (i < n && v[i].number == w->p[i].number) {
        struct rt_point_row was = w->p[i];
        w->p[i] = v[i];
        v[i] = was;
    }
    rt_point_rows_free(v, n);
    return 0;
}

/* "point=3/12 lr=0.01 state=done val_loss=0.12": stable, for programs. */
static void tell_point(struct work *w, const struct rt_point_row *p)
{
    struct rt_str line = RT_STR_INIT;
    struct rt_value rows = { 0 };
    rt_str_addf(&line, "point=%d/%d ", w->n_done + w->n_failed, w->n);
    rt_sweep_words(w->s, p->settings, &line);
    rt_str_addf(&line, " state=%s", p->state);
    if (p->reason) {
        rt_str_addf(&line, " reason=%s", p->reason);
    } else {
        rt_sweep_rows(w->s, p, 1, &rows);
        const char *goal = w->goal;
        const struct rt_value *best = rt_sweep_best(&rows, &goal, w->maximize);
        if (best)
            rt_str_addf(&line, " %s=%.6g", goal,
                        rt_value_number(rt_value_get(best, goal)));
        rt_value_release(&rows);
    }
    rt_progress_line(w->s, NULL);
    w->s->print(w->s, rt_str_c(&line));
    rt_str_release(&line);
}

static int reap(struct work *w, struct job *j, int status, bool stopped,
                struct rt_err *err)
{
    int i = j->point;
    j->pid = 0;
    w->n_live--;
    int rc = read_again(w, i, err);
    struct rt_point_row *p = &w->p[i];
    if (!rc && !strcmp(p->state, "running")) {
        set_text(&p->state, rt_xstrdup(stopped ? "missing" : "failed"));
        set_text(&p->reason,
                 stopped ? NULL : why_it_ended(w, p->number, status));
        p->ended = rt_clock_wall();
        rc = rt_store_point_put(w->s->store, w->name, p, err);
    }
    w->n_done += !strcmp(p->state, "done");
    w->n_failed += !strcmp(p->state, "failed");
    if (!rc && strcmp(p->state, "missing"))
        tell_point(w, p);
    return rc;
}

/* ---- all of them --------------------------------------------------------- */

static void tell_progress(struct work *w)
{
    struct rt_str line = RT_STR_INIT;
    double took = rt_clock_now() - w->began;
    rt_str_addf(&line, "sweep %s  %d of %d done", w->name, w->n_done, w->n);
    if (w->n_failed)
        rt_str_addf(&line, ", %d failed", w->n_failed);
    rt_str_addf(&line, "  %d going  ", w->n_live);
    rt_str_add_duration(&line, took);
    rt_progress_line(w->s, rt_str_c(&line));
    rt_str_release(&line);
}

static int reap_all(struct work *w, bool stopped, struct rt_err *err)
{
    int rc = 0;
    for (int i = 0; i < w->n_jobs && !rc; i++) {
        int status = 0;
        if (w->job[i].pid &&
            waitpid(w->job[i].pid, &status, WNOHANG) == w->job[i].pid)
            rc = reap(w, &w->job[i], status, stopped, err);
    }
    return rc;
}

static void signal_all(struct work *w, int sig)
{
    for (int i = 0; i < w->n_jobs; i++)
        if (w->job[i].pid)
            kill(w->job[i].pid, sig);
}

static void stop_all(struct work *w)
{
    struct rt_child_end end = { 0 };
    while (w->n_live) {
        int sig = rt_child_urge(w->s, &end);
        if (sig)
            signal_all(w, sig);
        reap_all(w, true, NULL);
    }
}

static int next_missing(struct work *w)
{
    while (w->next < w->n && !strcmp(w->p[w->next].state, "done"))
        w->next++;
    return w->next < w->n;
}

static int run_points(struct work *w, struct rt_err *err)
{
    int rc = 0;
    while (!rc && (next_missing(w) || w->n_live)) {
        for (int i = 0; i < w->n_jobs && !rc && next_missing(w); i++)
            if (!w->job[i].pid)
                rc = start(w, &w->job[i], err);
        tell_progress(w);
        if (!rc && w->s->pump(w->s, LOOK))
            rc = rt_fail(err, RT_ECANCEL, "stopped");
        if (!rc)
            rc = reap_all(w, false, err);
    }
    return rc;
}

int rt_sweep_run(struct rt_session *s, const struct rt_sweep_row *sweep,
                 int jobs, struct rt_err *err)
{
    struct work w = { .s = s,
                      .name = sweep->name,
                      .goal = sweep->goal,
                      .maximize = sweep->maximize,
                      .began = rt_clock_now() };
    int rc = rt_store_points(s->store, w.name, &w.p, &w.n, err);
    if (rc)
        return rc;
    for (int i = 0; i < w.n; i++)
        w.n_done += !strcmp(w.p[i].state, "done");
    w.n_jobs = jobs;
    w.job = rt_xcalloc((size_t)jobs, sizeof *w.job);
    rt_loop_answer(1);
    rc = run_points(&w, err);
    if (w.n_live)
        stop_all(&w);
    rt_loop_answer(-1);
    rt_progress_line(s, NULL);
    if (rc == RT_ECANCEL && err)
        rc = rt_fail(err, RT_ECANCEL,
                     "stopped with %d of %d points done; the same command goes "
                     "on with the others",
                     w.n_done, w.n);
    rt_point_rows_free(w.p, w.n);
    free(w.job);
    return rc;
}
