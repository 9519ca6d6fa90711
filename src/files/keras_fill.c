/* What Keras' configs hold and no option of ours is: see rt_keras_fill. */
#include "files/keras_map.h"

#include <jansson.h>
#include <string.h>

/* Each as it is by default, which is how everything here is computed. What a
 * version's class does not know it would refuse: from. Source: get_config of
 * these classes in Keras 2.1.6, 2.2.4, 2.3.1 and tf.keras 2.4. */
static const struct fill {
    const char *classes, *key, *json;
    enum rt_dialect from;
} fills[] = {
    { "LSTM GRU SimpleRNN", "unroll", "false", RT_KERAS_2_1_6 },
    { "LSTM GRU", "implementation", "2", RT_KERAS_2_1_6 },
    { "LSTM GRU SimpleRNN", "time_major", "false", RT_TF_KERAS_2_4_0 },
    { "Conv1D SeparableConv1D MaxPooling1D AveragePooling1D", "data_format",
      "\"channels_last\"", RT_KERAS_2_2_4 },
    { "Conv1D Conv2D Conv3D", "groups", "1", RT_TF_KERAS_2_4_0 },
    { "UpSampling2D", "interpolation", "\"nearest\"", RT_KERAS_2_2_4 },
    { "SpatialDropout1D SpatialDropout2D SpatialDropout3D", "noise_shape",
      "null", RT_KERAS_2_1_6 },
    { "Embedding", "input_length", "null", RT_KERAS_2_1_6 },
    { "InputLayer", "ragged", "false", RT_TF_KERAS_2_4_0 },
    { "RandomNormal RandomUniform TruncatedNormal Orthogonal VarianceScaling",
      "seed", "null", RT_KERAS_2_1_6 },
    { "RMSprop", "momentum", "0.0", RT_TF_KERAS_2_4_0 },
    { "RMSprop", "centered", "false", RT_TF_KERAS_2_4_0 },
};

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = strstr(list, word); p; p = strstr(p + n, word))
        if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
            return true;
    return false;
}

static void add(json_t *config, const char *key, json_t *v)
{
    if (json_object_get(config, key))
        json_decref(v);
    else
        json_object_set_new(config, key, v);
}

/* A layer within a layer; one that stands alone has its type by its place. */
static void fill_inner(json_t *config, enum rt_dialect d)
{
    if (d >= RT_KERAS_2_3_1 && json_object_get(config, "trainable"))
        add(config, "dtype", json_string("float32"));
}

void rt_keras_fill(const char *class_name, json_t *config, enum rt_dialect d)
{
    const char *key;
    json_t *v;
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++)
        if (d >= fills[i].from && has_word(fills[i].classes, class_name))
            add(config, fills[i].key,
                json_loads(fills[i].json, JSON_DECODE_ANY, NULL));
    json_object_foreach(config, key, v)
    {
        json_t *inner = json_object_get(v, "config");
        const char *name = json_string_value(json_object_get(v, "class_name"));
        if (!name || !json_is_object(inner))
            continue;
        fill_inner(inner, d);
        rt_keras_fill(name, inner, d);
    }
}
