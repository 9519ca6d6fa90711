/* Signals: a handler writes a byte into a pipe, a small thread reads it and
 * tells the program. (Blocking signals and sigwait does not work: OpenBLAS
 * starts a thread before main.) */
#ifndef RT_SHELL_SIGNALS_H
#define RT_SHELL_SIGNALS_H
#include "base/err.h"

/* Catches INT TERM HUP USR1 WINCH TSTP; ignores PIPE. on is called on the
 * signal thread, one at a time. */
int rt_signals_start(void (*on)(int signal), struct rt_err *err);
void rt_signals_stop(void);
#endif
