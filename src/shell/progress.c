#include "shell/progress.h"

#include "shell/until.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "shell/loop.h"
#include "shell/on.h"
#include "shell/told.h"
#include "shell/wrap.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAME        0.1  /* seconds between two drawings of the bar */
#define APART        2.0  /* seconds between two epochs told above the prompt */
#define WAITED_APART 0.2  /* the same on a terminal that waits for them */
#define SOON         0.02 /* seconds between two looks whether it rests */
#define SLOW         0.5  /* a batch that takes longer is told of */
#define PATIENCE     2.0  /* with a hook, when the program ends */

static bool bar_shown; /* a bar stands on the terminal's last line */

static void erase_bar(void)
{
    if (bar_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        bar_shown = false;
    }
}

void rt_progress_line(struct rt_session *s, const char *text)
{
    if (!s->tty_err || s->watch_is_open())
        return;
    if (!text) {
        erase_bar();
        return;
    }
    size_t n = rt_utf8_cut(text, s->width - 1);
    fprintf(stderr, "\r%.*s\033[K", (int)n, text);
    fflush(stderr);
    bar_shown = true;
}

static void add_bar(struct rt_str *out, double share, int cells, bool utf8)
{
    static const char *const part[] = {
        " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"
    };
    int eighths = (int)(share * cells * 8 + 0.5);
    rt_str_add(out, utf8 ? "▕" : "[");
    for (int i = 0; i < cells; i++) {
        int left = eighths - i * 8;
        if (utf8)
            rt_str_add(out, left >= 8 ? "█" : part[left > 0 ? left : 0]);
        else
            rt_str_addc(out, left >= 4 ? '#' : '.');
    }
    rt_str_add(out, utf8 ? "▏" : "]");
}

static void add_rate(struct rt_str *out, double rate)
{
    if (rate >= 1e6)
        rt_str_addf(out, "%.2fM", rate / 1e6);
    else if (rate >= 1e3)
        rt_str_addf(out, "%.1fk", rate / 1e3);
    else
        rt_str_addf(out, "%.0f", rate);
}

static void draw_bar(struct rt_session *s, struct rt_session_run *r)
{
    struct rt_snapshot now;
    struct rt_str part = RT_STR_INIT;
    struct rt_told l = { .s = s, .room = s->width - 1 };
    if (!s->tty_err || s->watch_is_open())
        return;
    rt_run_snapshot(r->run, &now);
    double share =
        now.n_batches ? (double)now.batch / (double)now.n_batches : 0;
    rt_told_count(&l, now.epoch, now.n_epochs);
    rt_str_add(&part, s->color ? " \033[36m" : " ");
    int cells = s->width >= 100 ? 20 : s->width >= 60 ? 12 : 6;
    add_bar(&part, share, cells, s->utf8);
    rt_str_add(&part, s->color ? "\033[0m" : "");
    l.used += cells + 3;
    rt_str_add(&l.text, rt_str_c(&part));
    for (int i = 0; i < r->history->n_series; i++) {
        const struct rt_history_series *h = &r->history->series[i];
        if (strncmp(h->key, "val_", 4) && strcmp(h->key, "lr") &&
            isfinite(h->running))
            rt_told_value(&l, h->key, h->running);
    }
    rt_str_clear(&part);
    rt_str_add(&part, "  ");
    if (isfinite(now.seconds_left)) {
        rt_str_add_duration(&part, now.seconds_left);
        rt_told_part(&l, "", rt_str_c(&part));
        rt_told_part(&l, " left", "");
    }
    rt_str_clear(&part);
    rt_str_add(&part, "  ");
    if (now.samples_per_s > 0) {
        add_rate(&part, now.samples_per_s);
        rt_told_part(&l, "", rt_str_c(&part));
        rt_told_part(&l, " samples/s", "");
    }
    fprintf(stderr, "\r%s\033[K", rt_str_c(&l.text));
    fflush(stderr);
    bar_shown = true;
    rt_snapshot_release(&now);
    rt_str_release(&part);
    rt_str_release(&l.text);
}

/* A line for people; table_width is 0 where no terminal ends it. */
static void print(struct rt_session *s, const char *text)
{
    struct rt_str lines = RT_STR_INIT;
    rt_wrap(text, s->table_width, &lines);
    s->print(s, rt_str_c(&lines));
    rt_str_release(&lines);
}

