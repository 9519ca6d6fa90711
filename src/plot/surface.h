/* What a figure is drawn on. A surface has its own unit (a cell, a pixel); x
 * grows right, y down, and draw.c lays everything out in the surface's own
 * character width and row height. Nothing is drawn outside the surface.
 * Order: rt_surface_cells_init or rt_surface_cairo_new, rt_draw, then whatever
 *        that surface does with the result. */
#ifndef RT_PLOT_SURFACE_H
#define RT_PLOT_SURFACE_H
#include "plot/canvas.h"
#include "plot/theme.h"

struct rt_point {
    double x, y; /* y NaN: the line is broken here */
};
struct rt_box {
    double x, y, w, h;
};
enum rt_align { RT_LEFT, RT_CENTER, RT_RIGHT };
/* Markers; curves differ by them on paper. */
enum rt_glyph {
    RT_GLYPH_NONE,
    RT_GLYPH_DOT,
    RT_GLYPH_SQUARE,
    RT_GLYPH_TRIANGLE,
    RT_GLYPH_DIAMOND,
    RT_GLYPH_CROSS,
};
/* Bytes (h,w,channels), 0 black, borrowed. */
struct rt_pixels {
    const unsigned char *v;
    int w, h, channels; /* 1 grey, 3 RGB, 4 RGB and alpha that is ignored */
};

struct rt_surface {
    const struct rt_surface_ops *ops;
    double w, h;
    double em, row;        /* a digit's width, a line's height */
    double step_x, step_y; /* the finest difference that shows */
    bool paper;            /* white and fine, not a grid of cells */
    bool mono;             /* no colours */
    bool coarse;           /* so few dots that a curve hides what is below */
};

struct rt_surface_ops {
    /* Limits drawing to a box; NULL: to the whole surface. */
    void (*clip)(struct rt_surface *s, const struct rt_box *box);
    /* Any curve. */
    void (*line)(struct rt_surface *s, const struct rt_point *p, int n,
                 const struct rt_pen *pen);
    /* A straight rule across or down: axis, grid, mark; dashed by pen.dash. */
    void (*rule)(struct rt_surface *s, double x0, double y0, double x1,
                 double y1, const struct rt_pen *pen);
    /* A tick on the y axis (on_y) or x axis whose rule runs through x, y. */
    void (*tick)(struct rt_surface *s, double x, double y, bool on_y,
                 const struct rt_pen *pen);
    /* Colours the ground of a box. */
    void (*fill)(struct rt_surface *s, struct rt_box box, uint32_t color);
    /* A bar of the data, standing on the box's lower edge. */
    void (*bar)(struct rt_surface *s, struct rt_box box,
                const struct rt_pen *pen);
    /* y is the upper edge of the line of text; not more than width (0: no
     * limit), or it is cut and ends in "…". */
    void (*text)(struct rt_surface *s, double x, double y, double width,
                 enum rt_align align, const char *text,
                 const struct rt_pen *pen);
    double (*text_width)(struct rt_surface *s, const char *text,
                         const struct rt_pen *pen);
    /* May be NULL: would a text from x on, in the row of y, cover no curve?
     * over_dim: a dim one may be covered. */
    bool (*vacant)(struct rt_surface *s, double x, double y, double width,
                   bool over_dim);
    void (*marker)(struct rt_surface *s, double x, double y,
                   enum rt_glyph shape, const struct rt_pen *pen);
    void (*image)(struct rt_surface *s, struct rt_box box,
                  const struct rt_pixels *img);
    /* May be NULL: the inside of a closed curve. Units: alpha 0..1. */
    void (*area)(struct rt_surface *s, const struct rt_point *p, int n,
                 double alpha, const struct rt_pen *pen);
};

/* A rectangle of a canvas as a surface. What lies outside the canvas is cut
 * off. Owner: borrows the canvas while the surface is used. */
struct rt_surface_cells {
    struct rt_surface surface;
    struct rt_canvas *canvas;
    struct rt_rect at;   /* the rectangle */
    struct rt_rect clip; /* of it, in cells of the canvas */
};
struct rt_surface *rt_surface_cells_init(struct rt_surface_cells *s,
                                         struct rt_canvas *canvas,
                                         struct rt_rect at);
#endif
