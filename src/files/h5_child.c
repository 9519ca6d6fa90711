/* The child that reads a stranger's HDF5 file, and its parent. */
#include "files/h5_child.h"

#include "base/mem.h"
#include "base/spawn.h"
#include "files/h5.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char private_word[] = "--read-hdf5";

/* The stream: MAGIC, then items, each led by its tag, then END or FAILED. */
enum { MAGIC = 0x35687472, ITEM = 1, END, FAILED };

/* What a file of n bytes may become in memory. Compressed weights shrink to a
 * half, hardly ever to a tenth. */
static size_t most_bytes(size_t n)
{
    return (n < SIZE_MAX / 32 ? 16 * n : SIZE_MAX / 2) + (64 << 20);
}

/* ---- the child: sending -------------------------------------------------- */

struct sink {
    FILE *f;
    uint32_t n_items;
};

static void put(struct sink *s, const void *v, size_t n)
{
    fwrite(v, 1, n, s->f);
}

static void put_u32(struct sink *s, size_t v)
{
    uint32_t u = (uint32_t)v;
    put(s, &u, sizeof u);
}

static void put_text(struct sink *s, const char *text)
{
    put_u32(s, strlen(text));
    put(s, text, strlen(text));
}

enum { NOTHING, TEXTS, NUMBERS }; /* what an attribute holds */

static void put_attr(struct sink *s, const struct rt_h5_attr *a)
{
    put_text(s, a->name);
    put_u32(s, a->text ? TEXTS : a->number ? NUMBERS : NOTHING);
    put_u32(s, a->scalar);
    put_u32(s, (size_t)a->n);
    for (int i = 0; a->text && i < a->n; i++)
        put_text(s, a->text[i]);
    if (a->number)
        put(s, a->number, (size_t)a->n * sizeof *a->number);
}

static int put_item(struct rt_h5_item *item, void *arg, struct rt_err *err)
{
    struct sink *s = arg;
    put_u32(s, ITEM);
    put_text(s, item->path);
    put_u32(s, item->type);
    put_u32(s, (size_t)item->shape.rank);
    for (int i = 0; i < item->shape.rank; i++)
        put_u32(s, (size_t)item->shape.dim[i]);
    put_u32(s, (size_t)item->n_attrs);
    for (int i = 0; i < item->n_attrs; i++)
        put_attr(s, &item->attrs[i]);
    put_u32(s, item->f || item->i);
    if (item->f)
        put(s, item->f, item->n * sizeof *item->f);
    else if (item->i)
        put(s, item->i, item->n * sizeof *item->i);
    put(s, &item->one, sizeof item->one);
    s->n_items++;
    if (fflush(s->f))
        return rt_fail(err, RT_EIO, "nobody listens");
    return 0;
}

