/* NPZ: a zip of NPY arrays; the one place that knows libzip. */
#include "files/npy.h"

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

/* ---- reading ------------------------------------------------------------- */

/* Deflate makes at most 1032 bytes of one: a member that claims more lies. */
enum { INFLATE_MOST = 1032 };

const char *rt_npz_key(const void *of, int i)
{
    const struct rt_npz *z = of;
    return i < z->n ? z->key[i] : NULL;
}

void rt_npz_free(struct rt_npz *z)
{
    for (int i = 0; i < z->n; i++) {
        free(z->key[i]);
        free(z->v[i].data);
    }
    free(z->key);
    free(z->v);
    *z = (struct rt_npz){ 0 };
}

/* "x_train.npy" -> "x_train", or NULL for another kind of file. */
static char *key_of(const char *member)
{
    size_t n = strlen(member);
    if (n <= 4 || strcmp(member + n - 4, ".npy") != 0)
        return NULL;
    return rt_xstrndup(member, n - 4);
}

static int inflate_member(zip_t *zip, const zip_stat_t *st, unsigned char *data,
                          struct rt_err *err)
{
    zip_file_t *f = zip_fopen_index(zip, st->index, 0);
    if (!f)
        return rt_fail(err, RT_EFORMAT, "%s", zip_strerror(zip));
    size_t n = 0;
    zip_int64_t got = 1;
    /* one byte more than there are: reading the end checks the CRC */
    while (got > 0 && n <= st->size) {
        got = zip_fread(f, data + n, st->size + 1 - n);
        n += got > 0 ? (size_t)got : 0;
    }
    int status = 0;
    if (got < 0)
        status = rt_fail(err, RT_EFORMAT, "damaged: %s", zip_file_strerror(f));
    else if (n != st->size)
        status = rt_fail(err, RT_EFORMAT, "%zu bytes, the archive says %zu", n,
                         (size_t)st->size);
    zip_fclose(f);
    return status;
}

static int read_member(zip_t *zip, const zip_stat_t *st, struct rt_npy *out,
                       struct rt_err *err)
{
    if (st->size / INFLATE_MOST > st->comp_size + 1)
        return rt_fail(err, RT_EFORMAT,
                       "%s: claims %zu bytes made of %zu, which cannot be",
                       st->name, (size_t)st->size, (size_t)st->comp_size);
    if (st->size > rt_memory() / 2)
        return rt_fail(err, RT_ENOMEM,
                       "%s: %zu bytes, more than half of this machine's "
                       "memory",
                       st->name, (size_t)st->size);
    unsigned char *data = rt_try_alloc(st->size + 1, 1, st->name, err);
    if (!data)
        return RT_ENOMEM;
    if (inflate_member(zip, st, data, err)) {
        free(data);
        return rt_err_within(err, "%s", st->name);
    }
    return rt_npy_take(data, st->size, st->name, out, err);
}

/* What an archive is asked for, and the keys met so far. */
struct request {
    const char *const *only; /* NULL: all */
    int n_only;
    struct rt_map seen;
};

static bool is_wanted(const struct request *r, const char *key)
{
    for (int i = 0; i < r->n_only; i++)
        if (strcmp(r->only[i], key) == 0)
            return true;
    return !r->only;
}

static int add_member(zip_t *zip, zip_uint64_t i, struct request *r,
                      struct rt_npz *out, struct rt_err *err)
{
    const zip_uint64_t need =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_INDEX;
    zip_stat_t st;
    if (zip_stat_index(zip, i, 0, &st) || (st.valid & need) != need)
        return rt_fail(err, RT_EFORMAT, "member %zu: %s", (size_t)i,
                       zip_strerror(zip));
    char *key = key_of(st.name);
    if (!key)
        return 0;
    if (rt_map_index(&r->seen, key) >= 0) {
        free(key);
        return rt_fail(err, RT_EFORMAT, "%s is there twice", st.name);
    }
    rt_map_set(&r->seen, key, key);
    out->key[out->n] = key;
    struct rt_npy *v = &out->v[out->n++];
    return is_wanted(r, key) ? read_member(zip, &st, v, err) : 0;
}

