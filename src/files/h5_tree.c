/* The flat form of an HDF5 file. */
#include "files/h5_tree.h"

#include "base/mem.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rt_h5_item_release(struct rt_h5_item *item)
{
    for (int i = 0; i < item->n_attrs; i++) {
        struct rt_h5_attr *a = &item->attrs[i];
        for (int k = 0; a->text && k < a->n; k++)
            free(a->text[k]);
        free(a->text);
        free(a->number);
        free(a->name);
    }
    free(item->attrs);
    free(item->f);
    free(item->i);
    free(item->path);
    *item = (struct rt_h5_item){ 0 };
}

int rt_h5_tree_add(struct rt_h5_tree *t, const struct rt_h5_item *item,
                   struct rt_err *err)
{
    struct rt_h5_item *own = rt_xmemdup(item, sizeof *item);
    if (rt_h5_find(t, own->path)) {
        rt_fail(err, RT_EFORMAT, "'%s' is there twice", own->path);
        rt_h5_item_release(own);
        free(own);
        return RT_EFORMAT;
    }
    if (t->n % 64 == 0)
        t->items = rt_xrealloc(t->items, (size_t)(t->n + 64) *
                                             sizeof(struct rt_h5_item *));
    t->items[t->n++] = own;
    rt_map_set(&t->by_path, own->path, own);
    return 0;
}

void rt_h5_tree_free(struct rt_h5_tree *t)
{
    for (int i = 0; i < t->n; i++) {
        rt_h5_item_release(t->items[i]);
        free(t->items[i]);
    }
    free(t->items);
    rt_map_release(&t->by_path);
    *t = (struct rt_h5_tree)RT_H5_TREE_INIT;
}

const struct rt_h5_item *rt_h5_find(const struct rt_h5_tree *t,
                                    const char *path)
{
    return rt_map_get(&t->by_path, path);
}

const struct rt_h5_attr *rt_h5_attr(const struct rt_h5_item *item,
                                    const char *name)
{
    for (int i = 0; item && i < item->n_attrs; i++)
        if (!strcmp(item->attrs[i].name, name))
            return &item->attrs[i];
    return NULL;
}

const char *rt_h5_attr_text(const struct rt_h5_item *item, const char *name)
{
    const struct rt_h5_attr *a = rt_h5_attr(item, name);
    return a && a->text && a->n == 1 ? a->text[0] : NULL;
}

static int add_texts(const struct rt_h5_item *item, const char *name,
                     const char ***v, int *n, struct rt_err *err)
{
    const struct rt_h5_attr *a = rt_h5_attr(item, name);
    if (!a)
        return rt_fail(err, RT_ENOENT, "'%s' has no attribute '%s'",
                       item ? item->path : "", name);
    if (a->n && !a->text)
        return rt_fail(err, RT_EFORMAT,
                       "attribute '%s' of '%s' does not hold texts", name,
                       item->path);
    *v = rt_xrealloc(*v, (size_t)(*n + a->n + 1) * sizeof **v);
    for (int i = 0; i < a->n; i++)
        (*v)[(*n)++] = a->text[i];
    (*v)[*n] = NULL;
    return 0;
}

int rt_h5_attr_texts(const struct rt_h5_item *item, const char *name,
                     const char ***v, int *n, struct rt_err *err)
{
    char part[64];
    *v = NULL;
    *n = 0;
    snprintf(part, sizeof part, "%s0", name);
    bool split = !rt_h5_attr(item, name) && rt_h5_attr(item, part);
    int status = split ? 0 : add_texts(item, name, v, n, err);
    for (int i = 0; split && !status && rt_h5_attr(item, part);) {
        status = add_texts(item, part, v, n, err);
        snprintf(part, sizeof part, "%s%d", name, ++i);
    }
    if (status) {
        free(*v);
        *v = NULL;
        *n = 0;
    }
    return status;
}

const char *rt_h5_type_name(enum rt_h5_type type)
{
    static const char *const names[] = {
        [RT_H5_GROUP] = "a group",    [RT_H5_FLOATS] = "floats",
        [RT_H5_INTS] = "integers",    [RT_H5_TEXTS] = "texts",
        [RT_H5_OTHER] = "other data",
    };
    return names[type];
}
