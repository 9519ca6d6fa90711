/* What people write on recorded runs: a label, tags, a note; and taking runs
 * away. A deleted run keeps all it has until it is purged.
 * Errors: RT_EIO where nothing can be written, RT_EBUSY for a run that lives.
 * Thread: main. */
#ifndef RT_STORE_MARKS_H
#define RT_STORE_MARKS_H
#include "store/runs.h"

enum rt_run_mark { RT_MARK_LABEL, RT_MARK_TAGS, RT_MARK_NOTE };
/* text "" or NULL: none. Tags: words between blanks. */
int rt_store_mark(struct rt_store *s, int id, enum rt_run_mark which,
                  const char *text, struct rt_err *err);
/* Whether the text is one of the words of tags. */
bool rt_run_has_tag(const char *tags, const char *tag);
/* Marks it as deleted, or as not. */
int rt_store_delete(struct rt_store *s, const struct rt_run_row *r,
                    bool deleted, struct rt_err *err);
/* Takes a deleted run's rows and files away, for ever. */
int rt_store_purge(struct rt_store *s, const struct rt_run_row *r,
                   struct rt_err *err);
/* What the weights were when it ended. */
int rt_store_put_weights_hash(struct rt_store *s, int id, uint64_t hash,
                              struct rt_err *err);
#endif
