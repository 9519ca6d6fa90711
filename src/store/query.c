/* Questions to the store: which runs there are, how one went. */
#include "base/map.h"
#include "base/suggest.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/tables.h"
#include "train/history.h"

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

/* ---- how a run went ------------------------------------------------------ */

/* A history keeps one place for each up to the largest number. */
enum { MOST_SERIES = 65535 };

static int add_series(struct rt_stmt *q, int id, struct rt_history *h,
                      struct rt_err *err)
{
    int status = rt_stmt_bind(q, err, "i", (int64_t)id);
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        int64_t number = rt_stmt_int(q, 0);
        if (number < 0 || number > MOST_SERIES)
            return rt_fail(err, RT_EFORMAT, "run %d: series %lld, want 0..%d",
                           id, (long long)number, MOST_SERIES);
        struct rt_event *e = rt_event_new(RT_EV_SERIES, id, 0);
        e->series_id = (int)number;
        e->key = text_of(q, 1);
        e->unit = rt_stmt_text(q, 2);
        e->output = rt_stmt_text(q, 3);
        e->mode = (enum rt_mode)rt_stmt_int(q, 4);
        rt_history_add(h, e);
        rt_event_unref(e);
        status = 0;
    }
    return status;
}

static int read_values(struct rt_stmt *q, struct rt_event *e,
                       struct rt_err *err)
{
    int status = rt_stmt_bind(q, err, "ii", (int64_t)e->run, (int64_t)e->epoch);
    int i = 0;
    while (!status && i < e->n && (status = rt_stmt_step(q, err)) > 0) {
        e->series[i] = (int)rt_stmt_int(q, 0);
        e->value[i++] = rt_stmt_number(q, 1);
        status = 0;
    }
    return status;
}

/* In the query below an epoch is a note of kind -1. */
static enum rt_event_type type_of(int64_t kind)
{
    if (kind < 0)
        return RT_EV_EPOCH;
    return kind == RT_NOTE_ORDER ? RT_EV_ORDER : RT_EV_LOG;
}

/* Epochs and notes by where they stand: of a run that was resumed the times
 * would mix what was given again with what was not. */
static int add_events(struct rt_stmt *q, struct rt_stmt *values, int id,
                      struct rt_history *h, struct rt_err *err)
{
    int status = rt_stmt_bind(q, err, "i", (int64_t)id);
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        int64_t kind = rt_stmt_int(q, 0);
        struct rt_event *e =
            rt_event_new(type_of(kind), id, (int)rt_stmt_int(q, 1));
        e->wall = rt_stmt_number(q, 2);
        e->epoch = rt_stmt_int(q, 3);
        e->batch = rt_stmt_int(q, 4);
        e->step = rt_stmt_int(q, 5);
        e->n_batches = rt_stmt_int(q, 6);
        e->who = rt_stmt_text(q, 7);
        e->text = rt_stmt_text(q, 8);
        e->code = (int)rt_stmt_int(q, 9);
        e->mark = rt_stmt_int(q, 10);
        status = kind < 0 ? read_values(values, e, err) : 0;
        if (!status)
            rt_history_add(h, e);
        rt_event_unref(e);
    }
    return status;
}

struct rt_history *rt_store_history(struct rt_store *s, int id,
                                    struct rt_err *err)
{
    struct rt_run_row *row;
    char number[16];
    snprintf(number, sizeof number, "%d", id);
    if (rt_store_find(s, number, &row, err))
        return NULL;
    rt_run_rows_free(row, 1);
    struct rt_history *h = rt_history_new(id);
    struct rt_stmt *series = rt_db_prepare(
        s->db,
        "SELECT number, key, unit, output, mode FROM series WHERE run = ?1"
        " ORDER BY number",
        err);
    struct rt_stmt *events = rt_db_prepare(
        s->db,
        "SELECT -1, (SELECT count(*) FROM metric m WHERE m.run = e.run"
        "  AND m.epoch = e.epoch), wall, epoch, n_batches, step, n_batches,"
        "  NULL, NULL, 0, 0 FROM epoch e WHERE run = ?1"
        " UNION ALL SELECT kind, 0, wall, epoch, batch, 0, n_batches, who,"
        "  ifnull(says, text), code, mark FROM note WHERE run = ?1"
        " ORDER BY 4, 5, 1 DESC, 3",
        err);
    struct rt_stmt *values = rt_db_prepare(
        s->db,
        "SELECT series, value FROM metric WHERE run = ?1 AND epoch = ?2"
        " ORDER BY series",
        err);
    int status = series && events && values ? 0 : RT_EIO;
    if (!status)
        status = add_series(series, id, h, err);
    if (!status)
        status = add_events(events, values, id, h, err);
    rt_stmt_free(series);
    rt_stmt_free(events);
    rt_stmt_free(values);
    if (status) {
        rt_err_within(err, "store");
        rt_history_free(h);
        return NULL;
    }
    return h;
}

int rt_store_notes(struct rt_store *s, int id, struct rt_run_note **out, int *n,
                   struct rt_err *err)
{
    RT_VEC(struct rt_run_note) notes = { 0 };
    struct rt_stmt *q = rt_db_prepare(
        s->db,
        "SELECT wall, epoch, batch, who, text, says, kind, code, number,"
        " by_callback FROM note WHERE run = ?1 ORDER BY epoch, batch,"
        " wall, id",
        err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)id) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        struct rt_run_note v = {
            .wall = rt_stmt_number(q, 0),
            .epoch = rt_stmt_int(q, 1),
            .batch = rt_stmt_int(q, 2),
            .who = rt_stmt_text(q, 3),
            .text = rt_stmt_text(q, 4),
            .says = rt_stmt_text(q, 5),
            .order = rt_stmt_int(q, 6) == RT_NOTE_ORDER,
            .code = (int)rt_stmt_int(q, 7),
            .number = rt_stmt_int(q, 8),
            .by_callback = rt_stmt_int(q, 9),
        };
        rt_vec_push(&notes, v);
        status = 0;
    }
    rt_stmt_free(q);
    if (status) {
        rt_run_notes_free(notes.v, notes.n);
        return rt_err_within(err, "store");
    }
    *out = notes.v;
    *n = notes.n;
    return 0;
}

void rt_run_notes_free(struct rt_run_note *v, int n)
{
    for (int i = 0; i < n; i++) {
        free(v[i].who);
        free(v[i].text);
        free(v[i].says);
    }
    free(v);
}
