/* A sweep being carried out: what its processes are given, the process of one
 * point, the parent that starts and reaps them, the table of what they gave.
 * Order: rt_sweep_state, rt_store_sweep_plan, rt_sweep_run, rt_sweep_rows. */
#ifndef RT_SHELL_SWEEP_H
#define RT_SHELL_SWEEP_H
#include "shell/result.h"
#include "shell/session.h"
#include "store/sweeps.h"

/* Where nobody gave a seed, takes the one that this sweep had when it was
 * begun: given again, it is the same sweep. Before anything draws. */
int rt_sweep_seed(struct rt_session *s, const char *name, struct rt_err *err);

/* Writes state.tcl (and the models) into the folder of the sweep, which is
 * held: what is defined now, so that another process can be given it.
 * Variables, those of the calling procedure too, procedures, loaded packages,
 * models with their weights and callbacks, and the commands that made the data.
 * *hash: of all of it that the script may use.
 * Errors: RT_EBUSY while a run is going, those of writing. */
int rt_sweep_state(struct rt_session *s, const char *name, const char *script,
                   uint64_t *hash, struct rt_err *err);

/* This process is the point of the sweep: carries it out and writes into the
 * store what came of it. Errors: also the script's own. */
int rt_sweep_child(struct rt_session *s, const char *name, int number,
                   struct rt_err *err);

/* Starts a process for each point that is not done, `jobs` at a time, and waits
 * for them. Errors: RT_ECANCEL when Ctrl-C or the end of the program has
 * stopped them; what starting them says. A point that fails is no error. */
int rt_sweep_run(struct rt_session *s, const struct rt_sweep_row *sweep,
                 int jobs, struct rt_err *err);

/* The points of a sweep as a list of dicts: point, the settings, state, then
 * what the script returned; failed ones with their reason. A returned value
 * that is no dict is the column `result`. */
void rt_sweep_rows(struct rt_session *s, const struct rt_point_row *p, int n,
                   struct rt_value *out);
/* Adds to the rows of points that are being carried out what their runs have
 * come to by now: epochs, loss, val_loss; the state of one whose process has
 * gone. How many go on: *n_running. */
void rt_sweep_live(struct rt_session *s, const struct rt_point_row *p, int n,
                   struct rt_value *rows, int *n_running);
/* The same as a table for people. */
void rt_sweep_table(struct rt_session *s, const struct rt_value *rows,
                    struct rt_str *out);
/* The row whose column `goal` is least (or greatest); goal "": val_loss, or
 * loss, whichever there is, and *goal is set to it. NULL if none has it. */
const struct rt_value *rt_sweep_best(const struct rt_value *rows,
                                     const char **goal, bool maximize);
/* plot NAME [x=KEY] [y=COLUMN] [-to FILE]: the goal over one of the keys, the
 * mean where seeds or others are beside; a curve for each value of the keys
 * that are neither. */
struct rt_cmd_call;
int rt_sweep_plot(struct rt_cmd_call *call, struct rt_err *err);
/* "lr=0.1 seed=3" of "lr 0.1 seed 3". */
void rt_sweep_words(struct rt_session *s, const char *settings,
                    struct rt_str *out);
#endif
