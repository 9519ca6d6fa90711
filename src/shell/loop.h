/* The one event loop, on Tcl's notifier: keyboard, the bus, timers, signals.
 * Order: rt_loop_start, then pump (within commands) or rt_loop_run (a prompt),
 * rt_loop_stop. Thread: main. */
#ifndef RT_SHELL_LOOP_H
#define RT_SHELL_LOOP_H
#include "shell/session.h"

int rt_loop_start(struct rt_session *s, struct rt_err *err);
void rt_loop_stop(void);
/* Serves events for at most so many seconds, returning early on news.
 * RT_ECANCEL after Ctrl-C (while it pumps, Ctrl-C cancels no script) and when
 * the program is to end (s->quit_code). */
int rt_loop_pump(struct rt_session *s, double seconds);
/* n = 1: from now on whoever calls rt_loop_pump answers Ctrl-C, so that it
 * cancels no script between two pumps either; n = -1: no longer. */
void rt_loop_answer(int n);
/* Serves events until s->quit_code is set. */
void rt_loop_run(struct rt_session *s);
/* The program is to end with this exit code: what is going is cancelled. */
void rt_loop_end(int code);
/* The code of a signal that ends the program, if one came: its event may not
 * have been served yet. */
void rt_loop_heed(void);
/* Who is called when a descriptor (the keyboard's, a screen's) is readable;
 * one at a time, fn NULL: nobody. */
void rt_loop_keys(int fd, void (*fn)(void *ctx), void *ctx);
/* Called every so many milliseconds (a screen's frames); fn NULL: nobody. */
void rt_loop_tick(void (*fn)(void *ctx), void *ctx, int every_ms);
/* What is called on the main thread when a signal came (WINCH, TSTP, INT at the
 * prompt, USR1). */
void rt_loop_on_signal(void (*fn)(int signal));
bool rt_loop_interrupted(void); /* a Ctrl-C waits; asking clears it */
#endif
