/* A file of named values. It is made in memory, so that libhdf5 never sees a
 * disk that is full, and written from there without another copy. */
#include "files/h5_values.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"

#include <errno.h>
#include <hdf5.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROWS_BY = 1 << 16,
    READ_AT_ONCE = 1 << 20, /* a multiple of what a hash takes in at once */
};

static void be_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* "run/callbacks/0/wait" to "run:callbacks:0:wait"; a colon and a percent sign
 * of the name itself as their numbers. */
static char *name_of(const char *path)
{
    struct rt_str s = RT_STR_INIT;
    for (const char *p = path; *p; p++)
        if (*p == ':' || *p == '%')
            rt_str_addf(&s, "%%%02x", (unsigned)*p);
        else
            rt_str_addc(&s, *p == '/' ? ':' : *p);
    return rt_str_take(&s);
}

static hid_t stored_as(enum rt_h5_kind kind)
{
    switch (kind) {
    case RT_H5_F32:
        return H5T_IEEE_F32LE;
    case RT_H5_F64:
        return H5T_IEEE_F64LE;
    case RT_H5_I64:
        return H5T_STD_I64LE;
    case RT_H5_BYTES:
        break;
    }
    return H5T_STD_U8LE;
}

static hid_t in_memory(enum rt_h5_kind kind)
{
    switch (kind) {
    case RT_H5_F32:
        return H5T_NATIVE_FLOAT;
    case RT_H5_F64:
        return H5T_NATIVE_DOUBLE;
    case RT_H5_I64:
        return H5T_NATIVE_INT64;
    case RT_H5_BYTES:
        break;
    }
    return H5T_NATIVE_UCHAR;
}

/* ---- writing ------------------------------------------------------------- */

static bool add(hid_t file, hid_t sets, const struct rt_h5_value *v)
{
    hsize_t dim = v->n;
    char *name = name_of(v->name);
    hid_t space = H5Screate_simple(1, &dim, NULL);
    hid_t set = H5Dcreate2(file, name, stored_as(v->kind), space, H5P_DEFAULT,
                           sets, H5P_DEFAULT);
    bool good =
        set >= 0 && (!v->n || H5Dwrite(set, in_memory(v->kind), H5S_ALL,
                                       H5S_ALL, H5P_DEFAULT, v->v) >= 0);
    if (set >= 0)
        H5Dclose(set);
    H5Sclose(space);
    free(name);
    return good;
}

static hid_t make(const struct rt_h5_value *v, int n)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t create = H5Pcreate(H5P_FILE_CREATE);
    hid_t sets = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_fapl_core(access, GROWS_BY, 0);
    H5Pset_obj_track_times(create, 0);
    H5Pset_obj_track_times(sets, 0);
    /* of a name of its own: see rt_h5_out_new */
    static atomic_uint number;
    char name[32];
    snprintf(name, sizeof name, "values-%u.h5", atomic_fetch_add(&number, 1));
    hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, create, access);
    bool good = file >= 0;
    for (int i = 0; good && i < n; i++)
        good = add(file, sets, &v[i]);
    if (file >= 0 && (!good || H5Fflush(file, H5F_SCOPE_GLOBAL) < 0)) {
        H5Fclose(file);
        file = -1;
    }
    H5Pclose(sets);
    H5Pclose(create);
    H5Pclose(access);
    return file;
}

/* In the same pieces as a file is read. */
static uint64_t hash_of(uint64_t h, const unsigned char *p, size_t n)
{
    for (; n > READ_AT_ONCE; p += READ_AT_ONCE, n -= READ_AT_ONCE)
        h = rt_hash_bytes(h, p, READ_AT_ONCE);
    return rt_hash_bytes(h, p, n);
}

