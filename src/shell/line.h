/* The prompt's line: editing, history, completion, and messages printed above a
 * half-typed line that stays intact. The only user of readline.
 * Order: rt_line_start, rt_line_show, rt_line_key for every readable byte (the
 * line comes to on_line), rt_line_stop. Thread: main. */
#ifndef RT_SHELL_LINE_H
#define RT_SHELL_LINE_H
#include <stdbool.h>

struct rt_line_host {
    void *ctx;
    /* A line without its newline (NULL: Ctrl-D on an empty line); the host
     * shows the next prompt. text is freed by the host. */
    void (*on_line)(void *ctx, char *text);
    /* Candidates for the word that ends at point, each the whole word:
     * NULL-terminated malloc'd strings in a malloc'd array, or NULL. */
    char **(*complete)(void *ctx, const char *line, int point);
};
void rt_line_start(const struct rt_line_host *host, const char *history_file);
void rt_line_stop(void); /* writes the history */
void rt_line_show(const char *prompt);
void rt_line_hide(void); /* the terminal as it was; for commands and screens */
bool rt_line_shown(void);
void rt_line_key(void);
void rt_line_print(const char *text); /* above the line, if one is shown */
void rt_line_drop(void); /* Ctrl-C: the line stays above, ended by ^C */
void rt_line_resize(void);
void rt_line_remember(const char *text); /* a whole command, into the history */
#endif
