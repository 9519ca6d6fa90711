/* Scales, ticks and the numbers beside them.
 * Order: gather the data's range with rt_extent_add, settle the axis with
 *        rt_axis_fit, then place values and make ticks. */
#ifndef RT_PLOT_AXIS_H
#define RT_PLOT_AXIS_H
#include <stdbool.h>

struct rt_axis {
    const char *label; /* "epoch"; NULL: none. Borrowed */
    bool log;          /* values not above 0 are left out */
    bool integer;      /* ticks at whole numbers only: epochs */
    bool hidden;       /* no numbers beside it, the room goes to the data */
    double lo, hi;     /* lo >= hi: as the data goes, else shown as given */
};

struct rt_extent {
    double lo, hi, least; /* least: the smallest above zero */
    bool any, positive;   /* is there a finite value, one above zero */
};
/* NaN, infinities and what is beyond 1e250 do not count. */
void rt_extent_add(struct rt_extent *r, double v);

/* A real axis, lo < hi, for the data: `log` falls back to linear where nothing
 * is above zero, and margin (a share of the length) is left free at both ends
 * that the caller did not fix. An empty range gives 0..1. */
struct rt_axis rt_axis_fit(const struct rt_axis *want,
                           const struct rt_extent *data, double margin);
/* Where a value lies: 0 at lo, 1 at hi, NaN if the axis cannot show it. */
double rt_axis_place(const struct rt_axis *a, double v);
double rt_axis_value(const struct rt_axis *a, double share);

enum { RT_TICKS_MAX = 64 };
struct rt_tick {
    double at;     /* the value */
    char text[16]; /* "" for a minor tick */
    bool minor;    /* not at 1, 2 or 5 times a power of ten */
};
struct rt_ticks {
    int n;
    struct rt_tick v[RT_TICKS_MAX];
};
/* About want labelled ticks, fewer where they do not fall well, ascending;
 * on a log axis decades "1e-1", with minor ticks between neighbours. Needs an
 * axis from rt_axis_fit. */
void rt_axis_ticks(const struct rt_axis *a, int want, struct rt_ticks *out);

/* A number in few characters, exact to the step it is used with: 0.25, 20k,
 * 1.5e-5. step 0: three digits. */
void rt_number_text(double v, double step, char out[16]);
#endif
