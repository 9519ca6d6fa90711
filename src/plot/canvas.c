/* Cells, text and what is built of text; the dots are at the end. Everything
 * goes through at_cell, which knows the clip, and settle, which keeps the two
 * halves of a wide character together. */
#include "plot/canvas.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 4096 };

static const struct rt_cell blank = { .cp = ' ' };

const char *rt_symbols_name(enum rt_symbols s)
{
    static const char *const name[] = { "braille", "block", "half", "ascii" };
    return name[s];
}

void rt_canvas_init(struct rt_canvas *c, int w, int h, enum rt_symbols s)
{
    *c = (struct rt_canvas){ .symbols = s, .color = true };
    rt_canvas_resize(c, w, h);
}

static int side(int n)
{
    return n < 1 ? 1 : n > SIDE_MAX ? SIDE_MAX : n;
}

void rt_canvas_resize(struct rt_canvas *c, int w, int h)
{
    c->w = side(w);
    c->h = side(h);
    c->cells =
        rt_xrealloc(c->cells, (size_t)c->w * (size_t)c->h * sizeof *c->cells);
    rt_canvas_clear(c);
}

void rt_canvas_clear(struct rt_canvas *c)
{
    c->clip = (struct rt_rect){ 0, 0, c->w, c->h };
    for (int i = 0; i < c->w * c->h; i++)
        c->cells[i] = blank;
}

void rt_canvas_release(struct rt_canvas *c)
{
    free(c->cells);
    *c = (struct rt_canvas){ 0 };
}

/* The shared part of two spans; in long long, as a caller's rectangle may lie
 * anywhere. */
static void overlap(int *at, int *n, int at2, int n2)
{
    long long from = *at > at2 ? *at : at2;
    long long end = (long long)*at + *n, end2 = (long long)at2 + n2;
    long long to = end < end2 ? end : end2;
    *n = to > from ? (int)(to - from) : 0;
    *at = (int)from;
}

static struct rt_rect shared(struct rt_rect a, struct rt_rect b)
{
    overlap(&a.x, &a.w, b.x, b.w);
    overlap(&a.y, &a.h, b.y, b.h);
    return a;
}

struct rt_rect rt_canvas_clip(struct rt_canvas *c, struct rt_rect r)
{
    struct rt_rect old = c->clip;
    c->clip = shared(old, r);
    return old;
}

void rt_canvas_unclip(struct rt_canvas *c, struct rt_rect old)
{
    c->clip = shared(old, (struct rt_rect){ 0, 0, c->w, c->h });
}

struct rt_cell *rt_canvas_at(const struct rt_canvas *c, int x, int y)
{
    const struct rt_rect *r = &c->clip;
    if (x < r->x || y < r->y || x - r->x >= r->w || y - r->y >= r->h)
        return NULL;
    return &c->cells[(size_t)y * (size_t)c->w + (size_t)x];
}

/* What stands for a character where a font or a terminal lacks it. */
static const struct {
    uint16_t cp, console;
    char ascii;
} spelling[] = {
    { 0xb0, 0xb0, 'o' },     { 0xb1, 0xb1, '+' },     { 0xb5, 0xb5, 'u' },
    { 0xb7, 0xb7, '-' },     { 0xd7, 0xd7, 'x' },     { 0xf7, 0xf7, '/' },
    { 0x394, 'd', 'd' },     { 0x3bc, 0xb5, 'u' },    { 0x3c3, 0x3c3, 's' },
    { 0x2013, '-', '-' },    { 0x2014, '-', '-' },    { 0x2018, '\'', '\'' },
    { 0x2019, '\'', '\'' },  { 0x201c, '"', '"' },    { 0x201d, '"', '"' },
    { 0x2026, '.', '.' },    { 0x2190, 0x2190, '<' }, { 0x2191, 0x2191, '^' },
    { 0x2192, 0x2192, '>' }, { 0x2193, 0x2193, 'v' }, { 0x221e, 0x221e, '~' },
    { 0x2248, 0x2248, '~' }, { 0x2260, '!', '!' },    { 0x2264, 0x2264, '<' },
    { 0x2265, 0x2265, '>' }, { 0x2500, 0x2500, '-' }, { 0x2502, 0x2502, '|' },
    { 0x2508, 0x2500, '-' }, { 0x250a, ':', ':' },    { 0x250c, 0x250c, '+' },
    { 0x2510, 0x2510, '+' }, { 0x2514, 0x2514, '+' }, { 0x2518, 0x2518, '+' },
    { 0x251c, 0x251c, '+' }, { 0x2524, 0x2524, '+' }, { 0x252c, 0x252c, '+' },
    { 0x2534, 0x2534, '+' }, { 0x253c, 0x253c, '+' }, { 0x256d, 0x250c, '+' },
    { 0x256e, 0x2510, '+' }, { 0x256f, 0x2518, '+' }, { 0x2570, 0x2514, '+' },
    { 0x2580, 0x2580, '"' }, { 0x2584, 0x2584, '_' }, { 0x2588, 0x2588, '#' },
    { 0x258c, 0x258c, '|' }, { 0x258f, 0x2502, '|' }, { 0x2590, 0x2590, '|' },
    { 0x2591, 0x2591, '.' }, { 0x2592, 0x2592, ':' }, { 0x2593, 0x2593, '+' },
    { 0x2595, 0x2502, '|' }, { 0x25a0, 0x25a0, '#' }, { 0x25b2, 0x25b2, '^' },
    { 0x25b6, '>', '>' },    { 0x25b8, '>', '>' },    { 0x25bc, 0x25bc, 'v' },
    { 0x25aa, 0x25a0, '#' }, { 0x25be, 'v', 'v' },    { 0x25c6, 0x2666, '@' },
    { 0x25cb, 0x25cb, 'o' }, { 0x25cf, '*', '*' },    { 0x2713, 'v', 'v' },
    { 0x2717, 'x', 'x' },    { 0x2744, '*', '*' },
};

