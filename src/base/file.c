/* Files whole: read with gzip seen through, written beside and renamed. */
#include "base/guard.h"
#include "base/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* ---- reading ------------------------------------------------------------- */

struct bytes {
    unsigned char *v;
    size_t n, cap;
};

/* Room for more bytes and a NUL behind them. */
static int make_room(struct bytes *b, size_t more, const char *path,
                     struct rt_err *err)
{
    if (b->cap - b->n > more)
        return 0;
    size_t cap = b->n + more + 1;
    if (cap < b->cap + b->cap / 2)
        cap = b->cap + b->cap / 2;
    unsigned char *v = rt_try_realloc(b->v, cap, path, err);
    if (!v)
        return RT_ENOMEM;
    b->v = v;
    b->cap = cap;
    return 0;
}

static size_t most_of_memory(void)
{
    return rt_memory() / 2;
}

static int too_long(const char *path, size_t limit, struct rt_err *err)
{
    if (limit < most_of_memory())
        return rt_fail(err, RT_EFORMAT,
                       "%s: more than the %zu bytes that its header claims",
                       path, limit);
    struct rt_str size = RT_STR_INIT;
    rt_str_add_bytes(&size, (double)limit);
    rt_fail(err, RT_ENOMEM,
            "%s: more than %s, which is half of this machine's memory", path,
            rt_str_c(&size));
    rt_str_release(&size);
    return RT_ENOMEM;
}

/* Reads up to n bytes more; *got is 0 at the end only. */
static int read_some(int fd, struct bytes *b, size_t n, size_t *got,
                     const char *path, struct rt_err *err)
{
    if (make_room(b, n, path, err))
        return RT_ENOMEM;
    ssize_t r;
    do
        r = read(fd, b->v + b->n, n);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return rt_fail_errno(err, "%s: cannot read", path);
    b->n += (size_t)r;
    *got = (size_t)r;
    return 0;
}

static bool is_gzip(const struct bytes *b)
{
    return b->n >= 2 && b->v[0] == 0x1f && b->v[1] == 0x8b;
}

/* The limit is on the result, so it stops a plain file here and a compressed
 * one in inflate_all. */
static int read_all(int fd, const char *path, size_t limit, struct bytes *b,
                    struct rt_err *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return rt_fail_errno(err, "%s: cannot read", path);
    if (S_ISDIR(st.st_mode))
        return rt_fail(err, RT_EIO, "%s: is a folder, want a file", path);
    size_t chunk = 64 * 1024, got = 1;
    if (S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < SSIZE_MAX)
        chunk = (size_t)st.st_size + 1; /* one more shows the end */
    if (chunk > limit)
        chunk = limit < 2 ? 2 : limit; /* two bytes tell gzip */
    while (got) {
        if (read_some(fd, b, chunk, &got, path, err))
            return rt_err_code(err, RT_EIO);
        if (b->n > (is_gzip(b) ? most_of_memory() : limit))
            return too_long(path, limit, err);
        chunk = b->cap - b->n > 1 ? b->cap - b->n - 1 : 64 * 1024;
    }
    return 0;
}

static int damaged(const char *path, size_t at, const char *why,
                   struct rt_err *err)
{
    return rt_fail(err, RT_EFORMAT, "%s: damaged gzip at byte %zu%s%s", path,
                   at, why ? ": " : "", why ? why : "");
}

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

/* Inflates all members of in. zlib counts in unsigned int, hence the steps. */
static int inflate_all(z_stream *z, const struct bytes *in, size_t limit,
                       struct bytes *out, const char *path, struct rt_err *err)
{
    enum { STEP = 256 * 1024 };
    size_t at = 0;
    for (;;) {
        if (make_room(out, STEP, path, err))
            return RT_ENOMEM;
        z->next_in = in->v + at;
        z->avail_in = (uInt)at_most(in->n - at, INT_MAX);
        z->next_out = out->v + out->n;
        z->avail_out = STEP;
        int status = inflate(z, Z_NO_FLUSH);
        size_t used = (size_t)(z->next_in - (in->v + at));
        size_t made = STEP - z->avail_out;
        at += used;
        out->n += made;
        if (out->n > limit)
            return too_long(path, limit, err);
        if (status == Z_MEM_ERROR)
            return rt_fail(err, RT_ENOMEM, "%s: out of memory", path);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return damaged(path, at, z->msg, err);
        if (status == Z_STREAM_END) {
            while (at < in->n && in->v[at] == 0) /* padding, as of tapes */
                at++;
            if (at == in->n)
                return 0;
            inflateReset(z);
        } else if (!used && !made) {
            return damaged(path, at, "it ends too early", err);
        }
    }
}

