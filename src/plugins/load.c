/* The plugin loader. A record comes from a stranger, perhaps built against
 * another version of plugin.h: what this program goes on with is always a copy
 * of its own, of full size, the part that is not there zeroed. So nobody else
 * has to ask for sizes.
 *
 * A file that was rebuilt is a new file to us: dlopen knows files by name
 * first, so the new one is opened under a name spelt otherwise (a /./ more).
 * What was opened before stays, for those who use it. */
#include "plugins/load.h"

#include "base/guard.h"
#include "base/crash.h"
#include "base/file.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>

#define NAME_MAX_BYTES 64
#define OPTS_MAX       256
/* Beyond these a size is not meant, but read from something else. */
#define RECORD_MAX (64 << 10)
#define ARGS_MAX   (1 << 20)
#define STATE_MAX  (1 << 30)

/* What every plugin of ABI 1 has; hooks may be missing, options as in 1.0. */
#define RECORD_MIN offsetof(struct rt_plugin, on_train_begin)
#define OPT_MIN    (offsetof(struct rt_opt, offset) + sizeof(size_t))

struct loaded {
    char *name, *file;
    void *handle;
    struct stat st; /* of the file when it was opened */
    struct rt_plugin record;
    struct rt_opt *opts;
};
/* Entries are never freed: runs and attachments point to them. The lock is held
 * through the opening of a file, lest one is opened twice. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static RT_VEC(struct loaded *) all; /* guarded by lock */

/* ---- checks -------------------------------------------------------------- */

