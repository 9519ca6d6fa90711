/* The layers: shape, parameters, whether they learn, their weights, gradients
 * and updates, dead units. Columns go where the panel is narrow. */
#include "base/mem.h"
#include "base/utf8.h"
#include "watch/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool useful(const struct rt_view *v)
{
    return v->has_snap && (v->run.live || v->snap.n_layers > 0);
}

static bool move(struct rt_view *v, int n)
{
    return rt_view_step_layer(v, n);
}

/* Columns behind the name, as they stand; each goes at its turn where room is
 * short. */
enum { SHAPE, PARAMS, MEAN, SD, GRAD, UPDATE, DEAD, N_COLUMNS };
static const struct {
    const char *head;
    int width; /* 0: as its contents want */
} column[N_COLUMNS] = {
    [SHAPE] = { "shape", 0 }, [PARAMS] = { "params", 0 },
    [MEAN] = { "mean", 7 },   [SD] = { "σ", 6 },
    [GRAD] = { "grad", 6 },   [UPDATE] = { "Δw/w", 6 },
    [DEAD] = { "dead", 5 },
};
static const int goes_first[N_COLUMNS] = { MEAN, GRAD,   DEAD,  SHAPE,
                                           SD,   UPDATE, PARAMS };
struct columns {
    int name, gap;
    int width[N_COLUMNS]; /* 0: left out */
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

enum { SIGN = 3, LEAST_NAME = 6 };

static int row_width(const struct columns *k)
{
    int used = SIGN + 1;
    for (int i = 0; i < N_COLUMNS; i++)
        used += k->width[i] ? k->width[i] + k->gap : 0;
    return used;
}

/* Leaves columns out until the names fit, then spreads what room is left. */
static struct columns fit_columns(const struct rt_snapshot *s, int room)
{
    struct columns k = { .gap = 1 };
    int shape = widest(s, true), name = widest(s, false), n = N_COLUMNS;
    int least = name < 20 ? name : 20;
    for (int i = 0; i < N_COLUMNS; i++)
        k.width[i] = column[i].width;
    k.width[SHAPE] = shape < 16 ? shape : 16;
    k.width[PARAMS] = params_width(s);
    for (int i = 0; i < N_COLUMNS && room - row_width(&k) < least; i++, n--)
        k.width[goes_first[i]] = 0;
    k.name = room - row_width(&k);
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

/* "1.1e-3": a small ratio is told by its power of ten. */
static void ratio(double v, char out[16])
{
    if (!(v > 0) || v >= .1) {
        short_number(v, out);
        return;
    }
    if (v < 1e-9) {
        strcpy(out, "<1e-9");
        return;
    }
    snprintf(out, 16, "%.1e", v);
    char *e = strchr(out, 'e');
    if (e[2] == '0')
        memmove(e + 2, e + 3, strlen(e + 3) + 1);
}

static void put_cell(struct rt_canvas *c, int *x, int y,
                     const struct columns *k, int i, const char *text,
                     struct rt_pen pen)
{
    int width = k->width[i], n = rt_utf8_width(text);
    if (!width)
        return;
    *x += k->gap;
    rt_canvas_text(c, *x + (i != SHAPE && n < width ? width - n : 0), y, width,
                   text, pen);
    *x += width;
}

static void put_header(struct rt_canvas *c, struct rt_rect in,
                       const struct columns *k)
{
    int x = in.x + SIGN;
    bool ascii = c->symbols == RT_SYM_ASCII;
    rt_canvas_text(c, x, in.y, k->name, "name", RT_PEN_DIM);
    x += k->name;
    for (int i = 0; i < N_COLUMNS; i++) {
        const char *head = column[i].head;
        if (ascii)
            head = i == SD ? "sd" : i == UPDATE ? "dw/w" : head;
        put_cell(c, &x, in.y, k, i, head, RT_PEN_DIM);
    }
}

/* What stands in a column; "" where it says nothing of this layer. */
static struct rt_pen cell_text(const struct rt_layer_stats *s, int i,
                               struct rt_str *out)
{
    char text[16] = "";
    struct rt_pen pen = RT_PEN_TEXT;
    rt_str_clear(out);
    switch (i) {
    case SHAPE:
        rt_str_add(out, s->shape);
        return RT_PEN_DIM;
    case PARAMS:
        rt_str_add_count(out, s->params);
        return s->params ? pen : RT_PEN_DIM;
    case MEAN:
        short_number(s->params ? s->mean : NAN, text);
        break;
    case SD:
        short_number(s->params ? s->sd : NAN, text);
        break;
    case GRAD:
    case UPDATE:
        ratio(i == GRAD ? s->grad : s->update, text);
        pen = s->trainable ? pen : RT_PEN_DIM;
        break;
    case DEAD:
        if (s->units > 0)
            snprintf(text, sizeof text, "%d", s->dead);
        pen = s->dead > 0 ? (struct rt_pen){ .fg = RT_C_WARNING } : RT_PEN_DIM;
        break;
    }
    rt_str_add(out, text);
    return pen;
}

static void put_layer(struct rt_canvas *c, int x, int y,
                      const struct columns *k, const struct rt_layer_stats *s,
                      bool chosen, bool marked)
{
    struct rt_str text = RT_STR_INIT;
    bool frozen = s->params > 0 && !s->trainable;
    struct rt_pen cold = { .fg = RT_C_FROZEN };
    struct rt_pen name = chosen ? RT_PEN_TITLE : RT_PEN_TEXT;
    if (frozen && !chosen)
        name = cold;
    if (chosen)
        rt_canvas_put(c, x, y, 0x25b8, RT_PEN_KEY);
    if (marked)
        rt_canvas_put(c, x + 1, y, 0x25aa, RT_PEN_KEY);
    else if (s->rests)
        rt_canvas_put(c, x + 1, y, 0x2713, (struct rt_pen){ .fg = RT_C_OK });
    else if (frozen)
        rt_canvas_put(c, x + 1, y, 0x2744, cold);
    rt_canvas_text(c, x + SIGN, y, k->name, s->name, name);
    x += SIGN + k->name;
    for (int i = 0; i < N_COLUMNS; i++) {
        struct rt_pen pen = cell_text(s, i, &text);
        put_cell(c, &x, y, k, i, rt_str_c(&text), pen);
    }
    rt_str_release(&text);
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

/* The layers that are shown, and where the chosen one is among them. */
static int list_rows(const struct rt_view *v, int *row, int *chosen)
{
    int n = 0;
    *chosen = 0;
    for (int i = 0; v->has_snap && i < v->snap.n_layers; i++)
        if (rt_view_shows_layer(v, i)) {
            *chosen = i == v->layer ? n : *chosen;
            row[n++] = i;
        }
    return n;
}

static void draw_rows(struct rt_view *v, struct rt_canvas *c,
                      const struct rt_pane *pane, const int *row, int n,
                      int chosen)
{
    struct rt_words right = { 0 }, foot = { 0 };
    const struct rt_snapshot *s = &v->snap;
    int rows = pane->at.h - 2 - pane->which;
    bool header = rows > n || rows >= 8;
    rows -= header;
    if (v->layer_filter[0])
        rt_words_add(&right, 0, RT_PEN_KEY, "/%s ", v->layer_filter);
    if (v->has_snap)
        total_words(s, &right);
    int first = first_row(n, rows, chosen);
    if (n > rows && rows > 0)
        rt_words_add(&foot, 0, RT_PEN_DIM, "%d–%d of %d", first + 1,
                     first + rows, n);
    struct rt_rect in = rt_panel_frame(c, pane, "layers", &right, &foot);
    if (!n) {
        rt_panel_empty(c, in,
                       v->layer_filter[0] ? "no layer has these letters"
                                          : "no statistics yet");
        return;
    }
    struct rt_rect old = rt_canvas_clip(c, in);
    struct columns k = fit_columns(s, in.w);
    if (header)
        put_header(c, in, &k);
    for (int i = 0; i < rows && first + i < n; i++) {
        int at = row[first + i];
        put_layer(c, in.x, in.y + header + i, &k, &s->layers[at],
                  at == v->layer, rt_view_marked(v, at));
    }
    rt_canvas_unclip(c, old);
    if (pane->which) { /* the callbacks have no panel: one line of them */
        struct rt_pane line = { .panel = &rt_panel_callbacks,
                                .at = { in.x, in.y + in.h - 1, in.w, 1 },
                                .edge = RT_EDGE_NONE };
        rt_panel_callbacks.draw(v, c, &line);
    }
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    int n = v->has_snap ? v->snap.n_layers : 0, chosen;
    int *row = rt_xcalloc((size_t)n + 1, sizeof *row);
    n = list_rows(v, row, &chosen);
    draw_rows(v, c, pane, row, n, chosen);
    free(row);
}

const struct rt_panel rt_panel_layers = {
    .name = "layers",
    .key = '3',
    .help = "layers: shape, parameters, weights",
    .useful = useful,
    .move = move,
    .draw = draw,
};
