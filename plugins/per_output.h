/* Options that are one value for all outputs, one for some of them, or both:
 * 30 or temp:20,gas:50 or 30,gas:50. On <retort/plugin.h> alone. */
#ifndef RT_PLUGINS_PER_OUTPUT_H
#define RT_PLUGINS_PER_OUTPUT_H
#include <retort/plugin.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind "output:"; NULL if the text is not of this output. */
static inline const char *per_output_own(const char *text, const char *output)
{
    size_t n = strlen(output);
    return strncmp(text, output, n) == 0 && text[n] == ':' ? text + n + 1
                                                           : NULL;
}

/* Whether it is of some output. */
static inline bool per_output_any(const struct rt_host *h, struct rt_hook *at,
                                  const char *text)
{
    const char *output;
    for (int i = 0; (output = h->output(at, i)); i++)
        if (per_output_own(text, output))
            return true;
    return false;
}

/* The value for an output: its own, else the one for all, else otherwise. A
 * later one wins. */
static inline const char *per_output(const struct rt_host *h,
                                     struct rt_hook *at,
                                     const struct rt_texts *t,
                                     const char *output, const char *otherwise)
{
    const char *own = NULL, *all = otherwise;
    for (int i = 0; i < t->n; i++) {
        const char *v = per_output_own(t->v[i], output);
        if (v)
            own = v;
        else if (!per_output_any(h, at, t->v[i]))
            all = t->v[i];
    }
    return own ? own : all;
}

/* Fails for what is written as of an output that is none. name: the option's.
 */
static inline int per_output_check(const struct rt_host *h, struct rt_hook *at,
                                   const struct rt_texts *t, const char *name)
{
    for (int i = 0; i < t->n; i++) {
        const char *colon = strchr(t->v[i], ':');
        if (colon && !per_output_any(h, at, t->v[i]))
            return h->fail(at, "%s: '%.*s' is no output of model '%s'", name,
                           (int)(colon - t->v[i]), t->v[i], h->model_name(at));
    }
    return RT_GO_ON;
}

/* A number of at least min; fails for anything else. */
static inline int per_output_number(const struct rt_host *h, struct rt_hook *at,
                                    const struct rt_texts *t, const char *name,
                                    const char *output, const char *otherwise,
                                    double min, double *v)
{
    const char *text = per_output(h, at, t, output, otherwise);
    char *end;
    *v = strtod(text, &end);
    if (*end || end == text || !(*v >= min))
        return h->fail(at, "%s is '%s' for %s, want a number of at least %g",
                       name, text, output, min);
    return RT_GO_ON;
}

/* One of these words, by its number; fails for anything else. */
static inline int per_output_choice(const struct rt_host *h, struct rt_hook *at,
                                    const struct rt_texts *t, const char *name,
                                    const char *output, const char *otherwise,
                                    const char *const *words, int *v)
{
    const char *text = per_output(h, at, t, output, otherwise);
    for (*v = 0; words[*v]; ++*v)
        if (strcmp(words[*v], text) == 0)
            return RT_GO_ON;
    return h->fail(at, "%s is '%s' for %s, want %s, %s%s%s", name, text, output,
                   words[0], words[1], words[2] ? " or " : "",
                   words[2] ? words[2] : "");
}
#endif
