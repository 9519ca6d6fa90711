/* The last line: the keys that act here, or what is being typed. */
#include "base/mem.h"
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

enum { OFFER_ROWS = 10 }; /* above the line, at most */

/* The next of the words, which stand two blanks apart; NULL: no more. */
static const char *next_word(const char **at, size_t *n)
{
    const char *word = *at + strspn(*at, " "), *end = strstr(word, "  ");
    *n = end ? (size_t)(end - word) : strlen(word);
    *at = word + *n;
    return *word ? word : NULL;
}

static int word_width(const char *word, size_t n)
{
    char *one = rt_xstrndup(word, n);
    int width = rt_utf8_width(one);
    free(one);
    return width;
}

/* What completion offers, in columns above the line; how many more there are
 * stands in the place of the last. */
static void draw_offer(const char *offer, struct rt_canvas *c, struct rt_rect r)
{
    const char *at = offer, *word;
    int widest = 1, count = 0, room = r.w - 2;
    size_t n;
    while ((word = next_word(&at, &n))) {
        int width = word_width(word, n);
        widest = width > widest ? width : widest;
        count++;
    }
    int each = widest + 2 < room ? widest + 2 : room;
    int across = each > 0 && room / each > 0 ? room / each : 1;
    int rows = (count + across - 1) / across, most = r.y / 2;
    most = most < OFFER_ROWS ? most : OFFER_ROWS;
    rows = rows < most ? rows : most;
    int shown = count > rows * across ? rows * across - 1 : count;
    struct rt_rect above = { r.x, r.y - rows, r.w, rows };
    rt_canvas_fill(c, above, ' ', RT_PEN_TEXT);
    at = offer;
    for (int i = 0; i < shown && (word = next_word(&at, &n)); i++) {
        char *one = rt_xstrndup(word, n);
        rt_canvas_text(c, r.x + 1 + i % across * each, above.y + i / across,
                       each - 1, one, RT_PEN_DIM);
        free(one);
    }
    if (shown < count && shown >= 0)
        rt_canvas_printf(c, r.x + 1 + shown % across * each,
                         above.y + shown / across, RT_PEN_KEY, "… %d more",
                         count - shown);
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
    if (rt_str_c(&p->offer)[0] && r.y > 1)
        draw_offer(rt_str_c(&p->offer), c, r);
}

const struct rt_panel rt_panel_foot = {
    .name = "keys",
    .help = "the keys that act here",
    .draw = draw,
};
