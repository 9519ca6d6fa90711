/* The table of roles, and colours brought down to what a terminal has. */
#include "plot/theme.h"

#include <math.h>
#include <stdlib.h>

static const struct {
    const char *name;
    int rgb;
    short x256, x8;
} roles[RT_N_ROLES] = {
    [RT_C_TEXT] = { "text", 0x222222, -1, -1 },
    [RT_C_TITLE] = { "title", 0x111111, -1, -1 },
    [RT_C_DIM] = { "dim", 0x6f6f6f, 245, -1 },
    [RT_C_BORDER] = { "border", 0x9a9a9a, 243, -1 },
    [RT_C_GRID] = { "grid", 0xe4e4e4, 240, -1 },
    [RT_C_TRAIN] = { "train", 0x0072b2, 39, 6 },
    [RT_C_VAL] = { "val", 0xd55e00, 208, 3 },
    [RT_C_BEST] = { "best", 0x008f68, 36, 2 },
    [RT_C_MARK] = { "mark", 0xa8558a, 175, 5 },
    [RT_C_FROZEN] = { "frozen", 0x3d8fc4, 117, 6 },
    [RT_C_HIST] = { "hist", 0x4a8fbf, 74, 6 },
    [RT_C_WARNING] = { "warning", 0xb87a00, 214, 3 },
    [RT_C_ERROR] = { "error", 0xc62828, 203, 1 },
    [RT_C_OK] = { "ok", 0x008f68, 36, 2 },
    [RT_C_KEY] = { "key", 0x0072b2, 39, 6 },
    [RT_C_SERIES] = { "series 1", 0x0072b2, 39, 6 },
    [RT_C_SERIES + 1] = { "series 2", 0xd55e00, 208, 3 },
    [RT_C_SERIES + 2] = { "series 3", 0x009e73, 36, 2 },
    [RT_C_SERIES + 3] = { "series 4", 0xb8609a, 175, 5 },
    [RT_C_SERIES + 4] = { "series 5", 0xe69f00, 220, 1 },
    [RT_C_SERIES + 5] = { "series 6", 0x56b4e9, 117, 4 },
    [RT_C_SERIES + 6] = { "series 7", 0x6b6b6b, 247, 7 },
    [RT_C_SERIES + 7] = { "series 8", 0x7a5c2e, 137, 3 },
};

uint32_t rt_color_series(int i)
{
    return RT_C_SERIES +
           (uint32_t)(i % RT_N_SERIES + RT_N_SERIES) % RT_N_SERIES;
}

const char *rt_color_name(enum rt_role role)
{
    return (unsigned)role < RT_N_ROLES ? roles[role].name : "?";
}

uint32_t rt_color_rgb(uint32_t color)
{
    if (color & 0x1000000u)
        return color & 0xffffffu;
    return (uint32_t)roles[color < RT_N_ROLES ? color : RT_C_TEXT].rgb;
}

static int part(uint32_t rgb, int shift)
{
    return (int)(rgb >> shift & 255);
}

static int distance(uint32_t a, uint32_t b)
{
    int d = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        int x = part(a, shift) - part(b, shift);
        d += x * x;
    }
    return d;
}

/* The nearer one of the 6x6x6 cube and the 24 greys of xterm's palette. */
static int nearest256(uint32_t rgb)
{
    static const uint8_t level[6] = { 0, 95, 135, 175, 215, 255 };
    int at = 16;
    uint32_t cube = 0;
    for (int shift = 16, weight = 36; shift >= 0; shift -= 8, weight /= 6) {
        int best = 0;
        for (int i = 1; i < 6; i++)
            if (abs(part(rgb, shift) - level[i]) <
                abs(part(rgb, shift) - level[best]))
                best = i;
        at += best * weight;
        cube |= (uint32_t)level[best] << shift;
    }
    int mean = (part(rgb, 0) + part(rgb, 8) + part(rgb, 16)) / 3;
    int i = mean < 8 ? 0 : mean > 238 ? 23 : (mean - 3) / 10;
    uint32_t grey = (uint32_t)(8 + 10 * i) * 0x10101u;
    return distance(rgb, grey) < distance(rgb, cube) ? 232 + i : at;
}

/* What xterm shows for one of the 256 beyond the first 16. */
static int shown256(int i)
{
    static const int level[6] = { 0, 95, 135, 175, 215, 255 };
    if (i >= 232)
        return (8 + 10 * (i - 232)) * 0x10101;
    i -= 16;
    return level[i / 36] << 16 | level[i / 6 % 6] << 8 | level[i % 6];
}

static int nearest8(uint32_t rgb)
{
    return (part(rgb, 16) > 127) | (part(rgb, 8) > 127) << 1 |
           (part(rgb, 0) > 127) << 2;
}

int rt_color_index(uint32_t color, enum rt_depth depth)
{
    if (color & 0x1000000u)
        return depth == RT_DEPTH_8     ? nearest8(color)
               : depth == RT_DEPTH_256 ? nearest256(color)
                                       : (int)(color & 0xffffff);
    if (color >= RT_N_ROLES)
        color = RT_C_TEXT;
    int i = roles[color].x256;
    if (depth == RT_DEPTH_8)
        return roles[color].x8;
    return depth == RT_DEPTH_256 || i < 0 ? i : shown256(i);
}

/* 0xRRGGBB, the share t of the way from a to b. */
static uint32_t between(uint32_t from, uint32_t to, double t)
{
    uint32_t rgb = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        double a = part(from, shift), b = part(to, shift);
        rgb |= (uint32_t)lround(a + (b - a) * t) << shift;
    }
    return rgb;
}

uint32_t rt_color_heat(double share, bool paper)
{
    enum { N = 6 };
    static const uint32_t blues[N] = { 0xf5f8fb, 0xd7e6f4, 0xa9cfe5,
                                       0x5fa6d1, 0x2171b5, 0x08306b };
    static const uint32_t cividis[N] = { 0x0b2f5c, 0x3a4a6b, 0x666970,
                                         0x948e77, 0xc5b56c, 0xfde737 };
    const uint32_t *stop = paper ? blues : cividis;
    double t = share > 0 ? fmin(share, 1) * (N - 1) : 0;
    int i = t < N - 2 ? (int)t : N - 2;
    return 0x1000000u | between(stop[i], stop[i + 1], t - i);
}

uint32_t rt_color_signed(double share)
{
    enum { STEPS = 7 };
    static const uint32_t side[2][STEPS + 1] = {
        /* xterm's own */
        { 0x1c1c1c, 0x00005f, 0x005f87, 0x005faf, 0x0087d7, 0x5fafd7, 0x87d7ff,
          0xd7ffff },
        { 0x1c1c1c, 0x5f0000, 0x875f00, 0xaf5f00, 0xd78700, 0xffaf00, 0xffd75f,
          0xffffaf },
    };
    if (isnan(share))
        return RT_RGB(255, 0, 95);
    return 0x1000000u | side[share > 0][lround(fmin(fabs(share), 1) * STEPS)];
}

uint32_t rt_color_ink(uint32_t background)
{
    uint32_t c = rt_color_rgb(background);
    double light = .299 * part(c, 16) + .587 * part(c, 8) + .114 * part(c, 0);
    return light > 140 ? RT_RGB(17, 17, 17) : RT_RGB(255, 255, 255);
}
