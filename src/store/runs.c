/* The store: opening, the beginning and end of runs, orders. Three kinds of
 * connections keep out of each other's way: the main thread's, each writer's,
 * and one for orders, on which training waits. */
#include "store/runs.h"

#include "base/clock.h"
#include "base/file.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/tables.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- open and close ------------------------------------------------------ */

/* A store that is there, and nothing of it can be written. */
static bool only_readable(const struct rt_store *s)
{
    return rt_file_exists(s->path) &&
           (faccessat(AT_FDCWD, s->path, W_OK, AT_EACCESS) ||
            faccessat(AT_FDCWD, s->dir, W_OK, AT_EACCESS));
}

bool rt_store_read_only(const struct rt_store *s)
{
    return s->read_only;
}

static int refuse(const struct rt_store *s, struct rt_err *err)
{
    return rt_fail(err, RT_EIO, "store: %s: cannot be written, it is read-only",
                   s->path);
}

static void flush(void *ctx);
static void disown(void *ctx, int id);

static int open_files(struct rt_store *s, struct rt_err *err)
{
    s->read_only = only_readable(s);
    if (s->read_only) {
        s->db = rt_db_open_read(s->path, rt_store_tables, err);
        return s->db ? 0 : RT_EIO;
    }
    int status = rt_dir_make(s->folders, err);
    if (status)
        return status;
    s->db = rt_db_open(s->path, rt_store_tables, RT_DB_FULL, err);
    if (!s->db)
        return RT_EIO;
    s->order_db = rt_db_open(s->path, rt_store_tables, RT_DB_FULL, err);
    if (!s->order_db)
        return RT_EIO;
    rt_db_tidies(s->order_db, false);
    s->order_put = rt_db_prepare(
        s->order_db,
        "INSERT INTO note (run, kind, wall, epoch, batch, who, text, number,"
        " by_callback) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        err);
    if (!s->order_put)
        return RT_EIO;
    struct rt_keeper_calls calls = { s, flush, disown };
    s->keeper = rt_keeper_new(s->path, s->folders, &calls, err);
    return s->keeper ? 0 : RT_EIO;
}

struct rt_store *rt_store_open(const char *dir, struct rt_err *err)
{
    struct rt_store *s = rt_xcalloc(1, sizeof *s);
    s->dir = dir ? rt_xstrdup(dir) : rt_dir_data();
    s->path = rt_path_join(s->dir, "runs.db");
    s->folders = rt_path_join(s->dir, "runs");
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->order_lock, NULL);
    if (open_files(s, err)) {
        rt_err_within(err, "store");
        rt_store_close(s);
        return NULL;
    }
    return s;
}

void rt_store_close(struct rt_store *s)
{
    if (!s)
        return;
    rt_keeper_free(s->keeper); /* it asks the writers */
    for (int i = 0; i < s->writers.n; i++)
        rt_writer_free(s->writers.v[i]);
    rt_vec_release(&s->writers);
    for (int i = 0; i < s->owned.n; i++)
        rt_lock_drop(s->owned.v[i].fd);
    rt_vec_release(&s->owned);
    rt_stmt_free(s->order_put);
    rt_db_close(s->order_db);
    rt_db_close(s->db);
    pthread_mutex_destroy(&s->order_lock);
    pthread_mutex_destroy(&s->lock);
    free(s->path);
    free(s->folders);
    free(s->script);
    free(s->dir);
    free(s);
}

/* ---- who lives here ------------------------------------------------------ */

static int owned_at(const struct rt_store *s, int id)
{
    for (int i = 0; i < s->owned.n; i++)
        if (s->owned.v[i].id == id)
            return i;
    return -1;
}

bool rt_store_owns(struct rt_store *s, int id)
{
    pthread_mutex_lock(&s->lock);
    bool owns = owned_at(s, id) >= 0;
    pthread_mutex_unlock(&s->lock);
    return owns;
}

static bool owns(void *ctx, int run)
{
    return rt_store_owns(ctx, run);
}

void rt_store_own(struct rt_store *s, int id, int fd)
{
    struct rt_owned o = { .id = id, .fd = fd };
    pthread_mutex_lock(&s->lock);
    rt_vec_push(&s->owned, o);
    pthread_mutex_unlock(&s->lock);
}

/* Its events and its checkpoints are written. Thread: the keeper's. */
static void disown(void *ctx, int id)
{
    struct rt_store *s = ctx;
    pthread_mutex_lock(&s->lock);
    int i = owned_at(s, id);
    if (i >= 0) {
        rt_lock_drop(s->owned.v[i].fd);
        rt_vec_remove(&s->owned, i);
    }
    pthread_mutex_unlock(&s->lock);
}

