/* The list of layers. */
#include "nn/layer.h"

#include "nn/spec.h"

#define RT_LAYER(name) extern const struct rt_layer rt_layer_##name;
#include "nn/layers.def"
#undef RT_LAYER

static const struct rt_layer *const all[] = {
#define RT_LAYER(name) &rt_layer_##name,
#include "nn/layers.def"
#undef RT_LAYER
    NULL,
};

const struct rt_layer *const *rt_layers(void)
{
    return all;
}

static struct rt_spec_name at(int i)
{
    const struct rt_layer *l = all[i];
    return l ? (struct rt_spec_name){ l->name, NULL, l->opts, l->args_size }
             : (struct rt_spec_name){ 0 };
}

const struct rt_layer *rt_layer_find(const char *name, struct rt_err *err)
{
    int i = rt_spec_index("layer", at, name, err);
    return i < 0 ? NULL : all[i];
}
