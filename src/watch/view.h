/* What the screen shows at the moment, for the panels to draw: the run looked
 * at, its newest snapshot, its charts, and what the user chose. No curses, no
 * time, no input: a test fills one by hand. */
#ifndef RT_WATCH_VIEW_H
#define RT_WATCH_VIEW_H
#include "base/str.h"
#include "watch/chart.h"
#include "watch/host.h"
#include "watch/panel.h"
#include "watch/prompt.h"

enum { RT_SMOOTH_LEVELS = 7 };

struct rt_view {
    const struct rt_watch_host *host;
    bool utf8; /* the terminal can show more than ASCII */
    /* what there is to see */
    struct rt_watch_run run;
    bool has_run;
    int i_run, n_runs; /* its place among the host's runs */
    struct rt_snapshot snap;
    bool has_snap;
    struct rt_charts charts;
    /* what the user chose */
    struct rt_focus focus;
    int layer;          /* whose histogram; -1: not chosen yet */
    enum rt_hist_of of; /* of what it is */
    bool now_only;      /* the histogram alone, no epochs gone by */
    bool linear_y;      /* losses on a linear axis */
    bool by_step;       /* x in updates, not epochs */
    int smooth;         /* 0..RT_SMOOTH_LEVELS - 1 */
    int64_t log_back;   /* messages scrolled back */
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
/* Looks at another run; the newest if i is out of range. */
void rt_view_choose(struct rt_view *v, int i);

double rt_view_smoothing(const struct rt_view *v);
/* Updates per epoch; 0: not known. */
int64_t rt_view_steps(const struct rt_view *v);
/* RT_ON_... of keys.h that hold now. */
unsigned rt_view_on(struct rt_view *v, bool many_panels);
#endif
