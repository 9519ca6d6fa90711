/* How a run went: its history, which another process may be writing, and what
 * was ordered and said. */
#include "store/store.h"
#include "store/tables.h"
#include "train/history.h"

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
        char *key = rt_stmt_text(q, 1);
        e->key = key ? key : rt_xstrdup("");
        e->unit = rt_stmt_text(q, 2);
        e->output = rt_stmt_text(q, 3);
        e->mode = (enum rt_mode)rt_stmt_int(q, 4);
        rt_history_add(h, e);
        rt_event_unref(e);
        status = 0;
    }
    return status;
}

/* As many as there are by now: another process may have cut them. */
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
    e->n = i;
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
static int add_events(struct rt_stmt *q, struct rt_stmt *values,
                      struct rt_history_place *at, int64_t open,
                      struct rt_history *h, struct rt_err *err)
{
    int64_t epoch = at->epoch, note = at->note;
    int status =
        rt_stmt_bind(q, err, "iiii", (int64_t)h->run, epoch, note, open);
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        int64_t kind = rt_stmt_int(q, 0), row = rt_stmt_int(q, 11);
        struct rt_event *e =
            rt_event_new(type_of(kind), h->run, (int)rt_stmt_int(q, 1));
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
        if (kind < 0 && e->epoch > epoch)
            epoch = e->epoch;
        note = row > note ? row : note;
        if (!status)
            rt_history_add(h, e);
        rt_event_unref(e);
    }
    at->epoch = epoch;
    at->note = note;
    return status;
}

enum { SERIES, EVENTS, VALUES, N_QUESTIONS };

/* Behind the place: epochs by their numbers, notes by their rows, up to the
 * first order that was not answered yet. */
static const char *const questions[N_QUESTIONS] = {
    [SERIES] = "SELECT number, key, unit, output, mode FROM series"
               " WHERE run = ?1 ORDER BY number",
    [EVENTS] =
        "SELECT -1, (SELECT count(*) FROM metric m WHERE m.run = e.run"
        "  AND m.epoch = e.epoch), wall, epoch, n_batches, step, n_batches,"
        "  NULL, NULL, 0, 0, 0 FROM epoch e WHERE run = ?1 AND epoch > ?2"
        " UNION ALL SELECT kind, 0, wall, epoch, batch, 0, n_batches, who,"
        "  ifnull(says, text), code, mark, id FROM note"
        "  WHERE run = ?1 AND id > ?3 AND id < ?4 ORDER BY 4, 5, 1 DESC, 3",
    [VALUES] = "SELECT series, value FROM metric WHERE run = ?1 AND epoch = ?2"
               " ORDER BY series",
};

/* How often the run was resumed, and which note may be changed yet. */
static int look(struct rt_store *s, int run, int64_t *resumed, int64_t *open,
                struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(
        s->db,
        "SELECT resumed, (SELECT min(id) FROM note WHERE run = r.id AND"
        " kind = 1 AND code IS NULL) FROM run r WHERE id = ?1",
        err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)run) : RT_EIO;
    if (!status && (status = rt_stmt_step(q, err)) > 0) {
        *resumed = rt_stmt_int(q, 0);
        *open = rt_stmt_null(q, 1) ? INT64_MAX : rt_stmt_int(q, 1);
        status = 0;
    } else if (!status) {
        status = rt_fail(err, RT_ENOENT, "no run '%d'", run);
    }
    rt_stmt_free(q);
    return status;
}

/* Adds what is behind the place, which goes on to where that ends. */
static int add_new(struct rt_store *s, struct rt_history *h,
                   struct rt_history_place *at, int64_t open,
                   struct rt_err *err)
{
    struct rt_stmt *q[N_QUESTIONS];
    int status = 0;
    for (int i = 0; i < N_QUESTIONS; i++)
        if (!(q[i] = rt_db_prepare(s->db, questions[i], err)))
            status = RT_EIO;
    if (!status)
        status = add_series(q[SERIES], h->run, h, err);
    if (!status)
        status = add_events(q[EVENTS], q[VALUES], at, open, h, err);
    for (int i = 0; i < N_QUESTIONS; i++)
        rt_stmt_free(q[i]);
    return status;
}

int rt_store_follow(struct rt_store *s, int id, struct rt_history **h,
                    struct rt_history_place *at, struct rt_err *err)
{
    int64_t resumed = 0, open = 0;
    int status = look(s, id, &resumed, &open, err);
    if (!status && (!*h || resumed != at->resumed)) {
        struct rt_history *all = rt_history_new(id);
        *at = (struct rt_history_place){ .resumed = resumed };
        status = add_new(s, all, at, open, err);
        if (!status)
            *h = all;
        else
            rt_history_free(all);
    } else if (!status) {
        status = add_new(s, *h, at, open, err);
    }
    return status ? rt_err_within(err, "store") : 0;
}

struct rt_history *rt_store_history(struct rt_store *s, int id,
                                    struct rt_err *err)
{
    struct rt_history *h = NULL;
    struct rt_history_place at;
    return rt_store_follow(s, id, &h, &at, err) ? NULL : h;
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
