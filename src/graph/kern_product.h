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

#define W    RT_KERN_WIDTH /* floats in a register */
#define HIGH 6             /* rows of C in a tile, of 1, 2 or 4 registers */
#define DEEP 512           /* rows of B at a time */

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

/* clang-format off */
#define EVERY(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)
#define TILE(rows, vecs)                                                       \
    static void tile_##rows##_##vecs(const struct tile *t)                     \
    {                                                                          \
        vec sum[rows][vecs] = { 0 }, row[vecs];                                \
        float *c = t->c;                                                       \
        if (t->add)                                                            \
            EVERY(r, rows)                                                     \
                EVERY(v, vecs)                                                 \
                    sum[r][v] =                                                \
                        *(const vec_at *)(c + (size_t)r * t->ldc + v * W);     \
        for (size_t i = 0; i < t->used; i++) {                                 \
            const float *a = t->a + t->at[i] * t->a_col;                       \
            const float *b = t->b + t->at[i] * t->ldb;                         \
            EVERY(v, vecs)                                                     \
                row[v] = *(const vec_at *)(b + v * W);                         \
            EVERY(r, rows)                                                     \
                EVERY(v, vecs)                                                 \
                    sum[r][v] += a[(size_t)r * t->a_row] * row[v];             \
        }                                                                      \
        EVERY(r, rows)                                                         \
            EVERY(v, vecs)                                                     \
                *(vec_at *)(c + (size_t)r * t->ldc + v * W) = sum[r][v];       \
    }
#define TILES(vecs)                                                            \
    TILE(1, vecs) TILE(2, vecs) TILE(3, vecs) TILE(4, vecs) TILE(5, vecs)      \
    TILE(6, vecs)
#define NAMES(vecs)                                                            \
    { tile_1_##vecs, tile_2_##vecs, tile_3_##vecs,                             \
      tile_4_##vecs, tile_5_##vecs, tile_6_##vecs }

TILES(1)
TILES(2)
TILE(1, 8)
#if RT_KERN_WIDTH == 16
TILES(4)
TILE(1, 16)
#endif
/* clang-format on */

typedef void tile_fn(const struct tile *t);
static tile_fn *const narrow[HIGH] = NAMES(1), *const wide[HIGH] = NAMES(2);
#if RT_KERN_WIDTH == 16
static tile_fn *const widest[HIGH] = NAMES(4);
#endif

/* Tiles of `vecs` registers across, as many as there are columns left for. */
static inline void tiles_across(struct tile *t, tile_fn *f, size_t vecs,
                                size_t *left)
{
    for (; *left >= vecs * W; *left -= vecs * W) {
        f(t);
        t->b += vecs * W;
        t->c += vecs * W;
    }
}

/* Which of `deep` columns of these rows of A hold anything. */
static size_t list_used(const float *a, size_t a_row, size_t a_col, int rows,
                        size_t deep, uint32_t at[DEEP])
{
    uint32_t any[DEEP] = { 0 }; /* bits without the sign */
    size_t used = 0;
    if (a_col == 1) {
        for (int r = 0; r < rows; r++)
            for (size_t i = 0; i < deep; i++)
                any[i] |= bits_of(a[(size_t)r * a_row + i]) << 1;
    } else {
        for (size_t i = 0; i < deep; i++)
            for (int r = 0; r < rows; r++)
                any[i] |= bits_of(a[(size_t)r * a_row + i * a_col]) << 1;
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

/* Some rows and n columns of C. A single row reads B as far along as it can,
 * since all it waits for is B. */
static void band(struct tile t, int rows, size_t n, const float *pad)
{
#if RT_KERN_WIDTH == 16 /* 32 registers instead of 16 */
    if (rows == 1)
        tiles_across(&t, tile_1_16, 16, &n);
#endif
    if (rows == 1)
        tiles_across(&t, tile_1_8, 8, &n);
#if RT_KERN_WIDTH == 16
    tiles_across(&t, widest[rows - 1], 4, &n);
#endif
    tiles_across(&t, wide[rows - 1], 2, &n);
    tiles_across(&t, narrow[rows - 1], 1, &n);
    if (n)
        edge(t, rows, n, pad);
}

/* All rows and n columns from j on, for `deep` steps of k from k0 on. */
static void stripe(const struct rt_product *p, size_t k0, size_t deep, size_t j,
                   size_t n)
{
    uint32_t at[DEEP];
    float pad[DEEP * W];
    size_t left = n % W;
    struct tile t = { .b = p->b + k0 * p->ldb + j,
                      .a_row = p->a_row,
                      .a_col = p->a_col,
                      .ldb = p->ldb,
                      .ldc = p->ldc,
                      .at = at,
                      .used = deep,
                      .add = p->add || k0 > 0 };
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
    size_t step = p->sparse || p->m <= HIGH ? p->n : 4 * W;
    for (size_t k0 = 0; k0 < p->k; k0 += DEEP)
        for (size_t j = 0; j < p->n; j += step)
            stripe(p, k0, p->k - k0 < DEEP ? p->k - k0 : DEEP, j,
                   p->n - j < step ? p->n - j : step);
}

#undef W
#undef HIGH
#undef DEEP
#endif
