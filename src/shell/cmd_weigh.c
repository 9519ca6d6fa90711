/* weights: how much samples and classes of a data set count in the loss. */
#include "base/schema.h"
#include "base/suggest.h"
#include "data/weigh.h"
#include "shell/cmd.h"
#include "shell/parts.h"

#include <stdlib.h>
#include <string.h>

/* Never parsed, but told by help and completion. */
struct args {
    const char *data;
    int what;
    struct rt_texts rest;
};
enum { CLASS, SAMPLE, NONE };
static const char *const kinds[] = { "class", "sample", "none", NULL };
static const struct rt_opt opts[] = {
    RT_OPT(struct args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct args, what, .word = 2, .choices = kinds,
           .help = "weights of classes, of samples, or none any more"),
    RT_OPT(struct args, rest, .form = RT_FORM_REST, .names = RT_NAMES_COLUMN,
           .help = "OUTPUT and auto or CLASS=WEIGHT,...; [OUTPUT] and a "
                   "column"),
    RT_OPT_END
};

/* ---- classes ------------------------------------------------------------- */

struct by_class {
    double *v;
    int n;
};

static int class_number(const struct rt_column *c, const char *name,
                        struct rt_err *err)
{
    int known = rt_weigh_n_classes(c);
    for (int i = 0; i < c->n_classes; i++)
        if (strcmp(c->classes[i], name) == 0)
            return i;
    char *end;
    long k = strtol(name, &end, 10);
    if (*end || end == name) {
        const char **names =
            rt_xcalloc((size_t)c->n_classes + 1, sizeof *names);
        for (int i = 0; i < c->n_classes; i++)
            names[i] = c->classes[i];
        rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_list, names,
                        "column '%s' has no class '%s'", c->name, name);
        free(names);
        return RT_ENOENT;
    }
    if (k < 0 || k >= (known ? known : 1000000))
        return rt_fail(err, RT_EINVAL,
                       known ? "'%s' is no class of column '%s', which are "
                               "0..%d"
                             : "'%s' is no class number of column '%s'",
                       name, c->name, known - 1);
    return (int)k;
}

/* One "cat=2" of the list. */
static int put_class(const struct rt_column *c, const char *text,
                     struct by_class *w, struct rt_err *err)
{
    const char *eq = strrchr(text, '=');
    double v;
    if (!eq || eq == text)
        return rt_fail(err, RT_EINVAL,
                       "'%s' is no weight of a class, want CLASS=WEIGHT,... or "
                       "auto",
                       text);
    char *name = rt_xstrndup(text, (size_t)(eq - text));
    int k = class_number(c, name, err);
    free(name);
    int status = k < 0 ? k : rt_number_parse(eq + 1, &v, err);
    if (status)
        return status;
    if (k >= w->n) {
        w->v = rt_xrealloc(w->v, ((size_t)k + 1) * sizeof *w->v);
        for (; w->n <= k; w->n++)
            w->v[w->n] = 1;
    }
    w->v[k] = v;
    return 0;
}

static int read_classes(const struct rt_parts *p, const char *output,
                        const char *text, struct by_class *w,
                        struct rt_err *err)
{
    const struct rt_column *c = rt_weigh_label(p->train, output, err);
    const char **list;
    int n;
    if (!c)
        return RT_ENOENT;
    if (!strcmp(text, "auto"))
        return rt_weigh_auto(p->train, c, &w->v, &w->n, err);
    int status = rt_list_split(text, &list, &n, err);
    if (status)
        return status;
    for (int i = 0; i < n && !status; i++)
        status = put_class(c, list[i], w, err);
    free(list);
    return status;
}

static void say_classes(struct rt_cmd_call *call, const struct rt_dataset *d,
                        const char *output, const struct by_class *w)
{
    const struct rt_column *c = rt_weigh_label(d, output, NULL);
    rt_value_set_dict(&call->out->value);
    rt_str_addf(&call->out->text, "classes of %s weigh", output);
    for (int i = 0; i < w->n; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        const char *name = i < c->n_classes ? c->classes[i] : number;
        rt_value_put_number(&call->out->value, name, w->v[i]);
        if (i < 12)
            rt_str_addf(&call->out->text, "%s %s %.4g", i ? "," : "", name,
                        w->v[i]);
    }
    if (w->n > 12)
        rt_str_addf(&call->out->text, ", and so on to class %d", w->n - 1);
}

/* ---- the command --------------------------------------------------------- */

static int set_one(struct rt_dataset *d, int kind, const char *output,
                   const char *col, const struct by_class *w,
                   struct rt_err *err)
{
    if (kind == SAMPLE)
        return rt_dataset_weigh_samples(d, output, col, err);
    if (kind == CLASS)
        return rt_dataset_weigh_classes(d, output, w->v, w->n, err);
    rt_dataset_unweigh(d);
    return 0;
}

