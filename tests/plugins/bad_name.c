/* Without a name. */
#include <retort/plugin.h>

RT_PLUGIN(bad_name) = { RT_PLUGIN_HEAD, .help = "never loaded" };
