/* The operators that draw, for test_sweep_ops.c, which includes this where
 * struct trial and its helpers are known. */
#ifndef PLAIN_RANDOM_H
#define PLAIN_RANDOM_H

static bool keeps(const struct trial *t, size_t at)
{
    uint32_t word = rt_rng_word(rt_key_int(key, t->y->key), at);
    return word >= floor((double)(float)option(t, "rate") * 4294967296.0);
}

static double plain_dropout(const struct trial *t, size_t at)
{
    int shared = (int)option(t, "shared");
    size_t drawn = 0, step = 1, rest = at;
    for (int i = t->in[0].rank - 1; i >= 0; i--) {
        size_t d = (size_t)t->in[0].dim[i];
        if (!(shared >> i & 1)) {
            drawn += rest % d * step;
            step *= d;
        }
        rest /= d;
    }
    return keeps(t, drawn) ? x_at(t, 0, at) / (1 - option(t, "rate")) : 0;
}

static double plain_alpha_dropout(const struct trial *t, size_t at)
{
    double rate = option(t, "rate"),
           low = -1.0507009873554805 * 1.6732632423543772;
    double a = pow((1 - rate) * (1 + rate * low * low), -0.5);
    return a * (keeps(t, at) ? x_at(t, 0, at) : low) - a * low * rate;
}

static double normal_at(const struct trial *t, size_t at)
{
    float v;
    rt_rng_normal(rt_key_int(key, t->y->key), at, &v, 1);
    return (double)v;
}

static double plain_gaussian_noise(const struct trial *t, size_t at)
{
    return x_at(t, 0, at) + option(t, "stddev") * normal_at(t, at);
}

static double plain_gaussian_dropout(const struct trial *t, size_t at)
{
    double rate = option(t, "rate");
    return x_at(t, 0, at) * (1 + sqrt(rate / (1 - rate)) * normal_at(t, at));
}
#endif