void rt_progress_epoch(struct rt_session *s, struct rt_session_run *r,
                       const struct rt_event *e)
{
    struct rt_str line = RT_STR_INIT;
    double apart = !r->waited ? APART : s->tty_out ? WAITED_APART : 0;
    if (s->watch_is_open() || (!r->waited && !s->interactive))
        return;
    r->untold = s->asking || e->clock - r->said < apart;
    if (r->untold)
        return;
    r->said = e->clock;
    if (s->tty_out)
        rt_told_epoch(s, r, e, !r->waited, &line);
    else
        rt_told_plain(r, e, &line);
    erase_bar();
    print(s, rt_str_c(&line));
    rt_str_release(&line);
}

void rt_progress_message(struct rt_session *s, struct rt_session_run *r,
                         const char *who, const char *text)
{
    struct rt_str line = RT_STR_INIT;
    free(r->told);
    r->told = rt_xstrdup(text);
    rt_str_addf(&line, "%s #%d  %s%s%s", r->name, r->number, who,
                *who ? ": " : "", text);
    if (!s->tty_out && !s->interactive) {
        fprintf(stderr, "%s\n", rt_str_c(&line));
    } else {
        erase_bar();
        print(s, rt_str_c(&line));
    }
    rt_str_release(&line);
}

/* The last epoch, if it came too soon after another to be told. */
static void tell_untold(struct rt_session *s, struct rt_session_run *r)
{
    struct rt_str line = RT_STR_INIT;
    if (r->untold && r->epoch && !s->watch_is_open()) {
        rt_told_epoch(s, r, r->epoch, !r->waited, &line);
        print(s, rt_str_c(&line));
    }
    r->untold = false;
    rt_str_release(&line);
}

void rt_progress_end(struct rt_session *s, struct rt_session_run *r)
{
    struct rt_result end;
    rt_result_init(&end);
    tell_untold(s, r);
    rt_progress_result(r, &end);
    if (s->interactive || s->tty_out)
        print(s, rt_str_c(&end.text));
    else
        fprintf(stderr, "%s\n", rt_str_c(&end.text));
    rt_result_release(&end);
}

/* ---- Ctrl-C ------------------------------------------------------------ */

enum after { GO_ON, LEAVE };

/* Who waits for a fit, and how often Ctrl-C was hit without an answer. */
struct waiter {
    struct rt_session *s;
    struct rt_session_run *r;
    int hits;
    double since; /* clock of the first one */
    bool said;    /* that the batch is being finished */
    bool shelved; /* Ctrl-Z was hit */
};
static struct waiter *waiting; /* the innermost that can be asked, or NULL */

/* false: it was refused, and why is said. */
static bool tell(struct waiter *w, const char *const *words, int n)
{
    char says[256];
    struct rt_err err = RT_ERR_INIT;
    if (!w->r->run ||
        !rt_session_tell(w->s, w->r, rt_order_new("user", words, n, NULL), says,
                         sizeof says, &err))
        return true;
    w->s->print(w->s, err.text);
    return false;
}

/* The question, while the run rests between two batches. A Ctrl-C that answers
 * it is the second one: it stops. */
static enum after question(struct waiter *w)
{
    static const char *const stop[] = { "stop", "-best" }, *const pause =
                                                               "pause";
    enum after after = GO_ON;
    int key;
    erase_bar();
    do {
        key = w->s->ask(w->s,
                        "[s]top keep weights · [b]est weights · [d]etach · "
                        "[p]ause · [c]ontinue",
                        "sbdpc");
    } while (key == 'b' && !tell(w, stop, 2));
    if (key == 's')
        tell(w, stop, 1);
    else if (key == 'p')
        tell(w, &pause, 1);
    if (key == 'd' || key == 'p')
        after = LEAVE;
    if (w->r->run)
        rt_run_hold(w->r->run, false);
    w->hits = 0;
    return after;
}

/* The third one: the batch is left undone. Who is at work for too long is
 * named, and the program may be left without him. */
