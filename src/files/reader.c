/* The list of readers. */
#include "files/reader.h"

#include "base/schema.h"
#include "base/suggest.h"

#include <string.h>

const struct rt_reader *const *rt_readers(void)
{
    static const struct rt_reader *const list[] = {
#define RT_READER(name) &rt_reader_##name,
#include "files/readers.def"
#undef RT_READER
        NULL
    };
    return list;
}

const struct rt_reader *rt_reader_find(const char *name, struct rt_err *err)
{
    const struct rt_reader *const *list = rt_readers();
    const char *names[64];
    int n = 0;
    for (; list[n]; n++) {
        if (strcmp(list[n]->name, name) == 0)
            return list[n];
        names[n] = list[n]->name;
    }
    names[n] = NULL;
    struct rt_str near = RT_STR_INIT;
    rt_suggest(&near, name, names);
    rt_fail(err, RT_ENOENT, "no reader of data is called '%s'%s", name,
            rt_str_c(&near));
    rt_str_release(&near);
    return NULL;
}

struct rt_dataset *rt_reader_dataset(const struct rt_reader *r,
                                     const void *args, const char *name,
                                     size_t n_rows)
{
    struct rt_str origin = RT_STR_INIT;
    rt_str_add(&origin, r->name);
    rt_args_words(r->opts, sizeof *r->opts, args, false, &origin);
    struct rt_dataset *d = rt_dataset_new(name, n_rows, rt_str_c(&origin));
    rt_str_release(&origin);
    return d;
}
