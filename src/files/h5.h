/* The few HDF5 things we need: h5.c reads, h5_write.c writes.
 *
 * Reading: libhdf5 crashes and hangs on damaged files, so rt_h5_scan is for a
 * child process (files/h5_child.h) and for files that this program wrote.
 * Writing: build in memory, then put it in place whole:
 * rt_h5_out_new, rt_h5_out_group, rt_h5_out_text(s), rt_h5_out_floats,
 * rt_h5_out_number, rt_h5_out_int, rt_h5_out_save, rt_h5_out_free. What fails
 * on the way is told by rt_h5_out_save. Strings are written as h5py 2 does for
 * Keras: one text of variable length, a list of fixed length with null padding,
 * split over name0, name1, ... where it is above 64512 bytes; an empty list as
 * no float64 numbers. Thread: any; libhdf5 has a lock of its own. */
#ifndef RT_FILES_H5_H
#define RT_FILES_H5_H
#include "files/h5_tree.h"

/* fn sees every item once, parents first, and may take what it owns by zeroing
 * the fields; its return value not 0 ends the scan. values: numbers too; limit:
 * the most bytes they and the attributes may take altogether.
 * Errors: RT_EFORMAT with libhdf5's reason; links and data that lie in other
 *         files; what would pass the limit. */
typedef int rt_h5_item_fn(struct rt_h5_item *item, void *arg,
                          struct rt_err *err);
int rt_h5_scan(const char *file, bool values, size_t limit, rt_h5_item_fn *fn,
               void *arg, struct rt_err *err);

struct rt_h5_out; /* opaque */
struct rt_h5_out *rt_h5_out_new(void);
void rt_h5_out_group(struct rt_h5_out *o, const char *path);
/* Attributes of a group, "" is the root. */
void rt_h5_out_text(struct rt_h5_out *o, const char *group, const char *name,
                    const char *text);
void rt_h5_out_texts(struct rt_h5_out *o, const char *group, const char *name,
                     const char *const *v, int n);
/* Data sets; groups on the way are made. */
void rt_h5_out_floats(struct rt_h5_out *o, const char *path,
                      const struct rt_shape *shape, const float *v);
void rt_h5_out_number(struct rt_h5_out *o, const char *path, double v);
void rt_h5_out_int(struct rt_h5_out *o, const char *path, int64_t v);
/* Writes beside, syncs, renames.
 * Errors: RT_EIO, RT_ENOSPC, RT_ENOMEM; the old file stays. */
int rt_h5_out_save(struct rt_h5_out *o, const char *file, struct rt_err *err);
void rt_h5_out_free(struct rt_h5_out *o); /* NULL is fine */
#endif
