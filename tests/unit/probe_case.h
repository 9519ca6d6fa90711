/* A small fit and one plugin for many tests of callbacks. */
#ifndef RT_TESTS_PROBE_CASE_H
#define RT_TESTS_PROBE_CASE_H
#include "fit_case.h"

#include "base/schema.h"

/* One plugin for many tests: it writes down its hooks, and does what its
 * options say at the n-th call of one of them. */
struct probe_args {
    const char *tag, *at, *order;
    int n, verdict, fixed;
};
static const struct rt_opt probe_opts[] = {
    RT_OPT(struct probe_args, tag, .def = "p"),
    RT_OPT(struct probe_args, at, .def = "", .live = 1),
    RT_OPT(struct probe_args, order, .def = "", .live = 1),
    RT_OPT(struct probe_args, n, .def = "1", .min = 1, .max = 1e6, .live = 1),
    RT_OPT(struct probe_args, verdict, .def = "0", .min = -9, .max = 9,
           .live = 1),
    RT_OPT(struct probe_args, fixed, .def = "0", .max = 9),
    RT_OPT_END
};
struct probe {
    int calls;
    char *owned;
};

static char said[8192]; /* read when the thread has ended */

static inline int probe_hook(const struct rt_host *h, struct rt_hook *at,
                             const struct probe_args *a, struct probe *p,
                             const char *name)
{
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s%s:%s", n ? " " : "", a->tag, name);
    if (!p->owned)
        p->owned = calloc(1, 64);
    if (!a->at || strcmp(a->at, name) || ++p->calls != a->n)
        return RT_GO_ON;
    if (a->order && h->order(at, "%s", a->order))
        return (h->fail)(at, "cannot order: %s", h->error(at));
    if (a->verdict == -1)
        return (h->fail)(at, "on purpose at %s", name);
    return a->verdict;
}

#define HOOK(name)                                                             \
    static int on_##name(const struct rt_host *h, struct rt_hook *at,          \
                         const void *args, void *state)                        \
    {                                                                          \
        return probe_hook(h, at, args, state, #name);                          \
    }
HOOK(train_begin)
HOOK(epoch_begin)
HOOK(batch_begin)
HOOK(batch_end)
HOOK(epoch_end)
HOOK(train_end)
HOOK(args)

static inline void probe_release(void *state)
{
    free(((struct probe *)state)->owned);
}

static const struct rt_plugin probe = {
    RT_PLUGIN_HEAD,
    .name = "probe",
    .help = "notes its hooks",
    .opts = probe_opts,
    .args_size = sizeof(struct probe_args),
    .state_size = sizeof(struct probe),
    .on_train_begin = on_train_begin,
    .on_epoch_begin = on_epoch_begin,
    .on_batch_begin = on_batch_begin,
    .on_batch_end = on_batch_end,
    .on_epoch_end = on_epoch_end,
    .on_train_end = on_train_end,
    .on_args = on_args,
    .release = probe_release,
};

static inline void open_small(struct fit_case *c)
{
    said[0] = '\0';
    case_open(c, SPIRAL_MODEL, spiral(50)); /* 3 batches an epoch */
    c->spec.epochs = 2;
    c->spec.pause_on_error = false;
}

static inline int calls_of(const char *word)
{
    int n = 0;
    for (const char *p = said; (p = strstr(p, word)); p += strlen(word))
        n++;
    return n;
}

#endif
