/* Checkpoints as the main thread sees them: which there are, whether they are
 * whole, what a run is loaded from. */
#include "store/checkpoint.h"

#include "files/h5_values.h"
#include "store/prune.h"
#include "store/store.h"

int rt_store_keep(struct rt_store *s, struct rt_err *err)
{
    return s->keeper ? rt_keeper_flush(s->keeper, err) : 0;
}

int rt_store_checkpoints(struct rt_store *s, int run,
                         struct rt_checkpoint_row **out, int *n,
                         struct rt_err *err)
{
    return rt_checkpoint_rows(s, s->db, run, out, n, err);
}

int rt_checkpoint_rows(struct rt_store *s, struct rt_db *db, int run,
                       struct rt_checkpoint_row **out, int *n,
                       struct rt_err *err)
{
    RT_VEC(struct rt_checkpoint_row) rows = { 0 };
    struct rt_stmt *q = rt_db_prepare(
        db,
        "SELECT id, file, name, why, wall, epoch, batch, step, orders,"
        " best_epoch, size, hash FROM checkpoint WHERE run = ?1"
        " ORDER BY id DESC",
        err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)run) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        char *file = rt_stmt_text(q, 1);
        struct rt_checkpoint_row r = {
            .id = rt_stmt_int(q, 0),
            .run = run,
            .file = rt_store_run_path(s, run, file ? file : ""),
            .name = rt_stmt_text(q, 2),
            .why = rt_stmt_text(q, 3),
            .wall = rt_stmt_number(q, 4),
            .epoch = rt_stmt_int(q, 5),
            .batch = rt_stmt_int(q, 6),
            .step = rt_stmt_int(q, 7),
            .order = rt_stmt_int(q, 8),
            .best_epoch = rt_stmt_int(q, 9),
            .size = rt_stmt_int(q, 10),
            .hash = (uint64_t)rt_stmt_int(q, 11),
        };
        free(file);
        rt_vec_push(&rows, r);
        status = 0;
    }
    rt_stmt_free(q);
    if (status) {
        rt_checkpoint_rows_free(rows.v, rows.n);
        return rt_err_within(err, "store");
    }
    *out = rows.v;
    *n = rows.n;
    return 0;
}

void rt_checkpoint_rows_free(struct rt_checkpoint_row *v, int n)
{
    for (int i = 0; i < n; i++) {
        free(v[i].file);
        free(v[i].name);
        free(v[i].why);
    }
    free(v);
}

int rt_checkpoint_verify(const struct rt_checkpoint_row *c, struct rt_err *err)
{
    return rt_h5_values_whole(c->file, c->size, c->hash, err);
}

int rt_store_prune(struct rt_store *s, int run, bool all, int *n,
                   struct rt_err *err)
{
    struct rt_gone gone = { 0 };
    int status = rt_db_begin(s->db, err);
    if (!status) {
        status = rt_prune_rows(s->db, run, all, &gone, err);
        if (status)
            rt_db_rollback(s->db);
        else
            status = rt_db_commit(s->db, err);
    }
    if (!status) {
        rt_prune_files(s->folders, run, &gone, false);
        *n = gone.files.n;
    }
    rt_gone_release(&gone);
    return status ? rt_err_within(err, "store") : 0;
}

/* ---- loading ------------------------------------------------------------- */

struct rt_checkpoint_file {
    struct rt_h5_values *values;
};

struct rt_checkpoint_file *rt_checkpoint_open(const struct rt_checkpoint_row *c,
                                              struct rt_err *err)
{
    if (rt_checkpoint_verify(c, err))
        return NULL;
    struct rt_h5_values *values = rt_h5_values_open(c->file, err);
    if (!values)
        return NULL;
    struct rt_checkpoint_file *f = rt_xcalloc(1, sizeof *f);
    f->values = values;
    return f;
}

void rt_checkpoint_close(struct rt_checkpoint_file *f)
{
    if (!f)
        return;
    rt_h5_values_close(f->values);
    free(f);
}

/* Nothing is put into a file that is whole. */
static int put(void *ctx, const char *path, enum rt_state_type type,
               const void *v, size_t n, struct rt_err *err)
{
    (void)ctx;
    (void)type;
    (void)v;
    (void)n;
    return rt_fail(err, RT_ESTATE, "'%s': a checkpoint is only read", path);
}

static int get(void *ctx, const char *path, enum rt_state_type type, void *v,
               size_t n, struct rt_err *err)
{
    static const enum rt_h5_kind kind[] = {
        [RT_STATE_F32] = RT_H5_F32,
        [RT_STATE_F64] = RT_H5_F64,
        [RT_STATE_I64] = RT_H5_I64,
        [RT_STATE_TEXT] = RT_H5_BYTES,
    };
    struct rt_checkpoint_file *f = ctx;
    return rt_h5_values_read(f->values, path, kind[type], v, n, err);
}

static long count(void *ctx, const char *path)
{
    struct rt_checkpoint_file *f = ctx;
    return rt_h5_values_count(f->values, path);
}

struct rt_state_backend rt_checkpoint_backend(struct rt_checkpoint_file *f)
{
    return (struct rt_state_backend){ f, put, get, count };
}
