/* The walk over state, and its backend in memory. The path grows and shrinks
 * with enter and leave; a failure sticks in s->err, so that a walk needs no
 * check after each value. */
#include "train/state.h"
#include "base/map.h"
#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rt_state_init(struct rt_state *s, const struct rt_state_backend *to,
                   bool loading)
{
    memset(s, 0, sizeof *s);
    s->to = *to;
    s->loading = loading;
}

int rt_state_failed(const struct rt_state *s)
{
    return s->err.code;
}

/* Puts name behind the path; false if it does not fit. */
static bool append(struct rt_state *s, const char *name)
{
    size_t used = strlen(s->path), room = sizeof s->path - used;
    int n = snprintf(s->path + used, room, "%s%s", used ? "/" : "", name);
    if (n >= 0 && (size_t)n < room)
        return true;
    s->path[used] = '\0';
    rt_fail(&s->err, RT_EINVAL,
            "state: '%s' under '%s' makes a path of more "
            "than %zu bytes",
            name, s->path, sizeof s->path - 1);
    return false;
}

/* A group's name holds no slash: leave looks for the last one. Names of values
 * may (an output can be called a/b). */
void rt_state_enter(struct rt_state *s, const char *name)
{
    assert(!strchr(name, '/'));
    if (!s->err.code)
        append(s, name);
}

void rt_state_enter_i(struct rt_state *s, int i)
{
    char text[16];
    snprintf(text, sizeof text, "%d", i);
    rt_state_enter(s, text);
}

void rt_state_leave(struct rt_state *s)
{
    if (s->err.code)
        return;
    char *slash = strrchr(s->path, '/');
    *(slash ? slash : s->path) = '\0';
}

long rt_state_count(struct rt_state *s, const char *name)
{
    size_t used = strlen(s->path);
    if (s->err.code || !append(s, name))
        return -1;
    long n = s->to.count(s->to.ctx, s->path);
    s->path[used] = '\0';
    return n;
}

static void value(struct rt_state *s, const char *name, enum rt_state_type type,
                  void *v, size_t n)
{
    size_t used = strlen(s->path);
    if (s->err.code || !append(s, name))
        return;
    int code = s->loading ? s->to.get(s->to.ctx, s->path, type, v, n, &s->err)
                          : s->to.put(s->to.ctx, s->path, type, v, n, &s->err);
    if (code && !s->err.code)
        rt_fail(&s->err, code, "state: '%s' failed", s->path);
    s->path[used] = '\0';
}

void rt_state_f32(struct rt_state *s, const char *name, float *v, size_t n)
{
    value(s, name, RT_STATE_F32, v, n);
}

void rt_state_f64(struct rt_state *s, const char *name, double *v, size_t n)
{
    value(s, name, RT_STATE_F64, v, n);
}

void rt_state_i64s(struct rt_state *s, const char *name, int64_t *v, size_t n)
{
    value(s, name, RT_STATE_I64, v, n);
}

void rt_state_i64(struct rt_state *s, const char *name, int64_t *v)
{
    rt_state_i64s(s, name, v, 1);
}

void rt_state_int(struct rt_state *s, const char *name, int *v)
{
    int64_t wide = *v;
    rt_state_i64(s, name, &wide);
    if (s->loading && !s->err.code)
        *v = (int)wide;
}

void rt_state_bool(struct rt_state *s, const char *name, bool *v)
{
    int64_t wide = *v;
    rt_state_i64(s, name, &wide);
    if (s->loading && !s->err.code)
        *v = wide != 0;
}

void rt_state_number(struct rt_state *s, const char *name, double *v)
{
    rt_state_f64(s, name, v, 1);
}

/* NULL is told by absence: nothing is stored under the name. */
void rt_state_text(struct rt_state *s, const char *name, char **v)
{
    if (!s->loading) {
        if (*v)
            value(s, name, RT_STATE_TEXT, *v, strlen(*v));
        return;
    }
    long n = rt_state_count(s, name);
    char *text = NULL;
    if (s->err.code)
        return;
    if (n >= 0) {
        text = rt_try_alloc((size_t)n + 1, 1, name, &s->err);
        if (!text)
            return;
        value(s, name, RT_STATE_TEXT, text, (size_t)n);
        text[n] = '\0';
        if (s->err.code) {
            free(text);
            return;
        }
    }
    free(*v);
    *v = text;
}

