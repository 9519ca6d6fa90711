#include "store/sweeps.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "base/suggest.h"
#include "store/lock.h"
#include "store/store.h"

static char *text_of(struct rt_stmt *q, int column)
{
    char *text = rt_stmt_text(q, column);
    return text ? text : rt_xstrdup("");
}

/* ---- sweeps -------------------------------------------------------------- */

#define POINTS_OF                                                              \
    "(SELECT count(*) FROM point p WHERE p.sweep = s.name AND"                 \
    " p.rank IS NOT NULL"
static const char select_sweeps[] =
    "SELECT name, script, space, method, goal, maximize, begun,"
    " " POINTS_OF "), " POINTS_OF " AND p.state = 'done'), " POINTS_OF
    " AND p.state = 'failed') FROM sweep s";

void rt_sweep_rows_free(struct rt_sweep_row *v, int n)
{
    for (int i = 0; i < n; i++) {
        free(v[i].name);
        free(v[i].script);
        free(v[i].space);
        free(v[i].method);
        free(v[i].goal);
    }
    free(v);
}

static int read_sweeps(struct rt_stmt *q, struct rt_sweep_row **out, int *n,
                       struct rt_err *err)
{
    RT_VEC(struct rt_sweep_row) rows = { 0 };
    int status;
    while ((status = rt_stmt_step(q, err)) > 0) {
        struct rt_sweep_row r = {
            .name = text_of(q, 0),
            .script = text_of(q, 1),
            .space = text_of(q, 2),
            .method = text_of(q, 3),
            .goal = text_of(q, 4),
            .maximize = rt_stmt_int(q, 5),
            .begun = rt_stmt_number(q, 6),
            .n_points = (int)rt_stmt_int(q, 7),
            .n_done = (int)rt_stmt_int(q, 8),
            .n_failed = (int)rt_stmt_int(q, 9),
        };
        rt_vec_push(&rows, r);
    }
    if (status) {
        rt_sweep_rows_free(rows.v, rows.n);
        return rt_err_within(err, "store");
    }
    *out = rows.v;
    *n = rows.n;
    return 0;
}

int rt_store_sweeps(struct rt_store *s, struct rt_sweep_row **out, int *n,
                    struct rt_err *err)
{
    char *sql = rt_xprintf("%s ORDER BY begun DESC, name", select_sweeps);
    struct rt_stmt *q = rt_db_prepare(s->db, sql, err);
    int status = q ? read_sweeps(q, out, n, err) : RT_EIO;
    rt_stmt_free(q);
    free(sql);
    return status;
}

/* "no sweep 'widht'; did you mean width?" */
static int unknown(struct rt_store *s, const char *name, struct rt_err *err)
{
    struct rt_sweep_row *v;
    int n;
    int status = rt_store_sweeps(s, &v, &n, err);
    if (status)
        return status;
    struct rt_map names = RT_MAP_INIT;
    for (int i = 0; i < n; i++)
        rt_map_set(&names, v[i].name, NULL);
    status = rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_map, &names,
                             "no sweep '%s'%s", name,
                             n ? "" : ", the store has none");
    rt_map_release(&names);
    rt_sweep_rows_free(v, n);
    return status;
}

int rt_store_sweep(struct rt_store *s, const char *name,
                   struct rt_sweep_row **out, struct rt_err *err)
{
    char *sql = rt_xprintf("%s WHERE name = ?1", select_sweeps);
    struct rt_stmt *q = rt_db_prepare(s->db, sql, err);
    int n = 0;
    int status = q ? rt_stmt_bind(q, err, "t", name) : RT_EIO;
    if (!status)
        status = read_sweeps(q, out, &n, err);
    rt_stmt_free(q);
    free(sql);
    if (status || n)
        return status;
    free(*out);
    *out = NULL;
    return unknown(s, name, err);
}

/* ---- points -------------------------------------------------------------- */

