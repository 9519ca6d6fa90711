/* The first line: which run, its state, how far it is, how fast. */
#include "base/clock.h"
#include "base/utf8.h"
#include "watch/view.h"

#include <math.h>
#include <stdio.h>

enum {
    LONG_FORM = 100, /* columns from which words are spelled out */
    NARROW = 40,     /* below, the name goes before the numbers */
    LEAST_NAME = 12, /* cells of a name that are shown at least */
};

static const struct {
    const char *sign, *word;
    uint32_t color;
} states[] = {
    [RT_RUN_QUEUED] = { "○", "queued", RT_C_DIM },
    [RT_RUN_RUNNING] = { "●", "training", RT_C_OK },
    [RT_RUN_PAUSED] = { "││", "paused", RT_C_WARNING },
    [RT_RUN_FINISHED] = { "✓", "finished", RT_C_OK },
    [RT_RUN_STOPPED] = { "■", "stopped", RT_C_WARNING },
    [RT_RUN_FAILED] = { "✗", "failed", RT_C_ERROR },
    [RT_RUN_INTERRUPTED] = { "■", "interrupted", RT_C_WARNING },
};

/* 87.3k, 14.2k, 512, 3.1M */
static void rate_text(double v, char out[16])
{
    const char *unit[] = { "", "k", "M", "G" };
    int i = 0;
    for (; v >= 999.5 && i < 3; i++)
        v /= 1000;
    snprintf(out, 16, "%.*f%s", v < 99.95 ? (i > 0 || v < 9.95) : 0, v,
             unit[i]);
}

static void add_state(const struct rt_view *v, struct rt_words *w, bool full)
{
    enum rt_run_state state = v->run.state;
    bool word = full || state != RT_RUN_RUNNING;
    rt_words_near(w, 0, (struct rt_pen){ .fg = states[state].color },
                  word ? "%s %s" : "%s", states[state].sign,
                  states[state].word);
}

/* Do epochs go by too fast for the gauge to show how far each is? It shows how
 * far the run is then. */
static bool hurries(const struct rt_snapshot *s)
{
    double epochs = (double)(s->n_epochs - s->epoch + 1);
    return s->n_epochs > 0 && epochs > 0 && s->seconds_left / epochs < 1;
}

static void add_progress(const struct rt_view *v, struct rt_words *w, bool full)
{
    const struct rt_history *h = v->run.history;
    bool has = v->has_snap;
    long long epoch = has ? v->snap.epoch : h ? h->epoch : 0;
    long long batch = has ? v->snap.batch : h ? h->batch : 0;
    long long n_batches = has ? v->snap.n_batches : h ? h->n_batches : 0;
    if (full)
        rt_words_add(w, 0, RT_PEN_DIM, "epoch");
    rt_words_near(w, 0, RT_PEN_TEXT, "%lld", epoch);
    if (has && v->snap.n_epochs > 0)
        rt_words_join(w, RT_PEN_DIM, "/%lld", (long long)v->snap.n_epochs);
    if (!v->run.live || n_batches <= 0)
        return;
    double share = (double)batch / (double)n_batches;
    if (has && hurries(&v->snap))
        share = (fmax((double)epoch - 1, 0) + share) / (double)v->snap.n_epochs;
    rt_words_gauge(w, 3, (struct rt_pen){ .fg = RT_C_TRAIN }, full ? 26 : 16,
                   share);
    rt_words_near(w, 2, RT_PEN_TEXT, "%.0f%%", floor(100 * share));
}

static void add_rates(const struct rt_view *v, struct rt_words *w, bool full)
{
    const struct rt_snapshot *s = &v->snap;
    char text[16];
    if (!v->has_snap)
        return;
    if (s->lr > 0) {
        rt_words_add(w, 5, RT_PEN_DIM, "lr ");
        snprintf(text, sizeof text, "%.1e", s->lr);
        if (s->lr >= 1e-9) /* 1.0e-03: two digits too many */
            snprintf(text + 4, sizeof text - 4, "%d",
                     (int)floor(log10(s->lr * (1 + 1e-12))));
        rt_words_join(w, RT_PEN_TEXT, "%s", text);
    }
    if (isfinite(s->samples_per_s) && s->samples_per_s > 0) {
        rate_text(s->samples_per_s, text);
        rt_words_add(w, 6, RT_PEN_TEXT, "%s", text);
        rt_words_join(w, RT_PEN_DIM, full ? " samples/s" : "/s");
    }
    struct rt_str t = RT_STR_INIT;
    if (isfinite(s->seconds_left) && !(v->run.state >= RT_RUN_FINISHED)) {
        rt_str_add_duration(&t, s->seconds_left);
        rt_words_add(w, 4, RT_PEN_TEXT, "%s", rt_str_c(&t));
        rt_words_join(w, RT_PEN_DIM, " left");
    } else if (isfinite(s->seconds) && v->run.state >= RT_RUN_FINISHED) {
        rt_str_add_duration(&t, s->seconds);
        rt_words_add(w, 4, RT_PEN_DIM, "took ");
        rt_words_join(w, RT_PEN_TEXT, "%s", rt_str_c(&t));
    }
    rt_str_release(&t);
}

/* Why a run ended as it should not have, as far as there is room. */
static void put_reason(const struct rt_view *v, struct rt_canvas *c, int x,
                       int y)
{
    enum { LEAST = 20 };
    int room = c->clip.x + c->clip.w - 1 - x;
    bool failed = v->has_run && v->run.state == RT_RUN_FAILED;
    if (failed && v->run.reason && room >= LEAST)
        rt_canvas_text(c, x, y, room, v->run.reason,
                       (struct rt_pen){ .fg = RT_C_ERROR });
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_rect r = pane->at;
    bool full = r.w >= LONG_FORM;
    struct rt_words w = { 0 };
    if (full || !v->has_run) {
        rt_words_add(&w, 7, RT_PEN_KEY, "retort");
        rt_words_join(&w, (struct rt_pen){ .fg = RT_C_BORDER }, " │");
    }
    if (!v->has_run) {
        rt_words_near(&w, 0, RT_PEN_DIM, "no runs yet");
    } else {
        int room = r.w / 2 > LEAST_NAME ? r.w / 2 : LEAST_NAME;
        bool whole = rt_utf8_width(v->run.name) <= room;
        size_t n = rt_utf8_cut(v->run.name, whole ? room : room - 1);
        rt_words_near(&w, r.w < NARROW ? 8 : 1, RT_PEN_TITLE, "%.*s%s", (int)n,
                      v->run.name, whole ? "" : "…");
        rt_words_join(&w, RT_PEN_DIM, " #%d", v->run.number);
        add_state(v, &w, full);
        add_progress(v, &w, full);
        add_rates(v, &w, full);
    }
    struct rt_rect old = rt_canvas_clip(c, r);
    rt_words_fit(&w, r.w - 2);
    rt_words_draw(&w, c, r.x + (r.w > 20), r.y);
    put_reason(v, c, r.x + 1 + rt_words_width(&w) + 2, r.y);
    rt_canvas_unclip(c, old);
}

const struct rt_panel rt_panel_status = {
    .name = "status",
    .help = "the run, its state, progress and speed",
    .draw = draw,
};
