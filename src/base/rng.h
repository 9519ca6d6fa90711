/* Random streams, keyed and not drawn in sequence: a key made of (seed,
 * purpose, names and numbers) gives a stream whose i-th value can be had
 * without the ones before, so that an undone layer, a frozen branch or the size
 * of a chunk shifts nothing. Philox4x32-10 (Salmon et al. 2011).
 * Order: rt_key_make, rt_key_text / rt_key_int as needed, then a stream. */
#ifndef RT_BASE_RNG_H
#define RT_BASE_RNG_H
#include <gsl/gsl_rng.h>
#include <stdint.h>

struct rt_key {
    uint64_t k;
};
enum rt_purpose { /* never renumbered: they are part of what a seed means */
                  RT_FOR_WEIGHTS = 1,
                  RT_FOR_DROPOUT = 2,
                  RT_FOR_SHUFFLE = 3,
                  RT_FOR_PARTITION = 4,
                  RT_FOR_GENERATE = 5,
                  RT_FOR_AUGMENT = 6,
                  RT_FOR_SAMPLE = 7,
                  RT_FOR_TEST = 8,
                  RT_FOR_SWEEP = 9,
};
struct rt_key rt_key_make(uint64_t seed, enum rt_purpose purpose);
struct rt_key rt_key_text(struct rt_key k, const char *name);
struct rt_key rt_key_int(struct rt_key k, uint64_t v);

/* Four words of block i of the stream. */
void rt_rng_block(struct rt_key k, uint64_t i, uint32_t out[4]);
/* Word i of the stream (word i & 3 of block i >> 2). */
uint32_t rt_rng_word(struct rt_key k, uint64_t i);
/* n floats starting at value `from` of the stream. Units: [0,1), 24 bits. */
void rt_rng_uniform(struct rt_key k, uint64_t from, float *out, size_t n);
/* Standard normal (Box-Muller in double on words 2i, 2i+1). */
void rt_rng_normal(struct rt_key k, uint64_t from, float *out, size_t n);
/* A permutation of 0..n-1 (Fisher-Yates). */
void rt_rng_permute(struct rt_key k, uint32_t *out, uint32_t n);
/* The same stream as a GSL generator; caller frees with gsl_rng_free. */
gsl_rng *rt_rng_gsl(struct rt_key k);
/* A seed nobody chose (getrandom), below 2^31. */
uint64_t rt_seed_draw(void);
/* Folding bytes into 64 bits (for names and fingerprints). */
uint64_t rt_hash_bytes(uint64_t h, const void *p, size_t n);
#endif
