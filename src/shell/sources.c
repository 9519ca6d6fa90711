/* Ways to come by a data set that are no readers: made of nothing (generate),
 * of numbers (values), or of other sets (expr, filter, join, rows, series). */
#include "shell/sources.h"

#include "base/rng.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "data/compute.h"
#include "data/generate.h"
#include "data/join.h"
#include "data/windows.h"
#include "files/reader.h"
#include "nn/custom.h"
#include "shell/interp.h"
#include "shell/numbers.h"
#include "shell/rows.h"

#include <stdlib.h>
#include <string.h>

struct source {
    const char *name, *help;
    const struct rt_opt *opts;
    struct rt_dataset *(*make)(struct rt_session *s, const char *name,
                               const char *const *words, int n,
                               struct rt_err *err);
};

/* ---- of nothing, of numbers -------------------------------------------- */

/* Two sets drawn with the session's seed must not be the same rows, so it is
 * joined with the set's name. */
static int64_t seed_for(struct rt_session *s, const char *name)
{
    struct rt_key k =
        rt_key_text(rt_key_make(rt_session_seed(s), RT_FOR_GENERATE), name);
    return (int64_t)(k.k >> 11);
}

static const struct rt_opt generate_kind[] = { { .name = "kind",
                                                 .kind = RT_KIND_INT,
                                                 .word = 1,
                                                 .choices = rt_generate_kinds,
                                                 .help = "what it looks like" },
                                               RT_OPT_END };

static struct rt_dataset *make_generated(struct rt_session *s, const char *name,
                                         const char *const *words, int n,
                                         struct rt_err *err)
{
    if (!n || strchr(words[0], '=')) {
        rt_fail(err, RT_EINVAL,
                "which kind is missing, want blobs, moons, "
                "sine, spiral or xor");
        return NULL;
    }
    struct rt_generate_args *a =
        rt_args_parse(rt_generate_opts, sizeof *rt_generate_opts, sizeof *a,
                      words + 1, n - 1, err);
    if (!a)
        return NULL;
    if (a->seed == INT64_MIN)
        a->seed = seed_for(s, name);
    struct rt_dataset *d = rt_generate(name, words[0], a, err);
    rt_args_free(a);
    return d;
}

struct values_args {
    const char *list;
    struct rt_ints shape;
};
static const struct rt_opt values_opts[] = {
    RT_OPT(struct values_args, list, .word = 1,
           .help = "the numbers, as a list, last axis fastest"),
    RT_OPT(struct values_args, shape, .min = -1, .max = 1e9,
           .help =
               "rows first: 4x2; one axis may be none; else a number a row"),
    RT_OPT_END
};

/* The shape of n numbers, rows first. */
static int settle_shape(const struct rt_ints *want, int n,
                        struct rt_shape *shape, struct rt_err *err)
{
    int64_t known = 1;
    int open = -1;
    *shape = (struct rt_shape){ .rank = want->n ? want->n : 1, .dim = { n } };
    if (shape->rank > RT_RANK_MAX)
        return rt_fail(err, RT_EINVAL, "shape has %d axes, want at most %d",
                       want->n, RT_RANK_MAX);
    if (want->n)
        memcpy(shape->dim, want->v, (size_t)want->n * sizeof *shape->dim);
    for (int i = 0; i < shape->rank && known <= n; i++) {
        if (shape->dim[i] == 0 || (shape->dim[i] < 0 && open >= 0))
            return rt_fail(err, RT_EINVAL,
                           "shape %s: want numbers above 0, and none once at "
                           "most",
                           rt_shape_text(shape));
        if (shape->dim[i] < 0)
            open = i;
        else
            known *= shape->dim[i];
    }
    if (!n || known > n || (open >= 0 ? n % known != 0 : known != n))
        return rt_fail(err, RT_ESHAPE, "%d number%s, which do not make %s", n,
                       n == 1 ? "" : "s", rt_shape_text(shape));
    if (open >= 0)
        shape->dim[open] = (int)(n / known);
    return 0;
}

