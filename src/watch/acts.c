/* What each key does: one function for every line of keys.def. */
#include "watch/watch_private.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

void rt_watch_say(struct rt_watch *w, enum rt_level level, const char *who,
                  const char *text)
{
    w->host->say(w->host->ctx, level, who, text);
    w->view.log_back = 0;
}

void rt_watch_order(struct rt_watch *w, const char *words)
{
    struct rt_err err = RT_ERR_INIT;
    if (w->host->order(w->host->ctx, w->view.run.number, words, &err))
        rt_watch_say(w, RT_LOG_ERROR, words, err.text);
}

/* ---- pages and panels ---------------------------------------------------- */

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

static void act_right(struct rt_watch *w)
{
    go(w, 1);
}

static void act_left(struct rt_watch *w)
{
    go(w, -1);
}

static void choose(struct rt_watch *w, int n)
{
    w->view.focus.panel->move(&w->view, n);
}

static void act_down(struct rt_watch *w)
{
    choose(w, 1);
}

static void act_up(struct rt_watch *w)
{
    choose(w, -1);
}

static void act_far_down(struct rt_watch *w)
{
    choose(w, 10);
}

static void act_far_up(struct rt_watch *w)
{
    choose(w, -10);
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

/* ---- orders -------------------------------------------------------------- */

static void act_pause(struct rt_watch *w)
{
    rt_watch_order(w, "pause");
}

static void act_resume(struct rt_watch *w)
{
    rt_watch_order(w, "resume");
}

static void act_step(struct rt_watch *w)
{
    rt_watch_order(w, "step");
}

static void act_checkpoint(struct rt_watch *w)
{
    rt_watch_order(w, "checkpoint");
}

static void ask_rate(struct rt_watch *w, double factor)
{
    struct rt_str question = RT_STR_INIT, words = RT_STR_INIT;
    double old = w->view.snap.lr;
    rt_str_addf(&question, "learning rate %.3g → %.3g?", old, old * factor);
    rt_str_add(&words, "lr ");
    rt_str_add_exact(&words, old * factor);
    rt_watch_ask_order(w, rt_str_c(&question), rt_str_c(&words));
    rt_str_release(&question);
    rt_str_release(&words);
}

static void act_faster(struct rt_watch *w)
{
    ask_rate(w, 2);
}

static void act_slower(struct rt_watch *w)
{
    ask_rate(w, .5);
}

/* Names may hold blanks: each is a word in braces. */
static void order_layers(struct rt_watch *w, const char *verb)
{
    struct rt_str words = RT_STR_INIT;
    const struct rt_view *v = &w->view;
    rt_str_add(&words, verb);
    for (int i = 0; i < v->snap.n_layers; i++)
        if (rt_view_picks(v, i))
            rt_str_addf(&words, " {%s}", v->snap.layers[i].name);
    rt_watch_order(w, rt_str_c(&words));
    rt_str_release(&words);
    rt_view_unmark(&w->view);
}

static void act_freeze(struct rt_watch *w)
{
    order_layers(w, "freeze");
}

static void act_unfreeze(struct rt_watch *w)
{
    order_layers(w, "unfreeze");
}

static void act_mark(struct rt_watch *w)
{
    rt_view_mark(&w->view, w->view.layer);
    choose(w, 1);
}

static void act_mark_all(struct rt_watch *w)
{
    rt_view_mark_all(&w->view);
}

/* ---- curves -------------------------------------------------------------- */

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
    w->view.unit = (enum rt_x_unit)((w->view.unit + 1) % RT_N_X_UNITS);
}

static void act_inspect(struct rt_watch *w)
{
    rt_lens_inspect(&w->view.lens);
}

static void act_cursor_off(struct rt_watch *w)
{
    rt_lens_inspect(&w->view.lens);
}

static void act_cursor_left(struct rt_watch *w)
{
    rt_lens_move(&w->view.lens, -1);
}

static void act_cursor_right(struct rt_watch *w)
{
    rt_lens_move(&w->view.lens, 1);
}

static void act_cursor_home(struct rt_watch *w)
{
    rt_lens_to(&w->view.lens, 0);
}

static void act_cursor_end(struct rt_watch *w)
{
    rt_lens_to(&w->view.lens, w->view.lens.newest);
}

static void act_anchor(struct rt_watch *w)
{
    rt_lens_anchor(&w->view.lens);
}

static void act_zoom(struct rt_watch *w)
{
    rt_lens_zoom(&w->view.lens);
}

static void act_zoom_out(struct rt_watch *w)
{
    rt_lens_out(&w->view.lens);
}

static void act_zoom_all(struct rt_watch *w)
{
    rt_lens_all(&w->view.lens);
}

/* ---- histograms ---------------------------------------------------------- */

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

/* ---- lines to type ------------------------------------------------------- */

static void act_command(struct rt_watch *w)
{
    rt_watch_ask_command(w);
}

static void act_filter(struct rt_watch *w)
{
    rt_watch_ask_filter(w);
}

static void act_runs(struct rt_watch *w)
{
    rt_watch_ask_run(w);
}

static void act_write(struct rt_watch *w)
{
    rt_watch_ask_file(w);
}

/* ---- the terminal -------------------------------------------------------- */

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

void rt_watch_act(struct rt_watch *w, enum rt_act act)
{
    acts[act](w);
}
