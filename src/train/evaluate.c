/* Inference over a data set: an objective and one pass, made for the call. */
#include "train/evaluate.h"
#include "base/mem.h"
#include "base/pool.h"
#include "train/pass.h"
#include "train/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct job {
    struct rt_objective *objective;
    struct rt_pass pass;
    struct rt_key key; /* inference draws nothing */
    bool (*interrupted)(void);
    struct rt_model *model; /* whose states go on */
};

static int open_job(struct job *j, struct rt_model *m, struct rt_dataset *d,
                    int batch_size, bool labels, struct rt_err *err)
{
    if (batch_size < 1)
        return rt_fail(err, RT_EINVAL, "batch_size is %d, want 1 or more",
                       batch_size);
    int code = rt_model_ready(m, err);
    if (code)
        return code;
    j->objective = rt_objective_new(m, labels, err);
    if (!j->objective)
        return err->code;
    j->model = m;
    j->key = rt_key_make(m->seed, RT_FOR_TEST);
    rt_flush_denormals();
    if (labels && (code = rt_pass_mark(j->objective, &d, 1, err)))
        return code;
    code = rt_pass_open(&j->pass,
                        &(struct rt_pass_spec){ .model = m,
                                                .objective = j->objective,
                                                .data = d,
                                                .n = d->n_rows,
                                                .batch_size = batch_size,
                                                .labels = labels,
                                                .weighs = RT_WEIGHS_SAMPLES },
                        err);
    if (!code)
        rt_batches_begin(j->pass.batches, 1, 0);
    return code;
}

static void close_job(struct job *j)
{
    rt_pass_close(&j->pass);
    rt_objective_free(j->objective);
}

/* The rows of the next batch, its values computed; 0 at the end, or RT_E... */
static int next(struct job *j, struct rt_err *err)
{
    if (j->interrupted && j->interrupted())
        return rt_fail(err, RT_ECANCEL, "interrupted");
    int rows = rt_pass_next(&j->pass);
    if (rows > 0 && !rt_plan_forward(j->pass.plan, rows, j->key)) {
        const struct rt_err *fault = rt_plan_fault(j->pass.plan);
        return rt_fail(err, fault->code, "%s", fault->text);
    }
    if (rows > 0)
        rt_pass_update(&j->pass, j->model->weights, false);
    return rows;
}

/* ---- evaluate ------------------------------------------------------------ */

int rt_evaluate(struct rt_model *m, struct rt_dataset *d, int batch_size,
                bool (*interrupted)(void), struct rt_score **out, int *n,
                struct rt_err *err)
{
    struct job j = { .interrupted = interrupted };
    struct rt_err own = RT_ERR_INIT;
    struct rt_tally t;
    if (!err)
        err = &own;
    int rows = open_job(&j, m, d, batch_size, true, err);
    if (rows == 0) {
        rt_tally_init(&t, j.objective);
        while ((rows = next(&j, err)) > 0) {
            rt_tally_take(&t, &j.pass);
            rt_tally_add(&t, &j.pass, rows);
        }
        *n = t.n;
        *out = rows < 0 ? NULL : rt_xcalloc((size_t)t.n, sizeof **out);
        for (int i = 0; *out && i < t.n; i++) {
            (*out)[i].key = rt_xstrdup(t.series[i].key);
            (*out)[i].value = rt_tally_mean(&t, i);
        }
        rt_tally_release(&t);
    }
    close_job(&j);
    return rows;
}

void rt_scores_free(struct rt_score *s, int n)
{
    for (int i = 0; s && i < n; i++)
        free(s[i].key);
    free(s);
}

/* ---- predict ------------------------------------------------------------- */

/* The shape of a row as it came out: all dimensions are known by then. */
static int make_room(struct rt_prediction *p, const struct job *j,
                     size_t n_rows, struct rt_err *err)
{
    const struct rt_objective *o = j->objective;
    for (int i = 0; i < o->n_outputs; i++) {
        struct rt_tensor y = rt_plan_value(j->pass.plan, o->outputs[i].value);
        p[i].output = rt_xstrdup(o->outputs[i].name);
        p[i].row = rt_shape_of_row(&y.shape);
        p[i].v = rt_try_alloc(n_rows, rt_shape_count(&p[i].row) * sizeof(float),
                              "predictions", err);
        if (!p[i].v)
            return RT_ENOMEM;
    }
    return 0;
}

