/* Data sets of windows that run over the rows of another: series to learn from.
 */
#ifndef RT_DATA_WINDOWS_H
#define RT_DATA_WINDOWS_H
#include "data/dataset.h"
#include <retort/plugin.h>

/* Windows over the rows in their order, as Keras' TimeseriesGenerator: sample k
 * ends before row i = start_index + length + k stride and has the rows
 * i - length, i - length + sampling_rate, ... below i (turned round by
 * reverse); its target is row i. There is one for each i up to end_index.
 * Shapes: a column (n,F) becomes (samples, ceil(length/sampling_rate), F);
 * plain numbers have F = 1. A target keeps its shape. Windows of the columns x,
 * or of all but the targets; targets are the columns y, or the one called y, or
 * where there is none those of the windows: column x then gives windows x and
 * targets y, temp.x also temp.y, level also level_next. Errors: RT_EINVAL when
 * not one window fits, RT_ENOENT, RT_EEXIST, RT_ESHAPE for an axis too many,
 * RT_ENOMEM. */
struct rt_series_args {
    int length, sampling_rate, stride;
    int start_index, end_index; /* RT_UNSET_INT: the first, the last row */
    bool reverse;
    struct rt_texts x, y;
};
struct rt_dataset *rt_dataset_series(const struct rt_dataset *d,
                                     const char *name,
                                     const struct rt_series_args *a,
                                     struct rt_err *err);
#endif