static int gunzip(const struct bytes *in, size_t limit, struct bytes *out,
                  const char *path, struct rt_err *err)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return rt_fail(err, RT_ENOMEM, "%s: out of memory", path);
    int status = inflate_all(&z, in, limit, out, path, err);
    inflateEnd(&z);
    return status;
}

int rt_file_read(const char *path, size_t limit, unsigned char **data,
                 size_t *n, struct rt_err *err)
{
    struct rt_err local;
    struct bytes raw = { 0 }, plain = { 0 };
    *data = NULL;
    *n = 0;
    if (!err)
        err = &local;
    if (!limit || limit > most_of_memory())
        limit = most_of_memory();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rt_fail_errno(err, "%s: cannot open", path);
    int status = read_all(fd, path, limit, &raw, err);
    close(fd);
    if (!status && is_gzip(&raw)) {
        status = gunzip(&raw, limit, &plain, path, err);
        free(raw.v);
        raw = plain;
    }
    if (status) {
        free(raw.v);
        return status;
    }
    raw.v[raw.n] = '\0';
    *data = raw.v;
    *n = raw.n;
    return 0;
}

size_t rt_file_head(const char *path, void *buf, size_t n)
{
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return 0;
    gzFile z = gzopen(path, "rbe"); /* reads a plain file as it is */
    int got = z ? gzread(z, buf, (unsigned)at_most(n, INT_MAX)) : 0;
    if (z)
        gzclose(z);
    return got > 0 ? (size_t)got : 0;
}

/* ---- replacing ----------------------------------------------------------- */

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return rt_xstrdup(".");
    return rt_xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static void forget(struct rt_file_replace *r)
{
    free(r->path);
    free(r->temp);
    *r = (struct rt_file_replace){ 0 };
}

/* The file that a link leads to is replaced, not the link. */
static char *target_of(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : rt_xstrdup(path);
}

/* A hidden name beside, opened with the modes that the file has or would get;
 * mkstemp would make it private. */
