#include "shell/safe.h"

#include "base/file.h"
#include "base/guard.h"
#include "base/mem.h"
#include "plugins/load.h"
#include "shell/interp.h"

#include <stdlib.h>
#include <string.h>

static int never(const char *const *w, int n, struct rt_err *err)
{
    (void)n;
    return rt_fail(err, RT_ESTATE, "%s: not allowed by --safe", w[0]);
}

/* Tcl takes ~ as a home folder where we would not. */
static int path(const char *name, struct rt_err *err)
{
    if (*name == '~')
        return rt_fail(err, RT_EIO,
                       "%s: cannot write, --safe wants a path without ~", name);
    return rt_guard_user(name, err);
}

static int paths(const char *const *w, int n, struct rt_err *err)
{
    int rc = 0;
    for (int i = 0; i < n && !rc; i++)
        if (*w[i] != '-')
            rc = path(w[i], err);
    return rc;
}

/* open NAME ?ACCESS? ?PERMISSIONS? */
static int open_file(const char *const *w, int n, struct rt_err *err)
{
    static const char *const reads[] = { "r", "rb", "RDONLY", "RDONLY BINARY",
                                         "BINARY RDONLY" };
    if (n < 2)
        return 0;
    if (*w[1] == '|')
        return rt_fail(err, RT_ESTATE,
                       "open: programs are not allowed by "
                       "--safe");
    if (n < 3)
        return 0;
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
        if (!strcmp(w[2], reads[i]))
            return 0;
    return path(w[1], err);
}

static int every_path(const char *const *w, int n, struct rt_err *err)
{
    return paths(w + 1, n - 1, err);
}

/* file copy: what is read may lie anywhere, what is written is the last. */
static int last_path(const char *const *w, int n, struct rt_err *err)
{
    return n > 1 ? path(w[n - 1], err) : 0;
}

/* file attributes NAME ?-option VALUE?, file mtime NAME ?TIME? */
static int setting(const char *const *w, int n, int reads, struct rt_err *err)
{
    return n > reads ? path(w[1], err) : 0;
}

static int attributes(const char *const *w, int n, struct rt_err *err)
{
    return setting(w, n, 3, err);
}

static int times(const char *const *w, int n, struct rt_err *err)
{
    return setting(w, n, 2, err);
}

/* file link NAME: where it leads. A hard link made would be a file outside
 * under a name inside. */
static int links(const char *const *w, int n, struct rt_err *err)
{
    return n > 2 ? rt_fail(err, RT_ESTATE,
                           "file link: making links is not allowed by --safe")
                 : paths(w + 1, 0, err);
}

/* Another interpreter would have all that is guarded here; an alias within
 * this one is harmless, and `interp issafe` only asks: Tcl does so on its way
 * to an unknown command. */
static int interpreters(const char *const *w, int n, struct rt_err *err)
{
    if (n == 2 && !strcmp(w[1], "issafe"))
        return 0;
    if (n >= 5 && !strcmp(w[1], "alias") && !*w[2] && !*w[4])
        return 0;
    return never(w, n, err);
}

static const struct {
    const char *command;
    rt_interp_check *check;
} guards[] = {
    { "exec", never },
    { "socket", never },
    { "load", never },
    { "unload", never },
    { "interp", interpreters },
    { "open", open_file },
    { "::tcl::file::attributes", attributes },
    { "::tcl::file::atime", times },
    { "::tcl::file::copy", last_path },
    { "::tcl::file::delete", every_path },
    { "::tcl::file::link", links },
    { "::tcl::file::mkdir", every_path },
    { "::tcl::file::mtime", times },
    { "::tcl::file::rename", every_path },
    { "::tcl::file::tempfile", never },
};

int rt_safe_begin(struct rt_session *s, const char *project, struct rt_err *err)
{
    /* Severed from the environment: what a script sets there would be that of
     * the processes we start, and where the store and plugins are looked for.
     */
    static const char own_env[] = "apply {{} { set was [array get ::env]; "
                                  "unset ::env; array set ::env $was }}";
    int rc = rt_guard_project(project ? project : ".", err);
    char *data = rt_dir_data();
    char *runs = rt_path_join(data, "runs");
    char *sweeps = rt_path_join(data, "sweeps");
    if (!rc) {
        s->safe = true;
        rt_plugin_trust();
        rt_guard_allow(runs);
        rt_guard_allow(sweeps);
        rc = rt_interp_text(s->interp, own_env, NULL, err);
    }
    for (size_t i = 0; i < sizeof guards / sizeof *guards && !rc; i++)
        rc =
            rt_interp_guard(s->interp, guards[i].command, guards[i].check, err);
    free(sweeps);
    free(runs);
    free(data);
    return rc;
}
