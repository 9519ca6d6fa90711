#include "shell/made.h"

#include "base/mem.h"
#include "nn/loss.h"
#include "nn/metric.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void rt_made_forget(struct rt_made *m)
{
    for (int i = 0; i < m->v.n; i++)
        free(m->v.v[i]);
    m->v.n = 0;
}

void rt_made_release(struct rt_made *m)
{
    rt_made_forget(m);
    rt_vec_release(&m->v);
}

/* Where [made] stands last within the first n bytes of a command, outside of
 * braces; -1 if it does not. */
static ptrdiff_t find_substitution(const char *source, size_t n,
                                   const char *made)
{
    size_t len = strlen(made);
    ptrdiff_t at = -1;
    int braces = 0;
    for (size_t i = 0; i + len + 2 <= n; i++) {
        braces += source[i] == '{' ? 1 : source[i] == '}' ? -1 : 0;
        if (!braces && source[i] == '[' && source[i + 1 + len] == ']' &&
            !strncmp(source + i + 1, made, len))
            at = (ptrdiff_t)i;
    }
    return at;
}

/* dense 3 activation=[relu] has made a layer before dense looks at its words.
 * If it then refuses them, nothing is to be left of it. */
static void take_back(struct rt_made *m, struct rt_session *s,
                      const char *source, struct rt_err *err)
{
    const struct rt_cmd *undo = rt_cmd_find("undo", NULL);
    size_t n = strlen(source);
    for (int i = m->v.n - 1; i >= 0; i--) {
        const char *made = m->v.v[i];
        ptrdiff_t at = find_substitution(source, n, made);
        struct rt_result out;
        if (at < 0)
            return;
        n = (size_t)at;
        bool key = at > 0 && source[at - 1] == '=';
        rt_result_init(&out);
        if (!rt_cmd_call(s, undo, NULL, 0, false, &out, NULL)) {
            struct rt_str text = RT_STR_INIT;
            rt_str_addf(&text, "%s; what [%s] made is taken back%s", err->text,
                        made,
                        key ? ": brackets are command substitution in Tcl, "
                              "write it without"
                            : "");
            rt_fail(err, err->code, "%s", rt_str_c(&text));
            rt_str_release(&text);
        }
        rt_result_release(&out);
    }
}

void rt_made_note(struct rt_made *m, struct rt_session *s,
                  const struct rt_cmd *cmd, const char *source, int rc,
                  struct rt_err *err)
{
    if (s->nested)
        return;
    if (rc && source)
        take_back(m, s, source, err);
    if (rc || !cmd->layer)
        rt_made_forget(m);
    else if (source)
        rt_vec_push(&m->v, rt_xstrdup(source));
}

/* model.fit(s), as Python calls. */
static bool is_call(const char *name)
{
    size_t n = strcspn(name, "(");
    return isalpha((unsigned char)*name) && name[n] && !memchr(name, ',', n);
}

/* Whether an unknown command looks like a list that was written in brackets:
 * [0.1,0.2], ['acc'], [acc,mae], [acc]. */
static bool is_list(const char *name)
{
    return strspn(name, "0123456789.,-+e") == strlen(name) ||
           (strpbrk(name, ",'\"") && !is_call(name)) || rt_metric_named(name) ||
           rt_loss_named(name);
}

/* encoder(x), as Keras calls a layer or a model. */
static bool is_called(const struct rt_session *s, const char *name)
{
    struct rt_place p;
    return s->model && (rt_map_get(&s->models, name) ||
                        !rt_model_place(s->model->model, name, &p, NULL));
}

void rt_made_unknown(const struct rt_session *s, const char *name,
                     const char *next, struct rt_err *err)
{
    if (next && !strcmp(next, "=")) {
        rt_fail(err, RT_ENOENT,
                "no command '%s'; a variable is set by `set %s VALUE`", name,
                name);
    } else if (is_list(name)) {
        struct rt_str plain = { 0 };
        for (const char *p = name; *p; p++)
            if (!strchr("'\"", *p))
                rt_str_addf(&plain, "%c", *p);
        rt_fail(err, RT_EINVAL,
                "[%s] is command substitution in Tcl; lists are written with "
                "commas and without brackets: key=%s",
                name, rt_str_c(&plain));
        rt_str_release(&plain);
    } else if (is_called(s, name)) {
        rt_fail(err, RT_ENOENT,
                "no command '%s'; a layer or model of that name is called by "
                "`call %s`",
                name, name);
    } else {
        rt_cmd_find(name, err);
    }
}
