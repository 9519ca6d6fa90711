/* Crashes in a hook as soon as there is a file crash.now: the terminal must be
 * given back and the plugin named. */
#include <retort/plugin.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { ABORT, SEGV, FPE, STACK, EXIT, THREAD_EXIT };
static const char *const hows[] = { "abort", "segv",        "fpe", "stack",
                                    "exit",  "thread_exit", NULL };
enum {
    CHECK,
    TRAIN_BEGIN,
    EPOCH_BEGIN,
    BATCH_BEGIN,
    BATCH_END,
    EPOCH_END,
    TRAIN_END,
    ARGS,
    SAVE,
    LOAD,
    RELEASE,
};
static const char *const hooks[] = {
    "check",     "train_begin", "epoch_begin", "batch_begin",
    "batch_end", "epoch_end",   "train_end",   "args",
    "save",      "load",        "release",     NULL
};

struct args {
    int hook, how;
    bool again;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, hook, .choices = hooks, .def = "epoch_end",
           .help = "where"),
    RT_OPT(struct args, how, .choices = hows, .def = "abort", .help = "how"),
    RT_OPT(struct args, again, .live = 1, .help = "of no effect"), RT_OPT_END
};

static int deep(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return n < 0 ? 0 : deep(n + 1) + room[0];
}

static int crash(int how)
{
    switch (how) {
    case ABORT:
        abort();
    case SEGV:
        return raise(SIGSEGV);
    case FPE:
        return raise(SIGFPE);
    case STACK:
        return deep(0);
    case EXIT:
        exit(0);
    default:
        pthread_exit(NULL);
    }
}

static int visit(int hook, const struct args *a, struct args *state)
{
    *state = *a;
    return a->hook == hook && !access("crash.now", F_OK) ? crash(a->how)
                                                         : RT_GO_ON;
}

#define HOOK(name, number)                                                     \
    static int name(const struct rt_host *h, struct rt_hook *at,               \
                    const void *args, void *state)                             \
    {                                                                          \
        (void)h;                                                               \
        (void)at;                                                              \
        return visit(number, args, state);                                     \
    }
HOOK(check, CHECK)
HOOK(on_train_begin, TRAIN_BEGIN)
HOOK(on_epoch_begin, EPOCH_BEGIN)
HOOK(on_batch_begin, BATCH_BEGIN)
HOOK(on_batch_end, BATCH_END)
HOOK(on_epoch_end, EPOCH_END)
HOOK(on_train_end, TRAIN_END)
HOOK(on_args, ARGS)
HOOK(save, SAVE)
HOOK(load, LOAD)

static void release(void *state)
{
    struct args a = *(struct args *)state;
    visit(RELEASE, &a, state);
}

RT_PLUGIN(crash) = {
    RT_PLUGIN_HEAD,
    .name = "crash",
    .help = "crashes once there is a file crash.now",
    .opts = opts,
    .args_size = sizeof(struct args),
    .state_size = sizeof(struct args),
    .on_train_begin = on_train_begin,
    .on_epoch_begin = on_epoch_begin,
    .on_batch_begin = on_batch_begin,
    .on_batch_end = on_batch_end,
    .on_epoch_end = on_epoch_end,
    .on_train_end = on_train_end,
    .on_args = on_args,
    .save = save,
    .load = load,
    .release = release,
    .check = check,
};
