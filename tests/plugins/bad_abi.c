/* Built for another major version of the interface. */
#include <retort/plugin.h>

RT_PLUGIN(bad_abi) = {
    .size = sizeof(struct rt_plugin),
    .abi = (RT_ABI_MAJOR + 1) << 16 | 3,
    .opt_size = sizeof(struct rt_opt),
    .name = "bad_abi",
    .help = "never loaded",
};
