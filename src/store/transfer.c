/* What a run has in the tables, table by table: of the run itself its columns
 * by name, of the others rows of values in the order of the columns below. What
 * names other runs of its store is left out, for they have other numbers where
 * it goes; where it came from is said in words. */
#include "store/transfer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/scripts.h"
#include "store/store.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the text; a newer one may have more. */
enum { VERSION = 1 };

/* Kinds as rt_stmt_bind has them; upper case: never NULL. */
struct column {
    const char *name;
    char kind;
    int64_t least, most; /* of an int */
};
#define ANY   INT64_MIN, INT64_MAX
#define COUNT 0, INT64_C(1) << 53
#define PLACE 0, 1000000000
enum { COLUMNS_MAX = 32 };

static const struct column of_run[] = {
    { "name", 'T' },
    { "model", 'T' },
    { "state", 'T' },
    { "reason", 't' },
    { "settings", 't' },
    { "data", 't' },
    { "data_hash", 'i', ANY },
    { "model_hash", 'i', ANY },
    { "seed", 'i', ANY },
    { "version", 't' },
    { "blas", 't' },
    { "isa", 't' },
    { "threads", 'i', 0, 1 << 20 },
    { "epochs", 'i', 0, 1000000000 },
    { "batch_size", 'i', 0, 1000000000 },
    { "params", 'i', COUNT },
    { "begun", 'd' },
    { "ended", 'd' },
    { "fit", 't' },
    { "dir", 't' },
    { "label", 't' },
    { "tags", 't' },
    { "note", 't' },
    { "point", 't' },
    { "resumed", 'I', 0, 1000000000 },
    { "weights_hash", 'i', ANY },
    { NULL },
};
static const struct column of_series[] = {
    { "number", 'I', 0, 65535 }, { "key", 'T' },        { "unit", 't' },
    { "output", 't' },           { "mode", 'I', 0, 2 }, { NULL },
};
static const struct column of_epoch[] = {
    { "epoch", 'I', PLACE },
    { "step", 'i', COUNT },
    { "n_batches", 'i', COUNT },
    { "wall", 'd' },
    { NULL },
};
static const struct column of_metric[] = {
    { "series", 'I', 0, 65535 },
    { "epoch", 'I', PLACE },
    { "value", 'd' },
    { NULL },
};
static const struct column of_note[] = {
    { "kind", 'I', 0, 1 },
    { "wall", 'd' },
    { "epoch", 'I', PLACE },
    { "batch", 'I', PLACE },
    { "n_batches", 'i', COUNT },
    { "who", 't' },
    { "text", 'T' },
    { "says", 't' },
    { "code", 'i', -1000, 1000 },
    { "number", 'i', PLACE },
    { "by_callback", 'i', 0, 1 },
    { "mark", 'i', 0, 1 },
    { NULL },
};
static const struct table {
    const char *name;
    const struct column *column;
    const char *order;
} tables[] = {
    { "series", of_series, "number" },
    { "epoch", of_epoch, "epoch" },
    { "metric", of_metric, "epoch, series" },
    { "note", of_note, "id" },
};
enum { N_TABLES = sizeof tables / sizeof *tables };

static int count(const struct column *c)
{
    int n = 0;
    while (c[n].name)
        n++;
    return n;
}

/* "name, model, state" */
static void add_names(const struct column *c, struct rt_str *sql)
{
    for (int i = 0; c[i].name; i++)
        rt_str_addf(sql, "%s%s", i ? ", " : "", c[i].name);
}

/* ---- packing ------------------------------------------------------------- */

/* JSON knows no infinite numbers: they are texts. NaN is NULL in the tables. */
static json_t *real(double x)
{
    return isfinite(x) ? json_real(x)
                       : json_string(x > 0 ? "Infinity" : "-Infinity");
}

/* A text that is no UTF-8 is left out rather than the whole run. */
static json_t *value_of(struct rt_stmt *q, int i, char kind)
{
    json_t *v = NULL;
    if (rt_stmt_null(q, i) && kind != 'T')
        return json_null();
    if (kind == 'i' || kind == 'I')
        return json_integer(rt_stmt_int(q, i));
    if (kind == 'd')
        return real(rt_stmt_number(q, i));
    char *text = rt_stmt_text(q, i);
    v = json_string(text ? text : "");
    free(text);
    return v ? v : json_string("?");
}

