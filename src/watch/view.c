/* The state behind the screen, brought up to date from the host. */
#include "watch/view.h"

#include "base/clock.h"
#include "watch/keys.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double smoothing[RT_SMOOTH_LEVELS] = {
    0, .3, .6, .8, .9, .95, .98
};

void rt_view_init(struct rt_view *v, const struct rt_watch_host *host)
{
    *v = (struct rt_view){
        .host = host, .smooth = 3, .focus = { &rt_panel_losses, 0 }, .layer = -1
    };
    rt_lens_init(&v->lens);
}

void rt_view_release(struct rt_view *v)
{
    if (v->has_snap)
        rt_snapshot_release(&v->snap);
    rt_charts_release(&v->charts);
    rt_chooser_close(&v->chooser);
    rt_view_unmark(v);
    rt_str_release(&v->page);
    rt_prompt_release(&v->prompt);
    *v = (struct rt_view){ 0 };
}

const struct rt_output_state *rt_view_output(const struct rt_view *v,
                                             const char *name)
{
    for (int i = 0; v->has_snap && name && i < v->snap.n_outputs; i++)
        if (!strcmp(v->snap.outputs[i].name, name))
            return &v->snap.outputs[i];
    return NULL;
}

bool rt_view_checkpoint(const struct rt_view *v, char *out, size_t n)
{
    const struct rt_history *h = v->run.history;
    if (!v->run.live || !h || !isfinite(h->checkpoint))
        return false;
    struct rt_str age = RT_STR_INIT;
    double seconds = v->wall - h->checkpoint;
    if (seconds < 60)
        rt_str_addf(&age, "%.0f s", seconds > 0 ? floor(seconds) : 0);
    else
        rt_str_add_duration(&age, seconds);
    snprintf(out, n, "checkpoint %s ago", rt_str_c(&age));
    rt_str_release(&age);
    return true;
}

double rt_view_smoothing(const struct rt_view *v)
{
    return smoothing[v->smooth];
}

int64_t rt_view_steps(const struct rt_view *v)
{
    if (v->has_snap && v->snap.n_batches > 0)
        return v->snap.n_batches;
    return v->run.history ? v->run.history->n_batches : 0;
}

static void forget_snapshot(struct rt_view *v)
{
    if (v->has_snap)
        rt_snapshot_release(&v->snap);
    v->has_snap = false;
}

/* Shows another run from now on; what was chosen in the last one is over, but
 * not the panel in focus. */
static void turn_to(struct rt_view *v, int number)
{
    forget_snapshot(v);
    v->number = number;
    v->layer = -1;
    rt_view_unmark(v);
    rt_lens_init(&v->lens);
    for (int i = 0; i < v->n_others; i++)
        if (v->others[i] == number)
            rt_view_overlay(v, number); /* it does not lie over itself */
}

static bool run_of(const struct rt_view *v, int number,
                   struct rt_watch_run *out)
{
    for (int i = 0; v->host->run(v->host->ctx, i, out); i++)
        if (out->number == number)
            return true;
    return false;
}

/* The newest one of this process; 0: there is none. Counts all. */
static int newest_run(struct rt_view *v)
{
    struct rt_watch_run run;
    int newest = 0;
    v->n_runs = 0;
    for (; v->host->run(v->host->ctx, v->n_runs, &run); v->n_runs++)
        newest = run.here ? run.number : newest;
    return newest;
}

void rt_view_choose(struct rt_view *v, int number)
{
    turn_to(v, number);
    v->chosen = number != newest_run(v);
    v->focus = (struct rt_focus){ &rt_panel_losses, 0 };
    rt_view_look(v);
}

/* Which run is looked at: the newest until another one is chosen. */
static void find_run(struct rt_view *v)
{
    struct rt_watch_run run;
    int newest = newest_run(v);
    bool went = v->has_run && v->run.live && v->run.number == v->number &&
                run_of(v, v->number, &run) && run.goes_on;
    if (went) /* back, and on as another */
        turn_to(v, run.goes_on);
    if (!v->chosen && newest && newest != v->number)
        turn_to(v, newest);
    v->has_run =
        run_of(v, v->number, &v->run) ||
        (v->n_runs > 0 && v->host->run(v->host->ctx, v->n_runs - 1, &v->run));
    if (v->has_run)
        v->number = v->run.number;
    else
        v->run = (struct rt_watch_run){ .name = "" };
}

static void mix(uint64_t *h, int64_t v)
{
    *h = (*h ^ (uint64_t)v) * 0x100000001b3u;
}

