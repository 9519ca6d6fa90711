/* Matrix products in row-major order, split over the pool into chunks fixed by
 * the shape alone. The only user of cblas.h; OpenBLAS itself runs one thread.
 *
 * Where B is not transposed and has at most 262144 numbers, or C at most 256
 * rows, alpha is 1 and beta 0 or 1, the product is rt_kern's: then every number
 * of C is one sum over k in order, and a row comes out the same alone and in
 * any such batch. What a zero of A meets in B may be left out there, were it
 * infinite. */
#ifndef RT_GRAPH_BLAS_H
#define RT_GRAPH_BLAS_H
#include "base/err.h"
#include <stdbool.h>

/* Once, before any product: one thread inside OpenBLAS, for ever. */
void rt_blas_start(void);
/* Whether a limit on address space leaves OpenBLAS what it takes, which it then
 * has taken. Errors: RT_ENOMEM; the program cannot end by exit then, since
 * OpenBLAS waits for its own thread. */
int rt_blas_room(int threads, struct rt_err *err);
/* C (m,n) = alpha op(A) op(B) + beta C; op transposes where ta/tb. lda.. are
 * the row lengths as stored. Overlap of C with A or B is not allowed. With
 * beta = 0, C may hold anything before. */
void rt_gemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a,
             int lda, const float *b, int ldb, float beta, float *c, int ldc);
/* "OpenBLAS 0.3.21 SkylakeX", and whose file cblas_sgemm comes from. The texts
 * belong to the calling thread. */
const char *rt_blas_name(void);
const char *rt_blas_file(void);
#endif
