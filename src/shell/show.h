/* A figure for people: into the result of a command, as wide as the session's
 * terminal and in the symbols and colours it has, or into a file. */
#ifndef RT_SHELL_SHOW_H
#define RT_SHELL_SHOW_H
#include "plot/figure.h"
#include "shell/session.h"

/* rows: how high; 0: as the figure likes. No newline at the end. */
void rt_show_text(const struct rt_session *s, const struct rt_figure *f,
                  int rows, struct rt_str *out);
/* To a file by its ending, its name told in out; or as text if file is NULL.
 * w, h: of the sheet; 0: as usual. */
int rt_show(const struct rt_session *s, const struct rt_figure *f,
            const char *file, int w, int h, struct rt_str *out,
            struct rt_err *err);
#endif
