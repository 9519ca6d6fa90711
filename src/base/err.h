/* Errors: a negative code and one sentence that says who, what was found and
 * what was wanted. Every function that can fail takes a struct rt_err * as its
 * last argument (NULL: nobody wants to know) and returns 0 or RT_E..., or NULL.
 * Use: return rt_fail(err, RT_EINVAL, "split: val is %g, want 0 <= val < 1",
 * v); return rt_err_within(err, "layer '%s'", name);   ("layer 'x': ...") */
#ifndef RT_BASE_ERR_H
#define RT_BASE_ERR_H

/* name, value, text, exit code of a script that ends with it */
#define RT_ERRORS(X)                                                           \
    X(EINVAL, -1, "invalid value", 1)                                          \
    X(ESHAPE, -2, "shapes do not fit", 1)                                      \
    X(ENOENT, -3, "no such thing", 1)                                          \
    X(EEXIST, -4, "exists already", 1)                                         \
    X(EBUSY, -5, "in use by a run", 1)                                         \
    X(ESTATE, -6, "not possible now", 1)                                       \
    X(EFORMAT, -7, "bad data or file", 3)                                      \
    X(EIO, -8, "cannot read or write", 3)                                      \
    X(ENOMEM, -9, "out of memory", 4)                                          \
    X(ENOSPC, -10, "disk full", 4)                                             \
    X(ENAN, -11, "training diverged", 5)                                       \
    X(EPLUGIN, -12, "plugin failed", 6)                                        \
    X(EASSERT, -13, "assertion failed", 7)                                     \
    X(ECANCEL, -14, "interrupted", 130)

enum rt_status {
    RT_OK = 0,
#define X(name, value, text, exit) RT_##name = value,
    RT_ERRORS(X)
#undef X
};

struct rt_err {
    int code; /* 0 or RT_E... */
    char text[1024];
};
#define RT_ERR_INIT                                                            \
    {                                                                          \
        .code = 0                                                              \
    }

/* Sets err and returns code. */
int rt_fail(struct rt_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "where: " before the text; returns err->code (RT_EINVAL if err NULL). */
int rt_err_within(struct rt_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The code that was set; where nobody wants to know, otherwise. */
static inline int rt_err_code(const struct rt_err *err, int otherwise)
{
    return err ? err->code : otherwise;
}
/* rt_fail for a system call: "who: what: strerror". ENOSPC and EDQUOT become
 * RT_ENOSPC, ENOMEM RT_ENOMEM, else RT_EIO. Reads errno. */
int rt_fail_errno(struct rt_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void rt_err_clear(struct rt_err *err);
/* "ESHAPE" and the process exit code that belongs to it. */
const char *rt_status_name(int code);
int rt_status_exit(int code);
#endif
