/* Where panels stand on a screen of a given size. What there is to show comes
 * in as numbers, so that a layout can be tested without anything to show. Where
 * room is short panels go in this order: images, metrics, log, histogram,
 * layers; losses and the status line stay. */
#ifndef RT_WATCH_LAYOUT_H
#define RT_WATCH_LAYOUT_H
#include "watch/panel.h"

enum { RT_LAYOUT_MAX = 24 };
struct rt_layout_want {
    int n_charts, n_losses;         /* charts; of them losses */
    int n_callbacks;                /* lines of counters */
    bool layers, histogram, images; /* is there anything to show */
    int n_layers, n_messages;
    struct rt_focus focus;
};
struct rt_layout {
    struct rt_pane v[RT_LAYOUT_MAX];
    int n;
};
/* Panels never overlap (save for a joined edge) nor leave w x h. Below 40x10
 * there is only the status line, below 80x24 one panel (two where one of the
 * sides is long enough). The panel in focus is always among them; if it cannot
 * be shown, the losses have the focus. */
void rt_layout_make(struct rt_layout *l, int w, int h,
                    const struct rt_layout_want *want);
/* The panel that has the focus; NULL if none. */
const struct rt_pane *rt_layout_focused(const struct rt_layout *l);
struct rt_focus rt_layout_focus_of(const struct rt_pane *p);
/* The panel that the focus goes to: n places on, round. Panels that are not on
 * a small screen take their turn as well. */
struct rt_focus rt_layout_next(const struct rt_layout *l,
                               const struct rt_layout_want *want, int n);
/* A place for a page of n lines above the panels, in the middle. */
struct rt_rect rt_layout_page(int w, int h, int n_lines);
#endif
