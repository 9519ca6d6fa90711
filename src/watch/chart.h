/* Which series of a history belong on one plot: a loss or metric of training
 * with its val_ counterpart, one chart for every output. */
#ifndef RT_WATCH_CHART_H
#define RT_WATCH_CHART_H
#include "base/vec.h"
#include "watch/curve.h"

enum { RT_OTHERS_MAX = 4 };
struct rt_chart {
    char *key;    /* of the training series: "temp_loss" */
    char *title;  /* "temp · loss" */
    char *output; /* whose it is; NULL: of all, or there is but one */
    bool loss;    /* else a metric */
    const struct rt_history_series *train, *val; /* val: NULL if none */
    struct rt_curve raw, check; /* their numbers as they are drawn */
    /* the same series of runs laid over it: validation, else training */
    const struct rt_history_series *other[RT_OTHERS_MAX]; /* NULL: none */
    int other_run[RT_OTHERS_MAX];
    struct rt_curve *other_curve[RT_OTHERS_MAX]; /* owned; NULL: none */
};
struct rt_charts {
    RT_VEC(struct rt_chart *)
    list;              /* losses of outputs, metrics, sum of losses */
    int n_losses;      /* of outputs */
    int run, n_series; /* what they were made of: announced series, */
    char filter[64];   /* the words their titles hold, */
    char only[64];     /* and the name of the only output */
};
/* Makes the list anew if h is another run or has more series, and points all
 * charts to h's series, which may have moved. only: the model's output where
 * there is but one, which "loss" is then the loss of; NULL: not known.
 * Owner: borrows h until the next call. h may be NULL. */
void rt_charts_update(struct rt_charts *c, const struct rt_history *h,
                      const char *filter, const char *only);
/* Lays a run over all charts as their k-th; h NULL: none, nor any behind it.
 * After each update. */
void rt_charts_overlay(struct rt_charts *c, int k, const struct rt_history *h);
void rt_charts_release(struct rt_charts *c);
/* Takes the numbers between two places of the x axis (lo >= hi: all): before it
 * is drawn. */
void rt_chart_refresh(struct rt_chart *c, double lo, double hi);
/* The newest value of a series, NaN if there is none: the running mean of the
 * epoch, or the last epoch's. */
double rt_chart_newest(const struct rt_history_series *s);
#endif