static struct rt_dataset *make_values(struct rt_session *s, const char *name,
                                      const char *const *words, int n,
                                      struct rt_err *err)
{
    struct values_args *a = rt_args_parse(values_opts, sizeof *values_opts,
                                          sizeof *a, words, n, err);
    struct rt_dataset *d = NULL;
    struct rt_shape all;
    int count = 0;
    float *v = a ? rt_numbers_parse(s->interp, a->list, &count, err) : NULL;
    if (v && !settle_shape(&a->shape, count, &all, err)) {
        struct rt_shape row = rt_shape_of_row(&all);
        size_t n_rows = (size_t)all.dim[0];
        d = rt_dataset_new(name, n_rows, "values");
        if (rt_dataset_add_column(d, "x", RT_F32, &row, n_rows, v, NULL, 0,
                                  err)) {
            rt_dataset_unref(d);
            d = NULL;
        }
    } else {
        free(v);
    }
    rt_args_free(a);
    return d;
}

/* ---- of other sets ----------------------------------------------------- */

struct join_args {
    struct rt_texts sets;
};
static const struct rt_opt join_opts[] = {
    RT_OPT(struct join_args, sets, .form = RT_FORM_REST, .names = RT_NAMES_DATA,
           .help = "A=DATA B=DATA: the columns are called A.x, B.x, ...; DATA "
                   "alone stands for its own name"),
    RT_OPT_END
};

/* "A=DATA" or "DATA"; the prefix is to be freed. */
static int join_word(struct rt_session *s, const char *word, char **prefix,
                     const struct rt_dataset **set, struct rt_err *err)
{
    const char *eq = strchr(word, '=');
    if (eq && (eq == word || !eq[1]))
        return rt_fail(err, RT_EINVAL,
                       "'%s', want A=DATA, which gives columns A.x, A.y, ...",
                       word);
    *set = rt_session_data(s, eq ? eq + 1 : word, err);
    if (!*set)
        return RT_ENOENT;
    *prefix = eq ? rt_xstrndup(word, (size_t)(eq - word)) : rt_xstrdup(word);
    return 0;
}

/* Its words look like options and are none. */
static struct rt_dataset *make_join(struct rt_session *s, const char *name,
                                    const char *const *words, int n,
                                    struct rt_err *err)
{
    struct rt_join *of = rt_xcalloc((size_t)n + 1, sizeof *of);
    char **prefix = rt_xcalloc((size_t)n + 1, sizeof *prefix);
    int status = n ? 0
                   : rt_fail(err, RT_EINVAL,
                             "which sets is missing, as in `data %s join a=ONE "
                             "b=OTHER`",
                             name);
    for (int i = 0; i < n && !status; i++) {
        status = join_word(s, words[i], &prefix[i], &of[i].set, err);
        of[i].prefix = prefix[i];
    }
    struct rt_dataset *d = status ? NULL : rt_dataset_join(name, of, n, err);
    for (int i = 0; i < n; i++)
        free(prefix[i]);
    free(prefix);
    free(of);
    return d;
}

struct series_args {
    const char *source;
    struct rt_series_args how;
};
#define HOW(field, ...)                                                        \
    {                                                                          \
        .name = #field,                                                        \
        .kind = RT_KIND_OF(((struct rt_series_args *)0)->field),               \
        .offset = offsetof(struct series_args, how.field), __VA_ARGS__         \
    }
static const struct rt_opt series_opts[] = {
    RT_OPT(struct series_args, source, .word = 1, .names = RT_NAMES_DATA,
           .help = "the set whose rows they run over"),
    HOW(length, .word = 2, .min = 1, .max = 1e9, .help = "rows of a window"),
    HOW(sampling_rate, .def = "1", .min = 1, .max = 1e9,
        .help = "of these, every so many"),
    HOW(stride, .def = "1", .min = 1, .max = 1e9,
        .help = "rows from one window to the next"),
    HOW(start_index, .def = "", .min = 0, .max = 2147483647,
        .help = "row with which the first window begins"),
    HOW(end_index, .def = "", .min = 0, .max = 2147483647,
        .help = "the last row that may be a target"),
    HOW(reverse, .def = "no", .help = "the newest row of a window first"),
    HOW(x, .def = "", .names = RT_NAMES_COLUMN,
        .help = "columns of the windows; else all but the targets"),
    HOW(y, .def = "", .names = RT_NAMES_COLUMN,
        .help = "columns of the targets; else y, or what the windows are of"),
    RT_OPT_END
};

