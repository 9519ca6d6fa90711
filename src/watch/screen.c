/* curses, and what it leaves to its user: signals, sizes, stderr, crashes. */
#include "watch/screen.h"

#include "base/crash.h"
#include "base/mem.h"
#include "watch/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

enum {
    PAIRS_MAX = 1024,  /* pictures want some 250 */
    PAIRS_LEAST = 250, /* for 256 colours to be used */
    LINE_MAX_BYTES = 2000
};

struct rt_screen {
    FILE *in, *out;
    SCREEN *curses;
    TERMINAL *checked;     /* what setupterm made, until curses has its own */
    WINDOW *keys;          /* a pad: reading from it never draws */
    int fd;                /* epoll: terminal and caught stderr */
    int real_stderr;       /* -1: stderr is left alone */
    int caught, catcher;   /* the ends of the pipe it goes to while we are up */
    struct rt_str pending; /* of stderr, not yet a whole line */
    int w, h;              /* as last told */
    enum rt_depth depth;
    enum rt_symbols symbols;
    bool up;
    struct {
        int fg, bg;
    } pair[PAIRS_MAX];
    int n_pairs;
    struct rt_canvas shown; /* what curses was given */
};

/* ---- opening ------------------------------------------------------------- */

static FILE *stream(int fd, const char *mode)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    FILE *f = own >= 0 ? fdopen(own, mode) : NULL;
    if (!f && own >= 0)
        close(own);
    return f;
}

static int open_streams(struct rt_screen *s, struct rt_err *err)
{
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        s->in = stream(STDIN_FILENO, "r");
        s->out = stream(STDOUT_FILENO, "w");
    } else {
        int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
            return rt_fail(err, RT_ESTATE,
                           "watch: there is no terminal, want one");
        s->in = stream(fd, "r");
        s->out = stream(fd, "w");
        close(fd);
    }
    if (!s->in || !s->out)
        return rt_fail_errno(err, "watch: terminal");
    return 0;
}

static int check_terminal(struct rt_screen *s, struct rt_err *err)
{
    const char *term = getenv("TERM");
    int found = 0;
    if (!term || !*term)
        return rt_fail(err, RT_EINVAL,
                       "watch: TERM is not set, want the terminal's name, "
                       "for example xterm-256color");
    if (setupterm(NULL, fileno(s->out), &found) != OK)
        return rt_fail(err, RT_EINVAL,
                       "watch: TERM is '%s', which the terminal database "
                       "does not know; try xterm or vt100",
                       term);
    s->checked = cur_term;
    char *cup = tigetstr("cup");
    if (!cup || cup == (char *)-1)
        return rt_fail(err, RT_EINVAL,
                       "watch: TERM is '%s', a terminal that cannot place "
                       "its cursor; want one that can, such as xterm or vt100",
                       term);
    return 0;
}

static bool utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static bool is_set(const char *name)
{
    const char *v = getenv(name);
    return v && *v && strcmp(v, "0") != 0;
}

static enum rt_symbols choose_symbols(void)
{
    const char *term = getenv("TERM");
    bool plain =
        term && (strcmp(term, "linux") == 0 || strncmp(term, "dumb", 4) == 0);
    return is_set("RETORT_ASCII") || plain || !utf8() ? RT_SYM_ASCII
                                                      : RT_SYM_BRAILLE;
}

/* Adds a capability's bytes without its delays "$<5>". */
static void add_bytes(struct rt_str *b, const char *name)
{
    char key[16];
    strncpy(key, name, sizeof key - 1);
    key[sizeof key - 1] = '\0';
    const char *text = tigetstr(key);
    if (!text || text == (const char *)-1)
        return;
    while (*text) {
        size_t n = strcspn(text, "$");
        rt_str_addn(b, text, n);
        text += n;
        if (text[0] == '$' && text[1] == '<')
            text += strcspn(text, ">") + (strchr(text, '>') != NULL);
        else if (*text)
            rt_str_addc(b, *text++);
    }
}

static void guard(const struct rt_screen *s)
{
    static const char *const undo[] = { "sgr0", "rmkx", "cnorm", "rmcup" };
    struct rt_str b = RT_STR_INIT;
    for (size_t i = 0; i < sizeof undo / sizeof *undo; i++)
        add_bytes(&b, undo[i]);
    rt_crash_screen_on(rt_str_c(&b), fileno(s->out), s->real_stderr);
    rt_str_release(&b);
}

