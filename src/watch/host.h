/* What the watch screen asks of whoever opens it. The screen knows no shell, no
 * store and no training thread: a live run and one from the store are shown by
 * the same code. All calls come from the thread that drives the screen. */
#ifndef RT_WATCH_HOST_H
#define RT_WATCH_HOST_H
#include "train/history.h"
#include "train/run.h"

struct rt_watch_run {
    int number;
    const char *name; /* mnist_mlp */
    enum rt_run_state state;
    bool here;   /* of this process */
    bool live;   /* as well: takes orders and gives snapshots */
    const char *reason; /* why it ended; NULL or "": not known */
    int goes_on;        /* as this run since it went back; 0: it did not */
    /* NULL: none yet. Valid until the caller goes back to its event loop. */
    const struct rt_history *history;
};
struct rt_watch_message {
    double wall; /* seconds since 1970 */
    enum rt_level level;
    const char *who, *text; /* who: NULL or "" for nobody's */
};

/* A run that could be looked at, for the list to choose from. */
struct rt_watch_entry {
    int number;
    char name[64], state[16];
    int64_t epoch;
    double loss, val_loss; /* NaN: none */
    bool here;             /* of this process: among those of .run */
};

/* Functions that may be NULL say so. */
struct rt_watch_host {
    void *ctx;
    bool no_color; /* as with NO_COLOR in the environment */
    /* The i-th run that can be looked at, oldest first; false past the end. */
    bool (*run)(void *ctx, int i, struct rt_watch_run *out);
    /* All that there are, newest first, those of the store among them; the
     * caller frees *out. Returns how many. May be NULL: those of .run. */
    int (*list)(void *ctx, struct rt_watch_entry **out);
    /* Makes a run of the list one of .run. May be NULL.
     * Errors: RT_ENOENT, what a store says. */
    int (*open)(void *ctx, int run, struct rt_err *err);
    /* The newest state of a live run, the last one of another, which the
     * screen releases; false if there is none. */
    bool (*snapshot)(void *ctx, int run, struct rt_snapshot *out);
    /* As rt_run_want; also of a run that is over. */
    void (*want)(void *ctx, int run, const struct rt_want *want);
    /* Sends an order of words ("pause", "lr 0.002") without waiting; the
     * answer comes as a message. Errors: as rt_run_order. */
    int (*order)(void *ctx, int run, const char *words, struct rt_err *err);
    /* Runs a command line and adds what it has to say. Returns 0 or RT_E...
     * May be NULL: there is no ":" then. */
    int (*command)(void *ctx, const char *line, struct rt_str *says);
    /* Adds the words that could stand at byte `at` of line, one a line; *from
     * is where the word to be replaced begins. May be NULL. */
    void (*complete)(void *ctx, const char *line, size_t at, size_t *from,
                     struct rt_str *words);
    /* Messages are numbered from 0; how many there have been, and the i-th,
     * false if it is no longer kept. */
    int64_t (*n_messages)(void *ctx);
    bool (*message)(void *ctx, int64_t i, struct rt_watch_message *out);
    /* Adds a message: what was typed, a key's refusal, a line somebody wrote
     * to stderr. */
    void (*say)(void *ctx, enum rt_level level, const char *who,
                const char *text);
    /* Stops the process as Ctrl-Z at the prompt would and returns when it goes
     * on; the terminal is the caller's meanwhile. NULL: SIGTSTP. */
    void (*stop)(void *ctx);
};
#endif
