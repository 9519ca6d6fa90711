/* HDF5 by libhdf5: files made in memory, then put in place whole. */
#include "base/file.h"
#include "base/mem.h"
#include "files/h5.h"

#include <hdf5.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file in memory: libhdf5 never sees a disk that is full. */
struct rt_h5_out {
    hid_t file, links, groups, sets;
    const char *failed; /* the first thing that did */
};

/* An attribute's texts of more bytes are split. Source: Keras 2.2.4
 * saving.py, HDF5_OBJECT_HEADER_LIMIT. */
enum { ATTRIBUTE_MOST = 64512, GROWS_BY = 1 << 22 };

struct rt_h5_out *rt_h5_out_new(void)
{
    struct rt_h5_out *o = rt_xcalloc(1, sizeof *o);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* printed, by default */
    hid_t access = H5Pcreate(H5P_FILE_ACCESS),
          create = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_fapl_core(access, GROWS_BY, 0);
    H5Pset_obj_track_times(create, 0);
    o->links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(o->links, 1);
    H5Pset_char_encoding(o->links, H5T_CSET_UTF8);
    o->groups = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(o->groups, 0);
    o->sets = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(o->sets, 0);
    /* libhdf5 tells files in memory apart by their names, and refuses a second
     * one of a name while another thread has the first */
    static atomic_uint number;
    char name[32];
    snprintf(name, sizeof name, "model-%u.h5", atomic_fetch_add(&number, 1));
    o->file = H5Fcreate(name, H5F_ACC_TRUNC, create, access);
    H5Pclose(access);
    H5Pclose(create);
    if (o->file < 0)
        o->failed = "a file in memory";
    return o;
}

void rt_h5_out_free(struct rt_h5_out *o)
{
    if (!o)
        return;
    H5Pclose(o->links);
    H5Pclose(o->groups);
    H5Pclose(o->sets);
    if (o->file >= 0)
        H5Fclose(o->file);
    free(o);
}

static void check(struct rt_h5_out *o, bool good, const char *what)
{
    if (!good && !o->failed)
        o->failed = what;
}

void rt_h5_out_group(struct rt_h5_out *o, const char *path)
{
    if (o->failed)
        return;
    /* it may be there: a/b was made for the array a/b/c */
    hid_t g = H5Gopen2(o->file, path, H5P_DEFAULT);
    if (g < 0)
        g = H5Gcreate2(o->file, path, o->links, o->groups, H5P_DEFAULT);
    check(o, g >= 0, "a group");
    if (g >= 0)
        H5Gclose(g);
}

