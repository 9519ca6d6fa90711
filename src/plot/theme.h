/* Colours by what they mean, and the pen everything is drawn with. A colour is
 * a role (RT_C_TRAIN) or, for pictures and heat maps alone, an RT_RGB value;
 * only here does a role become a terminal's index or red, green and blue.
 * The colours stay apart under the common kinds of colour blindness.
 * Source: Okabe and Ito 2008, darkened where yellow would vanish on paper;
 *         cividis, Nunez, Anderton and Renslow 2018. */
#ifndef RT_PLOT_THEME_H
#define RT_PLOT_THEME_H
#include <stdbool.h>
#include <stdint.h>

enum rt_role {
    RT_C_TEXT, /* ink; as a background: leave it alone */
    RT_C_TITLE,
    RT_C_DIM,
    RT_C_BORDER,
    RT_C_GRID,
    RT_C_TRAIN,
    RT_C_VAL,
    RT_C_BEST,
    RT_C_MARK, /* an order on a plot */
    RT_C_FROZEN,
    RT_C_HIST,
    RT_C_WARNING,
    RT_C_ERROR,
    RT_C_OK,
    RT_C_KEY,
    RT_C_SERIES, /* the first of RT_N_SERIES; see rt_color_series */
    RT_N_SERIES = 8,
    RT_N_ROLES = RT_C_SERIES + RT_N_SERIES,
};
#define RT_RGB(r, g, b)                                                        \
    (0x1000000u | (uint32_t)(r) << 16 | (uint32_t)(g) << 8 | (uint32_t)(b))

enum rt_attr { RT_A_BOLD = 1, RT_A_DIM = 2, RT_A_REVERSE = 4 };

/* Zero is a good pen: plain ink, nothing behind it, solid. */
struct rt_pen {
    uint32_t fg, bg;
    uint8_t attr; /* of RT_A_... */
    uint8_t dash; /* 0 solid, 1.. patterns; how curves differ without colour */
    char ascii;   /* a curve's character where there are no dots; 0: '*' */
    float width;  /* of lines on paper, in hair lines; 0: 1 */
    float size;   /* of text on paper, in ordinary text; 0: 1 */
};

/* What a terminal can show. */
enum rt_depth {
    RT_DEPTH_PLAIN, /* no escapes at all */
    RT_DEPTH_MONO,  /* bold, dim, reverse */
    RT_DEPTH_8,
    RT_DEPTH_256,
    RT_DEPTH_RGB,
};

uint32_t rt_color_series(int i); /* goes round after RT_N_SERIES */
/* A role's name as in "train", for settings and legends of the theme. */
const char *rt_color_name(enum rt_role role);
/* 0xRRGGBB on white paper. */
uint32_t rt_color_rgb(uint32_t color);
/* The terminal's index, 0..7 or 0..255; 0xRRGGBB where it is RT_DEPTH_RGB, and
 * a role what it is among 256; -1: its own ink. depth is RT_DEPTH_8 or more. */
int rt_color_index(uint32_t color, enum rt_depth depth);
/* From little (0) to much (1), as an RT_RGB colour: pale to deep blue on
 * paper, dark blue to yellow on a screen. NaN counts as 0. */
uint32_t rt_color_heat(double share, bool paper);
/* A share of -1..1 of what may be above or below zero, in 15 steps that 256
 * colours have: blue, nearly black at zero, orange. NaN is red. */
uint32_t rt_color_signed(double share);
/* Black or white, whichever reads better on the colour. */
uint32_t rt_color_ink(uint32_t background);
#endif
