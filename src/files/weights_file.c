/* Weights files as lists of layers with their arrays. */
#include "files/weights_file.h"

#include "base/file.h"
#include "base/mem.h"
#include "files/h5_child.h"

#include <stdlib.h>
#include <string.h>

/* ---- HDF5 ---------------------------------------------------------------- */

int rt_file_array_take(const struct rt_h5_item *item, struct rt_file_array *a,
                       struct rt_err *err)
{
    a->holds = rt_h5_type_name(item->type);
    a->shape = item->shape;
    a->n = item->n;
    a->one = item->one;
    a->v = item->f;
    if (!item->i)
        return 0;
    a->own = rt_try_alloc(item->n + 1, sizeof *a->own, item->path, err);
    if (!a->own)
        return RT_ENOMEM;
    for (size_t i = 0; i < item->n; i++)
        a->own[i] = (float)item->i[i];
    a->v = a->own;
    return 0;
}

static int take_array(const struct rt_h5_tree *tree, const char *group,
                      struct rt_file_array *a, struct rt_err *err)
{
    char *path =
        *group ? rt_xprintf("%s/%s", group, a->name) : rt_xstrdup(a->name);
    const struct rt_h5_item *item = rt_h5_find(tree, path);
    int status = 0;
    if (!item || item->type == RT_H5_GROUP)
        status = rt_fail(
            err, RT_EFORMAT, "weight_names tells of '%s', %s", path,
            item ? "which is a group, not an array" : "which is not there");
    else
        status = rt_file_array_take(item, a, err);
    free(path);
    return status;
}

static int take_layer(const struct rt_h5_tree *tree, const char *group,
                      struct rt_file_layer *l, struct rt_weights_file *w,
                      struct rt_err *err)
{
    const char **names;
    int n;
    char *path =
        *group ? rt_xprintf("%s/%s", group, l->name) : rt_xstrdup(l->name);
    const struct rt_h5_item *item = rt_h5_find(tree, path);
    if (!item) {
        free(path);
        return rt_fail(err, RT_EFORMAT,
                       "layer_names tells of '%s', which has no group",
                       l->name);
    }
    int status = rt_h5_attr_texts(item, "weight_names", &names, &n, err);
    if (!status) {
        l->arrays =
            rt_arena_alloc(&w->arena, ((size_t)n + 1) * sizeof *l->arrays);
        for (int i = 0; i < n && !status; i++) {
            l->arrays[i].name = names[i];
            l->n++;
            status = take_array(tree, path, &l->arrays[i], err);
        }
    }
    free(names);
    free(path);
    return status;
}

/* Keras 1 says so, or nothing; its names of weights have no slash in them. */
static bool is_old(const struct rt_h5_item *top,
                   const struct rt_weights_file *w)
{
    const char *version = rt_h5_attr_text(top, "keras_version");
    bool any = false;
    for (int i = 0; i < w->n; i++)
        for (int k = 0; k < w->layers[i].n; k++) {
            any = true;
            if (!version && strchr(w->layers[i].arrays[k].name, '/'))
                return false;
        }
    return version ? strtol(version, NULL, 10) < 2 : any;
}

int rt_weights_file_of_tree(const struct rt_h5_tree *tree, const char *group,
                            struct rt_weights_file *w, struct rt_err *err)
{
    const char **names;
    int n;
    const struct rt_h5_item *top = rt_h5_find(tree, group);
    if (!top)
        return rt_fail(err, RT_EFORMAT, "it has no group '%s'", group);
    const char *backend = rt_h5_attr_text(top, "backend");
    w->turned = backend && !strcmp(backend, "theano");
    int status = rt_h5_attr_texts(top, "layer_names", &names, &n, err);
    if (status == RT_ENOENT)
        return rt_fail(err, RT_EFORMAT,
                       "it has no layer_names: no weights by Keras");
    if (status)
        return status;
    w->layers = rt_arena_alloc(&w->arena, ((size_t)n + 1) * sizeof *w->layers);
    for (int i = 0; i < n && !status; i++) {
        w->layers[i].name = names[i];
        w->n++;
        status = take_layer(tree, group, &w->layers[i], w, err);
    }
    w->old = !status && is_old(top, w);
    free(names);
    return status;
}

