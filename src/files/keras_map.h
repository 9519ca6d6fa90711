/* Between Keras' JSON and the words of our records: a layer's config and its
 * options, {"class_name", "config"} objects and specs ("huber(delta=0.4)").
 * Names of options are Keras' own, so that nothing here knows a layer; what
 * Keras has beside and this program has not is ignored where its value says
 * nothing, and refused where it would change a number. */
#ifndef RT_FILES_KERAS_MAP_H
#define RT_FILES_KERAS_MAP_H
#include "nn/dialect.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "nn/layer.h"

struct json_t;

struct rt_keras_words {
    RT_VEC(char *) own;
};
#define RT_KERAS_WORDS_INIT                                                    \
    {                                                                          \
        0                                                                      \
    }
void rt_keras_words_release(struct rt_keras_words *w);
/* For rt_args_parse and rt_model_add. */
const char *const *rt_keras_words_v(const struct rt_keras_words *w);

/* The layer record of a class; RT_ENOENT: there is none. */
const struct rt_layer *rt_keras_layer(const char *class_name,
                                      struct rt_err *err);
/* A layer's name in a file. Errors: RT_EFORMAT: there is none, or it holds
 * control characters. */
int rt_keras_name_check(const char *name, struct rt_err *err);
/* A config's options as words "key=value"; name and trainable are left out.
 * axes: as in struct rt_layer.
 * Errors: RT_EFORMAT, RT_EINVAL: an option that this program has not, or layers
 * wrapped more than RT_RANK_MAX times. */
int rt_keras_words(const struct rt_opt *opts, int axes,
                   const struct json_t *config, struct rt_keras_words *out,
                   struct rt_err *err);
/* What a word of that sort (RT_NAMES_LOSS, _METRIC, _INIT, _REGULARIZER) is
 * called here: text or {"class_name", "config"} to a spec, appended.
 * Errors: RT_ENOENT if there is none. */
int rt_keras_spec(int names, const struct json_t *v, struct rt_str *out,
                  struct rt_err *err);

/* Options to a config, all of them but those of `lacks` (as keras_lacks of the
 * records; NULL: none) that have their default. New references. */
struct json_t *rt_keras_config(const struct rt_opt *opts, size_t args_size,
                               const void *args, const char *lacks);
struct json_t *rt_keras_layer_config(const struct rt_layer *type,
                                     const void *args);
/* Adds to the config of a class, and to those in it, what that version of Keras
 * writes and no option is, as it is by default; what is there stays. */
void rt_keras_fill(const char *class_name, struct json_t *config,
                   enum rt_dialect d);
/* A spec as Keras writes it in a file: text, or an object if it has options.
 */
struct json_t *rt_keras_unspec(int names, const char *spec);

/* A loss, a metric or an initializer, by our name or a class of Keras. */
struct rt_keras_record {
    const char *name;
    const char *keras; /* class; NULL: none */
    const char *text;  /* how it stands in a file without options; NULL: it
                          does not */
    const struct rt_opt *opts;
    size_t args_size;
};
bool rt_keras_find(int names, const char *name, struct rt_keras_record *out);
/* An activation's name in a file is another one here, or (ours) the other way
 * round; mostly the same. */
const char *rt_keras_activation(const char *name, bool ours);
/* What the named initializers are in a file: VarianceScaling. Ends with NULL.
 */
struct rt_keras_scaling {
    const char *name;
    double scale;
    const char *mode, *spread;
};
extern const struct rt_keras_scaling rt_keras_scalings[];

/* As Python's json.dumps would write it; caller frees. */
char *rt_keras_text(const struct json_t *v);
#endif
