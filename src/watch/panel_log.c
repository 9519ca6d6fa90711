/* What happened and what was typed, the newest at the bottom. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "watch/view.h"

#include <stdlib.h>
#include <string.h>

static bool move(struct rt_view *v, int n)
{
    int64_t count = v->host->n_messages(v->host->ctx);
    int64_t back = v->log_back - n;
    if (count < 2)
        return false;
    v->log_back = back < 0 ? 0 : back > count - 1 ? count - 1 : back;
    return true;
}

enum { INDENT = 10, LINES_MOST = 4 }; /* of a message: where it goes on */

/* How much of a text fits into width cells, up to the end of a word if there is
 * one; *next is where the next line begins. */
static size_t line_of(const char *text, int width, size_t *next)
{
    size_t n = rt_utf8_cut(text, width), end = n;
    if (text[n]) {
        while (end > 0 && text[end] != ' ')
            end--;
        end = end ? end : n;
    }
    *next = end + strspn(text + end, " ");
    return end;
}

/* A message in at most `most` lines, of which the first `skip` are above y;
 * returns how many it has. c NULL: only counts. */
static int put_message(struct rt_canvas *c, struct rt_rect at, int skip,
                       int most, const struct rt_watch_message *m)
{
    static const uint32_t color[] = { RT_C_TEXT, RT_C_WARNING, RT_C_ERROR };
    static const char *const sign[] = { "", "! ", "✗ " };
    struct rt_pen pen = { .fg = color[m->level] };
    struct rt_str t = RT_STR_INIT;
    const char *text = m->text, *who = m->who ? m->who : "";
    int x = at.x, y = at.y - skip, end = at.x + at.w, n = 1;
    rt_str_add_time(&t, m->wall);
    x += rt_utf8_width(rt_str_c(&t)) + 2;
    if (c && skip == 0) {
        rt_canvas_text(c, at.x, y, at.w, rt_str_c(&t), RT_PEN_DIM);
        rt_canvas_text(c, x, y, end - x, sign[m->level], pen);
    }
    x += rt_utf8_width(sign[m->level]);
    if (c && skip == 0)
        rt_canvas_text(c, x, y, end - x, who, RT_PEN_DIM);
    x += rt_utf8_width(who) + (*who && *who != ':' ? 2 : 0);
    for (;; n++) {
        size_t next;
        size_t len = line_of(text, end - x > 1 ? end - x : 1, &next);
        bool last = n == most || !text[next];
        char *part = last ? rt_xstrdup(text) : rt_xstrndup(text, len);
        if (c && y >= at.y)
            rt_canvas_text(c, x, y, end - x, part, pen);
        free(part);
        if (last)
            break;
        text += next;
        y++;
        x = at.x + INDENT;
    }
    rt_str_release(&t);
    return n;
}

/* The first message that is shown when message newest - 1 is the last, and how
 * many of its lines are above. */
static int64_t first_shown(const struct rt_view *v, struct rt_rect in, int most,
                           int64_t newest, int *above)
{
    int used = 0;
    int64_t i = newest;
    struct rt_watch_message m;
    while (i > 0 && used < in.h && v->host->message(v->host->ctx, i - 1, &m)) {
        used += put_message(NULL, in, 0, most, &m);
        i--;
    }
    *above = used > in.h ? used - in.h : 0;
    return i;
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_words right = { 0 };
    int64_t count = v->host->n_messages(v->host->ctx);
    if (v->log_back >= count)
        v->log_back = count > 0 ? count - 1 : 0;
    bool bare = pane->edge == RT_EDGE_NONE;
    int64_t newest = count - (bare ? 0 : v->log_back);
    if (!bare && v->log_back)
        rt_words_add(&right, 0, RT_PEN_DIM, "%lld newer below",
                     (long long)v->log_back);
    struct rt_rect in = rt_panel_frame(c, pane, "log", &right, NULL);
    if (!bare && count == 0)
        rt_panel_empty(c, in, "no messages");
    struct rt_rect old = rt_canvas_clip(c, in);
    struct rt_rect at = { in.x + 1, in.y, in.w - 2, in.h };
    int most = bare || at.w < 2 * INDENT ? 1 : LINES_MOST, above;
    struct rt_watch_message m;
    for (int64_t i = first_shown(v, at, most, newest, &above); i < newest; i++)
        if (v->host->message(v->host->ctx, i, &m)) {
            at.y += put_message(c, at, above, most, &m) - above;
            above = 0;
        }
    rt_canvas_unclip(c, old);
}

const struct rt_panel rt_panel_log = {
    .name = "log",
    .key = '5',
    .help = "messages, and what was typed",
    .move = move,
    .draw = draw,
};
