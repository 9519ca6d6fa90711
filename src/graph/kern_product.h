/* The matrix product for a right-hand side that stays in the second-level
 * cache. Neither side is copied first: a tile of C stays in registers while the
 * rows of B pass by. Where things lie is said by a pointer to each row of A and
 * C and by lists of offsets, one for each step of k: so A may be transposed, or
 * the patches of an image that nobody has gathered. Only for kern_body.h.
 *
 * Every number of C is a sum over k in blocks of 512 steps, each from zero and
 * in order, whatever tile it falls into: so the bits do not depend on how C is
 * cut, a row gives the same alone and in a batch, and a gradient summed over a
 * million rows keeps its digits. Measured on a Zen 5 (266 GFLOP/s at most): 245
 * to 260. */
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
typedef int32_t vec_int __attribute__((vector_size(4 * W)));

/* What is negative becomes zero; a NaN stays one. */
static inline vec positive(vec x)
{
    return (vec)((vec_int)x & ~(vec_int)(x <= (vec){ 0 }));
}

/* Offsets from a row of A, and from b, at one step of k. */
struct step {
    uint32_t a, b;
};

/* One tile, j columns from the left of b, c and start. */
struct tile {
    const float *a[HIGH];
    float *c[HIGH];
    const float *b, *start;
    size_t j, used; /* steps */
    const struct step *at;
    bool add, relu;
};

/* The pointer as it is: gcc would else take the sums of all offsets apart and
 * run out of registers in the inner loop. */
#define KEEP(pointer) __asm__("" : "+r"(pointer))

/* clang-format off */
#define EVERY(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)
#define TILE(rows, vecs)                                                       \
    static void tile_##rows##_##vecs(const struct tile *t)                     \
    {                                                                          \
        vec sum[rows][vecs] = { 0 }, row[vecs];                                \
        const float *a[rows], *b = t->b + t->j;                                \
        const struct step *end = t->at + t->used;                              \
        KEEP(b);                                                               \
        EVERY(r, rows)                                                         \
            a[r] = t->a[r];                                                    \
        if (t->start)                                                          \
            EVERY(r, rows)                                                     \
                EVERY(v, vecs)                                                 \
                    sum[r][v] = *(const vec_at *)(t->start + t->j + v * W);    \
        for (const struct step *at = t->at; at < end; at++) {                  \
            const float *from = b + at->b;                                     \
            size_t k = at->a;                                                  \
            KEEP(from);                                                        \
            EVERY(v, vecs)                                                     \
                row[v] = *(const vec_at *)(from + v * W);                      \
            EVERY(r, rows)                                                     \
                EVERY(v, vecs)                                                 \
                    sum[r][v] += a[r][k] * row[v];                             \
        }                                                                      \
        if (t->add)                                                            \
            EVERY(r, rows) {                                                   \
                const float *c = t->c[r] + t->j;                               \
                EVERY(v, vecs)                                                 \
                    sum[r][v] += *(const vec_at *)(c + v * W);                 \
            }                                                                  \
        if (t->relu)                                                           \
            EVERY(r, rows)                                                     \
                EVERY(v, vecs)                                                 \
                    sum[r][v] = positive(sum[r][v]);                           \
        EVERY(r, rows) {                                                       \
            float *c = t->c[r] + t->j;                                         \
            EVERY(v, vecs)                                                     \
                *(vec_at *)(c + v * W) = sum[r][v];                            \
        }                                                                      \
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
        t->j += vecs * W;
    }
}

/* The steps of one block of k: in B, and in the copy of its last columns. */
struct lists {
    struct step b[DEEP], edge[DEEP];
};

/* Those steps of k at which these rows of A, which lies by strides, hold
 * anything. */
static size_t list_used(const float *const *a, int rows,
                        const struct lists *all, size_t deep,
                        struct lists *used)
{
    uint32_t any[DEEP] = { 0 }; /* bits without the sign */
    size_t n = 0, step = deep > 1 ? all->b[1].a : 1;
    if (step == 1) {
        for (int r = 0; r < rows; r++)
            for (size_t i = 0; i < deep; i++)
                any[i] |= bits_of(a[r][i]) << 1;
    } else {
        for (size_t i = 0; i < deep; i++)
            for (int r = 0; r < rows; r++)
                any[i] |= bits_of(a[r][i * step]) << 1;
    }
    for (size_t i = 0; i < deep; i++) {
        used->b[n] = all->b[i];
        used->edge[n] = all->edge[i];
        n += any[i] != 0;
    }
    return n;
}

