/* With a name that is not its symbol's. */
#include <retort/plugin.h>

RT_PLUGIN(bad_other_name) = {
    RT_PLUGIN_HEAD,
    .name = "somebody",
    .help = "never loaded",
};
