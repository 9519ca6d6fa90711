/* The watch screen over the runs of a program. It has no loop of its own: the
 * program's event loop drives it.
 *
 *   w = rt_watch_open(&host, 0, &err);
 *   until rt_watch_closed(w):
 *       wait for rt_watch_fd, for the program's own news, and at most the
 *           seconds that rt_watch_tick returned last
 *       if the fd is readable: rt_watch_input(w)
 *       take in the program's news: histories, messages
 *       wait_at_most = rt_watch_tick(w)
 *   rt_watch_close(w)
 *
 * A frame is drawn only on news, 30 a second at most, 10 where only batches
 * went by, fewer on a slow line. A change of the terminal's size is seen by the
 * next tick, so that SIGWINCH needs no handler.
 * Thread: one, the host's. */
#ifndef RT_WATCH_WATCH_H
#define RT_WATCH_WATCH_H
#include "watch/host.h"

struct rt_watch; /* opaque */
/* Takes over the terminal. run: the number of the one to show; 0: the newest.
 * Owner: keeps host, whose functions are called until rt_watch_close.
 * Errors: as rt_screen_open. */
struct rt_watch *rt_watch_open(const struct rt_watch_host *host, int run,
                               struct rt_err *err);
/* Gives the terminal back. */
void rt_watch_close(struct rt_watch *w);
/* The user left, or the terminal is gone: time for rt_watch_close. */
bool rt_watch_closed(const struct rt_watch *w);
void rt_watch_leave(struct rt_watch *w); /* as the key q */

/* Readable when a key was pressed or a line came on the caught stderr. */
int rt_watch_fd(const struct rt_watch *w);
/* Acts on all keys and lines that wait. A command line is run within: the host
 * may be called for anything, rt_watch_leave included, rt_watch_close
 * excepted. */
void rt_watch_input(struct rt_watch *w);
/* Acts on one key of keys.h. */
void rt_watch_key(struct rt_watch *w, int32_t key);
/* Draws if there is news and it is time to. Returns the seconds after which it
 * wants to be called again at the latest. */
double rt_watch_tick(struct rt_watch *w);

/* Cells across that the answer of a command has. */
int rt_watch_page_width(const struct rt_watch *w);

/* Around something else that needs the terminal: a stop by Ctrl-Z, a question
 * of the shell's. No frame is drawn between them. */
void rt_watch_suspend(struct rt_watch *w);
void rt_watch_resume(struct rt_watch *w);
#endif
