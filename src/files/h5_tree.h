/* What is in an HDF5 file, flat: groups and data sets by path, each with its
 * attributes. It knows no HDF5: h5.c fills it, h5_child.c carries it from one
 * process to another, readers ask it.
 * Order: rt_h5_read (files/h5_child.h), rt_h5_find ..., rt_h5_tree_free. */
#ifndef RT_FILES_H5_TREE_H
#define RT_FILES_H5_TREE_H
#include "base/map.h"
#include "graph/shape.h"
#include <stdint.h>

enum rt_h5_type {
    RT_H5_GROUP,
    RT_H5_FLOATS,
    RT_H5_INTS,
    RT_H5_TEXTS, /* a data set of texts; they are not read */
    RT_H5_OTHER, /* another one, or of more axes than RT_RANK_MAX */
};

/* A list, or one value if scalar. Neither text nor number: of another kind,
 * not read. An empty list of either sort has n 0. */
struct rt_h5_attr {
    char *name;
    bool scalar;
    int n;
    char **text; /* n texts: padding taken away */
    double *number;
};

struct rt_h5_item {
    char *path; /* "" is the root, "model_weights/dense_1" */
    enum rt_h5_type type;
    struct rt_shape shape; /* of a data set */
    size_t n;              /* numbers */
    float *f;              /* RT_H5_FLOATS, if values were asked for */
    int64_t *i;            /* RT_H5_INTS, likewise */
    double one;            /* a scalar of either, in full */
    struct rt_h5_attr *attrs;
    int n_attrs;
};
void rt_h5_item_release(struct rt_h5_item *item);

struct rt_h5_tree {
    struct rt_h5_item **items; /* parents before what is in them */
    int n;
    struct rt_map by_path;
};
#define RT_H5_TREE_INIT                                                        \
    {                                                                          \
        0                                                                      \
    }
/* Takes what the item owns. Errors: RT_EFORMAT: its path is there already. */
int rt_h5_tree_add(struct rt_h5_tree *t, const struct rt_h5_item *item,
                   struct rt_err *err);
void rt_h5_tree_free(struct rt_h5_tree *t);

/* By path, or NULL. */
const struct rt_h5_item *rt_h5_find(const struct rt_h5_tree *t,
                                    const char *path);
/* An attribute of an item (NULL has none), or NULL. */
const struct rt_h5_attr *rt_h5_attr(const struct rt_h5_item *item,
                                    const char *name);
/* The text of a scalar attribute, or NULL. */
const char *rt_h5_attr_text(const struct rt_h5_item *item, const char *name);
/* A list of texts, in one attribute or split over name0, name1, ...; *v is
 * NULL-terminated, one block, borrowing the texts; caller frees it.
 * Errors: RT_ENOENT if there is none, RT_EFORMAT if it holds something else.
 *         Empty lists may be of numbers. */
int rt_h5_attr_texts(const struct rt_h5_item *item, const char *name,
                     const char ***v, int *n, struct rt_err *err);
const char *rt_h5_type_name(enum rt_h5_type type); /* "floats" */
#endif
