#include "shell/complete_usage.h"

#include "base/mem.h"

#include <retort/plugin.h>

#include <stdlib.h>
#include <string.h>

#define LOWER   "abcdefghijklmnopqrstuvwxyz_"
#define CAPITAL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char between[] = " | ";

/* The end of the alternative at p; what follows a ';' belongs to all. */
static const char *end_of(const char *p)
{
    const char *bar = strstr(p, between), *rest = strchr(p, ';');
    const char *end = bar ? bar : p + strlen(p);
    return rest && rest < end ? rest : end;
}

static const char *next(const char *end)
{
    return strncmp(end, between, sizeof between - 1) ? NULL
                                                     : end + sizeof between - 1;
}

/* One of the verbs that an alternative begins with, "[add] " "label|note ": its
 * length, 0 past the last. */
static size_t verb_at(const char **p)
{
    while (**p == '|' || **p == '[' || **p == ']')
        ++*p;
    size_t n = strspn(*p, LOWER);
    return n && strchr("|] ;", (*p)[n]) ? n : 0;
}

/* Behind the verbs of an alternative if one of them is the verb's. */
static const char *behind(const char *p, const char *verb)
{
    bool found = false;
    size_t n;
    for (; (n = verb_at(&p)); p += n) {
        found |= n == strlen(verb) && !strncmp(p, verb, n);
        if (p[n] == ' ' || !p[n] || p[n] == ';')
            return found ? p + n : NULL;
    }
    return found ? p : NULL;
}

void rt_usage_verbs(struct rt_candidates *l, const char *usage)
{
    for (const char *p = usage; p; p = next(end_of(p))) {
        const char *at = p;
        for (size_t n; (n = verb_at(&at)); at += n) {
            char *verb = rt_xstrndup(at, n);
            rt_candidate(l, verb, "");
            free(verb);
            if (at[n] == ' ' || !at[n])
                break;
        }
    }
}

void rt_usage_leads(struct rt_candidates *l, const char *usage)
{
    for (const char *p = usage ? strchr(usage, '[') : NULL; p;
         p = strchr(p + 1, '[')) {
        size_t n = strspn(p + 1, LOWER);
        bool leads =
            p > usage && n && p[1 + n] == ' ' && strchr("{" CAPITAL, p[2 + n]);
        if (leads || (n && p > usage && p[1 + n] == ']')) {
            char *word = rt_xstrndup(p + 1, n);
            rt_candidate(l, word, "");
            free(word);
        }
    }
}

bool rt_usage_has(const char *usage, const char *verb)
{
    for (const char *p = usage; p; p = next(end_of(p)))
        if (behind(p, verb))
            return true;
    return false;
}

/* What a word in capitals stands for. */
static int names_of(const char *word, size_t n, int own)
{
    static const struct {
        const char *word;
        int names;
    } known[] = {
        { "CALLBACK", RT_NAMES_CALLBACK },
        { "CHECKPOINT", RT_NAMES_CHECKPOINT },
        { "EVENT", RT_NAMES_EVENT },
        { "MODEL", RT_NAMES_MODEL },
        { "PLUGIN", RT_NAMES_PLUGIN },
        { "SWEEP", RT_NAMES_SWEEP },
        { "DATA", RT_NAMES_DATA },
        { "FILE", RT_NAMES_FILE },
        { "KEY", RT_NAMES_SERIES },
        { "KIND", RT_NAMES_CALLBACK_KIND },
        { "LAYER", RT_NAMES_LAYER },
        { "NAME", -1 },
        { "OUTPUT", RT_NAMES_OUTPUT },
        { "RUN", RT_NAMES_RUN },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].word) == n && !strncmp(known[i].word, word, n))
            return known[i].names < 0 ? own : known[i].names;
    return RT_NAMES_NONE;
}

/* after:LAYER|before:LAYER, RUN..., kernel|bias: what the word could be. */
static void add_word(struct rt_candidates *l, struct rt_session *s,
                     const char *word, size_t n, int own)
{
    const char *typed = l->word;
    for (size_t at = 0; at < n; at++) {
        size_t led = strspn(word + at, LOWER);
        bool colon = word[at + led] == ':';
        size_t from = at + led + colon;
        size_t len = strspn(word + from, CAPITAL);
        char *before =
            rt_xprintf("%s%.*s", l->head, (int)(led + colon), word + at);
        if (led && !colon) {
            rt_candidate(l, before + strlen(l->head), "");
        } else if (len && !strncmp(typed, word + at, led + colon)) {
            const char *head = l->head;
            l->head = before;
            l->word = typed + led + colon;
            rt_candidates_named(l, s, names_of(word + from, len, own));
            l->head = head;
            l->word = typed;
        } else if (colon && !strncmp(word + at, typed, strlen(typed))) {
            rt_candidate(l, before + strlen(l->head), "");
        }
        free(before);
        at += strcspn(word + at, "|");
    }
}

void rt_usage_follow(struct rt_candidates *l, struct rt_session *s,
                     const char *usage, const char *verb, int at, int own)
{
    for (const char *p = usage; p; p = next(end_of(p))) {
        const char *end = end_of(p), *word = behind(p, verb);
        int k = 0;
        while (word && (word += strspn(word, " ]")) < end) {
            size_t n = strcspn(word, " ");
            if (word + n > end)
                n = (size_t)(end - word);
            bool key = memchr(word, '=', n) || *word == '-' || *word == '&';
            size_t first = *word == '[';
            if (!key &&
                (++k == at || (k < at && n > 3 && memmem(word, n, "...", 3))))
                add_word(l, s, word + first, n - first, own);
            word += n;
        }
    }
}

bool rt_usage_takes(const char *usage, const char *verb, const char *key)
{
    const char *all = strchr(usage, ';');
    size_t n = strlen(key);
    for (const char *p = usage; p; p = next(end_of(p))) {
        const char *end = end_of(p), *word = behind(p, verb);
        for (; word && (word = strstr(word, key)) && word < end; word += n)
            if (strchr(" [", word[-1]) && word[n] == '=')
                return true;
    }
    return all && strstr(all, key);
}

bool rt_usage_pairs(struct rt_candidates *l, struct rt_session *s,
                    const char *usage)
{
    const struct rt_model *m = s->model ? s->model->model : NULL;
    if (!usage || !strstr(usage, "INPUT=") || !strstr(usage, "OUTPUT="))
        return false;
    for (int i = 0; m && i < m->n_inputs; i++)
        rt_candidate(l, m->inputs[i].layer->name, "=");
    for (int i = 0; m && i < m->n_outputs; i++)
        rt_candidate(l, m->outputs[i].name, "=");
    return true;
}
