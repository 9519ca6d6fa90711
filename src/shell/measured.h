/* What is known of the chosen model's layers: its weights as they are now, and
 * what its newest run of this session measured (train/probe.h). */
#ifndef RT_SHELL_MEASURED_H
#define RT_SHELL_MEASURED_H
#include "shell/session.h"

struct rt_measured {
    struct rt_session *s;
    struct rt_model *model;     /* its weights at rest */
    struct rt_model *copy;      /* owned: while the model trains */
    struct rt_session_run *run; /* NULL: none in this session */
};
int rt_measured_open(struct rt_session *s, struct rt_measured *out,
                     struct rt_err *err);
void rt_measured_close(struct rt_measured *m);
/* Has a run that trains measure from now on, and waits for the first look.
 * Errors: RT_ECANCEL. */
int rt_measured_ask(struct rt_measured *m, struct rt_err *err);
/* Of layer i of .model: what was measured of batches is NaN where nothing
 * was. */
void rt_measured_layer(const struct rt_measured *m, int i,
                       struct rt_layer_stats *out);
/* Errors: RT_ESTATE where there is no such histogram, and why. */
int rt_measured_histogram(const struct rt_measured *m, int layer,
                          enum rt_hist_of of, struct rt_histogram *out,
                          struct rt_err *err);
/* Of epochs gone by, oldest first; caller frees. */
struct rt_histogram *rt_measured_past(const struct rt_measured *m, int layer,
                                      enum rt_hist_of of, int *n);
#endif
