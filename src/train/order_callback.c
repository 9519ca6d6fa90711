/* Orders about the callbacks of a run. The words behind the first are the
 * callback's own. */
#include "train/run_private.h"

static const struct rt_opt kind_opts[] = {
    RT_OPT(struct rt_order_words, name, .word = 1,
           .names = RT_NAMES_CALLBACK_KIND, .help = "the kind"),
    RT_OPT(struct rt_order_words, words, .form = RT_FORM_REST,
           .help = "its options, name= and on_error="),
    RT_OPT_END
};
static const struct rt_opt name_opts[] = {
    RT_OPT(struct rt_order_words, name, .word = 1, .names = RT_NAMES_CALLBACK,
           .help = "which callback"),
    RT_OPT(struct rt_order_words, words, .form = RT_FORM_REST,
           .help = "key=value of what changes"),
    RT_OPT_END
};

static void say_words(const struct rt_order_words *a, const char *what,
                      const char *name, char *says, size_t n)
{
    struct rt_str text = RT_STR_INIT;
    rt_str_addf(&text, "%s%s", name, what);
    for (int i = 0; i < a->words.n; i++)
        rt_str_addf(&text, " %s", a->words.v[i]);
    snprintf(says, n, "%s", rt_str_c(&text));
    rt_str_release(&text);
}

static int add(struct rt_run *r, const void *args, char *says, size_t n,
               struct rt_err *err)
{
    const struct rt_order_words *a = args;
    const struct rt_plugin *p = rt_callbacks_kind(r->callbacks, a->name, err);
    char name[128] = "";
    if (!p)
        return err->code;
    int code = rt_callbacks_attach(r->callbacks, p, a->words.v, a->words.n,
                                   name, sizeof name, err);
    if (!code)
        say_words(a, " added", name, says, n);
    return code;
}

static int add_to(struct rt_attachments *to,
                  const struct rt_plugin *(*find)(const char *name,
                                                  struct rt_err *err),
                  const void *args, struct rt_err *err)
{
    const struct rt_order_words *a = args;
    const struct rt_plugin *p = find(a->name, err);
    return p && rt_attach(to, p, a->words.v, a->words.n, err)
               ? 0
               : rt_err_code(err, RT_EINVAL);
}

static int set_in(struct rt_attachments *to,
                  const struct rt_plugin *(*find)(const char *name,
                                                  struct rt_err *err),
                  const void *args, struct rt_err *err)
{
    const struct rt_order_words *a = args;
    (void)find;
    return rt_attachment_set(to, a->name, a->words.v, a->words.n, err);
}

static int take_from(struct rt_attachments *to,
                     const struct rt_plugin *(*find)(const char *name,
                                                     struct rt_err *err),
                     const void *args, struct rt_err *err)
{
    const struct rt_order_words *a = args;
    (void)find;
    return rt_detach(to, a->name, err);
}

static int set(struct rt_run *r, const void *args, char *says, size_t n,
               struct rt_err *err)
{
    const struct rt_order_words *a = args;
    int code =
        rt_callbacks_set(r->callbacks, a->name, a->words.v, a->words.n, err);
    if (!code)
        say_words(a, "", a->name, says, n);
    return code;
}

static int take_away(struct rt_run *r, const void *args, char *says, size_t n,
                     struct rt_err *err)
{
    const struct rt_order_words *a = args;
    if (a->words.n > 0)
        return rt_fail(err, RT_EINVAL, "'%s' is one word too many",
                       a->words.v[0]);
    int code = rt_callbacks_remove(r->callbacks, a->name, err);
    if (!code)
        snprintf(says, n, "%s removed", a->name);
    return code;
}

const struct rt_order_type rt_order_callback_add = {
    .name = "callback_add",
    .command = "callback add",
    .help = "attach a callback",
    .opts = kind_opts,
    .args_size = sizeof(struct rt_order_words),
    .foreign = true,
    .changes = true,
    .apply = add,
    .attach = add_to,
};
const struct rt_order_type rt_order_callback_set = {
    .name = "callback_set",
    .command = "callback set",
    .help = "re-tune a callback",
    .opts = name_opts,
    .args_size = sizeof(struct rt_order_words),
    .foreign = true,
    .changes = true,
    .apply = set,
    .attach = set_in,
};
const struct rt_order_type rt_order_callback_remove = {
    .name = "callback_remove",
    .command = "callback remove",
    .help = "take a callback away",
    .opts = name_opts,
    .args_size = sizeof(struct rt_order_words),
    .foreign = true,
    .changes = true,
    .apply = take_away,
    .attach = take_from,
};
