/* The SQLite wrapper. Every error is told by one function, which turns SQLite's
 * code into ours and puts the file before the text. */
#include "store/db.h"

#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* In the file's head: tells our file from other programs' databases. */
#define APPLICATION 0x52745274
/* Seconds that a write waits for another process. */
#define PATIENCE 10

/* Statements that nobody has at the moment: asked for again they need not be
 * read again, which takes longer than most of them run. */
enum { IDLE_MOST = 32 };

struct rt_db {
    sqlite3 *h;
    char *path;
    dev_t device; /* with inode: which file path led to */
    ino_t inode;
    bool wal;
    struct rt_stmt *idle[IDLE_MOST]; /* the newest last */
    int n_idle;
};

struct rt_stmt {
    sqlite3_stmt *h;
    struct rt_db *db; /* borrowed */
};

static int status_of(int code, int number)
{
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return RT_EFORMAT;
    case SQLITE_FULL:
        return RT_ENOSPC;
    case SQLITE_CONSTRAINT:
        return RT_EEXIST;
    case SQLITE_NOMEM:
        return RT_ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return RT_EBUSY;
    default:
        return number == ENOSPC || number == EDQUOT ? RT_ENOSPC : RT_EIO;
    }
}

static int said(struct rt_db *db, struct rt_err *err)
{
    int code = sqlite3_extended_errcode(db->h);
    int number = sqlite3_system_errno(db->h);
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        return rt_fail(err, RT_EFORMAT,
                       "%s: this is no SQLite database; move it away and a "
                       "new store is made",
                       db->path);
    case SQLITE_CORRUPT:
        return rt_fail(err, RT_EFORMAT,
                       "%s: damaged: %s; move it away and a new store is made",
                       db->path, sqlite3_errmsg(db->h));
    case SQLITE_BUSY:
        return rt_fail(err, RT_EBUSY,
                       "%s: another process has been writing to it for "
                       "longer than retort waits",
                       db->path);
    case SQLITE_READONLY:
        return rt_fail(err, RT_EIO, "%s: cannot be written, it is read-only",
                       db->path);
    default:
        if (number)
            return rt_fail(err, status_of(code, number), "%s: %s: %s", db->path,
                           sqlite3_errmsg(db->h), strerror(number));
        return rt_fail(err, status_of(code, 0), "%s: %s", db->path,
                       sqlite3_errmsg(db->h));
    }
}

/* ---- statements ---------------------------------------------------------- */

struct rt_stmt *rt_db_prepare(struct rt_db *db, const char *sql,
                              struct rt_err *err)
{
    sqlite3_stmt *h;
    for (int i = db->n_idle - 1; i >= 0; i--)
        if (!strcmp(sqlite3_sql(db->idle[i]->h), sql)) {
            struct rt_stmt *again = db->idle[i];
            memmove(db->idle + i, db->idle + i + 1,
                    (size_t)(--db->n_idle - i) * sizeof *db->idle);
            return again;
        }
    if (sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &h,
                           NULL)) {
        said(db, err);
        return NULL;
    }
    struct rt_stmt *s = rt_xcalloc(1, sizeof *s);
    s->h = h;
    s->db = db;
    return s;
}

static void forget(struct rt_stmt *s)
{
    sqlite3_finalize(s->h);
    free(s);
}

void rt_stmt_free(struct rt_stmt *s)
{
    if (!s)
        return;
    struct rt_db *db = s->db;
    sqlite3_reset(s->h);
    sqlite3_clear_bindings(s->h); /* what they point to may go now */
    if (db->n_idle == IDLE_MOST) {
        forget(db->idle[0]);
        memmove(db->idle, db->idle + 1, --db->n_idle * sizeof *db->idle);
    }
    db->idle[db->n_idle++] = s;
}

static int bind(struct rt_stmt *s, const char *kinds, va_list ap)
{
    sqlite3_reset(s->h);
    sqlite3_clear_bindings(s->h);
    for (int i = 0; kinds[i]; i++) {
        int bad;
        switch (kinds[i]) {
        case 'i':
            bad = sqlite3_bind_int64(s->h, i + 1, va_arg(ap, int64_t));
            break;
        case 'd':
            bad = sqlite3_bind_double(s->h, i + 1, va_arg(ap, double));
            break;
        default:
            bad = sqlite3_bind_text(s->h, i + 1, va_arg(ap, const char *), -1,
                                    SQLITE_STATIC);
        }
        if (bad)
            return bad;
    }
    return 0;
}

