/* The only user of cairo.h. SVG and PDF are collected in memory as Cairo makes
 * them, PNG when it is written; one call then writes the file. */
#include "plot/surface_cairo.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SIDE_MIN = 16, SIDE_MAX = 16384 };

struct paper {
    struct rt_surface surface;
    cairo_surface_t *sheet;
    cairo_t *cr;
    char *path;
    bool png;
    double unit; /* 1 at 900 x 560, at least 1/2 */
    double font; /* height of ordinary text */
    struct bytes {
        unsigned char *v;
        size_t n, cap;
        bool full; /* out of memory */
    } out;
};

static struct paper *own(struct rt_surface *s)
{
    return (struct paper *)s;
}

static cairo_status_t collect(void *to, const unsigned char *data,
                              unsigned int n)
{
    struct bytes *b = to;
    if (b->n + n > b->cap) {
        size_t cap = (b->n + n) * 2;
        unsigned char *v = realloc(b->v, cap);
        if (!v) {
            b->full = true;
            return CAIRO_STATUS_NO_MEMORY;
        }
        b->v = v;
        b->cap = cap;
    }
    memcpy(b->v + b->n, data, n);
    b->n += n;
    return CAIRO_STATUS_SUCCESS;
}

static void set_color(struct paper *p, uint32_t color, double alpha)
{
    uint32_t c = rt_color_rgb(color);
    cairo_set_source_rgba(p->cr, (c >> 16 & 255) / 255., (c >> 8 & 255) / 255.,
                          (c & 255) / 255., alpha);
}

