#include "look.h"

#include "base/mem.h"
#include "look_runs.h"
#include "shell/complete.h"
#include "shell/loop.h"
#include "shell/repl.h"
#include "watch/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 33 /* the screen itself decides whether to draw */

static struct rt_session *session;
static struct rt_watch *screen;
static struct rt_str held; /* what was printed while the screen was up */
static struct rt_str *print_to = &held;
static void (*print_below)(struct rt_session *, const char *);
static int (*ask_below)(struct rt_session *, const char *, const char *);
static struct rt_want wanted = { .layer = -1 };
static struct rt_runs_seen stored; /* of the store, being looked at */
static int inside; /* keys being acted on: a command may serve events */

/* ---- what the screen asks
 * ---------------------------------------------------- */

static struct rt_session_run *by_number(int number)
{
    for (int i = 0; i < session->runs.n; i++)
        if (session->runs.v[i]->number == number)
            return session->runs.v[i];
    return NULL;
}

static void fill_run(const struct rt_session_run *r, struct rt_watch_run *out)
{
    *out = (struct rt_watch_run){
        .number = r->number,
        .name = r->name,
        .state = r->run ? rt_run_state(r->run) : r->state,
        .here = true,
        .live = r->run != NULL,
        .reason = r->run ? NULL : r->reason,
        .goes_on = r->goes_on,
        .history = r->history,
    };
}

/* One of the store that goes on in this program is this program's. */
static bool get_run(void *ctx, int i, struct rt_watch_run *out)
{
    (void)ctx;
    if (rt_runs_seen_at(&stored, i, out)) {
        const struct rt_session_run *own = by_number(out->number);
        if (own)
            fill_run(own, out);
        return true;
    }
    i -= stored.n;
    if (i < 0 || i >= session->runs.n)
        return false;
    fill_run(session->runs.v[i], out);
    return true;
}

/* The model of an ended run while it is as the run left it, and the number that
 * a layer of the run has in it; NULL: it is not, or has no such layer. */
static const struct rt_model *model_left(const struct rt_session_run *r,
                                         int layer, int *number)
{
    const struct rt_model *m = r->model ? r->model->model : NULL;
    if (!m || m->busy || r->model->last_run != r->number || layer < 0 ||
        layer >= r->last.n_layers)
        return NULL;
    for (*number = 0; *number < m->n_layers; ++*number)
        if (!strcmp(m->layers[*number]->name, r->last.layers[layer].name))
            return m;
    return NULL;
}

/* The histogram of an ended run's layer: as it was measured, else of what the
 * run left. */
static bool get_histogram(const struct rt_session_run *r,
                          struct rt_histogram *out)
{
    int i;
    if (r->probe && rt_probe_histogram(r->probe, wanted.layer, wanted.of, out))
        return true;
    const struct rt_model *m = model_left(r, wanted.layer, &i);
    return m && wanted.of == RT_HIST_WEIGHTS && rt_stats_histogram(m, i, out);
}

/* The weights of an ended run's layer: those it left, else as last seen. */
static struct rt_mosaic *get_pictures(const struct rt_session_run *r)
{
    int i;
    if (!wanted.pictures)
        return NULL;
    const struct rt_model *m = model_left(r, wanted.layer, &i);
    if (!m)
        return r->probe ? rt_probe_pictures(r->probe, wanted.layer) : NULL;
    struct rt_mosaic *out = rt_xcalloc(1, sizeof *out);
    if (!rt_mosaic_take(m, i, out)) {
        free(out);
        return NULL;
    }
    out->layer = wanted.layer;
    out->epoch = r->last.epoch;
    return out;
}

static bool get_snapshot(void *ctx, int run, struct rt_snapshot *out)
{
    struct rt_session_run *r = by_number(run);
    (void)ctx;
    if (!r)
        return rt_runs_seen_snapshot(&stored, run, out);
    if (r->run) {
        rt_run_snapshot(r->run, out);
        return true;
    }
    const struct rt_snapshot *last = &r->last;
    if (r->goes_on) /* what it had is the other one's */
        return false;
    *out = *last;
    out->callbacks = rt_xstrdup(last->callbacks ? last->callbacks : "");
    out->outputs = rt_xmemdup(last->outputs,
                              (size_t)last->n_outputs * sizeof *out->outputs);
    out->layers = NULL;
    if (last->n_layers)
        out->layers = rt_xmemdup(last->layers,
                                 (size_t)last->n_layers * sizeof *last->layers);
    out->of = wanted.of;
    out->has_hist = get_histogram(r, &out->hist);
    out->pictures = get_pictures(r);
    if (r->probe)
        out->past =
            rt_probe_past(r->probe, wanted.layer, wanted.of, &out->n_past);
    return true;
}

static void want(void *ctx, int run, const struct rt_want *what)
{
    struct rt_session_run *r = by_number(run);
    (void)ctx;
    wanted = *what;
    if (r && r->run)
        rt_run_want(r->run, what);
}

static int order(void *ctx, int run, const char *words, struct rt_err *err)
{
    struct rt_session_run *r = by_number(run);
    (void)ctx;
    if (!r && rt_runs_seen_alive(&stored, run))
        return rt_fail(err, RT_ESTATE,
                       "run %d trains in another process: orders are given "
                       "there",
                       run);
    if (!r || !r->run)
        return rt_fail(err, RT_ESTATE, "run %d is over", run);
    struct rt_order *o = rt_order_parse("user", words, err);
    if (!o || rt_run_order(r->run, o, err) < 0)
        return rt_err_code(err, RT_EINVAL);
    return 0;
}

/* What it prints is part of what it says, which the screen draws on a page: no
 * wider than that, and without escapes. */
