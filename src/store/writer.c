/* Each writer has a thread and a connection of its own. Batch events are
 * dropped here: they are many, and what they add up to comes with the epoch. */
#include "store/writer.h"

#include "base/clock.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/tables.h"
#include "train/run.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Batch events do not wake us; while some come they are taken away this often,
 * lest they pile up. */
#define SWEEP_MS 1000
/* Between two attempts on a disk that does not take anything. */
#define RETRY_SECONDS 2.0

enum {
    PUT_SERIES,
    PUT_STATE,
    DROP_EPOCHS,
    DROP_METRICS,
    PUT_EPOCH,
    PUT_METRIC,
    ANSWER_ORDER,
    PUT_REFUSED,
    PUT_MESSAGE,
    N_STATEMENTS,
};

static const char *const sql[N_STATEMENTS] = {
    [PUT_SERIES] = "INSERT INTO series (run, number, key, unit, output, mode)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                   " ON CONFLICT (run, number) DO UPDATE SET key = ?3,"
                   " unit = ?4, output = ?5, mode = ?6",
    [PUT_STATE] = "UPDATE run SET state = ?2, reason = ?3, ended = ?4"
                  " WHERE id = ?1",
    [DROP_EPOCHS] = "DELETE FROM epoch WHERE run = ?1 AND epoch > ?2",
    [DROP_METRICS] = "DELETE FROM metric WHERE run = ?1 AND epoch > ?2",
    [PUT_EPOCH] = "INSERT INTO epoch (run, epoch, step, n_batches, wall)"
                  " VALUES (?1, ?2, ?3, ?4, ?5)"
                  " ON CONFLICT (run, epoch) DO UPDATE SET step = ?3,"
                  " n_batches = ?4, wall = ?5",
    [PUT_METRIC] = "INSERT INTO metric (run, series, epoch, value)"
                   " VALUES (?1, ?2, ?3, ?4)"
                   " ON CONFLICT (run, series, epoch) DO UPDATE"
                   " SET value = ?4",
    [ANSWER_ORDER] = "UPDATE note SET says = ?3, code = ?4, mark = ?5,"
                     " n_batches = ?6 WHERE id = (SELECT min(id) FROM note"
                     " WHERE run = ?1 AND kind = 1 AND code IS NULL"
                     " AND number = ?2)",
    [PUT_REFUSED] = "INSERT INTO note (run, kind, wall, epoch, batch, who,"
                    " text, says, code) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?6,"
                    " ?7)",
    [PUT_MESSAGE] = "INSERT INTO note (run, kind, wall, epoch, batch, who,"
                    " text, code) VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7)",
};

struct rt_writer {
    struct rt_bus *bus; /* immutable, borrowed */
    struct rt_writer_runs runs;
    struct rt_sub *sub;
    int wake_fd;
    pthread_t thread;

    struct rt_db *db; /* the thread's own, from here */
    struct rt_stmt *st[N_STATEMENTS];
    RT_VEC(struct rt_event *) wait; /* taken and not in the file yet */
    double since;                   /* when the first of them came */
    bool idle; /* nothing at all came since the last look */
    bool failing;
    double tried;

    pthread_mutex_t lock;
    pthread_cond_t done_cond;
    uint64_t asked, done; /* flushes; guarded by lock, as is */
    bool stop;
};

/* ---- one event ----------------------------------------------------------- */

static bool is_over(int state)
{
    return state >= RT_RUN_FINISHED;
}

/* A run that went back, or was resumed from a checkpoint, takes another way
 * from there: what it had done behind this epoch is no longer its history. */
static int drop_later(struct rt_writer *w, const struct rt_event *e,
                      struct rt_err *err)
{
    int64_t run = e->run;
    int status = rt_stmt_run(w->st[DROP_EPOCHS], err, "ii", run, e->epoch);
    if (!status && rt_db_changes(w->db))
        status = rt_stmt_run(w->st[DROP_METRICS], err, "ii", run, e->epoch);
    return status;
}

