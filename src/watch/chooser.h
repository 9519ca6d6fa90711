/* The list of runs to choose from, of this program and of the store, narrowed
 * by what is typed. */
#ifndef RT_WATCH_CHOOSER_H
#define RT_WATCH_CHOOSER_H
#include "watch/host.h"

struct rt_chooser {
    struct rt_watch_entry *all; /* newest first; owned */
    int n;
    char filter[64];
    int at; /* the bar, among those shown */
    bool open;
};
void rt_chooser_open(struct rt_chooser *c, const struct rt_watch_host *host);
void rt_chooser_close(struct rt_chooser *c);
/* Only runs whose number, name and state hold each of the words. */
void rt_chooser_filter(struct rt_chooser *c, const char *text);
void rt_chooser_move(struct rt_chooser *c, int n);
int rt_chooser_shown(const struct rt_chooser *c);
/* The i-th of those shown. */
const struct rt_watch_entry *rt_chooser_entry(const struct rt_chooser *c,
                                              int i);
int rt_chooser_chosen(const struct rt_chooser *c); /* its number; 0: none */
/* Makes a run one that the host can show. Errors: as rt_watch_host.open. */
int rt_chooser_reach(const struct rt_watch_host *host, int number,
                     struct rt_err *err);
/* Does text hold each of the words, whatever their case? */
bool rt_filter_fits(const char *filter, const char *text);
#endif
