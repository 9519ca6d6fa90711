/* The store's thread: takes a bus' events and writes them, gathered into
 * transactions of at most RT_WRITER_SECONDS, so that one slow disk delays
 * neither training nor the prompt.
 * What cannot be written (full disk) waits in memory: one warning goes to the
 * bus, and the writer tries again until it can.
 * Order:  rt_writer_new, rt_writer_flush as needed, rt_writer_free. */
#ifndef RT_STORE_WRITER_H
#define RT_STORE_WRITER_H
#include "train/bus.h"

#include "base/err.h"
#include <stdbool.h>

#define RT_WRITER_SECONDS 0.2

/* Whose events are written; asked on the writer's thread as events come in. */
struct rt_writer_runs {
    void *ctx;
    bool (*owns)(void *ctx, int run);
};
struct rt_writer; /* opaque */
/* path: of the database. bus is borrowed until rt_writer_free. */
struct rt_writer *rt_writer_new(const char *path, struct rt_bus *bus,
                                struct rt_writer_runs runs, struct rt_err *err);
/* Waits until an attempt was made to write all that was published so far. */
void rt_writer_flush(struct rt_writer *w);
/* Flushes, ends the thread. */
void rt_writer_free(struct rt_writer *w);
#endif
