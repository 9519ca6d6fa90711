/* SPDX-License-Identifier: MIT-0
 *
 * retort/plugin.h - write a callback for retort as a shared object.
 *
 * A plugin is one constant record, RT_PLUGIN(name), with its options and hooks.
 * Build it with   cc -shared -fPIC $(pkg-config --cflags retort) -o x.so x.c
 * load it with    plugin load ./x.so
 * attach it with  callback add x option=value
 *
 * Thread: every hook is called on the run's training thread, between two
 *         batches or at the event it is named after; hooks of one run never
 *         overlap, hooks of two runs may. Keep no globals; use the state.
 * Errors: a hook returns RT_GO_ON, RT_STOP, or what rt_host.fail returned.
 *         A failing hook pauses the run at the prompt and ends it in a script.
 * Owner:  handles (struct rt_hook *) and every pointer the host returns are
 *         borrowed until the hook returns.
 * ABI:    the major number must agree; records and tables only grow at their
 *         ends, and .size/.opt_size say how much of them a side knows. */
#ifndef RETORT_PLUGIN_H
#define RETORT_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RT_ABI_MAJOR 1
#define RT_ABI_MINOR 0
#define RT_ABI       (RT_ABI_MAJOR << 16 | RT_ABI_MINOR)

/* ---- options ------------------------------------------------------------
 *
 * What a user may say, one entry a field of a C struct: the host parses the
 * words "key=value", checks them and hands the hooks the filled struct. */

/* What an option holds; chosen by RT_OPT from the type of the field. */
enum rt_kind {
    RT_KIND_BOOL,    /* bool; yes no true false on off 1 0 */
    RT_KIND_INT,     /* int; unset is RT_UNSET_INT */
    RT_KIND_LONG,    /* int64_t; unset is INT64_MIN */
    RT_KIND_NUMBER,  /* double; 1e-3, 1/255, inf; unset is NaN */
    RT_KIND_TEXT,    /* const char *; unset is NULL */
    RT_KIND_CHOICE,  /* int, an index into .choices; unset is RT_UNSET_INT */
    RT_KIND_INTS,    /* struct rt_ints; 2,1 or 28x28x1 or (28,28,1) */
    RT_KIND_NUMBERS, /* struct rt_numbers; 0.8,0.2 */
    RT_KIND_TEXTS,   /* struct rt_texts; a,b,loss(k=3): no split in () */
};
#define RT_UNSET_INT (-2147483647 - 1)

struct rt_ints {
    int n;
    int v[8]; /* -1 is the word none */
};
struct rt_numbers {
    int n;
    double v[16];
};
struct rt_texts {
    int n;
    const char *const *v;
};

/* How a word is completed, beyond its choices. */
enum rt_names {
    RT_NAMES_NONE,
    RT_NAMES_FILE,
    RT_NAMES_LAYER,
    RT_NAMES_OUTPUT,
    RT_NAMES_INPUT,
    RT_NAMES_DATA,
    RT_NAMES_COLUMN,
    RT_NAMES_MODEL,
    RT_NAMES_RUN,
    RT_NAMES_COMMAND,
    RT_NAMES_CALLBACK,      /* attached callbacks */
    RT_NAMES_CALLBACK_KIND, /* kinds that can be attached */
    RT_NAMES_PLUGIN,
    RT_NAMES_SERIES, /* history keys: val_loss, lr */
    RT_NAMES_LOSS,
    RT_NAMES_METRIC,
    RT_NAMES_OPTIMIZER,
    RT_NAMES_INIT,
    RT_NAMES_ACTIVATION,
    RT_NAMES_REGULARIZER,
    RT_NAMES_CONSTRAINT,
    RT_NAMES_WRAPPED,    /* a layer with its words, in braces: {lstm 64} */
    RT_NAMES_EXPRESSION, /* in braces: {x * 2} */
    RT_NAMES_WEIGHT,     /* dense_1/kernel */
    RT_NAMES_TUNED,      /* lr=, drop.rate=: what tune changes */
    RT_NAMES_FACT,       /* settings and results of runs: lr, val_acc */
    RT_NAMES_HELP,       /* whatever has a page of help */
    RT_NAMES_RATED,      /* layers with =, for a rate of theirs */
    RT_NAMES_WEIGHED,    /* outputs with :, for a weight of theirs */
    RT_NAMES_CHECKPOINT, /* of the run before it; else of the model's */
    RT_NAMES_REWIND,     /* best, epochs, checkpoints of the model's run */
    RT_NAMES_EVENT,      /* epoch_end */
    RT_NAMES_SWEEP,
    RT_NAMES_SETTING,       /* keys of config */
    RT_NAMES_SETTING_VALUE, /* of the key before it */
    RT_NAMES_CALLED,        /* layers, and other models of the session */
};

enum {                   /* rt_opt.form */
       RT_FORM_KEY = 0,  /* key=value (and a positional word where .word > 0) */
       RT_FORM_FLAG = 1, /* -name; a text option takes the next word: -o FILE */
       RT_FORM_REST = 2, /* texts: all remaining positional words */
};

