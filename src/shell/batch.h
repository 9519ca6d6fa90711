/* The scripts of the command line: run as they are, or their commands one by
 * one, for --json, which tells what each gave, and for -k, which goes on behind
 * one that failed. Thread: main. */
#ifndef RT_SHELL_BATCH_H
#define RT_SHELL_BATCH_H
#include "shell/session.h"

struct rt_batch {
    struct rt_session *session; /* borrowed */
    bool json, go_on;
    /* Says an error to the user; its exit code. */
    int (*report)(struct rt_session *s, const struct rt_err *err);
    int code; /* exit code of the first error that was gone past; 0: none */
};
/* Errors: the script's, its text with name and line. With go_on those of
 * commands are reported and remembered instead; what interrupts the script, or
 * ends the program, and what is no Tcl still ends it. */
int rt_batch_file(struct rt_batch *b, const char *file, struct rt_err *err);
int rt_batch_text(struct rt_batch *b, const char *text, const char *name,
                  struct rt_err *err);
#endif
