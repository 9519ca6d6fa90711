/* The list of initializers, their distributions, and drawing by a spec. */
#include "nn/init.h"

#include "base/schema.h"
#include "nn/spec.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define RT_INIT(name) extern const struct rt_init rt_init_##name;
#include "nn/inits.def"
#undef RT_INIT

static const struct rt_init *const all[] = {
#define RT_INIT(name) &rt_init_##name,
#include "nn/inits.def"
#undef RT_INIT
    NULL,
};

const struct rt_init *const *rt_inits(void)
{
    return all;
}

static struct rt_spec_name at(int i)
{
    const struct rt_init *n = all[i];
    return n ? (struct rt_spec_name){ n->name, NULL, n->opts, n->args_size }
             : (struct rt_spec_name){ 0 };
}

/* Inputs and outputs of one unit: of a matrix its sides, of a convolution
 * kernel (...,in,out) the same times the positions. Source: Keras 2.3.1
 * initializers.py, _compute_fans. */
static void fans(const struct rt_shape *s, double *in, double *out)
{
    if (s->rank < 2) {
        *in = *out = sqrt((double)rt_shape_count(s));
        return;
    }
    double field = 1;
    for (int i = 0; i < s->rank - 2; i++)
        field *= s->dim[i];
    *in = field * s->dim[s->rank - 2];
    *out = field * s->dim[s->rank - 1];
}

int rt_init_draw(const char *spec, const struct rt_shape *shape,
                 struct rt_key key, float *out, struct rt_err *err)
{
    void *args;
    int i = rt_spec_find("initializer", at, spec, &args, err);
    if (i < 0)
        return i;
    int status = 0;
    if (all[i]->rank && all[i]->rank != shape->rank)
        status = rt_fail(err, RT_ESHAPE,
                         "initializer '%s' is for weights of %d axes, found %s",
                         all[i]->name, all[i]->rank, rt_shape_text(shape));
    if (out && !status && all[i]->try_draw) {
        status = all[i]->try_draw(args, shape, key, out, err);
    } else if (out && !status) {
        double fan_in, fan_out;
        fans(shape, &fan_in, &fan_out);
        all[i]->draw(args, shape, fan_in, fan_out, key, out);
    }
    rt_args_free(args);
    return status;
}

void rt_init_uniform(struct rt_key key, double lo, double hi, float *out,
                     size_t n)
{
    rt_rng_uniform(key, 0, out, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(lo + (hi - lo) * (double)out[i]);
}

void rt_init_truncated(struct rt_key key, double mean, double sd, float *out,
                       size_t n)
{
    double lo = gsl_cdf_ugaussian_P(-2), hi = gsl_cdf_ugaussian_P(2);
    rt_rng_uniform(key, 0, out, n);
    for (size_t i = 0; i < n; i++) {
        double u = lo + (hi - lo) * (double)out[i];
        out[i] = (float)(mean + sd * gsl_cdf_ugaussian_Pinv(u));
    }
}