static int open_failed(const char *file, int code, struct rt_err *err)
{
    zip_error_t e;
    zip_error_init_with_code(&e, code);
    bool io = code == ZIP_ER_NOENT || code == ZIP_ER_OPEN ||
              code == ZIP_ER_READ || code == ZIP_ER_SEEK;
    int status = rt_fail(err,
                         io                      ? RT_EIO
                         : code == ZIP_ER_MEMORY ? RT_ENOMEM
                                                 : RT_EFORMAT,
                         "%s: %s", file, zip_error_strerror(&e));
    zip_error_fini(&e);
    return status;
}

int rt_npz_read(const char *file, const char *const *only, int n_only,
                struct rt_npz *out, struct rt_err *err)
{
    int code;
    struct request r = { .only = only, .n_only = n_only };
    *out = (struct rt_npz){ 0 };
    zip_t *zip = zip_open(file, ZIP_RDONLY | ZIP_CHECKCONS, &code);
    if (!zip)
        return open_failed(file, code, err);
    zip_int64_t n = zip_get_num_entries(zip, 0);
    out->key = rt_xcalloc((size_t)n + 1, sizeof *out->key);
    out->v = rt_xcalloc((size_t)n + 1, sizeof *out->v);
    int status = 0;
    for (zip_int64_t i = 0; i < n && !status; i++)
        status = add_member(zip, (zip_uint64_t)i, &r, out, err);
    rt_map_release(&r.seen);
    zip_discard(zip);
    if (status) {
        rt_err_within(err, "%s", file);
        rt_npz_free(out);
    }
    return status;
}

/* ---- writing ------------------------------------------------------------- */

/* An archive of nothing, which libzip does not write. */
static int write_empty(FILE *f, const char *file, struct rt_err *err)
{
    static const char end[22] = "PK\5\6"; /* the directory's end, of 0 */
    return fwrite(end, sizeof end, 1, f) == 1
               ? 0
               : rt_fail_errno(err, "%s: cannot write", file);
}

/* libzip writes to what a source says: here the file of an rt_file_replace, so
 * that no archive is made in memory and none is left half-written. */
struct sink {
    FILE *f;
    zip_error_t error;
};

static zip_int64_t sink_seek(struct sink *s, void *data, zip_uint64_t n)
{
    zip_source_args_seek_t *a =
        ZIP_SOURCE_GET_ARGS(zip_source_args_seek_t, data, n, &s->error);
    if (!a || fseeko(s->f, (off_t)a->offset, a->whence)) {
        zip_error_set(&s->error, ZIP_ER_SEEK, errno);
        return -1;
    }
    return 0;
}

static zip_int64_t sink_write(struct sink *s, const void *data, zip_uint64_t n)
{
    if (fwrite(data, 1, n, s->f) != n) {
        zip_error_set(&s->error, ZIP_ER_WRITE, errno);
        return -1;
    }
    return (zip_int64_t)n;
}

static zip_int64_t sink_stat(void *data, zip_uint64_t n)
{
    if (n < sizeof(zip_stat_t))
        return -1;
    zip_stat_t *st = data;
    zip_stat_init(st);
    st->size = 0;
    st->valid = ZIP_STAT_SIZE;
    return sizeof *st;
}

