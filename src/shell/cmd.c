#include "shell/cmd.h"

#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "shell/cmd_layers.h"
#include "shell/interp.h"
#include "shell/on.h"
#include "shell/script.h"
#include "shell/keras_words.h"
#include "shell/steer.h"

#include <string.h>

#define RT_CMD(name) extern const struct rt_cmd rt_cmd_##name;
#include "shell/cmds.def"
#undef RT_CMD

static const struct rt_cmd *const fixed[] = {
#define RT_CMD(name) &rt_cmd_##name,
#include "shell/cmds.def"
#undef RT_CMD
    NULL,
};

static int by_name(const void *a, const void *b)
{
    const struct rt_cmd *x = *(const struct rt_cmd *const *)a;
    const struct rt_cmd *y = *(const struct rt_cmd *const *)b;
    return strcmp(x->name, y->name);
}

const struct rt_cmd *const *rt_cmds(void)
{
    /* Fixed commands and one for every layer, merged once. */
    static const struct rt_cmd *all[512];
    if (all[0])
        return all;
    int n = 0, limit = (int)(sizeof all / sizeof *all) - 1;
    for (int i = 0; fixed[i] && n < limit; i++)
        all[n++] = fixed[i];
    for (int i = 0; rt_layers()[i] && n < limit; i++) {
        const struct rt_cmd *c = rt_cmd_of_layer(rt_layers()[i]);
        if (c)
            all[n++] = c;
    }
    qsort(all, (size_t)n, sizeof *all, by_name);
    return all;
}

static const char *name_at(const void *of, int i)
{
    const struct rt_cmd *const *c = of;
    return c[i] ? c[i]->name : NULL;
}

const struct rt_cmd *rt_cmd_find(const char *name, struct rt_err *err)
{
    const struct rt_cmd *const *all = rt_cmds();
    for (const struct rt_cmd *const *c = all; *c; c++)
        if (!strcmp((*c)->name, name))
            return *c;
    rt_fail_unknown(err, RT_ENOENT, name, name_at, all, "no command '%s'",
                    name);
    rt_keras_command(name, err);
    if (err && !strcmp(err->text + strlen(err->text) - 1, "'"))
        rt_fail(err, RT_ENOENT,
                "no command '%s'; `help` lists them, `apropos WORD` searches",
                name);
    return NULL;
}

int rt_cmd_within(const struct rt_cmd *cmd, struct rt_err *err)
{
    size_t n = strlen(cmd->name);
    if (err && !strncmp(err->text, cmd->name, n) &&
        (err->text[n] == ':' || err->text[n] == ' '))
        return err->code;
    return rt_err_within(err, "%s", cmd->name);
}

/* The common flag of commands that look: -value returns without printing. */
static bool take_value_flag(const char **words, int *n)
{
    for (int i = 0; i < *n; i++)
        if (!strcmp(words[i], "-value")) {
            memmove(words + i, words + i + 1,
                    (size_t)(*n - i - 1) * sizeof *words);
            --*n;
            return true;
        }
    return false;
}

static bool is_steering(const struct rt_cmd *cmd)
{
    return rt_opt_find(cmd->opts, sizeof *cmd->opts, "when");
}

static char *line_of(const struct rt_cmd *cmd, const char *const *words, int n)
{
    struct rt_str text = RT_STR_INIT;
    rt_str_add(&text, cmd->name);
    for (int i = 0; i < n; i++) {
        rt_str_addc(&text, ' ');
        rt_interp_quote(words[i], &text);
    }
    return rt_str_take(&text);
}

/* Of the scripts of `on` a replay has the orders, and what would have been some
 * had the run not ended before. Takes the line. */
static void record(struct rt_session *s, const struct rt_cmd *cmd, char *line)
{
    if (!s->who)
        rt_session_record(s, line);
    else if (is_steering(cmd))
        rt_script_steered(s, line);
    free(line);
}

/* Who leaves out what is needed wants to know what goes where. */
static void add_hint(const struct rt_cmd *cmd, struct rt_err *err)
{
    static const char end[] = "is missing";
    size_t len = strlen(err->text), tail = sizeof end - 1;
    if (len >= tail && !strcmp(err->text + len - tail, end))
        snprintf(err->text + len, sizeof err->text - len,
                 "; `help %s` shows how", cmd->name);
}

int rt_cmd_call(struct rt_session *s, const struct rt_cmd *cmd,
                const char *const *words, int n, bool at_prompt,
                struct rt_result *out, struct rt_err *err)
{
    const char **own = rt_xcalloc((size_t)n + 1, sizeof *own);
    if (n)
        memcpy(own, words, (size_t)n * sizeof *own);
    int n_own = n;
    bool quiet = cmd->flags & (RT_CMD_LOOKS | RT_CMD_LISTS) &&
                 take_value_flag(own, &n_own);
    void *args = NULL;
    if (cmd->flags & RT_CMD_TRAINS && s->rebuilds == RT_REBUILDS_WITHOUT_FITS) {
        free(own);
        record(s, cmd, line_of(cmd, words, n));
        rt_steer_skip(s);
        return 0;
    }
    int rc = rt_keras_options(cmd->keras, cmd->opts, own, n_own, err);
    if (rc)
        rt_err_within(err, "%s", cmd->name);
    if (!rc && !(cmd->flags & RT_CMD_WORDS)) {
        args = rt_args_parse(cmd->opts, sizeof *cmd->opts, cmd->args_size, own,
                             n_own, err);
        if (!args)
            rc = rt_err_within(err, "%s", cmd->name);
    }
    struct rt_cmd_call call = {
        .s = s,
        .cmd = cmd,
        .args = args,
        .words = own,
        .n = n_own,
        .out = out,
        .at_prompt = at_prompt,
    };
    if (!rc && cmd->flags & RT_CMD_UNDO && s->model && !s->nested &&
        !s->model->model->busy)
        rt_model_mark(s->model->model, cmd->name);
    if (!rc) {
        s->nested++;
        s->hold++;
        rc = cmd->run(&call, err);
        s->hold--;
        s->nested--;
        bool kept = cmd->flags & RT_CMD_CHANGES && !call.looked &&
                    s->hold == (s->who ? 1 : 0);
        if (!rc && kept)
            record(s, cmd, call.line ? call.line : line_of(cmd, words, n));
        else
            free(call.line);
    }
    bool lists = cmd->flags & RT_CMD_LISTS && call.looked && !call.ordered;
    out->looks =
        !quiet && (lists || (cmd->flags & RT_CMD_LOOKS && out->text.n));
    if (!rc && quiet)
        rt_str_clear(&out->text);
    if (rc && err)
        add_hint(cmd, err);
    rt_args_free(args);
    free(own);
    if (!s->nested)
        rt_on_serve(s, false);
    return rc;
}
