/* What a word could become by the names that the session and the registries
 * hold. */
#ifndef RT_SHELL_COMPLETE_NAMES_H
#define RT_SHELL_COMPLETE_NAMES_H
#include "base/vec.h"
#include "shell/session.h"

struct rt_candidates {
    RT_VEC(char *) v;         /* each owned */
    const char *word;         /* what is typed of it */
    const char *head;         /* part of the word that stays: "loss=a:" */
    const char *const *words; /* those before it in its command */
    int n_words;
};
/* Adds head + name + tail if name begins as the word does. */
void rt_candidate(struct rt_candidates *l, const char *name, const char *tail);
/* Adds those of a kind: RT_NAMES_LAYER. */
void rt_candidates_named(struct rt_candidates *l, struct rt_session *s,
                         int names);
/* Layers, and what begins a set of them: upto:dense_1, class:, branch:. tail:
 * behind a whole one. */
void rt_candidates_sets(struct rt_candidates *l, struct rt_session *s,
                        const char *tail);
#endif
