/* The weights of a layer as pictures: each filter of a convolution as a tile,
 * a matrix (dense, embedding, recurrent) as one. Few enough numbers to be
 * copied to a screen ten times a second: what is left out is counted, and of
 * neighbours in a large matrix the one farthest from zero stays. */
#ifndef RT_TRAIN_MOSAIC_H
#define RT_TRAIN_MOSAIC_H
#include "nn/model.h"

enum { RT_MOSAIC_MOST = 1 << 15 }; /* numbers kept */
struct rt_mosaic {
    char title[96]; /* conv2d_1 · kernel */
    int layer;
    int64_t epoch; /* it was made in; 0: not by a run */
    /* Tiles: a row for each filter (the weight's last axis), a column for each
     * input channel, unless there are three, which are colours. A matrix is
     * one tile: inputs down, units across. */
    int rows, columns;         /* kept */
    int all_rows, all_columns; /* that there are */
    int h, w, channels;        /* of a tile as it is kept; 1 or 3 channels */
    int full_h, full_w;        /* as it is in the weight */
    float reach; /* what is far from zero: three times the root of the mean
                  * square, or the largest if that is nearer; 0: all are 0 */
    float v[RT_MOSAIC_MOST]; /* (rows,columns,h,w,channels) */
};
/* Of the first weight of layer i with more than one axis, else its first;
 * false, and *out as it was, if it has none. Reads m->weights. */
bool rt_mosaic_take(const struct rt_model *m, int i, struct rt_mosaic *out);
/* The numbers v (h,w,channels) as (to_h,to_w,channels), not larger: of each
 * block the one farthest from zero, NaN before all others. */
void rt_mosaic_shrink(const float *v, int h, int w, int channels, float *out,
                      int to_h, int to_w);
#endif
