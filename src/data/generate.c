/* Data without files. Classes take turns row by row, so that any stretch of
 * rows holds all of them. */
#include "data/generate.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/schema.h"
#include "base/suggest.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct rt_opt rt_generate_opts[] = {
    RT_OPT(struct rt_generate_args, n, .def = "300", .min = 1, .max = 1e9,
           .help = "rows"),
    RT_OPT(struct rt_generate_args, classes, .def = "", .min = 1, .max = 1000,
           .help = "classes of spiral and blobs, 3 unless given"),
    RT_OPT(struct rt_generate_args, length, .def = "", .min = 1, .max = 1e6,
           .help = "steps of a sine sequence, 20 unless given"),
    RT_OPT(struct rt_generate_args, noise, .def = "", .min = 0, .max = INFINITY,
           .help = "standard deviation; spiral 0.2, moons 0.1, blobs 1"),
    RT_OPT(struct rt_generate_args, seed, .def = "",
           .help = "seed of these numbers alone"),
    RT_OPT_END
};

/* Row i of the set. u: uniform in [0,1), z: standard normal, of this row. */
struct row {
    int i; /* of the rows */
    int classes, length;
    double noise;
    const float *u, *z;
};

static const double PI = 3.14159265358979323846;

/* Arms that leave the middle; angle blurred by noise. */
static float spiral(const struct row *r, float *x)
{
    int k = r->i % r->classes;
    double out = (double)r->u[0]; /* any stretch of rows has all of it */
    double angle =
        2 * PI * k / r->classes + 4 * out + r->noise * (double)r->z[0];
    x[0] = (float)(out * sin(angle));
    x[1] = (float)(out * cos(angle));
    return (float)k;
}

/* Two half circles that reach into each other. */
static float moons(const struct row *r, float *x)
{
    int k = r->i % 2;
    double angle = PI * (double)r->u[0];
    double c = cos(angle), s = sin(angle);
    x[0] = (float)((k ? 1 - c : c) + r->noise * (double)r->z[0]);
    x[1] = (float)((k ? 0.5 - s : s) + r->noise * (double)r->z[1]);
    return (float)k;
}

/* Round clouds, their middles on a circle of radius 5. */
static float blobs(const struct row *r, float *x)
{
    int k = r->i % r->classes;
    double angle = 2 * PI * k / r->classes;
    x[0] = (float)(5 * cos(angle) + r->noise * (double)r->z[0]);
    x[1] = (float)(5 * sin(angle) + r->noise * (double)r->z[1]);
    return (float)k;
}

/* A stretch of a sine wave of 25 steps from anywhere; y is the step after. */
static float sine(const struct row *r, float *x)
{
    double phase = 2 * PI * (double)r->u[0];
    for (int t = 0; t <= r->length; t++) {
        float v =
            (float)(sin(phase + 2 * PI * t / 25) + r->noise * (double)r->z[t]);
        if (t == r->length)
            return v;
        x[t] = v;
    }
    return 0;
}

/* Exclusive or of the signs of a point of a square. */
static float squares(const struct row *r, float *x)
{
    double a = 2 * (double)r->u[0] - 1, b = 2 * (double)r->u[1] - 1;
    x[0] = (float)(a + r->noise * (double)r->z[0]);
    x[1] = (float)(b + r->noise * (double)r->z[1]);
    return (a > 0) != (b > 0);
}

