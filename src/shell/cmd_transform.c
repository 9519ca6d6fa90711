/* scale, onehot: learnt from the training part where there is one, applied to
 * the set and all its parts. */
#include "base/schema.h"
#include "data/transform.h"
#include "shell/cmd.h"
#include "shell/parts.h"

#include <math.h>
#include <string.h>

/* ---- the set and its parts --------------------------------------------- */

/* What is done to one of them; fit: where it is learnt. */
typedef struct rt_dataset *change_fn(const struct rt_dataset *d,
                                     const struct rt_dataset *fit,
                                     const void *arg, struct rt_err *err);

/* All of them, or none on an error. */
static int change_all(struct rt_session *s, const struct rt_parts *p,
                      change_fn *fn, const void *arg, struct rt_err *err)
{
    struct rt_dataset *made[1 + RT_PARTS];
    for (int i = 0; i < p->n; i++) {
        made[i] = fn(p->v[i], p->train, arg, err);
        if (made[i])
            continue;
        while (i-- > 0)
            rt_dataset_unref(made[i]);
        return rt_err_code(err, RT_EINVAL);
    }
    rt_parts_replace(s, p, made);
    return 0;
}

static void say_parts(const struct rt_parts *p, bool fitted, struct rt_str *out)
{
    rt_parts_text(p, out);
    if (fitted && p->train != p->v[0])
        rt_str_addf(out, "; learnt from %s", p->train->name);
}

/* ---- scale ------------------------------------------------------------- */

struct scale_args {
    const char *data, *like;
    int kind;
    double by;
    struct rt_texts cols;
    bool inverse;
};
static const char *const kinds[] = { "minmax", "standard", NULL };
static const struct rt_opt scale_opts[] = {
    RT_OPT(struct scale_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct scale_args, kind, .word = 2, .def = "", .choices = kinds,
           .help = "to 0..1, or to mean 0 and deviation 1"),
    RT_OPT(struct scale_args, by, .help = "multiply by this number, as 1/255"),
    RT_OPT(struct scale_args, like, .def = "", .names = RT_NAMES_DATA,
           .help = "do what was done to this set, onehot included"),
    RT_OPT(struct scale_args, cols, .def = "", .names = RT_NAMES_COLUMN,
           .help = "the columns; else x"),
    RT_OPT(struct scale_args, inverse, .form = RT_FORM_FLAG,
           .help = "take it back: the set's own scaling, or that of like="),
    RT_OPT_END
};

struct scale_job {
    const struct scale_args *a;
    const struct rt_dataset *like;
};

static struct rt_dataset *scale_one(const struct rt_dataset *d,
                                    const struct rt_dataset *fit,
                                    const void *arg, struct rt_err *err)
{
    const struct scale_job *j = arg;
    const struct scale_args *a = j->a;
    const struct rt_texts *c = &a->cols;
    if (a->inverse)
        return rt_transform_back(d, j->like ? j->like : d, c->v, c->n, err);
    if (j->like)
        return rt_transform_like(d, j->like, c->v, c->n, err);
    const char *kind = a->kind == RT_UNSET_INT ? NULL : kinds[a->kind];
    return rt_scale(d, kind, a->by, fit, c->v, c->n, err);
}

