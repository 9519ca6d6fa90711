/* Reductions, softmax and penalties, for test_sweep_ops.c, which includes this
 * where struct trial and its helpers are known. */
#ifndef PLAIN_REDUCE_H
#define PLAIN_REDUCE_H

static double plain_sum(const struct trial *t, size_t at)
{
    double sum = 0;
    for (size_t l = 0; l < axis_of(t).len; l++)
        sum += member(t, at, l);
    return sum;
}

static double plain_mean(const struct trial *t, size_t at)
{
    return plain_sum(t, at) / (double)axis_of(t).len;
}

static double plain_argmax(const struct trial *t, size_t at)
{
    size_t best = 0;
    for (size_t l = 1; l < axis_of(t).len; l++)
        if (member(t, at, l) > member(t, at, best))
            best = l;
    return (double)best;
}

static double plain_most(const struct trial *t, size_t at)
{
    return member(t, at, (size_t)plain_argmax(t, at));
}

static double plain_least(const struct trial *t, size_t at)
{
    double best = member(t, at, 0);
    for (size_t l = 1; l < axis_of(t).len; l++)
        best = fmin(best, member(t, at, l));
    return best;
}

static double plain_softmax(const struct trial *t, size_t at)
{
    struct axis a = axis_of(t);
    size_t line = at / (a.inner * a.len) * a.inner + at % a.inner;
    double all = 0;
    for (size_t l = 0; l < a.len; l++)
        all += exp(member(t, line, l));
    return exp(x_at(t, 0, at)) / all;
}

static double plain_batch_mean(const struct trial *t, size_t at)
{
    size_t rows = (size_t)t->in[0].dim[0], n = count(t, 0) / rows;
    double sum = 0;
    for (size_t i = 0; i < count(t, 0); i++)
        sum += x_at(t, 0, i) * (t->n_in > 1 ? x_at(t, 1, i / n) : 1);
    return sum / (double)rows + (double)at;
}

static double plain_present_mean(const struct trial *t, size_t at)
{
    size_t rows = (size_t)t->in[0].dim[0], present = 0;
    for (size_t r = 0; r < rows; r++)
        present += x_at(t, 1, r) != 0;
    return plain_batch_mean(t, at) * (double)rows / (double)present;
}

static double plain_penalty(const struct trial *t, size_t at)
{
    double l1 = 0, l2 = 0;
    (void)at;
    for (size_t i = 0; i < count(t, 0); i++) {
        l1 += fabs(x_at(t, 0, i));
        l2 += x_at(t, 0, i) * x_at(t, 0, i);
    }
    double by = option(t, "by_rows") > 0 ? t->in[0].dim[0] : 1;
    return (option(t, "l1") * l1 + option(t, "l2") * l2) / by;
}
#endif
