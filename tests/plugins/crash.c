/* Aborts in a hook as soon as there is a file crash.now: the terminal must be
 * given back and the plugin named. */
#include <retort/plugin.h>
#include <stdlib.h>
#include <unistd.h>

static int on_epoch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    (void)args;
    (void)state;
    (void)h;
    (void)at;
    if (!access("crash.now", F_OK))
        abort();
    return RT_GO_ON;
}

RT_PLUGIN(crash) = {
    RT_PLUGIN_HEAD,
    .name = "crash",
    .help = "aborts once there is a file crash.now",
    .on_epoch_end = on_epoch_end,
};
