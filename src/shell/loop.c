#include "shell/loop.h"

#include "shell/interp.h"
#include "shell/on.h"
#include "shell/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <tcl.h>
#include <unistd.h>

static struct rt_session *session;
static Tcl_ThreadId main_thread;
static atomic_int interrupts; /* Ctrl-C not yet answered */
static atomic_int pumping;    /* how many wait for events and answer them */
static atomic_int quit_signal;
static void (*on_signal)(int);
static int key_fd;
static void (*key_fn)(void *);
static void *key_ctx;
static void (*tick_fn)(void *);
static void *tick_ctx;
static int tick_ms;
static Tcl_TimerToken tick_timer;

/* ---- signals: from the signal thread to the main thread ------------------ */

struct signal_event {
    Tcl_Event head;
    int signal;
};

static int serve_signal(Tcl_Event *event, int flags)
{
    (void)flags;
    int sig = ((struct signal_event *)event)->signal;
    if (sig == SIGTERM || sig == SIGHUP)
        session->quit_code = 128 + sig;
    else if (sig == SIGINT && !atomic_load(&interrupts))
        return 1; /* a command has answered it meanwhile */
    else if (on_signal)
        on_signal(sig);
    return 1;
}

static void signal_came(int sig)
{
    bool ends = sig == SIGTERM || sig == SIGHUP;
    if (sig == SIGINT)
        atomic_fetch_add(&interrupts, 1);
    if (ends)
        atomic_store(&quit_signal, sig);
    if (ends || (sig == SIGINT && !atomic_load(&pumping)))
        rt_interp_cancel(session->interp);
    struct signal_event *e = (struct signal_event *)Tcl_Alloc(sizeof *e);
    e->head.proc = serve_signal;
    e->signal = sig;
    Tcl_ThreadQueueEvent(main_thread, &e->head, TCL_QUEUE_TAIL);
    Tcl_ThreadAlert(main_thread);
}

bool rt_loop_interrupted(void)
{
    return atomic_exchange(&interrupts, 0) > 0 || atomic_load(&quit_signal);
}

/* ---- sources ------------------------------------------------------------- */

static void bus_ready(void *data, int mask)
{
    (void)data;
    (void)mask;
    rt_session_drain(session);
    rt_on_serve(session, false);
}

static void key_ready(void *data, int mask)
{
    (void)data;
    (void)mask;
    if (key_fn)
        key_fn(key_ctx);
}

void rt_loop_keys(int fd, void (*fn)(void *ctx), void *ctx)
{
    if (key_fn)
        Tcl_DeleteFileHandler(key_fd);
    if (fn)
        Tcl_CreateFileHandler(fd, TCL_READABLE, key_ready, NULL);
    key_fd = fd;
    key_fn = fn;
    key_ctx = ctx;
}

static void tick(void *data)
{
    (void)data;
    tick_timer = tick_fn ? Tcl_CreateTimerHandler(tick_ms, tick, NULL) : NULL;
    if (tick_fn)
        tick_fn(tick_ctx);
}

void rt_loop_tick(void (*fn)(void *ctx), void *ctx, int every_ms)
{
    if (tick_timer)
        Tcl_DeleteTimerHandler(tick_timer);
    tick_fn = fn;
    tick_ctx = ctx;
    tick_ms = every_ms;
    tick_timer = fn ? Tcl_CreateTimerHandler(every_ms, tick, NULL) : NULL;
}

void rt_loop_on_signal(void (*fn)(int signal))
{
    on_signal = fn;
}

/* ---- running ------------------------------------------------------------- */

int rt_loop_start(struct rt_session *s, struct rt_err *err)
{
    session = s;
    main_thread = Tcl_GetCurrentThread();
    Tcl_CreateFileHandler(rt_sub_fd(s->sub), TCL_READABLE, bus_ready, NULL);
    return rt_signals_start(signal_came, err);
}

void rt_loop_stop(void)
{
    rt_signals_stop();
    rt_loop_keys(-1, NULL, NULL);
    rt_loop_tick(NULL, NULL, 0);
    if (session)
        Tcl_DeleteFileHandler(rt_sub_fd(session->sub));
    session = NULL;
}

static void expired(void *data)
{
    *(bool *)data = true;
}

int rt_loop_pump(struct rt_session *s, double seconds)
{
    bool over = false;
    Tcl_TimerToken timer =
        Tcl_CreateTimerHandler((int)(seconds * 1000 + 0.5), expired, &over);
    atomic_fetch_add(&pumping, 1);
    if (s->quit_code < 0 && !atomic_load(&interrupts))
        Tcl_DoOneEvent(TCL_ALL_EVENTS);
    atomic_fetch_sub(&pumping, 1);
    if (!over)
        Tcl_DeleteTimerHandler(timer);
    if (s->quit_code >= 0 || atomic_exchange(&interrupts, 0) > 0)
        return RT_ECANCEL;
    return 0;
}

void rt_loop_end(int code)
{
    if (session->quit_code < 0)
        session->quit_code = code;
    rt_interp_cancel(session->interp);
}

void rt_loop_heed(void)
{
    int sig = atomic_load(&quit_signal);
    if (sig && session->quit_code < 0)
        session->quit_code = 128 + sig;
}

void rt_loop_answer(int n)
{
    atomic_fetch_add(&pumping, n);
}

void rt_loop_run(struct rt_session *s)
{
    while (s->quit_code < 0)
        Tcl_DoOneEvent(TCL_ALL_EVENTS);
}