static void set_line(struct paper *p, const struct rt_pen *pen)
{
    set_color(p, pen->fg, pen->attr & RT_A_DIM ? .38 : 1);
    cairo_set_line_width(p->cr, (pen->width > 0 ? pen->width : 1) * p->unit);
    cairo_set_line_join(p->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(p->cr, CAIRO_LINE_CAP_ROUND);
}

static void clip(struct rt_surface *s, const struct rt_box *box)
{
    struct paper *p = own(s);
    cairo_reset_clip(p->cr);
    if (!box)
        return;
    cairo_rectangle(p->cr, box->x, box->y, box->w, box->h);
    cairo_clip(p->cr);
}

static void line(struct rt_surface *s, const struct rt_point *v, int n,
                 const struct rt_pen *pen)
{
    struct paper *p = own(s);
    bool drawing = false;
    set_line(p, pen);
    for (int i = 0; i < n; i++) {
        bool last = i + 1 == n || isnan(v[i + 1].y);
        if (isnan(v[i].y)) {
            drawing = false;
        } else if (drawing) {
            cairo_line_to(p->cr, v[i].x, v[i].y);
        } else {
            cairo_move_to(p->cr, v[i].x, v[i].y);
            if (last) /* alone: a round dot */
                cairo_line_to(p->cr, v[i].x, v[i].y);
            drawing = true;
        }
    }
    cairo_stroke(p->cr);
}

static void area(struct rt_surface *s, const struct rt_point *v, int n,
                 double alpha, const struct rt_pen *pen)
{
    struct paper *p = own(s);
    for (int i = 0; i < n; i++)
        cairo_line_to(p->cr, v[i].x, v[i].y);
    cairo_close_path(p->cr);
    set_color(p, pen->fg, alpha);
    cairo_fill(p->cr);
}

/* Thin rules lie on whole pixels, or they look grey and wide. */
static double crisp(double v, double width)
{
    return width < 2 ? floor(v) + .5 : round(v);
}

static void rule(struct rt_surface *s, double x0, double y0, double x1,
                 double y1, const struct rt_pen *pen)
{
    struct paper *p = own(s);
    double dots[2] = { 2 * p->unit, 3 * p->unit };
    set_line(p, pen);
    cairo_set_line_cap(p->cr, CAIRO_LINE_CAP_BUTT);
    double w = cairo_get_line_width(p->cr);
    if (pen->dash)
        cairo_set_dash(p->cr, dots, 2, 0);
    if (x0 == x1)
        x0 = x1 = crisp(x0, w);
    else
        y0 = y1 = crisp(y0, w);
    cairo_move_to(p->cr, x0, y0);
    cairo_line_to(p->cr, x1, y1);
    cairo_stroke(p->cr);
    cairo_set_dash(p->cr, NULL, 0, 0);
}

static void tick(struct rt_surface *s, double x, double y, bool on_y,
                 const struct rt_pen *pen)
{
    double length = own(s)->surface.em * .6;
    if (on_y)
        rule(s, x - length, y, x, y, pen);
    else
        rule(s, x, y, x, y + length, pen);
}

static void fill(struct rt_surface *s, struct rt_box box, uint32_t color)
{
    struct paper *p = own(s);
    set_color(p, color, 1);
    cairo_rectangle(p->cr, box.x, box.y, box.w, box.h);
    cairo_fill(p->cr);
}

static void bar(struct rt_surface *s, struct rt_box box,
                const struct rt_pen *pen)
{
    fill(s, box, pen->fg);
}

static void set_font(struct paper *p, const struct rt_pen *pen)
{
    cairo_select_font_face(p->cr, "sans", CAIRO_FONT_SLANT_NORMAL,
                           pen->attr & RT_A_BOLD ? CAIRO_FONT_WEIGHT_BOLD
                                                 : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(p->cr, p->font * (pen->size > 0 ? pen->size : 1));
}

static double advance(struct paper *p, const char *text)
{
    cairo_text_extents_t e;
    cairo_text_extents(p->cr, text, &e);
    return e.x_advance;
}

/* Cairo refuses a text that is not UTF-8, and then everything that follows:
 * bad bytes and control characters are replaced. */
static char *clean(const char *text)
{
    struct rt_str s = RT_STR_INIT;
    uint32_t cp;
    char utf8[5];
    int n;
    for (; (n = rt_utf8_decode(text, &cp)); text += n) {
        rt_utf8_encode(cp < 0x20 || cp == 0x7f ? '?' : cp, utf8);
        rt_str_add(&s, utf8);
    }
    rt_str_add(&s, "");
    return rt_str_take(&s);
}

/* Shortens a clean text until it and "…" fit. */
static char *shorten(struct paper *p, char *text, double width)
{
    size_t n = strlen(text);
    char *cut = rt_xmalloc(n + 4);
    memcpy(cut, text, n + 1);
    while (n > 0 && advance(p, cut) > width) {
        do
            n--;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80);
        memcpy(cut, text, n);
        memcpy(cut + n, "…", 4);
    }
    free(text);
    return cut;
}

static double text_width(struct rt_surface *s, const char *text,
                         const struct rt_pen *pen)
{
    struct paper *p = own(s);
    char *t = clean(text);
    set_font(p, pen);
    double w = advance(p, t);
    free(t);
    return w;
}

static void put_text(struct rt_surface *s, double x, double y, double width,
                     enum rt_align align, const char *text,
                     const struct rt_pen *pen)
{
    struct paper *p = own(s);
    char *t = clean(text);
    cairo_font_extents_t e;
    set_font(p, pen);
    cairo_font_extents(p->cr, &e);
    if (width > 0)
        t = shorten(p, t, width);
    double w = advance(p, t);
    if (align != RT_LEFT)
        x -= align == RT_CENTER ? w / 2 : w;
    /* the middle of what stands on the line goes to the middle of the row */
    double high = s->row * (pen->size > 0 ? pen->size : 1);
    y += (high + e.ascent - e.descent) / 2;
    set_color(p, pen->fg, 1);
    cairo_move_to(p->cr, x, y);
    cairo_show_text(p->cr, t);
    cairo_new_path(p->cr);
    free(t);
}

static void marker(struct rt_surface *s, double x, double y,
                   enum rt_glyph shape, const struct rt_pen *pen)
{
    struct paper *p = own(s);
    double r = 3.6 * p->unit * (pen->size > 0 ? pen->size : 1);
    cairo_t *cr = p->cr;
    switch (shape) {
    case RT_GLYPH_NONE:
        return;
    case RT_GLYPH_DOT:
        cairo_arc(cr, x, y, r, 0, 2 * M_PI);
        break;
    case RT_GLYPH_SQUARE:
        cairo_rectangle(cr, x - r * .9, y - r * .9, r * 1.8, r * 1.8);
        break;
    case RT_GLYPH_TRIANGLE:
        cairo_move_to(cr, x, y - r * 1.15);
        cairo_line_to(cr, x + r * 1.1, y + r * .85);
        cairo_line_to(cr, x - r * 1.1, y + r * .85);
        break;
    case RT_GLYPH_DIAMOND:
        cairo_move_to(cr, x, y - r * 1.25);
        cairo_line_to(cr, x + r * 1.05, y);
        cairo_line_to(cr, x, y + r * 1.25);
        cairo_line_to(cr, x - r * 1.05, y);
        break;
    case RT_GLYPH_CROSS:
        cairo_move_to(cr, x - r, y - r);
        cairo_line_to(cr, x + r, y + r);
        cairo_move_to(cr, x - r, y + r);
        cairo_line_to(cr, x + r, y - r);
        set_color(p, pen->fg, 1);
        cairo_set_line_width(cr, 2 * p->unit);
        cairo_stroke(cr);
        return;
    }
    cairo_close_path(cr);
    set_color(p, pen->fg, 1);
    cairo_fill_preserve(cr);
    set_color(p, RT_RGB(255, 255, 255), 1); /* apart from the curve below */
    cairo_set_line_width(cr, 1.2 * p->unit);
    cairo_stroke(cr);
}

static void image(struct rt_surface *s, struct rt_box box,
                  const struct rt_pixels *img)
{
    struct paper *p = own(s);
    cairo_surface_t *bits =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, img->w, img->h);
    if (cairo_surface_status(bits)) { /* too large for Cairo: left out */
        cairo_surface_destroy(bits);
        return;
    }
    cairo_surface_flush(bits);
    size_t stride = (size_t)cairo_image_surface_get_stride(bits);
    unsigned char *rows = cairo_image_surface_get_data(bits);
    const unsigned char *v = img->v;
    for (int y = 0; y < img->h; y++) {
        for (int x = 0; x < img->w; x++, v += img->channels) {
            uint32_t rgb = img->channels >= 3 ? RT_RGB(v[0], v[1], v[2])
                                              : RT_RGB(v[0], v[0], v[0]);
            memcpy(rows + (size_t)y * stride + (size_t)x * 4, &rgb, 4);
        }
    }
    cairo_surface_mark_dirty(bits);
    cairo_save(p->cr);
    cairo_translate(p->cr, box.x, box.y);
    cairo_scale(p->cr, box.w / img->w, box.h / img->h);
    cairo_set_source_surface(p->cr, bits, 0, 0);
    /* enlarged, a pixel is a square; made smaller, it is averaged */
    cairo_pattern_set_filter(cairo_get_source(p->cr), box.w >= img->w
                                                          ? CAIRO_FILTER_NEAREST
                                                          : CAIRO_FILTER_GOOD);
    cairo_pattern_set_extend(cairo_get_source(p->cr), CAIRO_EXTEND_PAD);
    cairo_rectangle(p->cr, 0, 0, img->w, img->h);
    cairo_fill(p->cr);
    cairo_restore(p->cr);
    cairo_surface_destroy(bits);
}

