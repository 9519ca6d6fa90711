/* Lines that tell of a run: of an epoch, for people or programs, and the parts
 * that the progress bar is made of. */
#ifndef RT_SHELL_TOLD_H
#define RT_SHELL_TOLD_H
#include "shell/session.h"

/* A line for people, as wide as the terminal at most: what comes first matters
 * most, and the first part that does not fit ends it (room is 0 then). */
struct rt_told {
    const struct rt_session *s;
    struct rt_str text;
    int used, room; /* cells */
};
void rt_told_part(struct rt_told *l, const char *dim, const char *bright);
void rt_told_value(struct rt_told *l, const char *key, double v);
void rt_told_count(struct rt_told *l, int64_t epoch, int64_t n_epochs);

/* "epoch=3/50 loss=0.1234 val_loss=0.0891": stable, for programs. */
void rt_told_plain(const struct rt_session_run *r, const struct rt_event *e,
                   struct rt_str *out);
/* "epoch 3/50  loss 0.1234  val_loss 0.0891": for people; name: whose it is.
 * val_loss is not lost behind the losses of many outputs. */
void rt_told_epoch(const struct rt_session *s, const struct rt_session_run *r,
                   const struct rt_event *e, bool name, struct rt_str *out);
#endif
