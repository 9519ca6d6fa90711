#include "shell/line.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#define HISTORY_LINES 5000

static struct rt_line_host host;
static char *history_path;
static char *prompt_now;
static bool shown;
static bool begun; /* readline knows the terminal */

static void have_line(char *text)
{
    /* readline takes the terminal back before it calls; the command that runs
     * now sees it as it was. */
    rl_callback_handler_remove();
    shown = false;
    host.on_line(host.ctx, text);
}

/* Completion: readline asks for one candidate after another. */
static char **candidates;
static int candidate_at;

static char *next_candidate(const char *text, int state)
{
    (void)text;
    if (!state)
        candidate_at = 0;
    return candidates && candidates[candidate_at] ? candidates[candidate_at++]
                                                  : NULL;
}

static char **complete(const char *text, int start, int end)
{
    (void)start;
    rl_attempted_completion_over = 1;
    char *line = rl_copy_text(0, end);
    candidates = host.complete(host.ctx, line, end);
    free(line);
    if (!candidates)
        return NULL;
    /* A candidate that says what follows (key=, folder/) gets no space. */
    rl_completion_append_character = ' ';
    if (candidates[0] && !candidates[1]) {
        size_t n = strlen(candidates[0]);
        if (n && strchr("=/,:", candidates[0][n - 1]))
            rl_completion_append_character = '\0';
    }
    char **matches = rl_completion_matches(text, next_candidate);
    free(candidates);
    candidates = NULL;
    return matches;
}

void rt_line_start(const struct rt_line_host *h, const char *history_file)
{
    host = *h;
    history_path = history_file ? strdup(history_file) : NULL;
    rl_readline_name = "retort";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_completion_query_items = 200;
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = (char *)(size_t) " \t\n;{}[]\"";
    rl_basic_word_break_characters = rl_completer_word_break_characters;
    rl_variable_bind("page-completions", "off");
    rl_variable_bind("show-all-if-ambiguous", "on");
    rl_variable_bind("enable-bracketed-paste", "on");
    using_history();
    stifle_history(HISTORY_LINES);
    if (history_path)
        read_history(history_path);
}

void rt_line_stop(void)
{
    rt_line_hide();
    if (history_path)
        write_history(history_path);
    free(history_path);
    free(prompt_now);
    history_path = prompt_now = NULL;
    clear_history();
}

void rt_line_show(const char *prompt)
{
    if (shown)
        return;
    free(prompt_now);
    prompt_now = strdup(prompt);
    if (begun) /* the size may have changed while no line was shown */
        rl_reset_screen_size();
    begun = true;
    rl_callback_handler_install(prompt_now, have_line);
    shown = true;
}

void rt_line_hide(void)
{
    if (!shown)
        return;
    rl_clear_visible_line();
    rl_callback_handler_remove();
    shown = false;
}

bool rt_line_shown(void)
{
    return shown;
}

void rt_line_key(void)
{
    rl_callback_read_char();
}

void rt_line_print(const char *text)
{
    size_t n = strlen(text);
    if (shown)
        rl_clear_visible_line();
    fwrite(text, 1, n, stdout);
    if (!n || text[n - 1] != '\n')
        putchar('\n');
    fflush(stdout);
    if (shown) {
        rl_on_new_line();
        rl_redisplay();
    }
}

void rt_line_drop(void)
{
    if (!shown)
        return;
    rl_point = rl_end;
    rl_redisplay();
    fputs("^C\n", stdout);
    fflush(stdout);
    rl_callback_sigcleanup();
    rl_replace_line("", 1);
    rl_callback_handler_remove();
    shown = false;
}

void rt_line_resize(void)
{
    if (shown)
        rl_resize_terminal();
}

void rt_line_remember(const char *text)
{
    HIST_ENTRY *last =
        history_length ? history_get(history_base + history_length - 1) : NULL;
    for (const char *p = text; *p; p++)
        if (!isspace((unsigned char)*p)) {
            if (!last || strcmp(last->line, text))
                add_history(text);
            return;
        }
}
