/* Means, variances and what is normalised by them, for test_sweep_ops.c, which
 * includes this where struct trial and its helpers are known. */
#ifndef PLAIN_NORM_H
#define PLAIN_NORM_H

/* The channel of element `at` of operand i, and how often there is one. */
static size_t channel(const struct trial *t, int i, size_t at)
{
    const struct rt_shape *x = &t->in[i];
    int axis = (int)option(t, "axis");
    size_t inner = 1;
    for (int a = x->rank - 1; a > (axis < 0 ? axis + x->rank : axis); a--)
        inner *= (size_t)x->dim[a];
    return at / inner % (size_t)x->dim[axis < 0 ? axis + x->rank : axis];
}

static double plain_channel_mean(const struct trial *t, size_t at)
{
    double sum = 0;
    for (size_t i = 0; i < count(t, 1); i++)
        sum += channel(t, 1, i) == at ? x_at(t, 1, i) : 0;
    return sum * (double)count(t, 0) / (double)count(t, 1);
}

static double plain_channel_variance(const struct trial *t, size_t at)
{
    double sum = 0, mean = x_at(t, 2, at);
    for (size_t i = 0; i < count(t, 1); i++)
        sum += channel(t, 1, i) == at ? pow(x_at(t, 1, i) - mean, 2) : 0;
    return sum * (double)count(t, 0) / (double)count(t, 1);
}

static double plain_moving_average(const struct trial *t, size_t at)
{
    double n = (double)count(t, 2) / (double)count(t, 0);
    double rest = n - 1 - option(t, "epsilon"), m = option(t, "momentum");
    double by = option(t, "unbiased") > 0 && rest != 0 ? n / rest : 1;
    return m * x_at(t, 0, at) + (1 - m) * by * x_at(t, 1, at);
}

static double plain_normalise(const struct trial *t, size_t at)
{
    size_t c = channel(t, 0, at);
    double y = (x_at(t, 0, at) - x_at(t, 1, c)) /
               sqrt(x_at(t, 2, c) + option(t, "epsilon"));
    int i = 3;
    if (option(t, "scale") > 0)
        y *= x_at(t, i++, c);
    return option(t, "center") > 0 ? y + x_at(t, i, c) : y;
}

static double plain_layer_norm(const struct trial *t, size_t at)
{
    size_t n = 1;
    for (int i = 0; i < (int)option(t, "n_axes"); i++)
        n *= (size_t)t->in[0].dim[t->in[0].rank - 1 - i];
    double mean = 0, var = 0;
    for (size_t i = at - at % n; i < at - at % n + n; i++)
        mean += x_at(t, 0, i) / (double)n;
    for (size_t i = at - at % n; i < at - at % n + n; i++)
        var += pow(x_at(t, 0, i) - mean, 2) / (double)n;
    double y = (x_at(t, 0, at) - mean) / sqrt(var + option(t, "epsilon"));
    int i = 1;
    if (option(t, "scale") > 0)
        y *= x_at(t, i++, at % n);
    return option(t, "center") > 0 ? y + x_at(t, i, at % n) : y;
}
#endif
