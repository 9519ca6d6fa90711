/* Drains, draws if something changed, acts on keys. */
#include "watch/watch.h"

#include "base/clock.h"
#include "base/mem.h"
#include "watch/frame.h"
#include "watch/keys.h"
#include "watch/screen.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define FRAME      (1.0 / 30) /* seconds between frames at least */
#define COUNTERS   .1         /* where only batch counters changed */
#define LIVE_TICK  .1  /* how often a training run's counters are looked at */
#define IDLE_TICK  .5  /* else: for a change of size */
#define SETTLE     1.0 /* how long statistics may take once asked for */
#define SLOW_SHARE 4   /* a frame may take a quarter of the time between two */

struct rt_watch {
    const struct rt_watch_host *host;
    struct rt_screen *screen;
    struct rt_view view;
    struct rt_canvas canvas;
    struct rt_layout layout;
    int w, h;
    bool closed, suspended;
    /* when to draw */
    int news; /* RT_NEWS_... not drawn yet */
    double last_frame, frame_cost;
    double settle_until; /* statistics were asked for and may yet come */
    /* what the host was last asked to make */
    int wanted_run, wanted_layer;
    enum rt_hist_of wanted_of;
    double new_rate; /* that the question is about */
};

/* ---- what is shown ------------------------------------------------------- */

/* Statistics cost the training thread time: asked for only while shown. */
static void tell_wanted(struct rt_watch *w)
{
    const struct rt_view *v = &w->view;
    bool histogram = rt_frame_shows(&w->layout, &rt_panel_histogram);
    bool stats = histogram || rt_frame_shows(&w->layout, &rt_panel_layers);
    int run = v->has_run && stats ? v->run.number : 0;
    int layer = run && histogram ? v->layer : -1;
    if (run == w->wanted_run && layer == w->wanted_layer &&
        v->of == w->wanted_of)
        return;
    if (w->wanted_run && w->wanted_run != run)
        w->host->want(w->host->ctx, w->wanted_run, false, -1, v->of);
    if (run)
        w->host->want(w->host->ctx, run, true, layer, v->of);
    w->wanted_run = run;
    w->wanted_layer = layer;
    w->wanted_of = v->of;
    w->settle_until = rt_clock_now() + SETTLE;
}

