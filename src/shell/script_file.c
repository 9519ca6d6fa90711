#include "shell/script_file.h"

#include "shell/cmd.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int rt_script_check(const char *file, struct rt_err *err)
{
    struct stat st;
    char head[64];
    if (stat(file, &st) && rt_cmd_find(file, NULL))
        return rt_fail(err, RT_EIO,
                       "%s: no such file; for the command say `retort -c '%s "
                       "...'`",
                       file, file);
    if (stat(file, &st))
        return rt_fail_errno(err, "%s", file);
    if (S_ISDIR(st.st_mode))
        return rt_fail(err, RT_EIO, "%s: is a folder, want a script", file);
    FILE *f = S_ISREG(st.st_mode) ? fopen(file, "rb") : NULL;
    size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    if (f)
        fclose(f);
    if (memchr(head, 0, n))
        return rt_fail(err, RT_EIO,
                       "%s: is no text, want a script; `retort inspect %s` "
                       "tells what it is",
                       file, file);
    return 0;
}
