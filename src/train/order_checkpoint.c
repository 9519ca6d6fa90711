/* Orders about checkpoints. */
#include "train/run_private.h"

#include <ctype.h>

struct checkpoint_args {
    const char *name;
};
static const struct rt_opt checkpoint_opts[] = {
    RT_OPT(struct checkpoint_args, name, .word = 1, .def = "",
           .help = "what it is called; one with a name is never pruned"),
    RT_OPT_END
};

/* rewind takes a name where it takes an epoch's number or best. */
static int check_name(const char *name, struct rt_err *err)
{
    bool number = true;
    for (const char *p = name; *p; p++)
        number = number && isdigit((unsigned char)*p);
    if (number || !strcmp(name, "best"))
        return rt_fail(err, RT_EINVAL,
                       "a checkpoint cannot be called '%s': want a name that "
                       "is neither a number nor best",
                       name);
    return 0;
}

static int apply(struct rt_run *r, const void *args, char *says, size_t n,
                 struct rt_err *err)
{
    const struct checkpoint_args *a = args;
    const char *name = a->name && *a->name ? a->name : NULL;
    int64_t epoch, batch;
    int code = name ? check_name(name, err) : 0;
    if (!code)
        code = rt_run_checkpoint(r, "order", name, err);
    if (code)
        return code;
    rt_run_place(r, &epoch, &batch);
    snprintf(says, n, "checkpoint%s%s of epoch %lld batch %lld",
             name ? " " : "", name ? name : "", (long long)epoch,
             (long long)batch);
    return 0;
}

const struct rt_order_type rt_order_checkpoint = {
    .name = "checkpoint",
    .help = "keep the state of now",
    .opts = checkpoint_opts,
    .args_size = sizeof(struct checkpoint_args),
    .passes = true,
    .apply = apply,
};
