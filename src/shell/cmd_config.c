/* config: settings of the program. */
#include "base/schema.h"
#include "shell/cmd.h"
#include "shell/settings.h"

#include <stdlib.h>
#include <string.h>

struct config_args {
    const char *key, *value;
};
static const struct rt_opt config_opts[] = {
    RT_OPT(struct config_args, key, .word = 1, .def = "",
           .names = RT_NAMES_SETTING,
           .help = "one setting; else all are shown"),
    RT_OPT(struct config_args, value, .word = 2, .def = "",
           .names = RT_NAMES_SETTING_VALUE,
           .help = "its new value, kept for the next start"),
    RT_OPT_END
};

static void put(struct rt_value *v, const struct rt_opt *o)
{
    struct rt_str text = RT_STR_INIT;
    rt_args_value(o, rt_settings(), &text);
    rt_value_set_text(v, rt_str_c(&text));
    rt_str_release(&text);
}

static void show_all(struct rt_cmd_call *call)
{
    struct rt_value *v = &call->out->value;
    rt_value_set_dict(v);
    for (const struct rt_opt *o = rt_settings_opts; o->name; o++) {
        struct rt_value *one = rt_value_put(v, o->name);
        put(one, o);
        rt_str_addf(&call->out->text, "%s%-20s %-8s %s",
                    call->out->text.n ? "\n" : "", o->name, one->text, o->help);
    }
}

/* An error about the option of its name tells the nearest. */
static const struct rt_opt *find(const char *key, struct rt_err *err)
{
    for (const struct rt_opt *o = rt_settings_opts; o->name; o++)
        if (!strcmp(o->name, key))
            return o;
    char *word = rt_xprintf("%s=", key);
    const char *words[] = { word };
    void *args = rt_args_parse(rt_settings_opts, sizeof(struct rt_opt),
                               sizeof(struct rt_settings), words, 1, err);
    rt_args_free(args);
    free(word);
    return NULL;
}

static int run_config(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct config_args *a = call->args;
    if (!a->key) {
        show_all(call);
        return 0;
    }
    const struct rt_opt *o = find(a->key, err);
    if (!o)
        return rt_err_code(err, RT_ENOENT);
    if (a->value) {
        char *word = rt_xprintf("%s=%s", o->name, a->value);
        int rc = rt_settings_change(word, true, err);
        free(word);
        if (rc)
            return rc;
    }
    put(&call->out->value, o);
    return 0;
}

const struct rt_cmd rt_cmd_config = {
    .group = "session",
    .name = "config",
    .help = "settings of the program: show or change them",
    .usage = "[SETTING [VALUE]]",
    .opts = config_opts,
    .args_size = sizeof(struct config_args),
    .run = run_config,
    .details = "A change is kept in $XDG_CONFIG_HOME/retort/settings. On the "
               "command line -o KEY=VALUE\nchanges one for one start.",
    .example = "config\nconfig checkpoint_seconds\n",
};