static int run_scale(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct scale_args *a = call->args;
    struct rt_session *s = call->s;
    struct scale_job job = { .a = a };
    struct rt_parts p;
    struct rt_str *out = &call->out->text;
    bool fits = a->kind != RT_UNSET_INT, by = !isnan(a->by);
    if (fits + by + (a->like != NULL) > 1 || (a->inverse && (fits || by)))
        return rt_fail(err, RT_EINVAL,
                       "scale: want one of minmax, standard, by= and like=, "
                       "or -inverse with or without like=");
    if (!fits && !by && !a->like && !a->inverse)
        return rt_fail(err, RT_EINVAL,
                       "scale: how is missing, want minmax, "
                       "standard, by= or like=");
    int rc = rt_parts_find(s, a->data, &p, err);
    if (!rc && a->like && !(job.like = rt_session_data(s, a->like, err)))
        rc = RT_ENOENT;
    if (!rc)
        rc = change_all(s, &p, scale_one, &job, err);
    if (rc)
        return rt_cmd_within(call->cmd, err);
    /* p's sets are gone: the names are asked for again. */
    if (rt_parts_find(s, a->data, &p, err))
        return RT_ENOENT;
    if (a->inverse)
        rt_str_add(out, "scaling taken back");
    else if (a->like)
        rt_str_addf(out, "as %s", a->like);
    else if (by)
        rt_str_addf(out, "scaled by %g", a->by);
    else
        rt_str_addf(out, "scaled %s", kinds[a->kind]);
    rt_str_add(out, ": ");
    say_parts(&p, fits, out);
    rt_value_set_text(&call->out->value, a->data);
    return 0;
}

const struct rt_cmd rt_cmd_scale = {
    .group = "data",
    .name = "scale",
    .help = "scale columns, as learnt from the training part",
    .usage = "NAME minmax|standard|by=1/255|like=OTHER [cols=x] [-inverse]",
    .opts = scale_opts,
    .args_size = sizeof(struct scale_args),
    .flags = RT_CMD_CHANGES,
    .run = run_scale,
    .details = "A table is scaled column by column, an array of rank 3 and "
               "more (rows counted) as a whole.\nMissing numbers stay "
               "missing. `scale test like=train` applies to one set what was "
               "fitted\non another; with -inverse it brings predictions back "
               "to the units of the data.",
    .example = "seed 1\ndata s generate blobs n=100\npartition s 0.8,0.2\n"
               "scale s standard\ndata new generate blobs n=20\n"
               "scale new like=s\nscale new -inverse\n",
};

/* ---- onehot ------------------------------------------------------------ */

struct onehot_args {
    const char *data, *col;
    int classes;
};
static const struct rt_opt onehot_opts[] = {
    RT_OPT(struct onehot_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct onehot_args, col, .name = "column", .word = 2,
           .names = RT_NAMES_COLUMN,
           .help = "a column of class numbers 0, 1, 2, ..."),
    RT_OPT(struct onehot_args, classes, .def = "0", .min = 0, .max = 1000000,
           .help = "how many; 0 counts those of the training part"),
    RT_OPT_END
};

static struct rt_dataset *encode_one(const struct rt_dataset *d,
                                     const struct rt_dataset *fit,
                                     const void *arg, struct rt_err *err)
{
    const struct onehot_args *a = arg;
    return rt_onehot(d, a->col, a->classes, fit, err);
}

static int run_onehot(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct onehot_args *a = call->args;
    struct rt_parts p;
    int rc = rt_parts_find(call->s, a->data, &p, err);
    if (!rc)
        rc = change_all(call->s, &p, encode_one, a, err);
    if (rc)
        return rt_err_within(err, "onehot");
    if (rt_parts_find(call->s, a->data, &p, err))
        return RT_ENOENT;
    const struct rt_column *c = rt_dataset_column(p.v[0], a->col, err);
    struct rt_shape shape = rt_column_shape(c);
    rt_str_addf(&call->out->text, "%s is now one of %d classes: ", a->col,
                shape.dim[shape.rank - 1]);
    say_parts(&p, false, &call->out->text);
    rt_value_set_int(&call->out->value, shape.dim[shape.rank - 1]);
    return 0;
}

const struct rt_cmd rt_cmd_onehot = {
    .group = "data",
    .name = "onehot",
    .help = "turn class numbers into rows of zeros with a one",
    .opts = onehot_opts,
    .args_size = sizeof(struct onehot_args),
    .flags = RT_CMD_CHANGES,
    .run = run_onehot,
    .details = "The label that categorical_crossentropy wants; "
               "sparse_categorical_crossentropy takes\nthe numbers as they "
               "are. Returns the number of classes.",
    .example = "seed 1\ndata s generate blobs n=60 classes=3\nonehot s y\n"
               "head s 3\n",
};