/* ---- NPZ ----------------------------------------------------------------- */

static struct rt_file_layer *layer_of(struct rt_weights_file *w,
                                      const char *name)
{
    for (int i = w->n - 1; i >= 0; i--)
        if (!strcmp(w->layers[i].name, name))
            return &w->layers[i];
    struct rt_file_layer *l = &w->layers[w->n++];
    l->name = name;
    l->arrays =
        rt_arena_alloc(&w->arena, ((size_t)w->npz.n + 1) * sizeof *l->arrays);
    return l;
}

static int take_npy(const struct rt_npy *from, struct rt_file_array *a,
                    struct rt_err *err)
{
    a->holds = rt_dtype_name(from->type);
    a->shape = from->shape;
    a->n = from->n;
    if (from->type == RT_F32)
        a->v = from->data;
    if (from->type != RT_F64)
        return 0;
    a->own = rt_try_alloc(from->n + 1, sizeof *a->own, a->name, err);
    if (!a->own)
        return RT_ENOMEM;
    for (size_t i = 0; i < from->n; i++)
        a->own[i] = (float)((const double *)from->data)[i];
    a->v = a->own;
    return 0;
}

/* The slash before a key's weight, or NULL. */
static char *weight_of(char *key, const char *const *names, int n)
{
    size_t most = 0;
    for (int i = 0; i < n; i++) {
        size_t len = strlen(names[i]);
        if (len > most && !strncmp(key, names[i], len) && key[len] == '/')
            most = len;
    }
    return most ? key + most : strrchr(key, '/');
}

static int open_npz(const char *file, const char *const *names, int n,
                    struct rt_weights_file *w, struct rt_err *err)
{
    int status = rt_npz_read(file, NULL, 0, &w->npz, err);
    if (status)
        return status;
    w->named = true;
    w->layers =
        rt_arena_alloc(&w->arena, ((size_t)w->npz.n + 1) * sizeof *w->layers);
    for (int i = 0; i < w->npz.n && !status; i++) {
        char *key = rt_arena_strdup(&w->arena, w->npz.key[i]);
        char *slash = weight_of(key, names, n);
        if (!slash)
            continue;
        *slash = '\0';
        struct rt_file_layer *l = layer_of(w, key);
        l->arrays[l->n].name = slash + 1;
        status = take_npy(&w->npz.v[i], &l->arrays[l->n++], err);
    }
    return status ? rt_err_within(err, "%s", file) : 0;
}

/* ---- both ---------------------------------------------------------------- */

int rt_weights_file_open(const char *file, const char *const *names, int n,
                         struct rt_weights_file *w, struct rt_err *err)
{
    int status;
    *w = (struct rt_weights_file){ 0 };
    if (!strcmp(rt_path_ext(file), "npz")) {
        status = open_npz(file, names, n, w, err);
    } else {
        status = rt_h5_read(file, true, &w->tree, err);
        const char *group =
            rt_h5_find(&w->tree, "model_weights") ? "model_weights" : "";
        if (!status && rt_weights_file_of_tree(&w->tree, group, w, err))
            status = rt_err_within(err, "%s", file);
    }
    if (status)
        rt_weights_file_close(w);
    return status;
}

void rt_weights_file_close(struct rt_weights_file *w)
{
    for (int i = 0; i < w->n; i++)
        for (int k = 0; k < w->layers[i].n; k++)
            free(w->layers[i].arrays[k].own);
    rt_h5_tree_free(&w->tree);
    rt_npz_free(&w->npz);
    rt_arena_release(&w->arena);
    *w = (struct rt_weights_file){ 0 };
}