static uint32_t spell(enum rt_symbols symbols, uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
        return '?';
    if (cp < 0x7f || symbols <= RT_SYM_BLOCK)
        return cp;
    for (size_t i = 0; i < sizeof spelling / sizeof *spelling; i++)
        if (spelling[i].cp == cp)
            return symbols == RT_SYM_ASCII ? (uint32_t)spelling[i].ascii
                                           : spelling[i].console;
    return symbols == RT_SYM_ASCII ? '?' : cp;
}

/* Makes the cell one that stands alone: the other half of a wide character
 * becomes a blank, inside the clip or not. */
static void settle(struct rt_canvas *c, struct rt_cell *cell, int x)
{
    if (cell->cp == 0 && x > 0)
        cell[-1].cp = ' ';
    if (x + 1 < c->w && cell[1].cp == 0)
        cell[1].cp = ' ';
}

static void write_cell(struct rt_canvas *c, struct rt_cell *cell, int x,
                       uint32_t cp, struct rt_pen pen)
{
    settle(c, cell, x);
    cell->cp = cp;
    cell->fg = pen.fg;
    if (pen.bg)
        cell->bg = pen.bg;
    cell->attr = pen.attr;
    cell->dots = 0;
}

int rt_canvas_put(struct rt_canvas *c, int x, int y, uint32_t cp,
                  struct rt_pen pen)
{
    cp = spell(c->symbols, cp);
    int w = rt_utf8_cell(cp);
    struct rt_cell *cell = rt_canvas_at(c, x, y);
    if (w < 2) {
        if (cell && w == 1)
            write_cell(c, cell, x, cp, pen);
        return w;
    }
    struct rt_cell *right = rt_canvas_at(c, x + 1, y);
    if (cell)
        write_cell(c, cell, x, right ? cp : ' ', pen);
    if (right)
        write_cell(c, right, x + 1, ' ', pen);
    if (cell && right)
        right->cp = 0;
    return w;
}

/* Cells of a text as it will be drawn, which may differ from its own width
 * where characters are spelled otherwise. */
static int spelled_width(const struct rt_canvas *c, const char *text)
{
    int w = 0, n;
    uint32_t cp;
    for (; (n = rt_utf8_decode(text, &cp)); text += n)
        w += rt_utf8_cell(spell(c->symbols, cp));
    return w;
}

int rt_canvas_text(struct rt_canvas *c, int x, int y, int width,
                   const char *text, struct rt_pen pen)
{
    if (width < 1)
        return 0;
    bool cut = spelled_width(c, text) > width;
    int room = cut ? width - 1 : width, used = 0, n;
    uint32_t cp;
    for (; (n = rt_utf8_decode(text, &cp)); text += n) {
        if (used + rt_utf8_cell(spell(c->symbols, cp)) > room)
            break;
        used += rt_canvas_put(c, x + used, y, cp, pen);
    }
    if (cut)
        used += rt_canvas_put(c, x + used, y, 0x2026, pen);
    return used;
}

