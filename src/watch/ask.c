/* The line at the bottom: a question, a command, a filter that acts while it is
 * typed, a file's name, the list of runs. */
#include "base/mem.h"
#include "watch/chooser.h"
#include "watch/watch_private.h"

#include <stdlib.h>
#include <string.h>

void rt_watch_ask_order(struct rt_watch *w, const char *question,
                        const char *words)
{
    free(w->pending);
    w->pending = rt_xstrdup(words);
    rt_prompt_begin(&w->view.prompt, RT_PROMPT_QUESTION, question);
}

void rt_watch_ask_command(struct rt_watch *w)
{
    rt_prompt_begin(&w->view.prompt, RT_PROMPT_COMMAND, ":");
}

void rt_watch_ask_filter(struct rt_watch *w)
{
    struct rt_view *v = &w->view;
    rt_prompt_begin(&v->prompt, RT_PROMPT_FILTER,
                    rt_view_filters_layers(v) ? "layers /" : "curves /");
}

void rt_watch_ask_file(struct rt_watch *w)
{
    struct rt_view *v = &w->view;
    rt_prompt_begin(&v->prompt, RT_PROMPT_FILE, "write to ");
    for (const char *s = rt_view_file(v); *s; s++)
        rt_prompt_key(&v->prompt, *s);
}

void rt_watch_ask_run(struct rt_watch *w)
{
    rt_chooser_open(&w->view.chooser, w->host);
    rt_prompt_begin(&w->view.prompt, RT_PROMPT_RUN, "runs /");
}

enum { LINES_SAID = 2 }; /* of an answer that the log takes */

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        n++;
    return n;
}

/* The lines as messages; that it is an error, their sign says. */
static void say_lines(struct rt_watch *w, const char *text, bool failed)
{
    static const char error[] = "error: ";
    while (*text) {
        if (failed && !strncmp(text, error, sizeof error - 1))
            text += sizeof error - 1;
        size_t n = strcspn(text, "\n");
        char *line = rt_xstrndup(text, n);
        rt_watch_say(w, failed ? RT_LOG_ERROR : RT_LOG_INFO, NULL, line);
        free(line);
        text += n + (text[n] == '\n');
    }
}

/* A short answer goes to the log, a longer one becomes a page. */
static void run_command(struct rt_watch *w, const char *line)
{
    struct rt_view *v = &w->view;
    struct rt_str says = RT_STR_INIT;
    rt_watch_say(w, RT_LOG_INFO, ":", line);
    rt_screen_signals(w->screen, true);
    int failed = w->host->command(w->host->ctx, line, &says);
    rt_screen_signals(w->screen, false);
    const char *text = rt_str_c(&says);
    if (count_lines(text) > LINES_SAID) {
        rt_str_release(&v->page);
        v->page = says;
        v->page_title = failed ? "error" : "answer";
        v->page_top = 0;
        return;
    }
    say_lines(w, text, failed);
    rt_str_release(&says);
}

static void complete(struct rt_watch *w)
{
    struct rt_prompt *p = &w->view.prompt;
    struct rt_str words = RT_STR_INIT;
    size_t from = p->at;
    if (!w->host->complete || p->kind != RT_PROMPT_COMMAND)
        return;
    w->host->complete(w->host->ctx, rt_str_c(&p->line), p->at, &from, &words);
    rt_prompt_offer(p, from, rt_str_c(&words));
    rt_str_release(&words);
}

static void write_plot(struct rt_watch *w, const char *file)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_str says = RT_STR_INIT;
    int failed = rt_view_write(&w->view, file, &err);
    rt_str_addf(&says, "%s%s", failed ? "" : "wrote ",
                failed ? err.text : file);
    rt_watch_say(w, failed ? RT_LOG_ERROR : RT_LOG_INFO, NULL, rt_str_c(&says));
    rt_str_release(&says);
}

static void look_at(struct rt_watch *w, int number)
{
    struct rt_err err = RT_ERR_INIT;
    if (number && !rt_chooser_reach(w->host, number, &err))
        rt_view_choose(&w->view, number);
    else if (number)
        rt_watch_say(w, RT_LOG_ERROR, NULL, err.text);
}

/* Lays the run under the bar over the one that is shown, or takes it off. */
static void lay_over(struct rt_watch *w)
{
    struct rt_err err = RT_ERR_INIT;
    int number = rt_chooser_chosen(&w->view.chooser);
    if (!number || number == w->view.run.number)
        return;
    if (rt_chooser_reach(w->host, number, &err))
        rt_watch_say(w, RT_LOG_ERROR, NULL, err.text);
    else if (!rt_view_overlay(&w->view, number))
        rt_watch_say(w, RT_LOG_WARNING, NULL,
                     "no more than four runs can lie over another");
}

static void finish(struct rt_watch *w)
{
    struct rt_prompt *p = &w->view.prompt;
    enum rt_prompt_kind kind = p->kind;
    char *line = rt_xstrdup(rt_str_c(&p->line));
    int number =
        kind == RT_PROMPT_RUN ? rt_chooser_chosen(&w->view.chooser) : 0;
    rt_prompt_end(p, kind == RT_PROMPT_COMMAND);
    switch (kind) {
    case RT_PROMPT_QUESTION:
        rt_watch_order(w, w->pending);
        break;
    case RT_PROMPT_COMMAND:
        if (line[strspn(line, " ")])
            run_command(w, line);
        break;
    case RT_PROMPT_FILE:
        if (*line)
            write_plot(w, line);
        break;
    case RT_PROMPT_RUN:
        rt_chooser_close(&w->view.chooser);
        look_at(w, number);
        break;
    case RT_PROMPT_FILTER:
    case RT_PROMPT_NONE:
        break;
    }
    free(line);
}

static void leave(struct rt_watch *w)
{
    struct rt_prompt *p = &w->view.prompt;
    if (p->kind == RT_PROMPT_FILTER)
        rt_view_filter(&w->view, "");
    if (p->kind == RT_PROMPT_RUN)
        rt_chooser_close(&w->view.chooser);
    rt_prompt_end(p, false);
}

/* Keys that act on the list while its filter is typed. */
static bool chooser_key(struct rt_watch *w, int32_t key)
{
    struct rt_chooser *c = &w->view.chooser;
    switch (key) {
    case RT_KEY_DOWN:
        rt_chooser_move(c, 1);
        return true;
    case RT_KEY_UP:
        rt_chooser_move(c, -1);
        return true;
    case RT_KEY_PAGE_DOWN:
        rt_chooser_move(c, 10);
        return true;
    case RT_KEY_PAGE_UP:
        rt_chooser_move(c, -10);
        return true;
    case RT_KEY_TAB:
        lay_over(w);
        return true;
    default:
        return false;
    }
}

void rt_watch_ask_key(struct rt_watch *w, int32_t key)
{
    struct rt_prompt *p = &w->view.prompt;
    if (p->kind == RT_PROMPT_RUN && chooser_key(w, key))
        return;
    switch (rt_prompt_key(p, key)) {
    case RT_PROMPT_DONE:
        finish(w);
        break;
    case RT_PROMPT_LEFT:
        leave(w);
        break;
    case RT_PROMPT_COMPLETE:
        complete(w);
        break;
    case RT_PROMPT_EDITS:
        if (p->kind == RT_PROMPT_FILTER)
            rt_view_filter(&w->view, rt_str_c(&p->line));
        if (p->kind == RT_PROMPT_RUN)
            rt_chooser_filter(&w->view.chooser, rt_str_c(&p->line));
        break;
    }
}
