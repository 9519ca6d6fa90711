/* Damaged files, one after the other: every byte changed in a few ways, every
 * length cut. A reader must give data or an error that says so. */
#ifndef RT_TESTS_MUTATE_H
#define RT_TESTS_MUTATE_H
#include "support.h"

/* Reads the file at path; 0, or the code of the error in err. */
typedef int rt_mutate_fn(const char *path, struct rt_err *err);

static void rt_mutate_one(const char *name, const void *bytes, size_t n,
                          rt_mutate_fn *read)
{
    struct rt_err err = RT_ERR_INIT;
    int status = read(rt_test_file(name, bytes, n), &err);
    if (status &&
        (status != RT_EFORMAT || err.code != status || !strstr(err.text, name)))
        fail_msg("%d: '%s'", status, err.text);
}

static inline void rt_mutate(const char *name, const void *bytes, size_t n,
                             rt_mutate_fn *read)
{
    unsigned char *copy = malloc(n);
    const unsigned char *was = bytes;
    for (size_t i = 0; i < n; i++) {
        const unsigned char put[] = {
            0, 0xff, was[i] ^ 1, was[i] ^ 0x80, (unsigned char)(was[i] + 1), '9'
        };
        memcpy(copy, was, n);
        for (size_t j = 0; j < sizeof put; j++) {
            copy[i] = put[j];
            rt_mutate_one(name, copy, n, read);
        }
    }
    for (size_t i = 0; i < n; i++)
        rt_mutate_one(name, was, i, read);
    free(copy);
}
#endif
