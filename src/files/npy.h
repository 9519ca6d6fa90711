/* NPY arrays, in memory and to files; a list of them as NPZ (zip, stored).
 * Source: numpy.lib.format (NEP 1). */
#ifndef RT_FILES_NPY_H
#define RT_FILES_NPY_H
#include "data/dataset.h"

struct rt_npy {
    enum rt_dtype type; /* b1 becomes U8, f2 F32, u2 I32, u4 and u8 I64 */
    struct rt_shape shape;
    void *data; /* malloc'd, row-major, native byte order; caller frees */
    size_t n;   /* numbers */
};
/* From bytes of a whole file; `file` names it in errors (with the offset).
 * Reads u1 u2 u4 u8 i1 i2 i4 i8 b1 f2 f4 f8 of either byte order, versions 1
 * to 3; Fortran order is transposed.
 * Errors: RT_EFORMAT: magic, version, header, arrays of objects or records, a
 *         size that lies, u4 and u8 numbers above the signed range. out is
 *         empty then. */
int rt_npy_parse(const unsigned char *bytes, size_t n, const char *file,
                 struct rt_npy *out, struct rt_err *err);
/* The same of malloc'd bytes, which it takes: a large array is not copied if
 * its numbers are already as they are wanted. */
int rt_npy_take(unsigned char *bytes, size_t n, const char *file,
                struct rt_npy *out, struct rt_err *err);
int rt_npy_read(const char *file, struct rt_npy *out, struct rt_err *err);
int rt_npy_write(const char *file, const struct rt_shape *shape, const float *v,
                 struct rt_err *err);
/* What stands before the data of a float32 array, version 1.0, appended. */
void rt_npy_header(const struct rt_shape *shape, struct rt_str *out);

/* A zip of arrays, key.npy each, stored, dated 1980-01-01. */
struct rt_npz_item {
    const char *key;
    struct rt_shape shape;
    const float *v;
};
int rt_npz_write(const char *file, const struct rt_npz_item *items, int n,
                 struct rt_err *err);
/* Members of an .npz (compressed ones too): all keys, and the arrays of those
 * n_only keys that are in `only` (NULL: of all), the others without data.
 * Caller frees with rt_npz_free, which leaves alone arrays whose data was set
 * to NULL.
 * Errors: RT_EFORMAT with the member: damaged, encrypted, of a size that
 *         cannot be, twice the same key; RT_ENOMEM. A key of `only` that is
 *         not there is none. */
struct rt_npz {
    char **key;
    struct rt_npy *v;
    int n;
};
int rt_npz_read(const char *file, const char *const *only, int n_only,
                struct rt_npz *out, struct rt_err *err);
void rt_npz_free(struct rt_npz *z);
/* An array's key, as rt_name_fn (base/suggest.h); of: a struct rt_npz. */
const char *rt_npz_key(const void *of, int i);
#endif
