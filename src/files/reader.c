/* The list of readers. */
#include "files/reader.h"

#include "base/schema.h"
#include "base/suggest.h"

#include <stdlib.h>
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

static int rows_differ(const char *what, size_t n, const struct rt_dataset *d,
                       struct rt_err *err)
{
    struct rt_str a = RT_STR_INIT, b = RT_STR_INIT;
    rt_str_add_count(&a, (long long)n);
    rt_str_add_count(&b, (long long)d->n_rows);
    rt_fail(err, RT_EFORMAT, "%s: holds %s rows, %s has %s", what, a.s,
            d->cols[0]->name, b.s);
    rt_str_release(&a);
    rt_str_release(&b);
    return RT_EFORMAT;
}

int rt_reader_add(struct rt_dataset **d, const struct rt_reader *r,
                  const void *args, const char *name, const char *column,
                  const char *what, struct rt_reader_array *a,
                  struct rt_err *err)
{
    if (*d && (*d)->n_rows != a->n_rows)
        return rows_differ(what, a->n_rows, *d, err);
    if (!*d)
        *d = rt_reader_dataset(r, args, name, a->n_rows);
    void *data = a->data;
    a->data = NULL;
    return rt_dataset_add_column(*d, column, a->type, &a->row, a->n_rows, data,
                                 NULL, 0, err);
}

struct rt_dataset *rt_reader_x_y(const struct rt_reader *r, const void *args,
                                 const char *name, const char *x, const char *y,
                                 int (*load)(const char *file,
                                             struct rt_reader_array *a,
                                             struct rt_err *err),
                                 struct rt_err *err)
{
    const char *const file[] = { x, y };
    static const char *const column[] = { "x", "y" };
    struct rt_dataset *d = NULL;
    int status = 0;
    for (int i = 0; i < (y ? 2 : 1) && !status; i++) {
        struct rt_reader_array a = { .data = NULL };
        status = load(file[i], &a, err);
        if (!status)
            status =
                rt_reader_add(&d, r, args, name, column[i], file[i], &a, err);
        free(a.data);
    }
    if (!status)
        return d;
    rt_dataset_unref(d);
    return NULL;
}
