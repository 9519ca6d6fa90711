#include "nn/dialect.h"

#include "nn/spec.h"

static const char *const names[RT_N_DIALECTS] = {
    [RT_KERAS_2_1_6] = "keras-2.1.6",
    [RT_KERAS_2_2_4] = "keras-2.2.4",
    [RT_KERAS_2_3_1] = "keras-2.3.1",
    [RT_TF_KERAS_2_4_0] = "tf.keras-2.4.0",
};

const char *rt_dialect_name(enum rt_dialect d)
{
    return names[d];
}

static struct rt_spec_name at(int i)
{
    return (struct rt_spec_name){ i < RT_N_DIALECTS ? names[i] : NULL };
}

int rt_dialect_find(const char *name, enum rt_dialect *out, struct rt_err *err)
{
    int i = rt_spec_index("dialect", at, name, err);
    if (i < 0)
        return i;
    *out = (enum rt_dialect)i;
    return RT_OK;
}
