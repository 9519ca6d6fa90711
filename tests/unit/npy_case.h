/* NPY files made byte by byte, for tests. */
#ifndef RT_TESTS_NPY_CASE_H
#define RT_TESTS_NPY_CASE_H
#include "mutate.h"

#include "base/file.h"
#include "base/schema.h"
#include "files/npy.h"
#include "files/reader.h"

#include <math.h>
#include <zip.h>
#include <zlib.h>

/* An NPY file of version 1: dict padded to 64, then the numbers. */
static inline size_t npy(unsigned char *out, const char *dict, const void *data,
                         size_t n)
{
    size_t length = (10 + strlen(dict) + 1 + 63) / 64 * 64 - 10;
    memcpy(out, "\x93NUMPY\x01\0", 8);
    out[8] = (unsigned char)(length & 255);
    out[9] = (unsigned char)(length >> 8);
    memset(out + 10, ' ', length);
    memcpy(out + 10, dict, strlen(dict));
    out[9 + length] = '\n';
    memcpy(out + 10 + length, data, n);
    return 10 + length + n;
}

#define DICT(descr, order, shape)                                              \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape ", }"

static inline double number(const struct rt_npy *v, size_t i)
{
    switch (v->type) {
#define X(name, type, text)                                                    \
    case RT_##name:                                                            \
        return (double)((const type *)v->data)[i];
        RT_DTYPES(X)
#undef X
    }
    return NAN;
}
#endif
