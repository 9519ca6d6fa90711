/* Plain computations of the operators over images, for test_sweep_ops.c, which
 * includes this where struct trial and its helpers are known. */
#ifndef PLAIN_IMAGE_H
#define PLAIN_IMAGE_H

/* Number i of a list option for spatial axis k. */
static int listed(const struct trial *t, const char *name, int k, int none)
{
    const struct rt_opt *o = rt_opt_find(t->op->opts, sizeof *o, name);
    const char *at = (const char *)t->args + o->offset;
    const struct rt_ints *v = (const struct rt_ints *)(const void *)at;
    return v->n == 0 ? none : v->v[v->n == 1 ? 0 : k];
}

/* Zeros before spatial axis k whose windows span `span` places. */
static int padding(const struct trial *t, int k, int span, int stride)
{
    int n = t->in[0].dim[k + 1], out = (n + stride - 1) / stride;
    int pad = (out - 1) * stride + span - n;
    if (option(t, "same") != 0)
        return pad > 0 ? pad / 2 : 0;
    return listed(t, "before", k, 0);
}

static void split_index(const struct rt_shape *s, size_t at, int *index)
{
    for (int i = s->rank - 1; i >= 0; i--) {
        index[i] = (int)(at % (size_t)s->dim[i]);
        at /= (size_t)s->dim[i];
    }
}

static double plain_conv(const struct trial *t, size_t at)
{
    const struct rt_shape *x = &t->in[0], *w = &t->in[1];
    int axes = x->rank - 2, y[RT_RANK_MAX], k[RT_RANK_MAX];
    int filters = w->dim[axes + 1], group = w->dim[axes];
    split_index(&t->y->shape, at, y);
    int f = y[axes + 1], first = f / (filters / (x->dim[axes + 1] / group));
    double sum = t->n_in > 2 ? x_at(t, 2, (size_t)f) : 0;
    for (size_t i = (size_t)f; i < count(t, 1); i += (size_t)filters) {
        size_t from = (size_t)y[0];
        bool inside = true;
        split_index(w, i, k);
        for (int a = 0; a < axes; a++) {
            int d = listed(t, "dilation", a, 1), s = listed(t, "strides", a, 1);
            int p = y[a + 1] * s + k[a] * d -
                    padding(t, a, (w->dim[a] - 1) * d + 1, s);
            inside = inside && p >= 0 && p < x->dim[a + 1];
            from = from * (size_t)x->dim[a + 1] + (size_t)p;
        }
        from =
            from * (size_t)x->dim[axes + 1] + (size_t)(first * group + k[axes]);
        if (inside)
            sum += x_at(t, 0, from) * x_at(t, 1, i);
    }
    return option(t, "relu") != 0 ? fmax(sum, 0) : sum;
}

static double plain_local(const struct trial *t, size_t at)
{
    const struct rt_shape *x = &t->in[0];
    int axes = x->rank - 2, y[RT_RANK_MAX], k[RT_RANK_MAX];
    int filters = t->in[1].dim[2], channels = x->dim[axes + 1];
    struct rt_shape window = { .rank = axes + 1 };
    size_t place = 0;
    double sum = 0;
    split_index(&t->y->shape, at, y);
    for (int a = 0; a < axes; a++) {
        window.dim[a] = listed(t, "size", a, 1);
        place = place * (size_t)t->y->shape.dim[a + 1] + (size_t)y[a + 1];
    }
    window.dim[axes] = channels;
    for (size_t i = 0; i < rt_shape_count(&window); i++) {
        size_t from = (size_t)y[0];
        split_index(&window, i, k);
        for (int a = 0; a < axes; a++)
            from = from * (size_t)x->dim[a + 1] +
                   (size_t)(y[a + 1] * listed(t, "strides", a, 1) + k[a]);
        from = from * (size_t)channels + (size_t)k[axes];
        sum += x_at(t, 0, from) *
               x_at(t, 1,
                    (place * (size_t)t->in[1].dim[1] + i) * (size_t)filters +
                        (size_t)y[axes + 1]);
    }
    return sum;
}

struct pooled {
    double most, sum;
    int n;
};

