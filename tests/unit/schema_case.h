/* Tables of options for the tests of the schema: a layer's and a command's, and
 * what parses words by them. */
#ifndef RT_TESTS_SCHEMA_CASE_H
#define RT_TESTS_SCHEMA_CASE_H
#include "support.h"

#include "base/schema.h"

#include <limits.h>
#include <math.h>

enum { SAME, VALID, CAUSAL };
static const char *const paddings[] = { "same", "valid", "causal", NULL };

/* A layer as nn has them: every kind, words and keys. */
struct conv {
    int filters;
    struct rt_ints kernel_size;
    struct rt_ints strides;
    int padding;
    const char *activation;
    bool use_bias;
    double rate;
    double max_value;
    int64_t seed;
    struct rt_numbers parts;
    struct rt_texts metrics;
};
static const struct rt_opt conv_opts[] = {
    RT_OPT(struct conv, filters, .word = 1, .min = 1, .max = INT_MAX),
    RT_OPT(struct conv, kernel_size, .word = 2, .def = "3x3", .min = 1,
           .max = 1000),
    RT_OPT(struct conv, strides, .def = "", .min = 1, .max = 1000),
    RT_OPT(struct conv, padding, .def = "valid", .choices = paddings),
    RT_OPT(struct conv, activation, .def = "linear"),
    RT_OPT(struct conv, use_bias, .def = "yes"),
    RT_OPT(struct conv, rate, .def = "0.25", .min = 0, .max = 1, .open = 2),
    RT_OPT(struct conv, max_value, .def = ""),
    RT_OPT(struct conv, seed, .help = "key of the noise"),
    RT_OPT(struct conv, parts, .def = "0.8,0.2", .min = 0, .max = 1),
    RT_OPT(struct conv, metrics, .names = RT_NAMES_METRIC),
    RT_OPT_END
};

/* A command: flags and whatever is left. */
struct looks {
    const char *name;
    struct rt_texts layers;
    bool memory;
    const char *to;
    int every;
};
static const struct rt_opt look_opts[] = {
    RT_OPT(struct looks, name, .def = ""),
    RT_OPT(struct looks, layers, .form = RT_FORM_REST, .names = RT_NAMES_LAYER),
    RT_OPT(struct looks, memory, .form = RT_FORM_FLAG),
    RT_OPT(struct looks, to, .form = RT_FORM_FLAG, .names = RT_NAMES_FILE),
    RT_OPT(struct looks, every, .def = "1", .min = 1, .max = INT_MAX),
    RT_OPT_END
};

#define STRIDE sizeof(struct rt_opt)
#define WORDS(...)                                                             \
    (const char *const[]){ __VA_ARGS__ },                                      \
        (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
#define CONV(...)                                                              \
    rt_args_parse(conv_opts, STRIDE, sizeof(struct conv), WORDS(__VA_ARGS__),  \
                  &err)
#define LOOK(...)                                                              \
    rt_args_parse(look_opts, STRIDE, sizeof(struct looks), WORDS(__VA_ARGS__), \
                  &err)
/* The words are refused, and the sentence holds part. */
static inline void refused(const struct rt_opt *opts, size_t args_size,
                           const char *part, const char *const *words, int n)
{
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_args_parse(opts, STRIDE, args_size, words, n, &err));
    rt_assert_error(&err, RT_EINVAL, part);
}
#define REFUSES(part, ...)                                                     \
    refused(conv_opts, sizeof(struct conv), part, WORDS(__VA_ARGS__))
#define LOOK_REFUSES(part, ...)                                                \
    refused(look_opts, sizeof(struct looks), part, WORDS(__VA_ARGS__))

static inline void *must(void *args, const struct rt_err *err)
{
    if (!args)
        fail_msg("%s", err->text);
    return args;
}
#define MUST(call) must((call), &err)
#endif