int rt_stmt_bind(struct rt_stmt *s, struct rt_err *err, const char *kinds, ...)
{
    va_list ap;
    va_start(ap, kinds);
    int bad = bind(s, kinds, ap);
    va_end(ap);
    return bad ? said(s->db, err) : 0;
}

int rt_stmt_step(struct rt_stmt *s, struct rt_err *err)
{
    int code = sqlite3_step(s->h);
    if (code == SQLITE_ROW)
        return 1;
    int status = code == SQLITE_DONE ? 0 : said(s->db, err);
    sqlite3_reset(s->h);
    return status;
}

static int run(struct rt_stmt *s, struct rt_err *err)
{
    int status;
    do
        status = rt_stmt_step(s, err);
    while (status > 0);
    return status;
}

int rt_stmt_put(struct rt_stmt *s, const struct rt_cell *cell, int n,
                struct rt_err *err)
{
    int bad = 0;
    sqlite3_reset(s->h);
    sqlite3_clear_bindings(s->h);
    for (int i = 0; i < n && !bad; i++)
        if (cell[i].kind == 'i')
            bad = sqlite3_bind_int64(s->h, i + 1, cell[i].i);
        else if (cell[i].kind == 'd')
            bad = sqlite3_bind_double(s->h, i + 1, cell[i].d);
        else if (cell[i].kind == 't')
            bad = sqlite3_bind_text(s->h, i + 1, cell[i].t, -1, SQLITE_STATIC);
    return bad ? said(s->db, err) : run(s, err);
}

int rt_stmt_run(struct rt_stmt *s, struct rt_err *err, const char *kinds, ...)
{
    va_list ap;
    va_start(ap, kinds);
    int bad = bind(s, kinds, ap);
    va_end(ap);
    return bad ? said(s->db, err) : run(s, err);
}

bool rt_stmt_null(struct rt_stmt *s, int column)
{
    return sqlite3_column_type(s->h, column) == SQLITE_NULL;
}

int64_t rt_stmt_int(struct rt_stmt *s, int column)
{
    return sqlite3_column_int64(s->h, column);
}

double rt_stmt_number(struct rt_stmt *s, int column)
{
    if (rt_stmt_null(s, column))
        return NAN;
    return sqlite3_column_double(s->h, column);
}

char *rt_stmt_text(struct rt_stmt *s, int column)
{
    const void *text = sqlite3_column_text(s->h, column);
    return rt_xstrdup(text);
}

int rt_db_changes(struct rt_db *db)
{
    return sqlite3_changes(db->h);
}

/* ---- transactions -------------------------------------------------------- */

int rt_db_exec(struct rt_db *db, const char *sql, struct rt_err *err)
{
    return sqlite3_exec(db->h, sql, NULL, NULL, NULL) ? said(db, err) : 0;
}

/* What is written to a file that has no name any more is lost without an
 * error. */
static int check_place(const struct rt_db *db, struct rt_err *err)
{
    struct stat st;
    if (!stat(db->path, &st) && st.st_dev == db->device &&
        st.st_ino == db->inode)
        return 0;
    return rt_fail(err, RT_EIO, "%s: was taken away while it is in use",
                   db->path);
}

int rt_db_begin(struct rt_db *db, struct rt_err *err)
{
    int status = check_place(db, err);
    return status ? status : rt_db_exec(db, "BEGIN IMMEDIATE", err);
}

int rt_db_commit(struct rt_db *db, struct rt_err *err)
{
    int status = rt_db_exec(db, "COMMIT", err);
    if (status)
        rt_db_rollback(db);
    return status;
}

