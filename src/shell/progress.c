#include "shell/progress.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FRAME 0.1      /* seconds between two drawings of the bar */
#define SECOND_HIT 2.0 /* seconds within which a second Ctrl-C stops at once */

static bool bar_shown; /* a bar stands on the terminal's last line */

static void erase_bar(void)
{
    if (bar_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        bar_shown = false;
    }
}

static void add_bar(struct rt_str *out, double share, int cells, bool utf8)
{
    static const char *const part[] = { " ", "▏", "▎", "▍",
                                        "▌", "▋", "▊", "▉" };
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
        rt_str_addf(out, "%.2fM samples/s", rate / 1e6);
    else if (rate >= 1e3)
        rt_str_addf(out, "%.1fk samples/s", rate / 1e3);
    else
        rt_str_addf(out, "%.0f samples/s", rate);
}

static void draw_bar(struct rt_session *s, struct rt_session_run *r)
{
    struct rt_snapshot now;
    struct rt_str out = RT_STR_INIT;
    if (!s->tty_err || s->watch_is_open())
        return;
    rt_run_snapshot(r->run, &now);
    double share = now.n_batches
                       ? (double)now.batch / (double)now.n_batches
                       : 0;
    rt_str_addf(&out, "epoch %lld/%lld ", (long long)now.epoch,
                (long long)now.n_epochs);
    add_bar(&out, share, s->width >= 100 ? 20 : 12, s->utf8);
    for (int i = 0; i < r->history->n_series; i++) {
        const struct rt_history_series *h = &r->history->series[i];
        if (strncmp(h->key, "val_", 4) && strcmp(h->key, "lr") &&
            isfinite(h->running))
            rt_str_addf(&out, "  %s %.4f", h->key, h->running);
    }
    if (now.samples_per_s > 0) {
        rt_str_add(&out, "  ");
        add_rate(&out, now.samples_per_s);
    }
    if (isfinite(now.seconds_left)) {
        rt_str_add(&out, "  ");
        rt_str_add_duration(&out, now.seconds_left);
        rt_str_add(&out, " left");
    }
    size_t cut = rt_utf8_cut(rt_str_c(&out), s->width - 1);
    fprintf(stderr, "\r%.*s\033[K", (int)cut, rt_str_c(&out));
    fflush(stderr);
    bar_shown = true;
    rt_snapshot_release(&now);
    rt_str_release(&out);
}

void rt_progress_epoch(const struct rt_session_run *r,
                       const struct rt_event *e, bool plain,
                       struct rt_str *out)
{
    struct rt_snapshot now;
    if (r->run) {
        rt_run_snapshot(r->run, &now);
        rt_str_addf(out, plain ? "epoch=%lld/%lld" : "epoch %lld/%lld",
                    (long long)e->epoch, (long long)now.n_epochs);
        rt_snapshot_release(&now);
    } else {
        rt_str_addf(out, plain ? "epoch=%lld" : "epoch %lld",
                    (long long)e->epoch);
    }
    for (int i = 0; i < e->n; i++) {
        int id = e->series[i];
        if (id < 0 || id >= r->history->n_series)
            continue;
        const char *key = r->history->series[id].key;
        bool lr = !strcmp(key, "lr");
        if (plain)
            rt_str_addf(out, " %s=%.6g", key, e->value[i]);
        else
            rt_str_addf(out, lr ? "  %s %.3g" : "  %s %.4f", key, e->value[i]);
    }
}

void rt_progress_event(struct rt_session *s, struct rt_session_run *r,
                       const struct rt_event *e)
{
    if (e->type != RT_EV_EPOCH || s->watch_is_open())
        return;
    struct rt_str line = RT_STR_INIT;
    rt_progress_epoch(r, e, !s->tty_out, &line);
    erase_bar();
    s->print(s, rt_str_c(&line));
    rt_str_release(&line);
}

void rt_progress_message(struct rt_session *s, struct rt_session_run *r,
                         const char *who, const char *text)
{
    struct rt_str line = RT_STR_INIT;
    rt_str_addf(&line, "%s #%d  %s%s%s", r->name, r->number, who,
                *who ? ": " : "", text);
    if (r->waited && !s->tty_out && !s->interactive) {
        fprintf(stderr, "%s\n", rt_str_c(&line));
    } else {
        erase_bar();
        s->print(s, rt_str_c(&line));
    }
    rt_str_release(&line);
}

static void tell(struct rt_session *s, struct rt_session_run *r,
                 const char *word)
{
    char says[256];
    struct rt_err err = RT_ERR_INIT;
    if (r->run &&
        rt_run_tell(r->run, "user", &word, 1, says, sizeof says, &err))
        s->print(s, err.text);
}

enum after { GO_ON, LEAVE };

/* Ctrl-C while a fit is waited for. */
static enum after interrupted(struct rt_session *s, struct rt_session_run *r,
                              double *last_hit)
{
    double now = rt_clock_now();
    erase_bar();
    if (!s->interactive && s->batch) {
        rt_run_interrupt(r->run);
        return GO_ON;
    }
    if (now - *last_hit < SECOND_HIT) {
        tell(s, r, "stop");
        return GO_ON;
    }
    *last_hit = now;
    int key = s->ask(s,
                     "[s]top keep weights · [d]etach to background · "
                     "[p]ause · [c]ontinue",
                     "sdpc");
    *last_hit = rt_clock_now();
    switch (key) {
    case 'd':
        return LEAVE;
    case 'p':
        tell(s, r, "pause");
        return LEAVE;
    case 'c':
        return GO_ON;
    default:
        tell(s, r, "stop");
        return GO_ON;
    }
}

int rt_progress_wait(struct rt_session *s, struct rt_session_run *r,
                     struct rt_err *err)
{
    double last_hit = -SECOND_HIT;
    bool asked_to_end = false;
    enum after after = GO_ON;
    r->waited = true;
    rt_session_drain(s);
    while (r->run && after == GO_ON) {
        if (r->state == RT_RUN_PAUSED)
            break;
        int rc = s->pump(s, FRAME);
        rt_session_drain(s);
        if (!r->run)
            break;
        if (s->quit_code >= 0) {
            if (!asked_to_end)
                rt_run_interrupt(r->run);
            asked_to_end = true;
        } else if (rc == RT_ECANCEL) {
            asked_to_end = s->batch && !s->interactive;
            after = interrupted(s, r, &last_hit);
        }
        if (r->run)
            draw_bar(s, r);
    }
    erase_bar();
    r->waited = false;
    if (asked_to_end)
        return rt_fail(err, RT_ECANCEL, "fit: interrupted");
    if (!r->run && r->state == RT_RUN_FAILED)
        return rt_fail(err, r->code ? r->code : RT_EINVAL, "fit: %s",
                       r->reason);
    return 0;
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
    if (r->reason && *r->reason)
        rt_str_addf(&out->text, ": %s", r->reason);
}