char *rt_store_run_path(const struct rt_store *s, int64_t id, const char *name)
{
    return rt_xprintf("%s/runs/%lld%s%s", s->dir, (long long)id,
                      name ? "/" : "", name ? name : "");
}

/* ---- attach, flush ------------------------------------------------------- */

int rt_store_attach(struct rt_store *s, struct rt_bus *bus, struct rt_err *err)
{
    struct rt_writer_runs mine = { .ctx = s, .owns = owns };
    if (s->read_only)
        return refuse(s, err);
    struct rt_writer *w = rt_writer_new(s->path, bus, mine, err);
    if (!w)
        return rt_err_within(err, "store");
    pthread_mutex_lock(&s->lock);
    rt_vec_push(&s->writers, w);
    pthread_mutex_unlock(&s->lock);
    rt_keeper_tell(s->keeper, bus);
    return 0;
}

void rt_store_flush(struct rt_store *s) /* any thread */
{
    for (int i = 0;; i++) {
        pthread_mutex_lock(&s->lock);
        struct rt_writer *w = i < s->writers.n ? s->writers.v[i] : NULL;
        pthread_mutex_unlock(&s->lock);
        if (!w)
            return;
        rt_writer_flush(w);
    }
}

static void flush(void *ctx)
{
    rt_store_flush(ctx);
}

/* ---- begin and release --------------------------------------------------- */

/* A number never given before. A folder without a row (of a store whose file
 * was taken away) keeps its number, too: it may hold checkpoints. */
int rt_store_make_folder(struct rt_store *s, struct rt_db *db, int64_t *id,
                         struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(
        db, "SELECT seq FROM sqlite_sequence WHERE name = 'run'", err);
    int status = q ? rt_stmt_step(q, err) : RT_EIO;
    *id = status > 0 ? rt_stmt_int(q, 0) : 0;
    rt_stmt_free(q);
    if (status < 0)
        return status;
    for (;;) {
        char *path = rt_store_run_path(s, ++*id, NULL);
        int failed = mkdir(path, 0777);
        status = failed && errno != EEXIST ? rt_fail_errno(err, "%s", path) : 0;
        if (!failed && rt_file_sync_folder(path)) {
            status = rt_fail_errno(err, "%s: cannot sync its folder", path);
            rmdir(path);
        }
        free(path);
        if (!failed || status)
            return status;
    }
}

void rt_store_drop_folder(const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(folder);
}

static void drop_folder(struct rt_store *s, int64_t id, int fd)
{
    char *folder = rt_store_run_path(s, id, NULL);
    rt_store_drop_folder(folder);
    free(folder);
    if (fd >= 0)
        rt_lock_drop(fd);
}

static int insert(struct rt_store *s, const struct rt_run_record *r, int64_t id,
                  int64_t script, struct rt_err *err)
{
    struct rt_stmt *st = rt_db_prepare(
        s->db,
        "INSERT INTO run (id, name, model, state, script, settings, data,"
        " data_hash, model_hash, seed, version, blas, isa, threads, epochs,"
        " batch_size, params, begun, fit, dir, parent, parent_epoch, tags,"
        " point, repeats)"
        " VALUES (?1, ?2, ?3, ?4, nullif(?5, 0), ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
        " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, nullif(?21, 0), ?22, ?23,"
        " ?24, nullif(?25, 0))",
        err);
    if (!st)
        return RT_EIO;
    int status = rt_stmt_run(
        st, err, "itttittiiitttiiiidttiitti", id, r->name ? r->name : "",
        r->model ? r->model : "", rt_run_state_name(RT_RUN_QUEUED), script,
        r->settings, r->data, (int64_t)r->data_hash, (int64_t)r->model_hash,
        (int64_t)r->seed, r->version, r->blas, r->isa, (int64_t)r->threads,
        (int64_t)r->epochs, (int64_t)r->batch_size, r->params, rt_clock_wall(),
        r->fit, r->dir, (int64_t)r->parent, r->parent_epoch, r->tags, r->point,
        (int64_t)r->repeats);
    rt_stmt_free(st);
    return status;
}

/* The lock is taken before the row can be seen, or another retort would find a
 * run without an owner and call it interrupted. */
