/* What comes in rows and columns: heat maps with their numbers, and grids of
 * pictures with their captions. */
#include "plot/draw_parts.h"

#include <math.h>
#include <stdio.h>

static const char *name_of(const char *const *names, int i, char out[16])
{
    snprintf(out, 16, "%d", i);
    return names && names[i] ? names[i] : out;
}

static double widest_name(struct rt_drawing *d, const char *const *names, int n)
{
    char text[16];
    double w = 0;
    for (int i = 0; i < n; i++)
        w = fmax(
            w, rt_draw_width(d, name_of(names, i, text), (struct rt_pen){ 0 }));
    return w;
}

static double number_at(const struct rt_heat *h, int r, int c)
{
    return h->v[(size_t)r * (size_t)h->n_cols + (size_t)c];
}

static void number_text(const struct rt_heat *h, double v, char out[24])
{
    if (fabs(v) < 1e15)
        snprintf(out, 24, "%.*f", h->decimals < 6 ? h->decimals : 6, v);
    else
        rt_number_text(v, 0, out);
}

static double row_sum(const struct rt_heat *h, int r)
{
    double sum = 0;
    for (int c = 0; c < h->n_cols; c++) {
        double v = number_at(h, r, c);
        sum += isfinite(v) && v > 0 ? v : 0;
    }
    return sum;
}

static double largest(const struct rt_heat *h)
{
    double most = 0;
    for (int r = 0; r < h->n_rows; r++)
        for (int c = 0; c < h->n_cols; c++) {
            double v = number_at(h, r, c);
            most = isfinite(v) ? fmax(most, v) : most;
        }
    return most;
}

struct table {             /* how a heat map is laid out */
    double x, y;           /* of the first number's cell */
    double w, h;           /* of a cell */
    double size;           /* of the numbers' text on paper */
    bool numbers;          /* do they fit into the cells */
    double pad;            /* right of a number in cells */
    double head, row_head; /* rows above, width at the left */
};

static struct table lay_out(struct rt_drawing *d)
{
    const struct rt_heat *h = &d->f->heat;
    const struct rt_surface *s = d->s;
    struct table t = { .size = 1 };
    char text[24];
    double w = 0, corner = 0;
    for (int r = 0; r < h->n_rows; r++)
        for (int c = 0; c < h->n_cols; c++) {
            number_text(h, number_at(h, r, c), text);
            w = fmax(w, rt_draw_width(d, text, (struct rt_pen){ 0 }));
        }
    if (d->f->y.label)
        corner = rt_draw_width(d, d->f->y.label, (struct rt_pen){ 0 });
    double heads = widest_name(d, h->col_names, h->n_cols);
    t.row_head = fmax(widest_name(d, h->row_names, h->n_rows), corner);
    t.row_head = fmin(t.row_head, d->room.w / 3) + s->em;
    t.head = rt_draw_rows(d) >= h->n_rows + 2 && d->f->x.label ? 2 : 1;
    if (rt_draw_rows(d) < h->n_rows + 1)
        t.head = 0;
    double room_w = d->room.w - t.row_head;
    double room_h = d->room.h - t.head * s->row;
    if (s->paper) {
        t.h = room_h / h->n_rows;
        t.w = fmin(room_w / h->n_cols, 1.9 * t.h);
        t.h = fmin(t.h, t.w);
        t.size = fmin(fmin(t.w * .8 / w, t.h * .75 / s->row), 1.15);
        t.numbers = t.size >= .5;
    } else {
        t.h = 1;
        t.w = fmax(w, fmin(heads, 12)) + 2;
        t.w = fmax(fmin(t.w, floor(room_w / h->n_cols)), 1);
        t.numbers = t.w > w;
        t.pad = t.w > w + 1 ? 1 : 0;
    }
    double left = (room_w - t.w * h->n_cols) / 2;
    t.x = d->room.x + t.row_head + (s->paper ? fmax(left, 0) : 0);
    t.y = d->room.y + t.head * s->row;
    return t;
}

