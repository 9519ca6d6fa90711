/* The worker threads. Runs in progress stand in a list, each on its caller's
 * stack; a free worker joins the one with the fewest helpers and takes chunks
 * until none is left. A worker that finds nothing looks on for a moment, since
 * the products of one batch follow each other within microseconds, and only
 * then sleeps. */
#include "base/pool.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* Seconds of looking on before a sleep. */
#define PATIENCE 50e-6

struct job {
    rt_chunk_fn *fn;
    void *arg;
    int n_chunks;
    atomic_int next;    /* the chunk that nobody has begun */
    atomic_int helpers; /* workers inside; changed under pool.lock */
    bool listed;        /* guarded by pool.lock */
    struct job *link;   /* guarded by pool.lock */
};

static struct {
    pthread_t *worker; /* main thread only */
    int n_workers;
    atomic_bool spin; /* there is a core for every thread */
    atomic_int n_threads;
    atomic_int n_jobs; /* in the list; changed under lock */
    atomic_bool quit;  /* changed under lock */
    pthread_mutex_t lock;
    pthread_cond_t work;     /* a job came, or quit */
    pthread_cond_t left;     /* the last helper left a job */
    struct job *jobs;        /* guarded by lock */
    int n_asleep, n_waiting; /* guarded by lock */
} pool = {
    .n_threads = 1,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work = PTHREAD_COND_INITIALIZER,
    .left = PTHREAD_COND_INITIALIZER,
};

static void relax(void)
{
#if defined(__SSE2__)
    _mm_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

void rt_flush_denormals(void)
{
#if defined(__SSE2__)
    enum { DENORMALS_ARE_ZERO = 0x0040, FLUSH_TO_ZERO = 0x8000 };
    _mm_setcsr(_mm_getcsr() | DENORMALS_ARE_ZERO | FLUSH_TO_ZERO);
#endif
}

/* ---- jobs ---------------------------------------------------------------- */

static void unlist(struct job *j)
{
    if (!j->listed)
        return;
    struct job **at = &pool.jobs;
    while (*at != j)
        at = &(*at)->link;
    *at = j->link;
    j->listed = false;
    atomic_fetch_sub(&pool.n_jobs, 1);
}

static void do_chunks(struct job *j)
{
    int i;
    while ((i = atomic_fetch_add(&j->next, 1)) < j->n_chunks)
        j->fn(j->arg, i);
}

static bool exhausted(struct job *j)
{
    return atomic_load(&j->next) >= j->n_chunks;
}

/* The job with the fewest helpers; those found exhausted leave the list. */
static struct job *choose(void)
{
    struct job *best = NULL, *next;
    for (struct job *j = pool.jobs; j; j = next) {
        next = j->link;
        if (exhausted(j))
            unlist(j);
        else if (!best ||
                 atomic_load(&j->helpers) < atomic_load(&best->helpers))
            best = j;
    }
    return best;
}

/* Called and left with the lock held. After the count has fallen the job may
 * be gone with its caller's stack. */
static void help(struct job *j)
{
    atomic_fetch_add(&j->helpers, 1);
    pthread_mutex_unlock(&pool.lock);
    do_chunks(j);
    pthread_mutex_lock(&pool.lock);
    unlist(j);
    if (atomic_fetch_sub(&j->helpers, 1) == 1 && pool.n_waiting)
        pthread_cond_broadcast(&pool.left);
}

/* ---- workers ------------------------------------------------------------- */

static bool something_new(void)
{
    return atomic_load_explicit(&pool.n_jobs, memory_order_relaxed) > 0 ||
           atomic_load_explicit(&pool.quit, memory_order_relaxed);
}

static void look_on(bool (*done)(void *), void *arg)
{
    if (!atomic_load_explicit(&pool.spin, memory_order_relaxed))
        return;
    double until = rt_clock_now() + PATIENCE;
    do {
        for (int i = 0; i < 32; i++) {
            if (done(arg))
                return;
            relax();
        }
    } while (rt_clock_now() < until);
}

static bool worker_wanted(void *arg)
{
    (void)arg;
    return something_new();
}

static void *work(void *arg)
{
    (void)arg;
    rt_crash_thread();
    rt_flush_denormals();
    pthread_mutex_lock(&pool.lock);
    while (!atomic_load(&pool.quit)) {
        struct job *j = choose();
        if (j) {
            help(j);
            continue;
        }
        pthread_mutex_unlock(&pool.lock);
        look_on(worker_wanted, NULL);
        pthread_mutex_lock(&pool.lock);
        while (!something_new()) {
            pool.n_asleep++;
            pthread_cond_wait(&pool.work, &pool.lock);
            pool.n_asleep--;
        }
    }
    pthread_mutex_unlock(&pool.lock);
    rt_crash_thread_end();
    return NULL;
}

/* Signals from outside are for the threads that wait for them; a fault comes
 * to the thread that made it, which must not have it blocked. */
static void block_signals(sigset_t *before)
{
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGSEGV);
    sigdelset(&set, SIGBUS);
    sigdelset(&set, SIGFPE);
    sigdelset(&set, SIGILL);
    sigdelset(&set, SIGABRT);
    pthread_sigmask(SIG_SETMASK, &set, before);
}

