/* Callbacks of a run: attachments say which plugin with which arguments; each
 * fit makes instances of them with fresh state. Hooks are called in the order
 * of attachment. One that stops ends the run, the first one's name is told; the
 * other hooks of the event are still called, then the orders they gave are
 * applied.
 *
 * A run that is resumed loads the instances' states first; on_train_begin then
 * finds counters that are not 0. A hook is not called again for an epoch that
 * had begun before. */
#ifndef RT_TRAIN_CALLBACK_H
#define RT_TRAIN_CALLBACK_H
#include "base/err.h"
#include "base/str.h"
#include "train/state.h"
#include <retort/plugin.h>

/* What is attached to a model: copied by each fit. */
struct rt_attachment {
    char *name;                     /* early_stopping, early_stopping_2 */
    const struct rt_plugin *plugin; /* a record of full size, as the loader
                                       gives; stays loaded */
    void *args;                     /* parsed by plugin->opts */
    bool detach;                    /* on_error=detach: go on without it */
    int run;                        /* the last that had it; 0: none so far */
};
struct rt_attachments {
    struct rt_attachment *v;
    int n, cap;
};
void rt_attachments_release(struct rt_attachments *a);
/* Parses name=, on_error=pause|detach and the plugin's own words. Returns the
 * entry, named name= or after the plugin (early_stopping_2 if that is in use).
 * Errors: RT_EEXIST for a name in use, and what options give. */
struct rt_attachment *rt_attach(struct rt_attachments *a,
                                const struct rt_plugin *plugin,
                                const char *const *words, int n,
                                struct rt_err *err);
int rt_attachment_set(struct rt_attachments *a, const char *name,
                      const char *const *words, int n, struct rt_err *err);
int rt_detach(struct rt_attachments *a, const char *name, struct rt_err *err);
int rt_attachments_copy(struct rt_attachments *to,
                        const struct rt_attachments *from);
/* Of one entry. Nothing changes on an error. */
int rt_attachment_change(struct rt_attachment *at, const char *const *words,
                         int n, struct rt_err *err);
void rt_attachment_copy(struct rt_attachment *to,
                        const struct rt_attachment *from);

enum rt_hook_event {
    RT_HOOK_TRAIN_BEGIN,
    RT_HOOK_EPOCH_BEGIN,
    RT_HOOK_BATCH_BEGIN,
    RT_HOOK_BATCH_END,
    RT_HOOK_EPOCH_END,
    RT_HOOK_TRAIN_END,
};
struct rt_run;
struct rt_callbacks; /* the instances of a run; opaque */
struct rt_callbacks *rt_callbacks_new(struct rt_run *r,
                                      const struct rt_attachments *a);
void rt_callbacks_free(struct rt_callbacks *c);
/* Asks each whether its options fit the run, which has not started.
 * Errors: RT_EINVAL with the first callback's name and text. */
int rt_callbacks_check(struct rt_callbacks *c, struct rt_err *err);
/* Calls one event's hooks, heeds their verdicts and applies their orders.
 * Errors: RT_EPLUGIN with the callback's name and text, when all hooks have
 *         been called; one with on_error=detach is dropped with a warning
 *         instead. Thread: training. */
int rt_callbacks_call(struct rt_callbacks *c, enum rt_hook_event ev,
                      struct rt_err *err);
bool rt_callbacks_wants(const struct rt_callbacks *c, enum rt_hook_event ev);
/* Live changes, by orders. Attaching calls on_train_begin, setting on_args;
 * only options marked live can be set. Nothing changes on an error.
 * kind: a plugin by name, among the instances or by the run's find_plugin. */
const struct rt_plugin *rt_callbacks_kind(struct rt_callbacks *c,
                                          const char *name, struct rt_err *err);
int rt_callbacks_attach(struct rt_callbacks *c, const struct rt_plugin *plugin,
                        const char *const *words, int n, char *name,
                        size_t n_name, struct rt_err *err);
int rt_callbacks_set(struct rt_callbacks *c, const char *name,
                     const char *const *words, int n, struct rt_err *err);
int rt_callbacks_remove(struct rt_callbacks *c, const char *name,
                        struct rt_err *err);
/* What hooks have ordered: before the state that was loaded was kept. */
void rt_callbacks_apply(struct rt_callbacks *c);
void rt_callbacks_walk(struct rt_callbacks *c, struct rt_state *s);
/* "early_stopping\t7/10, best 0.031 at 41" lines. */
void rt_callbacks_status(struct rt_callbacks *c, struct rt_str *out);
/* Whether a status changed since this was asked last. */
bool rt_callbacks_news(struct rt_callbacks *c);
#endif
