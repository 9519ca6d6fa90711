/* A mosaic of weights laid out for so many pixels: tiles as large as fit, side
 * by side, a pixel apart. */
#ifndef RT_WATCH_TILES_H
#define RT_WATCH_TILES_H
#include "train/mosaic.h"

struct rt_tiles {
    int w, h;       /* pixels that are used */
    float *v;       /* (h,w,channels), a share of the reach, -1..1; NaN as it
                     * is; infinite between the tiles. Owned */
    float reach;    /* the mosaic's, or of extremes the largest */
    int channels;   /* 1, or 3: red, green and blue */
    int shown, all; /* tiles that there was room for, that there are */
    bool strongest; /* of each filter its strongest channel alone */
    bool shrunk;    /* a matrix that is larger than the room */
};
/* Into w x h pixels, at least 1x1. Where not all channels of all filters fit, a
 * tile has of each place the channel farthest from zero. */
void rt_tiles_make(struct rt_tiles *t, const struct rt_mosaic *m, int w, int h);
void rt_tiles_release(struct rt_tiles *t);
/* The colour of a pixel as an RT_RGB value; 0 between the tiles. */
uint32_t rt_tiles_color(const struct rt_tiles *t, int x, int y);
/* Its value where there are no colours: the mean of its channels. */
float rt_tiles_value(const struct rt_tiles *t, int x, int y);
#endif
