/* Pages above the panels: the keys that act, and what a command said. */
#include "base/utf8.h"
#include "watch/keys.h"
#include "watch/view.h"

#include <stdio.h>
#include <string.h>

static void page_words(const struct rt_view *v, int n, int room,
                       struct rt_words *foot)
{
    if (n > room && room > 0)
        rt_words_add(foot, 0, RT_PEN_DIM, "%d–%d of %d", v->page_top + 1,
                     v->page_top + room < n ? v->page_top + room : n, n);
}

/* Keeps the page from being scrolled past its end. */
static void settle_top(struct rt_view *v, int n, int room)
{
    v->page_room = room;
    v->page_lines = n;
    if (v->page_top > n - room)
        v->page_top = n - room;
    if (v->page_top < 0)
        v->page_top = 0;
}

struct entry {
    char keys[16];
    const char *help;
};
enum { ENTRIES_MAX = 80 };

/* The keys that act once the page is closed, panels first. */
static int entries(struct rt_view *v, struct entry out[ENTRIES_MAX])
{
    int n_keys, n = 0;
    const struct rt_keystroke *k = rt_keys(&n_keys);
    const struct rt_panel *const *p = rt_panels();
    unsigned on = (rt_view_on(v, true) & ~(unsigned)RT_ON_PAGE) | RT_ON_VIEW;
    for (int i = 0; i < n_keys && n < ENTRIES_MAX; i++) {
        if ((k[i].needs & ~on) || !k[i].help[0])
            continue;
        snprintf(out[n].keys, sizeof out[n].keys, "%s", k[i].keys);
        out[n++].help = k[i].help;
    }
    for (int key = '1'; key <= '9'; key++)
        for (int i = 0; p[i] && n < ENTRIES_MAX; i++)
            if (p[i]->key == key && rt_panel_by_key(v, key)) {
                snprintf(out[n].keys, sizeof out[n].keys, "%c", key);
                out[n++].help = p[i]->help;
            }
    return n;
}

static void draw_help(struct rt_view *v, struct rt_canvas *c,
                      const struct rt_pane *pane)
{
    struct entry e[ENTRIES_MAX];
    struct rt_words foot = { 0 };
    int n = entries(v, e), room = pane->at.h - 2, widest = 0;
    settle_top(v, n, room);
    page_words(v, n, room, &foot);
    for (int i = 0; i < n; i++) {
        int w = rt_utf8_width(e[i].keys);
        widest = w > widest ? w : widest;
    }
    rt_canvas_fill(c, pane->at, ' ', RT_PEN_TEXT);
    struct rt_rect in = rt_panel_frame(c, pane, "keys", NULL, &foot);
    struct rt_rect old = rt_canvas_clip(c, in);
    for (int i = 0; i < room && v->page_top + i < n; i++) {
        const struct entry *at = &e[v->page_top + i];
        rt_canvas_text(c, in.x + 2, in.y + i, widest, at->keys, RT_PEN_KEY);
        rt_canvas_text(c, in.x + 4 + widest, in.y + i, in.w - 5 - widest,
                       at->help, RT_PEN_TEXT);
    }
    rt_canvas_unclip(c, old);
}

static int help_lines(struct rt_view *v)
{
    struct entry e[ENTRIES_MAX];
    return entries(v, e);
}

static int text_lines(struct rt_view *v)
{
    int n = 0;
    for (const char *s = rt_str_c(&v->page); *s; n++) {
        s += strcspn(s, "\n");
        s += *s == '\n';
    }
    return n;
}

static void draw_text(struct rt_view *v, struct rt_canvas *c,
                      const struct rt_pane *pane)
{
    struct rt_words foot = { 0 };
    const char *s = rt_str_c(&v->page);
    int n = text_lines(v), room = pane->at.h - 2;
    settle_top(v, n, room);
    page_words(v, n, room, &foot);
    rt_canvas_fill(c, pane->at, ' ', RT_PEN_TEXT);
    struct rt_rect in = rt_panel_frame(c, pane, v->page_title, NULL, &foot);
    struct rt_rect old = rt_canvas_clip(c, in);
    for (int i = 0; *s && i < v->page_top + room; i++) {
        size_t len = strcspn(s, "\n");
        if (i >= v->page_top)
            rt_canvas_printf(c, in.x + 1, in.y + i - v->page_top, RT_PEN_TEXT,
                             "%.*s", (int)len, s);
        s += len + (s[len] == '\n');
    }
    rt_canvas_unclip(c, old);
}

const struct rt_panel rt_panel_help = {
    .name = "help",
    .help = "the keys that act",
    .lines = help_lines,
    .draw = draw_help,
};

const struct rt_panel rt_panel_text = {
    .name = "text",
    .help = "what a command said",
    .lines = text_lines,
    .draw = draw_text,
};