static void stop_workers(void)
{
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.quit, true);
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    for (int i = 0; i < pool.n_workers; i++)
        pthread_join(pool.worker[i], NULL);
    free(pool.worker);
    pool.worker = NULL;
    pool.n_workers = 0;
    atomic_store(&pool.n_threads, 1);
    atomic_store(&pool.quit, false);
}

void rt_pool_threads(int n)
{
    if (n == rt_pool_n_threads())
        return;
    stop_workers();
    if (n <= 1)
        return;
    sigset_t before;
    atomic_store(&pool.spin, n <= rt_pool_cores());
    pool.worker = rt_xcalloc((size_t)n, sizeof *pool.worker);
    block_signals(&before);
    while (pool.n_workers < n - 1 &&
           !pthread_create(&pool.worker[pool.n_workers], NULL, work, NULL))
        pool.n_workers++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    atomic_store(&pool.n_threads, pool.n_workers + 1);
}

int rt_pool_n_threads(void)
{
    return atomic_load_explicit(&pool.n_threads, memory_order_relaxed);
}

void rt_pool_stop(void)
{
    rt_pool_threads(1);
}

int rt_pool_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

/* ---- running ------------------------------------------------------------- */

static void enlist(struct job *j)
{
    int wanted = j->n_chunks - 1;
    pthread_mutex_lock(&pool.lock);
    j->listed = true;
    j->link = pool.jobs;
    pool.jobs = j;
    atomic_fetch_add(&pool.n_jobs, 1);
    int wake = pool.n_asleep < wanted ? pool.n_asleep : wanted;
    pthread_mutex_unlock(&pool.lock);
    while (wake-- > 0)
        pthread_cond_signal(&pool.work);
}

static bool alone(void *arg)
{
    struct job *j = arg;
    return atomic_load_explicit(&j->helpers, memory_order_acquire) == 0;
}

/* Every chunk has begun; waits for those that helpers are still at. Off the
 * list, the job gets no new helper. */
static void await(struct job *j)
{
    pthread_mutex_lock(&pool.lock);
    unlist(j);
    pthread_mutex_unlock(&pool.lock);
    if (alone(j))
        return;
    look_on(alone, j);
    pthread_mutex_lock(&pool.lock);
    while (!alone(j)) {
        pool.n_waiting++;
        pthread_cond_wait(&pool.left, &pool.lock);
        pool.n_waiting--;
    }
    pthread_mutex_unlock(&pool.lock);
}

void rt_pool_run(int n_chunks, rt_chunk_fn *fn, void *arg)
{
    if (n_chunks <= 1 || rt_pool_n_threads() == 1) {
        for (int i = 0; i < n_chunks; i++)
            fn(arg, i);
        return;
    }
    struct job j = { .fn = fn, .arg = arg, .n_chunks = n_chunks };
    enlist(&j);
    do_chunks(&j);
    await(&j);
}
