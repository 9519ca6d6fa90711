/* A session without a terminal, in a folder of its own, that collects what it
 * prints. */
#ifndef RT_TESTS_SESSION_CASE_H
#define RT_TESTS_SESSION_CASE_H
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "graph/blas.h"
#include "shell/cmd.h"
#include "shell/interp.h"

#include <gsl/gsl_errno.h>
#include <time.h>
#include <unistd.h>

struct session_case {
    struct rt_session *s;
    struct rt_err err;
    char *was; /* the folder before */
};

static struct rt_str case_printed;

static void case_print(struct rt_session *s, const char *text)
{
    (void)s;
    rt_str_addf(&case_printed, "%s\n", text);
}

/* Waits a little, as the event loop does. */
static int case_pump(struct rt_session *s, double seconds)
{
    struct timespec a_while = { .tv_nsec = 1000000 };
    (void)seconds;
    nanosleep(&a_while, NULL);
    rt_session_drain(s);
    return 0;
}

static inline void case_open(struct session_case *c)
{
    static int n;
    char name[32];
    snprintf(name, sizeof name, "case%d", n++);
    char *dir = rt_path_join(rt_test_temp(), name);
    assert_int_equal(rt_dir_make(dir, NULL), 0);
    *c = (struct session_case){ .was = getcwd(NULL, 0) };
    assert_int_equal(chdir(dir), 0);
    setenv("RETORT_HOME", dir, 1);
    free(dir);
    rt_str_clear(&case_printed);
    c->s = rt_session_new();
    c->s->batch = true;
    /* never the test itself, which would begin itself again and again */
    c->s->program = getenv("RT_PROGRAM");
    if (!c->s->program)
        c->s->program = "/bin/false";
    c->s->utf8 = true;
    c->s->print = case_print;
    c->s->pump = case_pump;
    assert_non_null(rt_interp_new(c->s, &c->err));
}

static inline void case_close(struct session_case *c)
{
    struct rt_interp *t = c->s->interp;
    rt_session_free(c->s);
    rt_interp_free(t);
    assert_int_equal(chdir(c->was), 0);
    free(c->was);
    rt_str_release(&case_printed);
}

/* A script that must succeed. */
static inline void case_run(struct session_case *c, const char *script)
{
    if (rt_interp_text(c->s->interp, script, NULL, &c->err))
        fail_msg("'%s': %s", script, c->err.text);
}

/* A line as typed at the prompt; what is shown, to be freed. */
static inline char *case_line(struct session_case *c, const char *line)
{
    struct rt_str out = RT_STR_INIT;
    if (rt_interp_line(c->s->interp, line, &out, &c->err))
        fail_msg("'%s': %s", line, c->err.text);
    char *text = rt_str_take(&out);
    return text ? text : rt_xstrdup("");
}

/* Before any test: what main does, and where the built-in plugins are. */
static inline void case_start(void)
{
    const char *plugins = getenv("RT_PLUGINS");
    if (plugins)
        setenv("RETORT_PLUGIN_PATH", plugins, 1);
    gsl_set_error_handler_off();
    rt_blas_start();
    rt_pool_threads(1);
}
#endif
