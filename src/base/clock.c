/* Time to measure with and time to show. */
#include "base/clock.h"

#include <math.h>
#include <time.h>

static double seconds_of(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double rt_clock_now(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double rt_clock_wall(void)
{
    return seconds_of(CLOCK_REALTIME);
}

void rt_clock_cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(c, &attr);
    pthread_condattr_destroy(&attr);
}

void rt_clock_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock,
                        double seconds)
{
    double t = rt_clock_now() + fmax(seconds, 0), whole = floor(t);
    struct timespec until = { .tv_sec = (time_t)whole,
                              .tv_nsec = (long)((t - whole) * 1e9) };
    pthread_cond_timedwait(c, lock, &until);
}

void rt_str_add_duration(struct rt_str *b, double seconds)
{
    if (!(seconds >= 0) || seconds > 1e12) {
        rt_str_add(b, "-");
        return;
    }
    long long s = llround(seconds);
    if (seconds < 9.95)
        rt_str_addf(b, "%.1f s", seconds);
    else if (s < 60)
        rt_str_addf(b, "%lld s", s);
    else if (s < 3600)
        rt_str_addf(b, "%lld:%02lld", s / 60, s % 60);
    else
        rt_str_addf(b, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}

void rt_str_add_time(struct rt_str *b, double wall)
{
    time_t t = (time_t)floor(wall);
    struct tm tm;
    char text[16];
    localtime_r(&t, &tm);
    strftime(text, sizeof text, "%H:%M:%S", &tm);
    rt_str_add(b, text);
}

void rt_str_add_date(struct rt_str *b, double wall)
{
    time_t t = (time_t)floor(wall);
    struct tm tm;
    char text[32];
    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    rt_str_add(b, text);
}
