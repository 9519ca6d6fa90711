/* evaluate, predict, confusion: a model over a data set, no training. */
#include "base/file.h"
#include "base/mem.h"
#include "files/csv_write.h"
#include "files/npy.h"
#include "shell/cmd.h"
#include "shell/parts.h"
#include "shell/pictures.h"
#include "train/evaluate.h"

#include <stdlib.h>
#include <string.h>

/* ---- evaluate --------------------------------------------------------------
 */

struct eval_args {
    const char *data;
    int batch_size;
};
static const struct rt_opt eval_opts[] = {
    RT_OPT(struct eval_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct eval_args, batch_size, .def = "32", .min = 1, .max = 1e9,
           .help = "rows of a batch"),
    RT_OPT_END
};

static int run_evaluate(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct eval_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_model *copy = NULL, *m = rt_session_at_rest(s, &copy, err);
    struct rt_dataset *d = m ? rt_session_data(s, a->data, err) : NULL;
    struct rt_score *score = NULL;
    int n = 0;
    int rc =
        !d ? rt_err_code(err, RT_ENOENT)
           : rt_evaluate(m, d, a->batch_size, s->interrupted, &score, &n, err);
    if (!rc) {
        rt_value_set_dict(&call->out->value);
        for (int i = 0; i < n; i++)
            rt_value_put_number(&call->out->value, score[i].key,
                                score[i].value);
    }
    rt_scores_free(score, n);
    rt_model_free(copy);
    return rc ? rt_err_within(err, "evaluate") : 0;
}

const struct rt_cmd rt_cmd_evaluate = {
    .group = "training",
    .name = "evaluate",
    .help = "loss and metrics over a data set, as a dict",
    .opts = eval_opts,
    .args_size = sizeof(struct eval_args),
    .run = run_evaluate,
    .details = "While the model trains, its weights as they are between two "
               "batches are measured.",
    .example = "seed 1\ndata s generate blobs n=60 classes=2\nonehot s y\n"
               "model m\ninput x 2\ndense 2 activation=softmax\noutput\n"
               "compile sgd loss=categorical_crossentropy metrics=acc\n"
               "evaluate s\n",
};

/* ---- predict ---------------------------------------------------------------
 */

struct predict_args {
    const char *data, *output, *o, *grid, *to, *set;
    int batch_size, rows;
};
static const struct rt_opt predict_opts[] = {
    RT_OPT(struct predict_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct predict_args, output, .word = 2, .def = "",
           .names = RT_NAMES_OUTPUT, .help = "one output; else all"),
    RT_OPT(struct predict_args, batch_size, .def = "32", .min = 1, .max = 1e9,
           .help = "rows of a batch"),
    RT_OPT(struct predict_args, rows, .def = "10", .min = 1, .max = 1e6,
           .help = "how many are shown on the screen"),
    RT_OPT(struct predict_args, set, .name = "to", .names = RT_NAMES_DATA,
           .help = "a new data set with a column for each output"),
    RT_OPT(struct predict_args, o, .form = RT_FORM_FLAG, .names = RT_NAMES_FILE,
           .help = "write them to a .npy or .csv file"),
    RT_OPT(struct predict_args, grid, .form = RT_FORM_FLAG,
           .help = "a grid of pictures with the predicted class: rows A..B"),
    RT_OPT(struct predict_args, to, .form = RT_FORM_FLAG,
           .names = RT_NAMES_FILE,
           .help = "write the grid to a .png, .svg or .pdf file"),
    RT_OPT_END
};

static int write_predictions(const char *file, const struct rt_prediction *p,
                             size_t n_rows, struct rt_err *err)
{
    const char *ext = rt_path_ext(file);
    struct rt_shape shape = { .rank = p->row.rank + 1, .dim = { (int)n_rows } };
    memcpy(shape.dim + 1, p->row.dim, (size_t)p->row.rank * sizeof(int));
    if (!strcmp(ext, "npy"))
        return rt_npy_write(file, &shape, p->v, err);
    if (strcmp(ext, "csv"))
        return rt_fail(err, RT_EINVAL, "'%s' ends in neither .npy nor .csv",
                       file);
    return rt_csv_write_rows(file, p->output, p->v, n_rows,
                             (int)rt_shape_count(&p->row), err);
}

