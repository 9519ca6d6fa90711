/* Finding a record by what the user wrote. */
#include "nn/spec.h"

#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"

static int unknown(const char *what, rt_spec_at_fn *at, const char *name,
                   struct rt_err *err)
{
    RT_VEC(const char *) names = { 0 };
    for (int i = 0; at(i).name; i++) {
        rt_vec_push(&names, at(i).name);
        if (at(i).alias)
            rt_vec_push(&names, at(i).alias);
    }
    rt_vec_push(&names, NULL);
    struct rt_str hint = RT_STR_INIT;
    rt_suggest(&hint, name, names.v);
    rt_fail(err, RT_ENOENT, "unknown %s '%s'%s", what, name, rt_str_c(&hint));
    rt_str_release(&hint);
    rt_vec_release(&names);
    return RT_ENOENT;
}

int rt_spec_index(const char *what, rt_spec_at_fn *at, const char *name,
                  struct rt_err *err)
{
    for (int i = 0; at(i).name; i++)
        if (strcmp(at(i).name, name) == 0 ||
            (at(i).alias && strcmp(at(i).alias, name) == 0))
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
