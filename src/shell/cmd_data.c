/* Data sets: where they come from, what feeds what, and their parts. Scaling
 * and encoding are in cmd_transform.c, looking in cmd_describe.c. */
#include "base/schema.h"
#include "base/suggest.h"
#include "data/compute.h"
#include "data/generate.h"
#include "data/split.h"
#include "data/weigh.h"
#include "files/reader.h"
#include "nn/custom.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "shell/parts.h"
#include "shell/rows.h"

#include <stdlib.h>
#include <string.h>

static int code_of(const struct rt_err *err, int otherwise)
{
    return err ? err->code : otherwise;
}

/* ---- sources ----------------------------------------------------------- */

/* One way to come by a data set; readers are found by their registry. */
struct source {
    const char *name;
    const struct rt_opt *opts;
    struct rt_dataset *(*make)(struct rt_session *s, const char *name,
                               const char *const *words, int n,
                               struct rt_err *err);
};

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
    float *v = a ? rt_interp_numbers(s->interp, a->list, &count, err) : NULL;
    if (v && !settle_shape(&a->shape, count, &all, err)) {
        struct rt_shape row = { .rank = all.rank - 1 };
        memcpy(row.dim, all.dim + 1, (size_t)row.rank * sizeof *row.dim);
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

static const struct source sources[] = {
    { "expr", expr_opts, make_expr },
    { "filter", filter_opts, make_filter },
    { "generate", generate_kind, make_generated },
    { "rows", rows_opts, make_rows },
    { "values", values_opts, make_values },
};
enum { N_SOURCES = sizeof sources / sizeof *sources };

/* What may stand behind the name of the new set. */
static const char *const kinds[] = {
#define RT_READER(name) #name,
#include "files/readers.def"
#undef RT_READER
    "expr", "filter", "generate", "rows", "values", NULL
};

static const struct source *find_source(const char *kind)
{
    for (int i = 0; i < N_SOURCES; i++)
        if (!strcmp(sources[i].name, kind))
            return &sources[i];
    return NULL;
}

static struct rt_dataset *read_files(const char *name, const char *kind,
                                     const char *const *words, int n,
                                     struct rt_err *err)
{
    const struct rt_reader *r = rt_reader_find(kind, NULL);
    if (!r) {
        rt_fail_unknown(err, RT_ENOENT, kind, rt_name_of_list, kinds,
                        "'%s' is no kind of data", kind);
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

/* ---- data -------------------------------------------------------------- */

/* Never parsed, but told by help and completion. */
struct data_args {
    const char *name;
    int kind;
};
static const char *const verbs[] = { "list", "delete", NULL };
static const struct rt_opt data_opts[] = {
    RT_OPT(struct data_args, name, .word = 1, .def = "", .choices = verbs,
           .names = RT_NAMES_DATA,
           .help = "what to do; or the name of a new set"),
    RT_OPT(struct data_args, kind, .word = 2, .def = "", .choices = kinds,
           .help = "where it comes from; its own words follow"),
    RT_OPT_END
};

static const struct rt_opt *data_more(const char *const *words, int n,
                                      size_t *size, int *first)
{
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

static void columns_text(const struct rt_dataset *d, struct rt_str *out)
{
    for (int i = 0; i < d->n_cols; i++) {
        const struct rt_column *c = d->cols[i];
        struct rt_shape shape = rt_column_shape(c);
        if (i == 12 && d->n_cols > 14) {
            rt_str_addf(out, ", and %d more columns", d->n_cols - i);
            return;
        }
        rt_str_addf(out, "%s%s %s %s", i ? ", " : "", c->name,
                    rt_shape_text(&shape), rt_dtype_name(c->type));
        if (c->n_classes)
            rt_str_addf(out, " (%d classes)", c->n_classes);
    }
}

static void say_set(const struct rt_dataset *d, struct rt_str *out)
{
    rt_str_addf(out, "%s: ", d->name);
    rt_str_add_count(out, (long long)d->n_rows);
    rt_str_addf(out, " row%s, ", d->n_rows == 1 ? "" : "s");
    columns_text(d, out);
    rt_str_add(out, ", ");
    rt_str_add_bytes(out, (double)rt_dataset_bytes(d));
}

static void list_data(struct rt_cmd_call *call)
{
    struct rt_session *s = call->s;
    struct rt_value *list = &call->out->value;
    call->looked = true;
    rt_value_set_list(list);
    for (int i = 0; i < s->data.n; i++) {
        const struct rt_dataset *d = s->data.v[i].value;
        struct rt_value *v = rt_value_push(list);
        struct rt_str text = RT_STR_INIT;
        columns_text(d, &text);
        rt_value_set_dict(v);
        rt_value_put_text(v, "name", s->data.v[i].key);
        rt_value_put_int(v, "rows", (int64_t)d->n_rows);
        rt_value_put_text(v, "columns", rt_str_c(&text));
        rt_value_put_int(v, "bytes", (int64_t)rt_dataset_bytes(d));
        rt_str_release(&text);
    }
    if (!s->data.n)
        rt_str_add(&call->out->text, "no data yet: `data NAME csv FILE` reads "
                                     "some, `data NAME generate spiral` makes "
                                     "some");
}

static int delete_data(struct rt_cmd_call *call, struct rt_err *err)
{
    if (call->n != 2)
        return rt_fail(err, RT_EINVAL,
                       "data delete: want one name, as in "
                       "`data delete NAME`");
    const char *name = call->words[1];
    if (!rt_session_data(call->s, name, err))
        return rt_err_within(err, "data delete");
    rt_parts_drop(call->s, name);
    rt_dataset_unref(rt_map_remove(&call->s->data, name));
    rt_value_set_text(&call->out->value, name);
    return 0;
}

/* The words of a call with the numbers of $names in the expression, if the
 * source takes one; one block. The clean script has them so. */
static const char **filled_words(struct rt_cmd_call *call,
                                 const struct source *from, struct rt_err *err)
{
    int at = 0;
    for (const struct rt_opt *o = from ? from->opts : NULL; o && o->name; o++)
        if (o->names == RT_NAMES_EXPRESSION)
            at = 1 + o->word;
    bool fills = at && at < call->n && strchr(call->words[at], '$');
    char *text =
        fills ? rt_interp_fill(call->s->interp, call->words[at], err) : NULL;
    if (fills && !text)
        return NULL;
    size_t n = (size_t)call->n, room = text ? strlen(text) + 1 : 0;
    const char **words = rt_xmalloc((n + 1) * sizeof *words + room);
    memcpy(words, call->words, n * sizeof *words);
    words[n] = NULL;
    if (!text)
        return words;
    words[at] = memcpy(words + n + 1, text, room);
    struct rt_str line = RT_STR_INIT;
    rt_str_add(&line, call->cmd->name);
    for (int i = 0; i < call->n; i++) {
        rt_str_addc(&line, ' ');
        rt_interp_quote(words[i], &line);
    }
    call->line = rt_str_take(&line);
    free(text);
    return words;
}

static int run_data(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session *s = call->s;
    if (!call->n || (call->n == 1 && !strcmp(call->words[0], "list"))) {
        list_data(call);
        return 0;
    }
    const char *name = call->words[0];
    if (!strcmp(name, "delete"))
        return delete_data(call, err);
    if (!strcmp(name, "list"))
        return rt_fail(err, RT_EINVAL, "data list: '%s' is one word too many",
                       call->words[1]);
    if (rt_name_check(name, err))
        return rt_err_within(err, "data");
    if (call->n < 2)
        return rt_fail(err, RT_EINVAL,
                       "data %s: where it comes from is missing, as in `data "
                       "%s csv FILE` or `data %s generate spiral`",
                       name, name, name);
    const char *kind = call->words[1];
    const struct source *from = find_source(kind);
    const char **words = filled_words(call, from, err);
    if (!words)
        return rt_err_within(err, "data %s %s", name, kind);
    struct rt_dataset *d =
        from ? from->make(s, name, words + 2, call->n - 2, err)
             : read_files(name, kind, words + 2, call->n - 2, err);
    free(words);
    if (!d) {
        size_t len = strlen(kind);
        bool told =
            err && !strncmp(err->text, kind, len) && err->text[len] == ':';
        return !from || told ? rt_err_within(err, "data %s", name)
                             : rt_err_within(err, "data %s %s", name, kind);
    }
    rt_parts_drop(s, name); /* they were another set's */
    rt_session_data_set(s, d);
    say_set(d, &call->out->text);
    rt_value_set_text(&call->out->value, name);
    return 0;
}

const struct rt_cmd rt_cmd_data = {
    .group = "data",
    .name = "data",
    .help = "read, make, list or delete a data set",
    .usage = "NAME csv|idx|npy|npz FILE... [its own options] | NAME generate "
             "KIND [n=] [classes=] [length=] [noise=] [seed=] | NAME expr "
             "SOURCE COLUMN {expression} | NAME filter SOURCE {expression} | "
             "NAME rows "
             "SOURCE ROWS | NAME values LIST [shape=] | list | delete NAME",
    .opts = data_opts,
    .args_size = sizeof(struct data_args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES,
    .run = run_data,
    .more = data_more,
    .details =
        "Its columns are called x and y unless the file or the command names "
        "them. `help readers`\nlists the options of each kind of file; .gz is "
        "read everywhere. generate makes blobs, moons,\nsine, spiral or xor; "
        "without seed= from the session's seed and the set's name. rows takes\n"
        "rows of another set, by number from 0; values takes numbers as they "
        "stand, rows first.\n"
        "expr adds a column computed from the others, which go by their names "
        "in the expression;\nfilter keeps the rows for which it is not 0.\nA "
        "set of that name, and its parts, are replaced; "
        "a run that uses them keeps them.",
    .example = "seed 1\ndata s generate spiral n=90 classes=3\n"
               "data few rows s 0..9,20\n"
               "data xor values {0 0  0 1  1 0  1 1} shape=4x2\n"
               "data far expr s dist {sum(x ^ 2, axis=-1) ^ 0.5}\n"
               "data outer filter far {dist > 0.5 and y != 0}\n"
               "data list\ndata delete few\n",
};

/* ---- bind -------------------------------------------------------------- */

struct bind_args {
    const char *data;
    struct rt_texts pairs;
};
static const struct rt_opt bind_opts[] = {
    RT_OPT(struct bind_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct bind_args, pairs, .form = RT_FORM_REST,
           .names = RT_NAMES_COLUMN,
           .help = "INPUT=COLUMNS and OUTPUT=COLUMNS; several columns stand "
                   "side by side"),
    RT_OPT_END
};

static int bind_pair(struct rt_dataset *d, const char *word, struct rt_err *err)
{
    const char *eq = strchr(word, '=');
    if (!eq || eq == word || !eq[1])
        return rt_fail(err, RT_EINVAL,
                       "'%s' is no binding, want INPUT=COLUMN or "
                       "OUTPUT=COLUMN,COLUMN",
                       word);
    const char **cols;
    int n;
    int rc = rt_list_split(eq + 1, &cols, &n, err);
    if (rc)
        return rc;
    char *node = rt_xstrndup(word, (size_t)(eq - word));
    rc = rt_dataset_bind(d, node, cols, n, err);
    free(node);
    free(cols);
    return rc;
}

static int run_bind(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_parts p;
    struct rt_dataset *made[1 + RT_PARTS] = { NULL };
    if (call->n < 2)
        return rt_fail(err, RT_EINVAL,
                       "bind: want a data set and what feeds what, as in "
                       "`bind s img=x digit=y`");
    int rc = rt_parts_find(call->s, call->words[0], &p, err);
    for (int i = 0; !rc && i < p.n; i++) {
        made[i] = rt_dataset_copy(p.v[i], p.v[i]->name);
        for (int k = 1; !rc && k < call->n; k++)
            rc = bind_pair(made[i], call->words[k], err);
    }
    if (rc) {
        for (int i = 0; i < p.n; i++)
            rt_dataset_unref(made[i]);
        return rt_cmd_within(call->cmd, err);
    }
    const struct rt_dataset *d = made[0];
    for (int i = 0; i < d->n_bindings; i++) {
        const struct rt_binding *b = &d->bindings[i];
        rt_str_addf(&call->out->text, "%s%s from ", i ? "\n" : "", b->node);
        for (int k = 0; k < b->n_cols; k++)
            rt_str_addf(&call->out->text, "%s%s", k ? ", " : "", b->cols[k]);
    }
    rt_value_set_text(&call->out->value, d->name);
    rt_parts_replace(call->s, &p, made);
    return 0;
}

const struct rt_cmd rt_cmd_bind = {
    .group = "data",
    .name = "bind",
    .help = "say which columns feed which input and output",
    .usage = "NAME INPUT=COLUMNS... OUTPUT=COLUMNS...",
    .opts = bind_opts,
    .args_size = sizeof(struct bind_args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES,
    .run = run_bind,
    .details = "Unless bound, x feeds the only input and y the only output, "
               "and columns feed what is\ncalled as they are. An input and an "
               "output may use the same column. Whether it all\nfits is seen "
               "at `fit`.",
    .example = "seed 1\ndata s generate moons\nbind s point=x side=y\n",
};

/* ---- partition --------------------------------------------------------- */

struct partition_args {
    const char *data, *by, *stratify;
    struct rt_numbers shares;
    int64_t seed;
};
static const struct rt_opt partition_opts[] = {
    RT_OPT(struct partition_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct partition_args, shares, .word = 2, .min = 0, .max = 1,
           .help = "shares of training, validation and, if wanted, test rows"),
    RT_OPT(struct partition_args, by, .def = "", .names = RT_NAMES_COLUMN,
           .help = "rows that are equal in this column stay together"),
    RT_OPT(struct partition_args, stratify, .def = "", .names = RT_NAMES_COLUMN,
           .help = "each part has the same shares of this column's classes"),
    RT_OPT(struct partition_args, seed, .def = "", .min = 0,
           .max = 9.007199254740992e15,
           .help = "of this partition; else the session's"),
    RT_OPT_END
};

static int run_partition(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct partition_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_dataset *d = rt_session_data(s, a->data, err);
    struct rt_dataset *part[RT_PARTS] = { NULL };
    uint32_t *rows[RT_PARTS] = { NULL };
    size_t count[RT_PARTS] = { 0 };
    int n = a->shares.n;
    if (!d)
        return rt_err_within(err, "partition");
    uint64_t seed =
        a->seed != INT64_MIN ? (uint64_t)a->seed : rt_session_seed(s);
    struct rt_key key =
        rt_key_text(rt_key_make(seed, RT_FOR_PARTITION), d->name);
    int rc =
        rt_split(d, a->shares.v, n, a->by, a->stratify, key, rows, count, err);
    for (int i = 0; !rc && i < n; i++) {
        char *name = rt_xprintf("%s.%s", d->name, rt_part_names[i]);
        if (count[i])
            part[i] = rt_dataset_pick(d, name, rows[i], count[i], err);
        if (count[i] && !part[i])
            rc = code_of(err, RT_ENOMEM);
        if (part[i] && i > 0)
            rt_dataset_unweigh(part[i]); /* weights are for training */
        free(name);
    }
    if (!rc) {
        rt_parts_drop(s, d->name);
        rt_value_set_list(&call->out->value);
    }
    for (int i = 0; i < RT_PARTS; i++) {
        free(rows[i]);
        if (rc)
            rt_dataset_unref(part[i]);
        if (rc || !part[i])
            continue;
        struct rt_str *out = &call->out->text;
        rt_str_addf(out, "%s%s ", out->n ? ", " : "", part[i]->name);
        rt_str_add_count(out, (long long)count[i]);
        rt_value_set_text(rt_value_push(&call->out->value), part[i]->name);
        rt_session_data_set(s, part[i]);
    }
    if (!rc)
        rt_str_add(&call->out->text, " rows");
    return rc ? rt_err_within(err, "partition") : 0;
}

const struct rt_cmd rt_cmd_partition = {
    .group = "data",
    .name = "partition",
    .help = "divide the rows into NAME.train, NAME.val and NAME.test",
    .usage = "NAME TRAIN,VAL[,TEST] [by=COL] [stratify=COL] [seed=]",
    .opts = partition_opts,
    .args_size = sizeof(struct partition_args),
    .flags = RT_CMD_CHANGES,
    .run = run_partition,
    .details = "`fit NAME` then trains with the first and validates with the "
               "second; `scale` and\n`onehot` learn from the first and are "
               "applied to all. Shares that sum to less than 1\nleave rows "
               "out.",
    .example = "seed 1\ndata s generate blobs n=100\n"
               "partition s 0.8,0.1,0.1 stratify=y\ndescribe s.val\n",
};
