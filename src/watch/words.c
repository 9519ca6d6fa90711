/* Texts in a row, dropped by rank. */
#include "watch/words.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GAUGE_LEAST = 6 };

static struct rt_word *next(struct rt_words *w, int rank, struct rt_pen pen,
                            int gap)
{
    if (w->n == RT_WORDS_MAX)
        w->n--; /* the last one is overwritten: a line is never that long */
    struct rt_word *word = &w->v[w->n++];
    *word = (struct rt_word){ .rank = rank, .pen = pen, .gap = gap };
    return word;
}

__attribute__((format(printf, 2, 0))) static void
print(struct rt_word *word, const char *fmt, va_list ap)
{
    vsnprintf(word->text, sizeof word->text, fmt, ap);
    /* vsnprintf may have cut a character in two: drop what is left of it */
    size_t n = strlen(word->text);
    if (n + 1 < sizeof word->text)
        return;
    while (n && ((unsigned char)word->text[n - 1] & 0xc0) == 0x80)
        n--;
    word->text[n ? n - 1 : 0] = '\0';
}

void rt_words_add(struct rt_words *w, int rank, struct rt_pen pen,
                  const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    print(next(w, rank, pen, 2), fmt, ap);
    va_end(ap);
}

void rt_words_near(struct rt_words *w, int rank, struct rt_pen pen,
                   const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    print(next(w, rank, pen, 1), fmt, ap);
    va_end(ap);
}

void rt_words_join(struct rt_words *w, struct rt_pen pen, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    print(next(w, w->n ? w->v[w->n - 1].rank : 0, pen, 0), fmt, ap);
    va_end(ap);
}

void rt_words_gauge(struct rt_words *w, int rank, struct rt_pen pen, int most,
                    double share)
{
    struct rt_word *word = next(w, rank, pen, 2);
    word->gauge = GAUGE_LEAST;
    word->most = most;
    word->share = share;
}

static int width_of(const struct rt_word *word)
{
    return word->gauge ? word->gauge : rt_utf8_width(word->text);
}

int rt_words_width(const struct rt_words *w)
{
    int n = 0;
    for (int i = 0; i < w->n; i++)
        n += (i ? w->v[i].gap : 0) + width_of(&w->v[i]);
    return n;
}

static void drop(struct rt_words *w, int rank)
{
    int n = 0;
    for (int i = 0; i < w->n; i++)
        if (w->v[i].rank != rank)
            w->v[n++] = w->v[i];
    w->n = n;
}

void rt_words_fit(struct rt_words *w, int width)
{
    while (rt_words_width(w) > width) {
        int worst = 0;
        for (int i = 0; i < w->n; i++)
            worst = w->v[i].rank > worst ? w->v[i].rank : worst;
        if (worst == 0)
            break; /* rank 0 stays, and is cut where it is drawn */
        drop(w, worst);
    }
    int room = width - rt_words_width(w);
    for (int i = 0; i < w->n && room > 0; i++) {
        struct rt_word *word = &w->v[i];
        int more = word->most > word->gauge ? word->most - word->gauge : 0;
        word->gauge += more < room ? more : room;
        room -= more < room ? more : room;
    }
}

void rt_words_draw(const struct rt_words *w, struct rt_canvas *c, int x, int y)
{
    for (int i = 0; i < w->n; i++) {
        const struct rt_word *word = &w->v[i];
        x += i ? word->gap : 0;
        if (word->gauge)
            rt_canvas_gauge(c, x, y, word->gauge, word->share, word->pen);
        else
            rt_canvas_text(c, x, y, c->clip.x + c->clip.w - x, word->text,
                           word->pen);
        x += width_of(word);
    }
}
