/* The layers: shape, parameters, whether they learn, mean and standard
 * deviation of their weights. Columns go where the panel is narrow. */
#include "base/utf8.h"
#include "watch/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool useful(const struct rt_view *v)
{
    return v->has_snap && (v->run.live || v->snap.n_layers > 0);
}

static bool move(struct rt_view *v, int n)
{
    int last = v->has_snap ? v->snap.n_layers - 1 : -1, to = v->layer + n;
    if (last < 1)
        return false;
    v->layer = to < 0 ? 0 : to > last ? last : to;
    return true;
}

/* Widths of the columns of a row, gap blanks before each; 0: left out. */
struct columns {
    int name, shape, params, mean, sd, gap;
};

static int widest(const struct rt_snapshot *s, bool shape)
{
    int most = shape ? 5 : 4;
    for (int i = 0; i < s->n_layers; i++) {
        int n = rt_utf8_width(shape ? s->layers[i].shape : s->layers[i].name);
        most = n > most ? n : most;
    }
    return most;
}

static int params_width(const struct rt_snapshot *s)
{
    struct rt_str text = RT_STR_INIT;
    int most = 6;
    for (int i = 0; i < s->n_layers; i++) {
        rt_str_clear(&text);
        rt_str_add_count(&text, s->layers[i].params);
        most = (int)text.n > most ? (int)text.n : most;
    }
    rt_str_release(&text);
    return most;
}

enum { SIGN = 3, LEAST_NAME = 6, NUMBER = 6 };

/* Leaves columns out until the names fit, then spreads what room is left. */
static struct columns fit_columns(const struct rt_snapshot *s, int room)
{
    struct columns k = { .params = params_width(s),
                         .sd = NUMBER,
                         .mean = NUMBER + 1,
                         .shape = widest(s, true),
                         .gap = 2 };
    k.shape = k.shape < 16 ? k.shape : 16;
    int name = widest(s, false), least = name < 20 ? name : 20, n = 0;
    int *column[] = { &k.mean, &k.shape, &k.sd, &k.params };
    for (int dropped = 0;; dropped++) {
        int used = SIGN + 1;
        n = 0;
        for (int i = dropped; i < 4; i++, n++)
            used += *column[i] + k.gap;
        k.name = room - used;
        if (k.name >= least || dropped == 4)
            break;
        *column[dropped] = 0;
    }
    int spare = k.name - name;
    if (spare > 0 && n > 0) {
        int more = spare / n < 3 ? spare / n : 3;
        k.gap += more;
        k.name -= more * n;
    }
    k.name = k.name < LEAST_NAME ? LEAST_NAME : k.name;
    return k;
}

/* ".0411", "-.0003", "12.41", "3e-7": five characters and a sign. */
static void short_number(double v, char out[16])
{
    double size = fabs(v);
    if (isnan(v)) {
        out[0] = '\0';
    } else if (isinf(v)) {
        snprintf(out, 16, "%g", v);
    } else if (size == 0) {
        strcpy(out, "0");
    } else if (size < 5e-4 || size >= 99999.5) {
        snprintf(out, 16, "%.0e", v);
        char *e = strchr(out, 'e'), *digit = e + 2 + (e[2] == '0');
        memmove(e + 1 + (e[1] == '-'), digit, strlen(digit) + 1);
    } else if (size < .99995) {
        char digits[16];
        snprintf(digits, sizeof digits, "%.4f", size);
        snprintf(out, 16, "%s%s", v < 0 ? "-" : "", digits + 1);
    } else {
        int whole = (int)log10(size) + 1;
        snprintf(out, 16, "%.*f", whole < 4 ? 4 - whole : 0, v);
    }
}

static void put_right(struct rt_canvas *c, int *x, int y, int gap, int width,
                      const char *text, struct rt_pen pen)
{
    if (!width)
        return;
    *x += gap;
    int n = rt_utf8_width(text);
    rt_canvas_text(c, *x + (n < width ? width - n : 0), y, width, text, pen);
    *x += width;
}

static void put_header(struct rt_canvas *c, struct rt_rect in,
                       const struct columns *k)
{
    int x = in.x + SIGN;
    rt_canvas_text(c, x, in.y, k->name, "name", RT_PEN_DIM);
    x += k->name;
    if (k->shape)
        rt_canvas_text(c, x + k->gap, in.y, k->shape, "shape", RT_PEN_DIM);
    x += k->shape ? k->shape + k->gap : 0;
    put_right(c, &x, in.y, k->gap, k->params, "params", RT_PEN_DIM);
    put_right(c, &x, in.y, k->gap, k->mean, "mean", RT_PEN_DIM);
    put_right(c, &x, in.y, k->gap, k->sd, "sd", RT_PEN_DIM);
}