/* more: what the hard limit lies above the soft one. */
static void set_limit(int what, rlim_t most, rlim_t more)
{
    struct rlimit r = { most, most + more };
    setrlimit((__rlimit_resource_t)what, &r);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SHADOWED 1 /* a sanitizer maps terabytes: no limit can be set */
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHADOWED 1
#endif

/* Beyond what the program takes by itself, twice the numbers of the file. */
static void limit_memory(size_t most)
{
#ifndef SHADOWED
    size_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%zu", &pages) == 1)
        set_limit(RLIMIT_AS,
                  pages * (size_t)sysconf(_SC_PAGESIZE) + (size_t)(64 << 20) +
                      most,
                  0);
    if (f)
        fclose(f);
#else
    (void)most;
#endif
}

bool rt_h5_child_asked(int argc, char **argv)
{
    return argc == 4 && !strcmp(argv[1], private_word);
}

/* OpenBLAS begins a thread before main, whose memory would run into the limit,
 * unless it is told not to: by the parent, or here, where somebody else started
 * it, by beginning anew. */
static void without_threads(char **argv)
{
    const char *told = getenv("OPENBLAS_NUM_THREADS");
    if (told && !strcmp(told, "1"))
        return;
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    execv("/proc/self/exe", argv);
}

int rt_h5_child_main(char **argv)
{
    without_threads(argv);
    struct rt_err err = RT_ERR_INIT;
    struct stat st;
    struct sink s = { .f = fdopen(STDOUT_FILENO, "w") };
    bool values = !strcmp(argv[2], "values");
    if (!s.f || stat(argv[3], &st))
        _exit(1);
    size_t n = (size_t)st.st_size, most = most_bytes(n);
    limit_memory(most);
    /* seconds; where both limits are one the kernel sends SIGKILL, not SIGXCPU,
     * and say_end could not tell */
    set_limit(RLIMIT_CPU, 3 + n / (16 << 20), 2);
    set_limit(RLIMIT_CORE, 0, 0);
    set_limit(RLIMIT_FSIZE, 0, 0);
    put_u32(&s, MAGIC);
    if (rt_h5_scan(argv[3], values, most, put_item, &s, &err)) {
        put_u32(&s, FAILED);
        put_u32(&s, (size_t)-err.code);
        put_text(&s, err.text);
    } else {
        put_u32(&s, END);
        put_u32(&s, s.n_items);
    }
    /* without what libhdf5 would do at exit after a damaged file */
    _exit(fflush(s.f) ? 1 : 0);
}

/* ---- the parent: receiving ----------------------------------------------- */

enum { SILENCE_MS = 30000, NAME_MOST = 4096, MANY = 1 << 20 };

struct source {
    int fd;
    size_t left; /* bytes that may still be asked for */
    struct rt_err *err;
    const char *last; /* path of the last item, for errors */
    bool gone;        /* the child ended in the middle ... */
    bool silent;      /* ... or did not, and said nothing more */
};

static int nonsense(struct source *s)
{
    return rt_fail(s->err, RT_EFORMAT, "damaged: its reader says nonsense");
}

static int get(struct source *s, void *to, size_t n)
{
    char *at = to;
    while (n) {
        struct pollfd p = { .fd = s->fd, .events = POLLIN };
        int ready = poll(&p, 1, SILENCE_MS);
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t got = ready > 0 ? read(s->fd, at, n) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            s->silent = ready == 0;
            s->gone = !s->silent;
            return rt_fail(s->err, RT_EFORMAT, "damaged: %s",
                           ready == 0 ? "its reader fell silent"
                                      : "its reader ended early");
        }
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

static int get_u32(struct source *s, uint32_t most, uint32_t *v)
{
    int status = get(s, v, sizeof *v);
    return !status && *v > most ? nonsense(s) : status;
}

/* n * size zeroed bytes for something that the stream says follows. */
static void *room(struct source *s, size_t n, size_t size)
{
    if (n > s->left / size) {
        nonsense(s);
        return NULL;
    }
    s->left -= n * size;
    return rt_try_alloc(n + 1, size, "what the file holds", s->err);
}

static char *get_text(struct source *s, size_t most)
{
    uint32_t n;
    if (get_u32(s, (uint32_t)most, &n))
        return NULL;
    char *text = room(s, n, 1);
    if (text && (get(s, text, n) || strlen(text) != n)) {
        if (!s->gone && !s->silent)
            nonsense(s);
        free(text);
        text = NULL;
    }
    return text;
}

static int get_attr(struct source *s, struct rt_h5_attr *a)
{
    uint32_t kind, scalar, n;
    a->name = get_text(s, NAME_MOST);
    if (!a->name || get_u32(s, NUMBERS, &kind) || get_u32(s, 1, &scalar) ||
        get_u32(s, INT_MAX / 16, &n))
        return RT_EFORMAT;
    a->scalar = scalar;
    if (kind == TEXTS) {
        a->text = room(s, n, sizeof *a->text);
        if (!a->text)
            return RT_EFORMAT;
    } else if (kind == NUMBERS) {
        a->number = room(s, n, sizeof *a->number);
        if (!a->number || get(s, a->number, n * sizeof *a->number))
            return RT_EFORMAT;
    }
    /* counted as they arrive: what is freed later is what is there */
    while (a->text && (uint32_t)a->n < n) {
        a->text[a->n] = get_text(s, INT_MAX);
        if (!a->text[a->n])
            return RT_EFORMAT;
        a->n++;
    }
    a->n = (int)n;
    return 0;
}

static int get_shape(struct source *s, struct rt_h5_item *item)
{
    uint32_t rank, dim;
    size_t n = 1;
    if (get_u32(s, RT_RANK_MAX, &rank))
        return RT_EFORMAT;
    for (uint32_t i = 0; i < rank; i++) {
        if (get_u32(s, INT_MAX, &dim))
            return RT_EFORMAT;
        item->shape.dim[item->shape.rank++] = (int)dim;
        if (dim && n > SIZE_MAX / 16 / dim)
            return nonsense(s);
        n *= dim;
    }
    item->n = n;
    return 0;
}

static int get_values(struct source *s, struct rt_h5_item *item)
{
    uint32_t there;
    if (get_u32(s, 1, &there))
        return RT_EFORMAT;
    if (!there)
        return 0;
    if (item->type == RT_H5_FLOATS) {
        item->f = room(s, item->n, sizeof *item->f);
        return item->f ? get(s, item->f, item->n * sizeof *item->f) : RT_ENOMEM;
    }
    if (item->type != RT_H5_INTS)
        return nonsense(s);
    item->i = room(s, item->n, sizeof *item->i);
    return item->i ? get(s, item->i, item->n * sizeof *item->i) : RT_ENOMEM;
}

static int get_item(struct source *s, struct rt_h5_item *item)
{
    uint32_t type, n_attrs;
    item->path = get_text(s, NAME_MOST);
    if (!item->path || get_u32(s, RT_H5_OTHER, &type))
        return RT_EFORMAT;
    item->type = (enum rt_h5_type)type;
    if (get_shape(s, item) || get_u32(s, MANY, &n_attrs))
        return RT_EFORMAT;
    item->attrs = room(s, n_attrs, sizeof *item->attrs);
    if (!item->attrs)
        return RT_ENOMEM;
    for (uint32_t i = 0; i < n_attrs; i++)
        if (get_attr(s, &item->attrs[item->n_attrs++]))
            return RT_EFORMAT;
    if (get_values(s, item))
        return s->err->code;
    return get(s, &item->one, sizeof item->one);
}

/* What the child itself found wrong. */
static int get_failure(struct source *s)
{
    uint32_t code;
    char *text;
    if (get_u32(s, 64, &code) || !(text = get_text(s, NAME_MOST)))
        return RT_EFORMAT;
    rt_fail(s->err, code ? -(int)code : RT_EFORMAT, "%s", text);
    free(text);
    return s->err->code;
}

static int get_tree(struct source *s, struct rt_h5_tree *out)
{
    uint32_t magic = 0, tag = ITEM, n;
    if (get(s, &magic, sizeof magic))
        return RT_EFORMAT;
    if (magic != MAGIC)
        return nonsense(s);
    while (!get_u32(s, FAILED, &tag) && tag == ITEM) {
        struct rt_h5_item item = { 0 };
        if (get_item(s, &item)) {
            rt_h5_item_release(&item);
            return s->err->code;
        }
        if (rt_h5_tree_add(out, &item, s->err))
            return RT_EFORMAT;
        s->last = out->items[out->n - 1]->path;
    }
    if (s->gone || s->silent)
        return RT_EFORMAT;
    if (tag == FAILED)
        return get_failure(s);
    if (tag != END)
        return nonsense(s);
    if (get_u32(s, UINT32_MAX, &n))
        return RT_EFORMAT;
    return n == (uint32_t)out->n ? 0 : nonsense(s);
}

/* ---- the parent: the process --------------------------------------------- */

/* Set in the child: it reads itself and starts no other. A program that forgot
 * rt_h5_child_asked would otherwise start itself for ever. */
static const char mark[] = "RETORT_READS_HDF5";

/* Without a thread of OpenBLAS' (without_threads). */
static pid_t spawn(const char *file, bool values, int to, struct rt_err *err)
{
    posix_spawn_file_actions_t acts;
    pid_t pid = -1;
    const char *words[] = { "retort", private_word, values ? "values" : "names",
                            file, NULL };
    static const char *const set[] = { "OPENBLAS_NUM_THREADS=1",
                                       "RETORT_READS_HDF5=1", NULL };
    posix_spawn_file_actions_init(&acts);
    posix_spawn_file_actions_adddup2(&acts, to, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&acts, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    int rc = rt_spawn(&pid, "/proc/self/exe", words, set, &acts);
    posix_spawn_file_actions_destroy(&acts);
    if (rc) {
        errno = rc;
        rt_fail_errno(err, "a process to read it");
        return -1;
    }
    return pid;
}

/* Waits for a child that has closed its end, or is to be killed. */
static int reap(pid_t pid, bool kill_it)
{
    int how = 0;
    if (kill_it)
        kill(pid, SIGKILL);
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
        continue;
    return how;
}

/* How the child ended, where it did not say it itself. */
static void say_end(const struct source *s, int how, struct rt_err *err)
{
    struct rt_str last = RT_STR_INIT;
    if (s->last)
        rt_str_addf(&last, " after '%s'", *s->last ? s->last : "/");
    if (WIFSIGNALED(how) && WTERMSIG(how) == SIGXCPU)
        rt_fail(err, RT_EFORMAT, "damaged: its reader ran out of time%s",
                rt_str_c(&last));
    else if (WIFSIGNALED(how) && WTERMSIG(how) != SIGKILL)
        rt_fail(err, RT_EFORMAT, "damaged: its reader died (%s)%s",
                strsignal(WTERMSIG(how)), rt_str_c(&last));
    rt_str_release(&last);
}

static int read_all(const char *file, bool values, size_t size,
                    struct rt_h5_tree *out, struct rt_err *err)
{
    int ends[2];
    struct source s = { .left = 2 * most_bytes(size), .err = err };
    if (pipe2(ends, O_CLOEXEC))
        return rt_fail_errno(err, "a pipe");
    fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
    pid_t pid = spawn(file, values, ends[1], err);
    close(ends[1]);
    s.fd = ends[0];
    int status = pid < 0 ? RT_EIO : get_tree(&s, out);
    close(ends[0]);
    int how = pid < 0 ? 0 : reap(pid, status != 0 && !s.gone);
    if (s.gone)
        say_end(&s, how, err);
    return status;
}

/* ---- the file ------------------------------------------------------------ */

/* The first bytes of an HDF5 file; a user block of 512, 1024, ... may stand
 * before. */
static bool has_signature(int fd, off_t size)
{
    static const char want[8] = "\211HDF\r\n\032\n";
    char found[8];
    for (off_t at = 0; at + 8 <= size && at <= 1 << 20; at = at ? 2 * at : 512)
        if (pread(fd, found, 8, at) == 8 && !memcmp(found, want, 8))
            return true;
    return false;
}

static int look(const char *file, size_t *size, struct rt_err *err)
{
    struct stat st;
    /* not blocking: it may be a pipe that nobody writes to */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st)) {
        rt_fail_errno(err, "%s", file);
        if (fd >= 0)
            close(fd);
        return err->code;
    }
    int status = 0;
    if (!S_ISREG(st.st_mode))
        status = rt_fail(err, RT_EFORMAT, "%s: is not a regular file", file);
    else if (!has_signature(fd, st.st_size))
        status = rt_fail(err, RT_EFORMAT, "%s: is not an HDF5 file", file);
    close(fd);
    *size = (size_t)st.st_size;
    return status;
}

int rt_h5_read(const char *file, bool values, struct rt_h5_tree *out,
               struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    size_t size = 0;
    err = err ? err : &own;
    *out = (struct rt_h5_tree)RT_H5_TREE_INIT;
    if (getenv(mark))
        return rt_fail(err, RT_ESTATE,
                       "%s: this program does not read HDF5 files", file);
    if (look(file, &size, err))
        return err->code;
    int status = read_all(file, values, size, out, err);
    if (!status)
        return 0;
    rt_h5_tree_free(out);
    return rt_err_within(err, "%s", file);
}
