/* What is in a file. */
#include "files/inspect.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/schema.h"
#include "files/h5_child.h"
#include "files/keras_read.h"
#include "files/npy.h"
#include "files/reader.h"

#include <stdlib.h>
#include <string.h>

static void add_array(struct rt_inspect *out, const char *name,
                      const char *type, const struct rt_shape *shape, size_t n)
{
    rt_vec_push(&out->arrays,
                ((struct rt_inspect_array){ rt_xstrdup(name), type, *shape,
                                            (int64_t)n }));
    out->n += (int64_t)n;
}

/* ---- formats ------------------------------------------------------------- */

static int look_at_h5(const char *file, struct rt_inspect *out,
                      struct rt_err *err)
{
    struct rt_h5_tree tree;
    int status = rt_h5_read(file, false, &tree, err);
    if (status)
        return status;
    out->format = "HDF5";
    rt_keras_about(&tree, &out->about);
    for (int i = 0; i < tree.n; i++) {
        const struct rt_h5_item *item = tree.items[i];
        if (item->type != RT_H5_GROUP)
            add_array(out, item->path, rt_h5_type_name(item->type),
                      &item->shape, item->n);
    }
    rt_h5_tree_free(&tree);
    return 0;
}

static int look_at_npy(const char *file, struct rt_inspect *out,
                       struct rt_err *err)
{
    struct rt_npy a;
    int status = rt_npy_read(file, &a, err);
    if (status)
        return status;
    out->format = "npy";
    add_array(out, rt_path_base(file), rt_dtype_name(a.type), &a.shape, a.n);
    free(a.data);
    return 0;
}

static int look_at_npz(const char *file, struct rt_inspect *out,
                       struct rt_err *err)
{
    struct rt_npz z;
    int status = rt_npz_read(file, NULL, 0, &z, err);
    if (status)
        return status;
    out->format = "npz";
    for (int i = 0; i < z.n; i++)
        add_array(out, z.key[i], rt_dtype_name(z.v[i].type), &z.v[i].shape,
                  z.v[i].n);
    rt_npz_free(&z);
    return 0;
}

/* By the reader of data sets: its columns, with the rows as first axis. */
static int look_at_data(const char *file, const char *reader,
                        const char *format, struct rt_inspect *out,
                        struct rt_err *err)
{
    const struct rt_reader *r = rt_reader_find(reader, err);
    void *args = r ? rt_args_parse(r->opts, sizeof(struct rt_opt), r->args_size,
                                   &file, 1, err)
                   : NULL;
    struct rt_dataset *d = args ? r->read("inspect", args, err) : NULL;
    rt_args_free(args);
    if (!d)
        return err->code;
    out->format = format;
    rt_str_add_count(&out->about, (long long)d->n_rows);
    rt_str_add(&out->about, " rows");
    for (int i = 0; i < d->n_cols; i++) {
        const struct rt_column *c = d->cols[i];
        struct rt_shape shape = { .rank = 1 };
        shape.dim[0] = (int)d->n_rows;
        for (int k = 0; k < c->row.rank && shape.rank < RT_RANK_MAX; k++)
            shape.dim[shape.rank++] = c->row.dim[k];
        add_array(out, c->name, rt_dtype_name(c->type), &shape,
                  rt_shape_count(&shape));
    }
    rt_dataset_unref(d);
    return 0;
}

/* ---- all of them --------------------------------------------------------- */

int rt_inspect(const char *file, struct rt_inspect *out, struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    unsigned char head[8] = { 0 };
    size_t n = rt_file_head(file, head, sizeof head);
    const char *ext = rt_path_ext(file);
    int status;
    err = err ? err : &own;
    *out = (struct rt_inspect){ 0 };
    if (!memcmp(head, "\211HDF", 4) || !strcmp(ext, "h5") ||
        !strcmp(ext, "hdf5"))
        status = look_at_h5(file, out, err);
    else if (!memcmp(head, "\223NUMPY", 6))
        status = look_at_npy(file, out, err);
    else if (!memcmp(head, "PK", 2))
        status = look_at_npz(file, out, err);
    else if (n >= 4 && !head[0] && !head[1] && head[2] >= 8 && head[2] <= 14)
        status = look_at_data(file, "idx", "IDX", out, err);
    else
        status = look_at_data(file, "csv", "text", out, err);
    if (status)
        rt_inspect_release(out);
    return status;
}

void rt_inspect_release(struct rt_inspect *i)
{
    for (int k = 0; k < i->arrays.n; k++)
        free(i->arrays.v[k].name);
    rt_vec_release(&i->arrays);
    rt_str_release(&i->about);
}
