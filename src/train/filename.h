/* Names of files that hold values: "best-{epoch:02d}-{val_loss:.4f}.npz". For
 * train's own files. */
#ifndef RT_TRAIN_FILENAME_H
#define RT_TRAIN_FILENAME_H
#include "base/err.h"
#include "base/str.h"

/* Replaces each {NAME} and {NAME:FORMAT} by a value; {{ and }} are braces.
 * FORMAT as in Python: [0][width][.digits][d|f|e|g]. value gives NaN for what
 * has no value yet and a negative code for names it does not know; names is
 * NULL-terminated, for the nearest one.
 * Errors: RT_ENOENT for an unknown name, RT_ESTATE for one without a value,
 *         RT_EINVAL for a format or a brace that is not closed. */
int rt_filename_expand(const char *pattern,
                       int (*value)(void *ctx, const char *name, double *v),
                       void *ctx, const char *const *names, struct rt_str *out,
                       struct rt_err *err);
#endif
