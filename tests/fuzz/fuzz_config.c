/* What Keras writes about a model as JSON: model_config, and behind a line's
 * end training_config. HDF5 and the weights are left out. */
#include "fuzz.h"

#include "base/mem.h"
#include "files/keras_parts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void add_text(struct rt_h5_item *root, const char *name, char *text)
{
    struct rt_h5_attr *a = &root->attrs[root->n_attrs++];
    *a = (struct rt_h5_attr){
        .name = rt_xstrdup(name),
        .scalar = true,
        .n = 1,
        .text = rt_xcalloc(2, sizeof *a->text),
    };
    a->text[0] = text;
}

/* The root of a file with these attributes, and no weights. */
static int make_tree(const char *text, struct rt_h5_tree *t, struct rt_err *err)
{
    struct rt_h5_item root = { .path = rt_xstrdup(""), .type = RT_H5_GROUP };
    const char *end = strchrnul(text, '\n');
    root.attrs = rt_xcalloc(4, sizeof *root.attrs);
    add_text(&root, "keras_version", rt_xstrdup("2.3.1"));
    add_text(&root, "model_config", rt_xstrndup(text, (size_t)(end - text)));
    if (*end)
        add_text(&root, "training_config", rt_xstrdup(end + 1));
    return rt_h5_tree_add(t, &root, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_h5_tree t = RT_H5_TREE_INIT;
    struct rt_keras_load o = { .seed = 1 };
    char *text = rt_xstrndup((const char *)data, n);
    if (!make_tree(text, &t, &err)) {
        struct rt_model *m = rt_keras_model("x.h5", &t, &o, &err);
        fuzz_check(m ? 0 : -1, &err);
        rt_model_free(m);
    }
    rt_h5_tree_free(&t);
    free(text);
    return 0;
}
