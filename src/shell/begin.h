/* A fit begins: its line read, its data found, its run recorded and started.
 * `fit` and `runs resume` both begin so.
 * Order: rt_begin_parse, rt_begin_spec, rt_run_new, rt_begin_record (or what
 *        takes a record of before up again), rt_begin_start, rt_begin_wait. */
#ifndef RT_SHELL_BEGIN_H
#define RT_SHELL_BEGIN_H
#include "shell/cmd.h"

struct rt_fit_args {
    const char *data, *validation, *name;
    int epochs, batch_size, initial_epoch, steps, validate, nan;
    bool shuffle, wait;
    int64_t seed;
};
extern const struct rt_opt rt_fit_opts[];

/* The words behind `fit`, without &; freed with rt_args_free. */
struct rt_fit_args *rt_begin_parse(const char *const *words, int n,
                                   struct rt_err *err);
/* What they ask for: the chosen model and the data of s, both borrowed. */
int rt_begin_spec(struct rt_session *s, const struct rt_fit_args *a,
                  struct rt_fit_spec *f, struct rt_err *err);
/* The model's orders for its next fit are recorded with it, and kept no more.
 * Gives the run its number: the store's, or where that cannot record it, said
 * in a warning, the session's own. */
void rt_begin_record(const struct rt_cmd_call *call,
                     const struct rt_fit_spec *f, const struct rt_fit_args *a,
                     struct rt_run *run);
/* Takes the run in as one of the session's, and lets it go. NULL: the thread
 * could not be started, and the run is over. */
struct rt_session_run *rt_begin_start(struct rt_session *s, struct rt_run *run,
                                      struct rt_session_model *sm,
                                      struct rt_err *err);
/* Says that it goes on, or waits for its end as fit does. */
int rt_begin_wait(struct rt_cmd_call *call, struct rt_session_run *r,
                  bool background, struct rt_err *err);
#endif
