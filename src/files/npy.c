/* NPY arrays: magic, version, length, a Python dict as text, the numbers. */
#include "files/npy.h"

#include "base/file.h"
#include "base/mem.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "arrays are written as they lie in memory");

/* What the numbers of a file are and what they become. */
struct item {
    const char *code; /* without the byte order */
    enum rt_dtype type;
    size_t size; /* in the file */
    void (*widen)(const unsigned char *p, void *out, size_t i); /* or copy */
};

static void widen_b1(const unsigned char *p, void *out, size_t i)
{
    ((uint8_t *)out)[i] = *p != 0;
}

static void widen_u2(const unsigned char *p, void *out, size_t i)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    ((int32_t *)out)[i] = v;
}

static void widen_u4(const unsigned char *p, void *out, size_t i)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    ((int64_t *)out)[i] = v;
}

static void widen_f2(const unsigned char *p, void *out, size_t i)
{
    uint16_t h;
    memcpy(&h, p, sizeof h);
    int exponent = h >> 10 & 31, fraction = h & 1023;
    float v = exponent == 31 ? (fraction ? NAN : INFINITY)
              : exponent     ? ldexpf((float)(fraction + 1024), exponent - 25)
                             : ldexpf((float)fraction, -24);
    ((float *)out)[i] = h & 0x8000 ? -v : v;
}

static const struct item items[] = {
    { "b1", RT_U8, 1, widen_b1 },  { "u1", RT_U8, 1, NULL },
    { "i1", RT_I8, 1, NULL },      { "i2", RT_I16, 2, NULL },
    { "i4", RT_I32, 4, NULL },     { "i8", RT_I64, 8, NULL },
    { "u2", RT_I32, 2, widen_u2 }, { "u4", RT_I64, 4, widen_u4 },
    { "u8", RT_I64, 8, NULL },     { "f2", RT_F32, 2, widen_f2 },
    { "f4", RT_F32, 4, NULL },     { "f8", RT_F64, 8, NULL },
};

/* ---- header -------------------------------------------------------------- */

struct head {
    const unsigned char *all, *p, *end; /* the file; where we are in the dict */
    const char *file;
    struct rt_err *err;
    const struct item *item;
    bool swap, fortran;
    struct rt_shape shape;
    bool has_descr, has_order, has_shape;
};

static int bad(const struct head *h, const char *what)
{
    return rt_fail(h->err, RT_EFORMAT, "%s: byte %zu of the NPY header: %s",
                   h->file, (size_t)(h->p - h->all), what);
}

static void blanks(struct head *h)
{
    while (h->p < h->end && strchr(" \t\r\n", *h->p) && *h->p)
        h->p++;
}

static bool take(struct head *h, char c)
{
    blanks(h);
    if (h->p == h->end || *h->p != c)
        return false;
    h->p++;
    return true;
}

static bool take_word(struct head *h, const char *word)
{
    size_t n = strlen(word);
    blanks(h);
    if ((size_t)(h->end - h->p) < n || memcmp(h->p, word, n) != 0)
        return false;
    h->p += n;
    return true;
}

/* 'text' or "text" without escapes, up to 31 bytes. */
static int text(struct head *h, char out[32])
{
    blanks(h);
    if (h->p == h->end || (*h->p != '\'' && *h->p != '"'))
        return bad(h, "want a quoted text");
    unsigned char quote = *h->p++;
    size_t n = 0;
    while (h->p < h->end && *h->p != quote) {
        if (n == 31 || *h->p == '\\')
            return bad(h, "text is not understood");
        out[n++] = (char)*h->p++;
    }
    if (h->p == h->end)
        return bad(h, "text has no end");
    h->p++;
    out[n] = '\0';
    return 0;
}

