/* Attachments: which plugins a fit will make instances of, and with what
 * arguments. name= and on_error= are ours, the other words are the plugin's. */
#include "train/callback.h"
#include "base/guard.h"
#include "base/mem.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"

struct common {
    const char *name;
    int on_error;
};
static const char *const on_error[] = { "pause", "detach", NULL };
static const struct rt_opt common_opts[] = {
    RT_OPT(struct common, name, .def = "", .help = "what it is called"),
    RT_OPT(struct common, on_error, .def = "", .choices = on_error,
           .help = "what a failing hook does to the run"),
    RT_OPT_END
};
enum { PAUSE, DETACH };

static void release(struct rt_attachment *at)
{
    free(at->name);
    rt_args_free(at->args);
}

void rt_attachments_release(struct rt_attachments *a)
{
    for (int i = 0; i < a->n; i++)
        release(&a->v[i]);
    rt_vec_release(a);
}

static int find(const struct rt_attachments *a, const char *name)
{
    for (int i = 0; i < a->n; i++)
        if (!strcmp(a->v[i].name, name))
            return i;
    return -1;
}

static const char *name_at(const void *of, int i)
{
    const struct rt_attachments *a = of;
    return i < a->n ? a->v[i].name : NULL;
}

static int must_find(const struct rt_attachments *a, const char *name,
                     struct rt_err *err)
{
    int at = find(a, name);
    if (at < 0)
        rt_fail_unknown(err, RT_ENOENT, name, name_at, a, "no callback '%s'",
                        name);
    return at;
}

/* early_stopping, early_stopping_2, ... */
static char *free_name(const struct rt_attachments *a, const char *stem)
{
    char *name = rt_xstrdup(stem);
    for (int i = 2; find(a, name) >= 0; i++) {
        free(name);
        name = rt_xprintf("%s_%d", stem, i);
    }
    return name;
}

/* Takes name= and on_error= out of the words; what is left are the plugin's,
 * n of them in *own, which the caller frees. */
static struct common *take_common(const struct rt_plugin *plugin,
                                  const char *const *words, int *n,
                                  const char ***own, struct rt_err *err)
{
    *own = rt_xmalloc((size_t)(*n + 1) * sizeof **own);
    for (int i = 0; i < *n; i++)
        (*own)[i] = words[i];
    return rt_args_take(common_opts, sizeof(struct common), plugin->opts,
                        plugin->opt_size, *own, n, err);
}

static int parse(struct rt_attachment *at, const struct rt_attachments *a,
                 const struct rt_plugin *plugin, const struct common *common,
                 const char *const *words, int n, struct rt_err *err)
{
    if (common->name && find(a, common->name) >= 0)
        return rt_fail(err, RT_EEXIST, "there is a callback '%s' already",
                       common->name);
    at->plugin = plugin;
    at->args = rt_args_parse(plugin->opts, plugin->opt_size, plugin->args_size,
                             words, n, err);
    if (!at->args)
        return rt_err_within(err, "%s", plugin->name);
    at->name =
        common->name ? rt_xstrdup(common->name) : free_name(a, plugin->name);
    at->detach = common->on_error == DETACH;
    return 0;
}

/* Plugins open files by themselves, so they are looked at beforehand. */
static int check_files(const struct rt_plugin *p, const void *args,
                       struct rt_err *err)
{
    const struct rt_opt *o;
    int code = 0;
    for (int i = 0; !code && (o = rt_opt_at(p->opts, p->opt_size, i)); i++) {
        const char *const *file =
            (const void *)((const char *)args + o->offset);
        if (o->names == RT_NAMES_FILE && o->kind == RT_KIND_TEXT && *file)
            code = rt_guard_user(*file, err);
    }
    return code;
}

struct rt_attachment *rt_attach(struct rt_attachments *a,
                                const struct rt_plugin *plugin,
                                const char *const *words, int n,
                                struct rt_err *err)
{
    struct rt_attachment at = { 0 };
    const char **own;
    struct common *common = take_common(plugin, words, &n, &own, err);
    int code = -1;
    if (common)
        code = parse(&at, a, plugin, common, own, n, err);
    rt_args_free(common);
    free(own);
    if (!code && check_files(plugin, at.args, err)) {
        rt_args_free(at.args);
        free(at.name);
        code = -1;
    }
    if (code)
        return NULL;
    rt_vec_push(a, at);
    return &a->v[a->n - 1];
}

int rt_attachment_change(struct rt_attachment *at, const char *const *words,
                         int n, struct rt_err *err)
{
    const struct rt_plugin *p = at->plugin;
    const char **own;
    struct common *common = take_common(p, words, &n, &own, err);
    void *args = NULL;
    int code = common ? 0 : -1;
    if (!code && common->name)
        code = rt_fail(err, RT_EINVAL, "a callback keeps its name");
    if (!code)
        args = rt_args_change(p->opts, p->opt_size, p->args_size, at->args, own,
                              n, err);
    if (args && check_files(p, args, err)) {
        rt_args_free(args);
        args = NULL;
    }
    if (args) {
        rt_args_free(at->args);
        at->args = args;
        if (common->on_error != RT_UNSET_INT)
            at->detach = common->on_error == DETACH;
    }
    rt_args_free(common);
    free(own);
    return args ? 0 : rt_err_within(err, "%s", at->name);
}

int rt_attachment_set(struct rt_attachments *a, const char *name,
                      const char *const *words, int n, struct rt_err *err)
{
    int at = must_find(a, name, err);
    return at < 0 ? RT_ENOENT : rt_attachment_change(&a->v[at], words, n, err);
}

int rt_detach(struct rt_attachments *a, const char *name, struct rt_err *err)
{
    int at = must_find(a, name, err);
    if (at < 0)
        return RT_ENOENT;
    release(&a->v[at]);
    rt_vec_remove(a, at);
    return 0;
}

void rt_attachment_copy(struct rt_attachment *to,
                        const struct rt_attachment *from)
{
    const struct rt_plugin *p = from->plugin;
    *to = *from;
    to->name = rt_xstrdup(from->name);
    to->args = rt_args_copy(p->opts, p->opt_size, p->args_size, from->args);
}

int rt_attachments_copy(struct rt_attachments *to,
                        const struct rt_attachments *from)
{
    for (int i = 0; i < from->n; i++) {
        struct rt_attachment at;
        rt_attachment_copy(&at, &from->v[i]);
        rt_vec_push(to, at);
    }
    return 0;
}
