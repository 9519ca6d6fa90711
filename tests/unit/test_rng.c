#include "support.h"

#include "base/philox.h"
#include "base/rng.h"

#include <math.h>
#include <stdbool.h>

static struct rt_key test_key(uint64_t seed)
{
    return rt_key_make(seed, RT_FOR_TEST);
}

/* Source: kat_vectors of the Random123 distribution, philox4x32 10. */
static void philox_gives_the_known_answers(void **state)
{
    (void)state;
    static const uint32_t known[][10] = {
        { 0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 },
        { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
          0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd },
        { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822,
          0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 },
    };
    for (int i = 0; i < 3; i++) {
        const uint32_t *k = known[i];
        uint32_t c[4] = { k[0], k[1], k[2], k[3] };
        rt_philox(k[4], k[5], &c[0], &c[1], &c[2], &c[3]);
        assert_memory_equal(c, k + 6, sizeof c);
    }
    uint32_t block[4];
    rt_rng_block((struct rt_key){ 0 }, 0, block);
    assert_memory_equal(block, known[0] + 6, sizeof block);
}

static void words_of_a_stream_can_be_had_alone(void **state)
{
    (void)state;
    struct rt_key k = test_key(1);
    static const uint64_t starts[] = { 0, 5, 0xfffffffful, 0x3fffffffdul };
    for (int s = 0; s < 4; s++)
        for (uint64_t i = starts[s]; i < starts[s] + 9; i++) {
            uint32_t block[4];
            rt_rng_block(k, i / 4, block);
            assert_int_equal(rt_rng_word(k, i), block[i % 4]);
        }
}

static void uniform_does_not_depend_on_the_chunk(void **state)
{
    (void)state;
    enum { N = 1000 };
    struct rt_key k = test_key(2);
    float whole[N], part[N];
    rt_rng_uniform(k, 0, whole, N);
    for (size_t from = 0, n = 1; from < N; from += n, n = n * 2 + 1)
        rt_rng_uniform(k, from, part + from, n < N - from ? n : N - from);
    assert_memory_equal(whole, part, sizeof whole);
    for (uint64_t i = 0; i < N; i++)
        assert_true(whole[i] ==
                    (float)(rt_rng_word(k, i) >> 8) * (1 / 16777216.0f));
}

static void normal_does_not_depend_on_the_chunk(void **state)
{
    (void)state;
    enum { N = 500 };
    struct rt_key k = test_key(3);
    float whole[N], one;
    rt_rng_normal(k, 0, whole, N);
    for (uint64_t i = 0; i < N; i += 7) {
        rt_rng_normal(k, i, &one, 1);
        assert_true(one == whole[i]);
    }
}

static void moments_are_those_of_the_distribution(void **state)
{
    (void)state;
    enum { N = 200000 };
    float *v = malloc(N * sizeof *v);
    double sum = 0, square = 0;
    rt_rng_uniform(test_key(4), 0, v, N);
    for (int i = 0; i < N; i++) {
        assert_true(v[i] >= 0 && v[i] < 1);
        sum += v[i];
        square += (double)v[i] * v[i];
    }
    rt_assert_close(sum / N, 0.5, 0.003);
    rt_assert_close(square / N, 1 / 3.0, 0.003);
    sum = square = 0;
    rt_rng_normal(test_key(4), 0, v, N);
    for (int i = 0; i < N; i++) {
        sum += v[i];
        square += (double)v[i] * v[i];
    }
    rt_assert_close(sum / N, 0, 0.01);
    rt_assert_close(square / N, 1, 0.01);
    free(v);
}

static void a_permutation_holds_each_number_once(void **state)
{
    (void)state;
    enum { N = 1000 };
    uint32_t p[N];
    bool seen[N] = { 0 };
    int fixed = 0;
    rt_rng_permute(test_key(5), p, N);
    for (uint32_t i = 0; i < N; i++) {
        assert_true(p[i] < N && !seen[p[i]]);
        seen[p[i]] = true;
        fixed += p[i] == i;
    }
    assert_true(fixed < 10); /* one on average */
    rt_rng_permute(test_key(5), p, 1);
    assert_int_equal(p[0], 0);
    rt_rng_permute(test_key(5), p, 0);
}

