/* Time: monotonic seconds for measuring, wall-clock text for people. */
#ifndef RT_BASE_CLOCK_H
#define RT_BASE_CLOCK_H
#include "base/str.h"
#include <pthread.h>

double rt_clock_now(void);  /* monotonic, seconds */
double rt_clock_wall(void); /* seconds since 1970 */
/* A condition whose waits go by the monotonic clock: one that is set back holds
 * nobody up. A wait for so many seconds at most; under lock. */
void rt_clock_cond_init(pthread_cond_t *c);
void rt_clock_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock,
                        double seconds);
/* 0.4 s · 12 s · 2:05 · 1:02:05 */
void rt_str_add_duration(struct rt_str *b, double seconds);
/* 12:40:55, local; and 2026-11-21T12:40:55Z */
void rt_str_add_time(struct rt_str *b, double wall);
void rt_str_add_date(struct rt_str *b, double wall);
#endif