static int descr(struct head *h)
{
    char code[32];
    blanks(h);
    if (h->p < h->end && *h->p == '[')
        return bad(h, "records, want an array of numbers");
    int status = text(h, code);
    if (status)
        return status;
    const char *kind = code + (strchr("<>|=", code[0]) && code[0]);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (strcmp(items[i].code, kind) == 0)
            h->item = &items[i];
    if (!h->item)
        return rt_fail(h->err, RT_EFORMAT,
                       "%s: numbers of type '%s', want u1 u2 u4 u8 i1 i2 i4 "
                       "i8 b1 f2 f4 or f8",
                       h->file, code);
    h->swap = code[0] == '>';
    return 0;
}

static int dimension(struct head *h, int *out)
{
    long long v = 0;
    const unsigned char *from = h->p;
    while (h->p < h->end && *h->p >= '0' && *h->p <= '9' && v <= INT_MAX)
        v = v * 10 + (*h->p++ - '0');
    if (h->p == from)
        return bad(h, "want a size");
    if (v > INT_MAX)
        return bad(h, "a size above 2147483647");
    take(h, 'L'); /* numpy for Python 2 */
    *out = (int)v;
    return 0;
}

static int sizes(struct head *h)
{
    if (!take(h, '('))
        return bad(h, "want a tuple of sizes");
    while (!take(h, ')')) {
        if (h->shape.rank == RT_RANK_MAX)
            return bad(h, "more than 6 dimensions");
        blanks(h);
        int status = dimension(h, &h->shape.dim[h->shape.rank++]);
        if (status)
            return status;
        if (!take(h, ',') && !(h->p < h->end && *h->p == ')'))
            return bad(h, "want , or ) in the tuple of sizes");
    }
    return 0;
}

static int order(struct head *h)
{
    h->fortran = take_word(h, "True");
    return h->fortran || take_word(h, "False") ? 0
                                               : bad(h, "want True or False");
}

static int dict(struct head *h)
{
    static const char *const keys[] = { "descr", "fortran_order", "shape" };
    int (*const read[])(struct head *) = { descr, order, sizes };
    bool *const had[] = { &h->has_descr, &h->has_order, &h->has_shape };
    if (!take(h, '{'))
        return bad(h, "want {");
    while (!take(h, '}')) {
        char key[32];
        int status = text(h, key), k = 0;
        if (status)
            return status;
        while (k < 3 && strcmp(keys[k], key) != 0)
            k++;
        if (k == 3 || *had[k])
            return bad(h, "a key unknown or given twice");
        *had[k] = true;
        if (!take(h, ':'))
            return bad(h, "want :");
        status = read[k](h);
        if (status)
            return status;
        if (!take(h, ',') && !(h->p < h->end && *h->p == '}'))
            return bad(h, "want , or }");
    }
    if (!h->has_descr || !h->has_order || !h->has_shape)
        return bad(h, "descr, fortran_order or shape is missing");
    blanks(h);
    return h->p == h->end ? 0 : bad(h, "more than the dict");
}

/* Where the numbers begin, or 0. The first n bytes are there. */
static size_t head_size(struct head *h, size_t n)
{
    const unsigned char *b = h->all;
    if (n < 10 || memcmp(b, "\x93NUMPY", 6) != 0) {
        rt_fail(h->err, RT_EFORMAT,
                "%s: is no NPY file: want \\x93NUMPY at "
                "byte 0",
                h->file);
        return 0;
    }
    if (b[6] < 1 || b[6] > 3) {
        rt_fail(h->err, RT_EFORMAT, "%s: NPY version %d.%d, want 1, 2 or 3",
                h->file, b[6], b[7]);
        return 0;
    }
    size_t at = b[6] == 1 ? 10 : 12;
    size_t length = b[8] | (size_t)b[9] << 8;
    if (at == 12 && n >= 12)
        length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    h->p = b + at;
    h->end = h->p + length;
    return at + length;
}

static size_t head_read(struct head *h, size_t n)
{
    size_t size = head_size(h, n);
    if (size > n) {
        rt_fail(h->err, RT_EFORMAT,
                "%s: ends at byte %zu, within its header of %zu bytes", h->file,
                n, size);
        return 0;
    }
    return size && !dict(h) ? size : 0;
}