static void heads(struct rt_drawing *d, const struct table *t)
{
    const struct rt_heat *h = &d->f->heat;
    struct rt_pen name = { .fg = RT_C_TEXT }, dim = { .fg = RT_C_DIM };
    double em = d->s->em, row = d->s->row, y = t->y - row, gap = em;
    char text[16];
    if (d->s->paper)
        y -= row * .1;
    if (t->head > 1)
        rt_draw_text(d, t->x + t->w * h->n_cols / 2, d->room.y, 0, RT_CENTER,
                     d->f->x.label, dim);
    if (t->head > 0 && d->f->y.label)
        rt_draw_text(d, t->x - gap, y, t->row_head - gap, RT_RIGHT,
                     d->f->y.label, dim);
    for (int c = 0; c < h->n_cols && t->head > 0; c++) {
        bool paper = d->s->paper;
        double room = t->w - (paper ? .4 * em : t->w > 2 ? 1 : 0);
        double at = t->x + (paper ? (c + .5) * t->w : (c + 1) * t->w - t->pad);
        const char *s = name_of(h->col_names, c, text);
        if (!paper && rt_draw_width(d, s, name) > room && room < 2)
            continue;
        rt_draw_text(d, at, y, room, paper ? RT_CENTER : RT_RIGHT, s, name);
    }
    for (int r = 0; r < h->n_rows; r++)
        rt_draw_text(d, t->x - gap, t->y + r * t->h + (t->h - row) / 2,
                     t->row_head - gap, RT_RIGHT,
                     name_of(h->row_names, r, text), name);
}

/* One number on its shade, which goes by the square root: a confusion of one in
 * a hundred should be seen. Nothing at all is a dim dot in cells, where it is
 * the rest that should stand out. */
static void number(struct rt_drawing *d, const struct table *t, int r, int c,
                   double full)
{
    const struct rt_heat *h = &d->f->heat;
    double v = number_at(h, r, c), share = full > 0 ? v / full : 0;
    bool paper = d->s->paper, shaded = paper || (share > 0 && !d->s->mono);
    double shade = share > 0 ? fmax(sqrt(fmin(share, 1)), .125) : 0;
    uint32_t ground = rt_color_heat(shade, paper);
    double gap = paper ? fmin(1, t->w / 8) : 0;
    struct rt_box box = { t->x + c * t->w, t->y + r * t->h, t->w - gap,
                          t->h - gap };
    struct rt_pen pen = { .size = (float)t->size };
    char text[24];
    if (!isfinite(v))
        return;
    if (shaded)
        d->s->ops->fill(d->s, box, ground);
    if (!t->numbers) {
        struct rt_box bar = { box.x, box.y + (1 - shade) * box.h, box.w,
                              shade * box.h };
        if (!shaded)
            d->s->ops->bar(d->s, bar, &pen);
        return;
    }
    number_text(h, v, text);
    pen.fg = v == 0 ? RT_C_DIM : shaded ? rt_color_ink(ground) : RT_C_TEXT;
    if (r == c && h->n_rows == h->n_cols)
        pen.attr = RT_A_BOLD;
    if (paper)
        rt_draw_text(d, box.x + box.w / 2,
                     box.y + (box.h - d->s->row * t->size) / 2, 0, RT_CENTER,
                     text, pen);
    else
        rt_draw_text(d, box.x + box.w - t->pad, box.y, box.w, RT_RIGHT,
                     v == 0 ? "·" : text, pen);
}

void rt_draw_heat(struct rt_drawing *d)
{
    const struct rt_heat *h = &d->f->heat;
    if (h->n_rows < 1 || h->n_cols < 1)
        return;
    struct table t = lay_out(d);
    double most = largest(h);
    for (int r = 0; r < h->n_rows; r++) {
        double full = h->by_row ? row_sum(h, r) : most;
        for (int c = 0; c < h->n_cols; c++)
            number(d, &t, r, c, full);
    }
    heads(d, &t);
}

/* How pictures are laid out. */
struct cells {
    int columns, rows;
    double w, h;       /* of the place for one, caption included */
    double side, high; /* of the pictures themselves, at most */
};

/* Height of a picture one wide, in the surface's units: a cell is twice as
 * high as wide. */
