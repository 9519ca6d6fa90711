/* Looking at data: describe, head, sample, values. What is shown is what a
 * model would see: after scaling and encoding. */
#include "base/schema.h"
#include "data/transform.h"
#include "data/weigh.h"
#include "shell/cmd.h"
#include "shell/pictures.h"
#include "shell/rows.h"
#include "shell/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 65536,     /* numbers looked at in one go */
    COLUMNS_SHOWN = 8, /* of a table of rows */
    NUMBERS_SHOWN = 4, /* of a row that holds several */
    CLASSES_SHOWN = 20,
};

static size_t width_of(const struct rt_column *c)
{
    struct rt_shape shape = rt_column_shape(c);
    return rt_shape_count(&shape);
}

/* Are its numbers names of classes as they come out. */
static bool has_names(const struct rt_column *c)
{
    return c->n_classes && !c->n_steps && width_of(c) == 1;
}

static bool is_onehot(const struct rt_column *c)
{
    return c->n_steps && c->steps[c->n_steps - 1]->type == &rt_transform_onehot;
}

/* ---- describe ---------------------------------------------------------- */

struct profile {
    size_t n, missing;
    double lo, hi, first, sum, squares; /* sums about the first number */
    size_t count[CLASSES_SHOWN]; /* of 0, 1, 2, ... or, one-hot, of each */
    bool classes; /* whole numbers within 0..CLASSES_SHOWN-1 alone */
};

static void profile_add(struct profile *p, double v)
{
    if (isnan(v)) {
        p->missing++;
        return;
    }
    if (!p->n++)
        p->first = p->lo = p->hi = v;
    p->lo = fmin(p->lo, v);
    p->hi = fmax(p->hi, v);
    p->sum += v - p->first;
    p->squares += (v - p->first) * (v - p->first);
    if (v >= 0 && v < CLASSES_SHOWN && v == floor(v))
        p->count[(int)v]++;
    else
        p->classes = false;
}

/* Counts of a one-hot column by its ones. */
static void profile_ones(struct profile *p, const float *v, size_t n, size_t k)
{
    memset(p->count, 0, sizeof p->count);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k && j < CLASSES_SHOWN; j++)
            p->count[j] += v[i * k + j] > 0;
}

static int profile_make(struct rt_session *s, const struct rt_dataset *d,
                        const struct rt_column *c, struct profile *p,
                        struct rt_err *err)
{
    size_t width = width_of(c), height = width < CHUNK ? CHUNK / width : 1;
    float *v = rt_try_alloc(height * width, sizeof *v, "describe", err);
    size_t ones[CLASSES_SHOWN] = { 0 };
    int rc = v ? 0 : RT_ENOMEM;
    *p = (struct profile){ .classes = c->type != RT_F32 && c->type != RT_F64 &&
                                      width == 1 && !c->n_steps };
    for (size_t i = 0; i < d->n_rows && !rc; i += height) {
        size_t n = d->n_rows - i < height ? d->n_rows - i : height;
        rt_dataset_gather(d, c, NULL, i, n, v);
        for (size_t k = 0; k < n * width; k++)
            profile_add(p, (double)v[k]);
        if (is_onehot(c)) {
            struct profile part;
            profile_ones(&part, v, n, width);
            for (int k = 0; k < CLASSES_SHOWN; k++)
                ones[k] += part.count[k];
        }
        if (s->interrupted())
            rc = rt_fail(err, RT_ECANCEL, "interrupted");
    }
    if (is_onehot(c)) {
        memcpy(p->count, ones, sizeof ones);
        p->classes = width <= CLASSES_SHOWN;
    }
    free(v);
    return rc;
}

static void put_profile(struct rt_value *v, const struct rt_column *c,
                        const struct profile *p)
{
    struct rt_shape shape = rt_column_shape(c);
    double n = (double)p->n, mean = p->n ? p->sum / n : NAN;
    struct rt_str steps = RT_STR_INIT;
    for (int i = 0; i < c->n_steps; i++)
        rt_str_addf(&steps, "%s%s", i ? ", " : "", c->steps[i]->words);
    rt_value_set_dict(v);
    rt_value_put_text(v, "column", c->name);
    rt_value_put_text(v, "shape", rt_shape_text(&shape));
    rt_value_put_text(v, "type", rt_dtype_name(c->type));
    rt_value_put_int(v, "missing", (int64_t)p->missing);
    rt_value_put_number(v, "min", p->n ? p->lo : NAN);
    rt_value_put_number(v, "max", p->n ? p->hi : NAN);
    rt_value_put_number(v, "mean", mean + p->first);
    rt_value_put_number(
        v, "sd", p->n ? sqrt(fmax(p->squares / n - mean * mean, 0)) : NAN);
    rt_value_put_text(v, "steps", rt_str_c(&steps));
    rt_str_release(&steps);
}

