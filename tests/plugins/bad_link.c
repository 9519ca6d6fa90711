/* Calls what nobody has. */
#include <retort/plugin.h>

int nobody_has_this(void);

static int on_train_begin(const struct rt_host *h, struct rt_hook *at,
                          const void *args, void *state)
{
    (void)h;
    (void)at;
    (void)args;
    (void)state;
    return nobody_has_this();
}

RT_PLUGIN(bad_link) = {
    RT_PLUGIN_HEAD,
    .name = "bad_link",
    .help = "never loaded",
    .on_train_begin = on_train_begin,
};
