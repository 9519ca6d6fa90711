#include "shell/repl.h"

#include "base/file.h"
#include "base/mem.h"
#include "shell/complete.h"
#include "shell/interp.h"
#include "shell/line.h"
#include "shell/loop.h"
#include "shell/progress.h"
#include "shell/tcl_words.h"
#include "shell/wrap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct rt_session *session;
static struct rt_str pending; /* lines of a command that is not whole yet */
static bool away;             /* a full screen has the terminal */
static bool ready;            /* no command runs: a line may be typed */
static struct rt_str held;    /* printed while a question stands there */
static bool stopped;          /* Ctrl-Z and fg of the shell came meanwhile */

static void show(void)
{
    if (ready && !away && session->quit_code < 0)
        rt_line_show(pending.n ? "   ... " : "retort> ");
}

static void key(void *ctx)
{
    (void)ctx;
    rt_line_key();
}

static void listen(bool on)
{
    if (!away)
        rt_loop_keys(STDIN_FILENO, on ? key : NULL, NULL);
}

void rt_repl_print(struct rt_session *s, const char *text)
{
    size_t n = strlen(text);
    if (s->asking) {
        rt_str_add(&held, text);
        if (!n || text[n - 1] != '\n')
            rt_str_addc(&held, '\n');
        return;
    }
    if (rt_line_shown()) {
        rt_line_print(text);
        return;
    }
    fwrite(text, 1, n, stdout);
    if (n && text[n - 1] != '\n')
        putchar('\n');
    if (fflush(stdout) && errno == EPIPE)
        rt_loop_end(128 + SIGPIPE);
}

/* ---- lines -----------------------------------------------------------------
 */

int rt_repl_line(struct rt_session *s, const char *line, struct rt_str *out)
{
    struct rt_err err = RT_ERR_INIT;
    int rc = rt_interp_line(s->interp, line, out, &err);
    if (rc && s->quit_code < 0) {
        if (out->n && out->s[out->n - 1] != '\n')
            rt_str_addc(out, '\n');
        rt_str_addf(out, "%serror:%s %s", s->color ? "\033[1;31m" : "",
                    s->color ? "\033[0m" : "", err.text);
    }
    rt_str_addf(&s->transcript, "> %s\n", line);
    if (out->n)
        rt_str_addf(&s->transcript, "%s\n", rt_str_c(out));
    return rc;
}

/* What a line typed here is answered with. */
static void tell(const char *line, struct rt_str *out)
{
    struct rt_str said = RT_STR_INIT, hint = RT_STR_INIT;
    int rc = rt_repl_line(session, line, &said);
    rt_tcl_words(session, line, &hint);
    rt_wrap(rt_str_c(&said), rc ? session->table_width : 0, out);
    if (hint.n && out->n && out->s[out->n - 1] != '\n')
        rt_str_addc(out, '\n');
    rt_wrap(rt_str_c(&hint), session->table_width, out);
    rt_str_release(&said);
    rt_str_release(&hint);
}

static void have_line(void *ctx, char *text)
{
    (void)ctx;
    ready = false;
    listen(false);
    if (!text) {
        putchar('\n');
        if (pending.n)
            rt_str_clear(&pending);
        else if (rt_session_may_quit(session))
            session->quit_code = 0;
    } else {
        if (pending.n)
            rt_str_addc(&pending, '\n');
        rt_str_add(&pending, text);
        if (rt_interp_complete(rt_str_c(&pending))) {
            struct rt_str out = RT_STR_INIT;
            char *line = rt_str_take(&pending);
            rt_line_remember(line);
            rt_loop_interrupted(); /* a Ctrl-C from before is old */
            if (line && *line)
                tell(line, &out);
            rt_loop_interrupted(); /* it was for the command */
            if (out.n)
                rt_repl_print(session, rt_str_c(&out));
            rt_str_release(&out);
            free(line);
        }
    }
    free(text);
    ready = true;
    show();
    listen(true);
}

static char **complete(void *ctx, const char *line, int point)
{
    return rt_complete(ctx, line, point);
}

/* ---- a question ------------------------------------------------------------
 */

static void answer(void *ctx)
{
    char c;
    if (read(STDIN_FILENO, &c, 1) == 1)
        *(int *)ctx = (unsigned char)c;
}