/* Some failures have rolled back by themselves. */
void rt_db_rollback(struct rt_db *db)
{
    if (!sqlite3_get_autocommit(db->h))
        sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- opening ------------------------------------------------------------- */

/* The first value of a statement's first row, as a number. */
static int ask(struct rt_db *db, const char *sql, int64_t *value,
               struct rt_err *err)
{
    struct rt_stmt *s = rt_db_prepare(db, sql, err);
    if (!s)
        return err->code;
    int status = rt_stmt_step(s, err);
    *value = status > 0 ? rt_stmt_int(s, 0) : 0;
    rt_stmt_free(s);
    return status < 0 ? status : 0;
}

/* WAL wants memory shared by all who have the file open, which machines do not
 * have; SQLite itself cannot know. The numbers are those of statfs(2). */
static bool on_network(const char *path)
{
    static const unsigned long remote[] = {
        0x6969,     /* NFS */
        0x517b,     /* SMB */
        0xff534d42, /* CIFS */
        0xfe534d42, /* SMB2 */
        0x65735546, /* FUSE: sshfs and others */
        0x0bd00bd0, /* Lustre */
        0x47504653, /* GPFS */
        0x5346414f, /* AFS */
        0x00c36400, /* Ceph */
        0x19830326, /* BeeGFS */
        0x01021997, /* 9p */
    };
    struct statfs fs;
    if (statfs(path, &fs))
        return false;
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if (((unsigned long)fs.f_type & 0xffffffff) == remote[i])
            return true;
    return false;
}

/* Sets a journal mode and says whether it is now the one in use. A change of
 * mode does not wait for others by itself, hence the loop: it matters when
 * several programs open a new store at once. */
static int set_journal(struct rt_db *db, const char *mode, bool *is,
                       struct rt_err *err)
{
    char sql[64];
    sqlite3_snprintf(sizeof sql, sql, "PRAGMA journal_mode=%s", mode);
    int status = 0;
    rt_db_patience(db, 0);
    for (int turn = 0; turn < 500; turn++) {
        struct rt_stmt *s = rt_db_prepare(db, sql, err);
        if (!s)
            return err->code;
        status = rt_stmt_step(s, err);
        char *now = status > 0 ? rt_stmt_text(s, 0) : NULL;
        *is = now && !strcmp(now, mode);
        free(now);
        rt_stmt_free(s);
        if (status != RT_EBUSY)
            break;
        sqlite3_sleep(20);
    }
    rt_db_patience(db, PATIENCE);
    return status < 0 ? status : 0;
}

static int choose_journal(struct rt_db *db, struct rt_err *err)
{
    bool is;
    if (!on_network(db->path)) {
        if (set_journal(db, "wal", &db->wal, err))
            return err->code;
        if (db->wal)
            return 0;
    }
    return set_journal(db, "delete", &is, err);
}

static int check_version(struct rt_db *db, int known, int64_t *version,
                         struct rt_err *err)
{
    int64_t application, tables;
    if (ask(db, "PRAGMA user_version", version, err) ||
        ask(db, "PRAGMA application_id", &application, err) ||
        ask(db, "SELECT count(*) FROM sqlite_master", &tables, err))
        return err->code;
    if (tables && application != APPLICATION)
        return rt_fail(err, RT_EFORMAT,
                       "%s: this is a database of another program, want a "
                       "run store of retort",
                       db->path);
    if (*version > known)
        return rt_fail(err, RT_EFORMAT,
                       "%s: this store has version %lld, this retort knows "
                       "versions up to %d; use a newer retort",
                       db->path, (long long)*version, known);
    return 0;
}

/* The version is asked again within the transaction: another program may have
 * migrated in between. */
static int migrate(struct rt_db *db, const char *const *step, int known,
                   struct rt_err *err)
{
    int64_t version;
    char sql[96];
    if (rt_db_begin(db, err))
        return err->code;
    if (check_version(db, known, &version, err))
        goto fail;
    for (int i = (int)version; i < known; i++)
        if (rt_db_exec(db, step[i], err))
            goto fail;
    sqlite3_snprintf(sizeof sql, sql,
                     "PRAGMA user_version=%d; PRAGMA application_id=%d", known,
                     APPLICATION);
    if (version < known && rt_db_exec(db, sql, err))
        goto fail;
    return rt_db_commit(db, err);
fail:
    rt_db_rollback(db);
    return err->code;
}

/* name: the path, or a URI of it. */
static struct rt_db *open_file(const char *path, const char *name, int flags,
                               struct rt_err *err)
{
    struct rt_db *db = rt_xcalloc(1, sizeof *db);
    db->path = rt_xstrdup(path);
    int status =
        sqlite3_open_v2(name, &db->h, flags | SQLITE_OPEN_NOMUTEX, NULL);
    /* what cannot be opened for writing SQLite opens for reading: this
     * connection could never write again, however short the trouble was */
    if (!status && flags & SQLITE_OPEN_READWRITE &&
        sqlite3_db_readonly(db->h, "main") > 0) {
        rt_fail(err, RT_EIO, "%s: cannot be opened for writing", path);
        rt_db_close(db);
        return NULL;
    }
    struct stat st;
    if (!status) {
        if (!stat(path, &st)) {
            db->device = st.st_dev;
            db->inode = st.st_ino;
        }
        rt_db_patience(db, PATIENCE);
        /* several connections, whose caches would each grow to 2 MB */
        sqlite3_exec(db->h, "PRAGMA cache_size=-64", NULL, NULL, NULL);
        return db;
    }
    if (db->h)
        said(db, err);
    else
        rt_fail(err, RT_ENOMEM, "%s: out of memory", path);
    rt_db_close(db);
    return NULL;
}

static int count_steps(const char *const *step)
{
    int n = 0;
    while (step[n])
        n++;
    return n;
}

/* Such a file cannot be migrated. */
static struct rt_db *check_read(struct rt_db *db, int known, struct rt_err *err)
{
    int64_t version;
    if (!db)
        return NULL;
    if (!check_version(db, known, &version, err) && version < known)
        rt_fail(err, RT_EFORMAT,
                "%s: this store has version %lld, want %d; it cannot be "
                "changed, since it is read-only",
                db->path, (long long)version, known);
    if (!err->code)
        return db;
    rt_db_close(db);
    return NULL;
}

/* A path as a URI: what has a meaning there is written as its number. */
static char *uri_of(const char *path)
{
    struct rt_str uri = RT_STR_INIT;
    rt_str_add(&uri, "file:");
    for (const char *p = path; *p; p++)
        if (strchr("%?#", *p))
            rt_str_addf(&uri, "%%%02x", (unsigned)*p);
        else
            rt_str_addc(&uri, *p);
    rt_str_add(&uri, "?immutable=1");
    return rt_str_take(&uri);
}

/* Readers of a WAL file want to write beside it too, unless they are promised
 * that nobody changes it. */
struct rt_db *rt_db_open_read(const char *path, const char *const *step,
                              struct rt_err *err)
{
    struct rt_err local = RT_ERR_INIT, first = RT_ERR_INIT;
    int known = count_steps(step);
    if (!err)
        err = &local;
    rt_err_clear(err);
    struct rt_db *db = check_read(
        open_file(path, path, SQLITE_OPEN_READONLY, &first), known, &first);
    if (db)
        return db;
    char *uri = uri_of(path);
    db = check_read(
        open_file(path, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err),
        known, err);
    free(uri);
    return db;
}

struct rt_db *rt_db_open(const char *path, const char *const *step,
                         enum rt_db_sync sync, struct rt_err *err)
{
    struct rt_err local = RT_ERR_INIT;
    if (!err)
        err = &local;
    int known = count_steps(step);
    int64_t version;
    struct rt_db *db =
        open_file(path, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (!db)
        return NULL;
    if (check_version(db, known, &version, err) || choose_journal(db, err) ||
        rt_db_exec(db,
                   sync == RT_DB_FULL ? "PRAGMA synchronous=FULL"
                                      : "PRAGMA synchronous=NORMAL",
                   err) ||
        migrate(db, step, known, err))
        goto fail;
    return db;
fail:
    rt_db_close(db);
    return NULL;
}

void rt_db_close(struct rt_db *db)
{
    if (!db)
        return;
    while (db->n_idle)
        forget(db->idle[--db->n_idle]);
    sqlite3_close(db->h);
    free(db->path);
    free(db);
}

const char *rt_db_journal(const struct rt_db *db)
{
    return db->wal ? "wal" : "delete";
}

void rt_db_patience(struct rt_db *db, double seconds)
{
    sqlite3_busy_timeout(db->h, (int)(seconds * 1000));
}

void rt_db_tidies(struct rt_db *db, bool yes)
{
    sqlite3_wal_autocheckpoint(db->h, yes ? 1000 : 0);
}