static void start_colors(struct rt_screen *s, bool color)
{
    const char *no_color = getenv("NO_COLOR");
    s->depth = RT_DEPTH_MONO;
    s->n_pairs = 0;
    if (!color || (no_color && *no_color) || !has_colors() ||
        start_color() != OK)
        return;
    use_default_colors();
    if (COLORS > 0xffff) /* a terminal of the kind xterm-direct */
        s->depth = RT_DEPTH_RGB;
    else if (COLORS >= 256 && COLOR_PAIRS > PAIRS_LEAST)
        s->depth = RT_DEPTH_256;
    else if (COLORS >= 8)
        s->depth = RT_DEPTH_8;
}

static void free_checked(struct rt_screen *s)
{
    if (s->checked && s->checked != cur_term)
        del_curterm(s->checked);
    else if (s->checked && !s->curses)
        del_curterm(set_curterm(NULL));
    s->checked = NULL;
}

static const int kept_signals[] = { SIGINT, SIGTERM, SIGTSTP, SIGWINCH };
enum { N_KEPT = sizeof kept_signals / sizeof *kept_signals };

/* curses takes over signals that have no handler; ours stay the shell's. */
static int start_curses(struct rt_screen *s, bool color, struct rt_err *err)
{
    struct sigaction kept[N_KEPT];
    for (int i = 0; i < N_KEPT; i++)
        sigaction(kept_signals[i], NULL, &kept[i]);
    use_env(TRUE);
    use_tioctl(TRUE); /* the window's size, not a stale LINES of readline */
    s->curses = newterm(NULL, s->out, s->in);
    free_checked(s);
    for (int i = 0; i < N_KEPT; i++)
        sigaction(kept_signals[i], &kept[i], NULL);
    if (!s->curses)
        return rt_fail(err, RT_EINVAL,
                       "watch: TERM is '%s', which curses "
                       "cannot use",
                       getenv("TERM"));
    set_term(s->curses);
    raw();
    noecho();
    nonl();
    set_escdelay(25);
    curs_set(0);
    start_colors(s, color);
    s->keys = newpad(1, 1);
    keypad(s->keys, TRUE);
    nodelay(s->keys, TRUE);
    return 0;
}

/* ---- stderr -------------------------------------------------------------- */

/* Both ends never wait: a writer on a training thread loses its words sooner
 * than its time. */
static void catch_stderr(struct rt_screen *s)
{
    int end[2];
    if (!isatty(STDERR_FILENO) || pipe2(end, O_CLOEXEC | O_NONBLOCK))
        return;
    s->real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (s->real_stderr < 0) {
        close(end[0]);
        close(end[1]);
        return;
    }
    s->caught = end[0];
    s->catcher = end[1];
}

static void turn_stderr(const struct rt_screen *s, int to)
{
    if (s->real_stderr < 0)
        return;
    fflush(stderr);
    dup2(to, STDERR_FILENO);
}

static void free_stderr(struct rt_screen *s)
{
    int *const fd[] = { &s->real_stderr, &s->caught, &s->catcher };
    turn_stderr(s, s->real_stderr);
    for (int i = 0; i < 3; i++) {
        if (*fd[i] >= 0)
            close(*fd[i]);
        *fd[i] = -1;
    }
}

static void read_caught(struct rt_screen *s)
{
    char buf[4096];
    ssize_t n;
    while (s->caught >= 0 && s->pending.n < 16 * sizeof buf &&
           (n = read(s->caught, buf, sizeof buf)) > 0)
        for (ssize_t i = 0; i < n; i++)
            rt_str_addc(&s->pending, buf[i] ? buf[i] : '?');
}

bool rt_screen_line(struct rt_screen *s, struct rt_str *line)
{
    if (!memchr(rt_str_c(&s->pending), '\n', s->pending.n))
        read_caught(s);
    const char *text = rt_str_c(&s->pending);
    size_t n = strcspn(text, "\n");
    bool whole = text[n] == '\n';
    if (!whole && n < LINE_MAX_BYTES && (s->up || n == 0))
        return false;
    n = n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES;
    rt_str_clear(line);
    rt_str_addn(line, text, n);
    char *rest = rt_xstrdup(text + n + (text[n] == '\n'));
    rt_str_clear(&s->pending);
    rt_str_add(&s->pending, rest);
    free(rest);
    return true;
}

/* ---- opening and closing ------------------------------------------------- */

