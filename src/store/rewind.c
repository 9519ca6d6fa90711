/* Going back: the checkpoint to begin at, the orders behind it, and a row for
 * the branch with what the two ways have in common. All of it on the connection
 * for orders, since it is the training thread that waits. */
#include "store/checkpoint.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/tables.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* ---- where from ---------------------------------------------------------- */

/* The newest one that is whole and not behind the target; -1. */
static int choose(struct rt_rewind *w, const struct rt_checkpoint_row *v, int n,
                  struct rt_err *err)
{
    struct rt_err why = RT_ERR_INIT;
    bool named = false;
    for (int i = 0; i < n; i++) {
        const struct rt_checkpoint_row *c = &v[i];
        bool behind = c->epoch > w->epoch + 1 ||
                      (c->epoch == w->epoch + 1 && c->batch > 0);
        if (w->name ? !c->name || strcmp(c->name, w->name) : behind)
            continue;
        named = true;
        w->file = rt_checkpoint_open(c, &why);
        if (!w->file)
            continue;
        if (w->name)
            w->epoch = c->epoch - 1;
        w->from = rt_checkpoint_backend(w->file);
        return i;
    }
    if (named)
        rt_fail(err, why.code, "%s", why.text);
    else if (w->name)
        rt_fail(err, RT_ENOENT, "run %d has no checkpoint '%s'", w->run,
                w->name);
    else
        rt_fail(err, RT_ENOENT,
                "run %d has no checkpoint at or before the end of epoch %lld",
                w->run, (long long)w->epoch);
    return -1;
}

/* Those before the target; the run knows which of them the state holds. */
static int read_orders(struct rt_store *s, struct rt_rewind *w,
                       struct rt_err *err)
{
    RT_VEC(struct rt_order *) orders = { 0 };
    struct rt_stmt *q = rt_db_prepare(
        s->order_db,
        "SELECT number, epoch, batch, who, text FROM note WHERE run = ?1 AND"
        " kind = 1 AND number > 0 AND NOT by_callback AND"
        " (code IS NULL OR code = 0) AND epoch <= ?2 ORDER BY id",
        err);
    int status =
        q ? rt_stmt_bind(q, err, "ii", (int64_t)w->run, w->epoch) : RT_EIO;
    while (!status && !w->name && (status = rt_stmt_step(q, err)) > 0) {
        char *who = rt_stmt_text(q, 3), *text = rt_stmt_text(q, 4);
        struct rt_order *o = rt_order_parse(who, text ? text : "", err);
        status = o ? 0 : RT_EINVAL;
        free(who);
        free(text);
        if (o && o->type->passes) {
            rt_order_free(o);
        } else if (o) {
            o->id = rt_stmt_int(q, 0);
            o->when_epoch = rt_stmt_int(q, 1);
            o->when_batch = rt_stmt_int(q, 2);
            rt_vec_push(&orders, o);
        }
    }
    rt_stmt_free(q);
    w->orders = orders.v;
    w->n_orders = orders.n;
    return status;
}

/* ---- the branch ---------------------------------------------------------- */

/* What both ways have in common, under the new number. Of the epoch that a
 * checkpoint with a name stands in the middle of that is what was ordered. */
static int copy_past(struct rt_store *s, const struct rt_rewind *w, int64_t id,
                     const struct rt_checkpoint_row *from, struct rt_err *err)
{
    int64_t batch = w->name ? from->batch : -1;
    static const char *const sql[] = {
        "INSERT INTO series SELECT ?1, number, key, unit, output, mode"
        " FROM series WHERE run = ?2 AND ?3 >= 0",
        "INSERT INTO epoch SELECT ?1, epoch, step, n_batches, wall FROM epoch"
        " WHERE run = ?2 AND epoch <= ?3",
        /* What callbacks ordered behind the checkpoint they order again. */
        "INSERT INTO note (run, kind, wall, epoch, batch, n_batches, who, text,"
        " says, code, number, by_callback, mark) SELECT ?1, kind, wall, epoch,"
        " batch, n_batches, who, text, says, code, number, by_callback, mark"
        " FROM note WHERE run = ?2 AND kind = 1 AND code = 0"
        " AND (epoch <= ?3 OR"
        "  (epoch = ?3 + 1 AND batch <= ?5 AND number <= ?4))"
        " AND (NOT by_callback OR number <= ?4)",
        "INSERT INTO metric SELECT ?1, series, epoch, value FROM metric"
        " WHERE run = ?2 AND epoch <= ?3",
    };
    int status = 0;
    for (int i = 0; i < 4 && !status; i++) {
        struct rt_stmt *st = rt_db_prepare(s->order_db, sql[i], err);
        status = st ? rt_stmt_run(st, err, i == 2 ? "iiiii" : "iii", id,
                                  (int64_t)w->run, w->epoch, from->order, batch)
                    : RT_EIO;
        rt_stmt_free(st);
    }
    return status;
}

static int insert(struct rt_store *s, const struct rt_rewind *w, int64_t id,
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
    int status = st ? rt_stmt_run(st, err, "iidi", (int64_t)w->run, w->epoch,
                                  rt_clock_wall(), id)
                    : RT_EIO;
    rt_stmt_free(st);
    return status;
}

/* The lock is taken before the row can be seen. */
static int make_branch(struct rt_store *s, struct rt_rewind *w,
                       const struct rt_checkpoint_row *from, struct rt_err *err)
{
    int64_t id = 0;
    int fd = -1, status = rt_db_begin(s->order_db, err);
    if (status)
        return status;
    status = rt_store_make_folder(s, s->order_db, &id, err);
    bool made = !status;
    char *folder = rt_store_run_path(s, id, NULL);
    char *lock = rt_store_run_path(s, id, "lock");
    if (!status)
        status = rt_lock_take(lock, &fd, err);
    if (!status)
        status = insert(s, w, id, err);
    if (!status)
        status = copy_past(s, w, id, from, err);
    if (!status)
        status = rt_db_commit(s->order_db, err);
    if (!status) {
        w->number = (int)id;
        rt_store_own(s, w->number, fd);
    } else {
        rt_db_rollback(s->order_db);
        if (made)
            rt_store_drop_folder(folder);
        if (fd >= 0)
            rt_lock_drop(fd);
    }
    free(lock);
    free(folder);
    return status;
}

int rt_store_rewind(void *ctx, struct rt_rewind *w, struct rt_err *err)
{
    struct rt_store *s = ctx;
    struct rt_checkpoint_row *v = NULL;
    int n = 0, status;
    if (!rt_store_owns(s, w->run))
        return rt_fail(err, RT_ESTATE, "nothing is kept of this run");
    rt_keeper_flush(s->keeper, NULL); /* those on their way count, too */
    rt_store_flush(s);
    pthread_mutex_lock(&s->order_lock);
    status = rt_checkpoint_rows(s, s->order_db, w->run, &v, &n, err);
    int at = status ? -1 : choose(w, v, n, err);
    if (!status && at < 0)
        status = RT_ENOENT;
    if (!status)
        status = read_orders(s, w, err);
    if (!status)
        status = make_branch(s, w, &v[at], err);
    pthread_mutex_unlock(&s->order_lock);
    rt_checkpoint_rows_free(v, n);
    return status;
}

void rt_store_rewound(void *ctx, struct rt_rewind *w)
{
    (void)ctx;
    rt_checkpoint_close(w->file);
    w->file = NULL;
}
