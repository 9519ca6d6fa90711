/* What the targets share. */
#include "fuzz.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

const char *fuzz_file(const uint8_t *data, size_t n)
{
    static int fd = -1;
    static char name[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(name, sizeof name, "/proc/%ld/fd/%d", (long)getpid(), fd);
    }
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, n, 0) != (ssize_t)n) {
        perror("fuzz: memory file");
        exit(1);
    }
    return name;
}

void fuzz_check(int status, const struct rt_err *err)
{
    bool failed = status < 0;
    if (failed == (err->code < 0) && failed == (err->text[0] != '\0'))
        return;
    fprintf(stderr, "fuzz: status %d with the error %d '%s'\n", status,
            err->code, err->text);
    abort();
}
