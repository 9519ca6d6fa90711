/* What a file of Keras' says of itself, as the tree it is read to. */
#ifndef RT_TESTS_KERAS_TREE_H
#define RT_TESTS_KERAS_TREE_H
#include "support.h"

#include "base/mem.h"
#include "files/h5_tree.h"

static inline void tree_text(struct rt_h5_item *item, const char *name,
                             const char *text)
{
    struct rt_h5_attr *a = &item->attrs[item->n_attrs];
    if (!text)
        return;
    item->n_attrs++;
    *a =
        (struct rt_h5_attr){ .name = rt_xstrdup(name), .scalar = true, .n = 1 };
    a->text = rt_xcalloc(1, sizeof(char *));
    a->text[0] = rt_xstrdup(text);
}

/* A root with a model_config, and a keras_version unless it is NULL. The caller
 * frees the tree. */
static inline void tree_of_config(const char *version, const char *config,
                                  struct rt_h5_tree *tree)
{
    struct rt_err wrong = RT_ERR_INIT;
    struct rt_h5_item root = { .path = rt_xstrdup("") };
    root.attrs = rt_xcalloc(2, sizeof *root.attrs);
    tree_text(&root, "keras_version", version);
    tree_text(&root, "model_config", config);
    *tree = (struct rt_h5_tree)RT_H5_TREE_INIT;
    rt_assert_ok(rt_h5_tree_add(tree, &root, &wrong), &wrong);
}
/* Puts `now` in the place of `was` in an attribute of the root. */
static inline void tree_edit(struct rt_h5_tree *tree, const char *attr,
                             const char *was, const char *now)
{
    const struct rt_h5_item *root = rt_h5_find(tree, "");
    for (int i = 0; i < root->n_attrs; i++) {
        struct rt_h5_attr *a = &root->attrs[i];
        char *at = strcmp(a->name, attr) ? NULL : strstr(a->text[0], was);
        if (!at)
            continue;
        char *text = rt_xprintf("%.*s%s%s", (int)(at - a->text[0]), a->text[0],
                                now, at + strlen(was));
        free(a->text[0]);
        a->text[0] = text;
        return;
    }
    fail_msg("no %s in %s", was, attr);
}
#endif
