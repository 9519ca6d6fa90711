/* A model from Keras' HDF5 file. */
#include "files/keras_read.h"

#include "base/file.h"
#include "base/mem.h"
#include "files/h5_child.h"
#include "files/keras_parts.h"
#include "files/weights.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the file says of itself ---------------------------------------- */

/* "2.2.4", "2.2.4-tf": what TensorFlow's own Keras wrote has the ending, or a
 * number that Keras alone never reached. */
static int read_dialect(const char *file, const struct rt_h5_item *root,
                        enum rt_dialect *out, struct rt_err *err)
{
    const char *version = rt_h5_attr_text(root, "keras_version");
    *out = RT_KERAS_2_3_1;
    if (!version)
        return 0;
    char *end;
    long major = strtol(version, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, &end, 10) : 0;
    if (major > 2)
        return rt_fail(err, RT_EFORMAT,
                       "written by Keras %.20s, which describes layers "
                       "otherwise than Keras 2; build the model here, then "
                       "load_weights of this file",
                       version);
    if (major < 2)
        return rt_keras_refuse_old(file, version, err);
    *out = strstr(version, "-tf") || minor > 3 ? RT_TF_KERAS_2_4_0
           : minor == 3                        ? RT_KERAS_2_3_1
           : minor == 2                        ? RT_KERAS_2_2_4
                                               : RT_KERAS_2_1_6;
    return 0;
}

static json_t *read_json(const struct rt_h5_item *root, const char *name,
                         struct rt_err *err)
{
    json_error_t e;
    const char *text = rt_h5_attr_text(root, name);
    json_t *v = text ? json_loads(text, 0, &e) : NULL;
    if (!text)
        rt_fail(err, RT_EFORMAT, "has no %s%s", name,
                rt_h5_attr(root, "layer_names")
                    ? ": it holds weights alone, for load_weights"
                    : "");
    else if (!v)
        rt_fail(err, RT_EFORMAT, "%s is damaged at character %d: %s", name,
                e.position, e.text);
    return v;
}

/* A name that a person may type, from the config or the file. */
static char *model_name(const char *file, const json_t *config)
{
    const char *name = json_string_value(
        json_object_get(json_object_get(config, "config"), "name"));
    if (name && !rt_name_check(name, NULL))
        return rt_xstrdup(name);
    char *own = rt_xstrdup(rt_path_base(file));
    char *dot = strrchr(own, '.');
    if (dot)
        *dot = '\0';
    if (rt_name_check(own, NULL)) {
        free(own);
        own = rt_xstrdup("model");
    }
    return own;
}

/* ---- all of it ----------------------------------------------------------- */

static int read_weights(struct rt_model *m, const struct rt_fold_item *listed,
                        int n, const struct rt_h5_tree *tree,
                        struct rt_err *err)
{
    struct rt_weights_file w = { 0 };
    int status = rt_weights_file_of_tree(tree, "model_weights", &w, err);
    if (!status)
        status = rt_weights_put(m, listed, n, &w, NULL, NULL, err);
    rt_weights_file_close(&w);
    return status;
}

static int read_customs(struct rt_model *m, const struct rt_h5_item *root,
                        struct rt_err *err)
{
    if (!rt_h5_attr(root, RT_KERAS_CUSTOMS))
        return 0;
    json_t *list = read_json(root, RT_KERAS_CUSTOMS, err);
    int status = list ? rt_keras_take_customs(m, list, err) : RT_EFORMAT;
    json_decref(list);
    return status ? rt_err_within(err, RT_KERAS_CUSTOMS) : 0;
}

static int read_steering(struct rt_model *m, const struct rt_h5_item *root,
                         struct rt_err *err)
{
    if (!rt_h5_attr(root, RT_KERAS_STEERING))
        return 0;
    json_t *v = read_json(root, RT_KERAS_STEERING, err);
    int status = v ? rt_keras_take_steering(m, v, err) : RT_EFORMAT;
    json_decref(v);
    return status ? rt_err_within(err, RT_KERAS_STEERING) : 0;
}

static int read_compiled(struct rt_model *m, const struct rt_fold_item *listed,
                         int n, const struct rt_h5_tree *tree,
                         const struct rt_keras_load *o, struct rt_err *err)
{
    const struct rt_h5_item *root = rt_h5_find(tree, "");
    if (o->no_compile || !rt_h5_attr(root, "training_config"))
        return 0;
    int status = read_customs(m, root, err);
    if (status)
        return status;
    json_t *config = read_json(root, "training_config", err);
    status = config ? rt_keras_compile(m, config, o, err) : RT_EFORMAT;
    json_decref(config);
    if (!status && m->compiled)
        status = rt_keras_state(m, listed, n, tree, o->notes, err);
    return status ? status : rt_keras_take_frozen(m, tree, err);
}

