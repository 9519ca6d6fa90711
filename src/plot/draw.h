/* A figure onto a surface. What does not fit is left out, the least important
 * first: legend, title, names of axes, numbers; the data stay to the last. */
#ifndef RT_PLOT_DRAW_H
#define RT_PLOT_DRAW_H
#include "base/err.h"
#include "plot/figure.h"
#include "plot/surface.h"

/* Where the data of curves and histograms came to lie: what a cursor and a
 * zoom need. box is in the surface's units; w 0 if there is no such place. */
struct rt_area {
    struct rt_box box;
    struct rt_axis x, y; /* as drawn: y.log is false where log fell back */
};

/* area may be NULL. */
void rt_draw(const struct rt_figure *f, struct rt_surface *s,
             struct rt_area *area);
/* The same on a rectangle of a canvas; area.box is in the canvas's cells. */
void rt_draw_cells(const struct rt_figure *f, struct rt_canvas *c,
                   struct rt_rect at, struct rt_area *area);
/* The same into a file, by its ending: .png, .svg, .pdf (w x h pixels or
 * points; 0 x 0: 900 x 560) or .txt (cells; 0 x 0: 100 wide).
 * Errors: RT_EINVAL for another ending or a size outside 16..16384, RT_EIO,
 *         RT_ENOMEM, RT_ENOSPC; a file that was there stays whole. */
int rt_draw_file(const struct rt_figure *f, const char *path, int w, int h,
                 struct rt_err *err);

/* The value of x or y at a place on the surface. */
double rt_area_x(const struct rt_area *a, double at);
double rt_area_y(const struct rt_area *a, double at);
#endif