static void add_number(struct rt_table *t, double v)
{
    if (isnan(v))
        rt_table_cell(t, "-");
    else
        rt_table_cell(t, "%.4g", v);
}

/* The list of profiles as a table of fewer digits. */
static void profile_table(const struct rt_value *list, int width,
                          struct rt_str *out)
{
    const struct rt_value *first = &list->items[0];
    struct rt_table t;
    rt_table_init(&t);
    for (int i = 0; i < first->n; i++)
        rt_table_column(&t, first->keys[i],
                        first->items[i].kind != RT_VALUE_TEXT);
    for (int r = 0; r < list->n; r++)
        for (int i = 0; i < first->n; i++) {
            const struct rt_value *v = &list->items[r].items[i];
            if (v->kind == RT_VALUE_TEXT)
                rt_table_cell(&t, "%s", v->text);
            else if (v->kind == RT_VALUE_INT)
                rt_table_cell(&t, "%lld", (long long)v->i);
            else
                add_number(&t, v->x);
        }
    rt_table_print(&t, width, out);
    rt_table_release(&t);
}

static void say_classes(const struct rt_column *c, const struct profile *p,
                        struct rt_str *out)
{
    if (!p->classes || !p->n)
        return;
    rt_str_addf(out, "\n%s: ", c->name);
    const char *comma = "";
    for (int i = 0; i < CLASSES_SHOWN; i++) {
        if (!p->count[i])
            continue;
        rt_str_add(out, comma);
        comma = ", ";
        if (i < c->n_classes)
            rt_str_addf(out, "%s ", c->classes[i]);
        else
            rt_str_addf(out, "class %d ", i);
        rt_str_add_count(out, (long long)p->count[i]);
    }
}

/* "weights of y: class 0 2, class 1 0.5; samples by w" */
static void say_weights(const struct rt_dataset *d, struct rt_str *out)
{
    for (int i = 0; i < d->n_weighings; i++) {
        const struct rt_weighing *w = &d->weighings[i];
        rt_str_addf(out, "\nweights%s%s: ", w->output ? " of " : "",
                    w->output ? w->output : "");
        for (int k = 0; k < w->n_classes && k < CLASSES_SHOWN; k++)
            rt_str_addf(out, "%sclass %d %.4g", k ? ", " : "", k,
                        w->by_class[k]);
        if (w->col)
            rt_str_addf(out, "%ssamples by %s", w->n_classes ? "; " : "",
                        w->col);
    }
}

struct describe_args {
    const char *data;
    struct rt_texts cols;
};
static const struct rt_opt describe_opts[] = {
    RT_OPT(struct describe_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct describe_args, cols, .word = 2, .def = "",
           .names = RT_NAMES_COLUMN, .help = "these columns only"),
    RT_OPT_END
};

static int run_describe(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct describe_args *a = call->args;
    struct rt_dataset *d = rt_session_data(call->s, a->data, err);
    struct rt_str classes = RT_STR_INIT, *out = &call->out->text;
    if (!d)
        return rt_err_within(err, "describe");
    int rc = 0, n = a->cols.n ? a->cols.n : d->n_cols;
    rt_value_set_list(&call->out->value);
    for (int i = 0; i < n && !rc; i++) {
        struct profile p;
        const struct rt_column *c =
            a->cols.n ? rt_dataset_column(d, a->cols.v[i], err) : d->cols[i];
        rc = c ? profile_make(call->s, d, c, &p, err) : RT_ENOENT;
        if (rc)
            break;
        put_profile(rt_value_push(&call->out->value), c, &p);
        say_classes(c, &p, &classes);
    }
    if (!rc) {
        rt_str_addf(out, "%s: ", d->name);
        rt_str_add_count(out, (long long)d->n_rows);
        rt_str_addf(out, " rows from %s\n", d->origin);
        profile_table(&call->out->value, call->s->table_width, out);
        rt_str_add(out, rt_str_c(&classes));
        say_weights(d, out);
    }
    rt_str_release(&classes);
    return rc ? rt_err_within(err, "describe") : 0;
}

const struct rt_cmd rt_cmd_describe = {
    .group = "data",
    .name = "describe",
    .help = "profile of a data set: ranges, means, missing numbers, classes",
    .opts = describe_opts,
    .args_size = sizeof(struct describe_args),
    .flags = RT_CMD_LOOKS,
    .run = run_describe,
    .example = "seed 1\ndata s generate blobs n=60 classes=3\ndescribe s\n"
               "puts [dict get [lindex [describe s -value] 0] mean]\n",
};

/* ---- rows as a table --------------------------------------------------- */