int rt_canvas_printf(struct rt_canvas *c, int x, int y, struct rt_pen pen,
                     const char *fmt, ...)
{
    struct rt_str s = RT_STR_INIT;
    va_list ap;
    va_start(ap, fmt);
    rt_str_vaddf(&s, fmt, ap);
    va_end(ap);
    int n =
        rt_canvas_text(c, x, y, c->clip.x + c->clip.w - x, rt_str_c(&s), pen);
    rt_str_release(&s);
    return n;
}

bool rt_canvas_vacant(const struct rt_canvas *c, int x, int y, int width,
                      bool over_dim)
{
    uint32_t rule = spell(c->symbols, 0x250a);
    for (int i = 0; i < width; i++) {
        const struct rt_cell *cell = rt_canvas_at(c, x + i, y);
        if (!cell)
            return false;
        bool free = cell->dots ? over_dim && cell->attr & RT_A_DIM
                               : cell->cp == ' ' || cell->cp == rule;
        if (!free)
            return false;
    }
    return true;
}

void rt_canvas_fill(struct rt_canvas *c, struct rt_rect r, uint32_t cp,
                    struct rt_pen pen)
{
    r = shared(r, c->clip);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            rt_canvas_put(c, x, y, cp, pen);
}

void rt_canvas_paint(struct rt_canvas *c, struct rt_rect r, uint32_t color)
{
    r = shared(r, c->clip);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            rt_canvas_at(c, x, y)->bg = color;
}

struct rt_rect rt_canvas_frame(struct rt_canvas *c, struct rt_rect r,
                               const char *title, const char *right,
                               const char *foot, struct rt_pen border,
                               struct rt_pen text)
{
    if (r.w < 3 || r.h < 3)
        return r;
    int x1 = r.x + r.w - 1, y1 = r.y + r.h - 1;
    int room = r.w - 3; /* what is left of the upper edge, its first ─ off */
    struct rt_pen plain = { .fg = RT_C_TEXT };
    for (int x = r.x + 1; x < x1; x++) {
        rt_canvas_put(c, x, r.y, 0x2500, border);
        rt_canvas_put(c, x, y1, 0x2500, border);
    }
    for (int y = r.y + 1; y < y1; y++) {
        rt_canvas_put(c, r.x, y, 0x2502, border);
        rt_canvas_put(c, x1, y, 0x2502, border);
    }
    rt_canvas_put(c, r.x, r.y, 0x256d, border);
    rt_canvas_put(c, x1, r.y, 0x256e, border);
    rt_canvas_put(c, r.x, y1, 0x2570, border);
    rt_canvas_put(c, x1, y1, 0x256f, border);
    if (title && *title && room > 3) {
        rt_canvas_put(c, r.x + 2, r.y, ' ', plain);
        int n = rt_canvas_text(c, r.x + 3, r.y, room - 3, title, text);
        rt_canvas_put(c, r.x + 3 + n, r.y, ' ', plain);
        room -= n + 2;
    }
    int w = right ? spelled_width(c, right) : 0;
    if (w > 0 && w + 3 <= room) {
        rt_canvas_put(c, x1 - 1, r.y, ' ', plain);
        rt_canvas_text(c, x1 - 1 - w, r.y, w, right, plain);
        rt_canvas_put(c, x1 - 2 - w, r.y, ' ', plain);
    }
    room = r.w - 6;
    w = foot ? spelled_width(c, foot) : 0;
    if (w > 0 && room > 0) {
        w = w < room ? w : room;
        rt_canvas_put(c, x1 - 2, y1, ' ', plain);
        rt_canvas_text(c, x1 - 2 - w, y1, w, foot, plain);
        rt_canvas_put(c, x1 - 3 - w, y1, ' ', plain);
    }
    return (struct rt_rect){ r.x + 1, r.y + 1, r.w - 2, r.h - 2 };
}

void rt_canvas_gauge(struct rt_canvas *c, int x, int y, int w, double share,
                     struct rt_pen pen)
{
    bool fine = c->symbols <= RT_SYM_BLOCK;
    int inside = w - 2;
    if (inside < 1)
        return;
    double t = share > 0 ? fmin(share, 1) : 0; /* NaN: nothing done yet */
    int eighths = (int)(t * inside * 8);
    rt_canvas_put(c, x, y, fine ? 0x2595 : '[', pen);
    for (int i = 0; i < inside; i++) {
        int k = eighths - 8 * i;
        uint32_t cp = ' ';
        if (k >= 8)
            cp = 0x2588;
        else if (fine && k > 0)
            cp = 0x2590 - (uint32_t)k;
        else if (c->symbols == RT_SYM_HALF && k >= 4)
            cp = 0x258c;
        else if (c->symbols == RT_SYM_ASCII)
            cp = '.';
        rt_canvas_put(c, x + 1 + i, y, cp, pen);
    }
    rt_canvas_put(c, x + w - 1, y, fine ? 0x258f : ']', pen);
}

