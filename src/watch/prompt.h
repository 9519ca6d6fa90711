/* The line at the bottom of the watch screen on which a command is typed or a
 * question answered: a minimal line editor with a history. It draws nothing.
 * Order: rt_prompt_begin, keys until it says done or left, rt_prompt_end. */
#ifndef RT_WATCH_PROMPT_H
#define RT_WATCH_PROMPT_H
#include "base/str.h"
#include "base/vec.h"
#include <stdbool.h>
#include <stdint.h>

enum rt_prompt_kind {
    RT_PROMPT_NONE,
    RT_PROMPT_COMMAND,  /* a line */
    RT_PROMPT_QUESTION, /* y or n */
    RT_PROMPT_FILTER,   /* acts as it is typed */
    RT_PROMPT_FILE,     /* a name */
    RT_PROMPT_RUN,      /* narrows the list of runs */
};
enum rt_prompt_result {
    RT_PROMPT_EDITS,
    RT_PROMPT_DONE,     /* Enter, or y */
    RT_PROMPT_LEFT,     /* Escape, Ctrl-C, n, or nothing left to delete */
    RT_PROMPT_COMPLETE, /* Tab: see rt_prompt_offer */
};
struct rt_prompt {
    enum rt_prompt_kind kind;
    struct rt_str label; /* ":" or the question */
    struct rt_str line;
    size_t at;           /* the cursor, a byte of line */
    struct rt_str offer; /* candidates shown above, "" if none */
    RT_VEC(char *) past; /* lines typed before, oldest first */
    int past_at;         /* the one shown; past.n: what is being typed */
    char *typed;         /* what was being typed before going back */
};
void rt_prompt_release(struct rt_prompt *p);
void rt_prompt_begin(struct rt_prompt *p, enum rt_prompt_kind kind,
                     const char *label);
enum rt_prompt_result rt_prompt_key(struct rt_prompt *p, int32_t key);
/* Completes the word from byte `from` to the cursor with what the candidates
 * (one a line) have in common; several that differ are shown. */
void rt_prompt_offer(struct rt_prompt *p, size_t from, const char *words);
/* Closes the line; keep: remember it for going back to. */
void rt_prompt_end(struct rt_prompt *p, bool keep);
#endif