static int pack_run(struct rt_store *s, int run, json_t *out,
                    struct rt_err *err)
{
    struct rt_str sql = RT_STR_INIT;
    rt_str_add(&sql, "SELECT ");
    add_names(of_run, &sql);
    rt_str_add(&sql, " FROM run WHERE id = ?1");
    struct rt_stmt *q = rt_db_prepare(s->db, rt_str_c(&sql), err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)run) : RT_EIO;
    if (!status && (status = rt_stmt_step(q, err)) > 0) {
        for (int i = 0; of_run[i].name; i++)
            json_object_set_new(out, of_run[i].name,
                                value_of(q, i, of_run[i].kind));
        status = 0;
    }
    rt_stmt_free(q);
    rt_str_release(&sql);
    return status;
}

static int pack_table(struct rt_store *s, int run, const struct table *t,
                      json_t *out, struct rt_err *err)
{
    struct rt_str sql = RT_STR_INIT;
    rt_str_add(&sql, "SELECT ");
    add_names(t->column, &sql);
    rt_str_addf(&sql, " FROM %s WHERE run = ?1 ORDER BY %s", t->name, t->order);
    struct rt_stmt *q = rt_db_prepare(s->db, rt_str_c(&sql), err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)run) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        json_t *row = json_array();
        for (int i = 0; t->column[i].name; i++)
            json_array_append_new(row, value_of(q, i, t->column[i].kind));
        json_array_append_new(out, row);
        status = 0;
    }
    rt_stmt_free(q);
    rt_str_release(&sql);
    return status;
}

int rt_store_pack(struct rt_store *s, int run, struct rt_str *out,
                  struct rt_err *err)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    char *script = rt_store_script(s, run, err);
    if (!script)
        return err ? err->code : RT_EIO;
    char *place = rt_xprintf("run %d of %s on %s", run, s->dir, host);
    json_t *all = json_object(), *row = json_object();
    json_object_set_new(all, "version", json_integer(VERSION));
    json_object_set_new(all, "from", json_string(place));
    json_object_set_new(all, "script", json_string(script));
    json_object_set_new(all, "run", row);
    free(place);
    free(script);
    int status = pack_run(s, run, row, err);
    for (int i = 0; i < N_TABLES && !status; i++) {
        json_t *list = json_array();
        json_object_set_new(all, tables[i].name, list);
        status = pack_table(s, run, &tables[i], list, err);
    }
    char *text = status ? NULL : json_dumps(all, JSON_COMPACT);
    if (text)
        rt_str_add(out, text);
    else if (!status)
        status = rt_fail(err, RT_ENOMEM, "out of memory");
    free(text);
    json_decref(all);
    return status ? rt_err_within(err, "store") : 0;
}

/* ---- unpacking ----------------------------------------------------------- */

static int bad(struct rt_err *err, const char *where, const char *name,
               const char *want)
{
    return rt_fail(err, RT_EFORMAT, "record.%s: '%s' is no %s", where, name,
                   want);
}

static bool is_null(const json_t *v)
{
    return !v || json_is_null(v);
}

/* A JSON value as one of the column's; the text is borrowed from it. */
static int read_cell(const char *where, const struct column *c, const json_t *v,
                     struct rt_cell *out, struct rt_err *err)
{
    *out = (struct rt_cell){ .kind = 0 };
    if (is_null(v))
        return c->kind == 'T' || c->kind == 'I'
                   ? rt_fail(err, RT_EFORMAT, "record.%s: '%s' is missing",
                             where, c->name)
                   : 0;
    switch (c->kind) {
    case 'i':
    case 'I':
        if (!json_is_integer(v) || json_integer_value(v) < c->least ||
            json_integer_value(v) > c->most)
            return bad(err, where, c->name, "number that is possible there");
        *out = (struct rt_cell){ .kind = 'i', .i = json_integer_value(v) };
        return 0;
    case 'd':
        *out = (struct rt_cell){ .kind = 'd', .d = json_number_value(v) };
        if (json_is_string(v) && !strcmp(json_string_value(v), "Infinity"))
            out->d = (double)INFINITY;
        else if (json_is_string(v) &&
                 !strcmp(json_string_value(v), "-Infinity"))
            out->d = -(double)INFINITY;
        else if (!json_is_number(v))
            return bad(err, where, c->name, "number");
        return 0;
    default:
        if (!json_is_string(v))
            return bad(err, where, c->name, "text");
        *out = (struct rt_cell){ .kind = 't', .t = json_string_value(v) };
        return 0;
    }
}

