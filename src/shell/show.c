#include "shell/show.h"

#include "plot/draw.h"

#include <stdlib.h>
#include <string.h>

static enum rt_depth depth_of(const struct rt_session *s)
{
    const char *term = getenv("TERM"), *more = getenv("COLORTERM");
    if (!s->color)
        return RT_DEPTH_PLAIN;
    if (more && (!strcmp(more, "truecolor") || !strcmp(more, "24bit")))
        return RT_DEPTH_RGB;
    return term && strstr(term, "256color") ? RT_DEPTH_256 : RT_DEPTH_8;
}

void rt_show_text(const struct rt_session *s, const struct rt_figure *f,
                  int rows, struct rt_str *out)
{
    struct rt_canvas c;
    int width = s->width > 1 ? s->width - 1 : 1; /* the last column wraps */
    enum rt_depth depth = depth_of(s);
    rt_canvas_init(&c, width, rows > 0 ? rows : rt_figure_rows(f, width),
                   s->utf8 ? RT_SYM_BRAILLE : RT_SYM_ASCII);
    c.color = depth >= RT_DEPTH_8;
    rt_draw_cells(f, &c, c.clip, NULL);
    rt_canvas_dump(&c, depth, out);
    rt_canvas_release(&c);
    while (out->n && out->s[out->n - 1] == '\n')
        out->s[--out->n] = '\0';
}

int rt_show(const struct rt_session *s, const struct rt_figure *f,
            const char *file, int w, int h, struct rt_str *out,
            struct rt_err *err)
{
    if (!file) {
        rt_show_text(s, f, 0, out);
        return 0;
    }
    int rc = rt_draw_file(f, file, w, h, err);
    if (!rc)
        rt_str_addf(out, "%s", file);
    return rc;
}