static void cell_text(const struct rt_column *c, const float *v, size_t width,
                      struct rt_str *out)
{
    rt_str_clear(out);
    if (has_names(c) && v[0] >= 0 && v[0] < (float)c->n_classes) {
        rt_str_add(out, c->classes[(int)v[0]]);
        return;
    }
    for (size_t i = 0; i < width && i < NUMBERS_SHOWN; i++)
        rt_str_addf(out, "%s%.5g", i ? " " : "",
                    isnan(v[i]) ? (double)NAN : (double)v[i]); /* no -nan */
    if (width > NUMBERS_SHOWN)
        rt_str_addf(out, " ... (%zu)", width);
}

/* Rows by number (NULL: the first n) as a table and a list of dicts. */
static int show_rows(struct rt_cmd_call *call, const struct rt_dataset *d,
                     const uint32_t *rows, size_t n, struct rt_err *err)
{
    struct rt_value *list = &call->out->value;
    struct rt_str cell = RT_STR_INIT, *out = &call->out->text;
    struct rt_table t;
    int shown = d->n_cols < COLUMNS_SHOWN ? d->n_cols : COLUMNS_SHOWN;
    rt_value_set_list(list);
    rt_table_init(&t);
    rt_table_column(&t, "row", true);
    for (int k = 0; k < shown; k++)
        rt_table_column(&t, d->cols[k]->name,
                        width_of(d->cols[k]) == 1 && !has_names(d->cols[k]));
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        uint32_t row = rows ? rows[i] : (uint32_t)i;
        struct rt_value *dict = rt_value_push(list);
        rt_value_set_dict(dict);
        rt_value_put_int(dict, "row", row);
        rt_table_cell(&t, "%u", row);
        for (int k = 0; k < d->n_cols && !rc; k++) {
            const struct rt_column *c = d->cols[k];
            size_t width = width_of(c);
            float *v = rt_try_alloc(width, sizeof *v, "a row", err);
            if (!v) {
                rc = RT_ENOMEM;
                break;
            }
            rt_dataset_gather(d, c, &row, 0, 1, v);
            cell_text(c, v, width, &cell);
            rt_value_put_text(dict, c->name, rt_str_c(&cell));
            if (k < shown)
                rt_table_cell(&t, "%s", rt_str_c(&cell));
            free(v);
        }
    }
    if (!rc)
        rt_table_print(&t, call->s->table_width, out);
    if (!rc && shown < d->n_cols)
        rt_str_addf(out, "\nand %d more columns, which `describe %s` lists",
                    d->n_cols - shown, d->name);
    rt_table_release(&t);
    rt_str_release(&cell);
    return rc;
}

struct head_args {
    const char *data;
    int n;
};
static const struct rt_opt head_opts[] = {
    RT_OPT(struct head_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct head_args, n, .word = 2, .def = "5", .min = 1, .max = 10000,
           .help = "how many rows"),
    RT_OPT_END
};

static int run_head(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct head_args *a = call->args;
    struct rt_dataset *d = rt_session_data(call->s, a->data, err);
    if (!d)
        return rt_err_within(err, "head");
    size_t n = (size_t)a->n < d->n_rows ? (size_t)a->n : d->n_rows;
    return show_rows(call, d, NULL, n, err);
}

const struct rt_cmd rt_cmd_head = {
    .group = "data",
    .name = "head",
    .help = "the first rows of a data set",
    .opts = head_opts,
    .args_size = sizeof(struct head_args),
    .flags = RT_CMD_LOOKS,
    .run = run_head,
    .example = "seed 1\ndata s generate moons\nhead s\nhead s 2\n",
};

/* ---- sample ------------------------------------------------------------ */

struct sample_args {
    const char *data, *column, *to;
    int n;
    int64_t seed;
};
static const struct rt_opt sample_opts[] = {
    RT_OPT(struct sample_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct sample_args, n, .word = 2, .def = "16", .min = 1, .max = 1000,
           .help = "how many rows"),
    RT_OPT(struct sample_args, column, .def = "", .names = RT_NAMES_COLUMN,
           .help = "the column of pictures; else the first there is"),
    RT_OPT(struct sample_args, seed, .def = "", .min = 0,
           .max = 9.007199254740992e15,
           .help = "of the choice; else the session's"),
    RT_OPT(struct sample_args, to, .form = RT_FORM_FLAG, .names = RT_NAMES_FILE,
           .help = "write the pictures to a .png, .svg or .pdf file"),
    RT_OPT_END
};

/* The first n of a permutation of all rows. */
static uint32_t *choose(struct rt_session *s, const struct sample_args *a,
                        const struct rt_dataset *d, struct rt_err *err)
{
    uint64_t seed = a->seed != INT64_MIN ? (uint64_t)a->seed
                    : s->seed_given      ? s->seed
                                         : rt_seed_draw();
    uint32_t *rows = rt_try_alloc(d->n_rows, sizeof *rows, "sample", err);
    if (rows)
        rt_rng_permute(rt_key_make(seed, RT_FOR_SAMPLE), rows,
                       (uint32_t)d->n_rows);
    return rows;
}

