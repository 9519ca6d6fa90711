/* Words of Tcl that somebody types who means something else: `split s 0.8,0.2`
 * is answered by Tcl, and nothing has happened to the data. */
#ifndef RT_SHELL_TCL_WORDS_H
#define RT_SHELL_TCL_WORDS_H
#include "shell/session.h"

/* Adds a sentence to out if a line typed at the prompt, which Tcl has answered,
 * was probably meant otherwise. */
void rt_tcl_words(const struct rt_session *s, const char *line,
                  struct rt_str *out);
#endif
