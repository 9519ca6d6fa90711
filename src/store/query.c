/* Questions to the store: which runs there are. */
#include "base/map.h"
#include "base/suggest.h"
#include "store/lock.h"
#include "store/store.h"

#include <math.h>

/* ---- runs ---------------------------------------------------------------- */

/* One value of a series of the run r. */
#define VALUE_OF(what, key, which)                                             \
    " (SELECT " what " FROM metric m WHERE m.run = r.id AND m.series ="        \
    " (SELECT number FROM series s WHERE s.run = r.id AND s.key = '" key       \
    "') " which ")"
#define NEWEST        "ORDER BY epoch DESC LIMIT 1"
#define LOSS          VALUE_OF("value", "loss", NEWEST)
#define VAL_LOSS      VALUE_OF("value", "val_loss", NEWEST)
#define BEST_VAL_LOSS VALUE_OF("min(value)", "val_loss", "")

static const char select_runs[] =
    "SELECT id, name, model, state, reason, data, settings, version,"
    " blas, isa, seed, data_hash, model_hash, threads, epochs, batch_size,"
    " params, begun, ended,"
    " (SELECT max(epoch) FROM epoch e WHERE e.run = r.id)," LOSS "," VAL_LOSS
    "," BEST_VAL_LOSS ", fit, dir, parent, parent_epoch, resumed,"
    " label, tags, note, deleted, point, repeats, weights_hash,"
    " (SELECT why = 'end' FROM checkpoint c WHERE c.run = r.id"
    " ORDER BY c.id DESC LIMIT 1)"
    " OR EXISTS (SELECT 1 FROM run b WHERE b.parent = r.id), origin"
    " FROM run r";

/* Of a column that a file made by others may leave empty. */
static char *text_of(struct rt_stmt *q, int column)
{
    char *text = rt_stmt_text(q, column);
    return text ? text : rt_xstrdup("");
}

static struct rt_run_row read_row(struct rt_stmt *q)
{
    return (struct rt_run_row){
        .id = (int)rt_stmt_int(q, 0),
        .name = text_of(q, 1),
        .model = text_of(q, 2),
        .state = text_of(q, 3),
        .reason = rt_stmt_text(q, 4),
        .data = rt_stmt_text(q, 5),
        .settings = rt_stmt_text(q, 6),
        .version = rt_stmt_text(q, 7),
        .blas = rt_stmt_text(q, 8),
        .isa = rt_stmt_text(q, 9),
        .seed = (uint64_t)rt_stmt_int(q, 10),
        .data_hash = (uint64_t)rt_stmt_int(q, 11),
        .model_hash = (uint64_t)rt_stmt_int(q, 12),
        .threads = (int)rt_stmt_int(q, 13),
        .epochs = (int)rt_stmt_int(q, 14),
        .batch_size = (int)rt_stmt_int(q, 15),
        .params = rt_stmt_int(q, 16),
        .begun = rt_stmt_number(q, 17),
        .ended = rt_stmt_number(q, 18),
        .epoch = rt_stmt_int(q, 19),
        .loss = rt_stmt_number(q, 20),
        .val_loss = rt_stmt_number(q, 21),
        .best_val_loss = rt_stmt_number(q, 22),
        .fit = rt_stmt_text(q, 23),
        .dir = rt_stmt_text(q, 24),
        .parent = (int)rt_stmt_int(q, 25),
        .parent_epoch = rt_stmt_int(q, 26),
        .resumed = (int)rt_stmt_int(q, 27),
        .ends_kept = rt_stmt_int(q, 35),
        .origin = rt_stmt_text(q, 36),
        .label = rt_stmt_text(q, 28),
        .tags = text_of(q, 29),
        .note = rt_stmt_text(q, 30),
        .deleted = rt_stmt_number(q, 31),
        .point = rt_stmt_text(q, 32),
        .repeats = (int)rt_stmt_int(q, 33),
        .weights_hash = (uint64_t)rt_stmt_int(q, 34),
    };
}

static void release_row(struct rt_run_row *r)
{
    free(r->name);
    free(r->model);
    free(r->state);
    free(r->reason);
    free(r->data);
    free(r->settings);
    free(r->version);
    free(r->blas);
    free(r->isa);
    free(r->fit);
    free(r->dir);
    free(r->label);
    free(r->origin);
    free(r->tags);
    free(r->note);
    free(r->point);
}

void rt_run_rows_free(struct rt_run_row *r, int n)
{
    for (int i = 0; i < n; i++)
        release_row(&r[i]);
    free(r);
}

static bool says_alive(const char *state)
{
    return !strcmp(state, rt_run_state_name(RT_RUN_QUEUED)) ||
           !strcmp(state, rt_run_state_name(RT_RUN_RUNNING)) ||
           !strcmp(state, rt_run_state_name(RT_RUN_PAUSED));
}

/* It says how it ended, but what it ended with is in no checkpoint, here or in
 * the store that it came from. */
static bool lost_its_end(const struct rt_run_row *r)
{
    return r->fit && !r->ends_kept && !r->origin &&
           (!strcmp(r->state, rt_run_state_name(RT_RUN_FINISHED)) ||
            !strcmp(r->state, rt_run_state_name(RT_RUN_STOPPED)));
}

