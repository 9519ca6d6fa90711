/* Named lists of numbers in an HDF5 file of our own: what a checkpoint is made
 * of. A name with slashes is one data set: a slash is written as a colon, for
 * HDF5 makes groups of slashes, and one name may be the beginning of another.
 * Bytes are a data set of uint8.
 *
 * Writing: rt_h5_values_write, whole, or the old file stays.
 * Reading: rt_h5_values_open, _count, _read, _close. libhdf5 crashes on damaged
 * files: only what was found to be whole (by its hash) may be opened.
 * Thread: any; libhdf5 has a lock of its own. */
#ifndef RT_FILES_H5_VALUES_H
#define RT_FILES_H5_VALUES_H
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum rt_h5_kind {
    RT_H5_F32,
    RT_H5_F64,
    RT_H5_I64,
    RT_H5_BYTES,
};
struct rt_h5_value {
    const char *name;
    enum rt_h5_kind kind;
    const void *v;
    size_t n;
};
/* Writes beside, syncs, renames, syncs the folder. size and hash: of the file,
 * as rt_h5_values_whole finds them.
 * Errors: RT_EIO, RT_ENOSPC, RT_ENOMEM. */
int rt_h5_values_write(const char *file, const struct rt_h5_value *v, int n,
                       int64_t *size, uint64_t *hash, struct rt_err *err);
/* 0 if the file has this size and hash.
 * Errors: RT_ENOENT, RT_EIO, RT_EFORMAT telling what differs. */
int rt_h5_values_whole(const char *file, int64_t size, uint64_t hash,
                       struct rt_err *err);

struct rt_h5_values; /* opaque */
struct rt_h5_values *rt_h5_values_open(const char *file, struct rt_err *err);
void rt_h5_values_close(struct rt_h5_values *f); /* NULL is fine */
/* How many it holds under a name; -1: there is no such. */
long rt_h5_values_count(struct rt_h5_values *f, const char *name);
/* Exactly n of this kind. Errors: RT_ENOENT, RT_EFORMAT. */
int rt_h5_values_read(struct rt_h5_values *f, const char *name,
                      enum rt_h5_kind kind, void *v, size_t n,
                      struct rt_err *err);
#endif