void rt_canvas_column(struct rt_canvas *c, int x, int y, double height,
                      struct rt_pen pen)
{
    if (!(height > 0))
        return;
    int k = (int)lround(fmin(height, c->h) * 8);
    for (; k > 0; k -= 8, y--) {
        uint32_t cp;
        if (k >= 8)
            cp = 0x2588;
        else if (c->symbols <= RT_SYM_BLOCK)
            cp = 0x2580 + (uint32_t)k;
        else if (c->symbols == RT_SYM_HALF)
            cp = k >= 4 ? 0x2584 : '_';
        else
            cp = (uint32_t) "..::-=+*"[k];
        rt_canvas_put(c, x, y, cp, pen);
    }
}

uint32_t rt_canvas_shade(const struct rt_canvas *c, double share)
{
    static const uint16_t blocks[] = { ' ', 0x2591, 0x2592, 0x2593, 0x2588 };
    double t = share > 0 ? fmin(share, 1) : 0;
    if (c->symbols == RT_SYM_ASCII)
        return (uint32_t) " .:-=+*#%@"[lround(t * 9)];
    return blocks[lround(t * 4)];
}

int rt_canvas_dots_x(const struct rt_canvas *c)
{
    return c->symbols <= RT_SYM_BLOCK ? 2 : 1;
}

int rt_canvas_dots_y(const struct rt_canvas *c)
{
    static const int n[] = { 4, 2, 2, 1 };
    return n[c->symbols];
}

/* The character of a cell with these dots, bit 0 upper left, row by row. */
static uint32_t dotted(enum rt_symbols symbols, uint8_t dots, char ascii)
{
    static const uint8_t braille[8] = { 0x01, 0x08, 0x02, 0x10,
                                        0x04, 0x20, 0x40, 0x80 };
    static const uint16_t quadrant[16] = { ' ',    0x2598, 0x259d, 0x2580,
                                           0x2596, 0x258c, 0x259e, 0x259b,
                                           0x2597, 0x259a, 0x2590, 0x259c,
                                           0x2584, 0x2599, 0x259f, 0x2588 };
    static const uint16_t half[4] = { ' ', 0x2580, 0x2584, 0x2588 };
    switch (symbols) {
    case RT_SYM_BLOCK:
        return quadrant[dots & 15];
    case RT_SYM_HALF:
        return half[dots & 3];
    case RT_SYM_ASCII:
        return ascii ? (uint32_t)(unsigned char)ascii : '*';
    case RT_SYM_BRAILLE:
        break;
    }
    uint32_t cp = 0x2800;
    for (int i = 0; i < 8; i++)
        if (dots >> i & 1)
            cp |= braille[i];
    return cp;
}

void rt_canvas_dot(struct rt_canvas *c, int dx, int dy, struct rt_pen pen)
{
    int nx = rt_canvas_dots_x(c), ny = rt_canvas_dots_y(c);
    if (dx < 0 || dy < 0)
        return;
    struct rt_cell *cell = rt_canvas_at(c, dx / nx, dy / ny);
    if (!cell)
        return;
    uint8_t dots = (uint8_t)(1 << (dy % ny * nx + dx % nx));
    bool dim = pen.attr & RT_A_DIM, under = cell->attr & RT_A_DIM;
    bool add = dim == under && (cell->fg == pen.fg || !c->color);
    bool stays = dim == under ? dx / nx / 2 % 2 : dim;
    if (cell->dots && !add && stays)
        return;
    if (add)
        dots |= cell->dots;
    write_cell(c, cell, dx / nx, dotted(c->symbols, dots, pen.ascii), pen);
    cell->dots = dots;
}

/* Cuts the piece t0..t1 of a + t d down to lo..hi (Liang and Barsky 1984). */
static bool cut_span(double a, double d, double lo, double hi, double *t0,
                     double *t1)
{
    if (d == 0)
        return a >= lo && a <= hi;
    double from = (lo - a) / d, to = (hi - a) / d;
    *t0 = fmax(*t0, fmin(from, to));
    *t1 = fmin(*t1, fmax(from, to));
    return *t0 <= *t1;
}

/* Does dash pattern number dash show its n-th dot? */
static bool dash_on(int dash, int n)
{
    static const struct {
        uint8_t on, of;
    } pattern[] = { { 1, 1 }, { 1, 2 }, { 3, 5 }, { 1, 4 }, { 5, 7 } };
    size_t i = (size_t)dash % (sizeof pattern / sizeof *pattern);
    return n % pattern[i].of < pattern[i].on;
}