void rt_point_rows_free(struct rt_point_row *v, int n)
{
    for (int i = 0; i < n; i++) {
        free(v[i].settings);
        free(v[i].state);
        free(v[i].reason);
        free(v[i].result);
    }
    free(v);
}

int rt_store_points(struct rt_store *s, const char *sweep,
                    struct rt_point_row **out, int *n, struct rt_err *err)
{
    RT_VEC(struct rt_point_row) rows = { 0 };
    struct rt_stmt *q = rt_db_prepare(
        s->db,
        "SELECT number, settings, hash, state, reason, result, run, begun,"
        " ended FROM point WHERE sweep = ?1 AND rank IS NOT NULL"
        " ORDER BY rank",
        err);
    int status = q ? rt_stmt_bind(q, err, "t", sweep) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        struct rt_point_row r = {
            .number = (int)rt_stmt_int(q, 0),
            .settings = text_of(q, 1),
            .hash = (uint64_t)rt_stmt_int(q, 2),
            .state = text_of(q, 3),
            .reason = rt_stmt_text(q, 4),
            .result = rt_stmt_text(q, 5),
            .run = (int)rt_stmt_int(q, 6),
            .begun = rt_stmt_number(q, 7),
            .ended = rt_stmt_number(q, 8),
        };
        rt_vec_push(&rows, r);
        status = 0;
    }
    rt_stmt_free(q);
    if (status) {
        rt_point_rows_free(rows.v, rows.n);
        return rt_err_within(err, "store");
    }
    *out = rows.v;
    *n = rows.n;
    return 0;
}

int rt_store_point_put(struct rt_store *s, const char *sweep,
                       const struct rt_point_row *p, struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(
        s->db,
        "UPDATE point SET state = ?3, reason = ?4, result = ?5, run = ?6,"
        " begun = ?7, ended = ?8 WHERE sweep = ?1 AND number = ?2",
        err);
    int status = q ? rt_stmt_run(q, err, "titttidd", sweep, (int64_t)p->number,
                                 p->state, p->reason, p->result,
                                 (int64_t)p->run, p->begun, p->ended)
                   : RT_EIO;
    rt_stmt_free(q);
    return status ? rt_err_within(err, "store") : 0;
}

int rt_store_point_begun(struct rt_store *s, const char *tags,
                         const char *settings, int run, struct rt_err *err)
{
    struct rt_stmt *q =
        rt_db_prepare(s->db,
                      "UPDATE point SET run = ?3 WHERE 'sweep:' || sweep = ?1"
                      " AND settings = ?2 AND state = 'running'",
                      err);
    int status =
        q ? rt_stmt_run(q, err, "tti", tags, settings, (int64_t)run) : RT_EIO;
    rt_stmt_free(q);
    return status ? rt_err_within(err, "store") : 0;
}

/* ---- the plan ------------------------------------------------------------ */

/* One statement, once. */
static int run_once(struct rt_store *s, const char *sql, const char *name,
                    struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(s->db, sql, err);
    int status = q ? rt_stmt_run(q, err, "t", name) : RT_EIO;
    rt_stmt_free(q);
    return status;
}

static int put_sweep(struct rt_store *s, const struct rt_sweep_row *w,
                     struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(
        s->db,
        "INSERT INTO sweep (name, script, space, method, goal, maximize, begun)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO UPDATE SET"
        " script = ?2, space = ?3, method = ?4, goal = ?5, maximize = ?6",
        err);
    int status = q ? rt_stmt_run(q, err, "tttttid", w->name, w->script,
                                 w->space, w->method, w->goal,
                                 (int64_t)w->maximize, rt_clock_wall())
                   : RT_EIO;
    rt_stmt_free(q);
    return status;
}