static void permutations_are_equally_likely(void **state)
{
    (void)state;
    int count[6] = { 0 };
    for (uint64_t seed = 0; seed < 6000; seed++) {
        uint32_t p[3];
        rt_rng_permute(test_key(seed), p, 3);
        count[2 * p[0] + (p[1] > p[2])]++;
    }
    for (int i = 0; i < 6; i++)
        assert_in_range(count[i], 880, 1120); /* 1000, sd 29 */
}

static void gsl_draws_the_same_stream(void **state)
{
    (void)state;
    struct rt_key k = test_key(6);
    gsl_rng *r = rt_rng_gsl(k);
    for (uint64_t i = 0; i < 50; i++)
        assert_int_equal(gsl_rng_get(r), rt_rng_word(k, i));
    double u = gsl_rng_uniform(r);
    assert_true(u == rt_rng_word(k, 50) * 0x1p-32);
    gsl_rng_free(r);
}

static void keys_differ_in_every_part(void **state)
{
    (void)state;
    struct rt_key base = rt_key_make(1, RT_FOR_WEIGHTS);
    struct rt_key k[] = {
        base,
        rt_key_make(2, RT_FOR_WEIGHTS),
        rt_key_make(1, RT_FOR_DROPOUT),
        rt_key_text(base, ""),
        rt_key_text(base, "dense_1"),
        rt_key_text(base, "dense_2"),
        rt_key_text(rt_key_text(base, "ab"), "c"),
        rt_key_text(rt_key_text(base, "a"), "bc"),
        rt_key_int(base, 0),
        rt_key_int(base, 1),
        rt_key_int(rt_key_int(base, 0), 0),
    };
    int n = (int)(sizeof k / sizeof *k);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            assert_true(k[i].k != k[j].k);
}

/* Numbers that runs and files hold: a change would make every recorded seed
 * mean something else. */
static void keys_never_change(void **state)
{
    (void)state;
    struct rt_key k = rt_key_make(42, RT_FOR_WEIGHTS);
    k = rt_key_int(rt_key_text(k, "dense_1"), 7);
    assert_true(k.k == 0xde9aa7f62b93db6b);
    assert_true(rt_hash_bytes(0, "fingerprint", 11) == 0x761963579cfa5146);
}

static void a_hash_sees_every_bit_and_the_length(void **state)
{
    (void)state;
    unsigned char p[19] = { 0 };
    uint64_t base = rt_hash_bytes(0, p, sizeof p);
    for (size_t i = 0; i < 8 * sizeof p; i++) {
        p[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_true(rt_hash_bytes(0, p, sizeof p) != base);
        p[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    assert_true(rt_hash_bytes(0, p, 18) != base);
    assert_true(rt_hash_bytes(1, p, 19) != base);
}

static void a_drawn_seed_fits_31_bits(void **state)
{
    (void)state;
    bool differ = false;
    uint64_t first = rt_seed_draw();
    for (int i = 0; i < 20; i++) {
        uint64_t seed = rt_seed_draw();
        assert_true(seed < (uint64_t)1 << 31);
        differ |= seed != first;
    }
    assert_true(differ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(words_of_a_stream_can_be_had_alone),
        cmocka_unit_test(uniform_does_not_depend_on_the_chunk),
        cmocka_unit_test(normal_does_not_depend_on_the_chunk),
        cmocka_unit_test(moments_are_those_of_the_distribution),
        cmocka_unit_test(a_permutation_holds_each_number_once),
        cmocka_unit_test(permutations_are_equally_likely),
        cmocka_unit_test(gsl_draws_the_same_stream),
        cmocka_unit_test(keys_differ_in_every_part),
        cmocka_unit_test(keys_never_change),
        cmocka_unit_test(a_hash_sees_every_bit_and_the_length),
        cmocka_unit_test(a_drawn_seed_fits_31_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
