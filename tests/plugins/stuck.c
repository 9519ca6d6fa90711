/* Does not return from a hook once there is a file stuck.now: the third Ctrl-C
 * must name it and offer to leave. */
#include <retort/plugin.h>
#include <unistd.h>

static int on_batch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    (void)args;
    (void)state;
    if (!access("stuck.now", F_OK)) {
        h->log(at, "is stuck");
        for (;;)
            pause();
    }
    return RT_GO_ON;
}

RT_PLUGIN(stuck) = {
    RT_PLUGIN_HEAD,
    .name = "stuck",
    .help = "does not return once there is a file stuck.now",
    .on_batch_end = on_batch_end,
};