static int put_epoch(struct rt_writer *w, const struct rt_event *e,
                     struct rt_err *err)
{
    int64_t run = e->run;
    int status = drop_later(w, e, err);
    if (!status)
        status = rt_stmt_run(w->st[PUT_EPOCH], err, "iiiid", run, e->epoch,
                             e->step, e->n_batches, e->wall);
    for (int i = 0; !status && i < e->n; i++)
        status = rt_stmt_run(w->st[PUT_METRIC], err, "iiid", run,
                             (int64_t)e->series[i], e->epoch, e->value[i]);
    return status;
}

/* An order that has no row to answer was refused before it could be recorded,
 * or is replayed after a resume: then its row is there since long. */
static int put_order(struct rt_writer *w, const struct rt_event *e,
                     struct rt_err *err)
{
    int64_t run = e->run, code = e->code;
    int status = rt_stmt_run(w->st[ANSWER_ORDER], err, "iitiii", run, e->number,
                             e->text, code, (int64_t)e->mark, e->n_batches);
    if (!status && !rt_db_changes(w->db) && code)
        status = rt_stmt_run(w->st[PUT_REFUSED], err, "idiitti", run, e->wall,
                             e->epoch, e->batch, e->who, e->text, code);
    return status;
}

static int put(struct rt_writer *w, const struct rt_event *e,
               struct rt_err *err)
{
    int64_t run = e->run;
    switch (e->type) {
    case RT_EV_SERIES:
        return rt_stmt_run(w->st[PUT_SERIES], err, "iittti", run,
                           (int64_t)e->series_id, e->key, e->unit, e->output,
                           (int64_t)e->mode);
    case RT_EV_STATE:
        return rt_stmt_run(w->st[PUT_STATE], err, "ittd", run,
                           rt_run_state_name((enum rt_run_state)e->code),
                           e->text, is_over(e->code) ? e->wall : (double)NAN);
    case RT_EV_EPOCH:
        return put_epoch(w, e, err);
    case RT_EV_ORDER:
        return put_order(w, e, err);
    case RT_EV_LOG:
        return rt_stmt_run(w->st[PUT_MESSAGE], err, "idiitti", run, e->wall,
                           e->epoch, e->batch, e->who, e->text,
                           (int64_t)e->code);
    case RT_EV_CHECKPOINT:
    case RT_EV_BATCH:
        break;
    }
    return 0;
}

/* ---- the thread ---------------------------------------------------------- */

/* What was published before now: who waits for it would wait long where batches
 * come faster than they are taken. */
static void drain(struct rt_writer *w)
{
    struct rt_event *e;
    double now = rt_clock_now();
    w->idle = true;
    for (bool newer = false; !newer && (e = rt_sub_next(w->sub));) {
        w->idle = false;
        newer = e->clock > now;
        if (e->type == RT_EV_BATCH || !w->runs.owns(w->runs.ctx, e->run)) {
            rt_event_unref(e);
            continue;
        }
        if (!w->wait.n)
            w->since = rt_clock_now();
        rt_vec_push(&w->wait, e);
    }
}

static int write_waiting(struct rt_writer *w, struct rt_err *err)
{
    int status = rt_db_begin(w->db, err);
    for (int i = 0; !status && i < w->wait.n; i++)
        status = put(w, w->wait.v[i], err);
    if (!status)
        return rt_db_commit(w->db, err);
    rt_db_rollback(w->db);
    return status;
}

/* Said once when it begins and once when it is over. */
static void report(struct rt_writer *w, int status, const struct rt_err *err)
{
    int run = w->wait.v[0]->run;
    if (status && !w->failing)
        rt_bus_log(w->bus, run, RT_LOG_WARNING, "store",
                   "cannot record, trying again: %s", err->text);
    else if (!status && w->failing)
        rt_bus_log(w->bus, run, RT_LOG_INFO, "store",
                   "recording again, nothing was lost");
    w->failing = status != 0;
}

