/* Options of a size that cannot be. */
#include <retort/plugin.h>

RT_PLUGIN(bad_opt_size) = {
    .size = sizeof(struct rt_plugin),
    .abi = RT_ABI,
    .opt_size = 3,
    .name = "bad_opt_size",
    .help = "never loaded",
};