static const struct rt_surface_ops ops = {
    .clip = clip,
    .line = line,
    .rule = rule,
    .tick = tick,
    .fill = fill,
    .bar = bar,
    .text = put_text,
    .text_width = text_width,
    .marker = marker,
    .image = image,
    .area = area,
};

static cairo_surface_t *open_sheet(struct paper *p, int w, int h)
{
    const char *ext = rt_path_ext(p->path);
    if (!strcasecmp(ext, "svg"))
        return cairo_svg_surface_create_for_stream(collect, &p->out, w, h);
    if (!strcasecmp(ext, "pdf"))
        return cairo_pdf_surface_create_for_stream(collect, &p->out, w, h);
    p->png = true;
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
}

static int failed(struct paper *p, cairo_status_t status, struct rt_err *err)
{
    bool memory = p->out.full || status == CAIRO_STATUS_NO_MEMORY;
    return rt_fail(err, memory ? RT_ENOMEM : RT_EIO, "plot to %s: %s", p->path,
                   cairo_status_to_string(status));
}

struct rt_surface *rt_surface_cairo_new(const char *path, int w, int h,
                                        struct rt_err *err)
{
    const char *ext = rt_path_ext(path);
    if (strcasecmp(ext, "png") && strcasecmp(ext, "svg") &&
        strcasecmp(ext, "pdf")) {
        rt_fail(err, RT_EINVAL,
                "plot to '%s': the name must end in .png, .svg, .pdf or .txt",
                path);
        return NULL;
    }
    if (w < SIDE_MIN || h < SIDE_MIN || w > SIDE_MAX || h > SIDE_MAX) {
        rt_fail(err, RT_EINVAL, "plot to '%s': size is %dx%d, want %d..%d",
                path, w, h, SIDE_MIN, SIDE_MAX);
        return NULL;
    }
    struct paper *p = rt_xcalloc(1, sizeof *p);
    p->path = rt_xstrdup(path);
    p->sheet = open_sheet(p, w, h);
    p->cr = cairo_create(p->sheet);
    if (cairo_status(p->cr)) {
        failed(p, cairo_status(p->cr), err);
        rt_surface_cairo_free(&p->surface);
        return NULL;
    }
    double ratio = fmin(w / 900., h / 560.);
    /* a small sheet's text must still be readable */
    p->unit = ratio < 1 ? fmax(sqrt(ratio), .5) : ratio;
    p->font = 13 * p->unit;
    p->surface = (struct rt_surface){ .ops = &ops,
                                      .w = w,
                                      .h = h,
                                      .row = p->font * 1.55,
                                      .step_x = p->png ? 1 : .5,
                                      .step_y = p->png ? 1 : .5,
                                      .paper = true };
    p->surface.em = text_width(&p->surface, "0", &(struct rt_pen){ 0 });
    fill(&p->surface, (struct rt_box){ 0, 0, w, h }, RT_RGB(255, 255, 255));
    return &p->surface;
}

int rt_surface_cairo_write(struct rt_surface *s, struct rt_err *err)
{
    struct paper *p = own(s);
    cairo_status_t status = cairo_status(p->cr);
    if (!status && p->png)
        status = cairo_surface_write_to_png_stream(p->sheet, collect, &p->out);
    if (!status) {
        cairo_surface_finish(p->sheet);
        status = cairo_surface_status(p->sheet);
    }
    if (status || p->out.full)
        return failed(p, status, err);
    return rt_file_write(p->path, p->out.v, p->out.n, err);
}

void rt_surface_cairo_free(struct rt_surface *s)
{
    if (!s)
        return;
    struct paper *p = own(s);
    cairo_destroy(p->cr);
    cairo_surface_destroy(p->sheet);
    free(p->out.v);
    free(p->path);
    free(p);
}