static enum after abort_batch(struct waiter *w)
{
    char guest[256], text[400];
    rt_run_abort(w->r->run);
    rt_run_guest(w->r->run, guest, sizeof guest);
    if (!*guest)
        return GO_ON;
    snprintf(text, sizeof text,
             "callback '%s' does not return: [w]ait · [l]eave, "
             "the run is marked interrupted",
             guest);
    if (w->s->ask(w->s, text, "wl") == 'w')
        return GO_ON;
    w->s->abandoned = true;
    rt_loop_end(130);
    return LEAVE;
}

/* The second one, before the question: it stops at the end of the batch. */
static void stop_soon(struct waiter *w)
{
    static const char *const word = "stop";
    struct rt_order *o = rt_order_new("user", &word, 1, NULL);
    rt_run_hold(w->r->run, false);
    if (rt_run_order(w->r->run, o, NULL) > 0)
        w->s->print(w->s, "it stops when the batch is done; Ctrl-C leaves the "
                          "batch undone");
}

/* Ctrl-C while a fit is waited for. */
static enum after hit(struct waiter *w)
{
    if (w->s->watch_is_open())
        return w->s->watch_leave() ? GO_ON : LEAVE;
    erase_bar();
    w->hits++;
    if (!w->s->interactive && w->s->batch) {
        rt_run_interrupt(w->r->run);
        if (w->hits >= 3) /* there is nobody to ask */
            rt_loop_end(130);
        return GO_ON;
    }
    if (w->hits >= 3)
        return abort_batch(w);
    if (w->hits == 2) {
        stop_soon(w);
        return GO_ON;
    }
    rt_run_hold(w->r->run, true);
    w->since = rt_clock_now();
    w->said = false;
    return GO_ON;
}

bool rt_progress_shelve(void)
{
    if (!waiting || waiting->s->watch_is_open() || waiting->hits > 0)
        return false;
    waiting->shelved = true;
    return true;
}

/* Ctrl-Z: as of any program, but what one wants may be the prompt. */
static enum after ask_where(struct waiter *w)
{
    w->shelved = false;
    erase_bar();
    int key = w->s->ask(w->s,
                        "[z] stop the program · [b]g, the run goes on · "
                        "[c]ontinue",
                        "zbc");
    if (key == 'z')
        raise(SIGSTOP);
    return key == 'b' ? LEAVE : GO_ON;
}

/* A batch that takes its time is told of. */
static enum after ask_when_held(struct waiter *w)
{
    if (w->hits != 1 || !w->r->run)
        return GO_ON;
    if (rt_run_resting(w->r->run))
        return question(w);
    if (!w->said && rt_clock_now() - w->since > SLOW) {
        erase_bar();
        w->s->print(w->s, "the batch is being finished; Ctrl-C stops after it");
        w->said = true;
    }
    return GO_ON;
}

/* Paused by somebody, and not by an order whose replay goes on at once. */
static bool is_held(const struct rt_session_run *r)
{
    return r->state == RT_RUN_PAUSED && rt_run_state(r->run) == RT_RUN_PAUSED &&
           rt_run_resting(r->run);
}

int rt_progress_wait(struct rt_session *s, struct rt_session_run *r,
                     struct rt_err *err)
{
    bool met;
    return rt_progress_until(s, r, NULL, &met, err);
}

int rt_progress_until(struct rt_session *s, struct rt_session_run *r,
                      struct rt_until *u, bool *met, struct rt_err *err)
{
    int found = 0;
    struct waiter w = { .s = s, .r = r }, *outer = waiting;
    bool asked_to_end = false;
    enum after after = GO_ON;
    r->waited = true;
    rt_loop_answer(1);
    waiting = s->tty_err && !s->batch ? &w : NULL;
    rt_session_drain(s);
    while (r->run && after == GO_ON) {
        found = u ? rt_until_met(u, err) : 0;
        if (found || is_held(r))
            break;
        int rc = s->pump(s, w.hits == 1 ? SOON : FRAME);
        rt_session_drain(s);
        rt_on_serve(s, false);
        if (!r->run)
            break;
        if (s->quit_code >= 0) { /* rt_progress_wind_up waits for it */
            rt_run_interrupt(r->run);
            asked_to_end = true;
            break;
        }
        if (rc == RT_ECANCEL) {
            asked_to_end = s->batch && !s->interactive;
            after = hit(&w);
        } else if (w.shelved) {
            after = ask_where(&w);
        } else {
            after = ask_when_held(&w);
        }
        if (r->run && w.hits == 0)
            draw_bar(s, r);
    }
    waiting = outer;
    rt_on_serve(s, true);
    if (r->run)
        rt_run_hold(r->run, false);
    if (u && !found && !r->run)
        found = rt_until_met(u, err);
    *met = found > 0;
    erase_bar();
    tell_untold(s, r);
    rt_loop_answer(-1);
    r->waited = false;
    if (found < 0)
        return found;
    if (asked_to_end || s->abandoned)
        return rt_fail(err, RT_ECANCEL, "fit: interrupted");
    if (!r->run && r->state == RT_RUN_FAILED)
        return rt_fail(err, r->code ? r->code : RT_EINVAL, "fit: %s",
                       r->reason);
    return 0;
}

