/* Data sets from delimited text. The rows are gone through twice: once to
 * learn what the columns hold, once to store it in arrays of the right type. */
#include "base/map.h"
#include "base/mem.h"
#include "files/csv_table.h"
#include "files/reader.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const headers[] = { "guess", "no", "yes", NULL };

struct args {
    const char *file;
    struct rt_texts x, y;
    int header; /* enum rt_csv_header */
    const char *sep;
    int skip;
    struct rt_texts types, na;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, file, .word = 1, .names = RT_NAMES_FILE,
           .help = "text file of rows, may be gzipped"),
    RT_OPT(struct args, x, .def = "",
           .help = "columns of x: names, numbers from 1, ranges a..b; where "
                   "only y is given, all the others"),
    RT_OPT(struct args, y, .def = "", .help = "columns of y, written as x"),
    RT_OPT(struct args, header, .def = "guess", .choices = headers,
           .help = "whether the first line is names; guess: if none of it is "
                   "a number"),
    RT_OPT(struct args, sep, .def = "",
           .help = "what stands between cells: a character, tab or space; "
                   "guessed from the first line unless given"),
    RT_OPT(struct args, skip, .def = "0", .min = 0, .max = INT_MAX,
           .help = "lines to leave out at the beginning"),
    RT_OPT(struct args, types, .def = "",
           .help = "what columns hold: COL:number, COL:class or COL:skip"),
    RT_OPT(struct args, na, .def = "NA,N/A,NaN,nan,NULL,null,?",
           .help = "words that mean a missing value, as an empty cell does"),
    RT_OPT_END
};

enum hold { HOLD_AUTO, HOLD_NUMBER, HOLD_CLASS, HOLD_SKIP };
static const char *const holds[] = { "", "number", "class", "skip" };

struct column { /* of the file */
    enum hold hold;
    bool strict;                /* a text is an error, not a class */
    bool text, missing, broken; /* seen: a text, a gap, a fraction */
    double min, max;
    struct rt_map classes; /* texts in the order they appear */
    struct {
        int field, at;
    } use[2]; /* where its numbers go */
    int n_uses;
};
struct field { /* of the data set: columns side by side */
    const char *name;
    int *cols, n;
    enum rt_dtype type;
    void *data;
};
struct table {
    const struct args *args;
    struct rt_csv_table csv;
    struct column *cols;
    size_t n_rows;
    struct field *fields;
    int n_fields;
    struct rt_str word; /* a cell with its NUL */
};

static void release(struct table *t)
{
    for (int j = 0; t->cols && j < t->csv.width; j++)
        rt_map_release(&t->cols[j].classes);
    for (int i = 0; i < t->n_fields; i++) {
        free(t->fields[i].cols);
        free(t->fields[i].data);
    }
    free(t->cols);
    free(t->fields);
    rt_str_release(&t->word);
    rt_csv_close(&t->csv);
}

static const char *word(struct table *t, const struct rt_csv_cell *cell)
{
    rt_str_clear(&t->word);
    rt_str_addn(&t->word, cell->s, cell->n);
    return rt_str_c(&t->word);
}

static bool is_missing(const struct args *a, const struct rt_csv_cell *cell)
{
    if (cell->n == 0)
        return true;
    for (int i = 0; i < a->na.n; i++)
        if (strlen(a->na.v[i]) == cell->n &&
            memcmp(a->na.v[i], cell->s, cell->n) == 0)
            return true;
    return false;
}

/* ---- which columns ------------------------------------------------------- */

static int add_field(struct table *t, const char *name)
{
    t->fields =
        rt_xrealloc(t->fields, ((size_t)t->n_fields + 1) * sizeof *t->fields);
    t->fields[t->n_fields] = (struct field){ .name = name };
    return t->n_fields++;
}

static int add_to(struct table *t, int field, int j, struct rt_err *err)
{
    struct field *f = &t->fields[field];
    struct column *col = &t->cols[j];
    for (int i = 0; i < col->n_uses; i++)
        if (col->use[i].field == field)
            return rt_fail(err, RT_EINVAL,
                           "%s: column '%s' twice in %s=", t->csv.file,
                           t->csv.names[j], f->name);
    f->cols = rt_xrealloc(f->cols, ((size_t)f->n + 1) * sizeof *f->cols);
    f->cols[f->n] = j;
    col->use[col->n_uses].field = field;
    col->use[col->n_uses++].at = f->n++;
    return 0;
}

