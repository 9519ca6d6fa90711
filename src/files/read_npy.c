/* Data sets from NPY files and NPZ archives: rows first. */
#include "base/map.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "files/npy.h"
#include "files/reader.h"

#include <stdlib.h>
#include <string.h>

/* v as rows, its data taken; what names it in errors. */
static int as_rows(const char *what, struct rt_npy *v,
                   struct rt_reader_array *out, struct rt_err *err)
{
    if (v->shape.rank == 0)
        return rt_fail(err, RT_EFORMAT, "%s: one number, want rows", what);
    if (v->n == 0)
        return rt_fail(err, RT_EFORMAT, "%s: %s holds no rows", what,
                       rt_shape_text(&v->shape));
    *out = (struct rt_reader_array){
        .type = v->type,
        .n_rows = (size_t)v->shape.dim[0],
        .row = rt_shape_of_row(&v->shape),
        .data = v->data,
    };
    v->data = NULL;
    return 0;
}

/* ---- npy ----------------------------------------------------------------- */

struct npy_args {
    const char *x, *y;
};
static const struct rt_opt npy_opts[] = {
    RT_OPT(struct npy_args, x, .word = 1, .names = RT_NAMES_FILE,
           .help = "NPY file of the column x"),
    RT_OPT(struct npy_args, y, .def = "", .word = 2, .names = RT_NAMES_FILE,
           .help = "NPY file of the column y"),
    RT_OPT_END
};

static int load(const char *file, struct rt_reader_array *a, struct rt_err *err)
{
    struct rt_npy v = { .data = NULL };
    int status = rt_npy_read(file, &v, err);
    if (!status)
        status = as_rows(file, &v, a, err);
    free(v.data);
    return status;
}

static struct rt_dataset *read_npy(const char *name, const void *args,
                                   struct rt_err *err)
{
    const struct npy_args *a = args;
    return rt_reader_x_y(&rt_reader_npy, args, name, a->x, a->y, load, err);
}

const struct rt_reader rt_reader_npy = {
    .name = "npy",
    .help = "NPY files: an array of rows as x, another as y",
    .opts = npy_opts,
    .args_size = sizeof(struct npy_args),
    .read = read_npy,
};

/* ---- npz ----------------------------------------------------------------- */

struct npz_args {
    const char *file;
    struct rt_texts x, y;
};
static const struct rt_opt npz_opts[] = {
    RT_OPT(struct npz_args, file, .word = 1, .names = RT_NAMES_FILE,
           .help = "NPZ archive of arrays"),
    RT_OPT(struct npz_args, x, .def = "",
           .help = "key of the column x; several keep their names"),
    RT_OPT(struct npz_args, y, .def = "",
           .help = "key of the column y; several keep their names"),
    RT_OPT_END
};

static struct rt_npy *member(const struct npz_args *a, struct rt_npz *z,
                             const char *key, struct rt_err *err)
{
    for (int i = 0; i < z->n; i++)
        if (strcmp(z->key[i], key) == 0)
            return &z->v[i];
    rt_fail_unknown(err, RT_ENOENT, key, rt_npz_key, z, "%s: has no array '%s'",
                    a->file, key);
    return NULL;
}

/* The column `name` of the set, which is made by the first one. */
static int add_member(const struct npz_args *a, struct rt_npz *z,
                      const char *set, const char *key, const char *name,
                      struct rt_dataset **d, struct rt_err *err)
{
    struct rt_npy *v = member(a, z, key, err);
    if (!v)
        return RT_ENOENT;
    if (!v->data)
        return rt_fail(err, RT_EINVAL, "%s: '%s' is asked for twice", a->file,
                       key);
    struct rt_reader_array rows = { .data = NULL };
    int status = as_rows(key, v, &rows, err);
    if (!status)
        status =
            rt_reader_add(d, &rt_reader_npz, a, set, name, key, &rows, err);
    free(rows.data);
    return status ? rt_err_within(err, "%s", a->file) : 0;
}

static int add_members(const struct npz_args *a, struct rt_npz *z,
                       const char *set, struct rt_dataset **d,
                       struct rt_err *err)
{
    int status = 0;
    for (int i = 0; i < a->x.n && !status; i++)
        status = add_member(a, z, set, a->x.v[i], a->x.n == 1 ? "x" : a->x.v[i],
                            d, err);
    for (int i = 0; i < a->y.n && !status; i++)
        status = add_member(a, z, set, a->y.v[i], a->y.n == 1 ? "y" : a->y.v[i],
                            d, err);
    if (a->x.n || a->y.n)
        return status;
    for (int i = 0; i < z->n && !status; i++)
        status = add_member(a, z, set, z->key[i], z->key[i], d, err);
    if (status && *d)
        return rt_err_within(err, "say which arrays, x=KEY y=KEY");
    return status || *d
               ? status
               : rt_fail(err, RT_EFORMAT, "%s: holds no arrays", a->file);
}

static struct rt_dataset *read_npz(const char *name, const void *args,
                                   struct rt_err *err)
{
    const struct npz_args *a = args;
    struct rt_npz z;
    struct rt_dataset *d = NULL;
    int n = a->x.n + a->y.n;
    const char **only = rt_xcalloc((size_t)n + 1, sizeof *only);
    for (int i = 0; i < n; i++)
        only[i] = i < a->x.n ? a->x.v[i] : a->y.v[i - a->x.n];
    int status = rt_npz_read(a->file, n ? only : NULL, n, &z, err);
    free(only);
    if (status)
        return NULL;
    if (add_members(a, &z, name, &d, err)) {
        rt_dataset_unref(d);
        d = NULL;
    }
    rt_npz_free(&z);
    return d;
}

const struct rt_reader rt_reader_npz = {
    .name = "npz",
    .help = "NPZ archive: its arrays as columns, by name",
    .opts = npz_opts,
    .args_size = sizeof(struct npz_args),
    .read = read_npz,
};
