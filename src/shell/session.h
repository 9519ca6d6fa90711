/* What is open: models with their callbacks, data sets, runs, settings, and the
 * record of what was typed. All of it is the main thread's. */
#ifndef RT_SHELL_SESSION_H
#define RT_SHELL_SESSION_H
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "data/dataset.h"
#include "nn/model.h"
#include "shell/result.h"
#include "store/runs.h"
#include "train/history.h"
#include "train/run.h"
#include <stdbool.h>

struct rt_interp;
struct rt_script_order;
struct rt_session;

struct rt_kept_order { /* for a model's next fit: shell/steer.h */
    char *text;        /* as rt_order_parse reads it */
    int64_t epoch, batch;
};
/* What `weighing` made of a model's loss weights. */
struct rt_session_weighing {
    char *text;   /* for the log of the fits to come; NULL: nothing */
    char *before; /* the weights it found: temp:1,gas:1 */
    int64_t of; /* which compile of the model; another has weights of its own */
};
struct rt_session_model {
    struct rt_model *model;
    struct rt_session_weighing weighing;
    RT_VEC(struct rt_kept_order) kept;
    struct rt_attachments callbacks;
    int last_run; /* number of its newest run in this session, 0 none */
};
struct rt_session_run {
    int number;
    char *name;
    struct rt_run *run;             /* NULL once it is over and joined */
    struct rt_session_model *model; /* NULL if the model was deleted */
    struct rt_history *history;     /* stays */
    enum rt_run_state state;
    char *reason;
    int code; /* RT_E... of a failed run */
    double seconds;
    struct rt_snapshot last; /* of a run that is over, its layers included */
    struct rt_probe *probe;  /* of a run that is over: its histograms */
    int goes_on;             /* as this run since it went back; 0: it did not */
    bool waited;             /* somebody waits and prints its progress */
    RT_VEC(struct rt_script_order) orders; /* applied: shell/script.h */
    struct rt_event *epoch; /* its last one (a reference), or NULL */
    double said;            /* clock of its last line above the prompt */
    bool untold;            /* epoch came too soon after that line */
    char *told;             /* the last message that was shown; NULL: none */
};

/* A command of the clean script (shell/script.h). */
struct rt_script_line {
    const char *text; /* in the session's texts */
    int run;          /* the fit that it is; 0: none */
    bool open;        /* the fit may go on behind it there, as it did here */
    const struct rt_session_model *kept; /* an order for its next fit */
};

/* A script of `on` (shell/on.h), and what has happened for one to run. */
struct rt_on {
    int event;
    char *script;
};
struct rt_happened {
    int event, run;
    struct rt_value about;
};

struct rt_message {
    double wall;
    enum rt_level level;
    int run;   /* 0: of no run */
    char *who; /* "mnist_mlp #7", a callback; "" nobody */
    char *text;
};

/* A session made from the script of a run of before (shell/rebuild.h). */
enum rt_rebuilds {
    RT_REBUILDS_NOTHING,
    RT_REBUILDS_WITHOUT_FITS, /* what they left is loaded afterwards */
    RT_REBUILDS_ALL,          /* fits are made again, unrecorded */
};

struct rt_session {
    struct rt_interp *interp;
    struct rt_bus *bus;
    struct rt_sub *sub;     /* read by rt_session_drain */
    struct rt_store *store; /* opened when first needed: rt_session_store */
    struct rt_map models;   /* name -> struct rt_session_model * */
    struct rt_session_model *model; /* the chosen one, or NULL */
    struct rt_map data; /* name -> struct rt_dataset * (a reference) */
    RT_VEC(struct rt_session_run *) runs; /* of this session */
    struct rt_customs *customs; /* losses and metrics by expressions */
    uint64_t seed;
    bool seed_given; /* else it was drawn and is shown once */
    RT_VEC(struct rt_script_line) record; /* the clean script */
    struct rt_map texts; /* its lines, each once however often it was typed */
    struct rt_str transcript; /* what was typed and answered */
    struct rt_map params;     /* NAME=VALUE of the command line -> text */
    RT_VEC(char *) params_used;
    /* The last messages, for the screen and `log`; n_dropped came before. */
    RT_VEC(struct rt_message) log;
    int64_t n_dropped;

    /* How it was started. */
    bool interactive; /* a prompt */
    bool batch;       /* -b or no terminal: no question */
    bool tty_out, tty_err, color, utf8;
    int width;           /* cells of the terminal, 80 if none */
    int table_width;     /* the same for tables: 0, no limit, if none */
    bool safe;           /* --safe: shell/safe.h */
    const char *program; /* to start itself again */
    const char *tags;    /* of every run from now on, or NULL */
    const char *point;   /* of a sweep, if this process carries one out: its
                            settings, a Tcl list */
    int repeats;         /* the run that is being repeated, 0 none */
    bool watch;          /* -w: the screen opens at the first fit */
    int quit_code;       /* -1; else the program ends with it */
    bool abandoned;      /* it ends though a callback's hook has not returned */
    enum rt_rebuilds rebuilds;
    bool telling; /* within rt_session_tell */
    bool asking;  /* a question stands on the terminal */
    int nested;   /* commands under way within commands */
    int hold; /* of these, how many stand in the record for what they call */