static int wait_on(struct rt_screen *s, int fd, struct rt_err *err)
{
    struct epoll_event ev = { .events = EPOLLIN };
    if (fd >= 0 && epoll_ctl(s->fd, EPOLL_CTL_ADD, fd, &ev))
        return rt_fail_errno(err, "watch: terminal");
    return 0;
}

struct rt_screen *rt_screen_open(bool color, struct rt_err *err)
{
    struct rt_screen *s = rt_xcalloc(1, sizeof *s);
    s->fd = s->real_stderr = s->caught = s->catcher = -1;
    setlocale(LC_CTYPE, ""); /* curses and nl_langinfo go by it */
    rt_canvas_init(&s->shown, 1, 1, RT_SYM_ASCII);
    if (open_streams(s, err) || check_terminal(s, err)) {
        rt_screen_close(s);
        return NULL;
    }
    s->symbols = choose_symbols();
    catch_stderr(s);
    turn_stderr(s, s->catcher);
    guard(s); /* before curses changes the terminal's modes */
    s->fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->fd < 0 || wait_on(s, fileno(s->in), err) ||
        wait_on(s, s->caught, err) || start_curses(s, color, err)) {
        if (s->fd < 0)
            rt_fail_errno(err, "watch: terminal");
        rt_screen_close(s);
        return NULL;
    }
    s->up = true;
    return s;
}

void rt_screen_close(struct rt_screen *s)
{
    if (!s)
        return;
    if (s->up)
        rt_screen_suspend(s);
    if (s->keys)
        delwin(s->keys);
    if (s->curses)
        delscreen(s->curses);
    free_checked(s);
    rt_crash_screen_off();
    free_stderr(s);
    if (s->fd >= 0)
        close(s->fd);
    if (s->in)
        fclose(s->in);
    if (s->out)
        fclose(s->out);
    rt_str_release(&s->pending);
    rt_canvas_release(&s->shown);
    free(s);
}

void rt_screen_suspend(struct rt_screen *s)
{
    if (!s->up)
        return;
    set_term(s->curses);
    endwin();
    fflush(s->out);
    rt_crash_screen_off();
    turn_stderr(s, s->real_stderr);
    s->up = false;
}

void rt_screen_resume(struct rt_screen *s)
{
    if (s->up)
        return;
    turn_stderr(s, s->catcher);
    guard(s);
    set_term(s->curses);
    reset_prog_mode();
    s->up = true;
    rt_screen_redraw(s);
}

void rt_screen_signals(struct rt_screen *s, bool raise)
{
    if (!s->up)
        return;
    if (raise) {
        noraw();
        cbreak();
    } else {
        raw();
    }
}

/* ---- keys ---------------------------------------------------------------- */

int rt_screen_fd(const struct rt_screen *s)
{
    return s->fd;
}