static void put_layer(struct rt_canvas *c, int x, int y,
                      const struct columns *k, const struct rt_layer_stats *s,
                      bool chosen)
{
    struct rt_str params = RT_STR_INIT;
    char mean[16], sd[16];
    bool frozen = s->params > 0 && !s->trainable;
    struct rt_pen cold = { .fg = RT_C_FROZEN };
    struct rt_pen name = chosen ? RT_PEN_TITLE : RT_PEN_TEXT;
    if (frozen && !chosen)
        name = cold;
    struct rt_pen number = s->params ? RT_PEN_TEXT : RT_PEN_DIM;
    if (chosen)
        rt_canvas_put(c, x, y, 0x25b8, RT_PEN_KEY);
    if (frozen)
        rt_canvas_put(c, x + 1, y, 0x2744, cold);
    rt_canvas_text(c, x + SIGN, y, k->name, s->name, name);
    x += SIGN + k->name;
    if (k->shape)
        rt_canvas_text(c, x + k->gap, y, k->shape, s->shape, RT_PEN_DIM);
    x += k->shape ? k->shape + k->gap : 0;
    rt_str_add_count(&params, s->params);
    short_number(s->params ? s->mean : NAN, mean);
    short_number(s->params ? s->sd : NAN, sd);
    put_right(c, &x, y, k->gap, k->params, rt_str_c(&params), number);
    put_right(c, &x, y, k->gap, k->mean, mean, RT_PEN_TEXT);
    put_right(c, &x, y, k->gap, k->sd, sd, RT_PEN_TEXT);
    rt_str_release(&params);
}

static void total_words(const struct rt_snapshot *s, struct rt_words *w)
{
    struct rt_str all = RT_STR_INIT, some = RT_STR_INIT;
    rt_str_add_count(&all, s->params);
    rt_str_add_count(&some, s->trainable);
    if (s->trainable == s->params) {
        rt_words_add(w, 0, RT_PEN_TEXT, "%s", rt_str_c(&all));
        rt_words_near(w, 1, RT_PEN_DIM, "trainable");
    } else {
        rt_words_add(w, 1, RT_PEN_TEXT, "%s", rt_str_c(&all));
        rt_words_near(w, 1, RT_PEN_DIM, "·");
        rt_words_near(w, 2, RT_PEN_DIM, "trainable");
        rt_words_near(w, 0, RT_PEN_TEXT, "%s", rt_str_c(&some));
    }
    rt_str_release(&all);
    rt_str_release(&some);
}

/* The first row of a list of n that shows the chosen one near the middle. */
static int first_row(int n, int room, int chosen)
{
    int first = chosen - room / 2;
    if (first > n - room)
        first = n - room;
    return first < 0 ? 0 : first;
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_words right = { 0 }, foot = { 0 };
    const struct rt_snapshot *s = &v->snap;
    int n = v->has_snap ? s->n_layers : 0;
    int rows = pane->at.h - 2 - pane->which;
    bool header = rows > n || rows >= 8;
    rows -= header;
    if (v->has_snap)
        total_words(s, &right);
    int first = first_row(n, rows, v->layer);
    if (n > rows && rows > 0)
        rt_words_add(&foot, 0, RT_PEN_DIM, "%d–%d of %d", first + 1,
                     first + rows, n);
    struct rt_rect in = rt_panel_frame(c, pane, "layers", &right, &foot);
    if (!n) {
        rt_panel_empty(c, in, "no statistics yet");
        return;
    }
    struct rt_rect old = rt_canvas_clip(c, in);
    struct columns k = fit_columns(s, in.w);
    if (header)
        put_header(c, in, &k);
    for (int i = 0; i < rows && first + i < n; i++)
        put_layer(c, in.x, in.y + header + i, &k, &s->layers[first + i],
                  first + i == v->layer);
    rt_canvas_unclip(c, old);
    if (pane->which) { /* the callbacks have no panel: one line of them */
        struct rt_pane line = { .panel = &rt_panel_callbacks,
                                .at = { in.x, in.y + in.h - 1, in.w, 1 },
                                .edge = RT_EDGE_NONE };
        rt_panel_callbacks.draw(v, c, &line);
    }
}

const struct rt_panel rt_panel_layers = {
    .name = "layers",
    .key = '3',
    .help = "layers: shape, parameters, weights",
    .useful = useful,
    .move = move,
    .draw = draw,
};
