/* How far each callback is from acting, in the lines it gives itself; one that
 * looks after several outputs has a line for each. And the newest checkpoint.
 */
#include "base/utf8.h"
#include "plot/axis.h"
#include "watch/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const struct rt_view *v)
{
    return v->has_snap && v->snap.callbacks ? v->snap.callbacks : "";
}

/* One line: "early stopping", "7/10  ◆ 0.031 @41". */
struct line {
    char name[64]; /* "" where it is that of the line above */
    char text[128];
};

/* "2/400, best 0.0002082 at 41" and "2/400 best .0002082 @41" as
 * "2/400  ◆ 2.08e-4 @41". */
static void shorten(char text[128])
{
    char number[16], rest[128], *best, *end;
    if (!(best = strstr(text, " best ")))
        return;
    double v = strtod(best + 6, &end);
    int skip = !strncmp(end, " at ", 4) ? 4 : !strncmp(end, " @", 2) ? 2 : 0;
    if (end == best + 6 || !skip)
        return;
    best -= best > text && best[-1] == ',';
    rt_number_text(v, 0, number);
    snprintf(rest, sizeof rest, "%s", end + skip);
    snprintf(best, (size_t)(text + 128 - best), "  ◆ %s @%s", number, rest);
}

/* The line that begins at s, "name TAB text", of which parts apart by " · " are
 * lines of their own: s then points behind the one that was taken. */
static const char *next_line(const char *s, bool *part, struct line *out)
{
    size_t name = *part ? 0 : strcspn(s, "\t\n"), end = strcspn(s, "\n");
    const char *text = s + name + (s[name] == '\t' && !*part);
    const char *dot = strstr(text, " · ");
    bool more = dot && dot < s + end;
    size_t n = (size_t)((more ? dot : s + end) - text);
    snprintf(out->name, sizeof out->name, "%.*s", (int)name, s);
    for (char *c = out->name; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    snprintf(out->text, sizeof out->text, "%.*s", (int)n, text);
    shorten(out->text);
    *part = more;
    return more ? dot + strlen(" · ") : s + end + (s[end] == '\n');
}

/* Calls for each line in turn; the last one is of the store. */
struct walk {
    const struct rt_view *v;
    const char *at;
    bool part, store;
};

static struct walk begin(const struct rt_view *v)
{
    return (struct walk){ .v = v, .at = text_of(v), .store = true };
}

static bool next(struct walk *w, struct line *out)
{
    if (*w->at) {
        w->at = next_line(w->at, &w->part, out);
        return true;
    }
    if (!w->store)
        return false;
    w->store = false;
    strcpy(out->name, "store");
    return rt_view_checkpoint(w->v, out->text, sizeof out->text);
}

static int lines(struct rt_view *v)
{
    struct walk w = begin(v);
    struct line l;
    int n = 0;
    while (next(&w, &l))
        n++;
    return n;
}

static bool useful(const struct rt_view *v)
{
    struct walk w = begin(v);
    struct line l;
    return next(&w, &l);
}

/* All in one line, for a panel without room. */
static void draw_short(const struct rt_view *v, struct rt_canvas *c,
                       struct rt_rect r)
{
    struct rt_words words = { 0 };
    struct walk w = begin(v);
    struct line l;
    while (next(&w, &l) && words.n + 2 < RT_WORDS_MAX) {
        rt_words_add(&words, words.n / 2, RT_PEN_DIM, "%s%s", l.name,
                     l.name[0] ? " " : "");
        const char *best = strstr(l.text, "  ◆");
        int n = (int)strcspn(l.text, ",");
        n = best && best - l.text < n ? (int)(best - l.text) : n;
        rt_words_join(&words, RT_PEN_TEXT, "%.*s", n, l.text);
    }
    struct rt_rect old = rt_canvas_clip(c, r);
    rt_words_fit(&words, r.w - 2);
    rt_words_draw(&words, c, r.x + 1, r.y);
    rt_canvas_unclip(c, old);
}

enum { LEAST_TEXT = 29 }; /* cells that a name leaves to what is said */

static int names_width(const struct rt_view *v, int room)
{
    struct walk w = begin(v);
    struct line l;
    int widest = 0, most = room - LEAST_TEXT;
    while (next(&w, &l)) {
        int n = rt_utf8_width(l.name);
        widest = n > widest ? n : widest;
    }
    most = most < 8 ? 8 : most;
    return widest < most ? widest : most;
}

static bool move(struct rt_view *v, int n)
{
    int last = lines(v) - 1, to = v->callbacks_top + n;
    v->callbacks_top = to > last ? last : to < 0 ? 0 : to;
    return last > 0;
}

/* The first line shown: as far as was gone down, but no room is left over. */
static int first_line(struct rt_view *v, int room)
{
    int most = lines(v) - room;
    if (v->callbacks_top > most)
        v->callbacks_top = most > 0 ? most : 0;
    return v->callbacks_top;
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct walk w = begin(v);
    struct line l;
    if (pane->edge == RT_EDGE_NONE && pane->at.h == 1) {
        draw_short(v, c, pane->at);
        return;
    }
    struct rt_words foot = { 0 };
    int room = pane->at.h - 2, n = lines(v), first = first_line(v, room);
    if (n > room && room > 0)
        rt_words_add(&foot, 0, RT_PEN_DIM, "%d–%d of %d", first + 1,
                     first + room, n);
    struct rt_rect in = rt_panel_frame(c, pane, "callbacks", NULL, &foot);
    if (!useful(v)) {
        rt_panel_empty(c, in, "none");
        return;
    }
    int name = names_width(v, in.w), x = in.x + 3 + name;
    struct rt_rect old = rt_canvas_clip(c, in);
    for (int y = in.y - first; y < in.y + in.h && next(&w, &l); y++) {
        rt_canvas_text(c, in.x + 1, y, name, l.name, RT_PEN_DIM);
        rt_canvas_text(c, x, y, in.x + in.w - x, l.text, RT_PEN_TEXT);
    }
    rt_canvas_unclip(c, old);
}

const struct rt_panel rt_panel_callbacks = {
    .name = "callbacks",
    .key = '7',
    .help = "how far each callback is from acting",
    .useful = useful,
    .move = move,
    .lines = lines,
    .draw = draw,
};