/* ---- numbers ------------------------------------------------------------- */

/* *n numbers of *bytes bytes in all. */
static int count_numbers(const struct head *h, size_t *n, size_t *bytes)
{
    size_t wanted = h->item->size;
    *n = 1;
    for (int i = 0; i < h->shape.rank; i++)
        *n = h->shape.dim[i] == 0 ? 0 : *n;
    for (int i = 0; i < h->shape.rank && *n; i++)
        if (__builtin_mul_overflow(wanted, (size_t)h->shape.dim[i], &wanted))
            return rt_fail(h->err, RT_EFORMAT,
                           "%s: %s is more than any file holds", h->file,
                           rt_shape_text(&h->shape));
    *n *= wanted / h->item->size;
    *bytes = *n * h->item->size;
    return 0;
}

static int check_bytes(const struct head *h, size_t found, size_t wanted)
{
    if (found == wanted)
        return 0;
    return rt_fail(h->err, RT_EFORMAT,
                   "%s: %zu bytes of numbers after byte %zu, %s of %s wants "
                   "%zu",
                   h->file, found, (size_t)(h->end - h->all),
                   rt_shape_text(&h->shape), h->item->code, wanted);
}

/* Number i of the file is number place(i) in row-major order. */
struct walk {
    const struct rt_shape *shape;
    bool fortran;
    int at[RT_RANK_MAX];
    size_t stride[RT_RANK_MAX], place;
};

static void walk_init(struct walk *w, const struct rt_shape *s, bool fortran)
{
    *w = (struct walk){ .shape = s, .fortran = fortran && s->rank > 1 };
    size_t stride = 1;
    for (int i = s->rank; i-- > 0; stride *= (size_t)s->dim[i])
        w->stride[i] = stride;
}

static void walk_on(struct walk *w)
{
    if (!w->fortran) {
        w->place++;
        return;
    }
    for (int i = 0; i < w->shape->rank; i++) {
        w->place += w->stride[i];
        if (++w->at[i] < w->shape->dim[i])
            return;
        w->place -= w->stride[i] * (size_t)w->shape->dim[i];
        w->at[i] = 0;
    }
}

/* In the file as they are in memory. */
static bool as_wanted(const struct head *h)
{
    return !h->item->widen && !h->swap && !h->fortran;
}

static void convert(const struct head *h, const unsigned char *p, size_t n,
                    void *out)
{
    const struct item *it = h->item;
    if (as_wanted(h)) {
        memcpy(out, p, n * it->size);
        return;
    }
    struct walk w;
    walk_init(&w, &h->shape, h->fortran);
    for (size_t i = 0; i < n; i++, p += it->size, walk_on(&w)) {
        unsigned char v[8];
        for (size_t j = 0; j < it->size; j++)
            v[j] = p[h->swap ? it->size - 1 - j : j];
        if (it->widen)
            it->widen(v, out, w.place);
        else
            memcpy((char *)out + w.place * it->size, v, it->size);
    }
}