static int put_points(struct rt_store *s, const char *name,
                      const char *const *settings, int n, uint64_t hash,
                      struct rt_err *err)
{
    struct rt_stmt *add = rt_db_prepare(
        s->db,
        "INSERT OR IGNORE INTO point (sweep, number, settings, hash, state)"
        " SELECT ?1, ifnull(max(number), 0) + 1, ?2, ?3, 'missing' FROM point"
        " WHERE sweep = ?1",
        err);
    struct rt_stmt *want = rt_db_prepare(
        s->db,
        "UPDATE point SET rank = ?3, state = CASE WHEN state = 'done' AND"
        " hash = ?4 THEN state ELSE 'missing' END, hash = ?4 WHERE sweep = ?1"
        " AND settings = ?2",
        err);
    int status = add && want ? 0 : RT_EIO;
    for (int i = 0; i < n && !status; i++) {
        status = rt_stmt_run(add, err, "tti", name, settings[i], (int64_t)hash);
        if (!status)
            status = rt_stmt_run(want, err, "ttii", name, settings[i],
                                 (int64_t)i, (int64_t)hash);
    }
    rt_stmt_free(add);
    rt_stmt_free(want);
    return status;
}

int rt_store_sweep_plan(struct rt_store *s, const struct rt_sweep_row *sweep,
                        const char *const *settings, int n, uint64_t hash,
                        struct rt_err *err)
{
    int status = rt_db_begin(s->db, err);
    if (status)
        return rt_err_within(err, "store");
    status = put_sweep(s, sweep, err);
    if (!status)
        status = run_once(s, "UPDATE point SET rank = NULL WHERE sweep = ?1",
                          sweep->name, err);
    if (!status)
        status = put_points(s, sweep->name, settings, n, hash, err);
    if (!status)
        status = rt_db_commit(s->db, err);
    if (status) {
        rt_db_rollback(s->db);
        return rt_err_within(err, "store");
    }
    return 0;
}

/* ---- the folder ---------------------------------------------------------- */

char *rt_store_sweep_path(const struct rt_store *s, const char *name,
                          const char *file)
{
    return rt_xprintf("%s/sweeps/%s%s%s", s->dir, name, file ? "/" : "",
                      file ? file : "");
}

int rt_store_sweep_hold(struct rt_store *s, const char *name, int *fd,
                        struct rt_err *err)
{
    *fd = -1;
    if (s->read_only)
        return rt_fail(err, RT_EIO, "store: %s: cannot be written", s->path);
    char *folder = rt_store_sweep_path(s, name, NULL);
    char *lock = rt_store_sweep_path(s, name, "lock");
    int status = rt_dir_make(folder, err);
    if (!status)
        status = rt_lock_take(lock, fd, err);
    free(lock);
    free(folder);
    return status;
}

void rt_store_sweep_leave(int fd)
{
    if (fd >= 0)
        rt_lock_drop(fd);
}

static void drop_folder(const struct rt_store *s, const char *name)
{
    char *folder = rt_store_sweep_path(s, name, NULL);
    rt_store_drop_folder(folder);
    free(folder);
}

static int drop_rows(struct rt_store *s, const char *name, struct rt_err *err)
{
    int status = rt_db_begin(s->db, err);
    if (status)
        return rt_err_within(err, "store");
    status = run_once(s, "DELETE FROM point WHERE sweep = ?1", name, err);
    if (!status)
        status = run_once(s, "DELETE FROM sweep WHERE name = ?1", name, err);
    if (!status)
        status = rt_db_commit(s->db, err);
    if (!status)
        return 0;
    rt_db_rollback(s->db);
    return rt_err_within(err, "store");
}

int rt_store_sweep_drop(struct rt_store *s, const char *name,
                        struct rt_err *err)
{
    struct rt_sweep_row *row;
    int fd = -1;
    int status = rt_store_sweep(s, name, &row, err);
    if (status)
        return status;
    rt_sweep_rows_free(row, 1);
    status = rt_store_sweep_hold(s, name, &fd, err);
    if (!status)
        status = drop_rows(s, name, err);
    if (!status)
        drop_folder(s, name);
    rt_store_sweep_leave(fd);
    return status;
}