static bool is_name(const char *s)
{
    size_t n = strnlen(s, NAME_MAX_BYTES);
    if (n == 0 || n == NAME_MAX_BYTES || (*s >= '0' && *s <= '9'))
        return false;
    return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/* What stands at the head of a record and is there in every version. */
static int check_head(const struct rt_plugin *p, struct rt_err *err)
{
    unsigned major = p->abi >> 16, minor = p->abi & 0xffff;
    if (major != RT_ABI_MAJOR)
        return rt_fail(err, RT_EPLUGIN,
                       "built for plugin interface %u.%u, want %d.x; build "
                       "it again with this retort's <retort/plugin.h>",
                       major, minor, RT_ABI_MAJOR);
    if (p->size < RECORD_MIN || p->size > RECORD_MAX)
        return rt_fail(err, RT_EPLUGIN,
                       "its record says it has %zu bytes, want %zu or more; "
                       "does it begin with RT_PLUGIN_HEAD?",
                       p->size, RECORD_MIN);
    if (p->opt_size < OPT_MIN || p->opt_size > RECORD_MAX ||
        p->opt_size % _Alignof(struct rt_opt))
        return rt_fail(err, RT_EPLUGIN,
                       "its record says an option has %zu bytes, want %zu or "
                       "more; does it begin with RT_PLUGIN_HEAD?",
                       p->opt_size, OPT_MIN);
    return 0;
}

static int check_record(const struct rt_plugin *p, const char *id,
                        struct rt_err *err)
{
    if (!p->name || !p->help)
        return rt_fail(err, RT_EPLUGIN, "its record has no .%s",
                       p->name ? "help" : "name");
    if (strcmp(p->name, id))
        return rt_fail(err, RT_EPLUGIN,
                       "its .name is '%.64s', want '%s' as in RT_PLUGIN(%s)",
                       p->name, id, id);
    if (p->args_size > ARGS_MAX || p->state_size > STATE_MAX)
        return rt_fail(err, RT_EPLUGIN, "its .%s is %zu bytes, want %d or less",
                       p->args_size > ARGS_MAX ? "args_size" : "state_size",
                       p->args_size > ARGS_MAX ? p->args_size : p->state_size,
                       p->args_size > ARGS_MAX ? ARGS_MAX : STATE_MAX);
    return 0;
}

/* The options as an array of our own struct rt_opt. */
static int copy_opts(struct loaded *l, struct rt_err *err)
{
    const char *from = (const char *)l->record.opts;
    size_t stride = l->record.opt_size, n = 0;
    size_t known = stride < sizeof *l->opts ? stride : sizeof *l->opts;
    if (!from)
        return 0;
    l->opts = rt_xcalloc(OPTS_MAX + 1, sizeof *l->opts);
    for (;; n++) {
        memcpy(&l->opts[n], from + n * stride, known);
        if (!l->opts[n].name)
            break;
        if (n == OPTS_MAX)
            return rt_fail(err, RT_EPLUGIN,
                           "it has more than %d options; do they end with "
                           "RT_OPT_END?",
                           OPTS_MAX);
        if (!l->opts[n].help)
            return rt_fail(err, RT_EPLUGIN, "option '%.64s' has no .help",
                           l->opts[n].name);
    }
    if (rt_opts_check(l->opts, sizeof *l->opts, l->record.args_size, err))
        return RT_EPLUGIN;
    l->opts = rt_xrealloc(l->opts, (n + 1) * sizeof *l->opts);
    l->record.opts = l->opts;
    l->record.opt_size = sizeof *l->opts;
    return 0;
}

/* ---- opening ------------------------------------------------------------- */

/* dlerror begins with the file, as our sentence does. */
static const char *why(const char *path)
{
    const char *text = dlerror();
    size_t n = strlen(path);
    if (!text)
        return "cannot be opened";
    if (!strncmp(text, path, n) && !strncmp(text + n, ": ", 2))
        return text + n + 2;
    return text;
}

static const struct rt_plugin *find_record(void *handle, const char **id,
                                           struct rt_err *err)
{
    char symbol[NAME_MAX_BYTES + 16];
    *id = dlsym(handle, "rt_plugin_id");
    if (!*id) {
        rt_fail(err, RT_EPLUGIN,
                "no symbol rt_plugin_id, want a shared object with one "
                "RT_PLUGIN(name) = { ... };");
        return NULL;
    }
    if (!is_name(*id)) {
        rt_fail(err, RT_EPLUGIN,
                "RT_PLUGIN(%.64s) is no name, want small letters, digits "
                "and _",
                *id);
        return NULL;
    }
    snprintf(symbol, sizeof symbol, "rt_plugin_%s", *id);
    const struct rt_plugin *p = dlsym(handle, symbol);
    if (!p)
        rt_fail(err, RT_EPLUGIN, "no symbol %s, though rt_plugin_id names it",
                symbol);
    return p;
}

static int take_record(struct loaded *l, const char *as, struct rt_err *err)
{
    const char *id;
    const struct rt_plugin *p = find_record(l->handle, &id, err);
    if (!p || check_head(p, err))
        return RT_EPLUGIN;
    memcpy(&l->record, p,
           p->size < sizeof l->record ? p->size : sizeof l->record);
    if (check_record(&l->record, id, err) || copy_opts(l, err))
        return RT_EPLUGIN;
    l->name = rt_xstrdup(as ? as : id);
    l->record.name = l->name;
    l->record.size = sizeof l->record;
    return 0;
}

/* Closed, so that the file can be tried again when it was mended. */
static void discard(struct loaded *l)
{
    if (l->handle)
        dlclose(l->handle);
    free(l->opts);
    free(l->name);
    free(l->file);
    free(l);
}

/* The path under which dlopen has not seen the file yet. */
static char *spell(const char *path)
{
    struct rt_str b = RT_STR_INIT;
    const char *base = rt_path_base(path);
    rt_str_addn(&b, path, (size_t)(base - path));
    for (int i = 0; i < all.n; i++)
        if (!strcmp(all.v[i]->file, path))
            rt_str_add(&b, "./");
    rt_str_add(&b, base);
    return rt_str_take(&b);
}

static struct loaded *open_file(const char *path, const struct stat *st,
                                const char *as, struct rt_err *err)
{
    char *spelt = spell(path);
    struct loaded *l = rt_xcalloc(1, sizeof *l);
    l->file = rt_xstrdup(path);
    l->st = *st;
    rt_crash_guest(l->file);
    l->handle = dlopen(spelt, RTLD_NOW | RTLD_LOCAL);
    rt_crash_guest(NULL);
    if (!l->handle)
        rt_fail(err, RT_EPLUGIN, "%s", why(spelt));
    free(spelt);
    if (l->handle && !take_record(l, as, err))
        return l;
    rt_err_within(err, "plugin %s", path);
    discard(l);
    return NULL;
}

static struct loaded *by_name(const char *name)
{
    for (int i = all.n - 1; i >= 0; i--)
        if (!strcmp(all.v[i]->name, name))
            return all.v[i];
    return NULL;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool unchanged(const struct stat *a, const struct stat *b)
{
    return same_inode(a, b) && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* One that was opened from this very file, under the name if one is given. */
static struct loaded *by_file(const struct stat *st, const char *as)
{
    for (int i = all.n - 1; i >= 0; i--)
        if (same_inode(&all.v[i]->st, st) &&
            (!as || !strcmp(as, all.v[i]->name)))
            return all.v[i];
    return NULL;
}

static RT_VEC(char *) trusted; /* folders; real paths */
static bool trusts_some;       /* only those */

static int check_trust(const char *path, struct rt_err *err)
{
    const char *root = rt_guard_root();
    size_t n = root ? strlen(root) : 0;
    for (int i = 0; i < trusted.n && trusts_some; i++) {
        size_t len = strlen(trusted.v[i]);
        bool below = root && !strncmp(path, root, n) && path[n] == '/';
        if (!below && !strncmp(path, trusted.v[i], len) && path[len] == '/' &&
            !strchr(path + len + 1, '/'))
            return 0;
    }
    return trusts_some ? rt_fail(err, RT_EPLUGIN,
                                 "plugin %s: --safe allows only those of the "
                                 "search path, outside of the project",
                                 path)
                       : 0;
}

static const struct rt_plugin *load_path(const char *path, const char *as,
                                         struct rt_err *err)
{
    struct stat st;
    if (check_trust(path, err))
        return NULL;
    if (stat(path, &st)) {
        rt_fail_errno(err, "plugin %s", path);
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) {
        rt_fail(err, RT_EPLUGIN, "plugin %s: not a file", path);
        return NULL;
    }
    struct loaded *old = by_file(&st, as);
    if (old && unchanged(&old->st, &st))
        return &old->record;
    if (old || ((old = by_file(&st, NULL)) && !unchanged(&old->st, &st))) {
        rt_fail(err, RT_EEXIST,
                "plugin %s: was written over while it is in use as '%s'; "
                "build it as a new file (cc -o does), then load it again",
                path, old->name);
        return NULL;
    }
    struct loaded *l = open_file(path, &st, as, err);
    if (!l)
        return NULL;
    old = by_name(l->name);
    if (old && strcmp(old->file, l->file)) {
        rt_fail(err, RT_EEXIST,
                "plugin %s: the name '%s' is that of %s; load it under "
                "another (as NAME)",
                path, l->name, old->file);
        discard(l);
        return NULL;
    }
    rt_vec_push(&all, l);
    return &l->record;
}

static const struct rt_plugin *load(const char *file, const char *as,
                                    struct rt_err *err)
{
    if (as && !is_name(as)) {
        rt_fail(err, RT_EINVAL,
                "plugin: '%s' is no name, want small letters, digits and _",
                as);
        return NULL;
    }
    char *path = realpath(file, NULL);
    if (!path) {
        if (errno == ENOENT)
            rt_fail(err, RT_ENOENT, "plugin %s: no such file", file);
        else
            rt_fail_errno(err, "plugin %s", file);
        return NULL;
    }
    const struct rt_plugin *p = load_path(path, as, err);
    free(path);
    return p;
}

/* ---- the search path ----------------------------------------------------- */

/* Calls look(dir, ctx) for each folder until it says true. */
static bool each_folder(bool (*look)(const char *dir, void *ctx), void *ctx)
{
    const char *path = getenv("RETORT_PLUGIN_PATH");
    char *data = rt_dir_data(), *program = rt_dir_program();
    char *dirs[] = {
        rt_path_join(data, "plugins"),
        rt_path_join(program, "plugins/.libs"),
        rt_path_join(program, "../lib/retort"),
    };
    bool found = false;
    while (path && *path && !found) {
        size_t n = strcspn(path, ":");
        char *dir = rt_xstrndup(path, n);
        found = n > 0 && look(dir, ctx);
        free(dir);
        path += n + (path[n] == ':');
    }
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        if (!found)
            found = look(dirs[i], ctx);
        free(dirs[i]);
    }
    free(program);
    free(data);
    return found;
}

static bool trust(const char *dir, void *ctx)
{
    char *real = realpath(dir, NULL);
    (void)ctx;
    if (real)
        rt_vec_push(&trusted, real);
    return false;
}

void rt_plugin_trust(void)
{
    trusts_some = true;
    each_folder(trust, NULL);
}

struct names {
    RT_VEC(char *) v;
};

static bool add_folder(const char *dir, void *ctx)
{
    struct names *names = ctx;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n < 4 || strcmp(e->d_name + n - 3, ".so"))
            continue;
        char *name = rt_xstrndup(e->d_name, n - 3);
        if (is_name(name))
            rt_vec_push(&names->v, name);
        else
            free(name);
    }
    if (d)
        closedir(d);
    return false;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted names into one block, each once. */
static char **pack(char **v, int n)
{
    size_t bytes = ((size_t)n + 1) * sizeof *v;
    for (int i = 0; i < n; i++)
        bytes += strlen(v[i]) + 1;
    char **out = rt_xcalloc(1, bytes);
    char *to = (char *)(out + n + 1);
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (!kept || strcmp(out[kept - 1], v[i])) {
            out[kept++] = strcpy(to, v[i]);
            to += strlen(to) + 1;
        }
    return out;
}

static char **list_names(void)
{
    struct names names = { 0 };
    each_folder(add_folder, &names);
    for (int i = 0; i < all.n; i++)
        rt_vec_push(&names.v, rt_xstrdup(all.v[i]->name));
    if (names.v.n)
        qsort(names.v.v, (size_t)names.v.n, sizeof *names.v.v, compare);
    char **out = pack(names.v.v, names.v.n);
    for (int i = 0; i < names.v.n; i++)
        free(names.v.v[i]);
    rt_vec_release(&names.v);
    return out;
}

struct hunt {
    const char *name;
    char *file;
};

static bool has_file(const char *dir, void *ctx)
{
    struct hunt *h = ctx;
    char *path = rt_xprintf("%s/%s.so", dir, h->name);
    struct stat st;
    if (!stat(path, &st) && S_ISREG(st.st_mode))
        h->file = path;
    else
        free(path);
    return h->file != NULL;
}

static void no_such(const char *name, struct rt_err *err)
{
    char **names = list_names();
    rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_list, names,
                    "no callback '%s'", name);
    free(names);
}

