/* Every layer record as a command: the layer's own options and those that all
 * layers share (name=, from=, trainable=). */
#ifndef RT_SHELL_CMD_LAYERS_H
#define RT_SHELL_CMD_LAYERS_H
#include "shell/cmd.h"

/* The command of a layer; NULL if a fixed command has its name (input). */
const struct rt_cmd *rt_cmd_of_layer(const struct rt_layer *l);
/* The options that all layers share, for help and completion. */
extern const struct rt_opt rt_layer_common[];
#endif
