/* Initializers: records listed in inits.def; drawn from keyed streams, so a
 * weight's first values depend on (seed, model, layer, weight) alone. */
#ifndef RT_NN_INIT_H
#define RT_NN_INIT_H
#include "base/rng.h"
#include "graph/shape.h"
#include <retort/plugin.h>

struct rt_init {
    const char *name, *help, *keras;
    const struct rt_opt *opts;
    size_t args_size;
    int rank; /* of the weights it is for; 0: any */
    /* Fills n = count(shape) floats. fan_in, fan_out as Keras computes them. */
    void (*draw)(const void *args, const struct rt_shape *shape, double fan_in,
                 double fan_out, struct rt_key key, float *out);
    /* The same in the place of draw where it takes memory, or others' draws.
     * Errors: RT_ENOMEM. */
    int (*try_draw)(const void *args, const struct rt_shape *shape,
                    struct rt_key key, float *out, struct rt_err *err);
};
const struct rt_init *const *rt_inits(void);
/* Draws by a spec ("he_normal", "random_uniform(minval=-1)"); out NULL only
 * checks the spec. Source: Keras 2.3.1 initializers.py (VarianceScaling;
 * normal ones truncated at two sd and divided by .87962566103423978).
 * Errors: RT_ENOENT, RT_EINVAL, RT_ESHAPE; RT_ENOMEM where out is given. */
int rt_init_draw(const char *spec, const struct rt_shape *shape,
                 struct rt_key key, float *out, struct rt_err *err);

/* For the records: n values of one distribution. Truncated: redrawn beyond two
 * sd, by the inverse of the distribution, so value i needs word i alone. */
void rt_init_uniform(struct rt_key key, double lo, double hi, float *out,
                     size_t n);
void rt_init_truncated(struct rt_key key, double mean, double sd, float *out,
                       size_t n);
#endif
