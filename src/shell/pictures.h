/* Pictures of rows, of predictions, and of who was taken for whom. Text goes
 * to out, as many beside each other as the terminal has room for; with a file
 * the picture is written there (.png, .svg, .pdf, .txt) and out tells so. */
#ifndef RT_SHELL_PICTURES_H
#define RT_SHELL_PICTURES_H
#include "shell/session.h"

/* Whether rows of a column are pictures: (H,W), (H,W,1), (H,W,3), or a square
 * of 64 numbers and more in a line. */
bool rt_pictures_fit(const struct rt_column *c);
/* Rows of a column by number, their classes beneath where the set has a column
 * y of them. */
int rt_pictures_sample(struct rt_session *s, const struct rt_dataset *d,
                       const struct rt_column *c, const uint32_t *rows,
                       size_t n, const char *file, struct rt_str *out,
                       struct rt_err *err);
/* The input pictures of rows "0..29" with the class an output (NULL: the only
 * one) predicts and its probability; where the label is known and another, the
 * picture is marked and both classes are told. */
int rt_pictures_predict(struct rt_session *s, struct rt_model *m,
                        struct rt_dataset *d, const char *output,
                        const char *rows, const char *file, struct rt_str *out,
                        struct rt_err *err);
/* Counts (true, predicted) of an output's classes; the true ones from a column
 * (NULL: what feeds the output). *count is the caller's, *names (NULL: none)
 * the data set's. */
int rt_pictures_confusion(struct rt_session *s, struct rt_model *m,
                          struct rt_dataset *d, const char *output,
                          const char *column, int64_t **count, int *k,
                          char ***names, struct rt_err *err);
int rt_pictures_show_confusion(struct rt_session *s, const int64_t *count,
                               int k, char **names, const char *file,
                               struct rt_str *out, struct rt_err *err);
#endif
