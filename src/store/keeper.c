/* The queue of checkpoints and its thread. A run has at most one of those that
 * are made by the clock in the queue: while one waits or is written the next is
 * not taken. One of the start waits a little, since a run that is over by then
 * needs none. What cannot be written (a full disk) is tried again: one warning
 * goes to the bus. */
#include "store/keeper.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "files/h5_values.h"
#include "store/db.h"
#include "store/prune.h"
#include "store/tables.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_WAITS   0.5 /* seconds */
#define RETRY_SECONDS 2.0

enum { MOST_WAITING = 6 };

const char rt_keeper_put_row[] =
    "INSERT INTO checkpoint (run, file, name, why, wall, epoch, batch,"
    " step, orders, best_epoch, size, hash)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

struct job {
    struct rt_checkpoint c;         /* its texts are the job's */
    struct rt_state_memory *memory; /* NULL: then is to be called */
    double due;                     /* clock */
    bool tried;                     /* and it could not be written */
};
struct spare {
    int run;
    struct rt_state_memory *memory;
};

struct rt_keeper {
    const char *path, *dir; /* immutable, as are */
    struct rt_keeper_calls calls;
    pthread_t thread;

    struct rt_db *db; /* the thread's own */
    struct rt_stmt *put;

    pthread_mutex_t lock;
    pthread_cond_t news;
    struct rt_bus *bus;         /* guarded by lock, as is all that follows */
    RT_VEC(struct job *) queue; /* the first is being written if `busy` */
    bool busy;
    RT_VEC(struct spare) spares;
    int flushing;      /* how many wait */
    uint64_t n_failed; /* attempts */
    bool stop;
    struct rt_err failed; /* of the last attempt; code 0: it went well */
};

static void job_free(struct job *j)
{
    if (!j)
        return;
    rt_state_memory_free(j->memory);
    free((void *)(uintptr_t)j->c.why);
    free((void *)(uintptr_t)j->c.name);
    free(j);
}

/* ---- writing one --------------------------------------------------------- */

static enum rt_h5_kind kind_of(enum rt_state_type type)
{
    switch (type) {
    case RT_STATE_F32:
        return RT_H5_F32;
    case RT_STATE_F64:
        return RT_H5_F64;
    case RT_STATE_I64:
        return RT_H5_I64;
    case RT_STATE_TEXT:
        break;
    }
    return RT_H5_BYTES;
}

static int write_values(const char *file, const struct rt_state_memory *m,
                        int64_t *size, uint64_t *hash, struct rt_err *err)
{
    int n = rt_state_memory_n(m), count = 0;
    struct rt_h5_value *v = rt_xcalloc((size_t)n + 1, sizeof *v);
    for (int i = 0; i < n; i++) {
        enum rt_state_type type;
        struct rt_h5_value *to = &v[count];
        to->v = rt_state_memory_at(m, i, &to->name, &type, &to->n);
        to->kind = kind_of(type);
        count += to->v != NULL;
    }
    int status = rt_h5_values_write(file, v, count, size, hash, err);
    free(v);
    return status;
}

/* A name that no file has, telling where it stands. */
static char *free_name(const char *folder, const struct rt_checkpoint *c)
{
    for (int i = 1;; i++) {
        char *name = rt_xprintf("checkpoint-%lld-%lld-%d.h5",
                                (long long)c->epoch, (long long)c->batch, i);
        char *path = rt_path_join(folder, name);
        bool there = rt_file_exists(path);
        free(path);
        if (!there)
            return name;
        free(name);
    }
}

int rt_keeper_write(const char *folder, const struct rt_checkpoint *c,
                    const struct rt_state_memory *m, char **file, int64_t *size,
                    uint64_t *hash, struct rt_err *err)
{
    *file = free_name(folder, c);
    char *path = rt_path_join(folder, *file);
    int status = write_values(path, m, size, hash, err);
    free(path);
    if (!status)
        return 0;
    free(*file);
    *file = NULL;
    return status;
}

/* The row and what goes because of it in one transaction; the files go when it
 * is committed. */
static int commit(struct rt_keeper *k, const struct rt_checkpoint *c,
                  const char *name, int64_t size, uint64_t hash,
                  struct rt_err *err)
{
    struct rt_gone gone = { 0 };
    int status = rt_db_begin(k->db, err);
    if (status)
        return status;
    status = rt_stmt_run(k->put, err, "itttdiiiiiii", (int64_t)c->run, name,
                         c->name, c->why, c->wall, c->epoch, c->batch, c->step,
                         c->order, c->best_epoch, size, (int64_t)hash);
    if (!status)
        status = rt_prune_rows(k->db, c->run, false, &gone, err);
    if (status)
        rt_db_rollback(k->db);
    else
        status = rt_db_commit(k->db, err);
    if (!status)
        rt_prune_files(k->dir, c->run, &gone, true);
    rt_gone_release(&gone);
    return status;
}

