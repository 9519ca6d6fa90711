#include "base/guard.h"

#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS_MAX = 8 };
static char *folder[FOLDERS_MAX]; /* the project first */
static int n_folders;

/* The real path of what exists of it, with the rest behind; NULL if that could
 * lead elsewhere: .. behind what is not there, a link to nothing. */
static char *real_path(const char *path)
{
    char *cwd = *path == '/' ? NULL : getcwd(NULL, 0);
    char *p = *path == '/' ? rt_xstrdup(path)
                           : rt_xprintf("%s/%s", cwd ? cwd : "", path);
    size_t n = strlen(p);
    char *real = NULL;
    free(cwd);
    while (!(real = realpath(p, NULL)) && errno == ENOENT) {
        struct stat st;
        if (!lstat(p, &st))
            break; /* a link that leads to nothing yet */
        char *slash = strrchr(p, '/');
        if (!slash)
            break;
        *slash = '\0';
        if (slash == p) {
            real = rt_xstrdup("");
            break;
        }
    }
    char *whole = NULL;
    if (real) {
        /* what was cut off stands behind NULs where slashes were */
        size_t kept = strlen(p);
        for (size_t i = kept; i < n; i++)
            if (!p[i])
                p[i] = '/';
        const char *rest = p + kept;
        if (!strstr(rest, "/../") &&
            !(strlen(rest) >= 3 && !strcmp(rest + strlen(rest) - 3, "/..")))
            whole = rt_xprintf("%s%s", real, rest);
    }
    free(real);
    free(p);
    return whole;
}

static bool is_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    while (n && dir[n - 1] == '/')
        n--;
    return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

int rt_guard_project(const char *dir, struct rt_err *err)
{
    char *real = realpath(dir, NULL);
    if (!real)
        return rt_fail_errno(err, "%s", dir);
    free(folder[0]);
    folder[0] = real;
    if (!n_folders)
        n_folders = 1;
    return 0;
}

void rt_guard_allow(const char *dir)
{
    char *real = real_path(dir);
    if (n_folders && n_folders < FOLDERS_MAX && real)
        folder[n_folders++] = real;
    else
        free(real);
}

const char *rt_guard_root(void)
{
    return n_folders ? folder[0] : NULL;
}

static int check(const char *path, int n, struct rt_err *err)
{
    bool may = !n || !strcmp(path, "/dev/null");
    char *real = may ? NULL : real_path(path);
    for (int i = 0; i < n && real && !may; i++)
        may = is_below(real, folder[i]);
    free(real);
    return may ? 0
               : rt_fail(err, RT_EIO,
                         "%s: cannot write, --safe allows it below %s alone",
                         path, folder[0]);
}

int rt_guard_write(const char *path, struct rt_err *err)
{
    return check(path, n_folders, err);
}

int rt_guard_user(const char *path, struct rt_err *err)
{
    return check(path, n_folders ? 1 : 0, err);
}
