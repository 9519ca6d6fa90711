/* Keyed random streams on Philox4x32-10. */
#include "base/rng.h"

#include "base/clock.h"
#include "base/philox.h"

#include <endian.h>
#include <math.h>
#include <string.h>
#include <sys/random.h>

/* ---- keys ---------------------------------------------------------------- */

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
    h = (h ^ h >> 27) * 0x94D049BB133111EBu;
    return h ^ h >> 31;
}

static uint64_t fold(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

/* Eight bytes a step, low byte first, so that a fingerprint is the same on
 * every machine; the length ends it, so that "ab","c" is not "a","bc". */
uint64_t rt_hash_bytes(uint64_t h, const void *p, size_t n)
{
    const unsigned char *s = p;
    uint64_t word;
    size_t left = n;
    for (; left >= 8; left -= 8, s += 8) {
        memcpy(&word, s, 8);
        h = fold(h, le64toh(word));
    }
    word = 0;
    if (left)
        memcpy(&word, s, left);
    h = fold(h, le64toh(word));
    return mix(fold(h, n));
}

struct rt_key rt_key_int(struct rt_key k, uint64_t v)
{
    return (struct rt_key){ mix(fold(mix(k.k + 1), v)) };
}

struct rt_key rt_key_make(uint64_t seed, enum rt_purpose purpose)
{
    return rt_key_int((struct rt_key){ mix(seed) }, (uint64_t)purpose);
}

struct rt_key rt_key_text(struct rt_key k, const char *name)
{
    return (struct rt_key){ rt_hash_bytes(k.k, name, strlen(name)) };
}

/* ---- words --------------------------------------------------------------- */

void rt_rng_block(struct rt_key k, uint64_t i, uint32_t out[4])
{
    out[0] = (uint32_t)i;
    out[1] = (uint32_t)(i >> 32);
    out[2] = out[3] = 0;
    rt_philox((uint32_t)k.k, (uint32_t)(k.k >> 32), &out[0], &out[1], &out[2],
              &out[3]);
}

uint32_t rt_rng_word(struct rt_key k, uint64_t i)
{
    uint32_t b[4];
    rt_rng_block(k, i >> 2, b);
    return b[i & 3];
}

enum { LANES = 16, CHUNK = 4 * LANES };

/* LANES blocks from block i on. The words of a block lie LANES apart until the
 * last loop, which lets the compiler compute the blocks side by side. */
static void many(struct rt_key k, uint64_t i, uint32_t out[CHUNK])
{
    uint32_t a[LANES], b[LANES], c[LANES], d[LANES];
    uint32_t k0 = (uint32_t)k.k, k1 = (uint32_t)(k.k >> 32);
    for (int j = 0; j < LANES; j++) {
        a[j] = (uint32_t)(i + (uint64_t)j);
        b[j] = (uint32_t)((i + (uint64_t)j) >> 32);
        c[j] = d[j] = 0;
    }
    /* gcc wants to be told; clang does it unasked and warns where a sanitizer
     * prevents it */
#if !defined(__clang__)
#pragma omp simd
#endif
    for (int j = 0; j < LANES; j++)
        rt_philox(k0, k1, &a[j], &b[j], &c[j], &d[j]);
    for (int j = 0; j < LANES; j++) {
        out[4 * j] = a[j];
        out[4 * j + 1] = b[j];
        out[4 * j + 2] = c[j];
        out[4 * j + 3] = d[j];
    }
}

/* Words from..from+n of the stream, n <= CHUNK - 3; returns where they begin.
 */
static const uint32_t *words(struct rt_key k, uint64_t from,
                             uint32_t buf[CHUNK])
{
    many(k, from >> 2, buf);
    return buf + (from & 3);
}

/* ---- distributions ------------------------------------------------------- */

void rt_rng_uniform(struct rt_key k, uint64_t from, float *out, size_t n)
{
    uint32_t buf[CHUNK];
    while (n) {
        const uint32_t *w = words(k, from, buf);
        size_t m = (size_t)(buf + CHUNK - w);
        if (m > n)
            m = n;
        for (size_t j = 0; j < m; j++)
            out[j] = (float)(int32_t)(w[j] >> 8) * 0x1p-24f;
        out += m;
        from += m;
        n -= m;
    }
}

void rt_rng_normal(struct rt_key k, uint64_t from, float *out, size_t n)
{
    uint32_t buf[CHUNK];
    while (n) {
        const uint32_t *w = words(k, 2 * from, buf);
        size_t m = (size_t)(buf + CHUNK - w) / 2;
        if (m > n)
            m = n;
        for (size_t j = 0; j < m; j++) {
            double u = (w[2 * j] + 1.0) * 0x1p-32; /* never 0 */
            double v = w[2 * j + 1] * 0x1p-32;
            out[j] = (float)(sqrt(-2 * log(u)) * cos(2 * M_PI * v));
        }
        out += m;
        from += m;
        n -= m;
    }
}

/* A number below m from 64 random bits: the upper 32 bits of their product
 * with m, off by at most one part in 2^32. */
static uint32_t below(uint32_t m, uint32_t low, uint32_t high)
{
    return (uint32_t)(((uint64_t)high * m + ((uint64_t)low * m >> 32)) >> 32);
}

void rt_rng_permute(struct rt_key k, uint32_t *out, uint32_t n)
{
    uint32_t buf[CHUNK];
    for (uint32_t i = 0; i < n; i++)
        out[i] = i;
    uint32_t used = CHUNK;
    uint64_t block = 0;
    for (uint32_t i = n; i > 1; i--, used += 2) {
        if (used == CHUNK) {
            many(k, block, buf);
            block += LANES;
            used = 0;
        }
        uint32_t j = below(i, buf[used], buf[used + 1]);
        uint32_t swap = out[i - 1];
        out[i - 1] = out[j];
        out[j] = swap;
    }
}

/* ---- as a GSL generator -------------------------------------------------- */

struct stream {
    struct rt_key key;
    uint64_t at;
    uint32_t block[4];
};

static void stream_set(void *state, unsigned long seed)
{
    struct stream *s = state;
    *s = (struct stream){ .key = { seed } };
}

static unsigned long stream_get(void *state)
{
    struct stream *s = state;
    if ((s->at & 3) == 0)
        rt_rng_block(s->key, s->at >> 2, s->block);
    return s->block[s->at++ & 3];
}

static double stream_double(void *state)
{
    return (double)stream_get(state) * 0x1p-32;
}

static const gsl_rng_type stream_type = {
    .name = "philox4x32-10",
    .max = 0xffffffffu,
    .min = 0,
    .size = sizeof(struct stream),
    .set = stream_set,
    .get = stream_get,
    .get_double = stream_double,
};

gsl_rng *rt_rng_gsl(struct rt_key k)
{
    gsl_rng *r = gsl_rng_alloc(&stream_type);
    stream_set(r->state, k.k);
    return r;
}

/* ---- seeds --------------------------------------------------------------- */

uint64_t rt_seed_draw(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = mix((uint64_t)(rt_clock_wall() * 1e6));
    return seed & 0x7fffffff;
}
