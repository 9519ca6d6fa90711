/* Time: monotonic seconds for measuring, wall-clock text for people. */
#ifndef RT_BASE_CLOCK_H
#define RT_BASE_CLOCK_H
#include "base/str.h"

double rt_clock_now(void);  /* monotonic, seconds */
double rt_clock_wall(void); /* seconds since 1970 */
/* 0.4 s · 12 s · 2:05 · 1:02:05 */
void rt_str_add_duration(struct rt_str *b, double seconds);
/* 12:40:55, local; and 2026-11-21T12:40:55Z */
void rt_str_add_time(struct rt_str *b, double wall);
void rt_str_add_date(struct rt_str *b, double wall);
#endif
