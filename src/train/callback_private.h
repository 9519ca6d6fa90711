/* Instances of callbacks, for callback.c and host.c. */
#ifndef RT_TRAIN_CALLBACK_PRIVATE_H
#define RT_TRAIN_CALLBACK_PRIVATE_H
#include "base/vec.h"
#include "train/callback.h"
#include "train/order.h"

struct rt_kept { /* a copy of weights under a number */
    int slot;
    char *layers;   /* names as rt_line_split reads them; NULL: all of them */
    float *weights; /* of the arena, or of these layers one after another */
};
struct rt_output_stop { /* what it says of an output */
    char output[64], text[32];
};
/* One instance: what a plugin knows as its handle. */
struct rt_hook {
    struct rt_run *run;
    struct rt_attachment by; /* a copy of its own */
    void *state;
    char *status;          /* NULL: nothing said */
    char error[1024];      /* of the host's last call that failed, or of fail */
    struct rt_state *walk; /* within save and load */
    RT_VEC(struct rt_kept) kept;
    RT_VEC(struct rt_output_stop) stops;
};
struct rt_callbacks {
    struct rt_run *run;
    RT_VEC(struct rt_hook *) v;
    RT_VEC(struct rt_order *) orders; /* given, not yet applied */
    bool news;                        /* a status changed */
};

/* The table that every hook gets, in host.c, kept.c and outputs.c. */
extern const struct rt_host rt_host_table;
int rt_host_failed(struct rt_hook *at, const struct rt_err *err); /* -1 */
int rt_host_refuse(struct rt_hook *at, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* -1 */
int rt_host_layer_in(struct rt_hook *at, const char *set, int i);
int rt_host_keep_weights(struct rt_hook *at, int slot);
int rt_host_keep_layers(struct rt_hook *at, int slot, const char *set);
int rt_host_restore_weights(struct rt_hook *at, int slot);
void rt_host_drop_weights(struct rt_hook *at, int slot);
void rt_host_output_status(struct rt_hook *at, const char *of, const char *fmt,
                           ...) __attribute__((format(printf, 3, 4)));
void rt_kept_walk(struct rt_hook *at, struct rt_state *s);
void rt_kept_release(struct rt_hook *at);
#endif
