/* One whole picture of the screen: layout, panels, a page above them, the last
 * line. It knows no curses, so a test draws the same as the terminal shows. */
#ifndef RT_WATCH_FRAME_H
#define RT_WATCH_FRAME_H
#include "watch/layout.h"
#include "watch/view.h"

/* What there is to lay out. */
struct rt_layout_want rt_frame_want(struct rt_view *v);
/* Draws all of a refreshed view onto a canvas of the screen's size, and leaves
 * the layout in *l. The view's focus goes to a panel that is shown. */
void rt_frame_draw(struct rt_view *v, struct rt_canvas *c, struct rt_layout *l);
/* Is the panel among those laid out? */
bool rt_frame_shows(const struct rt_layout *l, const struct rt_panel *panel);
#endif
