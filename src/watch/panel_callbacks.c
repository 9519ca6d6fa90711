/* How far each callback is from acting: the lines it gives itself. */
#include "base/utf8.h"
#include "plot/axis.h"
#include "watch/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool useful(const struct rt_view *v)
{
    return v->has_snap && v->snap.callbacks && v->snap.callbacks[0];
}

/* A line "early_stopping\t7/10, best 0.031"; returns the next one. */
struct line {
    const char *name, *text;
    int n_name, n_text;
};

static const char *next_line(const char *s, struct line *out)
{
    int n = (int)strcspn(s, "\n"), tab = (int)strcspn(s, "\t\n");
    *out = (struct line){ s, s + tab + (tab < n), tab, n - tab - (tab < n) };
    return s + n + (s[n] == '\n');
}

static void put_name(char out[64], const struct line *l)
{
    int n = l->n_name < 63 ? l->n_name : 63;
    for (int i = 0; i < n; i++)
        out[i] = l->name[i] == '_' ? ' ' : l->name[i];
    out[n] = '\0';
}

/* "2/400, best 0.0002082 at 41" as "2/400  ◆ 2.08e-4 @41". */
static void put_brief(char out[128], const struct line *l)
{
    char text[128], number[16], *best, *end;
    int n = l->n_text < 127 ? l->n_text : 127;
    snprintf(text, sizeof text, "%.*s", n, l->text);
    snprintf(out, 128, "%s", text);
    if (!(best = strstr(text, ", best ")))
        return;
    double v = strtod(best + 7, &end);
    if (end == best + 7 || strncmp(end, " at ", 4))
        return;
    rt_number_text(v, 0, number);
    *best = '\0';
    if (snprintf(out, 128, "%s  ◆ %s @%s", text, number, end + 4) < 0)
        out[0] = '\0';
}

/* All in one line, for a panel without room. */
static void draw_short(const struct rt_view *v, struct rt_canvas *c,
                       struct rt_rect r)
{
    struct rt_words w = { 0 };
    char name[64];
    struct line l;
    for (const char *s = v->snap.callbacks; *s;) {
        s = next_line(s, &l);
        put_name(name, &l);
        rt_words_add(&w, w.n / 2, RT_PEN_DIM, "%s ", name);
        rt_words_join(&w, RT_PEN_TEXT, "%.*s", (int)strcspn(l.text, ",\n"),
                      l.text);
    }
    rt_words_fit(&w, r.w - 2);
    rt_words_draw(&w, c, r.x + 1, r.y);
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    char name[64], text[128];
    struct line l;
    int widest = 0, y = 0;
    if (pane->edge == RT_EDGE_NONE && pane->at.h == 1) {
        if (useful(v))
            draw_short(v, c, pane->at);
        return;
    }
    struct rt_rect in = rt_panel_frame(c, pane, "callbacks", NULL, NULL);
    if (!useful(v)) {
        rt_panel_empty(c, in, "none");
        return;
    }
    for (const char *s = v->snap.callbacks; *s;) {
        s = next_line(s, &l);
        put_name(name, &l);
        int n = rt_utf8_width(name);
        widest = n > widest ? n : widest;
    }
    widest = widest < in.w / 2 ? widest : in.w / 2;
    struct rt_rect old = rt_canvas_clip(c, in);
    for (const char *s = v->snap.callbacks; *s && y < in.h; y++) {
        s = next_line(s, &l);
        put_name(name, &l);
        rt_canvas_text(c, in.x + 1, in.y + y, widest, name, RT_PEN_DIM);
        put_brief(text, &l);
        rt_canvas_text(c, in.x + 3 + widest, in.y + y, in.w - 4 - widest, text,
                       RT_PEN_TEXT);
    }
    rt_canvas_unclip(c, old);
}

const struct rt_panel rt_panel_callbacks = {
    .name = "callbacks",
    .help = "how far each callback is from acting",
    .useful = useful,
    .draw = draw,
};