static int open_temp(struct rt_file_replace *r, const struct stat *old)
{
    static atomic_int count;
    char *folder = folder_of(r->path);
    int fd;
    do {
        free(r->temp);
        r->temp = rt_xprintf("%s/.%.200s.%ld-%d", folder, rt_path_base(r->path),
                             (long)getpid(), atomic_fetch_add(&count, 1));
        fd = open(r->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EEXIST);
    free(folder);
    if (fd >= 0 && old && fchmod(fd, old->st_mode & 07777)) {
        int number = errno;
        close(fd);
        unlink(r->temp);
        errno = number;
        fd = -1;
    }
    return fd;
}

int rt_file_replace_open(struct rt_file_replace *r, const char *path,
                         struct rt_err *err)
{
    struct stat st;
    *r = (struct rt_file_replace){ 0 };
    if (rt_guard_write(path, err))
        return RT_EIO;
    r->path = target_of(path);
    bool exists = stat(r->path, &st) == 0;
    int fd = -1;
    if (exists && S_ISDIR(st.st_mode))
        errno = EISDIR;
    else if (exists && !S_ISREG(st.st_mode)) /* /dev/stdout, a pipe */
        fd = open(r->path, O_WRONLY | O_CLOEXEC);
    else
        fd = open_temp(r, exists ? &st : NULL);
    if (fd < 0) {
        int code = rt_fail_errno(err, "%s: cannot write", path);
        forget(r);
        return code;
    }
    r->f = fdopen(fd, "wb");
    if (!r->f) {
        int code = rt_fail_errno(err, "%s: cannot write", path);
        close(fd);
        if (r->temp)
            unlink(r->temp);
        forget(r);
        return code;
    }
    return 0;
}

/* Not all file systems can sync a folder; those that cannot say EINVAL. */
int rt_file_sync_folder(const char *path)
{
    char *folder = folder_of(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd < 0 ? -1 : fsync(fd);
    if (status && errno == EINVAL)
        status = 0;
    if (fd >= 0) {
        int number = errno;
        close(fd);
        errno = number;
    }
    free(folder);
    return status;
}

int rt_file_replace_commit(struct rt_file_replace *r, struct rt_err *err)
{
    int code = 0;
    if (fflush(r->f) || (r->temp && fsync(fileno(r->f))))
        code = rt_fail_errno(err, "%s: cannot write", r->path);
    else if (ferror(r->f))
        code = rt_fail(err, RT_EIO, "%s: cannot write all of it", r->path);
    if (fclose(r->f) && !code)
        code = rt_fail_errno(err, "%s: cannot write", r->path);
    r->f = NULL;
    if (!code && r->temp) {
        if (rename(r->temp, r->path)) {
            code = rt_fail_errno(err, "%s: cannot replace", r->path);
        } else {
            if (rt_file_sync_folder(r->path))
                code =
                    rt_fail_errno(err, "%s: cannot sync its folder", r->path);
            free(r->temp);
            r->temp = NULL;
        }
    }
    if (code && r->temp)
        unlink(r->temp);
    forget(r);
    return code;
}

void rt_file_replace_abandon(struct rt_file_replace *r)
{
    if (r->f)
        fclose(r->f);
    if (r->temp)
        unlink(r->temp);
    forget(r);
}

int rt_file_write(const char *path, const void *data, size_t n,
                  struct rt_err *err)
{
    struct rt_file_replace r;
    int code = rt_file_replace_open(&r, path, err);
    if (code)
        return code;
    if (n && fwrite(data, 1, n, r.f) != n) {
        code = rt_fail_errno(err, "%s: cannot write", path);
        rt_file_replace_abandon(&r);
        return code;
    }
    return rt_file_replace_commit(&r, err);
}

/* ---- folders and paths --------------------------------------------------- */

bool rt_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int rt_dir_make(const char *path, struct rt_err *err)
{
    int code = rt_guard_write(path, err);
    char *p = rt_xstrdup(path);
    for (char *slash = p; slash && !code;) {
        slash = *slash ? strchr(slash + 1, '/') : NULL;
        if (slash)
            *slash = '\0';
        struct stat st;
        if (mkdir(p, 0777) && errno != EEXIST)
            code = rt_fail_errno(err, "%s: cannot make the folder", p);
        else if (stat(p, &st) || !S_ISDIR(st.st_mode))
            code = rt_fail(err, RT_EIO, "%s: is no folder", p);
        if (slash)
            *slash = '/';
    }
    free(p);
    return code;
}

/* $variable/retort, or the folder below the user's home. The specification of
 * XDG has a relative path ignored. */
static char *xdg_folder(const char *variable, const char *below_home)
{
    const char *dir = getenv(variable);
    if (dir && *dir == '/')
        return rt_path_join(dir, "retort");
    const char *home = getenv("HOME");
    if (!home || !*home) {
        const struct passwd *pw = getpwuid(getuid());
        home = pw ? pw->pw_dir : "/";
    }
    return rt_xprintf("%s/%s/retort", home, below_home);
}

char *rt_dir_data(void)
{
    const char *dir = getenv("RETORT_HOME");
    if (dir && *dir)
        return rt_xstrdup(dir);
    return xdg_folder("XDG_DATA_HOME", ".local/share");
}

char *rt_dir_config(void)
{
    return xdg_folder("XDG_CONFIG_HOME", ".config");
}

char *rt_dir_program(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0)
        return rt_xstrdup(".");
    path[n] = '\0';
    return folder_of(path);
}

char *rt_path_join(const char *dir, const char *name)
{
    size_t n = strlen(dir);
    if (!n || *name == '/')
        return rt_xstrdup(name);
    return rt_xprintf("%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

const char *rt_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *rt_path_ext(const char *path)
{
    const char *base = rt_path_base(path);
    const char *dot = strrchr(base, '.');
    return dot && dot > base ? dot + 1 : "";
}
