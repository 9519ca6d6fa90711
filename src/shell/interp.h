/* Tcl: one trampoline for the whole table of commands; results become Tcl
 * values. Only interp.c and loop.c include tcl.h. Thread: main alone. */
#ifndef RT_SHELL_INTERP_H
#define RT_SHELL_INTERP_H
#include "shell/cmd.h"

struct rt_interp; /* opaque */
struct rt_interp *rt_interp_new(struct rt_session *s, struct rt_err *err);
void rt_interp_free(struct rt_interp *t);
/* A whole line (or several) typed at the prompt: evaluates, puts what is to be
 * shown into out (without a final newline). Errors: code from the command that
 * failed, text without a stack for a single command. */
int rt_interp_line(struct rt_interp *t, const char *line, struct rt_str *out,
                   struct rt_err *err);
/* What a command of a script gave: name "" if it is not written plainly; line
 * in the script; text for people. */
typedef void rt_interp_told(void *ctx, const char *name, int line,
                            const struct rt_value *value, const char *text);
/* A script, its commands one by one; an error's text begins "name:line: ".
 * name NULL: each is a whole line of a prompt. told NULL: nobody wants to know.
 * failed, or NULL, hears of a command that failed; where it says so, the script
 * goes on behind it. */
struct rt_interp_each {
    rt_interp_told *told;
    bool (*failed)(void *ctx, const struct rt_err *err);
    void *ctx;
};
int rt_interp_each(struct rt_interp *t, const char *text, const char *name,
                   const struct rt_interp_each *each, struct rt_err *err);
/* Asked before a Tcl command is called, with its words, its name first; an
 * error is the command's. */
typedef int rt_interp_check(const char *const *words, int n,
                            struct rt_err *err);
int rt_interp_guard(struct rt_interp *t, const char *command,
                    rt_interp_check *check, struct rt_err *err);
/* A script file as `source -encoding utf-8`, or text (name for messages); the
 * error holds file and line. */
int rt_interp_file(struct rt_interp *t, const char *file, struct rt_err *err);
int rt_interp_text(struct rt_interp *t, const char *text, const char *name,
                   struct rt_err *err);
/* A script from within a command (branch): its error is passed on as is. */
int rt_interp_block(struct rt_interp *t, const char *script,
                    struct rt_err *err);
/* Evaluates where the command stands and adds the result's text to out. name:
 * for the place of an error, or NULL. */
int rt_interp_value(struct rt_interp *t, const char *script, const char *name,
                    struct rt_str *out, struct rt_err *err);
/* A script on the side, whatever is under way: global, with a variable set;
 * what is under way finds the interpreter as it was. */
int rt_interp_aside(struct rt_interp *t, const char *script, const char *var,
                    const struct rt_value *value, struct rt_err *err);
/* A Tcl expression as a truth. */
int rt_interp_test(struct rt_interp *t, const char *condition, bool *holds,
                   struct rt_err *err);
/* A word as Tcl must read it. */
void rt_interp_quote(const char *word, struct rt_str *out);
/* Is the text a whole command, or does it want more lines? */
bool rt_interp_complete(const char *text);
/* A Tcl list of words to words; caller frees the one block. */
int rt_interp_split(struct rt_interp *t, const char *text,
                    const char *const **words, int *n, struct rt_err *err);
/* An expression (graph/expr.h) with every $name replaced by the number that the
 * variable has now, where the command stands. Caller frees. */
char *rt_interp_fill(struct rt_interp *t, const char *text, struct rt_err *err);
int rt_interp_set(struct rt_interp *t, const char *var, const char *value,
                  struct rt_err *err);
/* From the signal thread: cancels what is evaluated, if anything is. */
void rt_interp_cancel(struct rt_interp *t);
bool rt_interp_busy(const struct rt_interp *t);
/* Names of Tcl's commands and variables, for completion: NULL-terminated, one
 * block. */
char **rt_interp_names(struct rt_interp *t, const char *pattern);
#endif
