#include "shell/rows.h"

#include "base/vec.h"

#include <ctype.h>
#include <stdlib.h>

enum { ROWS_MAX = INT32_MAX / 2 }; /* of one list: its length is an int */

static int take_number(const char **p, size_t n_rows, uint32_t *out,
                       const char *text, struct rt_err *err)
{
    if (!isdigit((unsigned char)**p))
        return rt_fail(err, RT_EINVAL,
                       "rows '%s': '%s' is no row, want numbers and ranges as "
                       "in 1,5,9..12",
                       text, *p);
    char *end;
    unsigned long long v = strtoull(*p, &end, 10);
    if (v >= n_rows)
        return rt_fail(err, RT_EINVAL,
                       "rows '%s': there is no row %.*s, the rows are 0..%zu",
                       text, (int)(end - *p), *p, n_rows - 1);
    *p = end;
    *out = (uint32_t)v;
    return 0;
}

int rt_rows_parse(const char *text, size_t n_rows, uint32_t **rows, size_t *n,
                  struct rt_err *err)
{
    RT_VEC(uint32_t) list = { 0 };
    const char *p = text;
    uint32_t from, to;
    int rc;
    do {
        rc = take_number(&p, n_rows, &from, text, err);
        to = from;
        if (!rc && p[0] == '.' && p[1] == '.') {
            p += 2;
            rc = take_number(&p, n_rows, &to, text, err);
        }
        if (!rc && to < from)
            rc = rt_fail(err, RT_EINVAL,
                         "rows '%s': %u..%u falls, want the smaller one first",
                         text, from, to);
        if (!rc && *p && *p != ',')
            rc = rt_fail(err, RT_EINVAL,
                         "rows '%s': '%s' is too much, want numbers and "
                         "ranges as in 1,5,9..12",
                         text, p);
        if (!rc && (uint64_t)list.n + to - from >= ROWS_MAX)
            rc = rt_fail(err, RT_EINVAL, "rows '%s': more than %d rows", text,
                         ROWS_MAX);
        for (uint64_t i = from; !rc && i <= to; i++)
            rt_vec_push(&list, (uint32_t)i);
    } while (!rc && *p++ == ',');
    if (rc) {
        rt_vec_release(&list);
        return rc;
    }
    *rows = list.v;
    *n = (size_t)list.n;
    return 0;
}
