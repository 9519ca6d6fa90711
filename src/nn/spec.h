/* Records that users name, with options in parentheses: "huber(delta=0.4)".
 * What layers, activations, initializers, losses, metrics and optimizers share
 * for finding one of their list. */
#ifndef RT_NN_SPEC_H
#define RT_NN_SPEC_H
#include "base/err.h"
#include <retort/plugin.h>
#include <stdbool.h>

struct rt_spec_name {
    const char *name;  /* NULL: past the end of the list */
    const char *alias; /* more names, a space between; or NULL */
    const struct rt_opt *opts;
    size_t args_size;
    const char *hidden; /* found by it, never suggested: Keras' class */
    const char *nick;   /* as alias */
};
/* The i-th of a list. */
typedef struct rt_spec_name rt_spec_at_fn(int i);

/* Whether a list parted by spaces (NULL: an empty one) has a word. */
bool rt_spec_has_word(const char *list, const char *word);
/* Index of the record called name (or so by its alias); what: "loss".
 * Errors: RT_ENOENT "unknown loss 'mes'; did you mean mse?". */
int rt_spec_index(const char *what, rt_spec_at_fn *at, const char *name,
                  struct rt_err *err);
/* The same for a name with options; *args are parsed, caller frees them with
 * rt_args_free.
 * Errors: RT_ENOENT, RT_EINVAL of the options ("huber: ..."). */
int rt_spec_find(const char *what, rt_spec_at_fn *at, const char *spec,
                 void **args, struct rt_err *err);
#endif
