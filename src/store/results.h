/* What the series of a run came to. Thread: main. */
#ifndef RT_STORE_RESULTS_H
#define RT_STORE_RESULTS_H
#include "store/runs.h"

struct rt_run_result {
    char *key;
    enum rt_mode mode;
    double last; /* newest value of an epoch; NaN */
    double best; /* of the values of epochs, by mode; NaN: none */
    int64_t best_epoch;
};
/* In the order in which they were announced; those without a value too. Rows
 * are the caller's. */
int rt_store_results(struct rt_store *s, int id, struct rt_run_result **out,
                     int *n, struct rt_err *err);
void rt_run_results_free(struct rt_run_result *v, int n);
#endif
