/* Numbers, ticks and grid around a plot. On paper a grid of thin lines and
 * numbers below and to the left; in cells a rule on the left with its ticks,
 * and one row of numbers below. */
#include "plot/draw_parts.h"

#include <math.h>

static const struct rt_pen small = { .fg = RT_C_DIM, .size = .92f };

double rt_draw_x(const struct rt_drawing *d, const struct rt_area *a,
                 double share)
{
    double step = d->s->step_x;
    return a->box.x + step / 2 + share * fmax(a->box.w - step, 0);
}

double rt_draw_y(const struct rt_drawing *d, const struct rt_area *a,
                 double share)
{
    double step = d->s->step_y;
    return a->box.y + a->box.h - step / 2 - share * fmax(a->box.h - step, 0);
}

static double widest(struct rt_drawing *d, const struct rt_ticks *t)
{
    double w = 0;
    for (int i = 0; i < t->n; i++)
        w = fmax(w, rt_draw_width(d, t->v[i].text, small));
    return w;
}

static void grid(struct rt_drawing *d, const struct rt_area *a,
                 const struct rt_ticks *tx, const struct rt_ticks *ty)
{
    const struct rt_surface_ops *ops = d->s->ops;
    struct rt_pen thin = { .fg = RT_C_GRID }, edge = { .fg = RT_C_BORDER };
    double x1 = a->box.x + a->box.w, y1 = a->box.y + a->box.h;
    for (int i = 0; i < ty->n; i++) {
        double y = rt_draw_y(d, a, rt_axis_place(&a->y, ty->v[i].at));
        if (a->y.hidden)
            continue;
        if (ty->v[i].text[0])
            ops->rule(d->s, a->box.x, y, x1, y, &thin);
        else
            ops->tick(d->s, a->box.x, y, true, &edge);
    }
    for (int i = 0; i < tx->n; i++) {
        double x = rt_draw_x(d, a, rt_axis_place(&a->x, tx->v[i].at));
        if (tx->v[i].text[0])
            ops->rule(d->s, x, a->box.y, x, y1, &thin);
    }
    ops->rule(d->s, a->box.x, y1, x1, y1, &edge);
    if (!a->y.hidden)
        ops->rule(d->s, a->box.x, a->box.y, a->box.x, y1, &edge);
}

/* The rule on the left in cells. Ticks keep a row between them where they are
 * not labelled, and a label keeps its row to itself. */
static void left_rule(struct rt_drawing *d, const struct rt_area *a,
                      const struct rt_ticks *t)
{
    const struct rt_surface_ops *ops = d->s->ops;
    struct rt_pen pen = { .fg = RT_C_BORDER };
    double x = a->box.x - 1, last = INFINITY;
    ops->rule(d->s, x, a->box.y, x, a->box.y + a->box.h, &pen);
    for (int i = 0; i < t->n; i++) {
        double y = floor(rt_draw_y(d, a, rt_axis_place(&a->y, t->v[i].at)));
        if (t->v[i].text[0] ? y < last : !t->v[i].minor && y < last - 1) {
            ops->tick(d->s, x, y, true, &pen);
            last = y;
        }
    }
}

static void left_numbers(struct rt_drawing *d, const struct rt_area *a,
                         const struct rt_ticks *t, double right)
{
    double last = INFINITY, row = d->s->row;
    for (int i = 0; i < t->n; i++) {
        double y = rt_draw_y(d, a, rt_axis_place(&a->y, t->v[i].at));
        y = d->s->paper ? y - row / 2 : floor(y);
        if (!t->v[i].text[0] || y > last - row)
            continue;
        rt_draw_text(d, right, y, 0, RT_RIGHT, t->v[i].text, small);
        last = y;
    }
}

/* Numbers below, those dropped that would touch the one before or the axis'
 * name, which stands at the right end in cells. */
static void lower_numbers(struct rt_drawing *d, const struct rt_area *a,
                          const struct rt_ticks *t, double y)
{
    double em = d->s->em, free_from = d->room.x - em;
    double end = d->room.x + d->room.w;
    if (!d->s->paper && a->x.label && a->box.w >= 40 * em) {
        rt_draw_text(d, end, y, 0, RT_RIGHT, a->x.label, small);
        end -= rt_draw_width(d, a->x.label, small) + em;
    }
    for (int i = 0; i < t->n; i++) {
        double x = rt_draw_x(d, a, rt_axis_place(&a->x, t->v[i].at));
        double w = rt_draw_width(d, t->v[i].text, small);
        double from = d->s->paper ? x - w / 2 : floor(x) - floor((w - 1) / 2);
        from = fmin(from, end - w);
        if (!t->v[i].text[0] || from < free_from + em ||
            fabs(from + w / 2 - x) > w)
            continue;
        rt_draw_text(d, from, y, 0, RT_LEFT, t->v[i].text, small);
        free_from = from + w;
    }
}

void rt_draw_axes(struct rt_drawing *d, const struct rt_axis *x,
                  const struct rt_axis *y, double above, struct rt_area *area)
{
    struct rt_surface *s = d->s;
    struct rt_ticks tx, ty;
    struct rt_box *room = &d->room;
    double rows = rt_draw_rows(d), lower = 0, left = 0, right = 0;
    bool below = !x->hidden && rows >= 5;
    bool name = below && s->paper && x->label && rows >= 8;
    if (below)
        lower = s->row * (s->paper ? name ? 2.5 : 1.3 : 1);
    double high = fmax(room->h - lower - above, 0);
    rt_axis_ticks(y, (int)(high / s->row / 3 + 1), &ty);
    double numbers = y->hidden ? 0 : widest(d, &ty);
    if (numbers > 0 && (rows < 3 || room->w < numbers + 14 * s->em))
        numbers = 0;
    if (s->paper) {
        left = numbers + s->em;
        right = 2 * s->em;
    } else if (room->w >= 12) {
        left = numbers > 0 ? numbers + 2 : 1;
    }
    area->x = *x;
    area->y = *y;
    area->box = (struct rt_box){ room->x + left, room->y + above,
                                 fmax(room->w - left - right, 0), high };
    double across = below ? 9 : 12;
    rt_axis_ticks(x, (int)(area->box.w / s->em / across), &tx);
    if (s->paper)
        grid(d, area, &tx, &ty);
    else if (left > 0)
        left_rule(d, area, &ty);
    if (numbers > 0)
        left_numbers(d, area, &ty, room->x + numbers);
    if (below) {
        double under = area->box.y + area->box.h;
        lower_numbers(d, area, &tx, under + (s->paper ? s->row * .25 : 0));
        if (name)
            rt_draw_text(d, area->box.x + area->box.w / 2, under + s->row * 1.4,
                         0, RT_CENTER, x->label, small);
    }
}