int rt_store_begin(struct rt_store *s, struct rt_run_record *r,
                   struct rt_err *err)
{
    int64_t id = 0, script = 0;
    int fd = -1;
    if (s->read_only)
        return refuse(s, err);
    rt_keeper_room(s->keeper);
    int status = rt_db_begin(s->db, err);
    if (status)
        return rt_err_within(err, "store");
    status = rt_store_make_folder(s, s->db, &id, err);
    if (!status) {
        char *lock = rt_store_run_path(s, id, "lock");
        status = rt_lock_take(lock, &fd, err);
        free(lock);
        if (!status)
            status = rt_store_put_script(s, r->script, &script, err);
        if (!status)
            status = insert(s, r, id, script, err);
        if (!status)
            status = rt_db_commit(s->db, err);
        if (status)
            drop_folder(s, id, fd);
    }
    if (status) {
        rt_db_rollback(s->db);
        return rt_err_within(err, "store");
    }
    rt_store_kept_script(s, r->script, script);
    r->id = (int)id;
    rt_store_own(s, r->id, fd);
    return 0;
}

static int change(struct rt_store *s, const char *sql, struct rt_err *err,
                  int64_t id, int64_t value)
{
    struct rt_stmt *st = rt_db_prepare(s->db, sql, err);
    int status = st ? rt_stmt_run(st, err, "ii", id, value) : RT_EIO;
    rt_stmt_free(st);
    return status;
}

int rt_store_reopen(struct rt_store *s, int id, struct rt_err *err)
{
    int fd = -1;
    if (s->read_only)
        return refuse(s, err);
    rt_store_flush(s);
    char *lock = rt_store_run_path(s, id, "lock");
    int status = rt_lock_take(lock, &fd, err);
    free(lock);
    if (status)
        return status == RT_EBUSY
                   ? rt_err_within(err, "run %d is going on elsewhere", id)
                   : rt_err_within(err, "store");
    rt_store_own(s, id, fd);
    return 0;
}

int rt_store_cut(struct rt_store *s, int id, int epochs, int64_t done,
                 int64_t order, struct rt_err *err)
{
    int status = rt_db_begin(s->db, err);
    if (status)
        return rt_err_within(err, "store");
    status = change(s,
                    "UPDATE run SET resumed = resumed + 1, epochs = CASE WHEN"
                    " ?2 > 0 THEN ?2 ELSE epochs END WHERE id = ?1",
                    err, id, epochs);
    if (!status)
        status = change(s, "DELETE FROM epoch WHERE run = ?1 AND epoch > ?2",
                        err, id, done);
    if (!status)
        status = change(s, "DELETE FROM metric WHERE run = ?1 AND epoch > ?2",
                        err, id, done);
    if (!status)
        status = change(s,
                        "DELETE FROM note WHERE run = ?1 AND kind = 1 AND"
                        " by_callback AND number > ?2",
                        err, id, order);
    if (!status)
        return rt_db_commit(s->db, err);
    rt_db_rollback(s->db);
    return rt_err_within(err, "store");
}

void rt_store_release(struct rt_store *s, int id)
{
    rt_store_flush(s);
    if (s->keeper)
        rt_keeper_then(s->keeper, id);
}

/* ---- orders -------------------------------------------------------------- */

static int record_order(void *ctx, int run, const struct rt_order *o,
                        struct rt_err *err)
{
    struct rt_store *s = ctx;
    if (!rt_store_owns(s, run)) /* it could not be begun, its number is not */
        return 0;               /* one of the store */
    pthread_mutex_lock(&s->order_lock);
    int status =
        rt_stmt_run(s->order_put, err, "iidiittii", (int64_t)run,
                    (int64_t)RT_NOTE_ORDER, rt_clock_wall(), o->epoch, o->batch,
                    o->who, o->text, o->id, (int64_t)o->by_callback);
    pthread_mutex_unlock(&s->order_lock);
    return status ? rt_err_within(err, "store") : 0;
}

static struct rt_state_memory *memory(void *ctx, int run, bool must)
{
    struct rt_store *s = ctx;
    return rt_store_owns(s, run) ? rt_keeper_memory(s->keeper, run, must)
                                 : NULL;
}

static void keep(void *ctx, const struct rt_checkpoint *c,
                 struct rt_state_memory *m)
{
    struct rt_store *s = ctx;
    rt_keeper_put(s->keeper, c, m);
}

struct rt_recorder rt_store_recorder(struct rt_store *s)
{
    if (s->read_only)
        return (struct rt_recorder){ .ctx = s };
    return (struct rt_recorder){
        .ctx = s,
        .order = record_order,
        .memory = memory,
        .checkpoint = keep,
        .rewind = rt_store_rewind,
        .rewound = rt_store_rewound,
        .branch = rt_store_branch,
    };
}
