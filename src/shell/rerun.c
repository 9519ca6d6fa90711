#include "shell/rerun.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "nn/optimizer.h"
#include "shell/child.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "shell/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the commands of a script -------------------------------------------- */

struct command {
    char *text;
    const char *const *word; /* NULL: no plain list of words */
    int n;
};
struct commands {
    RT_VEC(struct command) v;
};

static void release(struct commands *c)
{
    for (int i = 0; i < c->v.n; i++) {
        free(c->v.v[i].text);
        free((void *)(uintptr_t)c->v.v[i].word);
    }
    rt_vec_release(&c->v);
}

static void split_words(struct rt_session *s, struct command *c)
{
    free((void *)(uintptr_t)c->word);
    if (rt_interp_split(s->interp, c->text, &c->word, &c->n, NULL)) {
        c->word = NULL;
        c->n = 0;
    }
}

/* A command may be several lines long. */
static void split(struct rt_session *s, const char *script,
                  struct commands *out)
{
    struct rt_str text = RT_STR_INIT;
    for (const char *p = script; *p;) {
        size_t n = strcspn(p, "\n");
        rt_str_addn(&text, p, n);
        p += n + (p[n] == '\n');
        if (*p && !rt_interp_complete(rt_str_c(&text))) {
            rt_str_addc(&text, '\n');
            continue;
        }
        struct command c = { .text = rt_str_take(&text) };
        if (c.text && *c.text) {
            split_words(s, &c);
            rt_vec_push(&out->v, c);
        } else {
            free(c.text);
        }
    }
    rt_str_release(&text);
}

/* ---- changes ------------------------------------------------------------- */

static bool has_key(const char *word, const char *key, size_t n)
{
    return !strncmp(word, key, n) && word[n] == '=';
}

static void set_words(struct rt_session *s, struct command *c,
                      const char *const *w, int n)
{
    struct rt_str text = RT_STR_INIT;
    for (int i = 0; i < n; i++) {
        if (i)
            rt_str_addc(&text, ' ');
        rt_interp_quote(w[i], &text);
    }
    free(c->text);
    c->text = rt_str_take(&text);
    split_words(s, c);
}

/* What the word `change`, n letters of which are the key, does to one command:
 * how many of its words it has changed. Fits before the run's own, the last
 * command, stay as they were. */
static int change_one(struct rt_session *s, struct command *c, bool last,
                      const char *change, size_t n)
{
    bool seed = n == 4 && !strncmp(change, "seed", 4);
    int changed = 0;
    if (!c->n || (!strcmp(c->word[0], "fit") && !last))
        return 0;
    const char **w = rt_xcalloc((size_t)c->n, sizeof *w);
    for (int i = 0; i < c->n; i++)
        w[i] = c->word[i];
    /* a data set's seed is its own */
    if (seed && !strcmp(w[0], "seed") && c->n == 2) {
        w[1] = change + 5;
        changed++;
    } else if (!seed || !strcmp(w[0], "fit")) {
        for (int i = 1; i < c->n; i++)
            if (has_key(w[i], change, n)) {
                w[i] = change;
                changed++;
            }
    }
    if (changed)
        set_words(s, c, w, c->n);
    free(w);
    return changed;
}

static void append(struct rt_session *s, struct command *c, const char *change)
{
    const char **w = rt_xcalloc((size_t)c->n + 1, sizeof *w);
    for (int i = 0; i < c->n; i++)
        w[i] = c->word[i];
    w[c->n] = change;
    set_words(s, c, w, c->n + 1);
    free(w);
}

static struct command *last_of(struct commands *c, const char *name)
{
    for (int i = c->v.n - 1; i >= 0; i--)
        if (c->v.v[i].n && !strcmp(c->v.v[i].word[0], name))
            return &c->v.v[i];
    return NULL;
}

/* Where a key that stands nowhere belongs: to the fit, else to compile. */
static struct command *taker_of(struct commands *c, const char *key)
{
    struct command *fit = last_of(c, "fit"), *compile = last_of(c, "compile");
    const struct rt_cmd *cmd = rt_cmd_find("fit", NULL);
    if (fit && cmd && rt_opt_find(cmd->opts, sizeof *cmd->opts, key))
        return fit;
    const struct rt_optimizer *o =
        compile && compile->n > 1 ? rt_optimizer_find(compile->word[1], NULL)
                                  : NULL;
    return o && rt_opt_find(o->opts, sizeof *o->opts, key) ? compile : NULL;
}

