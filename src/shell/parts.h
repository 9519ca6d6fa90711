/* A data set of the session and the parts that `partition` made of it: s, and
 * s.train, s.val, s.test. What is bound to, scaled or encoded in one is so in
 * all of them. */
#ifndef RT_SHELL_PARTS_H
#define RT_SHELL_PARTS_H
#include "shell/session.h"

enum { RT_PARTS = 3 };
extern const char *const rt_part_names[RT_PARTS]; /* train, val, test */

struct rt_parts {
    struct rt_dataset *v[1 + RT_PARTS]; /* the whole first; borrowed */
    int n;
    struct rt_dataset *train; /* where transforms are fitted: the part, or the
                                 whole */
};
/* RT_ENOENT with the nearest names. */
int rt_parts_find(struct rt_session *s, const char *name, struct rt_parts *p,
                  struct rt_err *err);
/* Puts made[i] into the place of p->v[i]; takes the references. */
void rt_parts_replace(struct rt_session *s, const struct rt_parts *p,
                      struct rt_dataset *const *made);
/* Forgets the parts of a set, which stays. */
void rt_parts_drop(struct rt_session *s, const char *name);
/* "s", or "s and its parts train, val". */
void rt_parts_text(const struct rt_parts *p, struct rt_str *out);
#endif