static void attempt(struct rt_writer *w)
{
    struct rt_err err = RT_ERR_INIT;
    if (!w->wait.n)
        return;
    int status = write_waiting(w, &err);
    report(w, status, &err);
    w->tried = rt_clock_now();
    if (status)
        return;
    for (int i = 0; i < w->wait.n; i++)
        rt_event_unref(w->wait.v[i]);
    w->wait.n = 0;
}

/* When the events that wait are due. */
static double due(const struct rt_writer *w)
{
    return w->failing ? w->tried + RETRY_SECONDS : w->since + RT_WRITER_SECONDS;
}

static void doze(struct rt_writer *w)
{
    struct pollfd fd[] = {
        { .fd = rt_sub_fd(w->sub), .events = POLLIN },
        { .fd = w->wake_fd, .events = POLLIN },
    };
    double ms = SWEEP_MS;
    if (w->wait.n)
        ms = fmin(ms, fmax(0, ceil((due(w) - rt_clock_now()) * 1000)));
    else if (w->idle && fd[0].fd >= 0)
        ms = -1;
    poll(fd, 2, (int)ms);
    uint64_t n;
    if (fd[1].revents && read(w->wake_fd, &n, sizeof n) < 0)
        return; /* another wake-up was quicker */
}

static void *work(void *arg)
{
    struct rt_writer *w = arg;
    bool stop = false;
    while (!stop) {
        doze(w);
        pthread_mutex_lock(&w->lock);
        uint64_t asked = w->asked;
        bool now = asked != w->done;
        stop = w->stop;
        pthread_mutex_unlock(&w->lock);
        drain(w);
        if (now || stop || (w->wait.n && rt_clock_now() >= due(w)))
            attempt(w);
        if (now) {
            pthread_mutex_lock(&w->lock);
            w->done = asked;
            pthread_cond_broadcast(&w->done_cond);
            pthread_mutex_unlock(&w->lock);
        }
    }
    return NULL;
}

static void wake(struct rt_writer *w)
{
    uint64_t one = 1;
    while (write(w->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* ---- the owner's side ---------------------------------------------------- */

static void release(struct rt_writer *w)
{
    for (int i = 0; i < w->wait.n; i++)
        rt_event_unref(w->wait.v[i]);
    rt_vec_release(&w->wait);
    rt_sub_free(w->sub);
    for (int i = 0; i < N_STATEMENTS; i++)
        rt_stmt_free(w->st[i]);
    rt_db_close(w->db);
    if (w->wake_fd >= 0)
        close(w->wake_fd);
    pthread_cond_destroy(&w->done_cond);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static int start(struct rt_writer *w, const char *path, struct rt_err *err)
{
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->wake_fd < 0)
        return rt_fail_errno(err, "store");
    w->db = rt_db_open(path, rt_store_tables, RT_DB_NORMAL, err);
    if (!w->db)
        return RT_EIO;
    for (int i = 0; i < N_STATEMENTS; i++) {
        w->st[i] = rt_db_prepare(w->db, sql[i], err);
        if (!w->st[i])
            return RT_EIO;
    }
    w->sub = rt_bus_subscribe(w->bus);
    errno = pthread_create(&w->thread, NULL, work, w);
    return errno ? rt_fail_errno(err, "store: thread") : 0;
}

struct rt_writer *rt_writer_new(const char *path, struct rt_bus *bus,
                                struct rt_writer_runs runs, struct rt_err *err)
{
    struct rt_writer *w = rt_xcalloc(1, sizeof *w);
    w->bus = bus;
    w->runs = runs;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->done_cond, NULL);
    if (start(w, path, err)) {
        release(w);
        return NULL;
    }
    return w;
}

void rt_writer_flush(struct rt_writer *w)
{
    pthread_mutex_lock(&w->lock);
    uint64_t mine = ++w->asked;
    wake(w);
    while (w->done < mine)
        pthread_cond_wait(&w->done_cond, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

void rt_writer_free(struct rt_writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_mutex_unlock(&w->lock);
    wake(w);
    pthread_join(w->thread, NULL);
    release(w);
}
