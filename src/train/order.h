/* Orders: the one way to act on a run. An order is a line of words ("lr 1e-4",
 * "pause") from a command, a key or a callback; it waits in the run's mailbox,
 * is recorded, applied between two batches, answered and published. Kinds are
 * records listed in orders.def.
 *
 * Where: an order is applied at a boundary, told by the epoch and the number
 *        of its batches that are done: (3,0) before the first batch of the
 *        third epoch, (3,17) after its seventeenth. What follows the last
 *        batch of epoch 3 and its validation is (4,0). An order may name the
 *        boundary it waits for: when it comes too late, or the run ends
 *        before, it is refused.
 * Order: rt_order_new or rt_order_parse, [.when_epoch, .when_batch],
 *        rt_run_order (train/run.h), which takes it. */
#ifndef RT_TRAIN_ORDER_H
#define RT_TRAIN_ORDER_H
#include "base/err.h"
#include <retort/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct rt_attachments;
struct rt_run;
struct rt_order_type {
    const char *name, *help;
    const struct rt_opt *opts;
    size_t args_size;
    bool changes; /* a change of what is computed: marked on plots */
    bool passes;  /* of the moment: not given again to a run that is resumed */
    bool ends;    /* the run is over by it */
    int hold;     /* 1: the run waits after it, -1: it goes on */
    const char *command; /* what scripts call it, "callback set"; NULL: name */
    /* All words behind the first are another's (a callback's) and kept as
     * they are: args is a struct rt_order_words. */
    bool foreign;
    /* Of the words, before anything; NULL: whatever the options let pass. */
    int (*check)(const void *args, struct rt_err *err);
    /* Thread: training. says: what was done, "lr 0.01 -> 0.001". */
    int (*apply)(struct rt_run *r, const void *args, char *says, size_t n,
                 struct rt_err *err);
    /* The same change of what is attached to the model, for its next fits;
     * NULL: it changes nothing there. Thread: main. */
    int (*attach)(struct rt_attachments *a,
                  const struct rt_plugin *(*find)(const char *name,
                                                  struct rt_err *err),
                  const void *args, struct rt_err *err);
};
struct rt_order_words {
    const char *name; /* the first word */
    struct rt_texts words;
};
const struct rt_order_type *const *rt_orders(void); /* sorted, ends with NULL */
const struct rt_order_type *rt_order_find(const char *name, struct rt_err *err);

struct rt_order {
    int64_t id; /* of this run, 1..; given by rt_run_order unless set: an
                   order of before, replayed, which is not recorded again */
    const struct rt_order_type *type;
    void *args;
    char *text;       /* the words, as rt_order_parse reads them */
    char *who;        /* "user", "script", or a callback's name */
    bool by_callback; /* recorded, but never replayed: it is given again */
    bool recorded;    /* of before; set by rt_run_order from id */
    int64_t when_epoch, when_batch; /* not before this boundary; 0, 0: now */
    int64_t epoch, batch;           /* where it was applied */
    int code;                       /* 0 or RT_E... */
    char says[256];                 /* the answer */
    struct rt_answer *answer;       /* rt_run_tell's, NULL */
};
/* Words to an order; errors as options give them. */
struct rt_order *rt_order_new(const char *who, const char *const *words, int n,
                              struct rt_err *err);
/* The same from one line. Words end at blanks; {braces} and "quotes" keep
 * blanks, a backslash keeps the next character (\n is a new line). */
struct rt_order *rt_order_parse(const char *who, const char *line,
                                struct rt_err *err);
void rt_order_free(struct rt_order *o);
/* "3:17" to a boundary; "3" is 3:0. Errors: RT_EINVAL. */
int rt_order_when(const char *text, int64_t *epoch, int64_t *batch,
                  struct rt_err *err);
/* A line to words, NULL-terminated; caller frees with free(*words), one block.
 * Errors: RT_EINVAL on a brace or quote that is not closed. */
int rt_line_split(const char *line, const char ***words, int *n,
                  struct rt_err *err);

/* Who keeps a run (the store). Thread: training.
 * order: must know of one before it is applied; a failure refuses it, unless a
 *        resumed run comes to the same bits without it. */
struct rt_state_memory;
struct rt_checkpoint;
struct rt_rewind;
struct rt_recorder {
    void *ctx;
    int (*order)(void *ctx, int run, const struct rt_order *o,
                 struct rt_err *err);
    /* What a checkpoint (train/checkpoint.h) is walked into; NULL: the last
     * one is being written yet, unless it must be taken now. */
    struct rt_state_memory *(*memory)(void *ctx, int run, bool must);
    /* Takes the memory; what c points to is copied. Never waits. */
    void (*checkpoint)(void *ctx, const struct rt_checkpoint *c,
                       struct rt_state_memory *m);
    /* Finds where a run can go back to. rewound lets go what was found, on an
     * error too. */
    int (*rewind)(void *ctx, struct rt_rewind *w, struct rt_err *err);
    void (*rewound)(void *ctx, struct rt_rewind *w);
    /* It is there: the run ends and its branch begins with this checkpoint, at
     * once, so that who is killed finds the one or the other. Takes the
     * memory; waits for the disk. */
    int (*branch)(void *ctx, struct rt_rewind *w, const struct rt_checkpoint *c,
                  struct rt_state_memory *m, struct rt_err *err);
};
#endif
