/* Puts the panels together. */
#include "watch/frame.h"

#include <math.h>

struct rt_layout_want rt_frame_want(struct rt_view *v)
{
    return (struct rt_layout_want){
        .n_charts = v->charts.list.n,
        .n_losses = v->charts.n_losses,
        .n_callbacks = rt_panel_callbacks.lines(v),
        .layers = rt_panel_layers.useful(v),
        .histogram = rt_panel_histogram.useful(v),
        .images = rt_panel_images.useful(v),
        .n_messages = (int)fmin((double)v->host->n_messages(v->host->ctx), 99),
        .n_layers = v->has_snap ? v->snap.n_layers : 0,
        .focus = v->focus,
    };
}

bool rt_frame_shows(const struct rt_layout *l, const struct rt_panel *panel)
{
    for (int i = 0; i < l->n; i++)
        if (l->v[i].panel == panel)
            return true;
    return false;
}

static void draw_page(struct rt_view *v, struct rt_canvas *c)
{
    const struct rt_panel *panel = v->chooser.open ? &rt_panel_runs
                                   : v->page.n     ? &rt_panel_text
                                                   : &rt_panel_help;
    struct rt_pane page = {
        .panel = panel,
        .at = rt_layout_page(c->w, c->h, panel->lines(v)),
        .focused = true,
    };
    panel->draw(v, c, &page);
}

void rt_frame_draw(struct rt_view *v, struct rt_canvas *c, struct rt_layout *l)
{
    struct rt_layout_want want = rt_frame_want(v);
    const struct rt_pane *foot = NULL;
    rt_layout_make(l, c->w, c->h, &want);
    const struct rt_pane *focus = rt_layout_focused(l);
    if (focus)
        v->focus = rt_layout_focus_of(focus);
    rt_canvas_clear(c);
    for (int i = 0; i < l->n; i++) {
        const struct rt_pane *p = &l->v[i];
        if (p->panel == &rt_panel_foot)
            foot = p;
        else
            p->panel->draw(v, c, p);
    }
    if ((v->page_title || v->chooser.open) && foot)
        draw_page(v, c);
    if (foot) /* last: what completion offers lies above it */
        foot->panel->draw(v, c, foot);
}
