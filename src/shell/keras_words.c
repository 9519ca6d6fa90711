#include "shell/keras_words.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/str.h"
#include "nn/layer.h"
#include "nn/optimizer.h"
#include "plugins/load.h"
#include "shell/cmd.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is neither a layer, an optimizer nor a callback; sorted. What begins
 * with a dash is no command but a sentence. */
static const struct rt_keras_word functions[] = {
    { "?", "-`help` lists the commands" },
    { "Input", "input NAME SHAPE" },
    { "LabelEncoder", "onehot DATA COLUMN" },
    { "MinMaxScaler", "scale DATA minmax" },
    { "Model", "model NAME" },
    { "OneHotEncoder", "onehot DATA COLUMN" },
    { "Sequential", "model NAME" },
    { "StandardScaler", "scale DATA standard" },
    { "TensorBoard", "watch" },
    { "add", "-a layer is added by its name, as in `dense 64`" },
    { "clear", "-Ctrl-L clears the screen" },
    { "clone_model", "model copy" },
    { "concat", "concatenate" },
    { "count_params", "params" },
    { "evaluate_generator", "evaluate" },
    { "fit_generator", "fit" },
    { "from", "-nothing has to be imported, all is there from the start" },
    { "get_layer", "model take LAYER" },
    { "get_weights", "weight LAYER/NAME" },
    { "history", "plot" },
    { "import", "-nothing has to be, everything is there from the start" },
    { "layers", "summary" },
    { "learning_rate", "lr" },
    { "load_data", "data NAME csv FILE" },
    { "loadtxt", "data NAME csv FILE" },
    { "ls", "-`glob *` lists files" },
    { "man", "-`help COMMAND` shows a page" },
    { "normalize", "scale" },
    { "one_hot", "onehot DATA COLUMN" },
    { "plot_model", "graph" },
    { "pop", "undo" },
    { "predict_classes", "predict" },
    { "predict_generator", "predict" },
    { "print", "puts" },
    { "read_csv", "data NAME csv FILE" },
    { "save", "save_model" },
    { "set_weights", "weight LAYER/NAME VALUES" },
    { "test", "-here it is `evaluate`" },
    { "to_categorical", "onehot DATA COLUMN" },
    { "train", "-here it is `fit`" },
    { "train_on_batch", "fit" },
    { "train_test_split", "partition" },
    { NULL, NULL },
};

const struct rt_keras_word rt_keras_layer_words[] = {
    { "input_shape", "`input NAME SHAPE` before the first layer says it" },
    { "input_dim", "`input NAME SHAPE` before the first layer says it" },
    { "input_length", "`input NAME SHAPE` before the first layer says it" },
    { "batch_input_shape",
      "`input NAME SHAPE batch_size=N` before the first layer says it" },
    { "batch_shape",
      "`input NAME SHAPE batch_size=N` before the first layer says it" },
    { "dtype", "everything is computed in float32" },
    { "weights", "`weight LAYER/NAME VALUES` and `load_weights` set them" },
    { "implementation", "there is one, and it is fast" },
    { "unroll", "there is nothing to be gained by it" },
    { "data_format", "channels come last" },
    { NULL, NULL },
};

/* EarlyStopping as early_stopping, ReduceLROnPlateau as
 * reduce_lr_on_plateau. */
static char *snake(const char *name)
{
    struct rt_str out = RT_STR_INIT;
    for (const char *p = name; *p; p++) {
        bool up = isupper((unsigned char)*p);
        bool after_low = p > name && !isupper((unsigned char)p[-1]);
        bool before_low = p > name && islower((unsigned char)p[1]);
        if (up && p > name && (after_low || before_low))
            rt_str_addc(&out, '_');
        rt_str_addc(&out, (char)tolower((unsigned char)*p));
    }
    return rt_str_take(&out);
}

static char *callback_named(const char *name)
{
    char *own = snake(name), **names = rt_plugin_names(), *found = NULL;
    for (int i = 0; names && names[i] && !found; i++)
        if (!strcmp(names[i], own))
            found = rt_xprintf("callback %s", own);
    free(names);
    free(own);
    return found;
}

/* What is typed here for it; NULL if it is none of Keras'. Caller frees. */
static char *ours(const char *name)
{
    for (int i = 0; functions[i].key; i++)
        if (!strcmp(functions[i].key, name))
            return rt_xstrdup(functions[i].says);
    for (int i = 0; rt_layers()[i]; i++) {
        const struct rt_layer *l = rt_layers()[i];
        if (l->keras && !strcasecmp(l->keras, name))
            return rt_xstrdup(l->name);
    }
    for (int i = 0; rt_optimizers()[i]; i++) {
        const struct rt_optimizer *o = rt_optimizers()[i];
        if (o->keras && !strcasecmp(o->keras, name))
            return rt_xprintf("compile %s", o->name);
    }
    return callback_named(name);
}

/* lr=0.1, which are two words here. */
static bool is_setting(const char *name, struct rt_err *err)
{
    const char *eq = strchr(name, '=');
    char *key = rt_xstrndup(name, eq ? (size_t)(eq - name) : 0);
    const char *here = !strcmp(key, "learning_rate") ? "lr" : key;
    bool known = *key && rt_cmd_find(here, NULL);
    if (known)
        rt_fail(err, RT_ENOENT, "no command '%s'; want `%s %s`", name, here,
                eq + 1);
    free(key);
    return known;
}

/* model.fit(s) and keras.layers.Dense(64, as Python writes them, too. */
void rt_keras_command(const char *name, struct rt_err *err)
{
    if (!err || is_setting(name, err))
        return;
    char *python = rt_xstrndup(name, strcspn(name, "("));
    const char *dot = strrchr(python, '.'), *last = dot ? dot + 1 : python;
    bool called = strlen(python) < strlen(name),
         known = rt_cmd_find(last, NULL);
    char *says = ours(last);
    if (says && *says == '-' && (dot || !known))
        rt_fail(err, RT_ENOENT, "no command '%s': %s", name, says + 1);
    else if ((dot || called) && known)
        rt_fail(err, RT_ENOENT, "no command '%s'; here it is `%s`", name, last);
    else if (says)
        rt_fail(err, RT_ENOENT, "no command '%s'; Keras' %s is `%s` here", name,
                last, says);
    free(says);
    free(python);
}

int rt_keras_options(const struct rt_keras_word *list,
                     const struct rt_opt *opts, const char *const *words, int n,
                     struct rt_err *err)
{
    for (int i = 0; i < n; i++)
        for (const struct rt_keras_word *k = list; k && k->key; k++) {
            size_t len = strlen(k->key);
            if (!strncmp(words[i], k->key, len) && words[i][len] == '=' &&
                !rt_opt_find(opts, sizeof *opts, k->key))
                return rt_fail(err, RT_EINVAL, "no option '%s' here: %s",
                               k->key, k->says);
        }
    return 0;
}