static int write_one(struct rt_keeper *k, const struct job *j,
                     struct rt_err *err)
{
    int64_t size;
    uint64_t hash;
    char *name = NULL;
    char *folder = rt_xprintf("%s/%d", k->dir, j->c.run);
    int status =
        rt_keeper_write(folder, &j->c, j->memory, &name, &size, &hash, err);
    if (!status) {
        k->calls.flush(k->calls.ctx);
        status = commit(k, &j->c, name, size, hash, err);
        if (status) {
            char *path = rt_path_join(folder, name);
            unlink(path);
            free(path);
        }
    }
    free(name);
    free(folder);
    return status ? rt_err_within(err, "checkpoint of run %d", j->c.run) : 0;
}

/* ---- the thread ---------------------------------------------------------- */

/* Said once when it begins and once when it is over. Under k->lock. */
static void report(struct rt_keeper *k, const struct job *j,
                   const struct rt_err *err)
{
    if (k->bus && err->code && !k->failed.code)
        rt_bus_log(k->bus, j->c.run, RT_LOG_WARNING, "store",
                   "cannot keep a checkpoint, trying again: %s", err->text);
    else if (k->bus && !err->code && k->failed.code)
        rt_bus_log(k->bus, j->c.run, RT_LOG_INFO, "store",
                   "checkpoints are kept again");
    k->failed = *err;
}

static void keep_spare(struct rt_keeper *k, int run, struct rt_state_memory *m)
{
    struct spare s = { run, m };
    for (int i = 0; i < k->spares.n; i++)
        if (k->spares.v[i].run == run) {
            rt_state_memory_free(m);
            return;
        }
    rt_vec_push(&k->spares, s);
}

static void drop_spare(struct rt_keeper *k, int run)
{
    for (int i = k->spares.n - 1; i >= 0; i--)
        if (k->spares.v[i].run == run) {
            rt_state_memory_free(k->spares.v[i].memory);
            rt_vec_remove(&k->spares, i);
        }
}

/* Under k->lock, which is given away meanwhile. */
static void serve_first(struct rt_keeper *k)
{
    struct job *j = k->queue.v[0];
    struct rt_err err = RT_ERR_INIT;
    k->busy = true;
    pthread_mutex_unlock(&k->lock);
    if (j->memory)
        write_one(k, j, &err);
    else
        k->calls.then(k->calls.ctx, j->c.run);
    pthread_mutex_lock(&k->lock);
    k->busy = false;
    if (j->memory)
        report(k, j, &err);
    j->tried = err.code != 0;
    j->due = rt_clock_now() + RETRY_SECONDS;
    k->n_failed += err.code != 0;
    if (!err.code || k->stop) {
        rt_vec_remove(&k->queue, 0);
        if (j->memory && !err.code && !strcmp(j->c.why, "time")) {
            keep_spare(k, j->c.run, j->memory);
            j->memory = NULL;
        } else if (!j->memory) {
            drop_spare(k, j->c.run);
        }
        job_free(j);
    }
    pthread_cond_broadcast(&k->news);
}

static void doze(struct rt_keeper *k)
{
    double s = k->queue.n ? k->queue.v[0]->due - rt_clock_now() : 3600;
    rt_clock_cond_wait(&k->news, &k->lock, s);
}

