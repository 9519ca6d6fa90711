/* runs label, note, tag, delete, restore, purge: what is written on recorded
 * runs, and taking them away. */
#include "shell/runs_sub.h"
#include "store/marks.h"

#include <math.h>
#include <string.h>

/* "run 12", or "3 runs" with their numbers. */
static void add_runs(const struct rt_run_picks *p, struct rt_str *out)
{
    if (p->n != 1)
        rt_str_addf(out, "%d runs", p->n);
    else
        rt_str_addf(out, "run %d (%s)", p->row[0].id, p->row[0].name);
    for (int i = 0; p->n > 1 && i < p->n && i < 20; i++)
        rt_str_addf(out, "%s%d", i ? " " : ": ", p->row[i].id);
    if (p->n > 20)
        rt_str_add(out, " ...");
}

static void put_ids(const struct rt_run_picks *p, struct rt_value *out)
{
    rt_value_set_list(out);
    for (int i = 0; i < p->n; i++)
        rt_value_set_int(rt_value_push(out), p->row[i].id);
}

/* One line, without what a terminal would take for its own. */
static int check_text(const char *what, const char *text, struct rt_err *err)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ')
            return rt_fail(err, RT_EINVAL, "a %s is one line of text", what);
    return 0;
}

static int mark(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                enum rt_run_mark which, const char *what, struct rt_err *err)
{
    struct rt_run_picks p;
    const struct rt_texts *w = &ask->words;
    if (w->n != 2)
        return rt_fail(err, RT_EINVAL, "want %s RUN TEXT", what);
    int rc = check_text(what, w->v[1], err);
    if (!rc)
        rc = rt_run_named(call->s, w->v, 1, &p, err);
    if (rc)
        return rc;
    for (int i = 0; i < p.n && !rc; i++)
        rc = rt_store_mark(call->s->store, p.row[i].id, which, w->v[1], err);
    if (!rc) {
        add_runs(&p, &call->out->text);
        rt_str_addf(&call->out->text, *w->v[1] ? ": %s '%s'" : ": no %s%s",
                    what, w->v[1]);
        put_ids(&p, &call->out->value);
    }
    rt_run_picks_free(&p);
    return rc;
}

int rt_runs_label(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                  struct rt_err *err)
{
    return mark(call, ask, RT_MARK_LABEL, "label", err);
}

int rt_runs_note(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                 struct rt_err *err)
{
    return mark(call, ask, RT_MARK_NOTE, "note", err);
}

/* ---- tags ---------------------------------------------------------------- */

static int check_tag(const char *tag, struct rt_err *err)
{
    tag += *tag == '!';
    if (!*tag || strpbrk(tag, " \t\n\"{}[]$;<>=!,"))
        return rt_fail(err, RT_EINVAL,
                       "'%s' cannot be a tag: want a word of letters, digits, "
                       "_ - . :",
                       tag);
    return 0;
}

/* The tags without one. */
static void add_others(const char *tags, const char *tag, struct rt_str *out)
{
    size_t len = strlen(tag);
    for (const char *p = tags; *p;) {
        size_t n = strcspn(p, " ");
        if (n && (n != len || strncmp(p, tag, n))) {
            rt_str_add(out, out->n ? " " : "");
            rt_str_addn(out, p, n);
        }
        p += n + (p[n] == ' ');
    }
}

/* word: tag to add, or !tag to take away. */
static int tag_run(struct rt_store *s, struct rt_run_row *r,
                   const char *const *words, int n, struct rt_err *err)
{
    struct rt_str tags = RT_STR_INIT;
    rt_str_add(&tags, r->tags);
    for (int i = 0; i < n; i++) {
        bool away = *words[i] == '!';
        struct rt_str others = RT_STR_INIT;
        add_others(rt_str_c(&tags), words[i] + away, &others);
        if (!away)
            rt_str_addf(&others, "%s%s", others.n ? " " : "", words[i]);
        rt_str_release(&tags);
        tags = others;
    }
    int rc = rt_store_mark(s, r->id, RT_MARK_TAGS, rt_str_c(&tags), err);
    free(r->tags);
    r->tags = rt_str_take(&tags);
    return rc;
}

int rt_runs_tag(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                struct rt_err *err)
{
    struct rt_run_picks p;
    const struct rt_texts *w = &ask->words;
    int rc = w->n < 2 ? rt_fail(err, RT_EINVAL,
                                "want tag RUN WORD..., !WORD takes one away")
                      : 0;
    for (int i = 1; i < w->n && !rc; i++)
        rc = check_tag(w->v[i], err);
    if (!rc)
        rc = rt_run_named(call->s, w->v, 1, &p, err);
    if (rc)
        return rc;
    for (int i = 0; i < p.n && !rc; i++)
        rc = tag_run(call->s->store, &p.row[i], w->v + 1, w->n - 1, err);
    if (!rc) {
        add_runs(&p, &call->out->text);
        if (p.n == 1)
            rt_str_addf(&call->out->text, ": %s",
                        p.row[0].tags && *p.row[0].tags ? p.row[0].tags
                                                        : "no tags");
        put_ids(&p, &call->out->value);
    }
    rt_run_picks_free(&p);
    return rc;
}

/* ---- taking away --------------------------------------------------------- */

enum away { DELETE, RESTORE, PURGE };

static int take(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                enum away how, struct rt_err *err)
{
    static const char *const verb[] = { "delete", "restore", "purge" };
    static const char *const deleted[] = { "deleted" };
    struct rt_run_picks p;
    const struct rt_texts *w = &ask->words;
    struct rt_store *store = rt_session_store(call->s, err);
    if (!store)
        return rt_err_code(err, RT_EIO);
    if (!w->n && how != PURGE)
        return rt_fail(err, RT_EINVAL, "want %s RUN...", verb[how]);
    /* purge alone means all that are deleted */
    int rc = w->n ? rt_run_named(call->s, w->v, w->n, &p, err)
                  : rt_run_pick(call->s, deleted, 1, NULL, 0, &p, err);
    if (rc)
        return rc;
    for (int i = 0; i < p.n && !rc; i++)
        rc = how == PURGE
                 ? rt_store_purge(store, &p.row[i], err)
                 : rt_store_delete(store, &p.row[i], how == DELETE, err);
    if (!rc) {
        add_runs(&p, &call->out->text);
        rt_str_addf(&call->out->text, "%s",
                    how == DELETE    ? " deleted; `runs restore` brings back "
                                       "what `runs purge` has not taken"
                    : how == RESTORE ? " restored"
                                     : " gone for ever");
        put_ids(&p, &call->out->value);
    }
    rt_run_picks_free(&p);
    return rc;
}

int rt_runs_delete(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                   struct rt_err *err)
{
    return take(call, ask, DELETE, err);
}

int rt_runs_restore(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                    struct rt_err *err)
{
    return take(call, ask, RESTORE, err);
}

int rt_runs_purge(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                  struct rt_err *err)
{
    return take(call, ask, PURGE, err);
}
