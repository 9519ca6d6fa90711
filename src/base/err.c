/* Errors: one code and one sentence. Texts are made aside and then copied, so
 * that an error may be told in terms of the one it replaces. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer than what fits, so that put sees where to cut. */
#define ROOM (sizeof((struct rt_err *)0)->text + 8)

/* Never ends within a character. */
static void put(struct rt_err *err, int code, const char *text)
{
    size_t n = strlen(text);
    if (n >= sizeof err->text) {
        n = sizeof err->text - 1;
        while (n > 0 && (text[n] & 0xC0) == 0x80)
            n--;
    }
    err->code = code;
    memcpy(err->text, text, n);
    err->text[n] = '\0';
}

int rt_fail(struct rt_err *err, int code, const char *fmt, ...)
{
    if (err) {
        char text[ROOM];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        put(err, code, text);
    }
    return code;
}

int rt_err_within(struct rt_err *err, const char *fmt, ...)
{
    if (!err)
        return RT_EINVAL;
    char where[ROOM];
    char text[2 * ROOM];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    snprintf(text, sizeof text, "%s: %s", where, err->text);
    put(err, err->code, text);
    return err->code;
}

static int status_of(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return RT_ENOSPC;
    case ENOMEM:
        return RT_ENOMEM;
    default:
        return RT_EIO;
    }
}

int rt_fail_errno(struct rt_err *err, const char *fmt, ...)
{
    int number = errno;
    if (err) {
        char text[ROOM];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        char why[128];
        put(err, status_of(number), text);
        rt_fail(err, err->code, "%s: %s", err->text,
                strerror_r(number, why, sizeof why));
    }
    return status_of(number);
}

void rt_err_clear(struct rt_err *err)
{
    if (err) {
        err->code = 0;
        err->text[0] = '\0';
    }
}

const char *rt_status_name(int code)
{
    switch (code) {
    case RT_OK:
        return "OK";
#define X(name, value, text, exit)                                             \
    case value:                                                                \
        return #name;
        RT_ERRORS(X)
#undef X
    default:
        return "?";
    }
}

int rt_status_exit(int code)
{
    switch (code) {
    case RT_OK:
        return 0;
#define X(name, value, text, exit)                                             \
    case value:                                                                \
        return exit;
        RT_ERRORS(X)
#undef X
    default:
        return 1;
    }
}
