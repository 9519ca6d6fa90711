/* The matrix product for a right-hand side that stays in the second-level
 * cache. Neither side is copied first: a tile of C stays in registers while the
 * rows of B pass by. Only for kern_body.h.
 *
 * Every number of C is one sum over k in order, whatever tile it falls into, so
 * the bits do not depend on how C is cut, and a row gives the same alone and in
 * a batch. Measured on a Zen 5 (266 GFLOP/s at most): 245 to 260. */
#ifndef RT_GRAPH_KERN_PRODUCT_H
#define RT_GRAPH_KERN_PRODUCT_H
#include "graph/kern.h"
#include "graph/kern_math.h"

/* RT_KERN_WIDTH floats in a register; HIGH x WIDE registers of sums, and some
 * left for a row of B and a number of A. */
#define W    RT_KERN_WIDTH
#define HIGH 6
#define WIDE (RT_KERN_WIDTH == 16 ? 4 : 2)
/* A tile of one row reads B as far along as it can. */
#define LONG (RT_KERN_WIDTH == 16 ? 16 : 8)
#define DEEP 512 /* rows of B at a time */

typedef float vec __attribute__((vector_size(4 * W)));
typedef float vec_at /* anywhere in memory */
    __attribute__((vector_size(4 * W), aligned(4), may_alias));

/* One tile: `used` rows of B, those listed in at. */
struct tile {
    const float *a, *b;
    float *c;
    size_t a_row, a_col, ldb, ldc;
    const uint32_t *at;
    size_t used;
    bool add;
};

#define EVERY(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)

#define TILE(rows, vecs)                                                     \
    static void tile_##rows##_##vecs(const struct tile *t)                   \
    {                                                                        \
        vec sum[rows][vecs] = { 0 };                                         \
        float *c = t->c;                                                     \
        if (t->add)                                                          \
            EVERY(r, rows)                                                   \
                EVERY(v, vecs)                                               \
                    sum[r][v] =                                              \
                        *(const vec_at *)(c + (size_t)r * t->ldc + v * W);   \
        for (size_t i = 0; i < t->used; i++) {                               \
            const float *a = t->a + t->at[i] * t->a_col;                     \
            const float *b = t->b + t->at[i] * t->ldb;                       \
            vec row[vecs];                                                   \
            EVERY(v, vecs)                                                   \
                row[v] = *(const vec_at *)(b + v * W);                       \
            EVERY(r, rows)                                                   \
                EVERY(v, vecs)                                               \
                    sum[r][v] += a[(size_t)r * t->a_row] * row[v];           \
        }                                                                    \
        EVERY(r, rows)                                                       \
            EVERY(v, vecs)                                                   \
                *(vec_at *)(c + (size_t)r * t->ldc + v * W) = sum[r][v];     \
    }
#define TILES(vecs)                                                          \
    TILE(1, vecs) TILE(2, vecs) TILE(3, vecs) TILE(4, vecs) TILE(5, vecs)    \
    TILE(6, vecs)
TILES(1)
#if RT_KERN_WIDTH == 16
TILES(4)
TILE(1, 16)
#else
TILES(2)
TILE(1, 8)
#endif

