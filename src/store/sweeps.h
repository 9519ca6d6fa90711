/* Sweeps in the store: what is searched, and its points, each with what came of
 * it. The points of a sweep stay when its space changes; `rank` says which are
 * wanted now and in which order. A point is known by its settings.
 * Errors: those of the store; RT_ENOENT with the nearest names.
 * Thread: main. */
#ifndef RT_STORE_SWEEPS_H
#define RT_STORE_SWEEPS_H
#include "store/runs.h"

struct rt_sweep_row {
    char *name, *script, *space, *method;
    char *goal; /* a column, or "" */
    bool maximize;
    double begun; /* wall, of its first time */
    int n_points, n_done, n_failed;
};
struct rt_point_row {
    int number;     /* from 1, never given again within the sweep */
    char *settings; /* a Tcl list: lr 0.1 seed 1 */
    uint64_t hash;  /* of the script and all it uses */
    char *state;    /* missing, running, done, failed */
    char *reason;   /* failed: the error; or NULL */
    char *result;   /* done: a Tcl dict; or NULL */
    int run;        /* its last run, from its beginning on; 0 none */
    double begun, ended;
};
/* All of them, newest first; rows are the caller's. */
int rt_store_sweeps(struct rt_store *s, struct rt_sweep_row **out, int *n,
                    struct rt_err *err);
int rt_store_sweep(struct rt_store *s, const char *name,
                   struct rt_sweep_row **out, struct rt_err *err);
void rt_sweep_rows_free(struct rt_sweep_row *v, int n);
/* The points wanted now, in their order. */
int rt_store_points(struct rt_store *s, const char *sweep,
                    struct rt_point_row **out, int *n, struct rt_err *err);
void rt_point_rows_free(struct rt_point_row *v, int n);

/* Makes the sweep or changes it, and its wanted points to these settings. Those
 * that were done with another hash, failed or were left running are missing
 * again. */
int rt_store_sweep_plan(struct rt_store *s, const struct rt_sweep_row *sweep,
                        const char *const *settings, int n, uint64_t hash,
                        struct rt_err *err);
/* Writes state, reason, result, run, begun and ended of the point. */
int rt_store_point_put(struct rt_store *s, const char *sweep,
                       const struct rt_point_row *p, struct rt_err *err);
/* A run has begun that carries out the point of these settings; tags: the
 * run's, which name the sweep. No such point is no error. */
int rt_store_point_begun(struct rt_store *s, const char *tags,
                         const char *settings, int run, struct rt_err *err);
/* Forgets a sweep; its runs stay. */
int rt_store_sweep_drop(struct rt_store *s, const char *name,
                        struct rt_err *err);
/* DIR/sweeps/NAME/FILE; file NULL: the folder. Caller frees. */
char *rt_store_sweep_path(const struct rt_store *s, const char *name,
                          const char *file);
/* Whoever carries the sweep out holds it: RT_EBUSY if another program does.
 * Makes the folder. */
int rt_store_sweep_hold(struct rt_store *s, const char *name, int *fd,
                        struct rt_err *err);
void rt_store_sweep_leave(int fd);
#endif
