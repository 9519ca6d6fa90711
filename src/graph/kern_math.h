/* Elementary functions in single precision, written so that the compiler
 * vectorises a loop around them: no branches, no calls, no tables. exp, log and
 * tanh are within 1.5 ulp of the exact value, sigmoid and softplus within 3
 * (tests/unit/test_kern.c); results that would be denormal may be zero. Only
 * for kern_body.h.
 *
 * Source: reduction and coefficients as in Cephes (Moshier 1992). */
#ifndef RT_GRAPH_KERN_MATH_H
#define RT_GRAPH_KERN_MATH_H
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float of_bits(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* exp(x) = 2^n exp(r), |r| <= ln(2)/2. n is found by adding a number so large
 * that its last bit counts ones; it is kept as an integer and as a float. */
struct power {
    uint32_t n;
    float r;
};

static inline struct power split_power(float x)
{
    const float magic = 12582912.0f; /* 1.5 * 2^23 */
    float t = x * 1.44269504088896341f + magic;
    float n = t - magic;
    return (struct power){
        .n = bits_of(t) - bits_of(magic),
        .r = (x - n * 0.693359375f) + n * 2.12194440e-4f,
    };
}

/* exp(r) - 1 for the r of split_power. */
static inline float exp_rest(float r)
{
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * (r * r) + r;
}

static inline float power_of_two(uint32_t n)
{
    return of_bits((n + 127) << 23);
}

static inline float exp_f(float x)
{
    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    struct power e = split_power(x);
    /* In two factors, because 2^128 and 2^-140 are no floats. */
    uint32_t half = (uint32_t)((int32_t)e.n >> 1);
    float y = exp_rest(e.r) + 1.0f;
    return y * power_of_two(half) * power_of_two(e.n - half);
}

/* The same for -87 <= x <= 89, where one factor does: 2^128 is infinite. */
static inline float exp_mid(float x)
{
    struct power e = split_power(x);
    return (exp_rest(e.r) + 1.0f) * power_of_two(e.n);
}

/* exp(x) - 1 for x <= 0, without the cancellation near 0. */
static inline float expm1_neg(float x)
{
    x = x < -40.0f ? -40.0f : x;
    struct power e = split_power(x);
    float s = power_of_two(e.n);
    return s * exp_rest(e.r) + (s - 1.0f);
}

static inline float log_f(float x)
{
    /* x = 2^e m, sqrt(1/2) <= m < sqrt(2) */
    float tiny = x < 1.17549435e-38f ? 8388608.0f : 1.0f;
    uint32_t u = bits_of(x * tiny) - 0x3f3504f3u;
    float e = (float)((int32_t)u >> 23) - (tiny > 1.0f ? 23.0f : 0.0f);
    float m = of_bits((u & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float z = m * m;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    float y = m * z * p - e * 2.12194440e-4f - 0.5f * z + m + e * 0.693359375f;
    y = x == INFINITY ? x : y;
    y = x == 0 ? -INFINITY : y;
    return x < 0 || x != x ? NAN : y;
}

static inline float sigmoid_f(float x)
{
    x = x > 87.0f ? 87.0f : x; /* beyond: 1 and 0 */
    x = x < -89.0f ? -89.0f : x;
    return 1.0f / (1.0f + exp_mid(-x));
}

static inline float hard_sigmoid_f(float x)
{
    float y = 0.2f * x + 0.5f;
    y = y < 0 ? 0.0f : y;
    return y > 1 ? 1.0f : y;
}

static inline float tanh_f(float x)
{
    float a = fabsf(x), z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    float low = p * z * x + x;
    float most = a > 40.0f ? 40.0f : a; /* where it is 1 */
    float high = copysignf(1.0f - 2.0f / (exp_mid(2.0f * most) + 1.0f), x);
    return a < 0.625f ? low : high;
}

/* log(1 + exp(x)); log1p by the ratio that undoes the rounding of 1 + z. */
static inline float softplus_f(float x)
{
    float z = exp_f(-fabsf(x)), u = 1.0f + z, d = u - 1.0f;
    float safe = d == 0 ? 1.0f : d;
    float rest = d == 0 ? z : log_f(u) * (z / safe);
    return (x < 0 ? 0.0f : x) + rest;
}

/* By a polynomial in x^2 below 1, above it exp(-x^2) times one in
 * 1 / (1 + 0.4 x); fitted on Chebyshev nodes, within 1.2e-7. */
static inline float erf_f(float x)
{
    float a = fabsf(x), z = x * x;
    float p = 7.8824971e-5f;
    p = p * z - 8.0188550e-4f;
    p = p * z + 5.1893119e-3f;
    p = p * z - 2.6854328e-2f;
    p = p * z + 1.1283597e-1f;
    p = p * z - 3.7612627e-1f;
    p = p * z + 1.1283792f;
    float t = 1.0f / (1.0f + 0.4f * a);
    float q = -1.9525817e-1f;
    q = q * t + 7.1186618e-1f;
    q = q * t - 4.0795875e-1f;
    q = q * t + 5.2466026e-1f;
    q = q * t + 1.2501717e-1f;
    q = q * t + 2.4309325e-1f;
    q = q * t - 1.2745654e-3f;
    float high = copysignf(1.0f - exp_f(-z) * q, x);
    return a < 1.0f ? p * x : high;
}

/* The share of a standard normal below x. */
static inline float normal_f(float x)
{
    return 0.5f + 0.5f * erf_f(0.70710678f * x);
}

static inline float normal_density_f(float x)
{
    return 0.39894228f * exp_f(-0.5f * x * x);
}
#endif
