/* Rectangles. From 80x24 on a screen shows everything: in one column, losses
 * above layers and histogram, or from 100 columns on in two, losses and log on
 * the left. */
#include "watch/layout.h"

#include <stddef.h>

enum {
    LEAST_W = 40,
    LEAST_H = 10,
    FULL_W = 80,
    FULL_H = 24,
    TWO_COLUMNS_W = 100,
    CHART_H = 8,   /* least height of a chart beside others */
    CHART_W = 56,  /* least width of one in a grid */
    IMAGES_H = 8,  /* least height of images beside others */
    METRIC_H = 12, /* of all charts, for metrics to stand below the losses */
};

static int clamp(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static struct rt_pane *add(struct rt_layout *l, const struct rt_panel *panel,
                           int which, struct rt_rect at, enum rt_edge edge)
{
    if (l->n == RT_LAYOUT_MAX || at.w < 1 || at.h < 1)
        return NULL;
    l->v[l->n] = (struct rt_pane){
        .panel = panel, .which = which, .at = at, .edge = edge
    };
    return &l->v[l->n++];
}

/* Takes n rows off the lower end of r. */
static struct rt_rect cut_below(struct rt_rect *r, int n)
{
    n = clamp(n, 0, r->h);
    r->h -= n;
    return (struct rt_rect){ r->x, r->y + r->h, r->w, n };
}

static struct rt_rect cut_right(struct rt_rect *r, int n)
{
    n = clamp(n, 0, r->w);
    r->w -= n;
    return (struct rt_rect){ r->x + r->w, r->y, n, r->h };
}

static bool wants(const struct rt_layout_want *w, const struct rt_panel *p)
{
    return w->focus.panel == p;
}

/* n charts from the first-th on, in as many columns as keep them high enough
 * to read. */
static void grid(struct rt_layout *l, struct rt_rect r, int first, int n)
{
    int columns = 1;
    while (r.h / ((n + columns - 1) / columns) < CHART_H + 4 && columns < n &&
           r.w / (columns + 1) >= CHART_W)
        columns++;
    int rows = (n + columns - 1) / columns;
    for (int i = 0; i < n; i++) {
        int row = i / columns, column = i % columns;
        int in_row = row == rows - 1 ? n - row * columns : columns;
        int x0 = r.w * column / in_row, x1 = r.w * (column + 1) / in_row;
        int y0 = r.h * row / rows, y1 = r.h * (row + 1) / rows;
        add(l, &rt_panel_losses, first + i,
            (struct rt_rect){ r.x + x0, r.y + y0, x1 - x0, y1 - y0 },
            RT_EDGE_FRAME);
    }
}

/* The charts 0..n-1, or as many around the one in focus as there is room
 * for. */
static void charts(struct rt_layout *l, struct rt_rect r,
                   const struct rt_layout_want *want, int n)
{
    int across = r.w / CHART_W > 0 ? r.w / CHART_W : 1;
    int room = clamp(r.h / CHART_H, 1, 6) * across;
    int shown = clamp(n, 1, room), first = 0;
    if (wants(want, &rt_panel_losses) && want->focus.which >= shown)
        first = clamp(want->focus.which, 0, n > 0 ? n - 1 : 0) - shown + 1;
    grid(l, r, first, shown);
}

/* Layers with the callbacks' counters under them, or these in their place where
 * they are in focus and have no other. */
static void layers(struct rt_layout *l, struct rt_rect r,
                   const struct rt_layout_want *want)
{
    int lines = want->n_callbacks;
    int least =
        wants(want, &rt_panel_layers) ? clamp(want->n_layers + 3, 6, 14) : 6;
    bool apart = lines > 0 && r.h - lines - 1 >= least;
    if (!want->layers || (!apart && wants(want, &rt_panel_callbacks))) {
        if (lines > 0)
            add(l, &rt_panel_callbacks, 0, r, RT_EDGE_FRAME);
        return;
    }
    if (!apart) {
        add(l, &rt_panel_layers, lines > 0, r, RT_EDGE_FRAME);
        return;
    }
    struct rt_rect low = { r.x, r.y + r.h - lines - 2, r.w, lines + 2 };
    r.h -= lines + 1; /* the row between belongs to both */
    add(l, &rt_panel_layers, 0, r, RT_EDGE_FRAME);
    add(l, &rt_panel_callbacks, 0, low, RT_EDGE_JOINED);
}

/* What stands where the histogram does: images only while they are in focus. */
static const struct rt_panel *beside(const struct rt_layout_want *want)
{
    return want->images && wants(want, &rt_panel_images) ? &rt_panel_images
                                                         : &rt_panel_histogram;
}

/* Rows below the charts: more where what is in focus there wants them. */
static int low_rows(const struct rt_layout_want *want, int rows)
{
    bool list = wants(want, &rt_panel_layers) && want->n_layers > 5;
    bool long_list = wants(want, &rt_panel_callbacks) && want->n_callbacks > 5;
    bool picture = wants(want, &rt_panel_images);
    if (list || long_list || picture)
        return clamp(rows * 3 / 5, 8, 24);
    return clamp(rows * 2 / 5, 8, 16);
}

static void one_column(struct rt_layout *l, struct rt_rect r,
                       const struct rt_layout_want *want)
{
    if (wants(want, &rt_panel_log))
        add(l, &rt_panel_log, 0, cut_below(&r, clamp(r.h / 4, 6, 12)),
            RT_EDGE_FRAME);
    else
        add(l, &rt_panel_log, 0,
            cut_below(&r, clamp(want->n_messages, 1, clamp(r.h / 12, 2, 4))),
            RT_EDGE_NONE);
    if (want->layers || want->histogram || want->n_callbacks) {
        struct rt_rect low = cut_below(&r, low_rows(want, r.h));
        bool both = want->histogram && (want->layers || want->n_callbacks);
        struct rt_rect right = cut_right(&low, both ? low.w * 43 / 100
                                               : want->histogram ? low.w
                                                                 : 0);
        layers(l, low, want);
        add(l, beside(want), 0, right, RT_EDGE_FRAME);
    }
    charts(l, r, want, want->n_charts);
}

/* The right one of two columns; metrics that have no place on the left get what
 * the others leave. */
static void side(struct rt_layout *l, struct rt_rect r,
                 const struct rt_layout_want *want, int n_metrics)
{
    int need = want->n_layers + 3;
    need += want->n_callbacks ? want->n_callbacks + 1 : 0;
    need = clamp(need, 6, r.h);
    int metric = n_metrics > 0 && r.h >= 30 ? clamp(r.h / 4, CHART_H, 14) : 0;
    int histogram = want->histogram ? clamp(r.h / 4, 8, 14) : 0;
    int room = r.h - metric - histogram, images = 0;
    if (want->layers || want->n_callbacks) {
        int spare = room > need ? room - need : 0;
        if (want->images && spare >= IMAGES_H) {
            images = clamp(spare * 2 / 3, IMAGES_H, 24);
            spare -= images;
        }
        if (metric) {
            metric += spare / 2;
            spare -= spare / 2;
        }
        if (histogram)
            histogram += clamp(spare, 0, 8);
    } else if (metric) {
        metric = r.h - histogram;
    } else {
        histogram = r.h;
    }
    if (metric) {
        int which = want->n_losses;
        if (wants(want, &rt_panel_losses) && want->focus.which > want->n_losses)
            which = clamp(want->focus.which, 0, want->n_charts - 1);
        add(l, &rt_panel_losses, which, cut_below(&r, metric), RT_EDGE_FRAME);
    }
    add(l, images ? &rt_panel_histogram : beside(want), 0,
        cut_below(&r, histogram), RT_EDGE_FRAME);
    add(l, &rt_panel_images, 0, cut_below(&r, images), RT_EDGE_FRAME);
    layers(l, r, want);
}

static void two_columns(struct rt_layout *l, struct rt_rect r,
                        const struct rt_layout_want *want)
{
    int n = want->n_charts, log_h = clamp(r.h / 4, 5, 12);
    if (want->layers || want->histogram || want->n_callbacks) {
        struct rt_rect right = cut_right(&r, clamp(r.w * 41 / 100, 46, 72));
        int before = l->n, n_metrics = n - want->n_losses;
        if (n > 0 && (r.h - log_h) / n >= METRIC_H)
            n_metrics = 0; /* below the losses, on the same axis */
        side(l, right, want, n_metrics);
        for (int i = before; i < l->n; i++)
            if (l->v[i].panel == &rt_panel_losses)
                n = want->n_losses;
    }
    add(l, &rt_panel_log, 0, cut_below(&r, log_h), RT_EDGE_FRAME);
    charts(l, r, want, n);
}

/* What a small screen shows beside or below the losses. */
static const struct rt_panel *second(const struct rt_layout_want *want)
{
    if (!wants(want, &rt_panel_losses))
        return want->focus.panel;
    return want->layers      ? &rt_panel_layers
           : want->histogram ? &rt_panel_histogram
                             : NULL;
}

static void small(struct rt_layout *l, struct rt_rect r, int w, int h,
                  const struct rt_layout_want *want)
{
    const struct rt_panel *other = second(want);
    if (h >= 14 && !wants(want, &rt_panel_log))
        add(l, &rt_panel_log, 0, cut_below(&r, 1), RT_EDGE_NONE);
    if (other && w >= TWO_COLUMNS_W)
        add(l, other, 0, cut_right(&r, clamp(w * 42 / 100, 46, 72)),
            RT_EDGE_FRAME);
    else if (other && h >= FULL_H)
        add(l, other, 0, cut_below(&r, r.h * 2 / 5), RT_EDGE_FRAME);
    else if (!wants(want, &rt_panel_losses)) {
        add(l, other, 0, r, RT_EDGE_FRAME);
        return;
    }
    int which = wants(want, &rt_panel_losses) ? want->focus.which : 0;
    add(l, &rt_panel_losses, which, r, RT_EDGE_FRAME);
}

static void set_focus(struct rt_layout *l, const struct rt_focus *focus)
{
    struct rt_pane *found = NULL, *fallback = NULL;
    for (int i = 0; i < l->n; i++) {
        struct rt_pane *p = &l->v[i];
        bool chart = p->panel == &rt_panel_losses;
        if (p->panel == focus->panel && (!chart || p->which == focus->which) &&
            !found)
            found = p;
        if (chart && !fallback)
            fallback = p;
    }
    found = found ? found : fallback;
    if (found)
        found->focused = true;
}

void rt_layout_make(struct rt_layout *l, int w, int h,
                    const struct rt_layout_want *want)
{
    l->n = 0;
    add(l, &rt_panel_status, 0, (struct rt_rect){ 0, 0, w, 1 }, RT_EDGE_NONE);
    if (w < LEAST_W || h < LEAST_H)
        return;
    struct rt_rect body = { 0, 1, w, h - 2 };
    if (w < FULL_W || h < FULL_H)
        small(l, body, w, h, want);
    else if (w < TWO_COLUMNS_W)
        one_column(l, body, want);
    else
        two_columns(l, body, want);
    add(l, &rt_panel_foot, 0, (struct rt_rect){ 0, h - 1, w, 1 }, RT_EDGE_NONE);
    set_focus(l, &want->focus);
}

const struct rt_pane *rt_layout_focused(const struct rt_layout *l)
{
    for (int i = 0; i < l->n; i++)
        if (l->v[i].focused)
            return &l->v[i];
    return NULL;
}

/* Only charts are several: elsewhere which says something else. */
struct rt_focus rt_layout_focus_of(const struct rt_pane *p)
{
    bool chart = p->panel == &rt_panel_losses;
    return (struct rt_focus){ p->panel, chart ? p->which : 0 };
}

struct rt_focus rt_layout_next(const struct rt_layout *l,
                               const struct rt_layout_want *want, int n)
{
    struct rt_focus ring[RT_LAYOUT_MAX + 6];
    int count = 0, at = 0;
    for (int i = 0; i < l->n; i++)
        if (l->v[i].panel == &rt_panel_losses)
            ring[count++] = rt_layout_focus_of(&l->v[i]);
    if (!count)
        ring[count++] = (struct rt_focus){ &rt_panel_losses, 0 };
    if (want->layers)
        ring[count++] = (struct rt_focus){ &rt_panel_layers, 0 };
    if (want->n_callbacks)
        ring[count++] = (struct rt_focus){ &rt_panel_callbacks, 0 };
    if (want->images)
        ring[count++] = (struct rt_focus){ &rt_panel_images, 0 };
    if (want->histogram)
        ring[count++] = (struct rt_focus){ &rt_panel_histogram, 0 };
    ring[count++] = (struct rt_focus){ &rt_panel_log, 0 };
    for (int i = 0; i < count; i++)
        if (ring[i].panel == want->focus.panel &&
            (ring[i].panel != &rt_panel_losses ||
             ring[i].which == want->focus.which))
            at = i;
    return ring[((at + n) % count + count) % count];
}

struct rt_rect rt_layout_page(int w, int h, int n_lines)
{
    int width = clamp(w, 1, 84), height = clamp(n_lines + 2, 3, h - 2);
    return (struct rt_rect){ (w - width) / 2, 1 + (h - 2 - height) / 2, width,
                             height };
}
