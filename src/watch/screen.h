/* The terminal as a full screen: cells out, keys in. Only screen.c knows
 * curses; what is drawn comes as a canvas.
 * While a screen is open, what anybody writes to a stderr that is the terminal
 * is caught, to be read with rt_screen_line. A crash restores the terminal
 * (base/crash.h).
 * Order: rt_screen_open, then frames and keys; rt_screen_suspend and
 *        rt_screen_resume around whatever else needs the terminal;
 *        rt_screen_close.
 * Thread: one, and one screen at a time. */
#ifndef RT_WATCH_SCREEN_H
#define RT_WATCH_SCREEN_H
#include "base/err.h"
#include "plot/canvas.h"

struct rt_screen; /* opaque */
/* Uses stdin and stdout where both are a terminal, else /dev/tty.
 * Errors: RT_ESTATE if there is no terminal, RT_EINVAL if TERM names one that
 *         is unknown or cannot place its cursor. */
struct rt_screen *rt_screen_open(bool color, struct rt_err *err);
void rt_screen_close(struct rt_screen *s);
/* Gives the terminal back as it was, and takes it again. */
void rt_screen_suspend(struct rt_screen *s);
void rt_screen_resume(struct rt_screen *s);
/* Whether Ctrl-C, Ctrl-Z and Ctrl-\ raise signals, as while a command runs,
 * or are keys, as they are at first. */
void rt_screen_signals(struct rt_screen *s, bool raise);

/* Readable when there are keys or lines. */
int rt_screen_fd(const struct rt_screen *s);
/* The next key (keys.h) or RT_KEY_NONE; never waits. */
int32_t rt_screen_key(struct rt_screen *s);
/* Moves the next line caught from stderr to *line; false if there is none. */
bool rt_screen_line(struct rt_screen *s, struct rt_str *line);

/* The terminal's size now; true if it is another one than at the last call. */
bool rt_screen_size(struct rt_screen *s, int *w, int *h);
/* What a canvas for it should use: by locale, TERM and RETORT_ASCII. */
enum rt_symbols rt_screen_symbols(const struct rt_screen *s);
bool rt_screen_utf8(const struct rt_screen *s); /* could it show more */
enum rt_depth rt_screen_depth(const struct rt_screen *s);
/* One frame; only cells that differ from the last one are sent. A canvas of
 * another size is cut or leaves the rest blank. */
void rt_screen_show(struct rt_screen *s, const struct rt_canvas *c);
/* The next frame sends everything. */
void rt_screen_redraw(struct rt_screen *s);
#endif