static void copy_batch(struct rt_prediction *p, const struct job *j,
                       size_t done, int rows)
{
    const struct rt_objective *o = j->objective;
    for (int i = 0; i < o->n_outputs; i++) {
        struct rt_tensor y = rt_plan_value(j->pass.plan, o->outputs[i].value);
        size_t row = rt_shape_count(&p[i].row);
        memcpy(p[i].v + done * row, y.v, (size_t)rows * row * sizeof *y.v);
    }
}

int rt_predict(struct rt_model *m, struct rt_dataset *d, int batch_size,
               bool (*interrupted)(void), struct rt_prediction **out, int *n,
               struct rt_err *err)
{
    struct job j = { .interrupted = interrupted };
    struct rt_err own = RT_ERR_INIT;
    struct rt_prediction *p = NULL;
    size_t done = 0;
    int rows = open_job(&j, m, d, batch_size, false, err ? err : &own);
    int code = rows, n_outputs = j.objective ? j.objective->n_outputs : 0;
    if (!code)
        p = rt_xcalloc((size_t)n_outputs + 1, sizeof *p);
    while (!code && (rows = next(&j, err)) > 0) {
        if (done == 0)
            code = make_room(p, &j, d->n_rows, err);
        if (!code)
            copy_batch(p, &j, done, rows);
        done += (size_t)rows;
    }
    if (!code)
        code = rows;
    close_job(&j);
    if (code) {
        rt_predictions_free(p, n_outputs);
        return code;
    }
    *out = p;
    *n = n_outputs;
    return 0;
}

void rt_predictions_free(struct rt_prediction *p, int n)
{
    for (int i = 0; p && i < n; i++) {
        free(p[i].output);
        free(p[i].v);
    }
    free(p);
}

/* ---- confusion ----------------------------------------------------------- */

static int largest(const float *v, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (v[i] > v[best])
            best = i;
    return best;
}

/* -1: no label (NaN); -2: no class. */
static int class_of(const float *label, int width, int k)
{
    if (isnan(label[0]))
        return -1;
    if (width > 1)
        return largest(label, width);
    bool whole =
        label[0] >= 0 && label[0] < (float)k && label[0] == floorf(label[0]);
    return whole ? (int)label[0] : -2;
}

int rt_confusion(const struct rt_prediction *p, size_t n_rows,
                 const float *labels, int label_width, int64_t **out, int *k,
                 struct rt_err *err)
{
    size_t width = rt_shape_count(&p->row);
    int n = width == 1 ? 2 : (int)width;
    if (p->row.rank > 1 || width > 10000)
        return rt_fail(err, RT_ESHAPE,
                       "confusion: output '%s' has rows of %s, want one value "
                       "a class",
                       p->output, rt_shape_text(&p->row));
    if (label_width != 1 && label_width != (int)width)
        return rt_fail(err, RT_ESHAPE,
                       "confusion: labels are %d wide and output '%s' has %d "
                       "classes, want class numbers or one-hot rows",
                       label_width, p->output, n);
    int64_t *count =
        rt_try_alloc((size_t)n * (size_t)n, sizeof *count, "confusion", err);
    if (!count)
        return RT_ENOMEM;
    for (size_t i = 0; i < n_rows; i++) {
        const float *v = p->v + i * width,
                    *label = labels + i * (size_t)label_width;
        int said = width == 1 ? v[0] > 0.5f : largest(v, n);
        int is = class_of(label, label_width, n);
        if (is == -2) {
            free(count);
            return rt_fail(err, RT_EINVAL,
                           "confusion: row %zu has the label %g, want a class "
                           "number 0..%d",
                           i, label[0], n - 1);
        }
        if (is >= 0)
            count[is * n + said]++;
    }
    *out = count;
    *k = n;
    return 0;
}