static struct rt_dataset *make_series(struct rt_session *s, const char *name,
                                      const char *const *words, int n,
                                      struct rt_err *err)
{
    struct series_args *a = rt_args_parse(series_opts, sizeof *series_opts,
                                          sizeof *a, words, n, err);
    struct rt_dataset *from = a ? rt_session_data(s, a->source, err) : NULL;
    struct rt_dataset *d =
        from ? rt_dataset_series(from, name, &a->how, err) : NULL;
    rt_args_free(a);
    return d;
}

struct rows_args {
    const char *source, *rows;
};
static const struct rt_opt rows_opts[] = {
    RT_OPT(struct rows_args, source, .word = 1, .names = RT_NAMES_DATA,
           .help = "the set they are taken from"),
    RT_OPT(struct rows_args, rows, .word = 2,
           .help = "row numbers from 0: 0..2999 or 1,5,9..12"),
    RT_OPT_END
};

static struct rt_dataset *make_rows(struct rt_session *s, const char *name,
                                    const char *const *words, int n,
                                    struct rt_err *err)
{
    struct rows_args *a =
        rt_args_parse(rows_opts, sizeof *rows_opts, sizeof *a, words, n, err);
    struct rt_dataset *from = a ? rt_session_data(s, a->source, err) : NULL;
    struct rt_dataset *d = NULL;
    uint32_t *rows;
    size_t n_rows;
    if (from && !rt_rows_parse(a->rows, from->n_rows, &rows, &n_rows, err)) {
        d = rt_dataset_pick(from, name, rows, n_rows, err);
        free(rows);
    }
    rt_args_free(a);
    return d;
}

struct expr_args {
    const char *source, *column, *expr;
};
#define SOURCE                                                                 \
    RT_OPT(struct expr_args, source, .word = 1, .names = RT_NAMES_DATA,        \
           .help = "the set it is made from")
static const struct rt_opt expr_opts[] = {
    SOURCE,
    RT_OPT(struct expr_args, column, .word = 2, .help = "name of the column"),
    RT_OPT(struct expr_args, expr, .word = 3, .names = RT_NAMES_EXPRESSION,
           .help = "a value for each row, of the columns by name"),
    RT_OPT_END
};
static const struct rt_opt filter_opts[] = {
    SOURCE,
    RT_OPT(struct expr_args, expr, .word = 2, .names = RT_NAMES_EXPRESSION,
           .help = "rows are kept where it is not 0"),
    RT_OPT_END
};

static struct rt_dataset *make_expr(struct rt_session *s, const char *name,
                                    const char *const *words, int n,
                                    struct rt_err *err)
{
    struct expr_args *a =
        rt_args_parse(expr_opts, sizeof *expr_opts, sizeof *a, words, n, err);
    struct rt_dataset *from = a ? rt_session_data(s, a->source, err) : NULL;
    struct rt_dataset *d = from
                               ? rt_dataset_compute(from, name, a->column,
                                                    a->expr, &rt_functions, err)
                               : NULL;
    rt_args_free(a);
    return d;
}

static struct rt_dataset *make_filter(struct rt_session *s, const char *name,
                                      const char *const *words, int n,
                                      struct rt_err *err)
{
    struct expr_args *a = rt_args_parse(filter_opts, sizeof *filter_opts,
                                        sizeof *a, words, n, err);
    struct rt_dataset *from = a ? rt_session_data(s, a->source, err) : NULL;
    struct rt_dataset *d =
        from ? rt_dataset_filter(from, name, a->expr, &rt_functions, err)
             : NULL;
    rt_args_free(a);
    return d;
}

/* ---- all of them ------------------------------------------------------- */