static double tallness(const struct rt_drawing *d, const struct rt_pixels *img)
{
    return (double)img->h / img->w * (d->s->paper ? 1 : .5);
}

/* The number of columns that makes the pictures largest. */
static struct cells arrange(const struct rt_drawing *d)
{
    struct cells best = { 0 };
    int n = d->f->pictures.n;
    double tall = 0, gap = d->s->em, under = d->s->row * 1.1;
    if (!d->s->paper)
        under = 1;
    for (int i = 0; i < n; i++) {
        const struct rt_pixels *img = &d->f->pictures.v[i].img;
        if (img->v && img->w > 0 && img->h > 0)
            tall = fmax(tall, tallness(d, img));
    }
    tall = tall > 0 ? tall : 1;
    for (int columns = 1; columns <= n; columns++) {
        struct cells c = { .columns = columns,
                           .rows = (n + columns - 1) / columns };
        c.w = d->room.w / c.columns;
        c.h = d->room.h / c.rows;
        if (!d->s->paper) {
            c.w = floor(c.w);
            c.h = floor(c.h);
        }
        c.side = fmin(c.w - gap, (c.h - under) / tall);
        if (d->s->paper) {
            c.side = fmin(c.side, (c.h - under - gap) / tall);
            c.high = c.side * tall;
        } else {
            c.side = floor(c.side);
            c.high = fmin(ceil(c.side * tall), c.h - under);
        }
        if (columns == 1 || c.side > best.side)
            best = c;
    }
    return best;
}

static void picture(struct rt_drawing *d, const struct rt_picture *p,
                    struct rt_box at, const struct cells *c)
{
    struct rt_surface *s = d->s;
    struct rt_pen pen = { .fg = p->color };
    double w = c->side, h = c->high;
    if (p->img.v && p->img.w > 0 && p->img.h > 0 && w > 0 && h > 0) {
        double tall = tallness(d, &p->img);
        w = fmin(w, h / tall);
        if (!s->paper)
            w = c->side; /* rounded already, and all alike */
        h = fmin(w * tall, h);
        struct rt_box box = { at.x + (at.w - w) / 2, at.y + c->high - h, w, h };
        if (!s->paper)
            box = (struct rt_box){ at.x, at.y, w, c->high };
        s->ops->image(s, box, &p->img);
        if (s->paper) {
            struct rt_pen frame = { .fg = p->flagged ? p->color : RT_C_GRID,
                                    .width = p->flagged ? 3 : 1 };
            struct rt_point ring[5] = { { box.x, box.y },
                                        { box.x + w, box.y },
                                        { box.x + w, box.y + h },
                                        { box.x, box.y + h },
                                        { box.x, box.y } };
            s->ops->line(s, ring, 5, &frame);
        }
    }
    if (!p->caption)
        return;
    if (p->flagged)
        pen.attr = RT_A_BOLD;
    if (s->paper) {
        double wide = fmax(rt_draw_width(d, p->caption, pen), 1);
        pen.size = (float)fmax(fmin((at.w - s->em * .5) / wide, 1), .6);
        rt_draw_text(d, at.x + at.w / 2, at.y + c->high + s->row * .1, at.w,
                     RT_CENTER, p->caption, pen);
        return;
    }
    double x = at.x, y = at.y + fmax(c->high, 0);
    if (p->flagged && at.w > 3) {
        rt_draw_text(d, x, y, 0, RT_LEFT, "✗", pen);
        x += 2;
    }
    rt_draw_text(d, x, y, fmax(at.w - 1 - (x - at.x), 1), RT_LEFT, p->caption,
                 pen);
}

void rt_draw_pictures(struct rt_drawing *d)
{
    if (!d->f->pictures.n)
        return;
    struct cells c = arrange(d);
    for (int i = 0; i < d->f->pictures.n; i++) {
        struct rt_box at = { d->room.x + i % c.columns * c.w,
                             d->room.y + i / c.columns * c.h, c.w, c.h };
        if (!d->s->paper) /* keep the rows together */
            at.y = d->room.y + i / c.columns * (fmax(c.high, 0) + 1);
        picture(d, &d->f->pictures.v[i], at, &c);
    }
}
