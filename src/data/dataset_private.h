/* How a data set's rows lie in memory, for dataset.c, gather.c and join.c. */
#ifndef RT_DATA_DATASET_PRIVATE_H
#define RT_DATA_DATASET_PRIVATE_H
#include "data/dataset.h"

struct rt_store_block {
    int refs; /* atomic */
    void *data;
    size_t bytes;
};

static inline size_t rt_stored_row(const struct rt_dataset *d, size_t i)
{
    return d->rows ? d->rows[i] : i;
}

static inline const void *rt_stored(const struct rt_column *c, size_t row)
{
    size_t bytes = rt_shape_count(&c->row) * rt_dtype_size(c->type);
    return (const char *)c->block->data + (c->from + row) * bytes;
}
#endif
