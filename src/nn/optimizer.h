/* Optimizers: records listed in optimizers.def; a step is one pass over the
 * trainable ranges of the parameter arena. Defaults and formulas: Keras 2.3.1
 * (but epsilon 1e-7 as its K.epsilon()); what came later as tf.keras 2.4 and
 * Keras 2.13 define it. */
#ifndef RT_NN_OPTIMIZER_H
#define RT_NN_OPTIMIZER_H
#include "base/err.h"
#include "nn/dialect.h"
#include <retort/plugin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* All optimizers' options begin with this. */
struct rt_optim_args {
    double lr;
    double decay;        /* lr / (1 + decay t) */
    double weight_decay; /* weights shrink by this share of the rate first */
};
struct rt_range {
    size_t from, n; /* floats */
};
/* One update: what it reads and changes. */
struct rt_optim_step {
    double lr;          /* the rate now, decay not yet applied */
    int64_t t;          /* updates before this one, from 0 */
    double *m_schedule; /* rt_model.m_schedule */
    float *w;
    const float *g;
    float *const *slot; /* arenas laid out as w */
    const struct rt_range *range;
    int n_ranges;
};
#define RT_SLOTS_MAX 3
/* How Keras' files hold a slot. */
enum rt_slot_kind {
    RT_SLOT_ABSENT,
    RT_SLOT_FULL, /* an array like each weight; zeros where it is not used */
    RT_SLOT_ONE,  /* a single 0 of shape (1) for each weight */
};
struct rt_optimizer {
    const char *name, *help, *keras; /* adam, Adam */
    const struct rt_opt *opts;
    size_t args_size;
    int (*n_slots)(const void *args); /* arenas beside the weights */
    const char *slot_names[RT_SLOTS_MAX];
    /* What a slot begins with; NULL: 0. */
    double (*slot_start)(const void *args, enum rt_dialect d, int slot);
    void (*step)(const void *args, const struct rt_optim_step *s);

    /* Order of the arrays in Keras' files (optimizer_weights): `iterations`,
     * then from 2.3 on `m_schedule` if the record has one, then slot by slot
     * one array for each trainable weight in model order, each slot as
     * keras_slot says (NULL: RT_SLOT_FULL where in use, else absent). */
    enum rt_slot_kind (*keras_slot)(const void *args, enum rt_dialect d,
                                    int slot);
    const char *keras_slots[RT_SLOTS_MAX]; /* names there: "m" of m_0 */
    bool keras_uncounted; /* before 2.3 files have no `iterations` of it */
    bool m_schedule;
    /* Options that Keras' class of 2.3 does not have, a space between: not
     * written where they have their default. */
    const char *keras_lacks;
    const char *tf_decay; /* option that tf.keras calls decay; NULL: decay */
};
/* The entries of every optimizer's options, for the field `common` of its
 * struct: RT_OPTIM_OPTS(struct args, "0.01", "0"). */
#define RT_OPTIM_OPTS(type, rate, shrink)                                      \
    RT_OPT(type, common.lr, .name = "lr", .def = rate, .min = 0,               \
           .max = INFINITY, .live = 1,                                         \
           .help = "learning rate; learning_rate= is the same"),               \
        RT_OPT(type, common.decay, .name = "decay", .def = "0", .min = 0,      \
               .max = INFINITY, .live = 1,                                     \
               .help = "rate at update t is lr / (1 + decay t)"),              \
        RT_OPT(type, common.weight_decay, .name = "weight_decay",              \
               .def = shrink, .min = 0, .max = INFINITY, .live = 1,            \
               .help = "weights first shrink by this share of the rate")
const struct rt_optimizer *const *rt_optimizers(void);
const struct rt_optimizer *rt_optimizer_find(const char *name,
                                             struct rt_err *err);

/* For the files of optimizers: fn(arg, from, n) over all ranges in chunks that
 * depend on the ranges alone, on the pool, after the weights of the chunk have
 * shrunk by weight_decay. fn sees each element by itself. */
typedef void rt_optim_chunk_fn(const void *arg, size_t from, size_t n);
void rt_optim_run(const struct rt_optim_args *a, const struct rt_optim_step *s,
                  rt_optim_chunk_fn *fn, const void *arg);
/* The rate at this update, decay applied. */
double rt_optim_rate(const struct rt_optim_args *a,
                     const struct rt_optim_step *s);

struct rt_clipping {
    double clipvalue;       /* NaN or <= 0: none; the same for the others */
    double clipnorm;        /* by the dialect: of all together, or of each */
    double global_clipnorm; /* by the norm of all gradients together */
};
/* Clips in place, the norms first; returns the global norm before (NaN if not
 * needed). each: the ranges of single weights where clipnorm goes by each of
 * them (tf.keras); NULL: by all together. */
double rt_clip(const struct rt_clipping *c, float *g,
               const struct rt_range *range, int n_ranges,
               const struct rt_range *each, int n_each);
#endif
