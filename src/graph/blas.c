/* Matrix products: by our own kernel where B is small enough for the cache, or
 * A has so few rows that copying B costs more than reading it where it is (the
 * kernel copies nothing, and its bits do not depend on how C is cut); else by
 * OpenBLAS with one thread inside, cut into stripes by the shape alone. */
#include "graph/blas.h"

#include "base/pool.h"
#include "graph/kern.h"

#include <assert.h>
#include <cblas.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

void rt_blas_start(void)
{
    openblas_set_num_threads(1);
}

/* OpenBLAS takes this much address space for each thread that multiplies, its
 * own one included, and where it cannot have it it tries for ever. */
#define BUFFER ((size_t)128 << 20)

extern void *blas_memory_alloc(int of) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));

int rt_blas_room(int threads, struct rt_err *err)
{
    enum { MOST = 64 };
    void *taken[MOST];
    struct rlimit limit;
    int n = threads + 2 < MOST ? threads + 2 : MOST;
    size_t want = (size_t)n * BUFFER;
    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    void *room = mmap(NULL, want, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return rt_fail(err, RT_ENOMEM,
                       "address space is limited to %zu MiB (ulimit -v), and "
                       "OpenBLAS wants %zu MiB more",
                       (size_t)limit.rlim_cur >> 20, want >> 20);
    munmap(room, want);
    if (!blas_memory_alloc || !blas_memory_free)
        return 0;
    for (int i = 0; i < n; i++) /* those that come later are these */
        taken[i] = blas_memory_alloc(0);
    for (int i = 0; i < n; i++)
        blas_memory_free(taken[i]);
    return 0;
}

struct gemm {
    bool ta, tb;
    int m, n, k;
    float alpha, beta;
    const float *a, *b;
    int lda, ldb;
    float *c;
    int ldc;
    bool sparse;
    int tile_m, tile_n; /* of C, one chunk of the pool */
    int down;           /* tiles along m */
};

/* ---- by the kernel --------------------------------------------------------*/

static bool is_small(const struct gemm *g)
{
    return !g->tb && g->alpha == 1 && (g->beta == 0 || g->beta == 1) &&
           (g->m <= 256 || (double)g->k * g->n <= 256 * 1024);
}

static size_t count_zeros(const float *x, int n)
{
    int zeros = 0;
#pragma omp simd reduction(+ : zeros)
    for (int i = 0; i < n; i++)
        zeros += x[i] == 0;
    return (size_t)zeros;
}

/* Ink on paper (MNIST is 19 % ink), one-hot words: by eight of the rows as they
 * are stored. With fewer zeros than three in four, six rows together have
 * hardly a column of zeros to leave out. */
static bool is_sparse(const struct gemm *g)
{
    int rows = g->ta ? g->k : g->m, width = g->ta ? g->m : g->k;
    int step = rows < 8 ? 1 : rows / 8;
    size_t zeros = 0, seen = 0;
    for (int r = 0; r < rows; r += step, seen += (size_t)width)
        zeros += count_zeros(g->a + (size_t)r * (size_t)g->lda, width);
    return 4 * zeros > 3 * seen;
}

static void small_chunk(void *arg, int chunk)
{
    const struct gemm *g = arg;
    size_t m0 = (size_t)(chunk % g->down) * (size_t)g->tile_m;
    size_t n0 = (size_t)(chunk / g->down) * (size_t)g->tile_n;
    size_t m = (size_t)g->m - m0, n = (size_t)g->n - n0;
    struct rt_product p = {
        .b = g->b + n0,
        .c = g->c + m0 * (size_t)g->ldc + n0,
        .a_row = g->ta ? 1 : (size_t)g->lda,
        .a_col = g->ta ? (size_t)g->lda : 1,
        .ldb = (size_t)g->ldb,
        .ldc = (size_t)g->ldc,
        .m = m < (size_t)g->tile_m ? m : (size_t)g->tile_m,
        .n = n < (size_t)g->tile_n ? n : (size_t)g->tile_n,
        .k = (size_t)g->k,
        .add = g->beta == 1,
        .sparse = g->sparse,
    };
    p.a = g->a + m0 * p.a_row;
    rt_kern()->product(&p);
}

/* ---- by OpenBLAS ----------------------------------------------------------*/

static void large_chunk(void *arg, int chunk)
{
    const struct gemm *g = arg;
    int m0 = chunk % g->down * g->tile_m, n0 = chunk / g->down * g->tile_n;
    int m = g->m - m0 < g->tile_m ? g->m - m0 : g->tile_m;
    int n = g->n - n0 < g->tile_n ? g->n - n0 : g->tile_n;
    size_t a = (size_t)m0 * (g->ta ? 1 : (size_t)g->lda);
    size_t b = (size_t)n0 * (g->tb ? (size_t)g->ldb : 1);
    cblas_sgemm(CblasRowMajor, g->ta ? CblasTrans : CblasNoTrans,
                g->tb ? CblasTrans : CblasNoTrans, m, n, g->k, g->alpha,
                g->a + a, g->lda, g->b + b, g->ldb, g->beta,
                g->c + (size_t)m0 * (size_t)g->ldc + n0, g->ldc);
}

/* ---- the product ----------------------------------------------------------*/

static int pieces(int whole, int part)
{
    return whole / part + (whole % part > 0);
}

/* Stripes across the longer side of C (of a sparse A: along its rows, whose
 * lists of numbers are made once a chunk), of at least `worth` multiplications,
 * in whole tiles of the kernel. A small C of a long sum is one tile. */
static void cut(struct gemm *g, double worth)
{
    double all = (double)g->m * g->n * g->k;
    int stripes = all < 32 * worth ? (int)(all / worth) : 32;
    bool down = g->m >= g->n || g->sparse;
    int *side = down ? &g->tile_m : &g->tile_n, grain = down ? 24 : 64;
    g->tile_m = g->m;
    g->tile_n = g->n;
    if (stripes > pieces(*side, grain))
        stripes = pieces(*side, grain);
    if (stripes > 1)
        *side = pieces(*side / stripes, grain) * grain;
    g->down = pieces(g->m, g->tile_m);
}

void rt_gemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a,
             int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    struct gemm g = { .ta = ta,
                      .tb = tb,
                      .m = m,
                      .n = n,
                      .k = k,
                      .alpha = alpha,
                      .beta = beta,
                      .a = a,
                      .b = b,
                      .lda = lda,
                      .ldb = ldb,
                      .c = c,
                      .ldc = ldc };
    bool small = is_small(&g);
    assert(m > 0 && n > 0 && k > 0);
    g.sparse = small && is_sparse(&g);
    cut(&g, small ? 2e6 : 16e6);
    rt_pool_run(g.down * pieces(n, g.tile_n), small ? small_chunk : large_chunk,
                &g);
}

const char *rt_blas_name(void)
{
    static _Thread_local char name[96];
    char version[32] = "";
    sscanf(openblas_get_config(), "OpenBLAS %31s", version);
    snprintf(name, sizeof name, "OpenBLAS %s %s", version,
             openblas_get_corename());
    return name;
}

/* By the memory map: the file that holds the function's address. */
const char *rt_blas_file(void)
{
    static _Thread_local char file[512];
    uintptr_t at = (uintptr_t)cblas_sgemm, from, to;
    char line[1024];
    FILE *f = fopen("/proc/self/maps", "re");
    file[0] = '\0';
    while (f && fgets(line, sizeof line, f)) {
        int path = 0;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %*s %n", &from,
                   &to, &path) >= 2 &&
            at >= from && at < to && path > 0) {
            snprintf(file, sizeof file, "%.*s", (int)strcspn(line + path, "\n"),
                     line + path);
            break;
        }
    }
    if (f)
        fclose(f);
    return file[0] ? file : "unknown";
}
