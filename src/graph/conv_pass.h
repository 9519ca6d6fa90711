/* A pass over the images of a convolution, from a source to a target: forward
 * from x to y, backward from dy to dx. Along an axis the target's places fall
 * into phases, as many as the stride when going backward: places of one phase
 * meet the same taps of the kernel, at the same distances from a base in the
 * source that grows by one (forward: by the stride) from place to place. So
 * every phase is one product: rows are its places, columns its taps and
 * channels, and both are no more than lists of offsets.
 * For conv.c and conv_weights.c alone.
 * Order: rt_conv_pass_of, rt_conv_lists_in, rt_conv_list_all; then, unit by
 * unit, rt_conv_unit_of, rt_conv_source and the products. */
#ifndef RT_GRAPH_CONV_PASS_H
#define RT_GRAPH_CONV_PASS_H
#include "graph/conv.h"

#include <stdint.h>

struct rt_conv_axis {
    bool back;
    int stride, dilation, kernel, before;
};
struct rt_conv_pass {
    const struct rt_conv *g;
    struct rt_conv_axis axis[RT_CONV_AXES];
    int from[RT_CONV_AXES], to[RT_CONV_AXES];
    int from_ch, to_ch;       /* channels of both images */
    int from_group, to_group; /* of one group */
    int images, band, bands;  /* of one unit; units of one image */
    int units, chunks;
    bool copied;           /* a unit's source is copied, padded, before use */
    int len[RT_CONV_AXES]; /* of that copy */
    size_t
        step[RT_CONV_AXES]; /* floats to the next place of the source as read */
    size_t image, copy;     /* floats of one image and of all in the copy */
    int n_rows, n_cols;     /* of the lists, all phases together */
};
/* masked: part of the source counts for nothing, so that it is copied. */
struct rt_conv_pass rt_conv_pass_of(const struct rt_conv *g, bool back,
                                    bool masked);
/* Product of the numbers of all axes. */
size_t rt_conv_times(const int v[RT_CONV_AXES]);
/* Numbers multiplied, in millions, 1 to most: less is not worth a thread. */
int rt_conv_worth(const struct rt_conv *g, int most);
/* Whether every channel goes into one filter of its own. */
bool rt_conv_each_channel(const struct rt_conv *g);
size_t rt_conv_n_weights(const struct rt_conv *g);

/* Pieces of the scratch block; of none, to learn how large it must be. */
struct rt_conv_pieces {
    char *base;
    size_t used;
};
void *rt_conv_piece(struct rt_conv_pieces *m, size_t bytes);
/* Bytes that rt_conv_back_w needs. */
size_t rt_conv_weights_scratch(const struct rt_conv *g);

/* Rows: where a place's base lies in the source, and the place in the target.
 * Columns: from the base to a tap's channel, and the tap's row of weights. One
 * phase behind the other. */
struct rt_conv_lists {
    uint32_t *from, *to;
    uint32_t *tap, *weight;
};
struct rt_conv_lists rt_conv_lists_in(struct rt_conv_pieces *m,
                                      const struct rt_conv_pass *p);
void rt_conv_list_all(const struct rt_conv_pass *p,
                      const struct rt_conv_lists *l);

struct rt_conv_phase {
    int at[RT_CONV_AXES];
};
/* From { 0 } on; false after the last. */
bool rt_conv_next_phase(const struct rt_conv_pass *p,
                        struct rt_conv_phase *phase);

struct rt_conv_unit {
    int image, images; /* first and number */
    int row, rows;     /* of the target, along the band's axis */
};
struct rt_conv_unit rt_conv_unit_of(const struct rt_conv_pass *p, int u);
size_t rt_conv_places(const struct rt_conv_pass *p,
                      const struct rt_conv_unit *u);
/* The unit's first place in the target. */
size_t rt_conv_target_at(const struct rt_conv_pass *p,
                         const struct rt_conv_unit *u);
/* Of a unit's phase; room: rows that the lists have for it, as of a whole
 * unit. */
struct rt_conv_size {
    size_t rows, cols, room;
};
struct rt_conv_size rt_conv_phase_size(const struct rt_conv_pass *p,
                                       const struct rt_conv_unit *u,
                                       const struct rt_conv_phase *phase);
/* What the lists' offsets count from: in v, or in a copy made of it. */
const float *rt_conv_source(const struct rt_conv_pass *p,
                            const struct rt_conv_unit *u, const float *v,
                            const float *mask, float *copy);
/* v where mask is above 0, or everywhere if it is NULL. */
void rt_conv_mask_copy(const float *v, const float *mask, float *out, size_t n);
#endif
