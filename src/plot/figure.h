/* What to draw, without a word on where: curves with their marks, a histogram,
 * a ridge of histograms, a heat map, a grid of pictures. A figure is filled,
 * drawn as often as wanted (draw.h), and released.
 * Owner: borrows every text and array given to it until rt_figure_release;
 *        rt_figure_text makes texts that live as long as the figure. */
#ifndef RT_PLOT_FIGURE_H
#define RT_PLOT_FIGURE_H
#include "base/arena.h"
#include "base/vec.h"
#include "plot/axis.h"
#include "plot/series.h"

enum rt_figure_kind {
    RT_FIG_CURVES,
    RT_FIG_HISTOGRAM,
    RT_FIG_RIDGE,
    RT_FIG_HEAT,
    RT_FIG_PICTURES,
};

/* A dotted line down at x with two words on top: an order that was given. */
struct rt_mark {
    double x;
    const char *text; /* "lr÷10"; NULL: none */
    uint32_t color;   /* 0: RT_C_MARK */
};

/* One point made plain: the best epoch, the value under a cursor. */
struct rt_spot {
    double x, y;
    const char *text; /* its entry in the legend: "best 0.0697 @9"; or NULL */
    uint32_t color;   /* 0: RT_C_BEST */
    enum rt_glyph shape; /* RT_GLYPH_NONE: a diamond */
};

/* n counts in equal bins from lo to hi. */
struct rt_bins {
    const double *count;
    int n;
    double lo, hi;
    const char *label; /* of a ridge's row: "12" */
    uint32_t color;    /* 0: RT_C_HIST */
};

/* Numbers v (n_rows,n_cols) with their names; a shade says how much of its row
 * (by_row) or of the largest number each is. */
struct rt_heat {
    const double *v;
    int n_rows, n_cols;
    const char *const *row_names, *const *col_names; /* NULL: 0, 1, 2 ... */
    bool by_row;
    int decimals; /* 0 for counts */
};

struct rt_picture {
    struct rt_pixels img;
    const char *caption; /* NULL: none */
    uint32_t color;      /* of the caption */
    bool flagged;        /* framed on paper, "✗" before its caption in cells:
                          * red alone would not tell everybody */
};

struct rt_figure {
    enum rt_figure_kind kind;
    const char *title;   /* NULL: none */
    bool legend;         /* names of series, below the title */
    struct rt_axis x, y; /* heat map: only the labels */
    RT_VEC(struct rt_series) series;
    RT_VEC(struct rt_mark) marks;
    RT_VEC(struct rt_spot) spots;
    RT_VEC(struct rt_bins) bins; /* histogram: the first; ridge: old to new */
    struct rt_heat heat;
    RT_VEC(struct rt_picture) pictures;
    double cursor; /* of curves, with has_cursor */
    bool has_cursor;
    struct rt_arena texts;
};

void rt_figure_init(struct rt_figure *f, enum rt_figure_kind kind,
                    const char *title);
void rt_figure_release(struct rt_figure *f);
/* A text that lives as long as the figure. */
const char *rt_figure_text(struct rt_figure *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* These copy the structure, not what it points to. */
void rt_figure_series(struct rt_figure *f, const struct rt_series *s);
void rt_figure_mark(struct rt_figure *f, double x, const char *text,
                    uint32_t color);
void rt_figure_spot(struct rt_figure *f, const struct rt_spot *s);
void rt_figure_bins(struct rt_figure *f, const struct rt_bins *b);
void rt_figure_picture(struct rt_figure *f, const struct rt_picture *p);

/* Rows of cells the figure would like at this width, as a plot at the prompt
 * is given. */
int rt_figure_rows(const struct rt_figure *f, int width);
#endif
