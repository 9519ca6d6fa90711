/* Editing of one line of UTF-8. The cursor always stands between characters. */
#include "watch/prompt.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "watch/keys.h"

#include <string.h>

void rt_prompt_release(struct rt_prompt *p)
{
    for (int i = 0; i < p->past.n; i++)
        free(p->past.v[i]);
    rt_vec_release(&p->past);
    free(p->typed);
    rt_str_release(&p->label);
    rt_str_release(&p->line);
    rt_str_release(&p->offer);
    *p = (struct rt_prompt){ 0 };
}

static void set_line(struct rt_prompt *p, const char *text)
{
    rt_str_clear(&p->line);
    rt_str_add(&p->line, text);
    p->at = p->line.n;
}

void rt_prompt_begin(struct rt_prompt *p, enum rt_prompt_kind kind,
                     const char *label)
{
    p->kind = kind;
    rt_str_clear(&p->label);
    rt_str_add(&p->label, label);
    rt_str_clear(&p->offer);
    set_line(p, "");
    p->past_at = p->past.n;
}

void rt_prompt_end(struct rt_prompt *p, bool keep)
{
    const char *line = rt_str_c(&p->line);
    bool again = p->past.n && strcmp(p->past.v[p->past.n - 1], line) == 0;
    if (keep && *line && !again)
        rt_vec_push(&p->past, rt_xstrdup(line));
    p->kind = RT_PROMPT_NONE;
    free(p->typed);
    p->typed = NULL;
}

static size_t before(const struct rt_prompt *p, size_t at)
{
    while (at > 0 && ((unsigned char)p->line.s[--at] & 0xc0) == 0x80)
        ;
    return at;
}

static size_t after(const struct rt_prompt *p, size_t at)
{
    uint32_t cp;
    return at + (size_t)rt_utf8_decode(rt_str_c(&p->line) + at, &cp);
}

static size_t word_before(const struct rt_prompt *p)
{
    size_t at = p->at;
    while (at > 0 && p->line.s[at - 1] == ' ')
        at--;
    while (at > 0 && p->line.s[at - 1] != ' ')
        at--;
    return at;
}

static void replace(struct rt_prompt *p, size_t from, size_t to,
                    const char *with, size_t n)
{
    char *tail = rt_xstrdup(rt_str_c(&p->line) + to);
    char *head = rt_xstrndup(rt_str_c(&p->line), from);
    rt_str_clear(&p->line);
    rt_str_add(&p->line, head);
    rt_str_addn(&p->line, with, n);
    rt_str_add(&p->line, tail);
    p->at = from + n;
    free(head);
    free(tail);
}

static void insert(struct rt_prompt *p, int32_t key)
{
    char text[5];
    int n = rt_utf8_encode((uint32_t)key, text);
    replace(p, p->at, p->at, text, (size_t)n);
}

static void go_back(struct rt_prompt *p, int step)
{
    int to = p->past_at + step;
    if (to < 0 || to > p->past.n)
        return;
    if (p->past_at == p->past.n) {
        free(p->typed);
        p->typed = rt_xstrdup(rt_str_c(&p->line));
    }
    p->past_at = to;
    set_line(p, to < p->past.n ? p->past.v[to] : p->typed);
}

static enum rt_prompt_result answer(int32_t key)
{
    switch (key) {
    case 'y':
    case 'Y':
    case RT_KEY_ENTER:
        return RT_PROMPT_DONE;
    case 'n':
    case 'N':
    case 'q':
    case RT_KEY_ESCAPE:
    case RT_KEY_CTRL('c'):
        return RT_PROMPT_LEFT;
    default:
        return RT_PROMPT_EDITS;
    }
}

static void erase(struct rt_prompt *p, size_t from, size_t to)
{
    replace(p, from, to, "", 0);
}

static enum rt_prompt_result edit(struct rt_prompt *p, int32_t key)
{
    switch (key) {
    case RT_KEY_ENTER:
        return RT_PROMPT_DONE;
    case RT_KEY_ESCAPE:
    case RT_KEY_CTRL('c'):
    case RT_KEY_CTRL('g'):
        return RT_PROMPT_LEFT;
    case RT_KEY_TAB:
        return RT_PROMPT_COMPLETE;
    case RT_KEY_BACKSPACE:
        if (!p->line.n)
            return RT_PROMPT_LEFT;
        erase(p, before(p, p->at), p->at);
        break;
    case RT_KEY_DELETE:
    case RT_KEY_CTRL('d'):
        erase(p, p->at, after(p, p->at));
        break;
    case RT_KEY_CTRL('u'):
        erase(p, 0, p->at);
        break;
    case RT_KEY_CTRL('k'):
        erase(p, p->at, p->line.n);
        break;
    case RT_KEY_CTRL('w'):
        erase(p, word_before(p), p->at);
        break;
    case RT_KEY_LEFT:
    case RT_KEY_CTRL('b'):
        p->at = before(p, p->at);
        break;
    case RT_KEY_RIGHT:
    case RT_KEY_CTRL('f'):
        p->at = after(p, p->at);
        break;
    case RT_KEY_HOME:
    case RT_KEY_CTRL('a'):
        p->at = 0;
        break;
    case RT_KEY_END:
    case RT_KEY_CTRL('e'):
        p->at = p->line.n;
        break;
    case RT_KEY_UP:
    case RT_KEY_CTRL('p'):
        go_back(p, -1);
        break;
    case RT_KEY_DOWN:
    case RT_KEY_CTRL('n'):
        go_back(p, 1);
        break;
    default:
        if (key >= ' ' && key != 0x7f && key < 0x110000)
            insert(p, key);
    }
    return RT_PROMPT_EDITS;
}

enum rt_prompt_result rt_prompt_key(struct rt_prompt *p, int32_t key)
{
    if (p->kind == RT_PROMPT_QUESTION)
        return answer(key);
    rt_str_clear(&p->offer);
    bool recalls = key == RT_KEY_UP || key == RT_KEY_DOWN;
    if (recalls && p->kind != RT_PROMPT_COMMAND)
        return RT_PROMPT_EDITS; /* lines typed before are commands */
    return edit(p, key);
}

void rt_prompt_offer(struct rt_prompt *p, size_t from, const char *words)
{
    size_t common = strcspn(words, "\n");
    int n = 0;
    rt_str_clear(&p->offer);
    if (from > p->at)
        return;
    for (const char *w = words; *w; w += strspn(w, "\n")) {
        size_t len = strcspn(w, "\n"), same = 0;
        while (same < common && same < len && w[same] == words[same])
            same++;
        common = same;
        if (n++)
            rt_str_add(&p->offer, "  ");
        rt_str_addn(&p->offer, w, len);
        w += len;
    }
    while (common > 0 && ((unsigned char)words[common] & 0xc0) == 0x80)
        common--; /* candidates that differ within a character */
    if (n && common >= p->at - from)
        replace(p, from, p->at, words, common);
    if (n != 1)
        return;
    rt_str_clear(&p->offer);
    char last = words[common ? common - 1 : 0];
    if (last != '=' && last != '/' && p->at == p->line.n)
        insert(p, ' ');
}
