/* The parts of draw.c among themselves; nobody else includes this.
 * Order: rt_draw_head takes its rows off the room, then the part for the
 *        figure's kind draws into what is left. */
#ifndef RT_PLOT_DRAW_PARTS_H
#define RT_PLOT_DRAW_PARTS_H
#include "plot/draw.h"

struct rt_drawing {
    const struct rt_figure *f;
    struct rt_surface *s;
    struct rt_box room; /* not yet drawn on */
};

double rt_draw_rows(const struct rt_drawing *d); /* how many lines are left */
void rt_draw_text(struct rt_drawing *d, double x, double y, double width,
                  enum rt_align align, const char *text, struct rt_pen pen);
double rt_draw_width(struct rt_drawing *d, const char *text, struct rt_pen pen);
/* How the k-th series is told from the others. */
struct rt_pen rt_draw_series_pen(const struct rt_series *s, int k);
enum rt_glyph rt_draw_series_glyph(int k);

void rt_draw_head(struct rt_drawing *d);
/* Axes around the room, numbers, grid; leaves the inside in area. Above it
 * `above` is kept free. */
void rt_draw_axes(struct rt_drawing *d, const struct rt_axis *x,
                  const struct rt_axis *y, double above, struct rt_area *area);
/* Shares of an area's axes to places on the surface. */
double rt_draw_x(const struct rt_drawing *d, const struct rt_area *a,
                 double share);
double rt_draw_y(const struct rt_drawing *d, const struct rt_area *a,
                 double share);

void rt_draw_curves(struct rt_drawing *d, struct rt_area *area);
void rt_draw_histogram(struct rt_drawing *d, struct rt_area *area);
void rt_draw_ridge(struct rt_drawing *d);
void rt_draw_heat(struct rt_drawing *d);
void rt_draw_pictures(struct rt_drawing *d);
#endif