static int check_range(const struct head *h, const void *data, size_t n)
{
    const int64_t *v = data;
    if (strcmp(h->item->code, "u8") != 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (v[i] < 0)
            return rt_fail(h->err, RT_EFORMAT,
                           "%s: number %zu is above 9223372036854775807",
                           h->file, i);
    return 0;
}

/* own: the bytes themselves where they may be kept, which makes it NULL. */
static int parse(const unsigned char *bytes, size_t n, unsigned char **own,
                 const char *file, struct rt_npy *out, struct rt_err *err)
{
    struct rt_err local = RT_ERR_INIT;
    struct head h = { .all = bytes, .file = file, .err = err ? err : &local };
    *out = (struct rt_npy){ 0 };
    size_t at = head_read(&h, n), count, wanted;
    if (!at || count_numbers(&h, &count, &wanted) ||
        check_bytes(&h, n - at, wanted))
        return RT_EFORMAT;
    enum rt_dtype type = h.item->type;
    void *data;
    if (own && as_wanted(&h)) {
        data = memmove(*own, *own + at, wanted);
        *own = NULL;
    } else {
        data = rt_try_alloc(count + 1, rt_dtype_size(type), file, err);
        if (!data)
            return RT_ENOMEM;
        convert(&h, bytes + at, count, data);
    }
    int status = check_range(&h, data, count);
    if (status) {
        free(data);
        return status;
    }
    *out = (struct rt_npy){ type, h.shape, data, count };
    return 0;
}

int rt_npy_parse(const unsigned char *bytes, size_t n, const char *file,
                 struct rt_npy *out, struct rt_err *err)
{
    return parse(bytes, n, NULL, file, out, err);
}

int rt_npy_take(unsigned char *bytes, size_t n, const char *file,
                struct rt_npy *out, struct rt_err *err)
{
    int status = parse(bytes, n, &bytes, file, out, err);
    free(bytes);
    return status;
}

/* Bytes of the file by its header; 0 where that is not in its first bytes. */
static int claimed(const char *file, size_t *bytes, struct rt_err *err)
{
    struct rt_err local = RT_ERR_INIT;
    unsigned char b[4096];
    struct head h = { .all = b, .file = file, .err = err ? err : &local };
    size_t n = rt_file_head(file, b, sizeof b), count;
    *bytes = 0;
    if (n < 10 || head_size(&h, n) > n)
        return 0;
    size_t at = head_read(&h, n);
    if (!at || count_numbers(&h, &count, bytes))
        return RT_EFORMAT;
    if (__builtin_add_overflow(*bytes, at, bytes))
        *bytes = SIZE_MAX;
    return 0;
}

int rt_npy_read(const char *file, struct rt_npy *out, struct rt_err *err)
{
    unsigned char *bytes;
    size_t n, limit;
    *out = (struct rt_npy){ 0 };
    int status = claimed(file, &limit, err);
    if (!status)
        status = rt_file_read(file, limit, &bytes, &n, err);
    if (status)
        return status;
    return rt_npy_take(bytes, n, file, out, err);
}

/* ---- writing ------------------------------------------------------------- */

void rt_npy_header(const struct rt_shape *shape, struct rt_str *out)
{
    struct rt_str d = RT_STR_INIT;
    rt_str_add(&d, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (int i = 0; i < shape->rank; i++)
        rt_str_addf(&d, "%s%d", i ? ", " : "", shape->dim[i]);
    rt_str_add(&d, shape->rank == 1 ? ",), }" : "), }");
    /* magic, version, length, dict and \n fill a multiple of 64 */
    size_t length = (10 + d.n + 1 + 63) / 64 * 64 - 10;
    rt_str_pad(&d, ' ', length - 1 - d.n);
    rt_str_addc(&d, '\n');
    rt_str_addn(out, "\x93NUMPY\x01\0", 8);
    rt_str_addc(out, (char)(length & 255));
    rt_str_addc(out, (char)(length >> 8));
    rt_str_addn(out, d.s, d.n);
    rt_str_release(&d);
}

int rt_npy_write(const char *file, const struct rt_shape *shape, const float *v,
                 struct rt_err *err)
{
    struct rt_file_replace r;
    int status = rt_file_replace_open(&r, file, err);
    if (status)
        return status;
    struct rt_str head = RT_STR_INIT;
    rt_npy_header(shape, &head);
    size_t n = rt_shape_count(shape);
    if (fwrite(head.s, 1, head.n, r.f) != head.n ||
        fwrite(v, sizeof *v, n, r.f) != n)
        status = rt_fail_errno(err, "%s: cannot write", file);
    rt_str_release(&head);
    if (!status)
        status = rt_file_replace_commit(&r, err);
    rt_file_replace_abandon(&r);
    return status;
}
