#include "store/prune.h"

#include "base/str.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_NEWEST = 2, KEPT_ASKED = 10 };

struct row {
    int64_t id, epoch, batch, best_epoch;
    char *file;
    bool named, asked;
};
struct rows {
    RT_VEC(struct row) v; /* oldest first */
};

static int read_rows(struct rt_db *db, int run, struct rows *rows,
                     struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(
        db,
        "SELECT id, epoch, batch, best_epoch, file, name IS NOT NULL,"
        " why = 'order'"
        " FROM checkpoint WHERE run = ?1 ORDER BY id",
        err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)run) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        struct row r = {
            .id = rt_stmt_int(q, 0),
            .epoch = rt_stmt_int(q, 1),
            .batch = rt_stmt_int(q, 2),
            .best_epoch = rt_stmt_int(q, 3),
            .file = rt_stmt_text(q, 4),
            .named = rt_stmt_int(q, 5),
            .asked = rt_stmt_int(q, 6),
        };
        rt_vec_push(&rows->v, r);
        status = 0;
    }
    rt_stmt_free(q);
    return status;
}

/* The newest that stands at or before the end of the best epoch; -1. */
static int before_best(const struct rows *rows)
{
    int64_t best = rows->v.n ? rows->v.v[rows->v.n - 1].best_epoch : 0;
    for (int i = rows->v.n - 1; i >= 0 && best > 0; i--) {
        const struct row *r = &rows->v.v[i];
        if (r->epoch <= best || (r->epoch == best + 1 && r->batch == 0))
            return i;
    }
    return -1;
}

/* Of those that were asked for, without a name, the newest. */
static void forget_asked(struct rows *rows)
{
    int n = 0;
    for (int i = rows->v.n - 1; i >= 0; i--) {
        struct row *r = &rows->v.v[i];
        r->asked = r->asked && !r->named && ++n <= KEPT_ASKED;
    }
}

int rt_prune_rows(struct rt_db *db, int run, bool all, struct rt_gone *gone,
                  struct rt_err *err)
{
    struct rows rows = { 0 };
    struct rt_stmt *drop =
        rt_db_prepare(db, "DELETE FROM checkpoint WHERE id = ?1", err);
    int status = drop ? read_rows(db, run, &rows, err) : RT_EIO;
    forget_asked(&rows);
    int n = rows.v.n, best = before_best(&rows);
    for (int i = 0; i < n; i++) {
        struct row *r = &rows.v.v[i];
        bool stays = r->named || i >= n - KEPT_NEWEST ||
                     (!all && (r->asked || i == 0 || i == best));
        if (!status && !stays) {
            status = rt_stmt_run(drop, err, "i", r->id);
            rt_vec_push(&gone->files, r->file);
        } else {
            rt_vec_push(&gone->kept, r->file);
        }
    }
    rt_vec_release(&rows.v);
    rt_stmt_free(drop);
    return status;
}

/* A checkpoint's file, or a temporary one of rt_file_replace, without a row. */
static bool is_left(const char *name, const struct rt_gone *gone)
{
    static const char stem[] = "checkpoint-";
    for (int i = 0; i < gone->kept.n; i++)
        if (!strcmp(name, gone->kept.v[i]))
            return false;
    return !strncmp(name + (name[0] == '.'), stem, sizeof stem - 1);
}

void rt_prune_files(const char *dir, int run, const struct rt_gone *gone,
                    bool left)
{
    char *folder = rt_xprintf("%s/%d", dir, run);
    DIR *d = opendir(folder);
    for (int i = 0; d && i < gone->files.n; i++)
        unlinkat(dirfd(d), gone->files.v[i], 0);
    for (struct dirent *e; d && left && (e = readdir(d));)
        if (is_left(e->d_name, gone))
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    free(folder);
}

void rt_gone_release(struct rt_gone *gone)
{
    for (int i = 0; i < gone->files.n; i++)
        free(gone->files.v[i]);
    rt_vec_release(&gone->files);
    for (int i = 0; i < gone->kept.n; i++)
        free(gone->kept.v[i]);
    rt_vec_release(&gone->kept);
}