/* The columns that fill no register, from copies filled up with zeros. */
static void edge(struct tile t, int rows, size_t left, const float *pad,
                 const struct step *at)
{
    float c[HIGH][W] = { { 0 } }, start[W] = { 0 }, *to[HIGH];
    size_t size = left * sizeof *pad;
    for (int r = 0; r < rows; r++) {
        to[r] = t.c[r] + t.j;
        t.c[r] = c[r];
        if (t.add)
            memcpy(c[r], to[r], size);
    }
    if (t.start) {
        memcpy(start, t.start + t.j, size);
        t.start = start;
    }
    t.j = 0;
    t.b = pad;
    t.at = at;
    narrow[rows - 1](&t);
    for (int r = 0; r < rows; r++)
        memcpy(to[r], c[r], size);
}

/* Some rows and n columns of C. A single row reads B as far along as it can,
 * since all it waits for is B. */
static size_t band(struct tile *t, int rows, size_t n)
{
#if RT_KERN_WIDTH == 16 /* 32 registers instead of 16 */
    if (rows == 1)
        tiles_across(t, tile_1_16, 16, &n);
#endif
    if (rows == 1)
        tiles_across(t, tile_1_8, 8, &n);
#if RT_KERN_WIDTH == 16
    tiles_across(t, widest[rows - 1], 4, &n);
#endif
    tiles_across(t, wide[rows - 1], 2, &n);
    tiles_across(t, narrow[rows - 1], 1, &n);
    return n;
}

/* The rows of A, whose columns begin at a0, and of C from m on that one tile
 * takes. */
static int rows_at(const struct rt_product *p, size_t a0, size_t m,
                   struct tile *t)
{
    int rows = p->m - m < HIGH ? (int)(p->m - m) : HIGH;
    for (int r = 0; r < rows; r++, m++) {
        t->a[r] = p->a + a0 + (p->a_rows ? p->a_rows[m] : m * p->a_row);
        t->c[r] = p->c + (p->c_rows ? p->c_rows[m] : m * p->ldc);
    }
    return rows;
}

/* The steps k0..k0+deep-1; A's offsets begin at 0 where it lies by strides. */
static void list_all(const struct rt_product *p, size_t k0, size_t deep,
                     struct lists *all)
{
    uint32_t a_col = (uint32_t)p->a_col, ldb = (uint32_t)p->ldb;
    uint32_t b0 = (uint32_t)(k0 * p->ldb);
    for (uint32_t i = 0; i < deep; i++)
        all->b[i] = (struct step){ i * a_col, b0 + i * ldb };
    for (size_t i = 0; p->a_cols && i < deep; i++)
        all->b[i].a = p->a_cols[k0 + i];
    for (size_t i = 0; p->b_rows && i < deep; i++)
        all->b[i].b = p->b_rows[k0 + i];
}

/* All rows and n columns from j on, for `deep` steps of k from k0 on. */
static void stripe(const struct rt_product *p, struct lists *all, size_t k0,
                   size_t deep, size_t j, size_t n)
{
    struct lists used;
    float pad[DEEP * W];
    size_t left = n % W, a0 = p->a_cols ? 0 : k0 * p->a_col;
    struct tile t = { .b = p->b,
                      .start = p->add || k0 > 0 ? NULL : p->start,
                      .at = p->sparse ? used.b : all->b,
                      .used = deep,
                      .add = p->add || k0 > 0,
                      .relu = p->relu && k0 + deep == p->k };
    for (size_t i = 0; left && i < deep; i++) {
        all->edge[i] = (struct step){ all->b[i].a, (uint32_t)(i * W) };
        memset(pad + i * W, 0, W * sizeof *pad);
        memcpy(pad + i * W, p->b + all->b[i].b + j + n - left,
               left * sizeof *pad);
    }
    for (size_t m = 0; m < p->m; m += HIGH) {
        int rows = rows_at(p, a0, m, &t);
        if (p->sparse)
            t.used = list_used(t.a, rows, all, deep, &used);
        t.j = j;
        if (band(&t, rows, n))
            edge(t, rows, left, pad, p->sparse ? used.edge : all->edge);
    }
}

/* Stripes as narrow as a tile keep their part of B close; the lists of a sparse
 * A are better made once for all columns. */
static void product(const struct rt_product *p)
{
    size_t step = p->sparse || p->m <= HIGH ? p->n : 4 * W;
    struct lists all;
    for (size_t k0 = 0; k0 < p->k; k0 += DEEP) {
        size_t deep = p->k - k0 < DEEP ? p->k - k0 : DEEP;
        list_all(p, k0, deep, &all);
        for (size_t j = 0; j < p->n; j += step)
            stripe(p, &all, k0, deep, j, p->n - j < step ? p->n - j : step);
    }
}
#endif