/* A run that calls itself alive and that nobody holds was interrupted; so was
 * one whose end nobody is writing any more. */
static void bury(struct rt_store *s, struct rt_run_row *r)
{
    bool lost = lost_its_end(r);
    if ((!says_alive(r->state) && !lost) || rt_store_owns(s, r->id))
        return;
    char *lock = rt_store_run_path(s, r->id, "lock");
    if (!rt_lock_held(lock)) {
        free(r->state);
        r->state = rt_xstrdup(rt_run_state_name(RT_RUN_INTERRUPTED));
        if (lost) {
            free(r->reason);
            r->reason = rt_xstrdup("its last state could not be kept");
        } else if (!r->reason) {
            r->reason = rt_xstrdup("its program ended without a word");
        }
    }
    free(lock);
}

static int read_rows(struct rt_store *s, struct rt_stmt *q,
                     struct rt_run_row **out, int *n, struct rt_err *err)
{
    RT_VEC(struct rt_run_row) rows = { 0 };
    int status;
    while ((status = rt_stmt_step(q, err)) > 0) {
        struct rt_run_row r = read_row(q);
        rt_vec_push(&rows, r);
    }
    if (status) {
        rt_run_rows_free(rows.v, rows.n);
        return rt_err_within(err, "store");
    }
    /* After the query's end: looking at a lock may take its time. */
    for (int i = 0; i < rows.n; i++)
        bury(s, &rows.v[i]);
    *out = rows.v;
    *n = rows.n;
    return 0;
}

int rt_store_list(struct rt_store *s, bool deleted, struct rt_run_row **out,
                  int *n, struct rt_err *err)
{
    char *sql = rt_xprintf("%s%s ORDER BY id DESC", select_runs,
                           deleted ? "" : " WHERE deleted IS NULL");
    struct rt_stmt *q = rt_db_prepare(s->db, sql, err);
    int status = q ? read_rows(s, q, out, n, err) : RT_EIO;
    rt_stmt_free(q);
    free(sql);
    return status;
}

/* "no run '999': there are 12, the newest is 14; `runs` lists them" */
static int unknown_number(struct rt_store *s, const char *id,
                          struct rt_err *err)
{
    struct rt_stmt *q =
        rt_db_prepare(s->db, "SELECT count(*), max(id) FROM run", err);
    int status = RT_EIO;
    if (q && rt_stmt_step(q, err) > 0) {
        int64_t n = rt_stmt_int(q, 0);
        if (n)
            status = rt_fail(err, RT_ENOENT,
                             "no run '%s': there %s %lld, the newest is %lld; "
                             "`runs` lists them",
                             id, n == 1 ? "is" : "are", (long long)n,
                             (long long)rt_stmt_int(q, 1));
        else
            status =
                rt_fail(err, RT_ENOENT, "no run '%s', the store is empty", id);
    }
    rt_stmt_free(q);
    return status;
}

void rt_store_names(struct rt_store *s, struct rt_map *names)
{
    struct rt_stmt *q = rt_db_prepare(
        s->db, "SELECT DISTINCT name FROM run WHERE deleted IS NULL", NULL);
    while (q && rt_stmt_step(q, NULL) > 0) {
        char *name = text_of(q, 0);
        rt_map_set(names, name, NULL);
        free(name);
    }
    rt_stmt_free(q);
}

/* "no run 'mnist_mpl'; did you mean mnist_mlp?" */
static int unknown(struct rt_store *s, const char *id, struct rt_err *err)
{
    struct rt_map names = RT_MAP_INIT;
    rt_store_names(s, &names);
    int status = rt_fail_unknown(err, RT_ENOENT, id, rt_name_of_map, &names,
                                 "no run '%s'%s", id,
                                 names.n ? "" : ", the store is empty");
    rt_map_release(&names);
    return status;
}

int rt_store_find(struct rt_store *s, const char *id, struct rt_run_row **out,
                  struct rt_err *err)
{
    char *end = NULL;
    long number = id ? strtol(id + (*id == '#'), &end, 10) : 0;
    bool by_number = number > 0 && !*end;
    struct rt_str sql = RT_STR_INIT;
    int n = 0;
    rt_str_addf(&sql,
                "%s WHERE %s ORDER BY deleted IS NOT NULL, id DESC LIMIT 1",
                select_runs,
                by_number ? "id = ?1"
                : id      ? "name = ?1"
                          : "deleted IS NULL");
    struct rt_stmt *q = rt_db_prepare(s->db, sql.s, err);
    rt_str_release(&sql);
    int status = RT_EIO;
    if (q && by_number)
        status = rt_stmt_bind(q, err, "i", (int64_t)number);
    else if (q)
        status = rt_stmt_bind(q, err, id ? "t" : "", id);
    if (!status)
        status = read_rows(s, q, out, &n, err);
    rt_stmt_free(q);
    if (!status && !n) {
        free(*out);
        *out = NULL;
        status = by_number ? unknown_number(s, id, err)
                 : id      ? unknown(s, id, err)
                           : rt_fail(err, RT_ENOENT, "no run is recorded yet");
    }
    return status;
}
