/* IDX files (MNIST): 00 00 type rank, the sizes as big-endian 32 bits, the
 * numbers big-endian.
 * Source: the IDX page of the Praat manual. */
#include "base/file.h"
#include "base/mem.h"
#include "files/reader.h"

#include <endian.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct args {
    const char *images, *labels;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, images, .word = 1, .names = RT_NAMES_FILE,
           .help = "IDX file of the column x, may be gzipped"),
    RT_OPT(struct args, labels, .def = "", .word = 2, .names = RT_NAMES_FILE,
           .help = "IDX file of the column y"),
    RT_OPT_END
};

static const struct {
    unsigned char code;
    enum rt_dtype type;
} types[] = {
    { 0x08, RT_U8 },  { 0x09, RT_I8 },  { 0x0b, RT_I16 },
    { 0x0c, RT_I32 }, { 0x0d, RT_F32 }, { 0x0e, RT_F64 },
};

static int read_type(const unsigned char *b, size_t n, const char *file,
                     struct rt_reader_array *a, struct rt_err *err)
{
    if (n < 4)
        return rt_fail(err, RT_EFORMAT,
                       "%s: %zu bytes, an IDX file has at least 4", file, n);
    if (b[0] || b[1])
        return rt_fail(err, RT_EFORMAT,
                       "%s: begins with %02x %02x, an IDX file with 00 00",
                       file, b[0], b[1]);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == b[2]) {
            a->type = types[i].type;
            return 0;
        }
    return rt_fail(err, RT_EFORMAT,
                   "%s: type %02x at byte 2, want 08, 09, 0b, 0c, 0d or 0e",
                   file, b[2]);
}

/* The sizes; *wanted is the bytes of data they speak of. */
static int read_sizes(const unsigned char *b, size_t n, const char *file,
                      struct rt_reader_array *a, size_t *wanted,
                      struct rt_err *err)
{
    int rank = b[3];
    if (rank < 1 || rank > RT_RANK_MAX)
        return rt_fail(err, RT_EFORMAT,
                       "%s: %d dimensions at byte 3, want 1..%d", file, rank,
                       RT_RANK_MAX);
    if (n < 4 + 4 * (size_t)rank)
        return rt_fail(err, RT_EFORMAT,
                       "%s: ends at byte %zu within the %d sizes", file, n,
                       rank);
    *wanted = rt_dtype_size(a->type);
    a->row.rank = rank - 1;
    for (int i = 0; i < rank; i++) {
        uint32_t size;
        memcpy(&size, b + 4 + 4 * i, 4);
        size = be32toh(size);
        if (size == 0 || size > INT_MAX)
            return rt_fail(err, RT_EFORMAT, "%s: size %u at byte %d, want %s",
                           file, size, 4 + 4 * i,
                           size ? "at most 2147483647" : "at least 1");
        if (__builtin_mul_overflow(*wanted, (size_t)size, wanted))
            return rt_fail(err, RT_EFORMAT,
                           "%s: sizes up to byte %d multiply to more than any "
                           "file holds",
                           file, 8 + 4 * i);
        if (i == 0)
            a->n_rows = size;
        else
            a->row.dim[i - 1] = (int)size;
    }
    return 0;
}

/* Moves n numbers from p down to out in this machine's byte order. */
static void to_native(unsigned char *out, const unsigned char *p, size_t n,
                      size_t size)
{
    if (size == 1) {
        memmove(out, p, n);
        return;
    }
    for (size_t i = 0; i < n; i++, p += size, out += size) {
        uint16_t h;
        uint32_t w;
        uint64_t d;
        if (size == 2) {
            memcpy(&h, p, 2);
            h = be16toh(h);
            memcpy(out, &h, 2);
        } else if (size == 4) {
            memcpy(&w, p, 4);
            w = be32toh(w);
            memcpy(out, &w, 4);
        } else {
            memcpy(&d, p, 8);
            d = be64toh(d);
            memcpy(out, &d, 8);
        }
    }
}

static int parse(const char *file, size_t n, struct rt_reader_array *a,
                 struct rt_err *err)
{
    size_t wanted = 0;
    unsigned char *b = a->data;
    int status = read_type(b, n, file, a, err);
    if (!status)
        status = read_sizes(b, n, file, a, &wanted, err);
    if (status)
        return status;
    size_t head = 4 + 4 * (size_t)(a->row.rank + 1);
    if (n - head < wanted)
        return rt_fail(err, RT_EFORMAT,
                       "%s: ends at byte %zu, its sizes want %zu bytes more",
                       file, n, wanted - (n - head));
    if (n - head > wanted)
        return rt_fail(err, RT_EFORMAT,
                       "%s: %zu bytes too many, its numbers end at byte %zu",
                       file, n - head - wanted, head + wanted);
    size_t size = rt_dtype_size(a->type);
    to_native(b, b + head, wanted / size, size);
    a->data = rt_xrealloc(b, wanted); /* what gunzip had to spare */
    return 0;
}

/* The sizes come first: they say how much there is to read. */
static int load(const char *file, struct rt_reader_array *a, struct rt_err *err)
{
    unsigned char head[4 + 4 * RT_RANK_MAX];
    size_t n = rt_file_head(file, head, sizeof head), limit = 0;
    int status = 0;
    if (n == sizeof head) { /* else it is small, and read whole */
        status = read_type(head, n, file, a, err);
        if (!status)
            status = read_sizes(head, n, file, a, &limit, err);
        if (!status && limit < SIZE_MAX / 2)
            limit += 4 + 4 * (size_t)(a->row.rank + 1);
    }
    unsigned char *whole = NULL;
    if (!status)
        status = rt_file_read(file, limit, &whole, &n, err);
    a->data = whole;
    return status ? status : parse(file, n, a, err);
}

static struct rt_dataset *read_idx(const char *name, const void *args,
                                   struct rt_err *err)
{
    const struct args *a = args;
    return rt_reader_x_y(&rt_reader_idx, args, name, a->images, a->labels, load,
                         err);
}

const struct rt_reader rt_reader_idx = {
    .name = "idx",
    .help = "IDX files: images (or any array) as x, labels as y",
    .opts = opts,
    .args_size = sizeof(struct args),
    .read = read_idx,
};