static void draw(struct rt_watch *w)
{
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

/* ---- commands, orders ---------------------------------------------------- */

static void say(struct rt_watch *w, enum rt_level level, const char *who,
                const char *text)
{
    w->host->say(w->host->ctx, level, who, text);
    w->view.log_back = 0;
}

static void order(struct rt_watch *w, const char *words)
{
    struct rt_err err = RT_ERR_INIT;
    if (w->host->order(w->host->ctx, w->view.run.number, words, &err))
        say(w, RT_LOG_ERROR, words, err.text);
}

/* One line of answer goes to the log, more become a page. */
static void run_command(struct rt_watch *w, const char *line)
{
    struct rt_view *v = &w->view;
    struct rt_str says = RT_STR_INIT;
    say(w, RT_LOG_INFO, ":", line);
    rt_screen_signals(w->screen, true);
    int failed = w->host->command(w->host->ctx, line, &says);
    rt_screen_signals(w->screen, false);
    const char *text = rt_str_c(&says);
    size_t first = strcspn(text, "\n");
    if (*text && !text[first + (text[first] == '\n')]) {
        says.s[first] = '\0';
        say(w, failed ? RT_LOG_ERROR : RT_LOG_INFO, NULL, text);
    } else if (*text) {
        rt_str_release(&v->page);
        v->page = says;
        v->page_title = failed ? "error" : "answer";
        v->page_top = 0;
        return;
    }
    rt_str_release(&says);
}

static void complete(struct rt_watch *w)
{
    struct rt_prompt *p = &w->view.prompt;
    struct rt_str words = RT_STR_INIT;
    size_t from = p->at;
    if (!w->host->complete)
        return;
    w->host->complete(w->host->ctx, rt_str_c(&p->line), p->at, &from, &words);
    rt_prompt_offer(p, from, rt_str_c(&words));
    rt_str_release(&words);
}

static void finish_prompt(struct rt_watch *w)
{
    struct rt_prompt *p = &w->view.prompt;
    enum rt_prompt_kind kind = p->kind;
    char *line = rt_xstrdup(rt_str_c(&p->line));
    rt_prompt_end(p, kind == RT_PROMPT_COMMAND);
    if (kind == RT_PROMPT_QUESTION) {
        struct rt_str words = RT_STR_INIT;
        rt_str_add(&words, "lr ");
        rt_str_add_exact(&words, w->new_rate);
        order(w, rt_str_c(&words));
        rt_str_release(&words);
    } else if (line[strspn(line, " ")]) {
        run_command(w, line);
    }
    free(line);
}

static void prompt_key(struct rt_watch *w, int32_t key)
{
    struct rt_prompt *p = &w->view.prompt;
    switch (rt_prompt_key(p, key)) {
    case RT_PROMPT_DONE:
        finish_prompt(w);
        break;
    case RT_PROMPT_LEFT:
        rt_prompt_end(p, false);
        break;
    case RT_PROMPT_COMPLETE:
        complete(w);
        break;
    case RT_PROMPT_EDITS:
        break;
    }
}

static void ask_rate(struct rt_watch *w, double factor)
{
    struct rt_str q = RT_STR_INIT;
    double old = w->view.snap.lr;
    w->new_rate = old * factor;
    rt_str_addf(&q, "learning rate %.3g → %.3g?", old, w->new_rate);
    rt_prompt_begin(&w->view.prompt, RT_PROMPT_QUESTION, rt_str_c(&q));
    rt_str_release(&q);
}

/* ---- what each key does: one function for every line of keys.def --------- */

static void act_help(struct rt_watch *w)
{
    rt_str_clear(&w->view.page);
    w->view.page_title = "keys";
    w->view.page_top = 0;
}

static void act_close(struct rt_watch *w)
{
    w->view.page_title = NULL;
}

static void act_back(struct rt_watch *w)
{
    w->closed = true;
}

static void go(struct rt_watch *w, int n)
{
    struct rt_layout_want want = rt_frame_want(&w->view);
    w->view.focus = rt_layout_next(&w->layout, &want, n);
}

static void act_next(struct rt_watch *w)
{
    go(w, 1);
}

static void act_previous(struct rt_watch *w)
{
    go(w, -1);
}

static void act_down(struct rt_watch *w)
{
    w->view.focus.panel->move(&w->view, 1);
}

static void act_up(struct rt_watch *w)
{
    w->view.focus.panel->move(&w->view, -1);
}

/* The page keeps itself within its ends when it is drawn. */
static void act_scroll_down(struct rt_watch *w)
{
    w->view.page_top++;
}

static void act_scroll_up(struct rt_watch *w)
{
    w->view.page_top--;
}

static void act_page_down(struct rt_watch *w)
{
    w->view.page_top += w->view.page_room;
}

static void act_page_up(struct rt_watch *w)
{
    w->view.page_top -= w->view.page_room;
}

static void act_pause(struct rt_watch *w)
{
    order(w, "pause");
}

static void act_resume(struct rt_watch *w)
{
    order(w, "resume");
}

static void act_faster(struct rt_watch *w)
{
    ask_rate(w, 2);
}

static void act_slower(struct rt_watch *w)
{
    ask_rate(w, .5);
}

static void act_of_weights(struct rt_watch *w)
{
    w->view.of = RT_HIST_WEIGHTS;
}

static void act_of_grads(struct rt_watch *w)
{
    w->view.of = RT_HIST_GRADS;
}

static void act_of_acts(struct rt_watch *w)
{
    w->view.of = RT_HIST_ACTS;
}

static void act_of_updates(struct rt_watch *w)
{
    w->view.of = RT_HIST_UPDATES;
}

static void act_over_epochs(struct rt_watch *w)
{
    w->view.now_only = !w->view.now_only;
}

static void act_command(struct rt_watch *w)
{
    rt_prompt_begin(&w->view.prompt, RT_PROMPT_COMMAND, ":");
}

static void act_log_axis(struct rt_watch *w)
{
    w->view.linear_y = !w->view.linear_y;
}

static void smooth(struct rt_watch *w, int step)
{
    int to = w->view.smooth + step;
    if (to >= 0 && to < RT_SMOOTH_LEVELS)
        w->view.smooth = to;
}

static void act_smoother(struct rt_watch *w)
{
    smooth(w, 1);
}

static void act_rawer(struct rt_watch *w)
{
    smooth(w, -1);
}

static void act_x_axis(struct rt_watch *w)
{
    w->view.by_step = !w->view.by_step;
}

static void act_run(struct rt_watch *w)
{
    rt_view_choose(&w->view, (w->view.i_run + 1) % w->view.n_runs);
}

static void act_symbols(struct rt_watch *w)
{
    int n = RT_SYM_ASCII + 1;
    w->canvas.symbols = (enum rt_symbols)(((int)w->canvas.symbols + 1) % n);
}

static void act_redraw(struct rt_watch *w)
{
    rt_screen_redraw(w->screen);
}

/* Not SIGSTOP, which would also stop what nobody can wake: the leader of a
 * session. */
static void stop_process(void)
{
    struct sigaction usual = { .sa_handler = SIG_DFL }, old;
    sigaction(SIGTSTP, &usual, &old);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &old, NULL);
}

