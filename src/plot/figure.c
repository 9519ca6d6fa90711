/* Filling a figure, and how tall it would like to be. */
#include "plot/figure.h"

#include <stdarg.h>
#include <stdio.h>

void rt_figure_init(struct rt_figure *f, enum rt_figure_kind kind,
                    const char *title)
{
    *f = (struct rt_figure){ .kind = kind, .title = title };
}

void rt_figure_release(struct rt_figure *f)
{
    rt_vec_release(&f->series);
    rt_vec_release(&f->marks);
    rt_vec_release(&f->spots);
    rt_vec_release(&f->bins);
    rt_vec_release(&f->pictures);
    rt_arena_release(&f->texts);
}

const char *rt_figure_text(struct rt_figure *f, const char *fmt, ...)
{
    struct rt_str s = RT_STR_INIT;
    va_list ap;
    va_start(ap, fmt);
    rt_str_vaddf(&s, fmt, ap);
    va_end(ap);
    const char *text = rt_arena_strdup(&f->texts, rt_str_c(&s));
    rt_str_release(&s);
    return text;
}

void rt_figure_series(struct rt_figure *f, const struct rt_series *s)
{
    rt_vec_push(&f->series, *s);
}

void rt_figure_mark(struct rt_figure *f, double x, const char *text,
                    uint32_t color)
{
    struct rt_mark m = { x, text, color ? color : RT_C_MARK };
    rt_vec_push(&f->marks, m);
}

void rt_figure_spot(struct rt_figure *f, const struct rt_spot *s)
{
    rt_vec_push(&f->spots, *s);
    struct rt_spot *own = &f->spots.v[f->spots.n - 1];
    if (!own->color)
        own->color = RT_C_BEST;
    if (!own->shape)
        own->shape = RT_GLYPH_DIAMOND;
}

void rt_figure_bins(struct rt_figure *f, const struct rt_bins *b)
{
    rt_vec_push(&f->bins, *b);
    struct rt_bins *own = &f->bins.v[f->bins.n - 1];
    if (!own->color)
        own->color = RT_C_HIST;
}

void rt_figure_picture(struct rt_figure *f, const struct rt_picture *p)
{
    rt_vec_push(&f->pictures, *p);
}

static int between(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

/* Pictures of about 15 cells across: a digit can be read, a row shows five of
 * them on an ordinary terminal. */
static int picture_rows(const struct rt_figure *f, int width)
{
    if (!f->pictures.n)
        return 0;
    int columns = between(width / 16, 1, f->pictures.n);
    int rows = (f->pictures.n + columns - 1) / columns, high = 1;
    int across = between(width / columns - 1, 1, 4096);
    for (int i = 0; i < f->pictures.n; i++) {
        const struct rt_pixels *img = &f->pictures.v[i].img;
        if (img->w > 0 && across * img->h / (2 * img->w) + 1 > high)
            high = between(across * img->h / (2 * img->w) + 1, 1, 64);
    }
    return rows * (high + 1);
}

int rt_figure_rows(const struct rt_figure *f, int width)
{
    int head = (f->title != NULL) + f->legend;
    switch (f->kind) {
    case RT_FIG_CURVES:
        return head + between(width / 4, 10, 24);
    case RT_FIG_HISTOGRAM:
        return head + between(width / 6, 8, 16);
    case RT_FIG_RIDGE:
        return head + between(f->bins.n, 1, 40) + 1;
    case RT_FIG_HEAT:
        return head + f->heat.n_rows + 2;
    case RT_FIG_PICTURES:
        return head + picture_rows(f, width);
    }
    return head;
}
