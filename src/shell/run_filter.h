/* Words that narrow a list of runs; all of them must fit:
 *   finished        a state, or part of the name, the model or the label
 *   12  3..9        runs by number
 *   lr<1e-3         any setting or result (run_facts.h), compared as numbers
 *   optimizer=adam  with = == != < <= > >=; = and != compare texts too, * fits
 *                   anything
 *   tag:best        state: model: name: data: ... a text of the run, tag: one
 *                   of its tags, sweep:NAME is the tag of that sweep's runs
 *   !word           what does not fit the word
 *   deleted         deleted runs, which else are left out
 * Order: rt_run_pick, rt_run_picks_free. */
#ifndef RT_SHELL_RUN_FILTER_H
#define RT_SHELL_RUN_FILTER_H
#include "shell/result.h"
#include "shell/session.h"

struct rt_run_picks {
    struct rt_run_row *row; /* newest first */
    struct rt_value *facts; /* of each, a dict */
    int n;
    bool with_results; /* the facts hold them */
};
/* keys: others that will be looked at (columns, a sort), n_keys of them.
 * Errors: RT_ENOENT with the nearest names for a key that no run has,
 *         RT_EINVAL for what cannot be compared, the store's. */
int rt_run_pick(struct rt_session *s, const char *const *words, int n,
                const char *const *keys, int n_keys, struct rt_run_picks *out,
                struct rt_err *err);
void rt_run_picks_free(struct rt_run_picks *p);
/* Exactly the runs that are meant: each word a number, a name, or a word with
 * one of : < = > that narrows (tag:old). Errors: RT_ENOENT if one fits none. */
int rt_run_named(struct rt_session *s, const char *const *words, int n,
                 struct rt_run_picks *out, struct rt_err *err);
/* "12,13" or "sweep:width": whether the word narrows rather than names. */
bool rt_run_narrows(const char *word);
/* Sorts by a key, -KEY from the greatest on; runs without it come last. */
void rt_run_sort(struct rt_run_picks *p, const char *key);
#endif