int rt_h5_values_write(const char *file, const struct rt_h5_value *v, int n,
                       int64_t *size, uint64_t *hash, struct rt_err *err)
{
    be_quiet();
    hid_t made = make(v, n);
    hsize_t bytes = 0;
    void **image = NULL;
    if (made < 0 || H5Fget_filesize(made, &bytes) < 0 ||
        H5Fget_vfd_handle(made, H5P_DEFAULT, (void **)&image) < 0 || !image) {
        if (made >= 0)
            H5Fclose(made);
        return rt_fail(err, RT_ENOMEM,
                       "%s: no memory to make it in, or libhdf5 refused", file);
    }
    *size = (int64_t)bytes;
    *hash = hash_of(0, *image, (size_t)bytes);
    int status = rt_file_write(file, *image, (size_t)bytes, err);
    H5Fclose(made);
    return status;
}

int rt_h5_values_whole(const char *file, int64_t size, uint64_t hash,
                       struct rt_err *err)
{
    FILE *f = fopen(file, "rbe");
    if (!f)
        return rt_fail_errno(err, "%s", file);
    unsigned char *buf = rt_xmalloc(READ_AT_ONCE);
    uint64_t h = 0;
    int64_t n = 0;
    size_t got;
    while ((got = fread(buf, 1, READ_AT_ONCE, f)) > 0) {
        h = rt_hash_bytes(h, buf, got);
        n += (int64_t)got;
    }
    int status = ferror(f) ? rt_fail_errno(err, "%s", file) : 0;
    fclose(f);
    free(buf);
    if (status)
        return status;
    if (n != size)
        return rt_fail(err, RT_EFORMAT, "%s: %lld bytes, want %lld", file,
                       (long long)n, (long long)size);
    if (h != hash)
        return rt_fail(err, RT_EFORMAT,
                       "%s: damaged: its contents are not what was written",
                       file);
    return 0;
}

/* ---- reading ------------------------------------------------------------- */

struct rt_h5_values {
    hid_t file;
    char *path;
};

struct rt_h5_values *rt_h5_values_open(const char *file, struct rt_err *err)
{
    be_quiet();
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(access, 0, 1);
    hid_t h = H5Fopen(file, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (h < 0) {
        rt_fail(err, RT_EFORMAT, "%s: libhdf5 cannot open it", file);
        return NULL;
    }
    struct rt_h5_values *f = rt_xcalloc(1, sizeof *f);
    f->file = h;
    f->path = rt_xstrdup(file);
    return f;
}

void rt_h5_values_close(struct rt_h5_values *f)
{
    if (!f)
        return;
    H5Fclose(f->file);
    free(f->path);
    free(f);
}

static hid_t open_set(struct rt_h5_values *f, const char *path)
{
    char *name = name_of(path);
    hid_t set = H5Lexists(f->file, name, H5P_DEFAULT) > 0
                    ? H5Dopen2(f->file, name, H5P_DEFAULT)
                    : -1;
    free(name);
    return set;
}

static long count(hid_t set)
{
    hid_t space = H5Dget_space(set);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    if (space >= 0)
        H5Sclose(space);
    return (long)n;
}

long rt_h5_values_count(struct rt_h5_values *f, const char *name)
{
    hid_t set = open_set(f, name);
    if (set < 0)
        return -1;
    long n = count(set);
    H5Dclose(set);
    return n;
}

int rt_h5_values_read(struct rt_h5_values *f, const char *name,
                      enum rt_h5_kind kind, void *v, size_t n,
                      struct rt_err *err)
{
    hid_t set = open_set(f, name);
    if (set < 0)
        return rt_fail(err, RT_ENOENT, "%s: '%s' was not saved", f->path, name);
    long held = count(set);
    hid_t type = H5Dget_type(set);
    int status = 0;
    if (H5Tequal(type, stored_as(kind)) <= 0 || held != (long)n)
        status = rt_fail(err, RT_EFORMAT,
                         "%s: '%s' holds %ld values, want %zu of another kind "
                         "or number",
                         f->path, name, held, n);
    else if (n && H5Dread(set, in_memory(kind), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                          v) < 0)
        status =
            rt_fail(err, RT_EFORMAT, "%s: '%s' cannot be read", f->path, name);
    H5Tclose(type);
    H5Dclose(set);
    return status;
}
