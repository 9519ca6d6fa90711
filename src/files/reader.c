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

static const char *name_at(const void *of, int i)
{
    const struct rt_reader *const *list = of;
    return list[i] ? list[i]->name : NULL;
}

const struct rt_reader *rt_reader_find(const char *name, struct rt_err *err)
{
    const struct rt_reader *const *list = rt_readers();
    for (int i = 0; list[i]; i++)
        if (strcmp(list[i]->name, name) == 0)
            return list[i];
    rt_fail_unknown(err, RT_ENOENT, name, name_at, list,
                    "no reader of data is called '%s'", name);
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
