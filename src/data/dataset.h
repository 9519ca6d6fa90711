/* Data sets: named columns of rows. A data set never changes once it is made
 * and is counted: the session replaces one by another (after scale, bind, ...)
 * while a run goes on with the one it holds. Numbers keep the type they had in
 * the file; transforms are applied when rows are gathered.
 * Order: rt_dataset_new, rt_dataset_add_column ..., rt_dataset_ref/unref. */
#ifndef RT_DATA_DATASET_H
#define RT_DATA_DATASET_H
#include "base/err.h"
#include "base/str.h"
#include "graph/shape.h"
#include <stdbool.h>
#include <stdint.h>

#define RT_DTYPES(X)                                                           \
    X(U8, uint8_t, "uint8")                                                    \
    X(I8, int8_t, "int8")                                                      \
    X(I16, int16_t, "int16")                                                   \
    X(I32, int32_t, "int32")                                                   \
    X(I64, int64_t, "int64") X(F32, float, "float32") X(F64, double, "float64")
enum rt_dtype {
#define X(name, type, text) RT_##name,
    RT_DTYPES(X)
#undef X
};
size_t rt_dtype_size(enum rt_dtype t);
const char *rt_dtype_name(enum rt_dtype t);

struct rt_transform; /* data/transform.h: one fitted step, counted */

/* Memory of a column as read: shared by all data sets made from it. */
struct rt_store_block; /* opaque, counted */

struct rt_column {
    char *name;
    enum rt_dtype type;  /* as stored */
    struct rt_shape row; /* of one row as stored; rank 0 is one number */
    struct rt_store_block *block;
    size_t from; /* first row in the block, before `rows` of the data set */
    struct rt_transform **steps; /* applied in order to gathered rows */
    int n_steps;
    char **classes; /* names of class numbers, or NULL */
    int n_classes;
};
struct rt_binding {
    char *node;  /* input's or output's name */
    char **cols; /* columns joined along the last axis */
    int n_cols;
};
struct rt_dataset {
    int refs; /* atomic */
    char *name;
    size_t n_rows;
    uint32_t *rows; /* row i is row rows[i] of the columns; NULL: the same */
    struct rt_column **cols;
    int n_cols;
    struct rt_binding *bindings; /* what the user bound; else the defaults */
    int n_bindings;
    struct rt_weighing *weighings; /* data/weigh.h */
    int n_weighings;
    char *origin;  /* "idx train-images.gz train-labels.gz", for the record */
    uint64_t hash; /* of contents, made when first asked */
};
struct rt_dataset *rt_dataset_new(const char *name, size_t n_rows,
                                  const char *origin);
struct rt_dataset *rt_dataset_ref(struct rt_dataset *d);
void rt_dataset_unref(struct rt_dataset *d); /* NULL is fine */
/* Errors: RT_EEXIST for a name twice, RT_ESHAPE if n_rows differs from the
 *         set's or there are more rows than RT_ROWS_MAX.
 * Owner:  takes data (malloc'd, n_rows x row of type) and classes (malloc'd
 *         array and texts, may be NULL); both are freed on error too. */
#define RT_ROWS_MAX UINT32_MAX /* row numbers are 32 bits */
int rt_dataset_add_column(struct rt_dataset *d, const char *name,
                          enum rt_dtype type, const struct rt_shape *row,
                          size_t n_rows, void *data, char **classes,
                          int n_classes, struct rt_err *err);
/* One number or row of them for every row of a copy nobody else sees yet, in
 * its order; takes v. Errors: RT_EEXIST, RT_ENOMEM. */
int rt_dataset_add_floats(struct rt_dataset *d, const char *name,
                          const struct rt_shape *row, float *v,
                          struct rt_err *err);
/* A column of another set that has as many rows and no row numbers, under
 * another name: its memory is shared. Errors: RT_EEXIST, RT_ESHAPE. */
