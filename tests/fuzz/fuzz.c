/* What the targets share. */
#include "fuzz.h"

#include "base/schema.h"
#include "files/reader.h"

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

void fuzz_reader(const char *reader, const uint8_t *data, size_t n)
{
    struct rt_err err = RT_ERR_INIT;
    const char *word = fuzz_file(data, n);
    const struct rt_reader *r = rt_reader_find(reader, NULL);
    void *args =
        rt_args_parse(r->opts, sizeof *r->opts, r->args_size, &word, 1, &err);
    struct rt_dataset *d = r->read("d", args, &err);
    fuzz_check(d ? 0 : -1, &err);
    rt_dataset_unref(d);
    rt_args_free(args);
}
