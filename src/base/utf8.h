/* Text as a terminal shows it: width in cells, cutting at a width. */
#ifndef RT_BASE_UTF8_H
#define RT_BASE_UTF8_H
#include <stddef.h>
#include <stdint.h>

/* Decodes one code point at s; returns the bytes used (1 for a bad byte, which
 * decodes as U+FFFD), 0 at the end. */
int rt_utf8_decode(const char *s, uint32_t *cp);
int rt_utf8_encode(uint32_t cp, char out[5]); /* bytes written, NUL added */
int rt_utf8_width(const char *s);             /* cells of the whole text */
int rt_utf8_cell(uint32_t cp);                /* 0, 1 or 2 */
/* Bytes of the longest prefix of s that fits into width cells. */
size_t rt_utf8_cut(const char *s, int width);
#endif