static const struct source sources[] = {
    { "expr", "another set and a column computed from its others", expr_opts,
      make_expr },
    { "filter", "the rows of another set for which an expression is not 0",
      filter_opts, make_filter },
    { "generate", "made by itself: blobs, moons, sine, spiral or xor",
      generate_kind, make_generated },
    { "join", "the columns of several sets side by side", join_opts,
      make_join },
    { "rows", "rows of another set, by number from 0", rows_opts, make_rows },
    { "series", "windows over the rows of another set", series_opts,
      make_series },
    { "values", "numbers as they stand, rows first", values_opts, make_values },
};
enum { N_SOURCES = sizeof sources / sizeof *sources };

const char *const rt_source_kinds[] = {
#define RT_READER(name) #name,
#include "files/readers.def"
#undef RT_READER
    "expr", "filter", "generate", "join", "rows", "series", "values", NULL
};

const char *rt_source_help(int i, const char **name, const struct rt_opt **opts,
                           const struct rt_opt **more)
{
    if (i >= N_SOURCES)
        return NULL;
    *name = sources[i].name;
    *opts = sources[i].opts;
    *more = sources[i].opts == generate_kind ? rt_generate_opts : NULL;
    return sources[i].help;
}

static const struct source *find_source(const char *kind)
{
    for (int i = 0; i < N_SOURCES; i++)
        if (!strcmp(sources[i].name, kind))
            return &sources[i];
    return NULL;
}

static bool is_listed(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word))
        list++;
    return *list;
}

/* A generator, a file, or nothing that is near: what would have been right. */
static int no_kind(const char *name, const char *kind, struct rt_err *err)
{
    struct rt_str list = RT_STR_INIT;
    if (is_listed(rt_generate_kinds, kind))
        return rt_fail(err, RT_ENOENT,
                       "'%s' is no kind of data; want `data %s generate %s`",
                       kind, name, kind);
    for (int i = 0; rt_source_kinds[i]; i++)
        rt_str_addf(&list, "%s%s", i ? ", " : "", rt_source_kinds[i]);
    int rc = rt_fail_unknown(err, RT_ENOENT, kind, rt_name_of_list,
                             rt_source_kinds, "'%s' is no kind of data", kind);
    if (err && !strchr(err->text, ';'))
        rc = rt_fail(err, rc, "'%s' is no kind of data, want one of %s", kind,
                     rt_str_c(&list));
    rt_str_release(&list);
    return rc;
}

static struct rt_dataset *read_files(const char *name, const char *kind,
                                     const char *const *words, int n,
                                     struct rt_err *err)
{
    const struct rt_reader *r = rt_reader_find(kind, NULL);
    if (!r) {
        no_kind(name, kind, err);
        return NULL;
    }
    void *args =
        rt_args_parse(r->opts, sizeof *r->opts, r->args_size, words, n, err);
    struct rt_dataset *d = args ? r->read(name, args, err) : NULL;
    rt_args_free(args);
    if (!d)
        rt_err_within(err, "%s", kind);
    return d;
}

struct rt_dataset *rt_source_make(struct rt_session *s, const char *name,
                                  const char *kind, const char *const *words,
                                  int n, struct rt_err *err)
{
    const struct source *from = find_source(kind);
    struct rt_dataset *d = from ? from->make(s, name, words, n, err)
                                : read_files(name, kind, words, n, err);
    size_t len = strlen(kind);
    bool told = err && !strncmp(err->text, kind, len) && err->text[len] == ':';
    if (!d && (told || !from))
        rt_err_within(err, "data %s", name);
    else if (!d)
        rt_err_within(err, "data %s %s", name, kind);
    return d;
}

const struct rt_opt *rt_source_more(const struct rt_session *s,
                                    const char *const *words, int n,
                                    size_t *size, int *first)
{
    (void)s;
    *size = sizeof(struct rt_opt);
    if (n < 3)
        return NULL;
    const struct source *from = find_source(words[2]);
    const struct rt_reader *r = rt_reader_find(words[2], NULL);
    *first = 2;
    if (from && from->opts == generate_kind && n > 3) {
        *first = 3;
        return rt_generate_opts;
    }
    return from ? from->opts : r ? r->opts : NULL;
}

int rt_source_expression(const char *kind)
{
    const struct source *from = find_source(kind);
    for (const struct rt_opt *o = from ? from->opts : NULL; o && o->name; o++)
        if (o->names == RT_NAMES_EXPRESSION)
            return o->word;
    return 0;
}
