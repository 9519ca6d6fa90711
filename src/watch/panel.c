/* The list of panels and the frame around one. */
#include "watch/panel.h"

#include "base/utf8.h"
#include "watch/view.h"

#define RT_PANEL(name) &rt_panel_##name,
static const struct rt_panel *const panels[] = {
#include "watch/panels.def"
    NULL
};
#undef RT_PANEL

const struct rt_panel *const *rt_panels(void)
{
    return panels;
}

const struct rt_panel *rt_panel_by_key(const struct rt_view *v, int32_t key)
{
    for (int i = 0; panels[i]; i++)
        if (panels[i]->key && panels[i]->key == key)
            return panels[i]->useful && !panels[i]->useful(v) ? NULL
                                                              : panels[i];
    return NULL;
}

static void edge_words(struct rt_canvas *c, int x1, int y, int room,
                       struct rt_words *words)
{
    if (!words || room < 1)
        return;
    rt_words_fit(words, room);
    int w = rt_words_width(words);
    if (w < 1 || w > room)
        return;
    rt_canvas_fill(c, (struct rt_rect){ x1 - w - 1, y, w + 2, 1 }, ' ',
                   RT_PEN_TEXT);
    rt_words_draw(words, c, x1 - w, y);
}

struct rt_rect rt_panel_frame(struct rt_canvas *c, const struct rt_pane *p,
                              const char *title, struct rt_words *right,
                              struct rt_words *foot)
{
    struct rt_rect r = p->at;
    if (p->edge == RT_EDGE_NONE || r.w < 3 || r.h < 3)
        return r;
    struct rt_pen border = { .fg = p->focused ? RT_C_KEY : RT_C_BORDER };
    struct rt_pen name = { .fg = p->focused ? RT_C_TITLE : RT_C_TEXT,
                           .attr = p->focused ? RT_A_BOLD : 0 };
    struct rt_rect in = rt_canvas_frame(c, r, title, NULL, NULL, border, name);
    if (p->focused && !c->color && title) /* colours alone would not tell */
        rt_canvas_put(c, r.x + 2, r.y, 0x25b8, name);
    int x1 = r.x + r.w - 1, y1 = r.y + r.h - 1;
    if (p->edge == RT_EDGE_JOINED) {
        struct rt_pen joint = { .fg = RT_C_BORDER };
        rt_canvas_put(c, r.x, r.y, 0x251c, joint);
        rt_canvas_put(c, x1, r.y, 0x2524, joint);
    }
    int taken = title ? rt_utf8_width(title) + 3 : 0;
    edge_words(c, x1 - 1, r.y, r.w - 5 - taken, right);
    edge_words(c, x1 - 2, y1, r.w - 6, foot);
    return in;
}

void rt_panel_empty(struct rt_canvas *c, struct rt_rect r, const char *text)
{
    int w = rt_utf8_width(text), room = r.w > 2 ? r.w - 2 : r.w;
    w = w < room ? w : room;
    struct rt_rect old = rt_canvas_clip(c, r);
    rt_canvas_text(c, r.x + (r.w - w) / 2, r.y + (r.h - 1) / 2, w, text,
                   RT_PEN_DIM);
    rt_canvas_unclip(c, old);
}