static zip_int64_t sink_call(void *user, void *data, zip_uint64_t n,
                             zip_source_cmd_t cmd)
{
    struct sink *s = user;
    switch (cmd) {
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(
            ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
            ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
            ZIP_SOURCE_BEGIN_WRITE, ZIP_SOURCE_COMMIT_WRITE,
            ZIP_SOURCE_ROLLBACK_WRITE, ZIP_SOURCE_WRITE, ZIP_SOURCE_SEEK_WRITE,
            ZIP_SOURCE_TELL_WRITE, ZIP_SOURCE_REMOVE, -1);
    case ZIP_SOURCE_STAT:
        return sink_stat(data, n);
    case ZIP_SOURCE_WRITE:
        return sink_write(s, data, n);
    case ZIP_SOURCE_SEEK_WRITE:
        return sink_seek(s, data, n);
    case ZIP_SOURCE_TELL_WRITE:
        return ftello(s->f);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&s->error, data, n);
    default: /* an empty file to read, and nothing to do at the borders */
        return 0;
    }
}

static int zip_failed(zip_t *zip, const char *file, struct rt_err *err)
{
    const zip_error_t *e = zip_get_error(zip);
    if (zip_error_system_type(e) == ZIP_ET_SYS) {
        errno = zip_error_code_system(e);
        return rt_fail_errno(err, "%s: cannot write", file);
    }
    return rt_fail(err, RT_EIO, "%s: %s", file, zip_strerror(zip));
}

static int add_array(zip_t *zip, const struct rt_npz_item *item,
                     struct rt_str *head)
{
    rt_npy_header(&item->shape, head);
    zip_buffer_fragment_t parts[2] = {
        { (zip_uint8_t *)head->s, head->n },
        { (zip_uint8_t *)(uintptr_t)item->v,
          rt_shape_count(&item->shape) * sizeof *item->v },
    };
    zip_source_t *source = zip_source_buffer_fragment(zip, parts, 2, 0);
    char *name = rt_xprintf("%s.npy", item->key);
    zip_int64_t i =
        source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;
    free(name);
    if (source && i < 0)
        zip_source_free(source);
    /* 1980-01-01 00:00 in the form of zip; numpy writes the same */
    return i < 0 ||
                   zip_set_file_compression(zip, (zip_uint64_t)i, ZIP_CM_STORE,
                                            0) ||
                   zip_file_set_dostime(zip, (zip_uint64_t)i, 0, 1 << 5 | 1, 0)
               ? -1
               : 0;
}

static int write_zip(FILE *f, const char *file, const struct rt_npz_item *items,
                     int n, struct rt_str *heads, struct rt_err *err)
{
    struct sink sink = { .f = f };
    zip_error_t e;
    zip_error_init(&e);
    zip_error_init(&sink.error);
    zip_source_t *to = zip_source_function_create(sink_call, &sink, &e);
    zip_t *zip =
        to ? zip_open_from_source(to, ZIP_CREATE | ZIP_TRUNCATE, &e) : NULL;
    int status = 0;
    if (!zip) {
        zip_source_free(to);
        status = rt_fail(err, RT_EIO, "%s: %s", file, zip_error_strerror(&e));
    }
    for (int i = 0; i < n && !status; i++)
        if (add_array(zip, &items[i], &heads[i]))
            status = zip_failed(zip, file, err);
    if (!status && zip_close(zip))
        status = zip_failed(zip, file, err);
    else if (!status)
        zip = NULL;
    if (zip)
        zip_discard(zip);
    zip_error_fini(&e);
    zip_error_fini(&sink.error);
    return status;
}

int rt_npz_write(const char *file, const struct rt_npz_item *items, int n,
                 struct rt_err *err)
{
    struct rt_file_replace r;
    int status = rt_file_replace_open(&r, file, err);
    if (status)
        return status;
    /* libzip reads the headers when it closes: they stay until then */
    struct rt_str *heads = rt_xcalloc((size_t)n + 1, sizeof *heads);
    status = n ? write_zip(r.f, file, items, n, heads, err)
               : write_empty(r.f, file, err);
    if (!status)
        status = rt_file_replace_commit(&r, err);
    rt_file_replace_abandon(&r);
    for (int i = 0; i < n; i++)
        rt_str_release(&heads[i]);
    free(heads);
    return status;
}
