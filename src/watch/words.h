/* A line of short texts in several colours that gives way where room is short:
 * the status line, the line of keys, the edges of a frame.
 *   struct rt_words w = { 0 };
 *   rt_words_add(&w, 1, dim, "lr ");  rt_words_join(&w, bright, "1.0e-3");
 *   rt_words_fit(&w, room);           rt_words_draw(&w, canvas, x, y); */
#ifndef RT_WATCH_WORDS_H
#define RT_WATCH_WORDS_H
#include "plot/canvas.h"

enum { RT_WORDS_MAX = 48, RT_WORD_TEXT = 96 };
struct rt_words {
    struct rt_word {
        char text[RT_WORD_TEXT];
        struct rt_pen pen;
        int rank;     /* the highest goes first where room is short */
        int gap;      /* blanks before it; 0: joined to the one before */
        int gauge;    /* cells of a gauge drawn in place of the text */
        int most;     /* that it may have */
        double share; /* of the gauge */
    } v[RT_WORDS_MAX];
    int n;
};

/* A new group: two blanks before it unless it is the first. */
void rt_words_add(struct rt_words *w, int rank, struct rt_pen pen,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* A group one blank after the last. */
void rt_words_near(struct rt_words *w, int rank, struct rt_pen pen,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Goes on without a blank, of the same rank as the one before. */
void rt_words_join(struct rt_words *w, struct rt_pen pen, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A gauge at least 6 cells wide; rt_words_fit lets it grow up to most. */
void rt_words_gauge(struct rt_words *w, int rank, struct rt_pen pen, int most,
                    double share);
int rt_words_width(const struct rt_words *w);
/* Drops whole ranks until the rest fits, then gives a gauge what is left. */
void rt_words_fit(struct rt_words *w, int width);
void rt_words_draw(const struct rt_words *w, struct rt_canvas *c, int x, int y);
#endif
