/* Callbacks of the chosen model, and the plugins they are made from. A change
 * while the model trains is an order to its run too. */
#include "base/schema.h"
#include "plugins/load.h"
#include "shell/steer.h"
#include "train/callback.h"

#include <stdlib.h>
#include <string.h>

/* ---- callback ---------------------------------------------------------- */

struct callback_args {
    const char *what, *which, *when;
    struct rt_texts words;
};
static const char *const verbs[] = { "add", "set", "list", "remove", NULL };
static const struct rt_opt callback_opts[] = {
    RT_OPT(struct callback_args, what, .word = 1, .choices = verbs,
           .names = RT_NAMES_CALLBACK_KIND,
           .help = "what to do; or a kind, to add it"),
    RT_OPT(struct callback_args, which, .word = 2, .def = "",
           .names = RT_NAMES_CALLBACK,
           .help = "the kind to add, or the callback that is meant"),
    RT_OPT(struct callback_args, words, .form = RT_FORM_REST,
           .help = "its own options, name= and on_error=pause|detach"),
    RT_STEER_WHEN(struct callback_args), RT_OPT_END
};

static const struct rt_opt *callback_more(const struct rt_session *s,
                                          const char *const *words, int n,
                                          size_t *size, int *first)
{
    bool set = n > 1 && !strcmp(words[1], "set");
    *first = set || (n > 1 && !strcmp(words[1], "add")) ? 2 : 1;
    const char *word = n > *first ? words[*first] : "";
    const struct rt_plugin *p = set ? NULL : rt_plugin_find(word, NULL);
    for (int i = 0; set && s->model && i < s->model->callbacks.n; i++)
        if (!strcmp(s->model->callbacks.v[i].name, word))
            p = s->model->callbacks.v[i].plugin;
    *size = p ? p->opt_size : sizeof(struct rt_opt);
    return p ? p->opts : NULL;
}

/* An order about callbacks: its kind, a first word, the others, and one more
 * (NULL: none). */
static int steer(struct rt_cmd_call *call, const char *when, const char *kind,
                 const char *first, const char *const *words, int n,
                 const char *more, struct rt_err *err)
{
    const char **all = rt_xcalloc((size_t)n + 3, sizeof *all);
    int count = 0;
    all[count++] = kind;
    all[count++] = first;
    for (int i = 0; i < n; i++)
        all[count++] = words[i];
    if (more)
        all[count++] = more;
    int rc = rt_steer(call, when, all, count, err);
    free(all);
    return rc;
}

/* The same to the model's run, if it has one, without waiting for a boundary:
 * what the model has attached changes with it. */
static int tell(struct rt_cmd_call *call, const char *kind, const char *first,
                const char *const *words, int n, const char *more,
                struct rt_err *err)
{
    if (!rt_steers(call, NULL))
        return 0;
    int rc = steer(call, NULL, kind, first, words, n, more, err);
    rt_value_release(&call->out->value);
    return rc;
}

static bool names_itself(const char *const *words, int n)
{
    for (int i = 0; i < n; i++)
        if (!strncmp(words[i], "name=", 5))
            return true;
    return false;
}

/* Unless a run has said it. */
static void say_attachment(const struct rt_attachment *at, struct rt_str *out)
{
    if (out->n)
        return;
    rt_str_add(out, at->name);
    if (strcmp(at->name, at->plugin->name))
        rt_str_addf(out, " (%s)", at->plugin->name);
    struct rt_str words = RT_STR_INIT;
    rt_args_words(at->plugin->opts, at->plugin->opt_size, at->args, false,
                  &words);
    if (words.n)
        rt_str_addf(out, " %s", rt_str_c(&words));
    rt_str_release(&words);
}

/* The one just attached, which a run that goes on has, too. */
static const struct rt_attachment *newest_of(const struct rt_cmd_call *call,
                                             struct rt_session_model *sm)
{
    struct rt_attachment *at = &sm->callbacks.v[sm->callbacks.n - 1];
    const struct rt_session_run *live = rt_steer_live(call->s);
    at->run = live ? live->number : 0;
    return at;
}

