/* What `runs` does by its first word, a file each; cmd_runs.c chooses. */
#ifndef RT_SHELL_RUNS_SUB_H
#define RT_SHELL_RUNS_SUB_H
#include "shell/cmd.h"

int rt_runs_list(struct rt_cmd_call *call, const struct rt_texts *words,
                 struct rt_err *err);
/* id NULL: as rt_run_of has it. */
int rt_runs_show(struct rt_cmd_call *call, const char *id, struct rt_err *err);
/* [RUN] [KEY...]; batches: batch by batch. */
int rt_runs_history(struct rt_cmd_call *call, const char *const *words, int n,
                    bool batches, struct rt_err *err);
#endif