static const struct rt_plugin *find(const char *name, struct rt_err *err)
{
    struct loaded *l = by_name(name);
    if (l)
        return &l->record;
    struct hunt h = { .name = name };
    if (!is_name(name) || !each_folder(has_file, &h)) {
        no_such(name, err);
        return NULL;
    }
    const struct rt_plugin *p = load(h.file, NULL, err);
    if (p && strcmp(p->name, name)) {
        rt_fail(err, RT_EPLUGIN,
                "plugin %s: holds '%s', want '%s' as the file is named", h.file,
                p->name, name);
        p = NULL;
    }
    free(h.file);
    return p;
}

/* ---- from any thread ----------------------------------------------------- */

const struct rt_plugin *rt_plugin_load(const char *file, const char *as,
                                       struct rt_err *err)
{
    pthread_mutex_lock(&lock);
    const struct rt_plugin *p = load(file, as, err);
    pthread_mutex_unlock(&lock);
    return p;
}

const struct rt_plugin *rt_plugin_find(const char *name, struct rt_err *err)
{
    pthread_mutex_lock(&lock);
    const struct rt_plugin *p = find(name, err);
    pthread_mutex_unlock(&lock);
    return p;
}

char **rt_plugin_names(void)
{
    pthread_mutex_lock(&lock);
    char **names = list_names();
    pthread_mutex_unlock(&lock);
    return names;
}

bool rt_plugin_loaded(int i, struct rt_plugin_info *out)
{
    pthread_mutex_lock(&lock);
    const struct loaded *l = i >= 0 && i < all.n ? all.v[i] : NULL;
    pthread_mutex_unlock(&lock);
    if (!l)
        return false;
    *out = (struct rt_plugin_info){
        .name = l->name,
        .file = l->file,
        .plugin = &l->record,
    };
    return true;
}
