/* A run as a text that another store can take in: JSON, with all that is kept
 * of it but its checkpoints. The text is taken as somebody else's: every
 * member's kind and range is looked at, and nothing stays of a bad one.
 * Thread: main. */
#ifndef RT_STORE_TRANSFER_H
#define RT_STORE_TRANSFER_H
#include "base/str.h"
#include "store/runs.h"

/* Adds a JSON object. */
int rt_store_pack(struct rt_store *s, int run, struct rt_str *out,
                  struct rt_err *err);
/* A new run of the text in which the object is the member `record`; *id: its
 * number. A run that was alive when it was packed is interrupted here.
 * Errors: RT_EFORMAT (with line and column, or the member), RT_ENOMEM; those of
 *         rt_store_begin. */
int rt_store_unpack(struct rt_store *s, const char *text, size_t n, int *id,
                    struct rt_err *err);
#endif