/* "INSERT INTO t (run, a, b) VALUES (?1, ?2, ?3)" */
static struct rt_stmt *inserter(struct rt_store *s, const char *table,
                                const char *first, const struct column *c,
                                struct rt_err *err)
{
    struct rt_str sql = RT_STR_INIT;
    rt_str_addf(&sql, "INSERT INTO %s (%s, ", table, first);
    add_names(c, &sql);
    rt_str_add(&sql, ") VALUES (?1");
    for (int i = 0; c[i].name; i++)
        rt_str_addf(&sql, ", ?%d", i + 2);
    rt_str_add(&sql, ")");
    struct rt_stmt *q = rt_db_prepare(s->db, rt_str_c(&sql), err);
    rt_str_release(&sql);
    return q;
}

/* One that was alive goes on nowhere; its folder may be one of another
 * machine. */
static void adapt(struct rt_cell *cell)
{
    struct stat st;
    for (int i = 0; of_run[i].name; i++) {
        struct rt_cell *c = &cell[i + 1];
        if (!strcmp(of_run[i].name, "dir") && c->kind == 't' &&
            (stat(c->t, &st) || !S_ISDIR(st.st_mode)))
            c->kind = 0;
        if (strcmp(of_run[i].name, "state"))
            continue;
        int state = 0;
        while (state < RT_RUN_INTERRUPTED &&
               strcmp(c->t, rt_run_state_name((enum rt_run_state)state)))
            state++;
        if (state < RT_RUN_FINISHED)
            state = RT_RUN_INTERRUPTED;
        c->t = rt_run_state_name((enum rt_run_state)state);
    }
}

static int put_run(struct rt_store *s, int64_t id, const json_t *run,
                   struct rt_err *err)
{
    struct rt_cell cell[COLUMNS_MAX] = { { .kind = 'i', .i = id } };
    int status = 0;
    for (int i = 0; of_run[i].name && !status; i++)
        status =
            read_cell("run", &of_run[i], json_object_get(run, of_run[i].name),
                      &cell[i + 1], err);
    if (status)
        return status;
    adapt(cell);
    struct rt_stmt *q = inserter(s, "run", "id", of_run, err);
    status = q ? rt_stmt_put(q, cell, count(of_run) + 1, err) : RT_EIO;
    rt_stmt_free(q);
    return status;
}

static int put_row(const struct table *t, struct rt_stmt *q, int64_t id,
                   const json_t *row, size_t at, struct rt_err *err)
{
    struct rt_cell cell[COLUMNS_MAX] = { { .kind = 'i', .i = id } };
    int n = count(t->column), status = 0;
    char where[64];
    snprintf(where, sizeof where, "%s[%zu]", t->name, at);
    if (!json_is_array(row) || json_array_size(row) != (size_t)n)
        return rt_fail(err, RT_EFORMAT, "record.%s: want %d values", where, n);
    for (int i = 0; i < n && !status; i++)
        status = read_cell(where, &t->column[i], json_array_get(row, (size_t)i),
                           &cell[i + 1], err);
    if (!status && t->column == of_series && cell[1].i != (int64_t)at)
        return rt_fail(err, RT_EFORMAT,
                       "record.%s: its number is %lld, want %zu, for all of "
                       "them are there",
                       where, (long long)cell[1].i, at);
    if (!status)
        status = rt_stmt_put(q, cell, n + 1, err);
    /* the same twice */
    return status == RT_EEXIST
               ? rt_fail(err, RT_EFORMAT, "record.%s is there twice", where)
               : status;
}

