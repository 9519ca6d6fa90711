/* What commands about a run share: the option that says which, and the
 * beginning of their examples. */
#ifndef RT_SHELL_STARTED_H
#define RT_SHELL_STARTED_H
#include <retort/plugin.h>

/* type has `const char *id`. */
#define RT_OPT_RUN(type)                                                       \
    RT_OPT(type, id, .name = "run", .word = 1, .def = "",                      \
           .names = RT_NAMES_RUN,                                              \
           .help = "number or name; else the chosen model's newest")

/* A run that goes on until it is stopped; what is to stand before its fit. */
#define RT_EXAMPLE_READY                                                       \
    "seed 1\ndata s generate blobs n=60 classes=2\nmodel m\ninput x 2\n"       \
    "dense 1 activation=sigmoid\noutput\n"                                     \
    "compile sgd loss=binary_crossentropy\n"
#define RT_EXAMPLE_STARTED RT_EXAMPLE_READY "fit s epochs=100000 &\n"
#endif
