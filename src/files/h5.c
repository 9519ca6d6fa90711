/* HDF5 by libhdf5: a scan over all of a file. */
#include "files/h5.h"

#include "base/mem.h"
#include "base/vec.h"

#include <hdf5.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The error stack is printed, by default, and is one a thread. */
static void be_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* ---- errors -------------------------------------------------------------- */

static herr_t keep_reason(unsigned n, const H5E_error2_t *e, void *text)
{
    const char **reason = text;
    if (n == 0)
        *reason = e->desc;
    return 0;
}

/* libhdf5's own words for what it met: the innermost, which come first. */
static int damaged(const char *what, struct rt_err *err)
{
    const char *reason = NULL;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_reason, &reason);
    return rt_fail(err, RT_EFORMAT, "%s%s%s", what, reason ? ": " : "",
                   reason ? reason : "");
}

/* what: "attribute", "" */
static int damaged_at(const char *what, const char *name, struct rt_err *err)
{
    char text[320];
    snprintf(text, sizeof text, "damaged%s%s '%.255s'", *what ? " " : "", what,
             name);
    return damaged(text, err);
}

/* ---- reading ------------------------------------------------------------- */

struct scan {
    hid_t file;
    bool values;
    size_t limit, used;
    rt_h5_item_fn *fn;
    void *arg;
    struct rt_map seen; /* groups by address: a link back makes a loop */
    int depth;
    struct rt_err *err;
    int status;
};

static int take(struct scan *s, size_t n, size_t size, const char *what)
{
    if (size && n > (s->limit - s->used) / size)
        return rt_fail(s->err, RT_EFORMAT,
                       "'%s' claims %zu numbers, more than a file of this "
                       "length can hold",
                       what, n);
    s->used += n * size;
    return 0;
}

/* One text of `room` bytes at most, without its padding. */
static char *unpadded(const char *s, size_t room, H5T_str_t pad)
{
    size_t n = strnlen(s, room);
    while (pad == H5T_STR_SPACEPAD && n && s[n - 1] == ' ')
        n--;
    return rt_xstrndup(s, n);
}

static int read_texts(struct scan *s, hid_t attr, hid_t type, hid_t space,
                      struct rt_h5_attr *a)
{
    bool variable = H5Tis_variable_str(type) > 0;
    size_t size = variable ? sizeof(char *) : H5Tget_size(type);
    H5T_str_t pad = H5Tget_strpad(type);
    if (!size || take(s, (size_t)a->n, size, a->name))
        return RT_EFORMAT;
    char *raw = rt_try_alloc((size_t)a->n + 1, size, a->name, s->err);
    if (!raw)
        return RT_ENOMEM;
    if (H5Aread(attr, type, raw) < 0) {
        free(raw);
        return damaged_at("attribute", a->name, s->err);
    }
    a->text = rt_xcalloc((size_t)a->n + 1, sizeof *a->text);
    int status = 0;
    for (int i = 0; i < a->n; i++) {
        const char *one = raw + (size_t)i * size;
        if (variable) {
            memcpy(&one, raw + (size_t)i * size, sizeof one);
            one = one ? one : "";
            if (!status)
                status = take(s, strlen(one), 1, a->name);
        }
        a->text[i] = unpadded(one, variable ? SIZE_MAX : size, pad);
    }
    if (variable)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
    free(raw);
    return status;
}

static int read_numbers(struct scan *s, hid_t attr, struct rt_h5_attr *a)
{
    if (take(s, (size_t)a->n, sizeof *a->number, a->name))
        return RT_EFORMAT;
    a->number =
        rt_try_alloc((size_t)a->n + 1, sizeof *a->number, a->name, s->err);
    if (!a->number)
        return RT_ENOMEM;
    if (a->n && H5Aread(attr, H5T_NATIVE_DOUBLE, a->number) < 0)
        return damaged_at("attribute", a->name, s->err);
    return 0;
}

