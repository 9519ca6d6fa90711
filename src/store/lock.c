/* Locks of runs. A look takes the lock in its shared form, so that two who look
 * at once do not see each other as owners. */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static void read_owner(int fd, char *who, size_t n)
{
    ssize_t got = pread(fd, who, n - 1, 0);
    if (got < 0)
        got = 0;
    while (got > 0 && who[got - 1] == '\n')
        got--;
    who[got] = '\0';
}

int rt_lock_take(const char *path, int *fd, struct rt_err *err)
{
    char who[160];
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0)
        return rt_fail_errno(err, "%s", path);
    if (flock(*fd, LOCK_EX | LOCK_NB)) {
        int status;
        if (errno == EWOULDBLOCK) {
            read_owner(*fd, who, sizeof who);
            status = rt_fail(err, RT_EBUSY, "%s: held by %s", path,
                             *who ? who : "another process");
        } else {
            status = rt_fail_errno(err, "%s: lock", path);
        }
        close(*fd);
        *fd = -1;
        return status;
    }
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    int n =
        snprintf(who, sizeof who, "process %ld on %s\n", (long)getpid(), host);
    if (ftruncate(*fd, 0) || pwrite(*fd, who, (size_t)n, 0) != n) {
        int status = rt_fail_errno(err, "%s", path);
        rt_lock_drop(*fd);
        *fd = -1;
        return status;
    }
    return 0;
}

void rt_lock_drop(int fd)
{
    close(fd);
}

bool rt_lock_held(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool held = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    close(fd);
    return held;
}
