/* What is in a file, told without taking it in: the arrays of .h5, .npy and
 * .npz, the columns of .idx and .csv. */
#ifndef RT_FILES_INSPECT_H
#define RT_FILES_INSPECT_H
#include "base/str.h"
#include "base/vec.h"
#include "graph/shape.h"
#include <stdint.h>

struct rt_inspect_array {
    char *name;
    const char *type; /* "f32", "texts" */
    struct rt_shape shape;
    int64_t n;
};
struct rt_inspect {
    const char *format;  /* "HDF5", "npz" */
    struct rt_str about; /* a sentence more, or nothing: "Keras 2.3.1, ..." */
    RT_VEC(struct rt_inspect_array) arrays;
    int64_t n; /* numbers in all of them */
};
/* By the file's first bytes; what is nothing else is read as text, csv.
 * Errors: those of the formats. rt_inspect_release frees it. */
int rt_inspect(const char *file, struct rt_inspect *out, struct rt_err *err);
void rt_inspect_release(struct rt_inspect *i);
#endif
