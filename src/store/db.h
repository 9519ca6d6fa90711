/* A database file and its statements: the only user of sqlite3.h.
 * Order:  rt_db_open (creates or migrates), rt_db_prepare, then per use
 *         rt_stmt_run, or rt_stmt_bind and rt_stmt_step until it gives 0;
 *         rt_stmt_free, rt_db_close.
 * Thread: one thread at a time uses a connection and its statements.
 * Errors: RT_EFORMAT (no database, damaged, another program's, newer), RT_EIO,
 *         RT_ENOSPC, RT_EBUSY (another process writes for longer than the
 *         connection waits); every text begins with the file. */
#ifndef RT_STORE_DB_H
#define RT_STORE_DB_H
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct rt_db;   /* opaque: one connection */
struct rt_stmt; /* opaque: one prepared statement */

/* How much a commit waits for. */
enum rt_db_sync {
    RT_DB_NORMAL, /* survives the end of the process */
    RT_DB_FULL,   /* survives the end of the machine's power, too */
};
/* step[i] is the SQL that takes a file of version i to i + 1; ends with NULL.
 * A new file gets all of them, an older one those it lacks, a newer one is
 * refused with both versions. The journal is WAL; where that cannot be (a
 * network's file system) a rollback journal. */
struct rt_db *rt_db_open(const char *path, const char *const *step,
                         enum rt_db_sync sync, struct rt_err *err);
/* One that exists and is only read, also where nothing can be written beside
 * it. Errors: as rt_db_open; RT_EFORMAT for one of another version. */
struct rt_db *rt_db_open_read(const char *path, const char *const *step,
                              struct rt_err *err);
void rt_db_close(struct rt_db *db);
/* "wal" or "delete". */
const char *rt_db_journal(const struct rt_db *db);
/* How long a write waits for another process; 10 s at first. */
void rt_db_patience(struct rt_db *db, double seconds);
/* Whether commits also move the log into the file now and then (at first they
 * do): off where a commit is waited for. */
void rt_db_tidies(struct rt_db *db, bool yes);

/* One or more statements without results. */
int rt_db_exec(struct rt_db *db, const char *sql, struct rt_err *err);
/* A transaction that writes: begin waits for other writers. A failed commit
 * has rolled back. */
int rt_db_begin(struct rt_db *db, struct rt_err *err);
int rt_db_commit(struct rt_db *db, struct rt_err *err);
void rt_db_rollback(struct rt_db *db);

struct rt_stmt *rt_db_prepare(struct rt_db *db, const char *sql,
                              struct rt_err *err);
/* Before its database is closed. */
void rt_stmt_free(struct rt_stmt *s);
/* Values for ?1, ?2, ... by a letter each: i int64_t, d double (NaN is NULL),
 * t const char * (NULL is NULL; borrowed until the next bind). */
int rt_stmt_bind(struct rt_stmt *s, struct rt_err *err, const char *kinds, ...);
/* Binds, and runs to its end without looking at rows. */
int rt_stmt_run(struct rt_stmt *s, struct rt_err *err, const char *kinds, ...);
/* A value with its kind, which may be that of no column. */
struct rt_cell {
    char kind; /* as above; 0: NULL */
    int64_t i;
    double d;
    const char *t; /* borrowed */
};
/* Runs with these for ?1, ?2, ... Errors: RT_EEXIST for a row that is there. */
int rt_stmt_put(struct rt_stmt *s, const struct rt_cell *cell, int n,
                struct rt_err *err);
/* Rows that the last statement changed. */
int rt_db_changes(struct rt_db *db);
/* 1: a row is there; 0: no more rows; else an error. */
int rt_stmt_step(struct rt_stmt *s, struct rt_err *err);
bool rt_stmt_null(struct rt_stmt *s, int column);
/* A column (from 0) of the row. NULL is 0, NaN, NULL. */
int64_t rt_stmt_int(struct rt_stmt *s, int column);
double rt_stmt_number(struct rt_stmt *s, int column);
char *rt_stmt_text(struct rt_stmt *s, int column); /* caller frees */
#endif
