/* Every layer record as a command: the layer's own options and those that all
 * layers share (name=, from=, trainable=). */
#ifndef RT_SHELL_CMD_LAYERS_H
#define RT_SHELL_CMD_LAYERS_H
#include "shell/cmd.h"

/* The command of a layer; NULL if a fixed command has its name (input). */
const struct rt_cmd *rt_cmd_of_layer(const struct rt_layer *l);
/* The options that a layer shares with others, for help and completion: those
 * of all, and l1= l2= of layers with a kernel, which are short for its
 * kernel_regularizer=. */
const struct rt_opt *rt_layer_common(const struct rt_layer *l);
#endif