static void *work(void *arg)
{
    struct rt_keeper *k = arg;
    pthread_mutex_lock(&k->lock);
    while (!k->stop || k->queue.n) {
        struct job *j = k->queue.n ? k->queue.v[0] : NULL;
        if (j && (k->stop || k->flushing || rt_clock_now() >= j->due))
            serve_first(k);
        else
            doze(k);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

/* ---- the others' side ---------------------------------------------------- */

struct rt_state_memory *rt_keeper_memory(struct rt_keeper *k, int run,
                                         bool must)
{
    struct rt_state_memory *m = NULL;
    bool waits = false;
    pthread_mutex_lock(&k->lock);
    for (int i = 0; i < k->queue.n; i++) {
        struct job *j = k->queue.v[i];
        if (j->c.run != run || !j->memory)
            continue;
        waits = true;
        if (!j->tried && j->due > 0) { /* it has waited long enough */
            j->due = 0;
            pthread_cond_broadcast(&k->news);
        }
    }
    for (int i = 0; i < k->spares.n && !m; i++)
        if (k->spares.v[i].run == run) {
            m = k->spares.v[i].memory;
            rt_vec_remove(&k->spares, i);
        }
    pthread_mutex_unlock(&k->lock);
    return m ? m : waits && !must ? NULL : rt_state_memory_new();
}

/* One that waits and that nobody gave a name, made needless by what comes after
 * it: a disk that took none of them, or the end of its run unless it was asked
 * for. */
static bool needless(const struct job *old, const struct rt_checkpoint *c)
{
    if (old->c.run != c->run || !old->memory || old->c.name)
        return false;
    return old->tried ||
           (!strcmp(c->why, "end") && strcmp(old->c.why, "order"));
}

static void push(struct rt_keeper *k, const struct rt_checkpoint *c,
                 struct rt_state_memory *m)
{
    struct job *j = rt_xcalloc(1, sizeof *j);
    j->c = *c;
    j->c.why = rt_xstrdup(c->why);
    j->c.name = rt_xstrdup(c->name);
    j->memory = m;
    j->due = rt_clock_now();
    pthread_mutex_lock(&k->lock);
    for (int i = k->queue.n - 1; m && i >= (k->busy ? 1 : 0); i--)
        if (needless(k->queue.v[i], c)) {
            job_free(k->queue.v[i]);
            rt_vec_remove(&k->queue, i);
        }
    if (m && !strcmp(c->why, "start"))
        j->due += START_WAITS;
    rt_vec_push(&k->queue, j);
    pthread_cond_broadcast(&k->news);
    pthread_mutex_unlock(&k->lock);
}

void rt_keeper_put(struct rt_keeper *k, const struct rt_checkpoint *c,
                   struct rt_state_memory *m)
{
    push(k, c, m);
}

void rt_keeper_then(struct rt_keeper *k, int run)
{
    struct rt_checkpoint c = { .run = run };
    push(k, &c, NULL);
}

void rt_keeper_room(struct rt_keeper *k)
{
    pthread_mutex_lock(&k->lock);
    while (k->queue.n > MOST_WAITING && !k->failed.code)
        pthread_cond_wait(&k->news, &k->lock);
    pthread_mutex_unlock(&k->lock);
}

int rt_keeper_flush(struct rt_keeper *k, struct rt_err *err)
{
    pthread_mutex_lock(&k->lock);
    uint64_t before = k->n_failed;
    k->flushing++;
    pthread_cond_broadcast(&k->news);
    while (k->queue.n && k->n_failed == before)
        pthread_cond_wait(&k->news, &k->lock);
    k->flushing--;
    int status =
        k->failed.code ? rt_fail(err, k->failed.code, "%s", k->failed.text) : 0;
    pthread_mutex_unlock(&k->lock);
    return status;
}

void rt_keeper_tell(struct rt_keeper *k, struct rt_bus *bus)
{
    pthread_mutex_lock(&k->lock);
    k->bus = bus;
    pthread_mutex_unlock(&k->lock);
}

static void release(struct rt_keeper *k)
{
    for (int i = 0; i < k->queue.n; i++)
        job_free(k->queue.v[i]);
    rt_vec_release(&k->queue);
    for (int i = 0; i < k->spares.n; i++)
        rt_state_memory_free(k->spares.v[i].memory);
    rt_vec_release(&k->spares);
    rt_stmt_free(k->put);
    rt_db_close(k->db);
    pthread_cond_destroy(&k->news);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

static int start(struct rt_keeper *k, struct rt_err *err)
{
    k->db = rt_db_open(k->path, rt_store_tables, RT_DB_FULL, err);
    if (!k->db)
        return RT_EIO;
    k->put = rt_db_prepare(k->db, rt_keeper_put_row, err);
    if (!k->put)
        return RT_EIO;
    errno = pthread_create(&k->thread, NULL, work, k);
    return errno ? rt_fail_errno(err, "store: thread") : 0;
}

struct rt_keeper *rt_keeper_new(const char *path, const char *dir,
                                const struct rt_keeper_calls *calls,
                                struct rt_err *err)
{
    struct rt_keeper *k = rt_xcalloc(1, sizeof *k);
    k->path = path;
    k->dir = dir;
    k->calls = *calls;
    pthread_mutex_init(&k->lock, NULL);
    rt_clock_cond_init(&k->news);
    if (start(k, err)) {
        release(k);
        return NULL;
    }
    return k;
}

void rt_keeper_free(struct rt_keeper *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_broadcast(&k->news);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    release(k);
}