static int add_list(struct table *t, int field, const struct rt_texts *list,
                    struct rt_err *err)
{
    int status = 0;
    for (int i = 0; i < list->n && !status; i++) {
        int first, last;
        if (rt_csv_range(&t->csv, list->v[i], &first, &last, err))
            return rt_err_within(err, "%s=%s", t->fields[field].name,
                                 list->v[i]);
        for (int j = first; j <= last && !status; j++)
            status = add_to(t, field, j, err);
    }
    return status;
}

static int set_types(struct table *t, struct rt_err *err)
{
    const struct rt_texts *types = &t->args->types;
    for (int i = 0; i < types->n; i++) {
        const char *colon = strrchr(types->v[i], ':');
        int hold = HOLD_SKIP;
        while (hold > 0 && !(colon && strcmp(colon + 1, holds[hold]) == 0))
            hold--;
        if (hold == HOLD_AUTO)
            return rt_fail(err, RT_EINVAL,
                           "types has '%s', want COL:number, COL:class or "
                           "COL:skip",
                           types->v[i]);
        char *name = rt_xstrndup(types->v[i], (size_t)(colon - types->v[i]));
        int j = rt_csv_find(&t->csv, name, err);
        free(name);
        if (j < 0)
            return rt_err_within(err, "types=%s", types->v[i]);
        t->cols[j].hold = (enum hold)hold;
    }
    return 0;
}

/* Every column that is not skipped, as a field of its own. */
static int add_all(struct table *t, struct rt_err *err)
{
    struct rt_map seen = RT_MAP_INIT;
    int status = 0;
    for (int j = 0; j < t->csv.width && !status; j++) {
        const char *name = t->csv.names[j];
        if (t->cols[j].hold == HOLD_SKIP)
            continue;
        if (rt_map_index(&seen, name) >= 0)
            status = rt_fail(err, RT_EFORMAT,
                             "%s:%d: two columns are called '%s'; choose by "
                             "number with x= and y=",
                             t->csv.file, t->csv.line, name);
        rt_map_set(&seen, name, NULL);
        if (!status)
            status = add_to(t, add_field(t, name), j, err);
    }
    rt_map_release(&seen);
    return status;
}

/* What y leaves over. */
static int add_rest(struct table *t, int field, struct rt_err *err)
{
    int status = 0;
    for (int j = 0; j < t->csv.width && !status; j++)
        if (!t->cols[j].n_uses && t->cols[j].hold != HOLD_SKIP)
            status = add_to(t, field, j, err);
    return status;
}

static int add_x_and_y(struct table *t, struct rt_err *err)
{
    const struct args *a = t->args;
    int x = add_field(t, "x"), y = a->y.n ? add_field(t, "y") : x;
    int status = add_list(t, y, &a->y, err);
    if (!status)
        status = a->x.n ? add_list(t, x, &a->x, err) : add_rest(t, x, err);
    /* x is numbers; so are columns side by side, which share no class names */
    for (int i = 0; i < t->n_fields; i++)
        for (int k = 0; k < t->fields[i].n; k++)
            if (i == x || t->fields[i].n > 1)
                t->cols[t->fields[i].cols[k]].strict = true;
    return status;
}

static int choose_columns(struct table *t, struct rt_err *err)
{
    bool named = t->args->x.n || t->args->y.n;
    int status = set_types(t, err);
    if (!status)
        status = named ? add_x_and_y(t, err) : add_all(t, err);
    if (!status && (t->n_fields == 0 || t->fields[0].n == 0))
        status = rt_fail(err, RT_EINVAL, "%s: no columns are left for %s",
                         t->csv.file, named ? "x" : "the data set");
    return status;
}

/* ---- first time: what the columns hold ----------------------------------- */

static int text_in_numbers(struct table *t, int j,
                           const struct rt_csv_cell *cell, struct rt_err *err)
{
    const char *name = t->csv.names[j];
    return rt_fail(err, RT_EFORMAT,
                   "%s:%d: '%.40s' in column %d (%s) is no number; leave the "
                   "column out with types=%s:skip, say types=%s:class, or na= "
                   "if it means a gap",
                   t->csv.file, cell->line, word(t, cell), j + 1, name, name,
                   name);
}