struct rt_model *rt_keras_model(const char *file, const struct rt_h5_tree *tree,
                                const struct rt_keras_load *o,
                                struct rt_err *err)
{
    const struct rt_h5_item *root = rt_h5_find(tree, "");
    enum rt_dialect dialect;
    json_t *config = read_dialect(file, root, &dialect, err)
                         ? NULL
                         : read_json(root, "model_config", err);
    if (!config || rt_keras_check_old(file, config, err)) {
        json_decref(config);
        return NULL;
    }
    struct rt_fold_item *listed = NULL;
    int n = 0;
    char *name = o->name ? rt_xstrdup(o->name) : model_name(file, config);
    struct rt_model *m = rt_model_new(name, o->seed);
    free(name);
    m->any_names = true;
    m->dialect = dialect;
    m->customs = rt_customs_ref(o->customs);
    int status = rt_keras_graph(m, config, NULL, &listed, &n, err);
    if (!status)
        status = read_weights(m, listed, n, tree, err);
    if (!status)
        status = read_compiled(m, listed, n, tree, o, err);
    if (!status)
        status = read_steering(m, root, err);
    free(listed);
    json_decref(config);
    if (!status)
        return m;
    rt_model_free(m);
    return NULL;
}

/* Files that are near to it, and what to do with them. */
static int check_kind(const char *file, struct rt_err *err)
{
    unsigned char head[2] = { 0 };
    rt_file_head(file, head, sizeof head);
    if (memcmp(head, "PK", 2) != 0)
        return 0;
    if (!strcmp(rt_path_ext(file), "keras"))
        return rt_fail(err, RT_EFORMAT,
                       "%s: is the archive of Keras 3; save the model as .h5 "
                       "there, build it here, then load_weights of that",
                       file);
    return rt_fail(err, RT_EFORMAT,
                   "%s: holds arrays alone, as an .npz of weights does; build "
                   "the model, then `load_weights %s`",
                   file, file);
}

int rt_keras_load(const char *file, const struct rt_keras_load *o,
                  struct rt_model **out, struct rt_err *err)
{
    static const struct rt_keras_load usual = { 0 };
    struct rt_err own = RT_ERR_INIT;
    struct rt_h5_tree tree;
    err = err ? err : &own;
    *out = NULL;
    if (check_kind(file, err) || rt_h5_read(file, true, &tree, err))
        return err->code;
    *out = rt_keras_model(file, &tree, o ? o : &usual, err);
    rt_h5_tree_free(&tree);
    return *out ? 0 : rt_err_within(err, "%s", file);
}

/* ---- for a look ---------------------------------------------------------- */

static const char *text_in(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static void add_model(const struct rt_h5_item *root, struct rt_str *out)
{
    json_t *v = read_json(root, "model_config", NULL);
    const json_t *config = json_object_get(v, "config");
    const json_t *layers =
        json_is_array(config) ? config : json_object_get(config, "layers");
    if (v)
        rt_str_addf(out, ", %s%s%s of %zu layers", text_in(v, "class_name"),
                    *text_in(config, "name") ? " " : "",
                    text_in(config, "name"), json_array_size(layers));
    json_decref(v);
    v = read_json(root, "training_config", NULL);
    if (v)
        rt_str_addf(
            out, ", compiled with %s",
            text_in(json_object_get(v, "optimizer_config"), "class_name"));
    json_decref(v);
}

void rt_keras_about(const struct rt_h5_tree *tree, struct rt_str *out)
{
    const struct rt_h5_item *root = rt_h5_find(tree, "");
    const char **layers;
    int n;
    bool weights = !rt_h5_attr_texts(root, "layer_names", &layers, &n, NULL);
    const char *version = rt_h5_attr_text(root, "keras_version");
    if (!weights && !version && !rt_h5_attr(root, "model_config"))
        return;
    rt_str_addf(out, "Keras %.20s", version ? version : "of no version");
    if (rt_h5_attr(root, "model_config"))
        add_model(root, out);
    else if (weights)
        rt_str_addf(out, ", weights of %d layers", n);
    free(layers);
}
