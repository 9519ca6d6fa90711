/* How fast a run trains and when it will be done. Time is told by the caller,
 * as what the seconds since the last call were used for. For train's own
 * files. Units: seconds; progress in epochs. */
#ifndef RT_TRAIN_SPEED_H
#define RT_TRAIN_SPEED_H
#include <stdint.h>

#define RT_SPEED_MARKS 16
struct rt_speed {
    double last;    /* clock of the last call */
    double active;  /* all but pauses */
    double trained; /* in batches alone */
    int64_t samples;
    double from; /* progress at the start */
    struct {
        double trained;
        int64_t samples;
    } mark[RT_SPEED_MARKS]; /* a ring, the sliding window of samples/s */
    int n_marks, next;
};
void rt_speed_start(struct rt_speed *s, double now, double progress);
void rt_speed_batch(struct rt_speed *s, double now, int rows);
void rt_speed_other(struct rt_speed *s, double now); /* validation, hooks */
void rt_speed_rest(struct rt_speed *s, double now);  /* a pause */
/* NaN where it is not known yet. */
double rt_speed_samples(const struct rt_speed *s);
double rt_speed_left(const struct rt_speed *s, double progress, double total);
#endif
