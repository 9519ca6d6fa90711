/* A run by number or name, of this session or from the store, with its
 * history: what looks at runs looks at both alike. */
#ifndef RT_SHELL_RUN_OF_H
#define RT_SHELL_RUN_OF_H
#include "shell/session.h"

struct rt_run_of {
    int number;
    const char *name;
    const struct rt_history *history;
    struct rt_session_run *live; /* of this session, or NULL */
    struct rt_run_row *row;      /* owned, where the store was asked */
    struct rt_history *stored;   /* owned, likewise */
};
/* id NULL: the chosen model's newest of this session, else the newest of the
 * store.
 * Errors: RT_ENOENT with the nearest names; what the store says. */
int rt_run_of(struct rt_session *s, const char *id, struct rt_run_of *out,
              struct rt_err *err);
void rt_run_of_release(struct rt_run_of *r);
/* Its row of the store, asked once. */
const struct rt_run_row *rt_run_of_row(struct rt_session *s,
                                       struct rt_run_of *r, struct rt_err *err);
/* The names of all runs, of this session and of the store, each once. */
void rt_run_names(struct rt_session *s, struct rt_map *names);
#endif