static int no_taker(const struct commands *c, const char *key,
                    struct rt_err *err)
{
    struct rt_map keys = RT_MAP_INIT;
    for (int i = 0; i < c->v.n; i++)
        for (int k = 1; k < c->v.v[i].n; k++) {
            const char *w = c->v.v[i].word[k], *eq = strchr(w, '=');
            size_t n = eq ? (size_t)(eq - w) : 0;
            char *name = rt_xstrndup(w, n);
            if (n && strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == n)
                rt_map_set(&keys, name, NULL);
            free(name);
        }
    int rc = rt_fail_unknown(err, RT_ENOENT, key, rt_name_of_map, &keys,
                             "no command of its script has %s=", key);
    rt_map_release(&keys);
    return rc;
}

static int change(struct rt_session *s, struct commands *c, const char *word,
                  struct rt_str *told, struct rt_err *err)
{
    const char *eq = strchr(word, '=');
    if (!eq || eq == word || !eq[1])
        return rt_fail(err, RT_EINVAL, "'%s' is no key=value", word);
    size_t n = (size_t)(eq - word);
    int changed = 0;
    for (int i = 0; i < c->v.n; i++)
        changed += change_one(s, &c->v.v[i], i == c->v.n - 1, word, n);
    if (!changed) {
        char *key = rt_xstrndup(word, n);
        struct command *taker = taker_of(c, key);
        int rc = taker ? 0 : no_taker(c, key, err);
        free(key);
        if (rc)
            return rc;
        append(s, taker, word);
    }
    if (told)
        rt_str_addf(told, "%s%s", told->n ? ", " : "", word);
    if (told && changed > 1)
        rt_str_addf(told, " (%d times)", changed);
    return 0;
}

int rt_rerun_script(struct rt_session *s, const char *script,
                    const char *const *changes, int n, struct rt_str *out,
                    size_t *last, struct rt_str *told, struct rt_err *err)
{
    struct commands c = { 0 };
    int rc = 0;
    split(s, script, &c);
    for (int i = 0; i < n && !rc; i++)
        rc = change(s, &c, changes[i], told, err);
    *last = 0;
    for (int i = 0; i < c.v.n && !rc; i++) {
        *last = out->n;
        rt_str_addf(out, "%s\n", c.v.v[i].text);
    }
    release(&c);
    return rc;
}

/* ---- the process --------------------------------------------------------- */

static int repeat(struct rt_session *s, const struct rt_run_row *row,
                  const char *const *changes, int n, struct rt_err *err)
{
    struct rt_str script = RT_STR_INIT, changed = RT_STR_INIT;
    char name[32];
    size_t last;
    snprintf(name, sizeof name, "run %d", row->id);
    int rc = rt_script_of_run(s, row, &script, err);
    if (!rc)
        rc = rt_rerun_script(s, rt_str_c(&script), changes, n, &changed, &last,
                             NULL, err);
    if (!rc && row->dir && chdir(row->dir))
        rc = rt_fail_errno(err, "%s", row->dir);
    if (!rc) {
        char *before = rt_xstrndup(rt_str_c(&changed), last);
        rc = rt_interp_text(s->interp, before, name, err);
        free(before);
    }
    if (!rc) {
        s->repeats = row->id;
        s->point = row->point;
        rc = rt_interp_text(s->interp, rt_str_c(&changed) + last, name, err);
        s->repeats = 0;
        s->point = NULL;
    }
    rt_str_release(&script);
    rt_str_release(&changed);
    return rc;
}

int rt_rerun_child(struct rt_session *s, int id, const char *const *changes,
                   int n, struct rt_err *err)
{
    struct rt_run_row *row = NULL;
    char number[16];
    rt_child_begin();
    snprintf(number, sizeof number, "%d", id);
    struct rt_store *store = rt_session_store(s, err);
    int rc = store ? rt_store_find(store, number, &row, err) : RT_EIO;
    if (!rc)
        rc = repeat(s, row, changes, n, err);
    if (row)
        rt_run_rows_free(row, 1);
    if (rc && err)
        dprintf(3, "%d %s", err->code, err->text);
    return rc;
}