struct rt_opt {
    const char *name; /* the key, as typed */
    const char *help; /* one line, no full stop */
    const char *def;  /* default as typed; "" is unset; NULL: required if a
                         positional word, else unset */
    const char *const *choices; /* NULL-terminated */
    double min, max; /* range of numbers (each element of a list); none if
                        min == max */
    int kind;        /* enum rt_kind */
    int word;        /* 1, 2, ...: also taken as that positional word */
    int form;        /* RT_FORM_... */
    int open;        /* 1: min excluded, 2: max excluded, 3: both */
    int names;       /* enum rt_names */
    int live;        /* 1: may be changed while a run goes on */
    size_t offset;   /* in the struct of parsed options */
    int rare;        /* 1: a shortened key means any other option first */
};

#ifndef __cplusplus
#define RT_KIND_OF(field)                                                      \
    _Generic((field),                                                        \
        bool: RT_KIND_BOOL,                                                  \
        int: RT_KIND_INT,                                                    \
        int64_t: RT_KIND_LONG,                                               \
        double: RT_KIND_NUMBER,                                              \
        const char *: RT_KIND_TEXT,                                          \
        struct rt_ints: RT_KIND_INTS,                                        \
        struct rt_numbers: RT_KIND_NUMBERS,                                  \
        struct rt_texts: RT_KIND_TEXTS)
/* One option: RT_OPT(struct args, rate, .word = 1, .max = 1, .help = "...").
 * An int field with .choices holds the index of the choice. */
#define RT_OPT(type, field, ...)                                               \
    {                                                                          \
        .name = #field, .kind = RT_KIND_OF(((type *)0)->field),                \
        .offset = offsetof(type, field), __VA_ARGS__                           \
    }
#endif
#define RT_OPT_END                                                             \
    {                                                                          \
        .name = NULL                                                           \
    }

/* ---- what a hook may ask and order --------------------------------------- */

/* A run at one event, seen by one callback. Opaque. */
struct rt_hook;

enum rt_verdict {
    RT_GO_ON = 0, /* nothing to say */
    RT_STOP = 1,  /* end training, and the epoch, after this event (if it is
                     before a batch, after that); weights stay */
};

/* Which way a series is better. */
enum rt_mode { RT_MODE_AUTO, RT_MODE_MIN, RT_MODE_MAX };

/* A layer as a hook sees it. Units: none. Copy what you keep. */
struct rt_layer_info {
    const char *name; /* dense_1 */
    const char *type; /* dense */
    int64_t params;   /* numbers in its weights */
    int trainable;    /* 1 if it learns */
};

/* The host's table. Ask .size before using what came after version 1.0.
 * Thread: call only within a hook, with that hook's handle. */
struct rt_host {
    size_t size;
    uint32_t abi;

    /* The newest value of a series by Keras' key ("val_loss", "temp_mse",
     * "lr"); NaN where there is none yet. */
    double (*metric)(struct rt_hook *at, const char *key);
    /* The i-th series: its key, or NULL past the end. Order: as announced. */
    const char *(*series)(struct rt_hook *at, int i);
    /* Which way a series is better (RT_MODE_MIN or RT_MODE_MAX). */
    int (*mode)(struct rt_hook *at, const char *key);
    /* Counters from 1: epoch and batch under way, or done last; totals as
     * planned. When a fresh run begins batch is 0 and epoch fit's
     * initial_epoch (0). */
    int64_t (*epoch)(struct rt_hook *at);
    int64_t (*n_epochs)(struct rt_hook *at);
    int64_t (*batch)(struct rt_hook *at);
    int64_t (*n_batches)(struct rt_hook *at);
    /* Names: of the run, the model, and of outputs (NULL past the end). */
    const char *(*run_name)(struct rt_hook *at);
    const char *(*model_name)(struct rt_hook *at);
    const char *(*output)(struct rt_hook *at, int i);
    /* Layers in model order; returns 0, or -1 past the end. */
    int (*layer)(struct rt_hook *at, int i, struct rt_layer_info *info);
    /* Mean, standard deviation, min, max of a layer's weights; 0 or -1. */
    int (*layer_stats)(struct rt_hook *at, int i, double out[4]);

    /* Order something, in the words of a command: "lr 1e-4", "stop",
     * "pause". Applied when all hooks of this event have returned, recorded
     * under the callback's name. 0, or -1 with the reason in error(). */
    int (*order)(struct rt_hook *at, const char *fmt, ...)
#if defined(__GNUC__)
        __attribute__((format(printf, 2, 3)))
#endif
        ;
    /* Say something in the run's log. */
    void (*log)(struct rt_hook *at, const char *fmt, ...)
#if defined(__GNUC__)
        __attribute__((format(printf, 2, 3)))
#endif
        ;
    /* Fail: sets the message and returns what the hook must return. */
    int (*fail)(struct rt_hook *at, const char *fmt, ...)
#if defined(__GNUC__)
        __attribute__((format(printf, 2, 3)))
#endif
        ;
    /* The line of status shown beside the run: "7/10, best 0.031 at 41". */
    void (*status)(struct rt_hook *at, const char *fmt, ...)
#if defined(__GNUC__)
        __attribute__((format(printf, 2, 3)))
#endif
        ;
    /* What the last call that returned -1 has to say. */
    const char *(*error)(struct rt_hook *at);

