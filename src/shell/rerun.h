/* A recorded run repeated from its script: in a process of its own, so that
 * models and data of this session stay as they are. */
#ifndef RT_SHELL_RERUN_H
#define RT_SHELL_RERUN_H
#include "shell/session.h"

/* The script with key=value words of its commands changed, those of fits before
 * the run's own left alone; "seed=5" changes `seed` lines and the fit's. A key
 * that no command has is added to the last fit or compile if that takes it. The
 * last command is the run's fit; *last is where it begins in out. told: what
 * was changed, for people, or NULL. Errors: RT_ENOENT with the nearest key,
 * RT_EINVAL. */
int rt_rerun_script(struct rt_session *s, const char *script,
                    const char *const *changes, int n, struct rt_str *out,
                    size_t *last, struct rt_str *told, struct rt_err *err);
/* This process repeats run id: its words are what was changed. What went wrong
 * is also written to descriptor 3, as "CODE text". */
int rt_rerun_child(struct rt_session *s, int id, const char *const *changes,
                   int n, struct rt_err *err);
/* Whether run b gave the numbers that run a gave, bit for bit: every value of
 * every series, and the weights at the end. says: the first that differs, or
 * what was the same. Epochs that run a, cut off, did not reach do not count. */
int rt_runs_same(struct rt_session *s, const struct rt_run_row *a,
                 const struct rt_run_row *b, bool *same, struct rt_str *says,
                 struct rt_err *err);
#endif
