#include "watch/tiles.h"

#include "base/mem.h"
#include "plot/theme.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ZOOM = 8 }; /* pixels a weight is drawn with at most, across and down */

struct plan {
    int across, down; /* tiles, one beside the other */
    int sx, sy;       /* pixels of a weight; 0: it is shrunk */
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* How many of a length fit side by side with a pixel between them. */
static int fit(int room, int length)
{
    return (room + 1) / (length + 1);
}

/* n tiles one after the other, row by row, as large as they fit. */
static bool flow(const struct rt_mosaic *m, int n, int w, int h, struct plan *p)
{
    for (int s = ZOOM; s > 0; s--) {
        int across = fit(w, m->w * s), down = fit(h, m->h * s);
        if ((int64_t)across * down < n && s > 1)
            continue;
        p->across = least(across, n);
        p->down = across > 0 ? least(down, (n + across - 1) / across) : 0;
        p->sx = p->sy = s;
        return (int64_t)across * down >= n;
    }
    return false;
}

/* Filters down, channels across. */
static bool grid(const struct rt_mosaic *m, int w, int h, struct plan *p)
{
    for (int s = ZOOM; s > 0; s--)
        if (fit(w, m->w * s) >= m->columns && fit(h, m->h * s) >= m->rows) {
            *p = (struct plan){ m->columns, m->rows, s, s };
            return true;
        }
    return false;
}

static size_t tile_size(const struct rt_mosaic *m)
{
    return (size_t)m->h * (size_t)m->w * (size_t)m->channels;
}

static float share(float v, float reach)
{
    if (isnan(v))
        return v;
    return reach > 0 ? fminf(fmaxf(v / reach, -1), 1) : 0;
}

/* Extremes reach farther than most weights. */
static float largest(const float *v, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(v[i]))
            most = fmaxf(most, fabsf(v[i]));
    return most;
}

static void put_tile(struct rt_tiles *t, const struct rt_mosaic *m,
                     const float *v, const struct plan *p, int at_x, int at_y)
{
    for (int y = 0; y < m->h * p->sy && at_y + y < t->h; y++)
        for (int x = 0; x < m->w * p->sx && at_x + x < t->w; x++)
            for (int k = 0; k < m->channels; k++)
                t->v[((size_t)(at_y + y) * (size_t)t->w + (size_t)(at_x + x)) *
                         (size_t)m->channels +
                     (size_t)k] = share(v[((size_t)(y / p->sy) * (size_t)m->w +
                                           (size_t)(x / p->sx)) *
                                              (size_t)m->channels +
                                          (size_t)k],
                                        t->reach);
}

/* Of a filter, at each place the channel farthest from zero. */
static void strongest_of(const struct rt_mosaic *m, int row, float *out)
{
    size_t n = tile_size(m);
    const float *v = m->v + (size_t)row * (size_t)m->columns * n;
    memcpy(out, v, n * sizeof *out);
    for (int c = 1; c < m->columns; c++)
        for (size_t i = 0; i < n; i++) {
            float other = v[(size_t)c * n + i];
            if (isnan(other) || fabsf(other) > fabsf(out[i]))
                out[i] = other;
        }
}

static void begin(struct rt_tiles *t, int w, int h, int channels)
{
    size_t n = (size_t)w * (size_t)h * (size_t)channels;
    t->w = w;
    t->h = h;
    t->channels = channels;
    t->v = rt_xmalloc(n * sizeof *t->v);
    for (size_t i = 0; i < n; i++)
        t->v[i] = INFINITY;
}

/* One tile that fills the room, a weight being as wide and as high as it can;
 * what is larger is shrunk. */
static void fill(struct rt_tiles *t, const struct rt_mosaic *m, int w, int h)
{
    struct rt_mosaic *small = rt_xmemdup(m, sizeof *m);
    small->w = least(m->w, w);
    small->h = least(m->h, h);
    rt_mosaic_shrink(m->v, m->h, m->w, m->channels, small->v, small->h,
                     small->w);
    struct plan p = { 1, 1, least(w / small->w, ZOOM),
                      least(h / small->h, ZOOM) };
    begin(t, small->w * p.sx, small->h * p.sy, m->channels);
    t->shrunk = small->w < m->full_w || small->h < m->full_h;
    if (t->shrunk)
        t->reach = largest(small->v, tile_size(small));
    put_tile(t, small, small->v, &p, 0, 0);
    t->shown = t->all = 1;
    free(small);
}

void rt_tiles_make(struct rt_tiles *t, const struct rt_mosaic *m, int w, int h)
{
    struct plan p = { 0 };
    int n = m->rows * m->columns;
    *t = (struct rt_tiles){ .all = m->all_rows * m->all_columns,
                            .reach = m->reach };
    if (n == 1 || m->w > w || m->h > h) {
        fill(t, m, w, h); /* of larger tiles the first */
        t->all = m->all_rows * m->all_columns;
        return;
    }
    bool channels = m->rows == 1 || m->columns == 1;
    if (channels) {
        flow(m, n, w, h, &p);
    } else if (!grid(m, w, h, &p)) {
        n = m->rows;
        t->strongest = true;
        t->all = m->all_rows;
        flow(m, n, w, h, &p);
    }
    t->shown = least(n, p.across * p.down);
    begin(t, p.across * (m->w * p.sx + 1) - 1, p.down * (m->h * p.sy + 1) - 1,
          m->channels);
    if (t->strongest)
        t->reach = largest(m->v, tile_size(m) * (size_t)(m->rows * m->columns));
    float *one = rt_xmalloc(tile_size(m) * sizeof *one);
    for (int i = 0; i < t->shown; i++) {
        const float *v = m->v + (size_t)i * tile_size(m);
        if (t->strongest)
            strongest_of(m, i, one);
        put_tile(t, m, t->strongest ? one : v, &p,
                 i % p.across * (m->w * p.sx + 1),
                 i / p.across * (m->h * p.sy + 1));
    }
    free(one);
}

void rt_tiles_release(struct rt_tiles *t)
{
    free(t->v);
    *t = (struct rt_tiles){ 0 };
}

static const float *pixel(const struct rt_tiles *t, int x, int y)
{
    if (x < 0 || y < 0 || x >= t->w || y >= t->h)
        return NULL;
    return t->v + ((size_t)y * (size_t)t->w + (size_t)x) * (size_t)t->channels;
}

uint32_t rt_tiles_color(const struct rt_tiles *t, int x, int y)
{
    const float *v = pixel(t, x, y);
    if (!v || isinf(v[0]))
        return 0;
    if (t->channels == 1)
        return rt_color_signed(v[0]);
    unsigned part[3];
    for (int k = 0; k < 3; k++) {
        if (isnan(v[k]))
            return rt_color_signed(NAN);
        part[k] = (unsigned)lroundf((v[k] + 1) * 7.5f) * 17; /* 16 steps */
    }
    return RT_RGB(part[0], part[1], part[2]);
}

float rt_tiles_value(const struct rt_tiles *t, int x, int y)
{
    const float *v = pixel(t, x, y);
    float sum = 0;
    for (int k = 0; v && k < t->channels; k++)
        sum += v[k] / (float)t->channels;
    return v ? sum : INFINITY;
}