static int run_sample(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct sample_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_dataset *d = rt_session_data(s, a->data, err);
    uint32_t *rows = d ? choose(s, a, d, err) : NULL;
    if (!rows)
        return rt_err_within(err, "sample");
    size_t n = (size_t)a->n < d->n_rows ? (size_t)a->n : d->n_rows;
    const struct rt_column *c = NULL;
    int rc = 0;
    if (a->column && !(c = rt_dataset_column(d, a->column, err)))
        rc = rt_err_code(err, RT_ENOENT);
    for (int i = 0; !rc && !c && i < d->n_cols; i++)
        if (rt_pictures_fit(d->cols[i]))
            c = d->cols[i];
    if (!rc && c) {
        rt_value_set_list(&call->out->value);
        for (size_t i = 0; i < n; i++)
            rt_value_set_int(rt_value_push(&call->out->value), rows[i]);
        rc = rt_pictures_sample(s, d, c, rows, n, a->to, &call->out->text, err);
    } else if (!rc && a->to) {
        rc = rt_fail(err, RT_ESHAPE, "data '%s' has no pictures to write",
                     d->name);
    } else if (!rc) {
        rc = show_rows(call, d, rows, n, err);
    }
    free(rows);
    return rc ? rt_err_within(err, "sample") : 0;
}

const struct rt_cmd rt_cmd_sample = {
    .group = "data",
    .name = "sample",
    .help = "rows chosen at random; pictures as pictures",
    .opts = sample_opts,
    .args_size = sizeof(struct sample_args),
    .flags = RT_CMD_LOOKS,
    .run = run_sample,
    .details = "A column of rows (H,W), (H,W,1) or (H,W,3) is shown as "
               "pictures, and so are squares\nof 64 numbers and more in a "
               "line; everything else as a table.",
    .example = "seed 1\ndata s generate spiral\nsample s 4\n",
};

/* ---- values ------------------------------------------------------------ */

enum { VALUES_MAX = 10000000, VALUES_SHOWN = 60 };

struct values_args {
    const char *data, *column, *rows;
};
static const struct rt_opt values_opts[] = {
    RT_OPT(struct values_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct values_args, column, .word = 2, .names = RT_NAMES_COLUMN,
           .help = "the column"),
    RT_OPT(struct values_args, rows, .word = 3, .def = "",
           .help = "row numbers from 0: 0..9 or 1,5,9..12; else all"),
    RT_OPT_END
};

static int run_values(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct values_args *a = call->args;
    struct rt_dataset *d = rt_session_data(call->s, a->data, err);
    const struct rt_column *c = d ? rt_dataset_column(d, a->column, err) : NULL;
    uint32_t *rows = NULL;
    size_t n = d ? d->n_rows : 0;
    int rc = c ? 0 : rt_err_code(err, RT_ENOENT);
    if (!rc && a->rows)
        rc = rt_rows_parse(a->rows, d->n_rows, &rows, &n, err);
    size_t width = c ? width_of(c) : 1;
    if (!rc && n > VALUES_MAX / width)
        rc = rt_fail(err, RT_EINVAL,
                     "%zu rows of %zu numbers are too many for a list, want "
                     "at most %d numbers: name the rows, or `export` them",
                     n, width, VALUES_MAX);
    float *v = rc ? NULL : rt_try_alloc(n * width, sizeof *v, "values", err);
    if (!rc && !v)
        rc = RT_ENOMEM;
    if (!rc) {
        struct rt_str *out = &call->out->text;
        rt_dataset_gather(d, c, rows, 0, n, v);
        rt_value_set_list(&call->out->value);
        for (size_t i = 0; i < n * width; i++) {
            rt_value_set_number(rt_value_push(&call->out->value), (double)v[i]);
            if (i < VALUES_SHOWN)
                rt_str_addf(out, "%s%.6g", i ? " " : "", (double)v[i]);
        }
        if (n * width > VALUES_SHOWN)
            rt_str_addf(out, " ... (%zu)", n * width);
    }
    free(v);
    free(rows);
    return rc ? rt_err_within(err, "values") : 0;
}

const struct rt_cmd rt_cmd_values = {
    .group = "data",
    .name = "values",
    .help = "a column as a flat list, last index fastest",
    .opts = values_opts,
    .args_size = sizeof(struct values_args),
    .run = run_values,
    .example = "data t values {1 2 3 4 5 6} shape=3x2\n"
               "assert {[values t x 1..2] == {3.0 4.0 5.0 6.0}}\n",
};
