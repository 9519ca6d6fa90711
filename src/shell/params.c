#include "shell/params.h"

#include "base/file.h"
#include "base/suggest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 8, LARGEST = 1 << 24 };

/* What a script could ask for. */
struct asked {
    RT_VEC(char *) names;
    bool unsure; /* more than these, perhaps */
};

static void scan_file(struct asked *a, const char *file, int depth);

static void add(struct asked *a, const char *name, size_t n)
{
    rt_vec_push(&a->names, rt_xstrndup(name, n));
}

static void release(struct asked *a)
{
    for (int i = 0; i < a->names.n; i++)
        free(a->names.v[i]);
    rt_vec_release(&a->names);
}

/* ---- looking through a script -------------------------------------------- */

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == ':';
}

/* Behind `param`: a name as it is, in quotes or braces; NULL: none. */
static const char *literal(const char *p, size_t *n)
{
    p += strspn(p, " \t");
    p += *p == '{' || *p == '"';
    for (*n = 0; in_word(p[*n]);)
        ++*n;
    return *n && !strchr("$[(", p[*n] ? p[*n] : ' ') ? p : NULL;
}

/* A script that is taken in: source lib/x.tcl, $here/lib/x.tcl. What it is
 * found by beside the script, or from here, is what is written of its path. */
static void follow(struct asked *a, const char *p, const char *file, int depth)
{
    char *line = rt_xstrndup(p, strcspn(p, "\n;")), *end = strstr(line, ".tcl");
    const char *name = end;
    if (end)
        end[4] = '\0';
    while (name && name > line &&
           (in_word(name[-1]) || strchr("./-", name[-1])))
        name--;
    if (name && name > line && name[-1] == '$') /* $here/x.tcl */
        name = strchr(name, '/');
    name += name && *name == '/' && name > line && name[-1] != ' ';
    char *dir = file ? rt_xstrndup(file, (size_t)(rt_path_base(file) - file))
                     : rt_xstrdup("");
    char *path = rt_path_join(*dir ? dir : ".", name ? name : "");
    if (!name || depth >= DEEPEST)
        a->unsure = true;
    else if (rt_file_exists(path))
        scan_file(a, path, depth + 1);
    else if (rt_file_exists(name))
        scan_file(a, name, depth + 1);
    else
        a->unsure = true;
    free(path);
    free(dir);
    free(line);
}

/* Words that run what is not written here. */
static bool hides(const char *word, size_t n)
{
    static const char *const words[] = { "eval",   "uplevel", "interp",
                                         "rename", "load",    "package" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && !strncmp(words[i], word, n))
            return true;
    return false;
}

static void scan(struct asked *a, const char *text, const char *file, int depth)
{
    bool begins = true; /* a command does */
    for (const char *p = text; *p; p++) {
        size_t n = 0;
        while (in_word(p[n]))
            n++;
        if (!n && *p == '\\' && p[1]) { /* a line that goes on */
            p++;
            continue;
        }
        if (!n && !strncmp(p, "{*}", 3)) {
            a->unsure |= begins;
            begins = false;
            p += 2;
            continue;
        }
        if (!n) {
            bool comment = begins && *p == '#';
            begins =
                strchr("\n;[{", *p) || (begins && isspace((unsigned char)*p));
            if (comment)
                p += strcspn(p, "\n") - 1;
            continue;
        }
        size_t len;
        const char *name;
        if (n == 5 && !strncmp(p, "param", 5)) {
            if ((name = literal(p + n, &len)))
                add(a, name, len);
            else
                a->unsure = true;
        } else if (begins && n == 6 && !strncmp(p, "source", 6)) {
            follow(a, p + n, file, depth);
        } else if (begins && hides(p, n)) {
            a->unsure = true;
        }
        begins = false;
        p += n - 1;
    }
}

static void scan_file(struct asked *a, const char *file, int depth)
{
    unsigned char *data;
    size_t n;
    if (rt_file_read(file, LARGEST, &data, &n, NULL)) {
        a->unsure = true;
        return;
    }
    char *text = rt_xstrndup((const char *)data, n);
    scan(a, text, file, depth);
    free(text);
    free(data);
}

/* ---- what was given ------------------------------------------------------ */

static bool has(char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

const char *rt_params_unasked(const struct rt_session *s)
{
    for (int i = 0; i < s->params.n; i++)
        if (!has(s->params_used.v, s->params_used.n, s->params.v[i].key))
            return s->params.v[i].key;
    return NULL;
}

static int no_such(const char *name, char *const *names, int n,
                   struct rt_err *err)
{
    const char **list = rt_xcalloc((size_t)n + 1, sizeof *list);
    for (int i = 0; i < n; i++)
        list[i] = names[i];
    rt_fail_unknown(err, RT_EINVAL, name, rt_name_of_list, list,
                    "the script has no setting '%s'", name);
    free(list);
    return RT_EINVAL;
}

int rt_params_check(struct rt_session *s, struct rt_err *err)
{
    const char *name = rt_params_unasked(s);
    return name ? no_such(name, s->params_used.v, s->params_used.n, err) : 0;
}

int rt_params_foresee(struct rt_session *s, const char *file, const char *text,
                      struct rt_err *err)
{
    struct asked a = { { 0 }, false };
    int rc = 0;
    if (!rt_params_unasked(s))
        return 0;
    for (int i = 0; i < s->params_used.n; i++)
        add(&a, s->params_used.v[i], strlen(s->params_used.v[i]));
    if (file)
        scan_file(&a, file, 0);
    if (text)
        scan(&a, text, NULL, 0);
    for (int i = 0; i < s->params.n && !rc && !a.unsure; i++)
        if (!has(a.names.v, a.names.n, s->params.v[i].key))
            rc = no_such(s->params.v[i].key, a.names.v, a.names.n, err);
    release(&a);
    return rc;
}
