#include "train/mosaic.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TILE_H = 128, TILE_W = 256 }; /* of a tile as it is kept, at most */

/* Where the numbers of a weight lie: axes of a tile first, then its channel,
 * then its filter, as all kernels are laid out. */
struct axes {
    int h, w, channels, filters;
    bool across; /* the first axis goes to the right: conv1d's time */
};

static struct axes axes_of(const struct rt_shape *s)
{
    struct axes a = { 1, 1, 1, 1, false };
    int n = s->rank;
    if (n <= 2) {
        a.w = n ? s->dim[n - 1] : 1;
        a.h = n == 2 ? s->dim[0] : 1;
        return a;
    }
    a.filters = s->dim[n - 1];
    if (n == 3) { /* (K,C,F) */
        a.across = true;
        a.w = s->dim[0];
        a.h = s->dim[1];
        return a;
    }
    a.channels = s->dim[n - 2];
    a.w = s->dim[n - 3];
    for (int i = 0; i < n - 3; i++)
        a.h *= s->dim[i];
    return a;
}

/* The number of a block h x w that is farthest from zero; NaN before all. */
static float farthest(const float *v, int h, int w, size_t down, size_t right)
{
    float found = 0, size = 0;
    for (int i = 0; i < h; i++)
        for (int j = 0; j < w; j++) {
            float at = v[(size_t)i * down + (size_t)j * right];
            if (fabsf(at) <= size)
                continue;
            found = at; /* larger, or NaN */
            size = fabsf(at);
            if (isnan(at))
                return at;
        }
    return found;
}

/* One tile's channel, from a weight whose neighbours down and across are `down`
 * and `right` apart, to every channels-th number of out. */
static void take_tile(const float *v, const struct axes *a, size_t down,
                      size_t right, struct rt_mosaic *m, float *out)
{
    for (int y = 0; y < m->h; y++) {
        int y0 = (int)((int64_t)y * a->h / m->h);
        int y1 = (int)((int64_t)(y + 1) * a->h / m->h);
        for (int x = 0; x < m->w; x++) {
            int x0 = (int)((int64_t)x * a->w / m->w);
            int x1 = (int)((int64_t)(x + 1) * a->w / m->w);
            const float *block = v + (size_t)y0 * down + (size_t)x0 * right;
            out[((size_t)y * (size_t)m->w + (size_t)x) * (size_t)m->channels] =
                farthest(block, y1 - y0, x1 - x0, down, right);
        }
    }
}

void rt_mosaic_shrink(const float *v, int h, int w, int channels, float *out,
                      int to_h, int to_w)
{
    struct axes a = { h, w, 1, 1, false };
    struct rt_mosaic m = { .h = to_h, .w = to_w, .channels = channels };
    for (int k = 0; k < channels; k++)
        take_tile(v + k, &a, (size_t)w * (size_t)channels, (size_t)channels, &m,
                  out + k);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* How much of all there is is kept. */
static void choose(struct rt_mosaic *m, const struct axes *a)
{
    bool colours = a->channels == 3;
    m->channels = colours ? 3 : 1;
    m->all_rows = a->filters;
    m->all_columns = colours ? 1 : a->channels;
    m->full_h = a->h;
    m->full_w = a->w;
    m->h = least(a->h, colours ? TILE_H / 2 : TILE_H);
    m->w = least(a->w, colours ? TILE_W / 2 : TILE_W);
    int room = RT_MOSAIC_MOST / (m->h * m->w * m->channels);
    m->rows = m->all_rows;
    m->columns = m->all_columns;
    if ((int64_t)m->rows * m->columns <= room)
        return;
    m->columns = least(m->all_columns, (int)sqrt(room));
    m->rows = least(m->all_rows, room / m->columns);
    m->columns = least(m->all_columns, room / m->rows);
}

static float reach_of(const float *v, size_t n)
{
    double sum = 0, most = 0, known = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(v[i]))
            continue;
        sum += (double)v[i] * v[i];
        most = fmax(most, fabs((double)v[i]));
        known++;
    }
    return known > 0 ? (float)fmin(most, 3 * sqrt(sum / known)) : 0;
}

static const struct rt_weight *weight_of(const struct rt_model_layer *l)
{
    for (int i = 0; i < l->n_weights; i++)
        if (l->weights[i]->shape.rank > 1)
            return l->weights[i];
    return l->n_weights ? l->weights[0] : NULL;
}

bool rt_mosaic_take(const struct rt_model *m, int i, struct rt_mosaic *out)
{
    if (i < 0 || i >= m->n_layers || !m->weights)
        return false;
    const struct rt_weight *w = weight_of(m->layers[i]);
    if (!w || w->n == 0)
        return false;
    struct axes a = axes_of(&w->shape);
    size_t per_tile_number = (size_t)a.channels * (size_t)a.filters;
    size_t down = (size_t)a.w * per_tile_number, right = per_tile_number;
    if (a.across) {
        right = (size_t)a.h * (size_t)a.filters;
        down = (size_t)a.filters;
    }
    snprintf(out->title, sizeof out->title, "%.40s · %.40s", m->layers[i]->name,
             w->name);
    out->layer = i;
    out->epoch = 0;
    choose(out, &a);
    float *to = out->v;
    const float *from = m->weights + w->offset;
    for (int r = 0; r < out->rows; r++)
        for (int c = 0; c < out->columns; c++) {
            for (int k = 0; k < out->channels; k++)
                take_tile(from + (size_t)(c + k) * (size_t)a.filters + r, &a,
                          down, right, out, to + k);
            to += out->h * out->w * out->channels;
        }
    out->reach = reach_of(out->v, (size_t)(to - out->v));
    return true;
}