static void act_stop(struct rt_watch *w)
{
    rt_watch_suspend(w);
    if (w->host->stop)
        w->host->stop(w->host->ctx);
    else
        stop_process();
    rt_watch_resume(w);
}

typedef void act_fn(struct rt_watch *w);
#define RT_KEY(act, ...) [RT_ACT_##act] = act_##act,
static act_fn *const acts[RT_N_ACTS] = {
#include "watch/keys.def"
};
#undef RT_KEY

void rt_watch_key(struct rt_watch *w, int32_t key)
{
    struct rt_view *v = &w->view;
    changed(w);
    if (key == RT_KEY_GONE) {
        w->closed = true;
        return;
    }
    if (v->prompt.kind != RT_PROMPT_NONE) {
        prompt_key(w, key);
        return;
    }
    unsigned on = rt_view_on(v, rt_frame_shows(&w->layout, &rt_panel_foot));
    enum rt_act act = rt_keys_act(key, on);
    if (act != RT_ACT_none) {
        acts[act](w);
        return;
    }
    const struct rt_panel *panel =
        v->page_title ? NULL : rt_panel_by_key(v, key);
    if (panel)
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
    w->wanted_layer = -1;
    rt_canvas_init(&w->canvas, 1, 1, rt_screen_symbols(screen));
    w->canvas.color = rt_screen_depth(screen) > RT_DEPTH_MONO;
    rt_view_init(&w->view, host);
    w->view.utf8 = rt_screen_utf8(screen);
    rt_view_look(&w->view);
    struct rt_watch_run r;
    for (int i = 0; run && host->run(host->ctx, i, &r); i++)
        if (r.number == run)
            rt_view_choose(&w->view, i);
    changed(w);
    return w;
}

void rt_watch_close(struct rt_watch *w)
{
    if (!w)
        return;
    if (w->wanted_run)
        w->host->want(w->host->ctx, w->wanted_run, false, -1, w->wanted_of);
    rt_screen_suspend(w->screen);
    rt_watch_input(w); /* the last lines of stderr */
    rt_screen_close(w->screen);
    rt_view_release(&w->view);
    rt_canvas_release(&w->canvas);
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
