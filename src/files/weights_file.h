/* The arrays of a weights file, layer by layer: a Keras .h5 (of weights alone
 * or of a whole model) or an .npz with keys LAYER/WEIGHT.
 * Order: rt_weights_file_open or _of_tree, look, rt_weights_file_close. */
#ifndef RT_FILES_WEIGHTS_FILE_H
#define RT_FILES_WEIGHTS_FILE_H
#include "base/arena.h"
#include "files/h5_tree.h"
#include "files/npy.h"

struct rt_file_array {
    const char *name;  /* dense_1/kernel:0, or kernel in an .npz */
    const char *holds; /* "floats", "texts" */
    struct rt_shape shape;
    size_t n;
    double one;     /* of a scalar, in full */
    const float *v; /* NULL: no numbers */
    float *own;     /* v, if it had to be made from others */
};
struct rt_file_layer {
    const char *name;
    struct rt_file_array *arrays;
    int n;
};
struct rt_weights_file {
    struct rt_file_layer *layers; /* in the file's order */
    int n;
    bool named;  /* .npz: its arrays have our weights' names */
    bool turned; /* convolution kernels lie turned round, as Theano's */
    bool old;    /* Keras 1 wrote it: what fits may be read, see weights.c */
    struct rt_h5_tree tree;
    struct rt_npz npz;
    struct rt_arena arena;
};
/* By what the file's name ends in: .npz, else HDF5. names: layers that may be
 * in an .npz, whose keys LAYER/WEIGHT do not say which slash it is: the longest
 * name that a key begins with is its layer, else all up to the last slash.
 * Errors: those of the formats; RT_EFORMAT: no weights file. */
int rt_weights_file_open(const char *file, const char *const *names, int n,
                         struct rt_weights_file *w, struct rt_err *err);
/* Of a group ("" or "model_weights") of a file that was read; w borrows the
 * tree. Errors: RT_EFORMAT, without the file's name. */
int rt_weights_file_of_tree(const struct rt_h5_tree *tree, const char *group,
                            struct rt_weights_file *w, struct rt_err *err);
void rt_weights_file_close(struct rt_weights_file *w);

/* Numbers of a data set as floats: v and own of the array.
 * Errors: RT_ENOMEM. */
int rt_file_array_take(const struct rt_h5_item *item, struct rt_file_array *a,
                       struct rt_err *err);
#endif
