/* TimeDistributed around a whole model, as a film is read by a model of its
 * pictures: the same model of layers that are each time-distributed. */
#include "files/keras_parts.h"

#include <jansson.h>
#include <string.h>

/* Layers of several inputs that do the same to every number, or along an axis
 * that is counted from the first. */
static const char *const whole[] = { "Add",     "Subtract", "Multiply",
                                     "Average", "Maximum",  "Minimum",
                                     NULL };

bool rt_keras_is_wrapped(const struct json_t *entry)
{
    const char *class_name = rt_keras_member(entry, "class_name");
    return class_name && !strcmp(class_name, "TimeDistributed") &&
           rt_keras_is_model(
               json_object_get(json_object_get(entry, "config"), "layer"));
}

static bool is_whole(const char *class_name)
{
    for (int i = 0; class_name && whole[i]; i++)
        if (!strcmp(class_name, whole[i]))
            return true;
    return false;
}

static void move_axis(json_t *config)
{
    const json_t *axis = json_object_get(config, "axis");
    if (json_integer_value(axis) > 0)
        json_object_set_new(config, "axis",
                            json_integer(json_integer_value(axis) + 1));
}

/* Changes an entry of the model's list of layers. */
static void distribute(json_t *entry, json_t *shape)
{
    const char *class_name = rt_keras_member(entry, "class_name");
    json_t *config = json_object_get(entry, "config");
    if (rt_keras_is_input(entry)) {
        json_object_del(config, "batch_shape");
        json_object_set(config, "batch_input_shape", shape);
    } else if (class_name && !strcmp(class_name, "Concatenate")) {
        move_axis(config);
    } else if (class_name && !is_whole(class_name)) {
        const char *name = rt_keras_member(config, "name");
        json_t *trainable = json_object_get(config, "trainable");
        json_t *around = json_pack("{s:{s:s, s:O}}", "layer", "class_name",
                                   class_name, "config", config);
        if (name)
            json_object_set_new(around, "name", json_string(name));
        if (trainable)
            json_object_set(around, "trainable", trainable);
        json_object_set_new(entry, "config", around);
        json_object_set_new(entry, "class_name",
                            json_string("TimeDistributed"));
    }
}

struct json_t *rt_keras_distributed(const struct json_t *entry,
                                    struct json_t *shape)
{
    json_t *model = json_deep_copy(
        json_object_get(json_object_get(entry, "config"), "layer"));
    json_t *config = json_object_get(model, "config");
    json_t *layers =
        json_is_array(config) ? config : json_object_get(config, "layers");
    size_t i;
    json_t *one;
    json_array_foreach(layers, i, one) distribute(one, shape);
    if (json_is_object(config))
        json_object_del(config, "build_input_shape");
    return model;
}
