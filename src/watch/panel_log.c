/* What happened and what was typed, the newest at the bottom. */
#include "base/clock.h"
#include "watch/view.h"

static bool move(struct rt_view *v, int n)
{
    int64_t count = v->host->n_messages(v->host->ctx);
    int64_t back = v->log_back - n;
    if (count < 2)
        return false;
    v->log_back = back < 0 ? 0 : back > count - 1 ? count - 1 : back;
    return true;
}

static void put_message(struct rt_canvas *c, int x, int y, int w,
                        const struct rt_watch_message *m)
{
    static const uint32_t color[] = { RT_C_TEXT, RT_C_WARNING, RT_C_ERROR };
    static const char *const sign[] = { "", "! ", "✗ " };
    struct rt_str t = RT_STR_INIT;
    struct rt_pen pen = { .fg = color[m->level] };
    rt_str_add_time(&t, m->wall);
    int end = x + w;
    x += rt_canvas_text(c, x, y, w, rt_str_c(&t), RT_PEN_DIM) + 2;
    x += rt_canvas_text(c, x, y, end - x, sign[m->level], pen);
    if (m->who && m->who[0]) {
        x += rt_canvas_text(c, x, y, end - x, m->who, RT_PEN_DIM);
        x += m->who[0] == ':' ? 0 : 2;
    }
    rt_canvas_text(c, x, y, end - x, m->text, pen);
    rt_str_release(&t);
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
    int shown = newest < in.h ? (int)newest : in.h;
    for (int i = 0; i < shown; i++) {
        struct rt_watch_message m;
        if (v->host->message(v->host->ctx, newest - shown + i, &m))
            put_message(c, in.x + 1, in.y + i, in.w - 2, &m);
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