void rt_state_same(struct rt_state *s, const char *name, int64_t v)
{
    int64_t saved = v;
    rt_state_i64(s, name, &saved);
    if (!s->err.code && saved != v)
        rt_fail(&s->err, RT_ESTATE,
                "%s%s%s: %" PRId64 " saved, %" PRId64 " here", s->path,
                *s->path ? "/" : "", name, saved, v);
}

/* ---- memory -------------------------------------------------------------- */

struct blob {
    int64_t walk; /* in which it was put */
    enum rt_state_type type;
    size_t n;
    char bytes[]; /* n values */
};
struct rt_state_memory {
    struct rt_map map; /* path -> struct blob, owned */
    int64_t walk;      /* what was put in another one is gone */
};

static size_t width(enum rt_state_type type)
{
    switch (type) {
    case RT_STATE_F32:
        return sizeof(float);
    case RT_STATE_F64:
        return sizeof(double);
    case RT_STATE_I64:
        return sizeof(int64_t);
    case RT_STATE_TEXT:
        break;
    }
    return 1;
}

struct rt_state_memory *rt_state_memory_new(void)
{
    return rt_xcalloc(1, sizeof(struct rt_state_memory));
}

void rt_state_memory_free(struct rt_state_memory *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->map.n; i++)
        free(m->map.v[i].value);
    rt_map_release(&m->map);
    free(m);
}

static int put(void *ctx, const char *path, enum rt_state_type type,
               const void *v, size_t n, struct rt_err *err)
{
    struct rt_state_memory *m = ctx;
    size_t bytes = n * width(type);
    struct blob *b = rt_map_get(&m->map, path);
    if (!b || b->type != type || b->n != n) {
        b = rt_try_alloc(sizeof *b + bytes, 1, path, err);
        if (!b)
            return RT_ENOMEM;
        b->type = type;
        b->n = n;
        free(rt_map_set(&m->map, path, b));
    }
    b->walk = m->walk;
    if (bytes)
        memcpy(b->bytes, v, bytes);
    return 0;
}

static const struct blob *find(const struct rt_state_memory *m,
                               const char *path)
{
    const struct blob *b = rt_map_get(&m->map, path);
    return b && b->walk == m->walk ? b : NULL;
}

static int get(void *ctx, const char *path, enum rt_state_type type, void *v,
               size_t n, struct rt_err *err)
{
    const struct blob *b = find(ctx, path);
    if (!b)
        return rt_fail(err, RT_ENOENT, "state: '%s' was not saved", path);
    if (b->type != type || b->n != n)
        return rt_fail(err, RT_EFORMAT,
                       "state: '%s' holds %zu values of kind %d, want %zu of "
                       "kind %d",
                       path, b->n, (int)b->type, n, (int)type);
    if (n)
        memcpy(v, b->bytes, n * width(type));
    return 0;
}

static long count(void *ctx, const char *path)
{
    const struct blob *b = find(ctx, path);
    return b ? (long)b->n : -1;
}

struct rt_state_backend rt_state_memory_backend(struct rt_state_memory *m)
{
    return (struct rt_state_backend){ m, put, get, count };
}

void rt_state_memory_again(struct rt_state_memory *m)
{
    m->walk++;
}

int rt_state_memory_n(const struct rt_state_memory *m)
{
    return m->map.n;
}

const void *rt_state_memory_at(const struct rt_state_memory *m, int i,
                               const char **path, enum rt_state_type *type,
                               size_t *n)
{
    const struct blob *b = m->map.v[i].value;
    *path = m->map.v[i].key;
    *type = b->type;
    *n = b->n;
    return b->walk == m->walk ? b->bytes : NULL;
}