static void put_question(const struct rt_session *s, const char *question,
                         const char *keys)
{
    for (const char *at = question; *at;) {
        size_t n = strcspn(at, "\302"); /* before a "·" */
        fwrite(at, 1, n, stderr);
        at += n;
        if (*at)
            fputs(s->utf8 ? "·" : "|", stderr);
        at += *at ? strlen("·") : 0;
    }
    fprintf(stderr, " (%c) ", keys[0]);
    fflush(stderr);
}

int rt_repl_ask(struct rt_session *s, const char *question, const char *keys)
{
    struct termios keep, raw;
    int got = 0;
    if (tcgetattr(STDIN_FILENO, &keep))
        return keys[0];
    raw = keep;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    put_question(s, question, keys);
    stopped = false;
    rt_loop_answer(1);
    s->asking = true;
    rt_loop_keys(STDIN_FILENO, answer, &got);
    while (!got || !strchr(keys, got)) {
        if (got == '\n' || got == '\r' || got == 4)
            got = keys[0];
        else
            got = 0;
        if (!got && rt_loop_pump(s, 0.2) == RT_ECANCEL)
            got = keys[0];
        if (stopped) { /* the shell has written there since */
            stopped = false;
            tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
            put_question(s, question, keys);
        }
    }
    rt_loop_keys(-1, NULL, NULL);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &keep);
    fprintf(stderr, "%c\n", got);
    s->asking = false;
    rt_loop_answer(-1);
    if (held.n)
        rt_repl_print(s, rt_str_c(&held));
    rt_str_release(&held);
    return got;
}

/* ---- signals ---------------------------------------------------------------
 */

static void status_line(void)
{
    if (!rt_session_n_live(session))
        fprintf(stderr, "retort: no run is going\n");
    for (int i = 0; i < session->runs.n; i++) {
        struct rt_session_run *r = session->runs.v[i];
        struct rt_snapshot now;
        if (!r->run)
            continue;
        rt_run_snapshot(r->run, &now);
        fprintf(stderr,
                "retort: run=%d name=%s state=%s epoch=%lld/%lld "
                "batch=%lld/%lld\n",
                r->number, r->name, rt_run_state_name(now.state),
                (long long)now.epoch, (long long)now.n_epochs,
                (long long)now.batch, (long long)now.n_batches);
        rt_snapshot_release(&now);
    }
}

static void measure(void)
{
    struct winsize size;
    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
        session->width = session->table_width = size.ws_col;
}

static void signal_came(int sig)
{
    bool was_shown = rt_line_shown();
    switch (sig) {
    case SIGINT:
        if (was_shown) {
            rt_loop_interrupted();
            rt_str_clear(&pending);
            rt_line_drop();
            show();
        }
        break;
    case SIGWINCH:
        measure();
        rt_line_resize();
        break;
    case SIGUSR1:
        status_line();
        break;
    case SIGTSTP:
        if (!session->asking && rt_progress_shelve())
            break;
        if (was_shown)
            rt_line_hide();
        raise(SIGSTOP);
        stopped = true;
        measure();
        if (was_shown)
            show();
        break;
    default:
        break;
    }
}

/* ---- life ------------------------------------------------------------------
 */

void rt_repl_start(struct rt_session *s)
{
    session = s;
    measure();
    rt_loop_on_signal(signal_came);
    if (!s->interactive)
        return;
    struct rt_line_host host = {
        .ctx = s,
        .on_line = have_line,
        .complete = complete,
    };
    char *dir = rt_dir_data();
    char *file = NULL;
    if (!rt_dir_make(dir, NULL))
        file = rt_path_join(dir, "history");
    rt_line_start(&host, file);
    free(file);
    free(dir);
}

void rt_repl_run(struct rt_session *s)
{
    rt_loop_interrupted();
    ready = true;
    show();
    listen(true);
    rt_loop_run(s);
    ready = false;
    listen(false);
    rt_line_hide();
}

void rt_repl_stop(void)
{
    if (session && session->interactive)
        rt_line_stop();
    rt_str_release(&pending);
    session = NULL;
}

void rt_repl_suspend(void)
{
    listen(false);
    rt_line_hide();
    away = true;
}

void rt_repl_resume(void)
{
    measure();
    away = false;
    if (!ready)
        return;
    show();
    listen(true);
}
