/* What somebody types who knows Keras: its names of commands and options, and
 * where the same is done here. */
#ifndef RT_SHELL_KERAS_WORDS_H
#define RT_SHELL_KERAS_WORDS_H
#include "base/err.h"
#include <retort/plugin.h>

/* An option of Keras that a command has not, and what to do instead. */
struct rt_keras_word {
    const char *key; /* class_weight */
    const char
        *says; /* a sentence's end: "`weights DATA ...` weighs classes" */
};
/* Adds to err, which says that there is no such command, what Keras' class or
 * function of that name is called here; nothing if it is none of Keras'. */
void rt_keras_command(const char *name, struct rt_err *err);
/* RT_EINVAL if a word is KEY=... of the list (ends with a NULL key; NULL: none)
 * and no option of the command's own. */
int rt_keras_options(const struct rt_keras_word *list,
                     const struct rt_opt *opts, const char *const *words, int n,
                     struct rt_err *err);
/* Of every layer. */
extern const struct rt_keras_word rt_keras_layer_words[];
#endif
