/* Commands: one constant record each, listed in cmds.def; every layer record is
 * a command too (made from its record by cmd_layers.c). Usage, help, completion
 * and the reference manual come from the record.
 * To add one: copy cmd_params in cmd_model.c, write its line in cmds.def. */
#ifndef RT_SHELL_CMD_H
#define RT_SHELL_CMD_H
#include "nn/layer.h"
#include "shell/result.h"
#include "shell/session.h"
#include <retort/plugin.h>

enum {                     /* rt_cmd.flags */
       RT_CMD_LOOKS = 1,   /* prints its result in a script too */
       RT_CMD_CHANGES = 2, /* belongs into the clean script */
       RT_CMD_WORDS = 4,   /* takes its words unparsed through call->words */
       RT_CMD_UNDO = 8,    /* one step of undo of the chosen model,
                              if it changes it at rest */
       RT_CMD_LISTS = 16,  /* looks where run sets call->looked */
       RT_CMD_TRAINS = 32, /* acts on runs; left out where a session is rebuilt
                              around the state that they left */
};
/* One invocation. */
struct rt_cmd_call {
    struct rt_session *s;
    const struct rt_cmd *cmd;
    const void *args;         /* parsed by cmd->opts */
    const char *const *words; /* after the name */
    int n;
    struct rt_result *out;
    bool at_prompt; /* a whole line typed at the prompt */
    bool looked;    /* set by run: nothing changed, not for the clean script */
    bool ordered;   /* set by run: an order was given, nothing to print */
    char *line;     /* set by run: what the clean script has instead of the
                       words; taken over; NULL: the words */
};
struct rt_cmd {
    const char *group; /* building, data, training, looking, runs, session */
    const char *name, *help;
    const char *usage; /* NULL: made from opts */
    const struct rt_opt *opts;
    size_t args_size;
    unsigned flags;
    int (*run)(struct rt_cmd_call *call, struct rt_err *err);
    /* Options that depend on the words typed so far, the command's name among
     * them (the kind of a callback, of data, an optimizer), for completion;
     * NULL. words[*first] is the kind: their positional words follow it. */
    const struct rt_opt *(*more)(const struct rt_session *s,
                                 const char *const *words, int n,
                                 size_t *opt_size, int *first);
    const char *details; /* paragraphs for the help page, may be NULL */
    const char *example; /* a script that runs; tested */
    const struct rt_layer *layer;      /* of a layer command */
    const struct rt_keras_word *keras; /* options of Keras' that are said
                                          otherwise here, or NULL */
};
/* All commands, sorted by name (layers included), NULL-terminated. */
const struct rt_cmd *const *rt_cmds(void);
/* RT_ENOENT with the nearest names. */
const struct rt_cmd *rt_cmd_find(const char *name, struct rt_err *err);
/* Puts "scale: " before an error, unless the layer below began so already.
 * Returns its code. */
int rt_cmd_within(const struct rt_cmd *cmd, struct rt_err *err);
/* Parses the words, runs, records; the one way a command is executed. */
int rt_cmd_call(struct rt_session *s, const struct rt_cmd *cmd,
                const char *const *words, int n, bool at_prompt,
                struct rt_result *out, struct rt_err *err);
#endif
