/* Optimizers: records listed in optimizers.def; a step is one pass over the
 * trainable ranges of the parameter arena. Defaults and formulas: Keras 2.3.1
 * (but epsilon 1e-7 as its K.epsilon()). */
#ifndef RT_NN_OPTIMIZER_H
#define RT_NN_OPTIMIZER_H
#include "base/err.h"
#include <retort/plugin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* All optimizers' options begin with this. */
struct rt_optim_args {
    double lr;
    double decay; /* lr / (1 + decay t) */
};
struct rt_range {
    size_t from, n; /* floats */
};
#define RT_SLOTS_MAX 3
struct rt_optimizer {
    const char *name, *help, *keras; /* adam, Adam */
    const struct rt_opt *opts;
    size_t args_size;
    int (*n_slots)(const void *args); /* arenas beside the weights */
    const char *slot_names[RT_SLOTS_MAX];
    /* One update; t counts updates before this one (from 0). lr is the rate
     * now, decay not yet applied. slot[i] are arenas laid out as w. */
    void (*step)(const void *args, double lr, int64_t t, float *w,
                 const float *g, float *const *slot,
                 const struct rt_range *range, int n_ranges);
};
/* The entries of every optimizer's options, for the field `common` of its
 * struct: RT_OPTIM_OPTS(struct args, "0.01"). */
#define RT_OPTIM_OPTS(type, rate)                                              \
    RT_OPT(type, common.lr, .name = "lr", .def = rate, .min = 0,               \
           .max = INFINITY, .live = 1, .help = "learning rate"),               \
        RT_OPT(type, common.decay, .name = "decay", .def = "0", .min = 0,      \
               .max = INFINITY, .live = 1,                                     \
               .help = "rate at update t is lr / (1 + decay t)")
const struct rt_optimizer *const *rt_optimizers(void);
const struct rt_optimizer *rt_optimizer_find(const char *name,
                                             struct rt_err *err);

/* For the files of optimizers: fn(step, from, n) over all ranges in chunks that
 * depend on the ranges alone, on the pool. fn sees each element by itself. */
typedef void rt_optim_chunk_fn(const void *step, size_t from, size_t n);
void rt_optim_run(const struct rt_range *range, int n_ranges,
                  rt_optim_chunk_fn *fn, const void *step);
/* The rate at update t, decay applied. */
double rt_optim_rate(const struct rt_optim_args *a, double lr, int64_t t);

struct rt_clipping {
    double clipvalue;       /* NaN or <= 0: none; the same for the others */
    double clipnorm;        /* Keras 2: by the norm of all gradients together */
    double global_clipnorm; /* the same by Keras 3's name */
};
/* Clips in place; returns the global norm before (NaN if not needed). */
double rt_clip(const struct rt_clipping *c, float *g,
               const struct rt_range *range, int n_ranges);
#endif
