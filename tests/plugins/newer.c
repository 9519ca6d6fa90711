/* As if built with a later version, in which records and options have grown. */
#include <retort/plugin.h>

struct args {
    int patience;
    double factor;
};
struct newer_opt {
    struct rt_opt known;
    const char *since, *unit;
};
static const struct newer_opt opts[] = {
    { .known = RT_OPT(struct args, patience, .word = 1, .def = "3",
                      .help = "epochs to wait"),
      .since = "1.1" },
    { .known = RT_OPT(struct args, factor, .def = "0.5", .help = "of the rate"),
      .unit = "none" },
    { .known = RT_OPT_END },
};

struct newer_plugin {
    struct rt_plugin known;
    void (*on_comet)(void);
};
extern const struct newer_plugin rt_plugin_newer;
extern const char rt_plugin_id[];
__attribute__((visibility("default"))) const char rt_plugin_id[] = "newer";
__attribute__((visibility("default")))
const struct newer_plugin rt_plugin_newer = {
    .known = {
        .size = sizeof(struct newer_plugin),
        .abi = RT_ABI + 7,
        .opt_size = sizeof(struct newer_opt),
        .name = "newer",
        .help = "has grown",
        .opts = &opts[0].known,
        .args_size = sizeof(struct args),
    },
};