/* The set and its training part: the others are for looking at. */
static int set_all(struct rt_cmd_call *call, struct rt_parts *p, int kind,
                   const char *output, const char *col,
                   const struct by_class *w, struct rt_err *err)
{
    struct rt_dataset *made[2] = { NULL };
    int status = 0;
    p->n = p->train == p->v[0] ? 1 : 2;
    if (p->n == 2)
        p->v[1] = p->train;
    for (int i = 0; i < p->n && !status; i++) {
        made[i] = rt_dataset_copy(p->v[i], p->v[i]->name);
        status = set_one(made[i], kind, output, col, w, err);
    }
    if (!status) {
        rt_parts_replace(call->s, p, made);
        return 0;
    }
    for (int i = 0; i < p->n; i++)
        rt_dataset_unref(made[i]);
    return status;
}

/* What has been said of the weights of a set. */
static void list_weights(struct rt_cmd_call *call, const struct rt_dataset *d)
{
    struct rt_value *list = &call->out->value;
    call->looked = true;
    rt_value_set_list(list);
    for (int i = 0; i < d->n_weighings; i++) {
        const struct rt_weighing *w = &d->weighings[i];
        struct rt_value *v = rt_value_push(list);
        struct rt_str classes = RT_STR_INIT;
        for (int k = 0; k < w->n_classes; k++)
            rt_str_addf(&classes, "%s%d=%.4g", k ? "," : "", k, w->by_class[k]);
        rt_value_set_dict(v);
        rt_value_put_text(v, "output", w->output ? w->output : "all");
        rt_value_put_text(v, "sample", w->col ? w->col : "");
        rt_value_put_text(v, "class", rt_str_c(&classes));
        rt_str_release(&classes);
    }
    if (!list->n)
        rt_str_addf(&call->out->text, "%s has no weights", d->name);
}

static int kind_of(const struct rt_cmd_call *call, struct rt_err *err)
{
    for (int i = 0; call->n > 1 && kinds[i]; i++) {
        int most[] = { 4, 4, 2 }, least[] = { 4, 3, 2 };
        if (strcmp(call->words[1], kinds[i]) == 0 && call->n >= least[i] &&
            call->n <= most[i])
            return i;
    }
    return rt_fail(err, RT_EINVAL,
                   "weights: want a data set, and class OUTPUT "
                   "auto|CLASS=WEIGHT,..., sample [OUTPUT] COLUMN, or none");
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    if (call->n == 1) {
        const struct rt_dataset *set =
            rt_session_data(call->s, call->words[0], err);
        if (set)
            list_weights(call, set);
        return set ? 0 : rt_cmd_within(call->cmd, err);
    }
    int kind = kind_of(call, err);
    if (kind < 0)
        return kind;
    struct rt_parts p;
    struct by_class w = { 0 };
    const char *const *words = call->words;
    const char *output = call->n == 4 ? words[2] : NULL;
    const char *last = words[call->n - 1];
    int status = rt_parts_find(call->s, words[0], &p, err);
    if (!status && kind == CLASS)
        status = read_classes(&p, output, last, &w, err);
    if (!status)
        status = set_all(call, &p, kind, output, last, &w, err);
    if (status) {
        free(w.v);
        return rt_cmd_within(call->cmd, err);
    }
    const struct rt_dataset *d = rt_session_data(call->s, words[0], NULL);
    rt_value_set_text(&call->out->value, d->name);
    if (kind == CLASS)
        say_classes(call, d, output, &w);
    else if (kind == NONE)
        rt_str_addf(&call->out->text, "%s has no weights", d->name);
    else
        rt_str_addf(&call->out->text, "samples of %s%s%s weigh as %s says",
                    d->name, output ? " for " : "", output ? output : "", last);
    free(w.v);
    return 0;
}

const struct rt_cmd rt_cmd_weights = {
    .group = "data",
    .name = "weights",
    .help = "how much samples and classes count in the loss",
    .usage =
        "NAME | NAME class OUTPUT auto|CLASS=WEIGHT,... | NAME sample [OUTPUT] "
        "COLUMN | NAME none",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_LISTS,
    .run = run,
    .details =
        "NAME alone shows them. The weights belong to the data set; those "
        "of class and sample are\nmultiplied. auto gives each class the "
        "same weight in all, by the training part; a class that\nis not "
        "named has 1. A column with as many numbers as the output has "
        "steps weighs each step\n(Keras' sample_weight_mode='temporal'). "
        "Class weights act while training alone, sample weights\nin "
        "`evaluate` and in validation by a set of its own too. The .train "
        "part has what the whole\nhas, .val and .test what they are "
        "given. Metrics are weighed by `compile\nweighted_metrics=` "
        "alone.",
    .example = "seed 1\ndata s generate blobs n=90 classes=3\n"
               "weights s class y 0=1,2=2.5\nweights s class y auto\n"
               "weights s\nweights s none\n",
};
