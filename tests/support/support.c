#include "support.h"

#include <ftw.h>
#include <math.h>
#include <unistd.h>

void rt_assert_close_at(double got, double want, double tol, const char *what,
                        const char *file, int line)
{
    double scale = fabs(want) > 1 ? fabs(want) : 1;
    if (!(fabs(got - want) <= tol * scale)) {
        print_error("%s is %.9g, want %.9g within %g\n", what, got, want, tol);
        _fail(file, line);
    }
}

void rt_assert_error_at(const struct rt_err *err, int code, const char *part,
                        const char *file, int line)
{
    if (err->code != code || !strstr(err->text, part)) {
        print_error("error is %d \"%s\", want %d with \"%s\"\n", err->code,
                    err->text, code, part);
        _fail(file, line);
    }
}

const char *rt_test_path(const char *name)
{
    static char buf[4][512];
    static int turn;
    const char *top = getenv("RT_TESTS");
    char *out = buf[turn++ & 3];
    snprintf(out, sizeof buf[0], "%s/%s", top ? top : ".", name);
    return out;
}

static char temp[256];

static int drop(const char *path, const struct stat *st, int type,
                struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void drop_temp(void)
{
    nftw(temp, drop, 8, FTW_DEPTH | FTW_PHYS);
}

const char *rt_test_temp(void)
{
    if (!temp[0]) {
        const char *dir = getenv("TMPDIR");
        snprintf(temp, sizeof temp, "%s/retort-test-XXXXXX",
                 dir ? dir : "/tmp");
        if (!mkdtemp(temp)) {
            perror(temp);
            abort();
        }
        atexit(drop_temp);
    }
    return temp;
}

const char *rt_test_file(const char *name, const void *data, size_t n)
{
    static char buf[4][512];
    static int turn;
    char *path = buf[turn++ & 3];
    snprintf(path, sizeof buf[0], "%s/%s", rt_test_temp(), name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, n, f) != n || fclose(f)) {
        perror(path);
        abort();
    }
    return path;
}
