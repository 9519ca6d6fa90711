#include "shell/wrap.h"

#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

/* Bytes and cells of what stands at p: an escape sequence or a character. */
static size_t next(const char *p, int *cells)
{
    *cells = 0;
    if (p[0] == '\033' && p[1] == '[') {
        size_t n = 2;
        while (p[n] && !isalpha((unsigned char)p[n]))
            n++;
        return n + (p[n] != 0);
    }
    uint32_t cp;
    size_t n = (size_t)rt_utf8_decode(p, &cp);
    *cells = rt_utf8_cell(cp);
    return n;
}

/* Bytes of the line at p that fit, without the space they end before; all of it
 * if it does. */
static size_t fits(const char *p, size_t len, int width)
{
    size_t at = 0, space = 0;
    int used = 0, cells;
    while (at < len) {
        size_t n = next(p + at, &cells);
        if (p[at] == ' ' && at && p[at - 1] != ' ')
            space = at;
        if ((used += cells) > width)
            return space;
        at += n;
    }
    return len;
}

void rt_wrap(const char *text, int width, struct rt_str *out)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        size_t n = width > 0 ? fits(text, len, width) : len;
        if (!n) { /* one long word: up to the next space */
            n = strcspn(text, " \n");
            n = n ? n : len;
        }
        rt_str_addn(out, text, n);
        text += n;
        if (n < len) {
            text += strspn(text, " ");
            if (*text && *text != '\n')
                rt_str_addc(out, '\n');
        } else if (*text) {
            rt_str_addc(out, *text++);
        }
    }
}
