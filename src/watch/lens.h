/* Which part of the x axis is shown, and the cursor on it: both in epochs, the
 * same for all charts, so that zooming one zooms all. A window that reached the
 * newest value follows it. */
#ifndef RT_WATCH_LENS_H
#define RT_WATCH_LENS_H
#include "train/history.h"

enum rt_x_unit { RT_X_EPOCH, RT_X_STEP, RT_X_TIME, RT_N_X_UNITS };

struct rt_lens {
    double span;   /* epochs across; 0: all */
    double end;    /* right edge; NaN: the newest value */
    bool inspects; /* the cursor is shown */
    double cursor; /* where; NaN: at the newest value */
    double anchor; /* the other edge of a region; NaN: none */
    double newest; /* of the run, at the last frame */
    int columns;   /* of the chart in focus, at the last frame */
};
void rt_lens_init(struct rt_lens *w);
/* Before a frame: how far the run is. */
void rt_lens_update(struct rt_lens *w, double newest, int columns);
/* The part shown; lo >= hi: all. */
void rt_lens_part(const struct rt_lens *w, double *lo, double *hi);
double rt_lens_cursor(const struct rt_lens *w);

/* Half of what is shown: around the cursor, else its right half. With a region
 * begun: that region. */
void rt_lens_zoom(struct rt_lens *w);
void rt_lens_out(struct rt_lens *w); /* twice as much, up to all */
void rt_lens_all(struct rt_lens *w);
/* n columns to the right; beyond an edge the window moves along. */
void rt_lens_move(struct rt_lens *w, int n);
void rt_lens_to(struct rt_lens *w, double x); /* the cursor */
/* Shows or hides the cursor. */
void rt_lens_inspect(struct rt_lens *w);
/* Begins a region at the cursor, or lets it be. */
void rt_lens_anchor(struct rt_lens *w);

/* A place of the axis in a unit. h may be NULL for all but the time. */
double rt_lens_unit(enum rt_x_unit unit, const struct rt_history *h,
                    int64_t steps, double x);
const char *rt_x_unit_name(enum rt_x_unit unit);
#endif