static struct pooled pool_at(const struct trial *t, size_t at)
{
    const struct rt_shape *x = &t->in[0];
    int axes = x->rank - 2, y[RT_RANK_MAX], k[RT_RANK_MAX];
    struct rt_shape window = { .rank = axes };
    struct pooled p = { -INFINITY, 0, 0 };
    split_index(&t->y->shape, at, y);
    for (int a = 0; a < axes; a++)
        window.dim[a] = listed(t, "size", a, 2);
    for (size_t i = 0; i < rt_shape_count(&window); i++) {
        size_t from = (size_t)y[0];
        bool inside = true;
        split_index(&window, i, k);
        for (int a = 0; a < axes; a++) {
            int size = window.dim[a], s = listed(t, "strides", a, size);
            int place = y[a + 1] * s + k[a];
            if (option(t, "same") != 0)
                place -= padding(t, a, size, s);
            inside = inside && place >= 0 && place < x->dim[a + 1];
            from = from * (size_t)x->dim[a + 1] + (size_t)place;
        }
        if (!inside)
            continue;
        double v =
            x_at(t, 0, from * (size_t)x->dim[axes + 1] + (size_t)y[axes + 1]);
        p.most = fmax(p.most, v);
        p.sum += v;
        p.n++;
    }
    return p;
}

static double plain_pool_max(const struct trial *t, size_t at)
{
    return pool_at(t, at).most;
}

static double plain_pool_mean(const struct trial *t, size_t at)
{
    struct pooled p = pool_at(t, at);
    return p.sum / p.n;
}

/* Every tap of every place of x that falls on this place. */
static double plain_conv_transpose(const struct trial *t, size_t at)
{
    const struct rt_shape *x = &t->in[0], *w = &t->in[1];
    int axes = x->rank - 2, channels = x->dim[axes + 1];
    int y[RT_RANK_MAX], i[RT_RANK_MAX], k[RT_RANK_MAX];
    struct rt_shape place = *x, window = *w;
    split_index(&t->y->shape, at, y);
    place.rank = axes + 1;
    window.rank = axes;
    double sum = t->n_in > 2 ? x_at(t, 2, (size_t)y[axes + 1]) : 0;
    for (size_t n = 0; n < rt_shape_count(&place); n++)
        for (size_t m = 0; m < rt_shape_count(&window); m++) {
            bool meets = true;
            split_index(&place, n, i);
            split_index(&window, m, k);
            for (int a = 0; a < axes; a++) {
                int s = listed(t, "strides", a, 1);
                int d = listed(t, "dilation", a, 1);
                int large = t->y->shape.dim[a + 1];
                int pad = ((large + s - 1) / s - 1) * s + (w->dim[a] - 1) * d +
                          1 - large;
                if (option(t, "same") == 0 || pad < 0)
                    pad = 0;
                meets = meets && i[a + 1] * s + k[a] * d - pad / 2 == y[a + 1];
            }
            for (int c = 0; meets && i[0] == y[0] && c < channels; c++)
                sum += x_at(t, 0, n * (size_t)channels + (size_t)c) *
                       x_at(t, 1,
                            (m * (size_t)w->dim[axes] + (size_t)y[axes + 1]) *
                                    (size_t)channels +
                                (size_t)c);
        }
    return sum;
}

/* x at the place of y that is moved by -before (pad) or before (crop). */
static double moved(const struct trial *t, size_t at, int by)
{
    const struct rt_shape *x = &t->in[0];
    int y[RT_RANK_MAX];
    size_t from;
    split_index(&t->y->shape, at, y);
    from = (size_t)y[0];
    for (int a = 1; a < x->rank; a++) {
        int place = y[a];
        if (a < x->rank - 1)
            place += by * listed(t, "before", a - 1, 0);
        if (place < 0 || place >= x->dim[a])
            return 0;
        from = from * (size_t)x->dim[a] + (size_t)place;
    }
    return x_at(t, 0, from);
}

static double plain_pad(const struct trial *t, size_t at)
{
    return moved(t, at, -1);
}

static double plain_crop(const struct trial *t, size_t at)
{
    return moved(t, at, 1);
}

/* Along one axis after the other. */
static double between(const struct trial *t, const int *y, int a, size_t from)
{
    const struct rt_shape *x = &t->in[0];
    if (a == x->rank - 1)
        return x_at(t, 0, from * (size_t)x->dim[a] + (size_t)y[a]);
    int n = x->dim[a], size = listed(t, "size", a - 1, 2);
    double at = (double)y[a] / size;
    if (option(t, "linear") == 0)
        at = floor(at);
    else if (option(t, "centers") != 0)
        at = fmin(fmax((y[a] + 0.5) / size - 0.5, 0), n - 1);
    at = fmin(at, n - 1);
    size_t low = (size_t)at, high = low + 1 < (size_t)n ? low + 1 : low;
    double share = at - (double)low;
    from *= (size_t)n;
    return (1 - share) * between(t, y, a + 1, from + low) +
           share * between(t, y, a + 1, from + high);
}

static double plain_upsample(const struct trial *t, size_t at)
{
    int y[RT_RANK_MAX];
    split_index(&t->y->shape, at, y);
    return between(t, y, 1, (size_t)y[0]);
}
#endif
