/* Files of Keras 1, whose layers have other options and some weights another
 * layout: they are known and refused, with what turns them into files of
 * Keras 2. */
#include "files/keras_parts.h"

#include "base/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Options that those classes had and in Keras 2 no longer have; NULL: all
 * classes. Source: get_config of the layers of Keras 1.2.2. */
static const struct {
    const char *class_name;
    const char *words[16];
} olds[] = {
    { NULL,
      { "nb_filter", "nb_row", "nb_feature", "filter_length", "border_mode",
        "subsample", "subsample_length", "dim_ordering", "pool_length",
        "W_regularizer", "W_constraint", "inner_init", "inner_activation",
        "gamma_init", "beta_init" } },
    { "Dense", { "output_dim", "init" } },
    { "TimeDistributedDense", { "output_dim" } },
    { "Dropout", { "p" } },
    { "GaussianDropout", { "p" } },
    { "GaussianNoise", { "sigma" } },
    { "Merge", { "mode" } },
};

/* More levels of models in models than any file has. */
enum { MOST = 50 };

static const char *old_word(const char *class_name, const json_t *config)
{
    for (size_t i = 0; i < sizeof olds / sizeof *olds; i++)
        for (int k = 0; olds[i].words[k]; k++)
            if ((!olds[i].class_name ||
                 !strcmp(olds[i].class_name, class_name)) &&
                json_object_get(config, olds[i].words[k]))
                return olds[i].words[k];
    return NULL;
}

/* The first layer within an entry that Keras 1 described: itself, the one that
 * it wraps, or one of the model that it is. */
static const json_t *find_old(const json_t *entry, int depth, const char **word)
{
    const json_t *config = json_object_get(entry, "config"), *e;
    const json_t *layers =
        json_is_array(config) ? config : json_object_get(config, "layers");
    const char *class_name =
        json_string_value(json_object_get(entry, "class_name"));
    size_t i;
    if (depth > MOST || !class_name)
        return NULL;
    *word = old_word(class_name, config);
    if (*word)
        return entry;
    json_array_foreach(layers, i, e)
    {
        const json_t *found = find_old(e, depth + 1, word);
        if (found)
            return found;
    }
    return find_old(json_object_get(config, "layer"), depth + 1, word);
}

int rt_keras_refuse_old(const char *file, const char *version,
                        struct rt_err *err)
{
    const char *base = rt_path_base(file), *ext = rt_path_ext(file);
    size_t stem = strlen(base) - strlen(ext) - (*ext != '\0');
    return rt_fail(err, RT_EFORMAT,
                   "written by Keras %.120s, whose layers and weights lie "
                   "otherwise; Keras 2.0 to 2.3 still reads it, so save it "
                   "once more with one of these and load that: python -c "
                   "\"from keras.models import load_model; "
                   "load_model('%.100s').save('%.*s_keras2.h5')\"",
                   version, base, stem < 100 ? (int)stem : 100, base);
}

int rt_keras_check_old(const char *file, const struct json_t *model_config,
                       struct rt_err *err)
{
    const char *word = NULL;
    const json_t *found = find_old(model_config, 0, &word);
    if (!found)
        return 0;
    const char *name = json_string_value(
        json_object_get(json_object_get(found, "config"), "name"));
    char version[120];
    snprintf(version, sizeof version, "1 (layer '%.60s' has '%s')",
             name ? name
                  : json_string_value(json_object_get(found, "class_name")),
             word);
    return rt_keras_refuse_old(file, version, err);
}
