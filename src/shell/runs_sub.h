/* What `runs` does by its first word, a file each; cmd_runs.c chooses. */
#ifndef RT_SHELL_RUNS_SUB_H
#define RT_SHELL_RUNS_SUB_H
#include "shell/cmd.h"
#include "shell/run_filter.h"

/* What was asked for beside the word. */
struct rt_runs_ask {
    struct rt_texts words; /* run_filter.h */
    const char *sort;      /* KEY, -KEY or NULL */
    struct rt_texts cols;
    bool ids; /* -ids: the numbers alone */
};
int rt_runs_list(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                 struct rt_err *err);
/* The runs that fit, sorted; and as a list of dicts, or of numbers. */
int rt_runs_pick(struct rt_session *s, const struct rt_runs_ask *ask,
                 struct rt_run_picks *p, struct rt_err *err);
void rt_runs_value(const struct rt_runs_ask *ask, const struct rt_run_picks *p,
                   struct rt_value *out);
/* What changes runs: label RUN TEXT, note RUN TEXT, tag RUN WORD..., delete,
 * restore, purge RUN...; words: those behind the verb. */
int rt_runs_label(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                  struct rt_err *err);
int rt_runs_note(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                 struct rt_err *err);
int rt_runs_tag(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                struct rt_err *err);
int rt_runs_delete(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                   struct rt_err *err);
int rt_runs_restore(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                    struct rt_err *err);
int rt_runs_purge(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                  struct rt_err *err);
/* Which run came from which. */
int rt_runs_tree(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                 struct rt_err *err);
/* RUN FILE: its history; FILE [WORD...]: the table. */
int rt_runs_export(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                   struct rt_err *err);
/* FILE: one that export wrote of a run becomes a run here. */
int rt_runs_import(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                   struct rt_err *err);
/* id NULL: as rt_run_of has it. */
int rt_runs_show(struct rt_cmd_call *call, const char *id, struct rt_err *err);
/* [RUN] [KEY...]; batches: batch by batch. */
int rt_runs_history(struct rt_cmd_call *call, const char *const *words, int n,
                    bool batches, struct rt_err *err);
/* epochs: the new last epoch, 0: as it was. background: returns at once. */
int rt_runs_resume(struct rt_cmd_call *call, const char *id, int epochs,
                   bool background, struct rt_err *err);
/* An order or a message as a dict: epoch, batch, who, text; of an order its
 * answer. */
void rt_run_note_value(const struct rt_run_note *v, struct rt_value *d);
#endif
