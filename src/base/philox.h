/* The rounds of Philox4x32-10, for rng.c and for kernels that draw their own
 * words in a vectorised loop and must get the same ones.
 * Word w of block i of key k: counter (low i, high i, 0, 0), key (low k,
 * high k).
 * Source: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
 *         1, 2, 3 (SC 2011), section 3.3 and table 2. */
#ifndef RT_BASE_PHILOX_H
#define RT_BASE_PHILOX_H
#include <stdint.h>

#define RT_PHILOX_M0     0xD2511F53u
#define RT_PHILOX_M1     0xCD9E8D57u
#define RT_PHILOX_W0     0x9E3779B9u /* golden ratio */
#define RT_PHILOX_W1     0xBB67AE85u /* sqrt(3) - 1 */
#define RT_PHILOX_ROUNDS 10

/* Ten rounds on four words in place. No branches: a loop over blocks with this
 * in it becomes vector code. */
static inline __attribute__((always_inline)) void
rt_philox(uint32_t k0, uint32_t k1, uint32_t *a, uint32_t *b, uint32_t *c,
          uint32_t *d)
{
    uint32_t x = *a, y = *b, z = *c, w = *d;
#if defined(__clang__)
#pragma clang loop unroll(full)
#else
#pragma GCC unroll 10
#endif
    for (int r = 0; r < RT_PHILOX_ROUNDS; r++) {
        uint64_t p = (uint64_t)RT_PHILOX_M0 * x;
        uint64_t q = (uint64_t)RT_PHILOX_M1 * z;
        x = (uint32_t)(q >> 32) ^ y ^ k0;
        y = (uint32_t)q;
        z = (uint32_t)(p >> 32) ^ w ^ k1;
        w = (uint32_t)p;
        k0 += RT_PHILOX_W0;
        k1 += RT_PHILOX_W1;
    }
    *a = x;
    *b = y;
    *c = z;
    *d = w;
}
#endif