/* Takes the type and the space. */
static void add_attr(struct rt_h5_out *o, const char *group, const char *name,
                     hid_t type, hid_t space, const void *v)
{
    hid_t g =
        o->failed ? -1 : H5Gopen2(o->file, *group ? group : "/", H5P_DEFAULT);
    hid_t a =
        g < 0 ? -1 : H5Acreate2(g, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    check(o, a >= 0 && (!v || H5Awrite(a, type, v) >= 0), "an attribute");
    if (a >= 0)
        H5Aclose(a);
    if (g >= 0)
        H5Gclose(g);
    H5Tclose(type);
    H5Sclose(space);
}

void rt_h5_out_text(struct rt_h5_out *o, const char *group, const char *name,
                    const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    add_attr(o, group, name, type, H5Screate(H5S_SCALAR), &text);
}

static size_t longest(const char *const *v, int n)
{
    size_t most = 1;
    for (int i = 0; i < n; i++)
        most = strlen(v[i]) > most ? strlen(v[i]) : most;
    return most;
}

static void add_list(struct rt_h5_out *o, const char *group, const char *name,
                     const char *const *v, int n, size_t size)
{
    char *block = rt_xcalloc((size_t)n + 1, size);
    for (int i = 0; i < n; i++)
        memcpy(block + (size_t)i * size, v[i], strlen(v[i]));
    hid_t type = H5Tcopy(n ? H5T_C_S1 : H5T_IEEE_F64LE);
    if (n) {
        H5Tset_size(type, size);
        H5Tset_strpad(type, H5T_STR_NULLPAD);
    }
    hsize_t dim = (hsize_t)n;
    add_attr(o, group, name, type, H5Screate_simple(1, &dim, NULL),
             n ? block : NULL);
    free(block);
}

/* The i-th of `parts` nearly equal parts begins here: numpy.array_split. */
static int part_begins(int n, int parts, int i)
{
    int rest = n % parts;
    return n / parts * i + (i < rest ? i : rest);
}

void rt_h5_out_texts(struct rt_h5_out *o, const char *group, const char *name,
                     const char *const *v, int n)
{
    size_t size = longest(v, n);
    int parts = 1; /* of which the first is never shorter than another */
    while (parts < n &&
           (size_t)part_begins(n, parts, 1) * size > ATTRIBUTE_MOST)
        parts++;
    if (parts <= 1) {
        add_list(o, group, name, v, n, size);
        return;
    }
    for (int i = 0; i < parts; i++) {
        int from = part_begins(n, parts, i);
        char *part = rt_xprintf("%s%d", name, i);
        add_list(o, group, part, v + from, part_begins(n, parts, i + 1) - from,
                 size);
        free(part);
    }
}

static void add_set(struct rt_h5_out *o, const char *path,
                    const struct rt_shape *shape, hid_t stored, hid_t memory,
                    const void *v)
{
    hsize_t dim[RT_RANK_MAX];
    for (int i = 0; i < shape->rank; i++)
        dim[i] = (hsize_t)shape->dim[i];
    if (o->failed)
        return;
    hid_t space = shape->rank ? H5Screate_simple(shape->rank, dim, NULL)
                              : H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(o->file, path, stored, space, o->links, o->sets,
                           H5P_DEFAULT);
    check(o,
          set >= 0 &&
              H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, v) >= 0,
          "an array");
    if (set >= 0)
        H5Dclose(set);
    H5Sclose(space);
}

void rt_h5_out_floats(struct rt_h5_out *o, const char *path,
                      const struct rt_shape *shape, const float *v)
{
    add_set(o, path, shape, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, v);
}

void rt_h5_out_number(struct rt_h5_out *o, const char *path, double v)
{
    struct rt_shape scalar = { 0 };
    add_set(o, path, &scalar, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &v);
}

void rt_h5_out_int(struct rt_h5_out *o, const char *path, int64_t v)
{
    struct rt_shape scalar = { 0 };
    add_set(o, path, &scalar, H5T_STD_I64LE, H5T_NATIVE_INT64, &v);
}

/* The bytes of the file, malloc'd. */
static void *image(struct rt_h5_out *o, size_t *n, struct rt_err *err)
{
    void *bytes = NULL;
    ssize_t size = -1;
    if (!o->failed && H5Fflush(o->file, H5F_SCOPE_GLOBAL) >= 0)
        size = H5Fget_file_image(o->file, NULL, 0);
    if (size > 0)
        bytes = rt_try_alloc((size_t)size, 1, "a file in memory", err);
    if (size > 0 && !bytes)
        return NULL;
    if (size <= 0 || H5Fget_file_image(o->file, bytes, (size_t)size) != size) {
        rt_fail(err, RT_ENOMEM, "%s could not be made by libhdf5",
                o->failed ? o->failed : "the file");
        free(bytes);
        return NULL;
    }
    *n = (size_t)size;
    return bytes;
}

int rt_h5_out_save(struct rt_h5_out *o, const char *file, struct rt_err *err)
{
    size_t n;
    void *bytes = image(o, &n, err);
    if (!bytes)
        return rt_err_within(err, "%s", file);
    int status = rt_file_write(file, bytes, n, err);
    free(bytes);
    return status;
}
