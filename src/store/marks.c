#include "store/marks.h"

#include "base/clock.h"
#include "base/file.h"
#include "store/lock.h"
#include "store/store.h"

#include <math.h>
#include <string.h>

static int writable(const struct rt_store *s, struct rt_err *err)
{
    return s->read_only ? rt_fail(err, RT_EIO,
                                  "store: %s: cannot be written, it is "
                                  "read-only",
                                  s->path)
                        : 0;
}

int rt_store_mark(struct rt_store *s, int id, enum rt_run_mark which,
                  const char *text, struct rt_err *err)
{
    static const char *const sql[] = {
        "UPDATE run SET label = nullif(?2, '') WHERE id = ?1",
        "UPDATE run SET tags = nullif(?2, '') WHERE id = ?1",
        "UPDATE run SET note = nullif(?2, '') WHERE id = ?1",
    };
    int status = writable(s, err);
    if (status)
        return status;
    struct rt_stmt *q = rt_db_prepare(s->db, sql[which], err);
    status = q ? rt_stmt_run(q, err, "it", (int64_t)id, text) : RT_EIO;
    rt_stmt_free(q);
    return status ? rt_err_within(err, "store") : 0;
}

int rt_store_put_weights_hash(struct rt_store *s, int id, uint64_t hash,
                              struct rt_err *err)
{
    int status = writable(s, err);
    if (status)
        return status;
    struct rt_stmt *q = rt_db_prepare(
        s->db, "UPDATE run SET weights_hash = ?2 WHERE id = ?1", err);
    status = q ? rt_stmt_run(q, err, "ii", (int64_t)id, (int64_t)hash) : RT_EIO;
    rt_stmt_free(q);
    return status ? rt_err_within(err, "store") : 0;
}

bool rt_run_has_tag(const char *tags, const char *tag)
{
    size_t n = strlen(tag);
    for (const char *p = tags; n && (p = strstr(p, tag)); p += n)
        if ((p == tags || p[-1] == ' ') && (!p[n] || p[n] == ' '))
            return true;
    return false;
}

static bool is_alive(const struct rt_run_row *r)
{
    return !strcmp(r->state, rt_run_state_name(RT_RUN_QUEUED)) ||
           !strcmp(r->state, rt_run_state_name(RT_RUN_RUNNING)) ||
           !strcmp(r->state, rt_run_state_name(RT_RUN_PAUSED));
}

int rt_store_delete(struct rt_store *s, const struct rt_run_row *r,
                    bool deleted, struct rt_err *err)
{
    int status = writable(s, err);
    if (!status && deleted && is_alive(r))
        status = rt_fail(err, RT_EBUSY, "run %d (%s) is %s; stop it first",
                         r->id, r->name, r->state);
    if (status)
        return status;
    struct rt_stmt *q =
        rt_db_prepare(s->db, "UPDATE run SET deleted = ?2 WHERE id = ?1", err);
    status = q ? rt_stmt_run(q, err, "id", (int64_t)r->id,
                             deleted ? rt_clock_wall() : NAN)
               : RT_EIO;
    rt_stmt_free(q);
    return status ? rt_err_within(err, "store") : 0;
}

static int drop_rows(struct rt_store *s, int id, struct rt_err *err)
{
    static const char *const sql[] = {
        "DELETE FROM metric WHERE run = ?1",
        "DELETE FROM epoch WHERE run = ?1",
        "DELETE FROM series WHERE run = ?1",
        "DELETE FROM note WHERE run = ?1",
        "DELETE FROM checkpoint WHERE run = ?1",
        "DELETE FROM run WHERE id = ?1",
        /* Scripts that no run has and none builds on. */
        "DELETE FROM script WHERE ?1 AND id NOT IN ("
        " WITH RECURSIVE used (id) AS ("
        "  SELECT script FROM run WHERE script IS NOT NULL"
        "  UNION SELECT s.base FROM script s JOIN used u ON s.id = u.id"
        "   WHERE s.base IS NOT NULL) SELECT id FROM used)",
    };
    int status = rt_db_begin(s->db, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof sql / sizeof *sql && !status; i++) {
        struct rt_stmt *q = rt_db_prepare(s->db, sql[i], err);
        status = q ? rt_stmt_run(q, err, "i", (int64_t)id) : RT_EIO;
        rt_stmt_free(q);
    }
    if (!status)
        return rt_db_commit(s->db, err);
    rt_db_rollback(s->db);
    return status;
}

static void drop_files(const struct rt_store *s, int id)
{
    char *folder = rt_store_run_path(s, id, NULL);
    rt_store_drop_folder(folder);
    free(folder);
}

int rt_store_purge(struct rt_store *s, const struct rt_run_row *r,
                   struct rt_err *err)
{
    int fd = -1;
    int status = writable(s, err);
    if (!status && isnan(r->deleted))
        status = rt_fail(err, RT_ESTATE,
                         "run %d (%s) is not deleted; `runs delete %d` first",
                         r->id, r->name, r->id);
    if (status)
        return status;
    if (s->keeper) /* one that has just ended gives its lock up */
        rt_keeper_flush(s->keeper, NULL);
    /* Nobody may resume it meanwhile. Its folder may be gone already. */
    char *lock = rt_store_run_path(s, r->id, "lock");
    if (rt_file_exists(lock))
        status = rt_lock_take(lock, &fd, err);
    free(lock);
    if (!status)
        status = drop_rows(s, r->id, err);
    if (!status)
        drop_files(s, r->id);
    if (fd >= 0)
        rt_lock_drop(fd);
    return status ? rt_err_within(err, "store") : 0;
}
