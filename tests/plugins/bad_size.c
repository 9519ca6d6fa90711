/* Without RT_PLUGIN_HEAD's sizes. */
#include <retort/plugin.h>

RT_PLUGIN(bad_size) = {
    .abi = RT_ABI,
    .name = "bad_size",
    .help = "never loaded",
};