static int look(void *arg, size_t row, int j, const struct rt_csv_cell *cell,
                struct rt_err *err)
{
    struct table *t = arg;
    struct column *col = &t->cols[j];
    double v;
    (void)row;
    if (!col->n_uses)
        return 0;
    if (is_missing(t->args, cell)) {
        col->missing = true;
    } else if (!rt_csv_number(cell, &v)) {
        if (col->hold == HOLD_NUMBER ||
            (col->strict && col->hold != HOLD_CLASS))
            return text_in_numbers(t, j, cell, err);
        col->text = true;
    } else {
        col->broken = col->broken || v != floor(v) || fabs(v) > 0x1p53;
        col->min = fmin(col->min, v);
        col->max = fmax(col->max, v);
    }
    return 0;
}

static bool is_class(const struct column *col)
{
    return col->text || col->hold == HOLD_CLASS;
}

/* Whole numbers keep to the smallest of the usual types, so that a table of
 * pixels takes a byte each; everything else is float. */
static enum rt_dtype type_for(const struct table *t, const struct field *f)
{
    double min = 0, max = 0;
    for (int i = 0; i < f->n; i++) {
        const struct column *col = &t->cols[f->cols[i]];
        if (col->missing || (col->broken && !is_class(col)))
            return RT_F32;
        min = is_class(col) ? min : fmin(min, col->min);
        max = is_class(col) ? fmax(max, INT32_MAX) : fmax(max, col->max);
    }
    if (min >= 0 && max <= UINT8_MAX)
        return RT_U8;
    return min >= INT32_MIN && max <= INT32_MAX ? RT_I32 : RT_I64;
}

/* ---- second time: storing ------------------------------------------------ */

enum { CLASSES_MAX = 65536 }; /* more are names or dates, not classes */

static int class_number(struct table *t, int j, const struct rt_csv_cell *cell,
                        double *v, struct rt_err *err)
{
    struct rt_map *classes = &t->cols[j].classes;
    const char *text = word(t, cell);
    int i = rt_map_index(classes, text);
    if (i < 0) {
        i = classes->n;
        if (i == CLASSES_MAX)
            return rt_fail(err, RT_EFORMAT,
                           "%s:%d: column '%s' has more than %d different "
                           "texts; leave it out with types=%s:skip",
                           t->csv.file, cell->line, t->csv.names[j],
                           CLASSES_MAX, t->csv.names[j]);
        rt_map_set(classes, text, NULL);
    }
    *v = i;
    return 0;
}

static void put(const struct field *f, size_t i, double v)
{
    if (f->type == RT_U8)
        ((uint8_t *)f->data)[i] = (uint8_t)v;
    else if (f->type == RT_I32)
        ((int32_t *)f->data)[i] = (int32_t)v;
    else if (f->type == RT_I64)
        ((int64_t *)f->data)[i] = (int64_t)v;
    else
        ((float *)f->data)[i] = (float)v;
}

static double get(const struct field *f, size_t i)
{
    if (f->type == RT_U8)
        return ((const uint8_t *)f->data)[i];
    if (f->type == RT_I32)
        return ((const int32_t *)f->data)[i];
    if (f->type == RT_I64)
        return (double)((const int64_t *)f->data)[i];
    return (double)((const float *)f->data)[i];
}

static int store(void *arg, size_t row, int j, const struct rt_csv_cell *cell,
                 struct rt_err *err)
{
    struct table *t = arg;
    struct column *col = &t->cols[j];
    double v = NAN;
    int status = 0;
    if (!col->n_uses)
        return 0;
    if (!is_missing(t->args, cell)) {
        if (is_class(col))
            status = class_number(t, j, cell, &v, err);
        else
            rt_csv_number(cell, &v);
    }
    for (int i = 0; i < col->n_uses && !status; i++) {
        const struct field *f = &t->fields[col->use[i].field];
        put(f, row * (size_t)f->n + (size_t)col->use[i].at, v);
    }
    return status;
}

/* ---- classes in order ---------------------------------------------------- */

struct name {
    const char *text;
    double number;
    int was;
};

