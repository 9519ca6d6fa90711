/* Weights of a model to and from an .npz. */
#include "files/weights.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "files/npy.h"

#include <stdlib.h>
#include <string.h>

/* A weight and its key, "dense_1/kernel". */
struct entry {
    const struct rt_weight *w;
    char *key;
};
struct entries {
    struct entry *v;
    int n;
};

static struct entries list_weights(const struct rt_model *m)
{
    struct entries e = { NULL, 0 };
    for (int i = 0; i < m->n_layers; i++)
        e.n += m->layers[i]->n_weights;
    e.v = rt_xcalloc((size_t)e.n + 1, sizeof *e.v);
    for (int i = 0, at = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++) {
            const struct rt_weight *w = m->layers[i]->weights[k];
            e.v[at++] =
                (struct entry){ w, rt_xprintf("%s/%s", m->layers[i]->name,
                                              w->name) };
        }
    return e;
}

static void release(struct entries *e)
{
    for (int i = 0; i < e->n; i++)
        free(e->v[i].key);
    free(e->v);
}

/* Callable on the training thread, where the arenas are laid out already. */
int rt_weights_save(const struct rt_model *m, const char *file,
                    struct rt_err *err)
{
    if (!m->weights)
        return rt_fail(err, RT_ESTATE,
                       "model '%s' has no weights yet: nothing was computed "
                       "with it",
                       m->name);
    struct entries e = list_weights(m);
    struct rt_npz_item *items = rt_xcalloc((size_t)e.n + 1, sizeof *items);
    for (int i = 0; i < e.n; i++)
        items[i] = (struct rt_npz_item){
            .key = e.v[i].key,
            .shape = e.v[i].w->shape,
            .v = m->weights + e.v[i].w->offset,
        };
    int rc = rt_npz_write(file, items, e.n, err);
    free(items);
    release(&e);
    return rc;
}

static int missing(const struct rt_npz *z, const char *file, const char *key,
                   const struct rt_model *m, struct rt_err *err)
{
    return rt_fail_unknown(err, RT_EFORMAT, key, rt_npz_key, z,
                           "%s: has no '%s', which model '%s' needs", file, key,
                           m->name);
}

/* The array of each weight, or what does not fit. */
static int match(const struct rt_model *m, const struct entries *e,
                 const struct rt_npz *z, const char *file,
                 const struct rt_npy **found, struct rt_err *err)
{
    for (int i = 0; i < e->n; i++) {
        const char *key = e->v[i].key;
        for (int k = 0; k < z->n && !found[i]; k++)
            if (!strcmp(z->key[k], key))
                found[i] = &z->v[k];
        if (!found[i])
            return missing(z, file, key, m, err);
        if (!rt_shape_equal(&found[i]->shape, &e->v[i].w->shape))
            return rt_fail(err, RT_ESHAPE, "%s: '%s' is %s, want %s", file, key,
                           rt_shape_text(&found[i]->shape),
                           rt_shape_text(&e->v[i].w->shape));
        if (found[i]->type != RT_F32 && found[i]->type != RT_F64)
            return rt_fail(err, RT_EFORMAT, "%s: '%s' holds %s, want floats",
                           file, key, rt_dtype_name(found[i]->type));
    }
    return 0;
}

int rt_weights_load(struct rt_model *m, const char *file, struct rt_err *err)
{
    struct rt_npz z;
    int rc = rt_model_ready(m, err);
    if (rc)
        return rc;
    struct entries e = list_weights(m);
    const char **keys = rt_xcalloc((size_t)e.n + 1, sizeof *keys);
    const struct rt_npy **found = rt_xcalloc((size_t)e.n + 1, sizeof *found);
    for (int i = 0; i < e.n; i++)
        keys[i] = e.v[i].key;
    rc = rt_npz_read(file, keys, e.n, &z, err);
    if (!rc)
        rc = match(m, &e, &z, file, found, err);
    for (int i = 0; !rc && i < e.n; i++) {
        float *to = m->weights + e.v[i].w->offset;
        const struct rt_npy *a = found[i];
        for (size_t k = 0; k < a->n; k++)
            to[k] = a->type == RT_F32 ? ((const float *)a->data)[k]
                                      : (float)((const double *)a->data)[k];
    }
    free(keys);
    free(found);
    release(&e);
    rt_npz_free(&z);
    return rc;
}
