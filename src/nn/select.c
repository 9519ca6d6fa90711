/* Sets of layers: a word after the other, each adding or taking away. */
#include "nn/select.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "nn/group.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The first and the last of what a name means: a layer, or a group, which may
 * be one within a group. */
struct span {
    int first, last;
};

static bool find(const struct rt_model *m, const char *name, size_t n,
                 struct span *s)
{
    for (int i = 0; i < m->n_layers; i++)
        if (!strncmp(m->layers[i]->name, name, n) && !m->layers[i]->name[n]) {
            *s = (struct span){ i, i };
            return true;
        }
    char *text = rt_xstrndup(name, n);
    bool *of_group = rt_xcalloc((size_t)m->n_layers + 1, sizeof *of_group);
    bool found = rt_group_choose(m, text, of_group) > 0;
    if (found) {
        for (s->first = 0; !of_group[s->first];)
            s->first++;
        for (s->last = m->n_layers - 1; !of_group[s->last];)
            s->last--;
    }
    free(of_group);
    free(text);
    return found;
}

static bool is_layer(const struct rt_model *m, const char *name)
{
    struct span s;
    return find(m, name, strlen(name), &s);
}

static int find_end(const struct rt_model *m, const char *name, size_t n,
                    const char *word, struct span *s, struct rt_err *err)
{
    if (find(m, name, n, s))
        return RT_OK;
    char *text = rt_xstrndup(name, n);
    rt_model_layer_find(m, text, err);
    free(text);
    return rt_err_within(err, "'%s'", word);
}

static const char *after(const char *word, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(word, prefix, n) ? NULL : word + n;
}

/* ---- branches ------------------------------------------------------------ */

/* Marks what leads to a place. Calls are known by their place in the order,
 * inputs stand before what reads them, so one sweep down is enough. */
static void mark_below(const struct rt_model *m, const struct rt_place *p,
                       bool *call, bool *layer)
{
    int top = p->layer->calls[p->call].seq;
    memset(call, 0, (size_t)m->n_order);
    call[top] = true;
    for (int i = top; i >= 0; i--) {
        if (!call[i])
            continue;
        const struct rt_place *at = &m->order[i];
        const struct rt_model_call *c = &at->layer->calls[at->call];
        for (int k = 0; k < c->n_in; k++)
            call[c->in[k].layer->calls[c->in[k].call].seq] = true;
        for (int k = 0; k < m->n_layers; k++)
            if (m->layers[k] == at->layer)
                layer[k] = true;
    }
}

static int pick_branch(const struct rt_model *m, const char *name, bool *pick,
                       struct rt_err *err)
{
    size_t n = (size_t)m->n_layers + 1;
    bool *call = rt_xcalloc((size_t)m->n_order + 1, sizeof *call);
    bool *others = rt_xcalloc(n, sizeof *others);
    const char **names = rt_xcalloc((size_t)m->n_outputs + 1, sizeof *names);
    bool found = false;
    for (int i = 0; i < m->n_outputs; i++) {
        const struct rt_place *p = &m->outputs[i].place;
        bool is = !strcmp(m->outputs[i].name, name);
        found = found || is;
        names[i] = m->outputs[i].name;
        mark_below(m, p, call, is ? pick : others);
    }
    if (!found)
        rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_list, names,
                        "'%s' is no output of model '%s'", name, m->name);
    for (int i = 0; i < m->n_layers; i++)
        pick[i] = pick[i] && !others[i];
    free(names);
    free(others);
    free(call);
    return found ? RT_OK : RT_ENOENT;
}

/* ---- words --------------------------------------------------------------- */

static void pick_range(int from, int to, bool *pick)
{
    for (int i = from; i <= to; i++)
        pick[i] = true;
}

static bool is_class(const struct rt_model_layer *l, const char *name)
{
    return !strcasecmp(l->type->keras, name) || !strcmp(l->type->name, name) ||
           (l->group && !strcasecmp(rt_group_class(l->group), name));
}

static void pick_each(const struct rt_model *m, const char *word, bool *pick)
{
    const char *class = after(word, "class:"), *begin = after(word, "prefix:");
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        pick[i] = class   ? is_class(l, class)
                  : begin ? after(l->name, begin) != NULL
                          : !fnmatch(word, l->name, 0);
    }
}

/* "a..b", where neither name holds two dots that would part it elsewhere. */
static int pick_span(const struct rt_model *m, const char *word, bool *pick,
                     struct rt_err *err)
{
    struct span a, b;
    for (const char *dots = strstr(word, ".."); dots;
         dots = strstr(dots + 1, ".."))
        if (find(m, word, (size_t)(dots - word), &a) &&
            find(m, dots + 2, strlen(dots + 2), &b)) {
            pick_range(a.first < b.first ? a.first : b.first,
                       a.last > b.last ? a.last : b.last, pick);
            return RT_OK;
        }
    const char *dots = strstr(word, "..");
    int rc = find_end(m, word, (size_t)(dots - word), word, &a, err);
    return rc ? rc : find_end(m, dots + 2, strlen(dots + 2), word, &b, err);
}

static int pick_word(const struct rt_model *m, const char *word, bool *pick,
                     struct rt_err *err)
{
    const char *name;
    struct span s;
    for (int i = 0; i < m->n_layers; i++)
        pick[i] = false;
    if (find(m, word, strlen(word), &s)) {
        if (s.first != s.last)
            rt_group_choose(m, word, pick);
        pick[s.first] = true;
        return RT_OK;
    }
    if ((name = after(word, "branch:")))
        return pick_branch(m, name, pick, err);
    if ((name = after(word, "upto:")) || (name = after(word, "after:"))) {
        int rc = find_end(m, name, strlen(name), word, &s, err);
        if (!rc && *word == 'u')
            pick_range(0, s.last, pick);
        else if (!rc)
            pick_range(s.last + 1, m->n_layers - 1, pick);
        return rc;
    }
    if (strstr(word, "..") && strcspn(word, "*?[") == strlen(word))
        return pick_span(m, word, pick, err);
    pick_each(m, word, pick);
    return RT_OK;
}

static int check_found(const struct rt_model *m, const char *word,
                       const bool *pick, struct rt_err *err)
{
    /* Behind the last layer, or in a branch that shares all, may be nothing. */
    if (after(word, "after:") || after(word, "branch:"))
        return RT_OK;
    for (int i = 0; i < m->n_layers; i++)
        if (pick[i])
            return RT_OK;
    if (strcspn(word, "*?[:") == strlen(word))
        rt_model_layer_find(m, word, err);
    else
        rt_fail(err, RT_ENOENT, "no layer of model '%s' fits '%s'", m->name,
                word);
    return RT_ENOENT;
}

int rt_select(const struct rt_model *m, const char *const *words, int n,
              bool *chosen, struct rt_err *err)
{
    bool *pick = rt_xcalloc((size_t)m->n_layers + 1, sizeof *pick);
    int count = 0, rc = RT_OK;
    bool all = n == 0 || (*words[0] == '!' && !is_layer(m, words[0]));
    for (int i = 0; i < m->n_layers; i++)
        chosen[i] = all;
    for (int w = 0; w < n && !rc; w++) {
        bool away = *words[w] == '!' && !is_layer(m, words[w]);
        rc = pick_word(m, words[w] + away, pick, err);
        if (!rc)
            rc = check_found(m, words[w] + away, pick, err);
        for (int i = 0; i < m->n_layers && !rc; i++)
            if (pick[i])
                chosen[i] = !away;
    }
    for (int i = 0; i < m->n_layers; i++)
        count += chosen[i];
    free(pick);
    return rc ? rc : count;
}
