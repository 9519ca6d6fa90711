/* Runs of the store on the watch screen: the list to choose from, and those
 * that were chosen, with their histories. */
#ifndef RT_LOOK_RUNS_H
#define RT_LOOK_RUNS_H
#include "shell/session.h"
#include "watch/host.h"

struct rt_run_seen {
    int number;
    char *name;
    enum rt_run_state state;
    int epochs;                       /* its last one */
    struct rt_history *history, *was; /* NULL, or the one before it: it may be
                                         on the screen yet */
    struct rt_history_place at;       /* how far that was read */
};
struct rt_runs_seen {
    struct rt_run_seen *v;
    int n, cap;
    double looked; /* clock, of the last rt_runs_seen_follow */
};
void rt_runs_seen_release(struct rt_runs_seen *r);
/* The i-th, as the screen sees it; false past the end. */
bool rt_runs_seen_at(const struct rt_runs_seen *r, int i,
                     struct rt_watch_run *out);
/* Reads one from the store. Errors: what the store says. */
int rt_runs_seen_open(struct rt_runs_seen *r, struct rt_session *s, int number,
                      struct rt_err *err);
/* Whether another process trains it. */
bool rt_runs_seen_alive(const struct rt_runs_seen *r, int number);
/* How far a run of the store is; false if it is none of these. */
bool rt_runs_seen_snapshot(const struct rt_runs_seen *r, int number,
                           struct rt_snapshot *out);
/* What other processes have recorded since of those that they train: looked for
 * now and then, however often it is called. */
void rt_runs_seen_follow(struct rt_runs_seen *r, struct rt_session *s);
/* All runs of the store, those of this session as they are now, newest first;
 * the caller frees *out. Returns how many. */
int rt_runs_seen_list(struct rt_session *s, struct rt_watch_entry **out);
#endif
