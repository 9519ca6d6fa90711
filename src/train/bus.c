/* Events from training threads to subscribers. One lock for the whole bus: it
 * is held to move pointers, and for nothing else. An event is one block with
 * its arrays, so a batch costs one allocation. */
#include "train/bus.h"
#include "base/clock.h"
#include "base/vec.h"

#include <math.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How far back a batch looks for the last event of its run to be folded into:
 * more than the runs that train side by side. */
#define LOOK_BACK 64

struct rt_sub {
    struct rt_bus *bus;
    int fd; /* -1: the system gave none, the queue works on */
    /* guarded by bus->lock; waiting events are queue[first .. first+n-1] of a
     * ring of cap */
    struct rt_event **queue;
    size_t first, n, cap;
    bool signalled; /* fd is readable */
};

struct rt_bus {
    pthread_mutex_t lock;
    RT_VEC(struct rt_sub *) subs; /* guarded by lock */
};

struct rt_bus *rt_bus_new(void)
{
    struct rt_bus *b = rt_xcalloc(1, sizeof *b);
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

void rt_bus_free(struct rt_bus *b)
{
    if (!b)
        return;
    rt_vec_release(&b->subs);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

struct rt_sub *rt_bus_subscribe(struct rt_bus *b)
{
    struct rt_sub *s = rt_xcalloc(1, sizeof *s);
    s->bus = b;
    s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_lock(&b->lock);
    rt_vec_push(&b->subs, s);
    pthread_mutex_unlock(&b->lock);
    return s;
}

void rt_sub_free(struct rt_sub *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->bus->lock);
    for (int i = 0; i < s->bus->subs.n; i++)
        if (s->bus->subs.v[i] == s) {
            rt_vec_remove(&s->bus->subs, i);
            break;
        }
    pthread_mutex_unlock(&s->bus->lock);
    for (size_t i = 0; i < s->n; i++)
        rt_event_unref(s->queue[(s->first + i) % s->cap]);
    free(s->queue);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

int rt_sub_fd(const struct rt_sub *s)
{
    return s->fd;
}

static void signal_fd(struct rt_sub *s)
{
    if (!s->signalled && s->fd >= 0 && eventfd_write(s->fd, 1) == 0)
        s->signalled = true;
}

static void clear_fd(struct rt_sub *s)
{
    eventfd_t count;
    if (s->signalled && eventfd_read(s->fd, &count) == 0)
        s->signalled = false;
}

struct rt_event *rt_sub_next(struct rt_sub *s)
{
    struct rt_event *e = NULL;
    pthread_mutex_lock(&s->bus->lock);
    if (s->n > 0) {
        e = s->queue[s->first];
        s->first = (s->first + 1) % s->cap;
        s->n--;
    }
    if (s->n == 0)
        clear_fd(s);
    pthread_mutex_unlock(&s->bus->lock);
    return e;
}

/* ---- events -------------------------------------------------------------- */

struct rt_event *rt_event_new(enum rt_event_type type, int run, int n)
{
    size_t count = (size_t)n;
    struct rt_event *e =
        rt_xcalloc(1, sizeof *e + count * (2 * sizeof(double) + sizeof(int)));
    e->refs = 1;
    e->type = type;
    e->run = run;
    e->wall = rt_clock_wall();
    e->clock = rt_clock_now();
    e->n = n;
    e->n_folded = 1;
    e->value = (double *)(e + 1);
    e->mean = e->value + count;
    e->series = (int *)(e->mean + count);
    return e;
}

static void ref(struct rt_event *e)
{
    __atomic_add_fetch(&e->refs, 1, __ATOMIC_RELAXED);
}

void rt_event_unref(struct rt_event *e)
{
    if (!e || __atomic_sub_fetch(&e->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(e->who);
    free(e->text);
    free(e->order);
    free(e->key);
    free(e->unit);
    free(e->output);
    free(e);
}

static struct rt_event *copy_batch(const struct rt_event *e)
{
    struct rt_event *c = rt_event_new(e->type, e->run, e->n);
    double *value = c->value, *mean = c->mean;
    int *series = c->series;
    *c = *e;
    c->refs = 1;
    c->value = memcpy(value, e->value, (size_t)e->n * sizeof *value);
    c->mean = memcpy(mean, e->mean, (size_t)e->n * sizeof *mean);
    c->series = memcpy(series, e->series, (size_t)e->n * sizeof *series);
    return c;
}

/* Puts batch e into the waiting batch at *at. What other queues hold too is
 * not touched: a copy takes its place here. */
static void fold(struct rt_event **at, const struct rt_event *e)
{
    struct rt_event *to = *at;
    if (__atomic_load_n(&to->refs, __ATOMIC_ACQUIRE) > 1) {
        to = copy_batch(*at);
        rt_event_unref(*at);
        *at = to;
    }
    double was = (double)to->n_folded, more = (double)e->n_folded;
    for (int i = 0; i < e->n; i++) {
        to->value[i] = (to->value[i] * was + e->value[i] * more) / (was + more);
        to->mean[i] = e->mean[i];
    }
    to->lo = fmin(to->lo, e->lo);
    to->hi = fmax(to->hi, e->hi);
    to->n_folded += e->n_folded;
    to->rows += e->rows;
    to->wall = e->wall;
    to->clock = e->clock;
    to->batch = e->batch;
    to->step = e->step;
}

/* The waiting batch of the same run and epoch that e may be folded into: the
 * last event of its run. */
static struct rt_event **last_batch(struct rt_sub *s, const struct rt_event *e)
{
    for (size_t back = 1; back <= LOOK_BACK && back <= s->n; back++) {
        struct rt_event **at = &s->queue[(s->first + s->n - back) % s->cap];
        if ((*at)->run != e->run)
            continue;
        bool same = (*at)->type == RT_EV_BATCH && (*at)->n == e->n &&
                    (*at)->epoch == e->epoch;
        return same ? at : NULL;
    }
    return NULL;
}

static void push(struct rt_sub *s, struct rt_event *e)
{
    struct rt_event **into = NULL;
    if (e->type == RT_EV_BATCH && s->n >= RT_BUS_FOLD)
        into = last_batch(s, e);
    if (into) {
        fold(into, e);
        return;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct rt_event **queue = rt_xmalloc(cap * sizeof *queue);
        for (size_t i = 0; i < s->n; i++)
            queue[i] = s->queue[(s->first + i) % s->cap];
        free(s->queue);
        s->queue = queue;
        s->cap = cap;
        s->first = 0;
    }
    ref(e);
    s->queue[(s->first + s->n++) % s->cap] = e;
    if (e->type != RT_EV_BATCH)
        signal_fd(s);
}

void rt_bus_publish(struct rt_bus *b, struct rt_event *e)
{
    if (e->type == RT_EV_BATCH && e->n > 0)
        e->lo = e->hi = e->value[0];
    pthread_mutex_lock(&b->lock);
    for (int i = 0; i < b->subs.n; i++)
        push(b->subs.v[i], e);
    pthread_mutex_unlock(&b->lock);
    rt_event_unref(e);
}

void rt_bus_vlog(struct rt_bus *b, struct rt_event *e, enum rt_level level,
                 const char *who, const char *fmt, va_list ap)
{
    struct rt_str text = RT_STR_INIT;
    rt_str_vaddf(&text, fmt, ap);
    e->who = rt_xstrdup(who);
    e->text = rt_str_take(&text);
    e->code = (int)level;
    rt_bus_publish(b, e);
}

void rt_bus_log(struct rt_bus *b, int run, enum rt_level level, const char *who,
                const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    rt_bus_vlog(b, rt_event_new(RT_EV_LOG, run, 0), level, who, fmt, ap);
    va_end(ap);
}
