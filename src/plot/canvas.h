/* A grid of character cells to draw on: text, frames, bars, and dots finer
 * than a cell. It knows no terminal: the watch screen copies the cells to
 * curses, a test or a prompt takes them as text with rt_canvas_dump.
 * Whatever is drawn outside the clip is dropped, so a panel of one cell is as
 * safe as a large one.
 * Order: rt_canvas_init, then draw, rt_canvas_clear for the next picture,
 *        rt_canvas_release.
 * Thread: one at a time. */
#ifndef RT_PLOT_CANVAS_H
#define RT_PLOT_CANVAS_H
#include "base/str.h"
#include "plot/theme.h"

struct rt_rect {
    int x, y, w, h;
};

/* Best first; how many dots a cell has across and down. */
enum rt_symbols {
    RT_SYM_BRAILLE, /* 2x4; round frames, eighth blocks */
    RT_SYM_BLOCK,   /* 2x2, quadrants */
    RT_SYM_HALF,    /* 1x2; what fonts of the Linux console hold */
    RT_SYM_ASCII,   /* 1x1, the pen's character */
};
const char *rt_symbols_name(enum rt_symbols s);

struct rt_cell {
    uint32_t cp;     /* code point; 0: right half of the wide one before */
    uint32_t fg, bg; /* colours of theme.h */
    uint8_t attr;    /* of RT_A_... */
    uint8_t dots;    /* those set, bit 0 upper left, row by row; 0 for text */
};

struct rt_canvas {
    int w, h;
    struct rt_cell *cells; /* h rows of w; never NULL after init */
    enum rt_symbols symbols;
    bool color;      /* true after init; false: dots differ by dashes, and
                      * pictures are made of shades */
    bool few_colors; /* fewer than 256: of shades as well */
    struct rt_rect clip;
};

/* Sizes below 1 become 1, above 4096 are cut. */
void rt_canvas_init(struct rt_canvas *c, int w, int h, enum rt_symbols s);
void rt_canvas_resize(struct rt_canvas *c, int w, int h); /* clears */
void rt_canvas_clear(struct rt_canvas *c); /* blank cells, no clip */
void rt_canvas_release(struct rt_canvas *c);

/* Narrows the clip to what it shares with r; returns the old one, to be put
 * back by rt_canvas_unclip. */
struct rt_rect rt_canvas_clip(struct rt_canvas *c, struct rt_rect r);
void rt_canvas_unclip(struct rt_canvas *c, struct rt_rect old);
/* NULL outside the clip. */
struct rt_cell *rt_canvas_at(const struct rt_canvas *c, int x, int y);

/* One character, put into the symbols at hand: "╭" becomes "+" and "×" "x"
 * under ASCII. pen.bg 0 leaves the background as it is. Returns its width. */
int rt_canvas_put(struct rt_canvas *c, int x, int y, uint32_t cp,
                  struct rt_pen pen);
/* Text of at most width cells, what is longer ends in "…"; returns the cells
 * it took. Control characters become "?". */
int rt_canvas_text(struct rt_canvas *c, int x, int y, int width,
                   const char *text, struct rt_pen pen);
/* The same as far as the canvas goes. */
int rt_canvas_printf(struct rt_canvas *c, int x, int y, struct rt_pen pen,
                     const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Is a text of width cells free to stand here: nothing but blanks and upright
 * dashed rules, with over_dim also dim dots? */
bool rt_canvas_vacant(const struct rt_canvas *c, int x, int y, int width,
                      bool over_dim);
void rt_canvas_fill(struct rt_canvas *c, struct rt_rect r, uint32_t cp,
                    struct rt_pen pen);
/* Sets backgrounds alone; color 0 takes them away. */
void rt_canvas_paint(struct rt_canvas *c, struct rt_rect r, uint32_t color);

/* A panel's frame:  ╭─ title ───── right ╮  above,  ╰──── foot ─╯  below.
 * Returns the inside, which may be empty (w or h 0). Texts may be NULL; the
 * right one goes first where room is short, then the title is cut. */
struct rt_rect rt_canvas_frame(struct rt_canvas *c, struct rt_rect r,
                               const char *title, const char *right,
                               const char *foot, struct rt_pen border,
                               struct rt_pen text);
/* ▕███████▌    ▏ in w cells, ends included. Units: share of 1. */
void rt_canvas_gauge(struct rt_canvas *c, int x, int y, int w, double share,
                     struct rt_pen pen);
/* A column one cell wide that stands on the lower edge of row y and is height
 * cells high, to an eighth. */
void rt_canvas_column(struct rt_canvas *c, int x, int y, double height,
                      struct rt_pen pen);
/* The character for shade 0..1: " ░▒▓█" or " .:-=+*#%@". */
uint32_t rt_canvas_shade(const struct rt_canvas *c, double share);

/* Dots. A cell has one colour: curves of several that run through the same
 * cells show in turn, two cells each. Without colours all dots of a cell show.
 * Dim dots give way to others. */
int rt_canvas_dots_x(const struct rt_canvas *c); /* in a cell, across */
int rt_canvas_dots_y(const struct rt_canvas *c);
void rt_canvas_dot(struct rt_canvas *c, int dx, int dy, struct rt_pen pen);
/* From one dot to the other; phase counts dots along a dashed line from piece
 * to piece (NULL: starts here). Far ends cost no time. */
void rt_canvas_line(struct rt_canvas *c, double x0, double y0, double x1,
                    double y1, struct rt_pen pen, int *phase);

/* Adds h lines, trailing blanks cut; with colours and attributes as SGR
 * escapes where depth allows, each line ending plain. */
void rt_canvas_dump(const struct rt_canvas *c, enum rt_depth depth,
                    struct rt_str *out);
#endif