#define NAMES(vecs)                                                          \
    { tile_1_##vecs, tile_2_##vecs, tile_3_##vecs,                           \
      tile_4_##vecs, tile_5_##vecs, tile_6_##vecs }
typedef void tile_fn(const struct tile *t);
static tile_fn *const narrow[HIGH] = NAMES(1);
#if RT_KERN_WIDTH == 16
static tile_fn *const wide[HIGH] = NAMES(4);
static tile_fn *const long_row = tile_1_16;
#else
static tile_fn *const wide[HIGH] = NAMES(2);
static tile_fn *const long_row = tile_1_8;
#endif

/* Which of `deep` columns of these rows of A hold anything. */
static size_t list_used(const float *a, size_t a_row, size_t a_col, int rows,
                        size_t deep, uint32_t at[DEEP])
{
    uint32_t any[DEEP] = { 0 };
    size_t used = 0;
    for (int r = 0; r < rows; r++) {
        const float *x = a + (size_t)r * a_row;
        if (a_col == 1)
            for (size_t i = 0; i < deep; i++)
                any[i] |= bits_of(x[i]) << 1; /* without the sign */
        else
            for (size_t i = 0; i < deep; i++)
                any[i] |= bits_of(x[i * a_col]) << 1;
    }
    for (size_t i = 0; i < deep; i++) {
        at[used] = (uint32_t)i;
        used += any[i] != 0;
    }
    return used;
}

/* The columns that fill no register, from copies filled up with zeros. */
static void edge(struct tile t, int rows, size_t left, const float *pad)
{
    float c[HIGH][W] = { { 0 } };
    for (int r = 0; t.add && r < rows; r++)
        memcpy(c[r], t.c + (size_t)r * t.ldc, left * sizeof **c);
    float *to = t.c;
    size_t ldc = t.ldc;
    t.b = pad;
    t.ldb = W;
    t.c = c[0];
    t.ldc = W;
    narrow[rows - 1](&t);
    for (int r = 0; r < rows; r++)
        memcpy(to + (size_t)r * ldc, c[r], left * sizeof **c);
}

/* Some rows and n columns of C. */
static void band(struct tile t, int rows, size_t n, const float *pad)
{
    size_t j = 0, left = n % W;
    float *c = t.c;
    const float *b = t.b;
    for (; rows == 1 && n - j >= LONG * W; j += LONG * W) {
        t.b = b + j;
        t.c = c + j;
        long_row(&t);
    }
    for (; n - j >= WIDE * W; j += WIDE * W) {
        t.b = b + j;
        t.c = c + j;
        wide[rows - 1](&t);
    }
    for (; n - j >= W; j += W) {
        t.b = b + j;
        t.c = c + j;
        narrow[rows - 1](&t);
    }
    t.c = c + j;
    if (left)
        edge(t, rows, left, pad);
}

/* All rows and n columns from j on, for `deep` steps of k from k0 on. */
static void stripe(const struct rt_product *p, size_t k0, size_t deep,
                   size_t j, size_t n)
{
    uint32_t at[DEEP];
    float pad[DEEP * W];
    size_t left = n % W;
    struct tile t = { .b = p->b + k0 * p->ldb + j, .a_row = p->a_row,
                      .a_col = p->a_col, .ldb = p->ldb, .ldc = p->ldc,
                      .at = at, .used = deep, .add = p->add || k0 > 0 };
    for (size_t i = 0; i < deep; i++)
        at[i] = (uint32_t)i;
    for (size_t i = 0; left && i < deep; i++) {
        memset(pad + i * W, 0, W * sizeof *pad);
        memcpy(pad + i * W, t.b + i * p->ldb + n - left, left * sizeof *pad);
    }
    for (size_t m = 0; m < p->m; m += HIGH) {
        int rows = p->m - m < HIGH ? (int)(p->m - m) : HIGH;
        t.a = p->a + m * p->a_row + k0 * p->a_col;
        t.c = p->c + m * p->ldc + j;
        if (p->sparse)
            t.used = list_used(t.a, p->a_row, p->a_col, rows, deep, at);
        band(t, rows, n, pad);
    }
}

/* Stripes as narrow as a tile keep their part of B close; the lists of a sparse
 * A are better made once for all columns. */
static void product(const struct rt_product *p)
{
    size_t step = p->sparse || p->m <= HIGH ? p->n : WIDE * W;
    for (size_t k0 = 0; k0 < p->k; k0 += DEEP)
        for (size_t j = 0; j < p->n; j += step)
            stripe(p, k0, p->k - k0 < DEEP ? p->k - k0 : DEEP, j,
                   p->n - j < step ? p->n - j : step);
}

#undef W
#undef HIGH
#undef WIDE
#undef LONG
#undef DEEP
#endif
