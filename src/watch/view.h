/* What the screen shows at the moment, for the panels to draw: the run looked
 * at, its newest snapshot, its charts, and what the user chose. No curses, no
 * time, no input: a test fills one by hand. */
#ifndef RT_WATCH_VIEW_H
#define RT_WATCH_VIEW_H
#include "base/str.h"
#include "watch/chart.h"
#include "watch/chooser.h"
#include "watch/host.h"
#include "watch/panel.h"
#include "watch/prompt.h"
#include "watch/lens.h"

enum { RT_SMOOTH_LEVELS = 7, RT_FILTER_MAX = 64 };

struct rt_view {
    const struct rt_watch_host *host;
    bool utf8; /* the terminal can show more than ASCII */
    /* what there is to see */
    struct rt_watch_run run;
    bool has_run;
    int n_runs; /* that the host shows */
    int number;   /* of the run that is shown; 0: none yet */
    bool chosen;  /* it stays until another one is, else each newest follows */
    struct rt_snapshot snap;
    bool has_snap;
    struct rt_charts charts;
    double wall; /* now, seconds since 1970: by who drives the screen */
    /* what the user chose */
    struct rt_focus focus;
    int layer;           /* whose histogram; -1: not chosen yet */
    enum rt_hist_of of;  /* of what it is */
    bool now_only;       /* the histogram alone, no epochs gone by */
    bool linear_y;       /* losses on a linear axis */
    enum rt_x_unit unit; /* of the x axis */
    struct rt_lens lens;
    int smooth; /* 0..RT_SMOOTH_LEVELS - 1 */
    char chart_filter[RT_FILTER_MAX], layer_filter[RT_FILTER_MAX];
    bool *marked; /* layers, for orders to several */
    int n_marks;
    int others[RT_OTHERS_MAX]; /* runs laid over the one shown */
    int n_others;
    struct rt_chooser chooser;
    int64_t log_back;  /* messages scrolled back */
    int callbacks_top; /* the first line of theirs that is shown */
    /* a page above the panels; none if title is NULL */
    const char *page_title;
    struct rt_str page;                  /* its lines; the help page has none */
    int page_top, page_room, page_lines; /* first line; room; how many */
    /* the last line: a command being typed, or a question */
    struct rt_prompt prompt;
    /* what the last look saw, mixed into a number each */
    uint64_t seen_events, seen_counters;
};
void rt_view_init(struct rt_view *v, const struct rt_watch_host *host);
void rt_view_release(struct rt_view *v);

/* What changed since the last call. */
enum {
    RT_NEWS_NONE,
    RT_NEWS_COUNTERS, /* a batch went by */
    RT_NEWS_EVENTS,   /* an epoch, a message, a state, another run */
};
/* Asks the host for the run looked at and whether anything is new: cheap, for
 * every tick. If there are no longer so many runs, the last one is shown. */
int rt_view_look(struct rt_view *v);
/* Takes a snapshot and updates the charts: before a frame is drawn. */
void rt_view_refresh(struct rt_view *v);
/* Looks at another run, by its number, and stays with it, also where it goes on
 * as another, unless it is the newest of this process. */
void rt_view_choose(struct rt_view *v, int number);

/* What the snapshot says of an output; NULL: nothing. */
const struct rt_output_state *rt_view_output(const struct rt_view *v,
                                             const char *name);
/* "checkpoint 12 s ago"; false: there was none. */
bool rt_view_checkpoint(const struct rt_view *v, char *out, size_t n);
double rt_view_smoothing(const struct rt_view *v);
/* Updates per epoch; 0: not known. */
int64_t rt_view_steps(const struct rt_view *v);
/* The filter of the panel in focus: of layers there, else of curves. */
bool rt_view_filters_layers(const struct rt_view *v);
void rt_view_filter(struct rt_view *v, const char *text);
bool rt_view_shows_layer(const struct rt_view *v, int i);
/* Goes n layers on among those shown; false if there is but one. */
bool rt_view_step_layer(struct rt_view *v, int n);
/* Layers that an order is for: those marked, else the chosen one. */
bool rt_view_picks(const struct rt_view *v, int i);
bool rt_view_marked(const struct rt_view *v, int i);
void rt_view_mark(struct rt_view *v, int i); /* or not any more */
void rt_view_mark_all(struct rt_view *v);    /* that are shown, or none */
void rt_view_unmark(struct rt_view *v);
/* Lays a run over the one shown, or takes it off; false: no room for it. */
bool rt_view_overlay(struct rt_view *v, int number);
/* A name for the plot in focus (static), and that plot into a file. Errors: as
 * rt_draw_file; RT_ESTATE if there is nothing to draw. */
const char *rt_view_file(const struct rt_view *v);
int rt_view_write(struct rt_view *v, const char *file, struct rt_err *err);
/* RT_ON_... of keys.h that hold now. */
unsigned rt_view_on(struct rt_view *v, bool many_panels);
#endif
