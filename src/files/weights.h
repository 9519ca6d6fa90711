/* Weights of a model to and from files: .npz with one array a weight, called
 * LAYER/WEIGHT, or Keras' .h5 of weights, by the file's ending. */
#ifndef RT_FILES_WEIGHTS_H
#define RT_FILES_WEIGHTS_H
#include "files/weights_file.h"
#include "nn/fold.h"

/* Errors: RT_EINVAL: another ending; RT_ESTATE: no weights yet.
 * Thread: also the training thread between two batches. */
int rt_weights_save(const struct rt_model *m, const char *file,
                    struct rt_err *err);

/* The same of other numbers laid out as the weights; learning: only those of
 * weights that learn. For gradients. */
int rt_weights_save_as(const struct rt_model *m, const float *v, bool learning,
                       const char *file, struct rt_err *err);

enum rt_weights_pairs {
    RT_WEIGHTS_USUAL, /* .npz: every layer of the model by name; .h5: order */
    RT_WEIGHTS_BY_ORDER, /* layers that have weights, one after another */
    RT_WEIGHTS_BY_NAME,  /* layers of equal names; others stay as they are */
};
struct rt_weights_how {
    enum rt_weights_pairs pairs;
    const char *const *layers; /* words of rt_select: these alone */
    int n_layers;
    const char *const *map; /* OLD:NEW, a layer's name in the file and in the
                               model; both may end in * */
    int n_map;
    bool skip_mismatch; /* a weight of another shape stays as it is */
};
struct rt_weights_done {
    int layers, weights; /* that were set */
    int64_t numbers;
    int skipped; /* weights, for their shape */
};
/* Nothing is changed on an error. how NULL: all as usual; done may be NULL.
 * Errors: those of the file; RT_ESHAPE, RT_EFORMAT: counts or shapes differ;
 *         RT_ENOENT: no layer is in both, or one of map is nowhere;
 *         RT_EINVAL: map and by order. */
int rt_weights_load(struct rt_model *m, const char *file,
                    const struct rt_weights_how *how,
                    struct rt_weights_done *done, struct rt_err *err);
/* The same of an open file, whose name the error lacks. items: layers and
 * groups of m in the order that pairs by order go by. */
int rt_weights_put(struct rt_model *m, const struct rt_fold_item *items, int n,
                   const struct rt_weights_file *w,
                   const struct rt_weights_how *how,
                   struct rt_weights_done *done, struct rt_err *err);
#endif