static int put_table(struct rt_store *s, int64_t id, const struct table *t,
                     const json_t *list, struct rt_err *err)
{
    if (!json_is_array(list))
        return rt_fail(err, RT_EFORMAT, "record.%s is missing", t->name);
    struct rt_stmt *q = inserter(s, t->name, "run", t->column, err);
    int status = q ? 0 : RT_EIO;
    for (size_t i = 0; i < json_array_size(list) && !status; i++)
        status = put_row(t, q, id, json_array_get(list, i), i, err);
    rt_stmt_free(q);
    return status;
}

/* Where it came from, and its script. */
static int put_origin(struct rt_store *s, int64_t id, const json_t *record,
                      struct rt_err *err)
{
    const char *from = json_string_value(json_object_get(record, "from"));
    const char *script = json_string_value(json_object_get(record, "script"));
    int64_t kept = 0;
    if (!from || !script)
        return rt_fail(err, RT_EFORMAT, "record: '%s' is missing",
                       from ? "script" : "from");
    int status = rt_store_put_script(s, script, &kept, err);
    struct rt_stmt *q = status ? NULL
                               : rt_db_prepare(s->db,
                                               "UPDATE run SET origin = ?2,"
                                               " script = nullif(?3, 0)"
                                               " WHERE id = ?1",
                                               err);
    if (!status)
        status = q ? rt_stmt_run(q, err, "iti", id, from, kept) : RT_EIO;
    rt_stmt_free(q);
    return status;
}

static int put_all(struct rt_store *s, int64_t id, const json_t *record,
                   struct rt_err *err)
{
    const json_t *run = json_object_get(record, "run");
    if (!json_is_object(run))
        return rt_fail(err, RT_EFORMAT, "record.run is missing");
    int status = put_run(s, id, run, err);
    for (int i = 0; i < N_TABLES && !status; i++)
        status = put_table(s, id, &tables[i],
                           json_object_get(record, tables[i].name), err);
    return status ? status : put_origin(s, id, record, err);
}

static int put_record(struct rt_store *s, const json_t *record, int *id,
                      struct rt_err *err)
{
    int64_t number = 0;
    int status = rt_db_begin(s->db, err);
    if (status)
        return status;
    status = rt_store_make_folder(s, s->db, &number, err);
    bool made = !status;
    if (!status)
        status = put_all(s, number, record, err);
    if (!status)
        status = rt_db_commit(s->db, err);
    if (!status) {
        *id = (int)number;
        return 0;
    }
    rt_db_rollback(s->db);
    if (made) {
        char *folder = rt_store_run_path(s, number, NULL);
        rt_store_drop_folder(folder);
        free(folder);
    }
    return status;
}

static int check(const json_t *all, const json_t **record, struct rt_err *err)
{
    *record = json_object_get(all, "record");
    json_int_t version =
        json_integer_value(json_object_get(*record, "version"));
    if (json_is_array(all))
        return rt_fail(err, RT_EFORMAT,
                       "this is a table of runs, want one run, as `runs export "
                       "RUN FILE.json` writes it");
    if (!json_is_object(*record) || version < 1)
        return rt_fail(err, RT_EFORMAT,
                       "this is no run of retort: want what `runs export RUN "
                       "FILE.json` writes, with its member 'record'");
    if (version > VERSION)
        return rt_fail(err, RT_EFORMAT,
                       "its record has version %lld, this retort knows "
                       "versions up to %d; use a newer retort",
                       (long long)version, VERSION);
    return 0;
}

int rt_store_unpack(struct rt_store *s, const char *text, size_t n, int *id,
                    struct rt_err *err)
{
    json_error_t why;
    const json_t *record;
    if (s->read_only)
        return rt_fail(err, RT_EIO,
                       "store: %s: cannot be written, it is read-only",
                       s->path);
    json_t *all = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (!all)
        return rt_fail(err, RT_EFORMAT, "line %d, column %d: %s", why.line,
                       why.column, why.text);
    int status = check(all, &record, err);
    if (!status)
        status = put_record(s, record, id, err);
    json_decref(all);
    return status;
}