    RT_VEC(struct rt_on) on;
    RT_VEC(struct rt_happened) happened; /* its scripts have yet to run */
    const char *who;    /* a script of `on` that runs; NULL: none */
    const char *chosen; /* then: the model that is chosen beside it, or NULL */

    /* Set by the loop and the program (main.c). */
    int (*pump)(struct rt_session *s, double seconds); /* events for a while;
                                        RT_ECANCEL after Ctrl-C */
    void (*print)(struct rt_session *s, const char *text); /* above a prompt */
    int (*watch_open)(struct rt_session *s, int run, struct rt_err *err);
    bool (*watch_is_open)(void);
    /* Leaves the screen, as Ctrl-C does; false if there is none, or if it
     * waits itself for the command that asks. */
    bool (*watch_leave)(void);
    /* A question answered by one key of `keys` (its first: the default, given
     * by Enter and where nobody can be asked). */
    int (*ask)(struct rt_session *s, const char *question, const char *keys);
    bool (*interrupted)(void); /* Ctrl-C waits to be answered */
};
struct rt_session *rt_session_new(void);
/* Interrupts live runs, joins them, closes the store. */
void rt_session_free(struct rt_session *s);

/* The chosen model; RT_ESTATE "no model yet: start one with `model NAME`". */
struct rt_session_model *rt_session_model(struct rt_session *s,
                                          struct rt_err *err);
/* The same, free to be edited, with the losses and metrics that are defined by
 * now: RT_EBUSY while a run has it. */
struct rt_session_model *rt_session_edit(struct rt_session *s,
                                         struct rt_err *err);
/* Takes a model in under its name; one of that name is dropped, which is the
 * caller's to have asked for. Not chosen yet. */
struct rt_session_model *rt_session_add_model(struct rt_session *s,
                                              struct rt_model *m);
void rt_session_drop_model(struct rt_session *s, struct rt_session_model *sm);
/* The chosen model, or while it trains a copy with its weights as they are
 * between two batches: to measure and to look. *copy (or NULL) is to be freed.
 */
struct rt_model *rt_session_at_rest(struct rt_session *s,
                                    struct rt_model **copy, struct rt_err *err);
/* The same with the optimizer's state: to keep. */
struct rt_model *rt_session_portrait(struct rt_session *s,
                                     struct rt_model **copy,
                                     struct rt_err *err);
/* Data by name (NAME, NAME.train); RT_ENOENT with the nearest. Borrowed. */
struct rt_dataset *rt_session_data(struct rt_session *s, const char *name,
                                   struct rt_err *err);
/* Puts d (a reference is taken over) under its name, replacing another. */
void rt_session_data_set(struct rt_session *s, struct rt_dataset *d);
/* The run of a number or name; NULL id: the chosen model's newest. */
struct rt_session_run *rt_session_run(struct rt_session *s, const char *id,
                                      struct rt_err *err);
/* The newest run that lives, of the chosen model first; RT_ESTATE. */
struct rt_session_run *rt_session_live(struct rt_session *s, const char *id,
                                       struct rt_err *err);
struct rt_store *rt_session_store(struct rt_session *s, struct rt_err *err);
/* Takes in waiting events: histories, states, messages printed above the
 * prompt, ended runs joined. Leaves what is left after 50 ms for the next time,
 * while a run lives that may make them faster than they are taken in. Returns
 * how many events. */
int rt_session_drain(struct rt_session *s);
int rt_session_n_live(const struct rt_session *s);
/* Asks, at a prompt, if runs are going that would be interrupted. */
bool rt_session_may_quit(struct rt_session *s);
/* rt_run_tell_order, which takes o: whoever gives the order says himself what
 * came of it, so it is not told above the prompt too. */
int rt_session_tell(struct rt_session *s, struct rt_session_run *r,
                    struct rt_order *o, char *says, size_t n_says,
                    struct rt_err *err);
/* Seed for something drawn now (draws, shows and records one if none given). */
uint64_t rt_session_seed(struct rt_session *s);
/* A reason without the state's name, which some begin with: "" if there is no
 * more to say. */
const char *rt_session_why(enum rt_run_state state, const char *reason);
/* Adds a message to the log. */
void rt_session_say(struct rt_session *s, enum rt_level level, int run,
                    const char *who, const char *text);
/* Adds a line to the clean script. */
void rt_session_record(struct rt_session *s, const char *text);
/* The clean script. */
void rt_session_script(const struct rt_session *s, struct rt_str *out);
#endif