static int add(struct rt_cmd_call *call, struct rt_session_model *sm,
               const char *kind, const char *const *words, int n,
               struct rt_err *err)
{
    const struct rt_plugin *p = rt_plugin_find(kind, err);
    if (!p)
        return rt_err_code(err, RT_ENOENT);
    struct rt_attachment *at = rt_attach(&sm->callbacks, p, words, n, err);
    if (!at)
        return rt_err_code(err, RT_EINVAL);
    char *name = rt_xstrdup(at->name);
    char *key = names_itself(words, n) ? NULL : rt_xprintf("name=%s", name);
    int rc = tell(call, "callback_add", kind, words, n, key, err);
    if (rc)
        rt_detach(&sm->callbacks, name, NULL);
    else
        say_attachment(newest_of(call, sm), &call->out->text);
    if (!rc)
        rt_value_set_text(&call->out->value, name);
    free(key);
    free(name);
    return rc;
}

static struct rt_attachment *find(struct rt_session_model *sm, const char *name)
{
    for (int i = 0; i < sm->callbacks.n; i++)
        if (!strcmp(sm->callbacks.v[i].name, name))
            return &sm->callbacks.v[i];
    return NULL;
}

static int set(struct rt_cmd_call *call, struct rt_session_model *sm,
               const char *name, const char *const *words, int n,
               struct rt_err *err)
{
    if (!n)
        return rt_fail(err, RT_EINVAL,
                       "what to change is missing, want "
                       "key=value");
    /* The run is asked first: it knows what may change while it trains. */
    int rc = 0;
    if (find(sm, name))
        rc = tell(call, "callback_set", name, words, n, NULL, err);
    if (!rc)
        rc = rt_attachment_set(&sm->callbacks, name, words, n, err);
    if (rc)
        return rc;
    say_attachment(find(sm, name), &call->out->text);
    rt_value_set_text(&call->out->value, name);
    return 0;
}

static int take_away(struct rt_cmd_call *call, struct rt_session_model *sm,
                     const char *name, int n, struct rt_err *err)
{
    if (n)
        return rt_fail(err, RT_EINVAL, "one name is enough");
    int rc = 0;
    if (find(sm, name))
        rc = tell(call, "callback_remove", name, NULL, 0, NULL, err);
    if (!rc)
        rc = rt_detach(&sm->callbacks, name, err);
    if (rc)
        return rc;
    if (!call->out->text.n)
        rt_str_addf(&call->out->text, "%s removed", name);
    rt_value_set_text(&call->out->value, name);
    return 0;
}

/* What a callback says of itself, in the run that goes on or in the last one if
 * it had it, and no other of that name; or nothing. */
static void add_status(const char *lines, const char *name, struct rt_str *out)
{
    size_t n = strlen(name);
    for (const char *p = lines; p && *p;) {
        const char *end = strchrnul(p, '\n');
        if (!strncmp(p, name, n) && p[n] == '\t')
            rt_str_addn(out, p + n + 1, (size_t)(end - p) - n - 1);
        p = *end ? end + 1 : end;
    }
}

static const struct rt_session_run *newest(const struct rt_session *s,
                                           const struct rt_session_model *sm)
{
    for (int i = s->runs.n - 1; i >= 0; i--)
        if (s->runs.v[i]->model == sm)
            return s->runs.v[i];
    return NULL;
}

static void list(struct rt_cmd_call *call, struct rt_session_model *sm)
{
    struct rt_snapshot now = { .callbacks = NULL };
    struct rt_value *v = &call->out->value;
    call->looked = true;
    rt_session_drain(call->s);
    const struct rt_session_run *r = newest(call->s, sm);
    const char *says = r ? r->last.callbacks : NULL;
    if (r && r->run) {
        rt_run_snapshot(r->run, &now);
        says = now.callbacks;
    }
    rt_value_set_list(v);
    for (int i = 0; i < sm->callbacks.n; i++) {
        const struct rt_attachment *at = &sm->callbacks.v[i];
        struct rt_str text = RT_STR_INIT;
        struct rt_value *d = rt_value_push(v);
        rt_value_set_dict(d);
        rt_value_put_text(d, "name", at->name);
        rt_value_put_text(d, "kind", at->plugin->name);
        rt_args_words(at->plugin->opts, at->plugin->opt_size, at->args, false,
                      &text);
        rt_value_put_text(d, "options", rt_str_c(&text));
        rt_str_clear(&text);
        if (r && at->run == r->number)
            add_status(says, at->name, &text);
        rt_value_put_text(d, "says", rt_str_c(&text));
        rt_str_release(&text);
    }
    if (r && r->run)
        rt_snapshot_release(&now);
    if (!sm->callbacks.n)
        rt_str_addf(&call->out->text, "model '%s' has no callbacks",
                    sm->model->name);
}

