/* Readers of data: records listed in readers.def. Each gives a whole data set
 * or an error with file and line or offset; nothing half-loaded. */
#ifndef RT_FILES_READER_H
#define RT_FILES_READER_H
#include "data/dataset.h"
#include <retort/plugin.h>

struct rt_reader {
    const char *name, *help;   /* csv, idx, npy */
    const struct rt_opt *opts; /* positional words are files */
    size_t args_size;
    struct rt_dataset *(*read)(const char *name, const void *args,
                               struct rt_err *err);
};
const struct rt_reader *const *rt_readers(void);
/* RT_ENOENT with the nearest names. */
const struct rt_reader *rt_reader_find(const char *name, struct rt_err *err);
/* An empty data set whose origin is the reader's name and its arguments. */
struct rt_dataset *rt_reader_dataset(const struct rt_reader *r,
                                     const void *args, const char *name,
                                     size_t n_rows);
/* An array as a file gives it, rows first. */
struct rt_reader_array {
    enum rt_dtype type;
    size_t n_rows;
    struct rt_shape row;
    void *data; /* malloc'd */
};
/* Adds it to the set as a column and takes its data; the first one makes the
 * set. what: its file or key, for errors.
 * Errors: RT_EFORMAT when its rows are not as many as those before. */
int rt_reader_add(struct rt_dataset **d, const struct rt_reader *r,
                  const void *args, const char *name, const char *column,
                  const char *what, struct rt_reader_array *a,
                  struct rt_err *err);
/* A set of the columns x and y from a file each; y NULL: x alone. load leaves
 * what it read in a, also on an error. */
struct rt_dataset *rt_reader_x_y(const struct rt_reader *r, const void *args,
                                 const char *name, const char *x, const char *y,
                                 int (*load)(const char *file,
                                             struct rt_reader_array *a,
                                             struct rt_err *err),
                                 struct rt_err *err);
/* Each by its name in readers.def. */
#define RT_READER(name) extern const struct rt_reader rt_reader_##name;
#include "files/readers.def"
#undef RT_READER
#endif
