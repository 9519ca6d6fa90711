#include "shell/wrap.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Cells of n bytes; an escape sequence takes none. */
static int cells(const char *text, size_t n)
{
    int sum = 0;
    for (const char *p = text, *end = text + n; p < end;) {
        uint32_t cp;
        if (p[0] == '\033' && p[1] == '[') {
            for (p += 2; p < end && !isalpha((unsigned char)*p);)
                p++;
            p += p < end;
        } else {
            p += rt_utf8_decode(p, &cp);
            sum += rt_utf8_cell(cp);
        }
    }
    return sum;
}

/* Where a broken line goes on: below its text, which stands behind the first
 * gap of two blanks after a word, else a step further in than it began. */
static int hang_of(const char *line, int n, int width)
{
    int lead = (int)strspn(line, " "), at = lead;
    while (at + 2 < n && !(line[at] == ' ' && line[at + 1] == ' '))
        at++;
    int gap = at + 2 < n ? at + (int)strspn(line + at, " ") : 0;
    if (gap > 0 && gap <= width / 2)
        return gap;
    return lead > 0 ? lead + 2 : 0;
}

static void add_line(const char *line, int n, int width, struct rt_str *out)
{
    int hang = hang_of(line, n, width), column = 0;
    for (int at = 0; at < n;) {
        size_t blanks = strspn(line + at, " ");
        size_t word = strcspn(line + at + blanks, " \n");
        int wide = cells(line + at + blanks, word);
        const char *from = line + at + blanks;
        at += (int)(blanks + word);
        if (column > hang && column + (int)blanks + wide > width) {
            rt_str_addc(out, '\n');
            blanks = (size_t)hang;
            column = 0;
        }
        rt_str_pad(out, ' ', blanks);
        rt_str_addn(out, from, word);
        column += (int)blanks + wide;
    }
}

void rt_wrap(const char *text, int width, struct rt_str *out)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (width > 0)
            add_line(text, (int)n, width, out);
        else
            rt_str_addn(out, text, n);
        text += n;
        if (*text)
            rt_str_addc(out, *text++);
    }
}
