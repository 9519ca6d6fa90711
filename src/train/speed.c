/* Samples a second over a window of about three seconds of training; time left
 * from the progress since the start, so validation and callbacks count. */
#include "train/speed.h"

#include <math.h>

#define APART 0.2 /* seconds of training between two marks */

void rt_speed_start(struct rt_speed *s, double now, double progress)
{
    *s = (struct rt_speed){
        .last = now, .from = progress, .n_marks = 1, .next = 1
    };
}

void rt_speed_other(struct rt_speed *s, double now)
{
    s->active += now - s->last;
    s->last = now;
}

void rt_speed_rest(struct rt_speed *s, double now)
{
    s->last = now;
}

void rt_speed_batch(struct rt_speed *s, double now, int rows)
{
    int newest = (s->next + RT_SPEED_MARKS - 1) % RT_SPEED_MARKS;
    s->trained += now - s->last;
    s->samples += rows;
    rt_speed_other(s, now);
    if (s->trained - s->mark[newest].trained < APART)
        return;
    s->mark[s->next].trained = s->trained;
    s->mark[s->next].samples = s->samples;
    s->next = (s->next + 1) % RT_SPEED_MARKS;
    if (s->n_marks < RT_SPEED_MARKS)
        s->n_marks++;
}

double rt_speed_samples(const struct rt_speed *s)
{
    int oldest = (s->next + RT_SPEED_MARKS - s->n_marks) % RT_SPEED_MARKS;
    double seconds = s->trained - s->mark[oldest].trained;
    int64_t samples = s->samples - s->mark[oldest].samples;
    return seconds > 0 && samples > 0 ? (double)samples / seconds : NAN;
}

double rt_speed_left(const struct rt_speed *s, double progress, double total)
{
    double done = progress - s->from;
    if (!(done > 0) || !(s->active > 0))
        return NAN;
    return s->active / done * fmax(0, total - progress);
}
