/* The watch screen over a session: what each of the two hands the other, so
 * that neither knows of the other. Part of main's wiring. */
#ifndef RT_LOOK_H
#define RT_LOOK_H
#include "shell/session.h"

/* Gives the session its watch_open and watch_is_open. */
void rt_look_start(struct rt_session *s);
/* Serves events until the user leaves the screen, if it is open. */
void rt_look_until_closed(struct rt_session *s);
/* Closes the screen if it is open, and prints what was held back. */
void rt_look_close(void);
#endif
