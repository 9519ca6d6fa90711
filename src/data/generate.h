/* Data without files: spiral, moons, blobs, sine, xor. */
#ifndef RT_DATA_GENERATE_H
#define RT_DATA_GENERATE_H
#include "data/dataset.h"
#include <retort/plugin.h>

struct rt_generate_args {
    int n;        /* rows */
    int classes;  /* where it has classes */
    int length;   /* of a sequence (sine) */
    double noise; /* standard deviation */
    int64_t seed; /* INT64_MIN: the session's, filled in by the caller */
};
extern const struct rt_opt rt_generate_opts[];
extern const char *const rt_generate_kinds[]; /* NULL-terminated */
/* Columns x (float32) and y (class numbers int32, or float32 for sine). */
struct rt_dataset *rt_generate(const char *name, const char *kind,
                               const struct rt_generate_args *args,
                               struct rt_err *err);
#endif
