/* An option that lies beyond its struct: .args_size was forgotten. */
#include <retort/plugin.h>

struct args {
    int patience;
};
static const struct rt_opt opts[] = { RT_OPT(struct args, patience, .def = "3",
                                             .help = "epochs to wait"),
                                      RT_OPT_END };
RT_PLUGIN(bad_offset) = {
    RT_PLUGIN_HEAD,
    .name = "bad_offset",
    .help = "never loaded",
    .opts = opts,
};