static int read_attr(struct scan *s, hid_t attr, struct rt_h5_attr *a)
{
    char name[256];
    ssize_t len = H5Aget_name(attr, sizeof name, name);
    hid_t type = H5Aget_type(attr), space = H5Aget_space(attr);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    int status = 0;
    a->name = rt_xstrdup(len < 0 ? "" : name);
    if (len < 0 || (size_t)len >= sizeof name || type < 0 || n < 0 ||
        n > INT_MAX / 16) {
        status = damaged("an attribute cannot be read", s->err);
    } else {
        H5T_class_t class = H5Tget_class(type);
        a->scalar = H5Sget_simple_extent_type(space) == H5S_SCALAR;
        a->n = (int)n;
        if (class == H5T_STRING)
            status = read_texts(s, attr, type, space, a);
        else if (class == H5T_FLOAT || class == H5T_INTEGER)
            status = read_numbers(s, attr, a);
    }
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

static int read_attrs(struct scan *s, hid_t object, struct rt_h5_item *item)
{
    H5O_info_t info;
    if (H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS) < 0 ||
        info.num_attrs > 100000)
        return damaged("its attributes cannot be read", s->err);
    item->attrs = rt_xcalloc((size_t)info.num_attrs + 1, sizeof *item->attrs);
    for (hsize_t i = 0; i < info.num_attrs; i++) {
        hid_t attr = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i,
                                    H5P_DEFAULT, H5P_DEFAULT);
        if (attr < 0)
            return damaged("an attribute cannot be read", s->err);
        int status = read_attr(s, attr, &item->attrs[item->n_attrs++]);
        H5Aclose(attr);
        if (status)
            return status;
    }
    return 0;
}

/* Data in other files, named by this one, are never touched. */
static int refuse_elsewhere(struct scan *s, hid_t set)
{
    hid_t plist = H5Dget_create_plist(set);
    int status = 0;
    if (plist < 0)
        return damaged("its layout cannot be read", s->err);
    if (H5Pget_layout(plist) == H5D_VIRTUAL || H5Pget_external_count(plist))
        status = rt_fail(s->err, RT_EFORMAT,
                         "its numbers lie in other files, which are not "
                         "followed");
    H5Pclose(plist);
    return status;
}

static int read_shape(struct scan *s, hid_t set, struct rt_h5_item *item)
{
    hsize_t dim[H5S_MAX_RANK];
    hid_t space = H5Dget_space(set);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    int rank = n < 0 ? -1 : H5Sget_simple_extent_dims(space, dim, NULL);
    if (rank < 0)
        damaged("its shape cannot be read", s->err);
    if (space >= 0)
        H5Sclose(space);
    if (rank < 0)
        return RT_EFORMAT;
    bool fits = rank <= RT_RANK_MAX;
    size_t all = 1;
    for (int i = 0; i < rank && fits; i++) {
        fits = dim[i] <= INT_MAX;
        /* libhdf5's own product of them wraps around */
        if (fits && dim[i] && all > SIZE_MAX / dim[i])
            return rt_fail(s->err, RT_EFORMAT,
                           "damaged: no file holds as many numbers as its "
                           "shape says");
        all *= fits ? (size_t)dim[i] : 0;
    }
    if (!fits) {
        item->type = RT_H5_OTHER;
        return 0;
    }
    item->shape.rank = rank;
    for (int i = 0; i < rank; i++)
        item->shape.dim[i] = (int)dim[i];
    item->n = all;
    return 0;
}

static int read_values(struct scan *s, hid_t set, struct rt_h5_item *item)
{
    bool floats = item->type == RT_H5_FLOATS;
    size_t size = floats ? sizeof *item->f : sizeof *item->i;
    if (take(s, item->n, size, item->path))
        return RT_EFORMAT;
    void *v = rt_try_alloc(item->n + 1, size, item->path, s->err);
    if (!v)
        return RT_ENOMEM;
    if (floats)
        item->f = v;
    else
        item->i = v;
    if (item->n && H5Dread(set, floats ? H5T_NATIVE_FLOAT : H5T_NATIVE_INT64,
                           H5S_ALL, H5S_ALL, H5P_DEFAULT, v) < 0)
        return damaged("its numbers cannot be read", s->err);
    if (item->n && !item->shape.rank &&
        H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                &item->one) < 0)
        return damaged("its number cannot be read", s->err);
    return 0;
}

static int read_set(struct scan *s, hid_t set, struct rt_h5_item *item)
{
    hid_t type = H5Dget_type(set);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    if (type >= 0)
        H5Tclose(type);
    if (class == H5T_NO_CLASS)
        return damaged("its type cannot be read", s->err);
    item->type = class == H5T_FLOAT     ? RT_H5_FLOATS
                 : class == H5T_INTEGER ? RT_H5_INTS
                 : class == H5T_STRING  ? RT_H5_TEXTS
                                        : RT_H5_OTHER;
    if (refuse_elsewhere(s, set) || read_shape(s, set, item))
        return RT_EFORMAT;
    bool numbers = item->type == RT_H5_FLOATS || item->type == RT_H5_INTS;
    return s->values && numbers ? read_values(s, set, item) : 0;
}