/* What when= says is taken out of the words; NULL: it is not there. */
static const char *take_when(const char **words, int *n)
{
    const char *when = NULL;
    int kept = 0;
    for (int i = 0; i < *n; i++)
        if (!strncmp(words[i], "when=", 5))
            when = words[i] + 5;
        else
            words[kept++] = words[i];
    *n = kept;
    return when;
}

static int change(struct rt_cmd_call *call, const char **words, int n,
                  struct rt_err *err)
{
    const char *when = take_when(words, &n);
    const char *what = n ? words[0] : "list";
    struct rt_session_model *sm = rt_session_model(call->s, err);
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    if (n < 1 || !strcmp(what, "list")) {
        list(call, sm);
        return 0;
    }
    bool is_add = !strcmp(what, "add"), is_set = !strcmp(what, "set");
    bool is_remove = !strcmp(what, "remove");
    if (is_add || is_set || is_remove) {
        words++;
        n--;
    }
    if (n < 1)
        return rt_fail(err, RT_EINVAL, "%s: %s is missing", what,
                       is_add ? "the kind" : "the name");
    if (when)
        return steer(call, when,
                     is_set      ? "callback_set"
                     : is_remove ? "callback_remove"
                                 : "callback_add",
                     words[0], words + 1, n - 1, NULL, err);
    if (is_set)
        return set(call, sm, words[0], words + 1, n - 1, err);
    if (is_remove)
        return take_away(call, sm, words[0], n - 1, err);
    return add(call, sm, words[0], words + 1, n - 1, err);
}

static int run_callback(struct rt_cmd_call *call, struct rt_err *err)
{
    const char **words = rt_xcalloc((size_t)call->n + 1, sizeof *words);
    for (int i = 0; i < call->n; i++)
        words[i] = call->words[i];
    int rc = change(call, words, call->n, err);
    free(words);
    return rc ? rt_err_within(err, "callback") : 0;
}

const struct rt_cmd rt_cmd_callback = {
    .group = "training",
    .name = "callback",
    .help = "attach, list, re-tune or detach callbacks, also while it trains",
    .usage =
        "[add] KIND [OPTIONS...] [name=] [on_error=pause|detach] [when=] | "
        "set CALLBACK [OPTIONS...] [when=] | list | remove CALLBACK [when=]",
    .opts = callback_opts,
    .args_size = sizeof(struct callback_args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_LISTS,
    .run = run_callback,
    .more = callback_more,
    .details = "Callbacks belong to the chosen model; each fit starts them "
               "afresh. While it trains, changes\nreach its run too. `help "
               "callbacks` lists the kinds with their options.",
    .example = "model m\ninput x 2\ndense 1\noutput\ncompile sgd loss=mse\n"
               "callback early_stopping patience=5\n"
               "callback add csv_logger log.csv name=log\n"
               "callback set early_stopping patience=3\ncallback list\n"
               "callback remove log\n",
};

/* ---- plugin ------------------------------------------------------------ */

struct plugin_args {
    const char *what, *which, *as, *name;
};
static const char *const plugin_verbs[] = { "load", "list", "info", "new",
                                            NULL };
static const struct rt_opt plugin_opts[] = {
    RT_OPT(struct plugin_args, what, .word = 1, .def = "",
           .choices = plugin_verbs, .help = "what to do"),
    RT_OPT(struct plugin_args, which, .word = 2, .def = "",
           .names = RT_NAMES_FILE, .help = "the file to load, or a name"),
    RT_OPT(struct plugin_args, as, .word = 3, .def = "", .help = "the word as"),
    RT_OPT(struct plugin_args, name, .word = 4, .def = "",
           .help = "the name it is loaded under"),
    RT_OPT_END
};

static const char *file_of(const struct rt_plugin *p)
{
    struct rt_plugin_info info;
    for (int i = 0; rt_plugin_loaded(i, &info); i++)
        if (info.plugin == p)
            return info.file;
    return "";
}

static void list_plugins(struct rt_cmd_call *call)
{
    struct rt_value *v = &call->out->value;
    char **names = rt_plugin_names();
    rt_value_set_list(v);
    for (int i = 0; names && names[i]; i++) {
        struct rt_err why = RT_ERR_INIT;
        const struct rt_plugin *p = rt_plugin_find(names[i], &why);
        struct rt_value *d = rt_value_push(v);
        rt_value_set_dict(d);
        rt_value_put_text(d, "name", names[i]);
        rt_value_put_text(d, "help", p ? p->help : why.text);
        rt_value_put_text(d, "file", p ? file_of(p) : "");
    }
    free(names);
    if (!v->n)
        rt_str_add(&call->out->text, "no plugins were found");
}

static void say_info(const struct rt_plugin *p, struct rt_str *out)
{
    struct rt_str usage = RT_STR_INIT;
    rt_args_usage(p->opts, p->opt_size, &usage);
    rt_str_addf(out, "%s - %s\n\n  callback %s %s\n", p->name, p->help, p->name,
                rt_str_c(&usage));
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(p->opts, p->opt_size, i)); i++) {
        rt_str_clear(&usage);
        rt_opt_range(o, &usage);
        rt_str_addf(out, "\n  %-22s %s", o->name, o->help);
        if (usage.n)
            rt_str_addf(out, " (%s)", rt_str_c(&usage));
        if (o->def && *o->def)
            rt_str_addf(out, " [%s]", o->def);
    }
    rt_str_addf(out, "\n\nfile %s, interface %u.%u", file_of(p), p->abi >> 16,
                p->abi & 0xffff);
    rt_str_release(&usage);
}

