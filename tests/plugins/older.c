/* As if built when a record had no hooks beyond on_epoch_begin. What follows in
 * memory is not part of it and must not be taken for hooks. */
#include <retort/plugin.h>

static int never(const struct rt_host *h, struct rt_hook *at, const void *args,
                 void *state)
{
    return h->fail(at, "a hook that is not there was called (%p %p)", args,
                   state);
}

RT_PLUGIN(older) = {
    .size = offsetof(struct rt_plugin, on_batch_begin),
    .abi = RT_ABI,
    .opt_size = sizeof(struct rt_opt),
    .name = "older",
    .help = "has fewer hooks",
    .on_epoch_begin = never,
    .on_batch_begin = never,
    .on_train_end = never,
};
