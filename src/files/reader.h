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
/* Each by its name in readers.def. */
#define RT_READER(name) extern const struct rt_reader rt_reader_##name;
#include "files/readers.def"
#undef RT_READER
#endif
