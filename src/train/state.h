/* The one save and load walk over all state of a run. A walk visits named
 * values in groups; the same function writes and reads, so nothing can be
 * saved and forgotten on load. Where the values go is the backend's matter:
 * memory here, a checkpoint file in store/.
 *
 *   int walk(struct rt_state *s, struct thing *t) {
 *       rt_state_enter(s, "thing");
 *       rt_state_i64(s, "epoch", &t->epoch);
 *       rt_state_f32(s, "weights", t->w, t->n);
 *       rt_state_leave(s);
 *       return rt_state_failed(s);
 *   }
 * A failure sticks: later calls do nothing, rt_state_failed tells. */
#ifndef RT_TRAIN_STATE_H
#define RT_TRAIN_STATE_H
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rt_state_type {
    RT_STATE_F32,
    RT_STATE_F64,
    RT_STATE_I64,
    RT_STATE_TEXT, /* bytes; count includes no NUL */
};
/* A backend: put stores n values under a path ("run/callbacks/0/wait"); get
 * fills exactly n or fails; count tells how many there are (-1: no such). */
struct rt_state_backend {
    void *ctx;
    int (*put)(void *ctx, const char *path, enum rt_state_type type,
               const void *v, size_t n, struct rt_err *err);
    int (*get)(void *ctx, const char *path, enum rt_state_type type, void *v,
               size_t n, struct rt_err *err);
    long (*count)(void *ctx, const char *path);
};
struct rt_state {
    bool loading;
    struct rt_state_backend to;
    char path[512];
    struct rt_err err;
};
void rt_state_init(struct rt_state *s, const struct rt_state_backend *to,
                   bool loading);
void rt_state_enter(struct rt_state *s, const char *name);
void rt_state_enter_i(struct rt_state *s, int i);
void rt_state_leave(struct rt_state *s);
void rt_state_f32(struct rt_state *s, const char *name, float *v, size_t n);
void rt_state_f64(struct rt_state *s, const char *name, double *v, size_t n);
void rt_state_i64(struct rt_state *s, const char *name, int64_t *v);
void rt_state_i64s(struct rt_state *s, const char *name, int64_t *v, size_t n);
void rt_state_int(struct rt_state *s, const char *name, int *v); /* as i64 */
void rt_state_bool(struct rt_state *s, const char *name, bool *v);
void rt_state_number(struct rt_state *s, const char *name, double *v);
/* A malloc'd text, replaced on load. NULL is kept as NULL: nothing is stored
 * under its name; "" is stored with a count of 0. */
void rt_state_text(struct rt_state *s, const char *name, char **v);
/* How many values a name holds when loading; -1: it is not there. */
long rt_state_count(struct rt_state *s, const char *name);
/* Refuses a load whose saved number differs: "run/hash: 12 saved, 13 here". */
void rt_state_same(struct rt_state *s, const char *name, int64_t v);
int rt_state_failed(const struct rt_state *s); /* 0 or RT_E...; s->err */

/* The backend in memory. */
struct rt_state_memory; /* opaque */
struct rt_state_memory *rt_state_memory_new(void);
void rt_state_memory_free(struct rt_state_memory *m);
struct rt_state_backend rt_state_memory_backend(struct rt_state_memory *m);
/* All values are gone, their memory stays for another walk: one that puts as
 * many under the same names costs copying alone. */
void rt_state_memory_again(struct rt_state_memory *m);
int rt_state_memory_n(const struct rt_state_memory *m);
/* The i-th value, borrowed until the next put; NULL if it is gone. */
const void *rt_state_memory_at(const struct rt_state_memory *m, int i,
                               const char **path, enum rt_state_type *type,
                               size_t *n);
#endif