static void show_predictions(struct rt_cmd_call *call,
                             const struct rt_prediction *p, size_t n_rows,
                             int limit)
{
    struct rt_str *out = &call->out->text;
    size_t width = rt_shape_count(&p->row);
    rt_str_addf(out, "%s%s %zu rows of %s", out->n ? "\n" : "", p->output,
                n_rows, rt_shape_text(&p->row));
    for (size_t i = 0; i < n_rows && i < (size_t)limit; i++) {
        rt_str_addf(out, "\n%6zu ", i);
        for (size_t k = 0; k < width && k < 12; k++)
            rt_str_addf(out, " %8.4f", p->v[i * width + k]);
        if (width > 12)
            rt_str_add(out, " ...");
    }
    if (n_rows > (size_t)limit)
        rt_str_addf(out, "\n   ... %zu more; -o FILE.npy writes all",
                    n_rows - (size_t)limit);
}

/* A set with a column for each prediction that is asked for. */
static int keep_predictions(struct rt_cmd_call *call,
                            const struct predict_args *a,
                            const struct rt_dataset *d,
                            const struct rt_prediction *p, int n,
                            struct rt_err *err)
{
    int rc = rt_name_check(a->set, err);
    char *origin = rt_xprintf("predict %s", d->name);
    struct rt_dataset *made = rt_dataset_new(a->set, d->n_rows, origin);
    free(origin);
    for (int i = 0; !rc && i < n; i++) {
        if (a->output && strcmp(a->output, p[i].output))
            continue;
        size_t numbers = d->n_rows * rt_shape_count(&p[i].row);
        float *v = rt_try_alloc(numbers, sizeof *v, "predictions", err);
        if (v)
            memcpy(v, p[i].v, numbers * sizeof *v);
        rc = v ? rt_dataset_add_column(made, p[i].output, RT_F32, &p[i].row,
                                       d->n_rows, v, NULL, 0, err)
               : RT_ENOMEM;
    }
    if (rc || !made->n_cols) {
        rt_dataset_unref(made);
        return rc;
    }
    rt_parts_drop(call->s, a->set);     /* they were another set's */
    rt_session_data_set(call->s, made); /* d is gone if it was called so */
    rt_str_addf(&call->out->text, "%s: %zu rows of", a->set, made->n_rows);
    for (int i = 0; i < made->n_cols; i++)
        rt_str_addf(&call->out->text, "%s %s", i ? "," : "",
                    made->cols[i]->name);
    return 0;
}

/* The rows that are shown, of each a number or a flat list. */
static void put_rows(struct rt_value *dict, const struct rt_prediction *p,
                     size_t n_rows)
{
    struct rt_value *list = rt_value_put(dict, p->output);
    size_t n = rt_shape_count(&p->row);
    rt_value_set_list(list);
    for (size_t r = 0; r < n_rows; r++) {
        struct rt_value *row = rt_value_push(list);
        if (n == 1)
            rt_value_set_number(row, (double)p->v[r]);
        else
            rt_value_set_list(row);
        for (size_t i = 0; n != 1 && i < n; i++)
            rt_value_set_number(rt_value_push(row), (double)p->v[r * n + i]);
    }
}

static int choose_output(const struct rt_model *m, const struct predict_args *a,
                         struct rt_err *err)
{
    bool found = !a->output;
    for (int i = 0; i < m->n_outputs && !found; i++)
        found = !strcmp(a->output, m->outputs[i].name);
    if (!found)
        return rt_fail(err, RT_ENOENT, "'%s' is no output of model '%s'",
                       a->output, m->name);
    if (a->o && !a->output && m->n_outputs > 1)
        return rt_fail(err, RT_EINVAL,
                       "%d outputs do not fit into one file: want one, as in "
                       "output=%s",
                       m->n_outputs, m->outputs[0].name);
    return 0;
}

