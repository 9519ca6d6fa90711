/* data: reads, makes, lists and deletes data sets; where they come from stands
 * in sources.c. */
#include "base/schema.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "shell/parts.h"
#include "shell/sources.h"

#include <stdlib.h>
#include <string.h>

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
    RT_OPT(struct data_args, kind, .word = 2, .def = "",
           .choices = rt_source_kinds,
           .help = "where it comes from; its own words follow"),
    RT_OPT_END
};

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
static const char **filled_words(struct rt_cmd_call *call, struct rt_err *err)
{
    int word = rt_source_expression(call->words[1]), at = word + 1;
    bool fills = word && at < call->n && strchr(call->words[at], '$');
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
    const char **words = filled_words(call, err);
    if (!words)
        return rt_err_within(err, "data %s %s", name, kind);
    struct rt_dataset *d =
        rt_source_make(s, name, kind, words + 2, call->n - 2, err);
    free(words);
    if (!d)
        return rt_err_code(err, RT_EINVAL);
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
    .usage =
#define RT_READER(name) "NAME " #name " FILE... [KEY=...] | "
#include "files/readers.def"
#undef RT_READER
        "NAME generate KIND "
        "[n=] [classes=] [length=] [noise=] [seed=] | NAME values LIST "
        "[shape=] | NAME expr SOURCE COLUMN {expression} | NAME filter SOURCE "
        "{expression} | NAME rows SOURCE ROWS | NAME join A=DATA B=DATA... | "
        "NAME series SOURCE length= [sampling_rate=] [stride=] | list | delete "
        "NAME",
    .opts = data_opts,
    .args_size = sizeof(struct data_args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_LISTS,
    .run = run_data,
    .more = rt_source_more,
    .details =
        "Its columns are called x and y unless the file or the command names "
        "them. `help readers`\nlists the options of each kind of file, `help "
        "sources` "
        "those of the others; .gz is read\neverywhere. generate makes blobs, "
        "moons,\nsine, spiral or xor; "
        "without seed= from the session's seed and the set's name. rows takes\n"
        "rows of another set, by number from 0; values takes numbers as they "
        "stand, rows first.\n"
        "expr adds a column computed from the others, which go by their names "
        "in the expression;\nfilter keeps the rows for which it is not 0.\n"
        "join puts the columns of sets with as many rows side by side, called "
        "A.x, A.y, B.x, ...\nseries makes windows of length rows, each with "
        "the row that follows it as its target:\ncolumn x gives windows x and "
        "targets y, temp.x also temp.y, another one NAME_next; a\nset that "
        "has a column y keeps it as the target. sampling_rate= takes every so "
        "many rows\nof a window, stride= is the way from one to the next, as "
        "Keras' TimeseriesGenerator.\n"
        "What bind and weights said of their sources is not part of the sets "
        "that join and\nseries make: say it of the new one.\n"
        "A set of that name, and its parts, are replaced; "
        "a run that uses them keeps them.",
    .example = "seed 1\ndata s generate spiral n=90 classes=3\n"
               "data few rows s 0..9,20\n"
               "data xor values {0 0  0 1  1 0  1 1} shape=4x2\n"
               "data far expr s dist {sum(x ^ 2, axis=-1) ^ 0.5}\n"
               "data outer filter far {dist > 0.5 and y != 0}\n"
               "data two join near=few far=few\n"
               "data level values {1 2 4 8 16 32}\n"
               "data w series level length=3\n"
               "data list\ndata delete few\n",
};
