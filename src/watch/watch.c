/* The life of the screen: draws if something changed, hands keys on. */
#include "watch/watch.h"

#include "base/clock.h"
#include "base/mem.h"
#include "watch/watch_private.h"

#include <math.h>
#include <stdlib.h>

#define FRAME      (1.0 / 30) /* seconds between frames at least */
#define COUNTERS   .1         /* where only batch counters changed */
#define LIVE_TICK  .1  /* how often a training run's counters are looked at */
#define IDLE_TICK  .5  /* else: for a change of size */
#define SETTLE     1.0 /* how long statistics may take once asked for */
#define SLOW_SHARE 4   /* a frame may take a quarter of the time between two */

/* ---- what is shown ------------------------------------------------------- */

static const struct rt_want nothing = { .layer = -1 };

/* What takes the training thread time is asked for only while it is shown. */
static void tell_wanted(struct rt_watch *w)
{
    const struct rt_view *v = &w->view;
    bool histogram = rt_frame_shows(&w->layout, &rt_panel_histogram);
    bool pictures = rt_frame_shows(&w->layout, &rt_panel_images);
    struct rt_want want = {
        .stats = histogram || pictures ||
                 rt_frame_shows(&w->layout, &rt_panel_layers),
        .layer = histogram || pictures ? v->layer : -1,
        .of = v->of,
        .pictures = pictures,
    };
    int run = v->has_run && want.stats ? v->run.number : 0;
    if (!run)
        want = nothing;
    if (run == w->wanted_run && want.stats == w->wanted.stats &&
        want.layer == w->wanted.layer && want.of == w->wanted.of &&
        want.pictures == w->wanted.pictures)
        return;
    if (w->wanted_run && w->wanted_run != run)
        w->host->want(w->host->ctx, w->wanted_run, &nothing);
    if (run)
        w->host->want(w->host->ctx, run, &want);
    w->wanted_run = run;
    w->wanted = want;
    w->settle_until = rt_clock_now() + SETTLE;
}

static void draw(struct rt_watch *w)
{
    w->view.wall = rt_clock_wall();
    rt_view_refresh(&w->view);
    rt_frame_draw(&w->view, &w->canvas, &w->layout);
    rt_screen_show(w->screen, &w->canvas);
    tell_wanted(w);
}

static void changed(struct rt_watch *w)
{
    w->news = RT_NEWS_EVENTS;
}

static void measure(struct rt_watch *w)
{
    if (!rt_screen_size(w->screen, &w->w, &w->h))
        return;
    rt_canvas_resize(&w->canvas, w->w, w->h);
    changed(w);
}

void rt_watch_key(struct rt_watch *w, int32_t key)
{
    struct rt_view *v = &w->view;
    changed(w);
    if (key == RT_KEY_GONE) {
        w->closed = true;
        return;
    }
    if (v->prompt.kind != RT_PROMPT_NONE) {
        rt_watch_ask_key(w, key);
        return;
    }
    unsigned on = rt_view_on(v, rt_frame_shows(&w->layout, &rt_panel_foot));
    enum rt_act act = rt_keys_act(key, on);
    if (act != RT_ACT_none) {
        rt_watch_act(w, act);
        return;
    }
    const struct rt_panel *panel =
        v->page_title ? NULL : rt_panel_by_key(v, key);
    if (panel == &rt_panel_metrics)
        v->focus = (struct rt_focus){ &rt_panel_losses, v->charts.n_losses };
    else if (panel)
        v->focus = (struct rt_focus){ panel, 0 };
}

void rt_watch_input(struct rt_watch *w)
{
    struct rt_str line = RT_STR_INIT;
    int32_t key;
    while (!w->closed && (key = rt_screen_key(w->screen)) != RT_KEY_NONE)
        rt_watch_key(w, key);
    while (rt_screen_line(w->screen, &line))
        if (rt_str_c(&line)[0])
            w->host->say(w->host->ctx, RT_LOG_WARNING, "stderr",
                         rt_str_c(&line));
    rt_str_release(&line);
}

/* ---- life ---------------------------------------------------------------- */

struct rt_watch *rt_watch_open(const struct rt_watch_host *host, int run,
                               struct rt_err *err)
{
    struct rt_screen *screen = rt_screen_open(!host->no_color, err);
    if (!screen)
        return NULL;
    struct rt_watch *w = rt_xcalloc(1, sizeof *w);
    w->host = host;
    w->screen = screen;
    w->wanted = nothing;
    rt_canvas_init(&w->canvas, 1, 1, rt_screen_symbols(screen));
    w->canvas.color = rt_screen_depth(screen) > RT_DEPTH_MONO;
    w->canvas.few_colors = rt_screen_depth(screen) < RT_DEPTH_256;
    rt_view_init(&w->view, host);
    w->view.utf8 = rt_screen_utf8(screen);
    rt_view_look(&w->view);
    if (run)
        rt_view_choose(&w->view, run);
    changed(w);
    return w;
}

void rt_watch_close(struct rt_watch *w)
{
    if (!w)
        return;
    if (w->wanted_run)
        w->host->want(w->host->ctx, w->wanted_run, &nothing);
    rt_screen_suspend(w->screen);
    rt_watch_input(w); /* the last lines of stderr */
    rt_screen_close(w->screen);
    rt_view_release(&w->view);
    rt_canvas_release(&w->canvas);
    free(w->pending);
    free(w);
}

bool rt_watch_closed(const struct rt_watch *w)
{
    return w->closed;
}

void rt_watch_leave(struct rt_watch *w)
{
    w->closed = true;
}

int rt_watch_fd(const struct rt_watch *w)
{
    return rt_screen_fd(w->screen);
}

int rt_watch_page_width(const struct rt_watch *w)
{
    int width = rt_layout_page(w->w, w->h, 1).w - 3; /* frame and margin */
    return width > 1 ? width : 1;
}

void rt_watch_suspend(struct rt_watch *w)
{
    w->suspended = true;
    rt_screen_suspend(w->screen);
}

void rt_watch_resume(struct rt_watch *w)
{
    rt_screen_resume(w->screen);
    w->suspended = false;
    changed(w);
}

double rt_watch_tick(struct rt_watch *w)
{
    if (w->suspended || w->closed)
        return IDLE_TICK;
    measure(w);
    int news = rt_view_look(&w->view);
    double now = rt_clock_now();
    if (now < w->settle_until && news < RT_NEWS_COUNTERS)
        news = RT_NEWS_COUNTERS;
    w->news = news > w->news ? news : w->news;
    double rest = w->news == RT_NEWS_EVENTS ? FRAME : COUNTERS;
    double due = w->last_frame + fmax(rest, SLOW_SHARE * w->frame_cost);
    if (w->news != RT_NEWS_NONE && now >= due) {
        draw(w);
        w->last_frame = now;
        w->frame_cost = rt_clock_now() - now;
        w->news = RT_NEWS_NONE;
    } else if (w->news != RT_NEWS_NONE) {
        return due - now;
    }
    bool moving = w->view.run.live && w->view.run.state == RT_RUN_RUNNING;
    return moving || now < w->settle_until ? LIVE_TICK : IDLE_TICK;
}