static int by_text(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    return strcmp(x->text, y->text);
}

static int by_number(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

/* Classes are numbered in the order of their names, as in scikit-learn, not as
 * the rows happen to come. Returns the names. */
static char **sort_classes(const struct table *t, const struct column *col,
                           const struct field *f, int at)
{
    size_t n = (size_t)col->classes.n;
    struct name *names = rt_xcalloc(n + 1, sizeof *names);
    double *now = rt_xcalloc(n + 1, sizeof *now);
    char **out = rt_xcalloc(n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        const char *text = col->classes.v[i].key;
        names[i] = (struct name){ text, strtod(text, NULL), (int)i };
    }
    qsort(names, n, sizeof *names, col->text ? by_text : by_number);
    for (size_t i = 0; i < n; i++) {
        now[names[i].was] = (double)i;
        out[i] = rt_xstrdup(names[i].text);
    }
    for (size_t row = 0; row < t->n_rows; row++) {
        size_t i = row * (size_t)f->n + (size_t)at;
        if (!isnan(get(f, i)))
            put(f, i, now[(size_t)get(f, i)]);
    }
    free(names);
    free(now);
    return out;
}

static int add_column(const struct table *t, struct field *f,
                      struct rt_dataset *d, struct rt_err *err)
{
    char **classes = NULL;
    int n_classes = 0;
    for (int k = 0; k < f->n; k++) {
        const struct column *col = &t->cols[f->cols[k]];
        if (!is_class(col))
            continue;
        classes = sort_classes(t, col, f, k);
        n_classes = col->classes.n;
        if (f->n == 1)
            break;
        while (n_classes > 0)
            free(classes[--n_classes]);
        free(classes);
        classes = NULL;
    }
    struct rt_shape row = RT_SHAPE(f->n);
    if (f->n == 1)
        row.rank = 0;
    void *data = f->data;
    f->data = NULL;
    return rt_dataset_add_column(d, f->name, f->type, &row, t->n_rows, data,
                                 classes, n_classes, err);
}

/* ---- all together -------------------------------------------------------- */

static int open_table(struct table *t, struct rt_err *err)
{
    const struct args *a = t->args;
    struct rt_csv_spec spec = { a->file, (enum rt_csv_header)a->header, a->sep,
                                a->skip };
    int status = rt_csv_open(&t->csv, &spec, err);
    if (status)
        return status;
    t->cols = rt_xcalloc((size_t)t->csv.width, sizeof *t->cols);
    for (int j = 0; j < t->csv.width; j++) {
        t->cols[j].min = INFINITY;
        t->cols[j].max = -INFINITY;
    }
    return 0;
}

static int read_fields(struct table *t, struct rt_err *err)
{
    int status = rt_csv_each(&t->csv, look, t, &t->n_rows, err);
    if (!status && t->n_rows == 0)
        status = rt_fail(err, RT_EFORMAT, "%s: no rows below the names",
                         t->csv.file);
    for (int i = 0; i < t->n_fields && !status; i++) {
        struct field *f = &t->fields[i];
        f->type = type_for(t, f);
        f->data = rt_try_alloc(t->n_rows * (size_t)f->n, rt_dtype_size(f->type),
                               t->csv.file, err);
        status = f->data ? 0 : RT_ENOMEM;
    }
    return status ? status : rt_csv_each(&t->csv, store, t, NULL, err);
}

static struct rt_dataset *read_csv(const char *name, const void *args,
                                   struct rt_err *err)
{
    struct table t = { .args = args };
    struct rt_dataset *d = NULL;
    int status = open_table(&t, err);
    if (!status)
        status = choose_columns(&t, err);
    if (!status)
        status = read_fields(&t, err);
    if (!status) {
        d = rt_reader_dataset(&rt_reader_csv, args, name, t.n_rows);
        for (int i = 0; i < t.n_fields && !status; i++)
            status = add_column(&t, &t.fields[i], d, err);
    }
    release(&t);
    if (status) {
        rt_dataset_unref(d);
        return NULL;
    }
    return d;
}

const struct rt_reader rt_reader_csv = {
    .name = "csv",
    .help = "delimited text: x and y from columns, or each by its name",
    .opts = opts,
    .args_size = sizeof(struct args),
    .read = read_csv,
};
