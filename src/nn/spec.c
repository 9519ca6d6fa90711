/* Finding a record by what the user wrote. */
#include "nn/spec.h"

#include "base/arena.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"

bool rt_spec_has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; p && *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (len == n && strncmp(p, word, n) == 0)
            return true;
        p += len;
    }
    return false;
}

struct names {
    RT_VEC(const char *) list;
    struct rt_arena texts;
};

static void add_words(struct names *n, const char *words)
{
    char *rest, *list = words ? rt_arena_strdup(&n->texts, words) : NULL;
    for (char *p = list ? strtok_r(list, " ", &rest) : NULL; p;
         p = strtok_r(NULL, " ", &rest))
        rt_vec_push(&n->list, p);
}

static int unknown(const char *what, rt_spec_at_fn *at, const char *name,
                   struct rt_err *err)
{
    struct names n = { 0 };
    for (int i = 0; at(i).name; i++) {
        rt_vec_push(&n.list, at(i).name);
        add_words(&n, at(i).alias);
        add_words(&n, at(i).nick);
    }
    rt_vec_push(&n.list, NULL);
    rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_list, n.list.v,
                    "unknown %s '%s'", what, name);
    rt_vec_release(&n.list);
    rt_arena_release(&n.texts);
    return RT_ENOENT;
}

int rt_spec_index(const char *what, rt_spec_at_fn *at, const char *name,
                  struct rt_err *err)
{
    for (int i = 0; at(i).name; i++)
        if (strcmp(at(i).name, name) == 0 ||
            rt_spec_has_word(at(i).alias, name) ||
            rt_spec_has_word(at(i).hidden, name) ||
            rt_spec_has_word(at(i).nick, name))
            return i;
    return unknown(what, at, name, err);
}

int rt_spec_find(const char *what, rt_spec_at_fn *at, const char *spec,
                 void **args, struct rt_err *err)
{
    char *name;
    const char *const *words;
    int n;
    if (rt_spec_split(spec, &name, &words, &n, err))
        return rt_err_within(err, "%s '%s'", what, spec);
    int i = rt_spec_index(what, at, name, err);
    if (i >= 0) {
        *args = rt_args_parse(at(i).opts, sizeof(struct rt_opt),
                              at(i).args_size, words, n, err);
        if (!*args)
            i = rt_err_within(err, "%s '%s'", what, name);
    }
    free(name);
    return i;
}