static int command(void *ctx, const char *line, struct rt_str *says)
{
    bool color = session->color;
    int width = session->width, table_width = session->table_width;
    (void)ctx;
    session->color = false;
    session->width = session->table_width = rt_watch_page_width(screen);
    print_to = says;
    rt_loop_interrupted(); /* a Ctrl-C from before is old */
    int rc = rt_repl_line(session, line, says);
    rt_loop_interrupted(); /* it was for the command */
    print_to = &held;
    session->color = color;
    session->width = width;
    session->table_width = table_width;
    return rc;
}

static void complete(void *ctx, const char *line, size_t at, size_t *from,
                     struct rt_str *words)
{
    (void)ctx;
    *from = at;
    while (*from > 0 && !strchr(" \t;{[", line[*from - 1]))
        --*from;
    char **names = rt_complete(session, line, (int)at);
    for (int i = 0; names && names[i]; i++) {
        rt_str_addf(words, "%s\n", names[i]);
        free(names[i]);
    }
    free(names);
}

static int64_t n_messages(void *ctx)
{
    (void)ctx;
    return session->n_dropped + session->log.n;
}

/* Where there are several runs it is said which one a message is about. */
static bool message(void *ctx, int64_t i, struct rt_watch_message *out)
{
    static char who[128];
    int64_t at = i - session->n_dropped;
    (void)ctx;
    if (at < 0 || at >= session->log.n)
        return false;
    const struct rt_message *m = &session->log.v[at];
    *out = (struct rt_watch_message){
        .wall = m->wall,
        .level = m->level,
        .who = m->who,
        .text = m->text,
    };
    if (m->run && session->runs.n > 1) {
        snprintf(who, sizeof who, "#%d%s%s", m->run, *m->who ? " " : "",
                 m->who);
        out->who = who;
    }
    return true;
}

static void say(void *ctx, enum rt_level level, const char *who,
                const char *text)
{
    (void)ctx;
    rt_session_say(session, level, 0, who, text);
}

static int list_runs(void *ctx, struct rt_watch_entry **out)
{
    (void)ctx;
    return rt_runs_seen_list(session, out);
}

static int open_run(void *ctx, int number, struct rt_err *err)
{
    (void)ctx;
    return rt_runs_seen_open(&stored, session, number, err);
}

static struct rt_watch_host host = {
    .run = get_run,
    .list = list_runs,
    .open = open_run,
    .snapshot = get_snapshot,
    .want = want,
    .order = order,
    .command = command,
    .complete = complete,
    .n_messages = n_messages,
    .message = message,
    .say = say,
};

/* ---- what the session asks
 * --------------------------------------------------- */

static void hold(struct rt_session *s, const char *text)
{
    size_t n = strlen(text);
    (void)s;
    rt_str_add(print_to, text);
    if (!n || text[n - 1] != '\n')
        rt_str_addc(print_to, '\n');
}

static void tick(void *ctx)
{
    (void)ctx;
    if (screen && !rt_watch_closed(screen)) {
        rt_runs_seen_follow(&stored, session);
        rt_watch_tick(screen);
    }
    if (screen && !inside &&
        (rt_watch_closed(screen) || session->quit_code >= 0))
        rt_look_close();
}

static void input(void *ctx)
{
    (void)ctx;
    if (screen) {
        inside++;
        rt_watch_input(screen);
        inside--;
    }
    tick(NULL);
}

static bool is_open(void)
{
    return screen != NULL;
}

static bool leave(void)
{
    if (!screen || inside)
        return false;
    rt_look_close();
    return true;
}

/* A question is asked on the terminal below. */
static int ask(struct rt_session *s, const char *question, const char *keys)
{
    rt_loop_tick(NULL, NULL, 0);
    rt_watch_suspend(screen);
    int key = ask_below(s, question, keys);
    rt_watch_resume(screen);
    rt_loop_keys(rt_watch_fd(screen), input, NULL);
    rt_loop_tick(tick, NULL, TICK_MS);
    return key;
}

static int open_screen(struct rt_session *s, int run, struct rt_err *err)
{
    if (screen)
        return 0;
    if (run && !by_number(run) &&
        rt_runs_seen_open(&stored, s, run, err)) /* one of the store */
        return rt_err_code(err, RT_ENOENT);
    host.no_color = !s->color;
    rt_repl_suspend();
    screen = rt_watch_open(&host, run, err);
    if (!screen) {
        rt_runs_seen_release(&stored);
        rt_repl_resume();
        return rt_err_code(err, RT_ESTATE);
    }
    print_below = s->print;
    ask_below = s->ask;
    s->print = hold;
    s->ask = ask;
    rt_loop_keys(rt_watch_fd(screen), input, NULL);
    rt_loop_tick(tick, NULL, TICK_MS);
    return 0;
}

void rt_look_start(struct rt_session *s)
{
    session = s;
    s->watch_open = open_screen;
    s->watch_is_open = is_open;
    s->watch_leave = leave;
}

void rt_look_close(void)
{
    if (!screen)
        return;
    struct rt_watch *w = screen;
    screen = NULL;
    rt_loop_keys(-1, NULL, NULL);
    rt_loop_tick(NULL, NULL, 0);
    rt_watch_close(w);
    rt_runs_seen_release(&stored);
    session->print = print_below;
    session->ask = ask_below;
    rt_repl_resume();
    if (held.n)
        session->print(session, rt_str_c(&held));
    rt_str_release(&held);
}

void rt_look_until_closed(struct rt_session *s)
{
    rt_loop_answer(1);
    while (screen && s->quit_code < 0)
        if (rt_loop_pump(s, 0.1) == RT_ECANCEL)
            leave();
    rt_loop_answer(-1);
}
