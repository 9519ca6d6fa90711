#include "shell/numbers.h"

#include "base/mem.h"
#include "base/schema.h"

#include <stdlib.h>

float *rt_numbers_parse(struct rt_interp *t, const char *text, int *n,
                        struct rt_err *err)
{
    const char *const *words;
    char *blanks = rt_xstrdup(text);
    for (char *p = blanks; *p; p++)
        if (*p == ',')
            *p = ' ';
    int rc = rt_interp_split(t, blanks, &words, n, err);
    free(blanks);
    if (rc)
        return NULL;
    float *v = rt_try_alloc((size_t)*n + 1, sizeof *v, "values", err);
    for (int i = 0; v && i < *n; i++) {
        double x;
        if (rt_number_parse(words[i], &x, err)) {
            rt_err_within(err, "value %d", i);
            free(v);
            v = NULL;
        } else {
            v[i] = (float)x;
        }
    }
    free((void *)(uintptr_t)words);
    return v;
}