static int load(struct rt_cmd_call *call, const struct plugin_args *a,
                struct rt_err *err)
{
    if ((a->as && strcmp(a->as, "as")) || (a->as && !a->name))
        return rt_fail(err, RT_EINVAL, "want load FILE.so [as NAME]");
    const struct rt_plugin *p = rt_plugin_load(a->which, a->name, err);
    if (!p)
        return rt_err_code(err, RT_EPLUGIN);
    call->looked = false;
    rt_str_addf(&call->out->text, "%s: %s", p->name, p->help);
    rt_value_set_text(&call->out->value, p->name);
    return 0;
}

static int run_plugin(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct plugin_args *a = call->args;
    struct rt_str *out = &call->out->text;
    const char *what = a->what ? a->what : "list";
    int rc = 0;
    call->looked = true;
    if (!strcmp(what, "list")) {
        if (a->which)
            return rt_fail(err, RT_EINVAL,
                           "plugin list: '%s' is one word too many", a->which);
        list_plugins(call);
        return 0;
    }
    bool is_load = !strcmp(what, "load"), is_new = !strcmp(what, "new");
    if (!a->which)
        return rt_fail(err, RT_EINVAL, "plugin %s: %s is missing", what,
                       is_load ? "the file" : "the name");
    if (!is_load && a->as)
        return rt_fail(err, RT_EINVAL, "plugin %s: '%s' is one word too many",
                       what, a->as);
    if (is_load) {
        rc = load(call, a, err);
    } else if (is_new) {
        rc = rt_plugin_write_template(".", a->which, err);
        if (!rc)
            rt_str_addf(out,
                        "%s/%s.c, Makefile and README.md written; "
                        "`make -C %s` builds it",
                        a->which, a->which, a->which);
        if (!rc)
            rt_value_set_text(&call->out->value, a->which);
    } else {
        const struct rt_plugin *p = rt_plugin_find(a->which, err);
        rc = p ? 0 : rt_err_code(err, RT_ENOENT);
        if (p) {
            say_info(p, out);
            rt_value_set_dict(&call->out->value);
            rt_value_put_text(&call->out->value, "name", p->name);
            rt_value_put_text(&call->out->value, "help", p->help);
            rt_value_put_text(&call->out->value, "file", file_of(p));
        }
    }
    return rc ? rt_cmd_within(call->cmd, err) : 0;
}

const struct rt_cmd rt_cmd_plugin = {
    .group = "training",
    .name = "plugin",
    .help = "load callbacks from shared objects, or begin one of your own",
    .usage = "load FILE.so [as NAME] | list | info PLUGIN | new NAME",
    .opts = plugin_opts,
    .args_size = sizeof(struct plugin_args),
    .flags = RT_CMD_CHANGES | RT_CMD_LISTS,
    .run = run_plugin,
    .details = "Those on the search path ($RETORT_PLUGIN_PATH, the user's "
               "plugins, the built-in ones) need no\nload. `plugin new NAME` "
               "writes a folder with a plugin that builds with make.",
    .example = "plugin list\nplugin info early_stopping\nplugin new mine\n",
};