int rt_view_look(struct rt_view *v)
{
    const struct rt_watch_host *host = v->host;
    uint64_t events = 0, counters = 0;
    find_run(v);
    mix(&events, host->n_messages(host->ctx));
    mix(&events, v->n_runs);
    mix(&events, v->number);
    mix(&events, v->run.live);
    mix(&events, v->run.state);
    const struct rt_history *h = v->run.history;
    if (h) {
        mix(&counters, h->step);
        mix(&counters, h->batch);
        mix(&events, h->epoch);
        mix(&events, h->n_marks);
        for (int i = 0; i < h->n_series; i++)
            mix(&events, h->series[i].n_epochs);
    }
    int news = events != v->seen_events       ? RT_NEWS_EVENTS
               : counters != v->seen_counters ? RT_NEWS_COUNTERS
                                              : RT_NEWS_NONE;
    v->seen_events = events;
    v->seen_counters = counters;
    return news;
}

/* Until one is chosen it is the first that has weights to show. */
static void settle_layer(struct rt_view *v)
{
    int n = v->snap.n_layers;
    for (int i = 0; i < n && v->layer < 0; i++)
        if (v->snap.layers[i].params > 0)
            v->layer = i;
    if (v->layer < 0 || v->layer >= n)
        v->layer = v->layer < 0 ? 0 : n - 1;
    if (!rt_view_shows_layer(v, v->layer))
        rt_view_step_layer(v, 0);
}

/* The histories of the runs that lie over it. */
static void lay_over(struct rt_view *v)
{
    struct rt_watch_run run;
    for (int k = 0; k < v->n_others; k++) {
        const struct rt_history *h = NULL;
        for (int i = 0; v->host->run(v->host->ctx, i, &run); i++)
            h = run.number == v->others[k] ? run.history : h;
        rt_charts_overlay(&v->charts, k, h);
    }
    rt_charts_overlay(&v->charts, v->n_others, NULL);
}

void rt_view_refresh(struct rt_view *v)
{
    const struct rt_watch_host *h = v->host;
    struct rt_snapshot snap = { 0 };
    forget_snapshot(v);
    if (v->has_run && h->snapshot(h->ctx, v->run.number, &snap)) {
        v->snap = snap;
        v->has_snap = true;
        v->run.state = snap.state;
    }
    if (v->has_snap && v->snap.n_layers)
        settle_layer(v);
    bool one = v->has_snap && v->snap.n_outputs == 1;
    rt_charts_update(&v->charts, v->has_run ? v->run.history : NULL,
                     v->chart_filter, one ? v->snap.outputs[0].name : NULL);
    lay_over(v);
    const struct rt_history *past = v->has_run ? v->run.history : NULL;
    rt_lens_update(&v->lens, past ? past->x : 0, v->lens.columns);
    if (v->focus.panel == &rt_panel_losses && v->charts.list.n &&
        v->focus.which >= v->charts.list.n)
        v->focus.which = 0;
}

/* Of the layers that an order would be for. */
static unsigned on_layers(const struct rt_view *v)
{
    unsigned on = 0;
    for (int i = 0; v->has_snap && i < v->snap.n_layers; i++) {
        const struct rt_layer_stats *l = &v->snap.layers[i];
        on |= RT_ON_LAYER;
        if (rt_view_picks(v, i) && l->params)
            on |= l->trainable ? RT_ON_LEARNS : RT_ON_FROZEN;
    }
    return on & RT_ON_LEARNS ? on & ~(unsigned)RT_ON_FROZEN : on;
}

unsigned rt_view_on(struct rt_view *v, bool many_panels)
{
    unsigned on = v->page_title ? RT_ON_PAGE : RT_ON_VIEW;
    enum rt_run_state state = v->run.state;
    bool live = v->has_run && v->run.live;
    const struct rt_panel *p = v->focus.panel;
    if (live && state == RT_RUN_RUNNING)
        on |= RT_ON_RUNNING | RT_ON_LIVE;
    if (live && state == RT_RUN_PAUSED)
        on |= RT_ON_PAUSED | RT_ON_LIVE;
    if (v->n_runs > 1 || v->host->list)
        on |= RT_ON_RUNS;
    if (v->charts.list.n || v->chart_filter[0])
        on |= RT_ON_CHARTS;
    if (rt_view_steps(v) > 0)
        on |= RT_ON_STEPS;
    if (many_panels)
        on |= RT_ON_PANELS;
    if (p->move && p->move(v, 0))
        on |= RT_ON_ITEMS;
    if (v->has_snap && v->snap.lr > 0)
        on |= RT_ON_RATE;
    if (v->utf8)
        on |= RT_ON_SYMBOLS;
    if (rt_panel_histogram.useful(v))
        on |= RT_ON_HIST;
    on |= v->lens.inspects ? RT_ON_CURSOR : RT_ON_PLAIN;
    if (v->lens.span > 0)
        on |= RT_ON_ZOOM;
    if (rt_view_filters_layers(v))
        on |= on_layers(v);
    if (v->host->command)
        on |= RT_ON_COMMANDS;
    if (v->page_title && v->page_lines > v->page_room)
        on |= RT_ON_SCROLL;
    return on;
}