void rt_canvas_line(struct rt_canvas *c, double x0, double y0, double x1,
                    double y1, struct rt_pen pen, int *phase)
{
    const struct rt_rect *r = &c->clip;
    int nx = rt_canvas_dots_x(c), ny = rt_canvas_dots_y(c), own = 0;
    /* colours tell curves apart, and so do the characters of ASCII */
    bool solid = c->color || c->symbols == RT_SYM_ASCII;
    double t0 = 0, t1 = 1;
    if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1) ||
        !cut_span(x0, x1 - x0, r->x * nx, (r->x + r->w) * nx, &t0, &t1) ||
        !cut_span(y0, y1 - y0, r->y * ny, (r->y + r->h) * ny, &t0, &t1))
        return;
    double dx = x1 - x0, dy = y1 - y0;
    int ax = (int)floor(x0 + t0 * dx), ay = (int)floor(y0 + t0 * dy);
    int bx = (int)floor(x0 + t1 * dx), by = (int)floor(y0 + t1 * dy);
    int n = abs(bx - ax) > abs(by - ay) ? abs(bx - ax) : abs(by - ay);
    if (!phase)
        phase = &own;
    for (int i = 0; i <= n; i++) {
        double t = n ? (double)i / n : 0;
        if (solid || dash_on(pen.dash, *phase))
            rt_canvas_dot(c, (int)lround(ax + t * (bx - ax)),
                          (int)lround(ay + t * (by - ay)), pen);
        *phase += i < n || n == 0;
    }
}

static bool shows(const struct rt_cell *cell, enum rt_depth depth)
{
    return (cell->cp != ' ' && cell->cp != 0x2800) ||
           (depth >= RT_DEPTH_MONO && cell->attr & RT_A_REVERSE) ||
           (depth >= RT_DEPTH_8 && cell->bg);
}

static void add_color(struct rt_str *out, uint32_t color, int base,
                      enum rt_depth depth)
{
    if (depth == RT_DEPTH_RGB && color & 0x1000000u) {
        rt_str_addf(out, ";%d;2;%u;%u;%u", base + 8, color >> 16 & 255,
                    color >> 8 & 255, color & 255);
        return;
    }
    int i = rt_color_index(color, depth == RT_DEPTH_8 ? depth : RT_DEPTH_256);
    if (i < 0)
        return;
    if (depth == RT_DEPTH_8)
        rt_str_addf(out, ";%d", base + i);
    else
        rt_str_addf(out, ";%d;5;%d", base + 8, i);
}

static void add_sgr(struct rt_str *out, const struct rt_cell *cell,
                    enum rt_depth depth)
{
    rt_str_add(out, "\033[0");
    if (cell->attr & RT_A_BOLD)
        rt_str_add(out, ";1");
    if (cell->attr & RT_A_DIM)
        rt_str_add(out, ";2");
    if (cell->attr & RT_A_REVERSE)
        rt_str_add(out, ";7");
    if (depth >= RT_DEPTH_8 && cell->fg)
        add_color(out, cell->fg, 30, depth);
    if (depth >= RT_DEPTH_8 && cell->bg)
        add_color(out, cell->bg, 40, depth);
    rt_str_addc(out, 'm');
}

void rt_canvas_dump(const struct rt_canvas *c, enum rt_depth depth,
                    struct rt_str *out)
{
    char utf8[5];
    if (!c->color && depth > RT_DEPTH_MONO)
        depth = RT_DEPTH_MONO;
    for (int y = 0; y < c->h; y++) {
        const struct rt_cell *row = &c->cells[(size_t)y * (size_t)c->w];
        struct rt_cell now = blank; /* what the terminal is set to */
        int n = c->w;
        while (n > 0 && !shows(&row[n - 1], depth))
            n--;
        for (int x = 0; x < n; x++) {
            const struct rt_cell *cell = &row[x];
            bool colors = depth >= RT_DEPTH_8 &&
                          (cell->fg != now.fg || cell->bg != now.bg);
            if (cell->cp == 0)
                continue;
            if (depth > RT_DEPTH_PLAIN && (colors || cell->attr != now.attr)) {
                add_sgr(out, cell, depth);
                now = *cell;
            }
            rt_utf8_encode(cell->cp, utf8);
            rt_str_add(out, utf8);
        }
        if (now.attr || (depth >= RT_DEPTH_8 && (now.fg || now.bg)))
            rt_str_add(out, "\033[0m");
        rt_str_addc(out, '\n');
    }
}
