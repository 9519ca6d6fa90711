/* export: a data set to a file, as a model would see it. */
#include "base/mem.h"
#include "base/vec.h"
#include "files/csv_write.h"
#include "files/npy.h"
#include "shell/cmd.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static size_t width_of(const struct rt_column *c)
{
    struct rt_shape shape = rt_column_shape(c);
    return rt_shape_count(&shape);
}

struct export_args {
    const char *data, *file;
    int format;
    struct rt_texts cols;
};
static const char *const formats[] = { "npy", "csv", NULL };
enum { NPY, CSV };
static const struct rt_opt export_opts[] = {
    RT_OPT(struct export_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct export_args, format, .word = 2, .choices = formats,
           .help = "what kind of file"),
    RT_OPT(struct export_args, file, .word = 3, .names = RT_NAMES_FILE,
           .help = "its name"),
    RT_OPT(struct export_args, cols, .def = "", .names = RT_NAMES_COLUMN,
           .help = "these columns only"),
    RT_OPT_END
};

/* A column's rows; NULL without memory. */
static float *all_rows(const struct rt_dataset *d, const struct rt_column *c,
                       struct rt_err *err)
{
    float *v = rt_try_alloc(d->n_rows * width_of(c), sizeof *v, "export", err);
    if (v)
        rt_dataset_gather(d, c, NULL, 0, d->n_rows, v);
    return v;
}

static int export_npy(const struct rt_dataset *d, struct rt_column *const *cols,
                      int n, const char *file, struct rt_err *err)
{
    if (n != 1)
        return rt_fail(err, RT_EINVAL,
                       "a .npy file holds one column: name it with cols=, as "
                       "in cols=%s",
                       d->cols[0]->name);
    struct rt_shape row = rt_column_shape(cols[0]);
    struct rt_shape all = { .rank = row.rank + 1 };
    if (d->n_rows > INT_MAX || row.rank == RT_RANK_MAX)
        return rt_fail(err, RT_EINVAL, "%zu rows of %s are too large",
                       d->n_rows, rt_shape_text(&row));
    all.dim[0] = (int)d->n_rows;
    memcpy(all.dim + 1, row.dim, (size_t)row.rank * sizeof *row.dim);
    float *v = all_rows(d, cols[0], err);
    int rc = v ? rt_npy_write(file, &all, v, err) : RT_ENOMEM;
    free(v);
    return rc;
}

/* The fields of one column: one, or one for each number of its rows. */
struct fields {
    float *v;
    const char **names; /* of classes, a row each */
    char **heads;
    int n;
};

static int make_fields(const struct rt_dataset *d, const struct rt_column *c,
                       struct fields *f, struct rt_err *err)
{
    size_t width = width_of(c);
    if (width > 100000)
        return rt_fail(err, RT_EINVAL,
                       "column '%s' has rows of %zu numbers, want at most "
                       "100000 in a .csv file",
                       c->name, width);
    f->v = all_rows(d, c, err);
    if (!f->v)
        return RT_ENOMEM;
    f->n = (int)width;
    f->heads = rt_xcalloc(width, sizeof *f->heads);
    for (int i = 0; i < f->n; i++)
        f->heads[i] =
            width > 1 ? rt_xprintf("%s_%d", c->name, i) : rt_xstrdup(c->name);
    if (!c->n_classes || c->n_steps || width > 1)
        return 0; /* no names of classes, or numbers made of them */
    f->names = rt_try_alloc(d->n_rows, sizeof *f->names, "export", err);
    for (size_t i = 0; f->names && i < d->n_rows; i++)
        if (f->v[i] >= 0 && f->v[i] < (float)c->n_classes)
            f->names[i] = c->classes[(int)f->v[i]];
    return f->names ? 0 : RT_ENOMEM;
}

static int export_csv(const struct rt_dataset *d, struct rt_column *const *cols,
                      int n, const char *file, struct rt_err *err)
{
    struct fields *f = rt_xcalloc((size_t)n, sizeof *f);
    RT_VEC(struct rt_csv_column) out = { 0 };
    int rc = 0;
    for (int i = 0; i < n && !rc; i++)
        rc = make_fields(d, cols[i], &f[i], err);
    for (int i = 0; i < n && !rc; i++)
        for (int k = 0; k < f[i].n; k++) {
            struct rt_csv_column c = { .name = f[i].heads[k],
                                       .single = f[i].v + k,
                                       .stride = (size_t)f[i].n };
            if (f[i].names)
                c = (struct rt_csv_column){ .name = f[i].heads[k],
                                            .text = f[i].names };
            rt_vec_push(&out, c);
        }
    if (!rc)
        rc = rt_csv_write(file, out.v, out.n, d->n_rows, err);
    rt_vec_release(&out);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < f[i].n; k++)
            free(f[i].heads[k]);
        free(f[i].heads);
        free(f[i].names);
        free(f[i].v);
    }
    free(f);
    return rc;
}

static int run_export(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct export_args *a = call->args;
    struct rt_dataset *d = rt_session_data(call->s, a->data, err);
    if (!d)
        return rt_err_within(err, "export");
    int rc = 0, n = a->cols.n ? a->cols.n : d->n_cols;
    struct rt_column **cols = rt_xcalloc((size_t)n, sizeof *cols);
    for (int i = 0; i < n && !rc; i++) {
        cols[i] =
            a->cols.n ? rt_dataset_column(d, a->cols.v[i], err) : d->cols[i];
        rc = cols[i] ? 0 : rt_err_code(err, RT_ENOENT);
    }
    if (!rc)
        rc = a->format == NPY ? export_npy(d, cols, n, a->file, err)
                              : export_csv(d, cols, n, a->file, err);
    free(cols);
    if (rc)
        return rt_err_within(err, "export");
    rt_str_addf(&call->out->text, "%s: %zu rows", a->file, d->n_rows);
    rt_value_set_text(&call->out->value, a->file);
    return 0;
}

const struct rt_cmd rt_cmd_export = {
    .group = "data",
    .name = "export",
    .help = "write a data set to a .npy or .csv file",
    .opts = export_opts,
    .args_size = sizeof(struct export_args),
    .run = run_export,
    .details = "What is written is what a model would see, after scaling and "
               "encoding; classes go to\n.csv by their names.",
    .example = "seed 1\ndata s generate moons n=20\nexport s csv s.csv\n"
               "export s npy x.npy cols=x\ndata back csv s.csv\n",
};
