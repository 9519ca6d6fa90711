/* Panels: what can stand on the screen. A panel is one constant record in a
 * file of its own, listed in panels.def, and draws a view into a rectangle of a
 * canvas; where it stands is layout.h's matter. */
#ifndef RT_WATCH_PANEL_H
#define RT_WATCH_PANEL_H
#include "base/err.h"
#include "plot/canvas.h"
#include "watch/words.h"

struct rt_view;

enum rt_edge {
    RT_EDGE_FRAME,  /* a frame around it */
    RT_EDGE_JOINED, /* its upper edge is the lower one of the panel above */
    RT_EDGE_NONE,   /* bare lines */
};
/* A panel at its place. */
struct rt_pane {
    const struct rt_panel *panel;
    int which; /* losses: which chart; layers: lines of callbacks in it */
    struct rt_rect at;
    enum rt_edge edge;
    bool focused;
};
struct rt_focus {
    const struct rt_panel *panel;
    int which;
};

struct rt_panel {
    const char *name; /* losses */
    char key;         /* '1' goes there; 0: it cannot be in focus */
    const char *help; /* for the help page, where it has a key */
    /* NULL: always. Is there anything to show? */
    bool (*useful)(const struct rt_view *v);
    /* Goes n items down, up for n < 0; false if there is nothing to choose.
     * NULL: there never is. */
    bool (*move)(struct rt_view *v, int n);
    /* What it shows, into a file; NULL: none. */
    int (*write)(struct rt_view *v, const char *file, struct rt_err *err);
    /* A page: its lines. NULL for panels. */
    int (*lines)(struct rt_view *v);
    /* Draws within pane->at, which may be of any size from 1x1. */
    void (*draw)(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane);
};
#define RT_PANEL(name) extern const struct rt_panel rt_panel_##name;
#include "watch/panels.def"
#undef RT_PANEL
/* All of them, NULL-terminated. */
const struct rt_panel *const *rt_panels(void);
/* The panel a key goes to; NULL if none, or if it has nothing to show. */
const struct rt_panel *rt_panel_by_key(const struct rt_view *v, int32_t key);

/* The frame of a place; texts may be NULL. Returns the inside, which may be
 * empty. right and foot are cut to what fits. */
struct rt_rect rt_panel_frame(struct rt_canvas *c, const struct rt_pane *p,
                              const char *title, struct rt_words *right,
                              struct rt_words *foot);
/* One dim line in the middle of an empty panel. */
void rt_panel_empty(struct rt_canvas *c, struct rt_rect r, const char *text);

/* The pens of words. */
#define RT_PEN_TEXT  ((struct rt_pen){ .fg = RT_C_TEXT })
#define RT_PEN_DIM   ((struct rt_pen){ .fg = RT_C_DIM })
#define RT_PEN_TITLE ((struct rt_pen){ .fg = RT_C_TITLE, .attr = RT_A_BOLD })
#define RT_PEN_KEY   ((struct rt_pen){ .fg = RT_C_KEY, .attr = RT_A_BOLD })
#endif
