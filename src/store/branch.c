/* The branch that a run goes on as when it went back: its first checkpoint is
 * written beside, then one commit ends the run and begins the branch. Who is
 * killed before it finds the run with an order that was not answered, and gives
 * it again; who is killed behind it finds the branch. On the connection for
 * orders, as it is the training thread that waits. */
#include "store/checkpoint.h"
#include "store/lock.h"
#include "store/store.h"

#include "base/clock.h"

#include <stdlib.h>

/* A branch that is being made. */
struct branch {
    const struct rt_rewind *w;
    const struct rt_checkpoint *c;
    int64_t id;
    char *folder, *file; /* its name there */
    int64_t size;
    uint64_t hash;
    int fd; /* the lock, taken before the row can be seen */
};

static int insert(struct rt_store *s, const struct branch *b,
                  struct rt_err *err)
{
    struct rt_stmt *st = rt_db_prepare(
        s->order_db,
        "INSERT INTO run (id, name, model, state, script, settings, data,"
        " data_hash, model_hash, seed, version, blas, isa, threads, epochs,"
        " batch_size, params, begun, fit, dir, tags, point, parent,"
        " parent_epoch)"
        " SELECT ?4, name, model, 'running', script, settings, data, data_hash,"
        " model_hash, seed, version, blas, isa, threads, epochs, batch_size,"
        " params, ?3, fit, dir, tags, point, id, ?2 FROM run"
        " WHERE id = ?1",
        err);
    int status = st ? rt_stmt_run(st, err, "iidi", (int64_t)b->w->run,
                                  b->w->epoch, rt_clock_wall(), b->id)
                    : RT_EIO;
    rt_stmt_free(st);
    return status;
}

/* What both ways have in common, under the new number. Of what callbacks
 * ordered that is what the state holds: the rest they order again. A
 * checkpoint by name may stand within an epoch. */
static int copy_past(struct rt_store *s, const struct branch *b,
                     struct rt_err *err)
{
    static const char *const sql[] = {
        "INSERT INTO series SELECT ?1, number, key, unit, output, mode"
        " FROM series WHERE run = ?2 AND ?3 >= 0",
        "INSERT INTO epoch SELECT ?1, epoch, step, n_batches, wall FROM epoch"
        " WHERE run = ?2 AND epoch <= ?3",
        "INSERT INTO metric SELECT ?1, series, epoch, value FROM metric"
        " WHERE run = ?2 AND epoch <= ?3",
        "INSERT INTO note (run, kind, wall, epoch, batch, n_batches, who, text,"
        " says, code, number, by_callback, mark) SELECT ?1, kind, wall, epoch,"
        " batch, n_batches, who, text, says, code, number, by_callback, mark"
        " FROM note WHERE run = ?2 AND kind = 1 AND code = 0 AND"
        " CASE WHEN by_callback THEN (epoch, batch) < (?4, ?5)"
        "  OR ((epoch, batch) = (?4, ?5) AND (?6 OR number <= ?7))"
        " WHEN ?8 THEN (epoch, batch) <= (?4, ?5) AND number <= ?7"
        " ELSE epoch <= ?3 END ORDER BY id",
    };
    const struct rt_rewind *w = b->w;
    int status = 0;
    for (int i = 0; i < 4 && !status; i++) {
        struct rt_stmt *st = rt_db_prepare(s->order_db, sql[i], err);
        status = st ? rt_stmt_run(st, err, i == 3 ? "iiiiiiii" : "iii", b->id,
                                  (int64_t)w->run, w->epoch, w->at_epoch,
                                  w->at_batch, (int64_t)w->others, w->at_order,
                                  (int64_t)(w->name != NULL))
                    : RT_EIO;
        rt_stmt_free(st);
    }
    return status;
}

static int put_checkpoint(struct rt_store *s, const struct branch *b,
                          struct rt_err *err)
{
    const struct rt_checkpoint *c = b->c;
    struct rt_stmt *st = rt_db_prepare(s->order_db, rt_keeper_put_row, err);
    int status =
        st ? rt_stmt_run(st, err, "itttdiiiiiii", b->id, b->file, c->name,
                         c->why, c->wall, c->epoch, c->batch, c->step, c->order,
                         c->best_epoch, b->size, (int64_t)b->hash)
           : RT_EIO;
    rt_stmt_free(st);
    return status;
}

/* The run's last words; its events say the same a little later. */
static int end_run(struct rt_store *s, const struct branch *b,
                   struct rt_err *err)
{
    const struct rt_rewind *w = b->w;
    char *says =
        rt_xprintf("back to %s, goes on as run %lld", w->to, (long long)b->id);
    char *reason = rt_xprintf("went %s", says);
    struct rt_stmt *run = rt_db_prepare(
        s->order_db,
        "UPDATE run SET state = ?2, reason = ?3, ended = ?4 WHERE id = ?1",
        err);
    struct rt_stmt *note = rt_db_prepare(
        s->order_db,
        "UPDATE note SET says = ?3, code = 0, mark = 1, n_batches = ?4"
        " WHERE run = ?1 AND kind = 1 AND number = ?2",
        err);
    int status = run && note ? 0 : RT_EIO;
    if (!status)
        status = rt_stmt_run(run, err, "ittd", (int64_t)w->run,
                             rt_run_state_name(RT_RUN_STOPPED), reason,
                             rt_clock_wall());
    if (!status)
        status = rt_stmt_run(note, err, "iiti", (int64_t)w->run, w->order, says,
                             w->n_batches);
    rt_stmt_free(run);
    rt_stmt_free(note);
    free(reason);
    free(says);
    return status;
}

static int put_rows(struct rt_store *s, const struct branch *b,
                    struct rt_err *err)
{
    int status = rt_db_begin(s->order_db, err);
    if (status)
        return status;
    status = insert(s, b, err);
    if (!status)
        status = copy_past(s, b, err);
    if (!status)
        status = put_checkpoint(s, b, err);
    if (!status)
        status = end_run(s, b, err);
    if (!status)
        return rt_db_commit(s->order_db, err);
    rt_db_rollback(s->order_db);
    return status;
}

static int take_lock(struct rt_store *s, struct branch *b, struct rt_err *err)
{
    char *lock = rt_store_run_path(s, b->id, "lock");
    int status = rt_lock_take(lock, &b->fd, err);
    free(lock);
    return status;
}

int rt_store_branch(void *ctx, struct rt_rewind *w,
                    const struct rt_checkpoint *c, struct rt_state_memory *m,
                    struct rt_err *err)
{
    struct rt_store *s = ctx;
    struct branch b = { .w = w, .c = c, .fd = -1 };
    pthread_mutex_lock(&s->order_lock);
    int status = rt_store_make_folder(s, s->order_db, &b.id, err);
    bool made = !status;
    b.folder = rt_store_run_path(s, b.id, NULL);
    if (!status)
        status = take_lock(s, &b, err);
    if (!status)
        status =
            rt_keeper_write(b.folder, c, m, &b.file, &b.size, &b.hash, err);
    if (!status)
        status = put_rows(s, &b, err);
    if (!status) {
        w->number = (int)b.id;
        rt_store_own(s, w->number, b.fd);
    } else {
        if (made)
            rt_store_drop_folder(b.folder);
        if (b.fd >= 0)
            rt_lock_drop(b.fd);
    }
    pthread_mutex_unlock(&s->order_lock);
    rt_state_memory_free(m);
    free(b.file);
    free(b.folder);
    return status;
}