int rt_dataset_share_column(struct rt_dataset *d, const char *name,
                            const struct rt_column *c, struct rt_err *err);
/* Names of classes and transforms as another column has them, for one that is
 * new and has none. */
void rt_column_describe(struct rt_column *c, const struct rt_column *as);
/* The same columns under other settings: a shallow copy, not yet shared, that
 * the caller may change before anybody else sees it. */
struct rt_dataset *rt_dataset_copy(const struct rt_dataset *d,
                                   const char *name);
/* Rows picked by number (of d), e.g. a part or `data NAME rows`.
 * Errors: RT_EINVAL for a row that is not there or none at all, RT_ENOMEM. */
struct rt_dataset *rt_dataset_pick(const struct rt_dataset *d, const char *name,
                                   const uint32_t *rows, size_t n,
                                   struct rt_err *err);
/* What feeds an input or output, in a copy nobody else sees yet: `cols` side
 * by side along the last axis. Given twice for a node, the second replaces.
 * Errors: RT_ENOENT for a column the set does not have. */
int rt_dataset_bind(struct rt_dataset *d, const char *node,
                    const char *const *cols, int n_cols, struct rt_err *err);
/* A column by name; RT_ENOENT with the nearest names. */
struct rt_column *rt_dataset_column(const struct rt_dataset *d,
                                    const char *name, struct rt_err *err);
/* Row shape of a column after its transforms ((1) for plain numbers). */
struct rt_shape rt_column_shape(const struct rt_column *c);
/* Adds a step to a column of a copy nobody else sees yet; takes t. */
void rt_column_add_step(struct rt_column *c, struct rt_transform *t);
/* Row i of the set as stored, before transforms; borrowed from the set. */
const void *rt_column_row(const struct rt_dataset *d, const struct rt_column *c,
                          size_t i);
/* The same as numbers: out (row of c). */
void rt_column_numbers(const struct rt_dataset *d, const struct rt_column *c,
                       size_t row, double *out);
/* n rows by number (of d; NULL: from..from+n-1) as floats after transforms:
 * out (n, shape). A scaling that comes first is done before the numbers become
 * floats. Thread: any. */
void rt_dataset_gather(const struct rt_dataset *d, const struct rt_column *c,
                       const uint32_t *rows, size_t from, size_t n, float *out);
/* Fingerprint of what rows hold, in their order, and of the transforms; the
 * same whether they were read or picked. Never 0. Thread: any. */
uint64_t rt_dataset_hash(struct rt_dataset *d);
/* Memory of the columns, shared or not, and of the row numbers. */
size_t rt_dataset_bytes(const struct rt_dataset *d);

/* Columns for the inputs and outputs of a model, by bind or by default (`x` to
 * the only input, `y` to the only output; else a column of the node's name).
 * Shapes: rows; RT_DIM_ANY fits any, and (28,28) feeds (28,28,1) and back.
 * Errors: RT_ENOENT if no column is bound or fits by name; RT_ESHAPE with both
 *         shapes and what would help (onehot, flatten, another loss);
 *         RT_EINVAL for a class number out of range, with its row. A NaN label
 *         is no label and passes. */
struct rt_wanted {
    const char *node;    /* name of the input or output */
    struct rt_shape row; /* what is wanted of a row */
    bool label;
    int classes; /* > 0: class numbers 0..classes-1, looked at in the data */
    bool by_expression; /* the loss is a user's own and decides the row */
    const char *hint;   /* loss name, for the sentence */
};
#define RT_FEED_COLS 64 /* columns side by side for one node, at most */
struct rt_feed {        /* one per wanted */
    const struct rt_column *cols[RT_FEED_COLS];
    int n_cols;
    struct rt_shape row; /* all dimensions known, ranked as wanted */
};
int rt_dataset_feed(const struct rt_dataset *d, const struct rt_wanted *want,
                    int n, struct rt_feed *out, struct rt_err *err);
#endif
