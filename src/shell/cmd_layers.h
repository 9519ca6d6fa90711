/* Every layer record as a command: the layer's own options and those that all
 * layers share (name=, from=, trainable=). */
#ifndef RT_SHELL_CMD_LAYERS_H
#define RT_SHELL_CMD_LAYERS_H
#include "shell/cmd.h"

/* The command of a layer; NULL if a fixed command has its name (input). */
const struct rt_cmd *rt_cmd_of_layer(const struct rt_layer *l);
/* The words of a layer's command, taken apart. */
struct rt_layer_words {
    const struct rt_layer *type;
    const char *name; /* NULL: automatic */
    bool trainable;
    const char **words; /* the layer's own */
    int n;
    const char **from;
    int n_from;
    char *line; /* the command with the numbers of $names in its expression */
    /* owned */
    void *common;
    char *filled, *penalty;
};
/* To be released, on an error too. Errors: begin with the command's name. */
int rt_layer_words(struct rt_session *s, const struct rt_layer *type,
                   const char *const *words, int n, struct rt_layer_words *w,
                   struct rt_err *err);
void rt_layer_words_release(struct rt_layer_words *w);
/* The options that a layer shares with others, for help and completion: those
 * of all, and l1= l2= of layers with a kernel, which are short for its
 * kernel_regularizer=. */
const struct rt_opt *rt_layer_common(const struct rt_layer *l);
#endif