static int run_predict(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct predict_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_model *copy = NULL, *m = rt_session_at_rest(s, &copy, err);
    struct rt_dataset *d = m ? rt_session_data(s, a->data, err) : NULL;
    struct rt_prediction *p = NULL;
    int n = 0, rc = d ? 0 : rt_err_code(err, RT_ENOENT);
    call->looked = !a->set;
    if (!rc && (a->set != NULL) + (a->o != NULL) + (a->grid != NULL) > 1)
        rc = rt_fail(err, RT_EINVAL, "want one of to=, -o and -grid");
    if (!rc && a->to && !a->grid)
        rc = rt_fail(err, RT_EINVAL,
                     "-to writes the grid: want -grid A..B with it, or -o for "
                     "the numbers");
    if (!rc && a->grid) {
        rc = rt_pictures_predict(s, m, d, a->output, a->grid, a->to,
                                 &call->out->text, err);
        goto done;
    }
    if (!rc)
        rc = choose_output(m, a, err);
    if (!rc)
        rc = rt_predict(m, d, a->batch_size, s->interrupted, &p, &n, err);
    if (!rc)
        rt_value_set_dict(&call->out->value);
    for (int i = 0; !rc && !a->set && i < n; i++) {
        if (a->output && strcmp(a->output, p[i].output))
            continue;
        if (a->o) {
            rc = write_predictions(a->o, &p[i], d->n_rows, err);
            rt_value_release(&call->out->value);
            rt_value_set_text(&call->out->value, a->o);
        } else {
            size_t rows = (size_t)a->rows;
            show_predictions(call, &p[i], d->n_rows, a->rows);
            put_rows(&call->out->value, &p[i],
                     rows < d->n_rows ? rows : d->n_rows);
        }
    }
    if (!rc && a->set) {
        rc = keep_predictions(call, a, d, p, n, err);
        rt_value_release(&call->out->value);
        rt_value_set_text(&call->out->value, a->set);
    }
done:
    rt_predictions_free(p, n);
    rt_model_free(copy);
    return rc ? rt_err_within(err, "predict") : 0;
}

const struct rt_cmd rt_cmd_predict = {
    .group = "training",
    .name = "predict",
    .help = "predictions to the screen, a file, a data set or a grid of "
            "pictures",
    .opts = predict_opts,
    .args_size = sizeof(struct predict_args),
    .flags = RT_CMD_LOOKS | RT_CMD_CHANGES,
    .run = run_predict,
    .details = "Returns a dict: of each output a list of the rows shown, a "
               "row a number or a list.\nThe columns of a data set made by to= "
               "are called as the "
               "outputs: `scale NAME -inverse\nlike=DATA cols=OUTPUT` brings "
               "them back to the units of the data.",
    .example = "seed 1\ndata s generate blobs n=20 classes=2\nmodel m\n"
               "input x 2\ndense 2 activation=softmax\noutput\n"
               "predict s rows=3\npredict s to=guess\nvalues guess dense_1 0\n",
};

/* ---- confusion -------------------------------------------------------------
 */

struct confusion_args {
    const char *data, *output, *column, *to;
};
static const struct rt_opt confusion_opts[] = {
    RT_OPT(struct confusion_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct confusion_args, output, .word = 2, .def = "",
           .names = RT_NAMES_OUTPUT, .help = "the output; else the only one"),
    RT_OPT(
        struct confusion_args, column, .name = "true", .names = RT_NAMES_COLUMN,
        .help = "column of the true classes; else what the output is bound to"),
    RT_OPT(struct confusion_args, to, .form = RT_FORM_FLAG,
           .names = RT_NAMES_FILE,
           .help = "write it to a .png, .svg or .pdf file"),
    RT_OPT_END
};

static int run_confusion(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct confusion_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_model *copy = NULL, *m = rt_session_at_rest(s, &copy, err);
    struct rt_dataset *d = m ? rt_session_data(s, a->data, err) : NULL;
    int64_t *count = NULL;
    char **names = NULL;
    int k = 0;
    int rc = d ? rt_pictures_confusion(s, m, d, a->output, a->column, &count,
                                       &k, &names, err)
               : rt_err_code(err, RT_ENOENT);
    if (!rc)
        rc = rt_pictures_show_confusion(s, count, k, names, a->to,
                                        &call->out->text, err);
    if (!rc) {
        rt_value_set_list(&call->out->value);
        for (int i = 0; i < k; i++) {
            struct rt_value *row = rt_value_push(&call->out->value);
            rt_value_set_list(row);
            for (int j = 0; j < k; j++)
                rt_value_set_int(rt_value_push(row), count[i * k + j]);
        }
    }
    free(count);
    rt_model_free(copy);
    return rc ? rt_err_within(err, "confusion") : 0;
}

const struct rt_cmd rt_cmd_confusion = {
    .group = "training",
    .name = "confusion",
    .help = "confusion matrix: rows true, columns predicted",
    .opts = confusion_opts,
    .args_size = sizeof(struct confusion_args),
    .flags = RT_CMD_LOOKS,
    .run = run_confusion,
    .example = "seed 1\ndata s generate blobs n=60 classes=3\nonehot s y\n"
               "model m\ninput x 2\ndense 3 activation=softmax\noutput\n"
               "confusion s\n",
};