/* ---- the end ----------------------------------------------------------- */

/* The first live run whose callback is at work; its name to guest. */
static bool held_up(const struct rt_session *s, char *guest, size_t n)
{
    for (int i = 0; i < s->runs.n; i++) {
        struct rt_run *run = s->runs.v[i]->run;
        if (!run || rt_run_over(run))
            continue;
        rt_run_guest(run, guest, n);
        if (*guest)
            return true;
    }
    return false;
}

bool rt_progress_wind_up(struct rt_session *s)
{
    char guest[256];
    double began = rt_clock_now();
    bool said = false;
    for (int i = 0; i < s->runs.n; i++)
        if (s->runs.v[i]->run)
            rt_run_interrupt(s->runs.v[i]->run);
    while (!s->abandoned) {
        bool live = false;
        for (int i = 0; i < s->runs.n; i++)
            live |= s->runs.v[i]->run && !rt_run_over(s->runs.v[i]->run);
        if (!live)
            return true;
        nanosleep(&(struct timespec){ .tv_nsec = 5 * 1000 * 1000 }, NULL);
        double waited = rt_clock_now() - began;
        if (waited < PATIENCE || !held_up(s, guest, sizeof guest))
            continue;
        if (!said)
            fprintf(stderr, "callback '%s' does not return; %s\n", guest,
                    s->interactive ? "Ctrl-C leaves it behind"
                                   : "its run is left interrupted");
        said = true;
        s->abandoned = !s->interactive || s->interrupted();
    }
    return false;
}

void rt_progress_left(const struct rt_session_run *r, struct rt_str *out)
{
    bool paused = rt_run_state(r->run) == RT_RUN_PAUSED;
    rt_str_addf(out, "run %d (%s) %s", r->number, r->name,
                paused ? "is paused; `resume` lets it go on"
                       : "goes on in the background; `fg` waits for it again");
}

void rt_progress_result(const struct rt_session_run *r, struct rt_result *out)
{
    const struct rt_history *h = r->history;
    struct rt_value *v = &out->value;
    int n = 0;
    for (int i = 0; i < h->n_series; i++)
        if (h->series[i].n_epochs > n)
            n = h->series[i].n_epochs;
    rt_value_set_dict(v);
    rt_value_put_int(v, "run", r->number);
    rt_value_put_text(v, "state", rt_run_state_name(r->state));
    rt_value_put_int(v, "epochs", n);
    rt_value_put_number(v, "seconds", r->seconds);
    for (int i = 0; i < h->n_series; i++) {
        const struct rt_history_series *s = &h->series[i];
        if (s->n_epochs)
            rt_value_put_number(v, s->key, s->epoch_v[s->n_epochs - 1]);
    }
    rt_str_addf(&out->text, "run %d (%s) %s after %d epoch%s, ", r->number,
                r->name, rt_run_state_name(r->state), n, n == 1 ? "" : "s");
    rt_str_add_duration(&out->text, r->seconds);
    const char *why = rt_session_why(r->state, r->reason);
    if (*why && !(r->told && !strcmp(why, r->told)))
        rt_str_addf(&out->text, ": %s", why);
    if (r->state == RT_RUN_INTERRUPTED)
        rt_str_addf(&out->text, "; `runs resume %d` goes on", r->number);
}
