/* A surface on a sheet of paper: a PNG, SVG or PDF file, by the path's ending.
 * Order: rt_surface_cairo_new, rt_draw, rt_surface_cairo_write, _free.
 * Units: pixels for PNG, points for SVG and PDF; text is 13 high at 900 x 560
 *        and grows with the sheet.
 * Owner: the caller frees the surface; nothing is written before _write, and
 *        then as base/file.h writes: whole or not at all. */
#ifndef RT_PLOT_SURFACE_CAIRO_H
#define RT_PLOT_SURFACE_CAIRO_H
#include "base/err.h"
#include "plot/surface.h"

/* Errors: RT_EINVAL for another ending or sides outside 16..16384,
 *         RT_ENOMEM. */
struct rt_surface *rt_surface_cairo_new(const char *path, int w, int h,
                                        struct rt_err *err);
/* Once. Errors: RT_EIO, RT_ENOSPC, RT_ENOMEM. */
int rt_surface_cairo_write(struct rt_surface *s, struct rt_err *err);
void rt_surface_cairo_free(struct rt_surface *s); /* NULL is fine */
#endif