static bool hung_up(const struct rt_screen *s)
{
    struct pollfd p = { .fd = fileno(s->in), .events = POLLIN };
    return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int32_t translate(wint_t key)
{
    static const struct {
        int curses;
        int32_t ours;
    } table[] = {
        { KEY_UP, RT_KEY_UP },         { KEY_DOWN, RT_KEY_DOWN },
        { KEY_LEFT, RT_KEY_LEFT },     { KEY_RIGHT, RT_KEY_RIGHT },
        { KEY_HOME, RT_KEY_HOME },     { KEY_END, RT_KEY_END },
        { KEY_PPAGE, RT_KEY_PAGE_UP }, { KEY_NPAGE, RT_KEY_PAGE_DOWN },
        { KEY_DC, RT_KEY_DELETE },     { KEY_BACKSPACE, RT_KEY_BACKSPACE },
        { KEY_BTAB, RT_KEY_BACKTAB },  { KEY_ENTER, RT_KEY_ENTER },
        { KEY_F(1), RT_KEY_F1 },       { KEY_RESIZE, RT_KEY_RESIZE },
        { KEY_FIND, RT_KEY_HOME },     { KEY_SELECT, RT_KEY_END },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if ((wint_t)table[i].curses == key)
            return table[i].ours;
    return RT_KEY_NONE;
}

int32_t rt_screen_key(struct rt_screen *s)
{
    wint_t key = 0;
    if (!s->up)
        return RT_KEY_NONE;
    set_term(s->curses);
    for (;;) {
        int kind = wget_wch(s->keys, &key);
        if (kind == ERR)
            return hung_up(s) ? RT_KEY_GONE : RT_KEY_NONE;
        if (kind == OK)
            return key == 0x7f || key == '\b' ? RT_KEY_BACKSPACE
                   : key == '\n'              ? RT_KEY_ENTER
                                              : (int32_t)key;
        int32_t ours = translate(key);
        if (ours != RT_KEY_NONE)
            return ours; /* a key without a name here is passed over */
    }
}

/* ---- frames -------------------------------------------------------------- */

bool rt_screen_size(struct rt_screen *s, int *w, int *h)
{
    struct winsize size = { 0 };
    if (ioctl(fileno(s->out), TIOCGWINSZ, &size) || !size.ws_col ||
        !size.ws_row) {
        size.ws_col = (unsigned short)COLS;
        size.ws_row = (unsigned short)LINES;
    }
    *w = size.ws_col;
    *h = size.ws_row;
    if (*w == s->w && *h == s->h)
        return false;
    s->w = *w;
    s->h = *h;
    if (s->up) {
        set_term(s->curses);
        resizeterm(*h, *w);
    }
    rt_screen_redraw(s);
    return true;
}

enum rt_symbols rt_screen_symbols(const struct rt_screen *s)
{
    return s->symbols;
}

bool rt_screen_utf8(const struct rt_screen *s)
{
    (void)s;
    return utf8();
}

enum rt_depth rt_screen_depth(const struct rt_screen *s)
{
    return s->depth;
}

void rt_screen_redraw(struct rt_screen *s)
{
    rt_canvas_resize(&s->shown, s->w, s->h);
    for (int i = 0; i < s->shown.w * s->shown.h; i++)
        s->shown.cells[i].cp = UINT32_MAX; /* unlike any cell */
    if (s->up)
        clearok(curscr, TRUE);
}

/* The number of a pair of colours, made when it is first used; 0, the
 * terminal's own, when there are too many. */
static short pair_of(struct rt_screen *s, int fg, int bg)
{
    if (fg < 0 && bg < 0)
        return 0;
    for (int i = 0; i < s->n_pairs; i++)
        if (s->pair[i].fg == fg && s->pair[i].bg == bg)
            return (short)(i + 1);
    int n = s->n_pairs;
    if (n == PAIRS_MAX || n + 1 >= COLOR_PAIRS ||
        init_extended_pair(n + 1, fg, bg) == ERR)
        return 0;
    s->pair[n].fg = fg;
    s->pair[n].bg = bg;
    s->n_pairs++;
    return (short)(n + 1);
}

static void put_cell(struct rt_screen *s, int x, int y,
                     const struct rt_cell *cell)
{
    bool faint = cell->fg == RT_C_DIM || cell->fg == RT_C_BORDER ||
                 cell->fg == RT_C_GRID;
    wchar_t text[2] = { (wchar_t)cell->cp, 0 };
    attr_t attr = 0;
    short pair = 0;
    cchar_t cc;
    if (cell->attr & RT_A_BOLD)
        attr |= A_BOLD;
    if (cell->attr & RT_A_DIM || (faint && s->depth < RT_DEPTH_256))
        attr |= A_DIM;
    if (cell->attr & RT_A_REVERSE)
        attr |= A_REVERSE;
    if (s->depth >= RT_DEPTH_8) {
        int fg = cell->fg ? rt_color_index(cell->fg, s->depth) : -1;
        int bg = cell->bg ? rt_color_index(cell->bg, s->depth) : -1;
        pair = pair_of(s, fg, bg);
    }
    if (setcchar(&cc, text, attr, pair, NULL) == OK)
        mvadd_wch(y, x, &cc);
}

static bool same(const struct rt_cell *a, const struct rt_cell *b)
{
    return a->cp == b->cp && a->fg == b->fg && a->bg == b->bg &&
           a->attr == b->attr;
}

void rt_screen_show(struct rt_screen *s, const struct rt_canvas *c)
{
    static const struct rt_cell blank = { .cp = ' ' };
    if (!s->up)
        return;
    set_term(s->curses);
    for (int y = 0; y < s->shown.h; y++) {
        for (int x = 0; x < s->shown.w; x++) {
            struct rt_cell *was =
                &s->shown.cells[(size_t)y * (size_t)s->shown.w + (size_t)x];
            bool in = x < c->w && y < c->h;
            const struct rt_cell *cell =
                in ? &c->cells[(size_t)y * (size_t)c->w + (size_t)x] : &blank;
            if (same(was, cell))
                continue;
            *was = *cell;
            if (cell->cp) /* the right half came with the left one */
                put_cell(s, x, y, cell);
        }
    }
    wnoutrefresh(stdscr);
    doupdate();
}
