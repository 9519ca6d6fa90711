/* The recurrent operators step by step in double, for test_sweep_ops.c, which
 * includes this where struct trial and its helpers are known. */
#ifndef PLAIN_RECUR_H
#define PLAIN_RECUR_H

enum { UNITS = 32 };

static double act_of(const struct trial *t, const char *name, double x)
{
    const char *f = rt_unary_names[(int)option(t, name)];
    if (strcmp(f, "sigmoid") == 0)
        return 1 / (1 + exp(-x));
    if (strcmp(f, "hard_sigmoid") == 0)
        return fmin(fmax(0.2 * x + 0.5, 0), 1);
    if (strcmp(f, "tanh") == 0)
        return tanh(x);
    if (strcmp(f, "elu") == 0)
        return x > 0 ? x : expm1(x);
    if (strcmp(f, "softplus") == 0)
        return log1p(exp(x));
    fail_msg("%s is not in this test", f);
    return NAN;
}

static double mask_of(const struct trial *t, uint64_t which, const char *name,
                      size_t at)
{
    double rate = option(t, name);
    struct rt_key k = rt_key_int(rt_key_int(key, t->y->key), which);
    return rt_rng_word(k, at) < floor((double)(float)rate * 4294967296.0)
               ? 0
               : 1 / (1 - rate);
}

/* Operands behind the bias: a mask, the states to begin with. */
static int recur_states(const struct trial *t)
{
    return strcmp(t->op->name, "lstm") == 0 ? 2 : 1;
}

static int recur_more(const struct trial *t)
{
    return (int)option(t, "masked") +
           (option(t, "initial") != 0 ? recur_states(t) : 0);
}

static bool recur_bias(const struct trial *t)
{
    return t->n_in - recur_more(t) > 3;
}

/* Sum of the kernel's column j over x of a row and step. */
static double from_x(const struct trial *t, size_t n, size_t step, size_t j)
{
    size_t f = (size_t)t->in[0].dim[2], width = (size_t)t->in[1].dim[1];
    size_t steps = (size_t)t->in[0].dim[1];
    double sum = recur_bias(t) ? x_at(t, 3, j) : 0;
    for (size_t k = 0; k < f; k++)
        sum += x_at(t, 0, (n * steps + step) * f + k) *
               mask_of(t, 0, "dropout", n * f + k) * x_at(t, 1, k * width + j);
    return sum;
}

static double from_h(const struct trial *t, const double *h, size_t j)
{
    size_t u = (size_t)t->in[2].dim[0], width = (size_t)t->in[2].dim[1];
    double sum = 0;
    for (size_t k = 0; k < u; k++)
        sum += h[k] * x_at(t, 2, k * width + j);
    return sum;
}

static void lstm_step(const struct trial *t, size_t n, size_t step,
                      const double *read, double *h, double *c)
{
    size_t u = (size_t)t->in[2].dim[0];
    for (size_t j = 0; j < u; j++) {
        double z[4];
        for (size_t k = 0; k < 4; k++)
            z[k] = from_x(t, n, step, k * u + j) + from_h(t, read, k * u + j);
        c[j] = act_of(t, "recurrent_activation", z[1]) * c[j] +
               act_of(t, "recurrent_activation", z[0]) *
                   act_of(t, "activation", z[2]);
        h[j] = act_of(t, "recurrent_activation", z[3]) *
               act_of(t, "activation", c[j]);
    }
}

static void gru_step(const struct trial *t, size_t n, size_t step,
                     const double *read, double *h, double *r)
{
    size_t u = (size_t)t->in[2].dim[0];
    bool after = option(t, "reset_after");
    double z[UNITS], reset[UNITS];
    for (size_t j = 0; j < u; j++) {
        for (size_t k = 0; k < 2; k++) {
            double b = after && recur_bias(t) ? x_at(t, 3, (3 + k) * u + j) : 0;
            (k ? r : z)[j] = act_of(t, "recurrent_activation",
                                    from_x(t, n, step, k * u + j) + b +
                                        from_h(t, read, k * u + j));
        }
        reset[j] = r[j] * read[j];
    }
    for (size_t j = 0; j < u; j++) {
        double b = after && recur_bias(t) ? x_at(t, 3, 5 * u + j) : 0;
        double inner = after ? r[j] * (b + from_h(t, read, 2 * u + j))
                             : from_h(t, reset, 2 * u + j);
        h[j] = z[j] * read[j] +
               (1 - z[j]) * act_of(t, "activation",
                                   from_x(t, n, step, 2 * u + j) + inner);
    }
}

static void simple_step(const struct trial *t, size_t n, size_t step,
                        const double *read, double *h, double *unused)
{
    size_t u = (size_t)t->in[2].dim[0];
    (void)unused;
    for (size_t j = 0; j < u; j++)
        h[j] =
            act_of(t, "activation", from_x(t, n, step, j) + from_h(t, read, j));
}

static double plain_recur(const struct trial *t, size_t at,
                          void (*fn)(const struct trial *, size_t, size_t,
                                     const double *, double *, double *))
{
    size_t u = (size_t)t->in[2].dim[0], steps = (size_t)t->in[0].dim[1];
    bool all = option(t, "return_sequences");
    size_t rows = (size_t)t->y->shape.dim[t->y->shape.rank - 2];
    if (!all && option(t, "return_state") == 0)
        rows = 1;
    size_t n = at / u / rows, row = at / u % rows, given = all ? steps : 1;
    size_t last = all && row < steps ? row : steps;
    double h[UNITS] = { 0 }, more[UNITS] = { 0 }, read[UNITS];
    assert_true(u <= UNITS);
    for (size_t j = 0; j < u && option(t, "initial") != 0; j++) {
        h[j] = x_at(t, t->n_in - recur_states(t), n * u + j);
        more[j] = x_at(t, t->n_in - 1, n * u + j);
    }
    for (size_t s = 0; s < steps && s <= last; s++) {
        size_t step = option(t, "go_backwards") != 0 ? steps - 1 - s : s;
        if (option(t, "masked") != 0 &&
            x_at(t, t->n_in - recur_more(t), n * steps + step) <= 0)
            continue;
        for (size_t j = 0; j < u; j++)
            read[j] = h[j] * mask_of(t, 1, "recurrent_dropout", n * u + j);
        fn(t, n, step, read, h, more);
    }
    return (row > given ? more : h)[at % u];
}

static double plain_lstm(const struct trial *t, size_t at)
{
    return plain_recur(t, at, lstm_step);
}

static double plain_gru(const struct trial *t, size_t at)
{
    return plain_recur(t, at, gru_step);
}

static double plain_simple_rnn(const struct trial *t, size_t at)
{
    return plain_recur(t, at, simple_step);
}
#endif