static int scan_group(struct scan *s, hid_t group, const char *path);

/* A group that was met before would be walked for ever. */
static int check_loop(struct scan *s, hid_t object, const char *path)
{
    H5O_info_t info;
    char key[64];
    if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0)
        return damaged("its header cannot be read", s->err);
    snprintf(key, sizeof key, "%llx", (unsigned long long)info.addr);
    if (rt_map_index(&s->seen, key) >= 0)
        return rt_fail(s->err, RT_EFORMAT, "group '%s' is in the file twice",
                       path);
    rt_map_set(&s->seen, key, s);
    return 0;
}

static int scan_object(struct scan *s, hid_t object, const char *path)
{
    struct rt_h5_item item = { .path = rt_xstrdup(path) };
    H5I_type_t type = H5Iget_type(object);
    int status = 0;
    if (type == H5I_GROUP)
        status = check_loop(s, object, path);
    else if (type == H5I_DATASET)
        status = read_set(s, object, &item);
    else
        item.type = RT_H5_OTHER;
    if (!status && type != H5I_DATATYPE)
        status = read_attrs(s, object, &item);
    if (!status)
        status = s->fn(&item, s->arg, s->err);
    else if (*path)
        rt_err_within(s->err, "'%s'", path);
    rt_h5_item_release(&item);
    if (!status && type == H5I_GROUP)
        status = scan_group(s, object, path);
    return status;
}

struct within {
    struct scan *s;
    const char *path;
};

static herr_t see_link(hid_t group, const char *name, const H5L_info_t *info,
                       void *arg)
{
    const struct within *w = arg;
    struct scan *s = w->s;
    char *path =
        *w->path ? rt_xprintf("%s/%s", w->path, name) : rt_xstrdup(name);
    for (const char *p = path; *p && !s->status; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            s->status =
                rt_fail(s->err, RT_EFORMAT,
                        "a name in '%s' holds control characters", w->path);
    if (!s->status && info->type != H5L_TYPE_HARD)
        s->status = rt_fail(s->err, RT_EFORMAT,
                            "'%s' is a link to another place, which is not "
                            "followed",
                            path);
    hid_t object = s->status ? -1 : H5Oopen(group, name, H5P_DEFAULT);
    if (!s->status && object < 0)
        s->status = damaged_at("", path, s->err);
    if (!s->status)
        s->status = scan_object(s, object, path);
    if (object >= 0)
        H5Oclose(object);
    free(path);
    return s->status ? -1 : 0;
}

enum { DEEPEST = 64 };

static int scan_group(struct scan *s, hid_t group, const char *path)
{
    struct within w = { s, path };
    if (s->depth >= DEEPEST)
        return rt_fail(s->err, RT_EFORMAT, "'%s' lies %d groups deep", path,
                       s->depth);
    s->depth++;
    herr_t rc =
        H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, see_link, &w);
    s->depth--;
    if (rc < 0 && !s->status)
        s->status = *path ? damaged_at("group", path, s->err)
                          : damaged("damaged list of groups", s->err);
    return s->status;
}

/* Without taking a lock: somebody may be writing beside, by renaming. */
static hid_t access_plist(void)
{
    hid_t plist = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(plist, 0, 1);
    return plist;
}

int rt_h5_scan(const char *file, bool values, size_t limit, rt_h5_item_fn *fn,
               void *arg, struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    struct scan s = { .values = values,
                      .limit = limit,
                      .fn = fn,
                      .arg = arg,
                      .err = err ? err : &own };
    be_quiet();
    H5PLset_loading_state(0); /* no filter from a shared object */
    hid_t plist = access_plist();
    s.file = H5Fopen(file, H5F_ACC_RDONLY, plist);
    if (s.file < 0)
        s.status = damaged("damaged", s.err);
    H5Pclose(plist);
    if (s.status)
        return s.status;
    hid_t root = H5Gopen2(s.file, "/", H5P_DEFAULT);
    s.status = root < 0 ? damaged("its root cannot be read", s.err)
                        : scan_object(&s, root, "");
    if (root >= 0)
        H5Gclose(root);
    H5Fclose(s.file);
    rt_map_release(&s.seen);
    return s.status;
}
