/* The last line: the keys that act here, or what is being typed. */
#include "base/utf8.h"
#include "watch/keys.h"
#include "watch/view.h"

#include <stdlib.h>
#include <string.h>

/* "p Space" is shown as "p"; "+" and "-" as they are. */
static void add_key(struct rt_words *w, int rank, const struct rt_keystroke *k)
{
    rt_words_add(w, rank, RT_PEN_KEY, "%.*s", (int)strcspn(k->keys, " "),
                 k->keys);
    rt_words_join(w, RT_PEN_DIM, " %s", k->brief);
}

static void draw_keys(struct rt_view *v, struct rt_canvas *c, struct rt_rect r)
{
    struct rt_words w = { 0 };
    int n;
    const struct rt_keystroke *k = rt_keys(&n);
    unsigned on = rt_view_on(v, r.y > 1);
    for (int i = 0; i < n; i++)
        if (k[i].brief && (k[i].needs & ~on) == 0)
            add_key(&w, i, &k[i]);
    rt_words_fit(&w, r.w - 2);
    rt_words_draw(&w, c, r.x + 1, r.y);
}

/* The line slides so that the cursor, a reversed cell, is always seen. */
static void draw_line(const struct rt_prompt *p, struct rt_canvas *c,
                      struct rt_rect r)
{
    const char *line = rt_str_c(&p->line);
    int x = r.x + 1;
    x += rt_canvas_text(c, x, r.y, r.w - 2, rt_str_c(&p->label), RT_PEN_KEY);
    int room = r.x + r.w - 1 - x;
    char *head = strndup(line, p->at);
    int before = head ? rt_utf8_width(head) : 0;
    free(head);
    const char *from = line;
    while (before >= room && *from) {
        uint32_t cp;
        from += rt_utf8_decode(from, &cp);
        before -= rt_utf8_cell(cp);
    }
    rt_canvas_text(c, x, r.y, room, from, RT_PEN_TEXT);
    struct rt_cell *cell = rt_canvas_at(c, x + before, r.y);
    if (cell)
        cell->attr |= RT_A_REVERSE;
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_rect r = pane->at;
    const struct rt_prompt *p = &v->prompt;
    if (p->kind == RT_PROMPT_NONE) {
        draw_keys(v, c, r);
        return;
    }
    if (p->kind == RT_PROMPT_QUESTION) {
        struct rt_words w = { 0 };
        rt_words_add(&w, 0, RT_PEN_TITLE, "%s", rt_str_c(&p->label));
        rt_words_add(&w, 1, RT_PEN_KEY, "y");
        rt_words_join(&w, RT_PEN_DIM, " yes");
        rt_words_add(&w, 1, RT_PEN_KEY, "n");
        rt_words_join(&w, RT_PEN_DIM, " no");
        rt_words_draw(&w, c, r.x + 1, r.y);
        return;
    }
    draw_line(p, c, r);
    if (rt_str_c(&p->offer)[0] && r.y > 0) {
        struct rt_rect above = { r.x, r.y - 1, r.w, 1 };
        rt_canvas_fill(c, above, ' ', RT_PEN_TEXT);
        rt_canvas_text(c, r.x + 1, r.y - 1, r.w - 2, rt_str_c(&p->offer),
                       RT_PEN_DIM);
    }
}

const struct rt_panel rt_panel_foot = {
    .name = "keys",
    .help = "the keys that act here",
    .draw = draw,
};
