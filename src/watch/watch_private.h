/* The inside of the watch screen, for watch.c (its life), acts.c (what keys do)
 * and ask.c (lines being typed). */
#ifndef RT_WATCH_WATCH_PRIVATE_H
#define RT_WATCH_WATCH_PRIVATE_H
#include "watch/frame.h"
#include "watch/keys.h"
#include "watch/screen.h"
#include "watch/watch.h"

struct rt_watch {
    const struct rt_watch_host *host;
    struct rt_screen *screen;
    struct rt_view view;
    struct rt_canvas canvas;
    struct rt_layout layout;
    int w, h;
    bool closed, suspended;
    /* when to draw */
    int news; /* RT_NEWS_... not drawn yet */
    double last_frame, frame_cost;
    double settle_until; /* statistics were asked for and may yet come */
    /* what the host was last asked to make */
    int wanted_run;
    struct rt_want wanted;
    char *pending; /* the order that a question is about; NULL: none */
};

/* Does what a key of the table does. */
void rt_watch_act(struct rt_watch *w, enum rt_act act);
void rt_watch_say(struct rt_watch *w, enum rt_level level, const char *who,
                  const char *text);
/* Sends an order to the run that is shown; a refusal is said. */
void rt_watch_order(struct rt_watch *w, const char *words);

/* The line at the bottom: a question whose yes sends an order, a command, a
 * filter for the panel in focus, the file for a plot, the list of runs. */
void rt_watch_ask_order(struct rt_watch *w, const char *question,
                        const char *words);
void rt_watch_ask_command(struct rt_watch *w);
void rt_watch_ask_filter(struct rt_watch *w);
void rt_watch_ask_file(struct rt_watch *w);
void rt_watch_ask_run(struct rt_watch *w);
/* A key while such a line is open. */
void rt_watch_ask_key(struct rt_watch *w, int32_t key);
#endif