    /* Keep a copy of all weights under a small number, put it back, drop it.
     * The copies are part of the run's state. 0 or -1. */
    int (*keep_weights)(struct rt_hook *at, int slot);
    int (*restore_weights)(struct rt_hook *at, int slot);
    void (*drop_weights)(struct rt_hook *at, int slot);
    /* Write the weights, or the whole model, to a file. The name may hold
     * {epoch:02d} and {val_loss:.4f}; what was written goes to written
     * (n bytes), which may be NULL. Waits for the disk. 0 or -1. */
    int (*save_weights)(struct rt_hook *at, const char *file, char *written,
                        size_t n);
    int (*save_model)(struct rt_hook *at, const char *file, char *written,
                      size_t n);

    /* Within .save and .load alone: one value under a name. save writes what
     * the pointer holds, load fills it; both return 0 or -1. */
    int (*state_number)(struct rt_hook *at, const char *name, double *v);
    int (*state_int)(struct rt_hook *at, const char *name, int64_t *v);
    int (*state_text)(struct rt_hook *at, const char *name, char *v, size_t n);

    /* The epoch of a series' newest value, 0 if it has none yet, or none any
     * more: its output was retired. Less than epoch() at an epoch's end: this
     * epoch made none (no validation). */
    int64_t (*metric_epoch)(struct rt_hook *at, const char *key);

    /* Will this run have the series? 0, or -1 with the nearest names in
     * error(), or that it is one of a validation and there is none. */
    int (*want_series)(struct rt_hook *at, const char *key);
    /* Can save_weights and save_model write to this pattern: are its names
     * series of the run, and is its folder there, or could be made? 0 or -1. */
    int (*want_file)(struct rt_hook *at, const char *file);

    /* The i-th layer, from 0, of a set in the words of a command
     * ("branch:gas", "block4_* !*_bn"): its number for layer(); -1 past the
     * end, or if the words mean no layers, with the reason in error(). */
    int (*layer_in)(struct rt_hook *at, const char *set, int i);
    /* keep_weights of these layers alone: what restore_weights puts back and
     * drop_weights drops. The set is that of the moment. 0 or -1. */
    int (*keep_layers)(struct rt_hook *at, int slot, const char *set);

    /* How far stopping one output is, shown beside its losses: "3/30",
     * "stopped at 48"; "" takes it back. of: the output, or a series of it; the
     * loss of several is of none, and nothing is shown. Not part of the run's
     * state: .load says it again. */
    void (*output_status)(struct rt_hook *at, const char *of, const char *fmt,
                          ...)
#if defined(__GNUC__)
        __attribute__((format(printf, 3, 4)))
#endif
        ;
};

/* ---- the record ---------------------------------------------------------- */

typedef int rt_hook_fn(const struct rt_host *h, struct rt_hook *at,
                       const void *args, void *state);

struct rt_plugin {
    size_t size;               /* sizeof(struct rt_plugin), by RT_PLUGIN_HEAD */
    uint32_t abi;              /* RT_ABI */
    size_t opt_size;           /* sizeof(struct rt_opt) */
    const char *name;          /* early_stopping */
    const char *help;          /* one line */
    const struct rt_opt *opts; /* ends with RT_OPT_END; may be NULL */
    size_t args_size;          /* of the struct the options fill */
    size_t state_size; /* zeroed block of the callback's own, may be 0 */

    rt_hook_fn *on_train_begin; /* state is fresh, or was loaded */
    rt_hook_fn *on_epoch_begin;
    rt_hook_fn *on_batch_begin;
    rt_hook_fn *on_batch_end;     /* metric() gives the running means */
    rt_hook_fn *on_epoch_end;     /* validation included; also when RT_STOP cut
                                     the epoch short, batch() < n_batches() */
    rt_hook_fn *on_train_end;     /* also after stop; not after a failure or an
                                     interrupt */
    rt_hook_fn *on_args;          /* args were re-tuned while it runs */
    rt_hook_fn *save;             /* own state -> host.state_... */
    rt_hook_fn *load;             /* own state <- host.state_... */
    void (*release)(void *state); /* what state owns besides itself */

    /* Before the run starts, and when it is attached or re-tuned while the run
     * goes on: whether args fit the run. What it fails with refuses the fit,
     * or the change. series, mode, output and want_... may be asked; state is
     * fresh. Thread: whoever starts the run. */
    rt_hook_fn *check;
};

#define RT_PLUGIN_HEAD                                                         \
    .size = sizeof(struct rt_plugin), .abi = RT_ABI,                           \
    .opt_size = sizeof(struct rt_opt)
/* The one symbol of a plugin; the name must equal .name. */
#define RT_PLUGIN(ident)                                                       \
    extern const struct rt_plugin rt_plugin_##ident;                           \
    __attribute__((visibility("default"))) const char rt_plugin_id[] = #ident; \
    __attribute__((visibility("default")))                                     \
    const struct rt_plugin rt_plugin_##ident

#ifdef __cplusplus
}
#endif
#endif