static const struct kind {
    const char *name;
    int classes; /* 0: numbers; 2: always two; else the default */
    int length;  /* default; 0: points of a plane */
    double noise;
    float (*fill)(const struct row *r, float *x); /* returns y */
} kinds[] = {
    { "blobs", 3, 0, 1, blobs }, { "moons", 2, 0, 0.1, moons },
    { "sine", 0, 20, 0, sine },  { "spiral", 3, 0, 0.2, spiral },
    { "xor", 2, 0, 0, squares },
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

const char *const rt_generate_kinds[] = { "blobs",  "moons", "sine",
                                          "spiral", "xor",   NULL };

static const struct kind *find(const char *name, struct rt_err *err)
{
    for (int i = 0; i < N_KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_list, rt_generate_kinds,
                    "generate: unknown kind '%s'", name);
    return NULL;
}

/* The kind's defaults for what was not said; what it has no use for is an
 * error. */
static int settle(const struct kind *k, struct rt_generate_args *a,
                  struct rt_err *err)
{
    bool counted = k->classes > 2;
    if (a->classes != RT_UNSET_INT && !counted)
        return rt_fail(err, RT_EINVAL, "generate: %s has no classes=%s",
                       k->name, k->classes ? ", it always has two" : "");
    if (a->length != RT_UNSET_INT && !k->length)
        return rt_fail(err, RT_EINVAL,
                       "generate: %s has no length=, only sine has", k->name);
    if (a->classes == RT_UNSET_INT)
        a->classes = k->classes;
    if (a->length == RT_UNSET_INT)
        a->length = k->length;
    if (isnan(a->noise))
        a->noise = k->noise;
    if (a->n < 1 || (counted && a->classes < 1) || (k->length && a->length < 1))
        return rt_fail(err, RT_EINVAL,
                       "generate: n, classes and length must be at least 1");
    return 0;
}

static int fill(const struct kind *k, const struct rt_generate_args *a,
                float *x, int32_t *y, float *next, struct rt_err *err)
{
    struct rt_key key =
        rt_key_text(rt_key_make((uint64_t)a->seed, RT_FOR_GENERATE), k->name);
    size_t width = k->length ? (size_t)a->length : 2, m = width + 1;
    float *u = rt_try_alloc(2 * m, sizeof *u, "generate", err);
    if (!u)
        return RT_ENOMEM;
    float *z = u + m;
    struct row r = { 0, a->classes, a->length, a->noise, u, z };
    for (; r.i < a->n; r.i++) {
        /* a stream of its own for every row: more rows change no others */
        struct rt_key row = rt_key_int(key, (uint64_t)r.i);
        rt_rng_uniform(row, 0, u, 2);
        rt_rng_normal(row, 2, z, m);
        float v = k->fill(&r, x + (size_t)r.i * width);
        if (y)
            y[r.i] = (int32_t)v;
        else
            next[r.i] = v;
    }
    free(u);
    return 0;
}

struct rt_dataset *rt_generate(const char *name, const char *kind,
                               const struct rt_generate_args *args,
                               struct rt_err *err)
{
    const struct kind *k = find(kind, err);
    struct rt_generate_args a = *args;
    assert(a.seed != INT64_MIN);
    if (!k || settle(k, &a, err))
        return NULL;
    size_t n = (size_t)a.n, width = k->length ? (size_t)a.length : 2;
    float *x = rt_try_alloc(n * width, sizeof *x, "generate", err);
    void *y = x ? rt_try_alloc(n, 4, "generate", err) : NULL;
    if (!y ||
        fill(k, &a, x, k->classes ? y : NULL, k->classes ? NULL : y, err)) {
        free(x);
        free(y);
        return NULL;
    }
    struct rt_str origin = RT_STR_INIT;
    rt_str_addf(&origin, "generate %s", k->name);
    rt_args_words(rt_generate_opts, sizeof *rt_generate_opts, args, false,
                  &origin);
    struct rt_dataset *d = rt_dataset_new(name, n, rt_str_c(&origin));
    rt_str_release(&origin);
    struct rt_shape row = RT_SHAPE((int)width, 1), point = RT_SHAPE(2);
    struct rt_shape number = k->classes ? (struct rt_shape){ 0 } : RT_SHAPE(1);
    int status = rt_dataset_add_column(
        d, "x", RT_F32, k->length ? &row : &point, n, x, NULL, 0, err);
    if (!status)
        status = rt_dataset_add_column(d, "y", k->classes ? RT_I32 : RT_F32,
                                       &number, n, y, NULL, 0, err);
    else
        free(y);
    if (status) {
        rt_dataset_unref(d);
        return NULL;
    }
    return d;
}
