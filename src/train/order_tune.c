/* Orders that change the numbers a run learns by: lr, loss_weights, tune. The
 * numbers lie in the model's compile settings and its layers' options, so they
 * stay when the run is over. */
#include "base/schema.h"
#include "nn/tune.h"
#include "train/run_private.h"

#include <math.h>
#include <stdlib.h>

/* Takes text: it is said if all went well. */
static int done(int code, struct rt_str *text, char *says, size_t n)
{
    if (!code)
        snprintf(says, n, "%s", rt_str_c(text));
    rt_str_release(text);
    return code;
}

/* ---- lr ------------------------------------------------------------------ */

struct lr_args {
    struct rt_texts words;
};
static const struct rt_opt lr_opts[] = {
    RT_OPT(struct lr_args, words, .name = "value", .form = RT_FORM_REST,
           .names = RT_NAMES_LAYER,
           .help = "the new rate; LAYERS=0.1x for a share of it, LAYERS=1e-4 "
                   "for a rate of their own"),
    RT_OPT_END
};

static int check_lr(const void *args, struct rt_err *err)
{
    const struct rt_texts *w = &((const struct lr_args *)args)->words;
    double v;
    if (!w->n)
        return rt_fail(err, RT_EINVAL, "'value' is missing");
    for (int i = 0; i < w->n; i++) {
        if (strchr(w->v[i], '='))
            continue;
        if (rt_number_parse(w->v[i], &v, err))
            return RT_EINVAL;
        if (!(v >= 0 && v <= 1e9))
            return rt_fail(err, RT_EINVAL, "'value' is %s, want 0 or more",
                           w->v[i]);
    }
    return 0;
}

static int set_lr(struct rt_run *r, const void *args, char *says, size_t n,
                  struct rt_err *err)
{
    const struct rt_texts *w = &((const struct lr_args *)args)->words;
    struct rt_learning *before = rt_learning_take(r->model);
    struct rt_str text = RT_STR_INIT;
    double *lr = rt_run_lr(r), now = *lr, v;
    int code = 0;
    for (int i = 0; i < w->n && !code; i++) {
        if (strchr(w->v[i], '=')) {
            code = rt_model_rate(r->model, w->v[i], &text, err);
        } else if (!(code = rt_number_parse(w->v[i], &v, err))) {
            rt_str_addf(&text, "%slr %g -> %g", text.n ? ", " : "", now, v);
            now = v;
        }
    }
    if (code)
        rt_learning_put(r->model, before);
    else
        *lr = now;
    rt_run_find_ranges(r);
    rt_learning_free(before);
    return done(code, &text, says, n);
}

const struct rt_order_type rt_order_lr = {
    .name = "lr",
    .help = "set the learning rate, of all layers or of some",
    .opts = lr_opts,
    .args_size = sizeof(struct lr_args),
    .changes = true,
    .check = check_lr,
    .apply = set_lr,
};

/* ---- tune ---------------------------------------------------------------- */

struct tune_args {
    struct rt_texts words;
};
static const struct rt_opt tune_opts[] = {
    RT_OPT(struct tune_args, words, .form = RT_FORM_REST,
           .help = "KEY=VALUE: lr, momentum and the optimizer's other numbers, "
                   "clipnorm, batch_size, loss_weights=OUTPUT:WEIGHT,..., "
                   "LAYER.rate"),
    RT_OPT_END
};

/* "batch_size=64", which is the run's and not the model's; 0: it is not that
 * word. */
static int take_batch_size(const char *word, int *size, struct rt_err *err)
{
    static const char key[] = "batch_size=";
    double v;
    if (strncmp(word, key, sizeof key - 1))
        return 0;
    if (rt_number_parse(word + sizeof key - 1, &v, err) ||
        !(v >= 1 && v <= 1e9 && v == floor(v)))
        return rt_fail(err, RT_EINVAL,
                       "batch_size is '%s', want a whole number from 1 on",
                       word + sizeof key - 1);
    *size = (int)v;
    return 1;
}

/* Loss weights as they are now compiled, into the pass. */
static void weigh(struct rt_run *r)
{
    const struct rt_compiled *c = r->model->compiled;
    for (int i = 0; i < r->objective->n_outputs; i++)
        r->objective->outputs[i].weight = c->outputs[i].weight;
    rt_pass_weigh(&r->train);
}

/* Slots and plans that the new numbers want. */
static int heed(struct rt_run *r, const struct rt_tuned *did,
                struct rt_err *err)
{
    int code = did->optimizer ? rt_model_ready(r->model, err) : 0;
    if (!code && did->layers)
        code = rt_run_replan(r, err);
    if (!code && did->weights)
        weigh(r);
    return code;
}

static int tune_words(struct rt_run *r, const char *const *words, int n,
                      int size, struct rt_str *text, struct rt_err *err)
{
    struct rt_tuned did;
    struct rt_learning *before = rt_learning_take(r->model);
    int code = rt_model_tune(r->model, words, n, &did, text, err);
    if (!code) {
        code = heed(r, &did, err);
        if (code)
            rt_learning_put(r->model, before);
    }
    rt_learning_free(before);
    if (!code && size) {
        rt_str_addf(text, "%sbatch_size %d -> %d from epoch %lld",
                    text->n ? ", " : "", r->train_spec.batch_size, size,
                    (long long)r->epoch + 1);
        r->batch_size_next = size;
    }
    return code;
}

static int tune(struct rt_run *r, const void *args, char *says, size_t n,
                struct rt_err *err)
{
    const struct rt_texts *w = &((const struct tune_args *)args)->words;
    RT_VEC(const char *) words = { 0 };
    struct rt_str text = RT_STR_INIT;
    int size = 0, code = 0;
    for (int i = 0; i < w->n && code >= 0; i++) {
        code = take_batch_size(w->v[i], &size, err);
        if (!code)
            rt_vec_push(&words, w->v[i]);
    }
    code = code < 0 ? code : tune_words(r, words.v, words.n, size, &text, err);
    rt_vec_release(&words);
    return done(code, &text, says, n);
}

static int check_tune(const void *args, struct rt_err *err)
{
    const struct rt_texts *w = &((const struct tune_args *)args)->words;
    return w->n ? 0
                : rt_fail(err, RT_EINVAL,
                          "what? As in lr=1e-4 batch_size=64 drop1.rate=0.3");
}

const struct rt_order_type rt_order_tune = {
    .name = "tune",
    .help = "change numbers of the optimizer, of losses and layers, or the "
            "batch size",
    .opts = tune_opts,
    .args_size = sizeof(struct tune_args),
    .changes = true,
    .check = check_tune,
    .apply = tune,
};

/* ---- loss_weights -------------------------------------------------------- */

struct weights_args {
    struct rt_texts weights;
};
static const struct rt_opt weights_opts[] = {
    RT_OPT(struct weights_args, weights, .word = 1, .names = RT_NAMES_OUTPUT,
           .help = "OUTPUT:WEIGHT, ..."),
    RT_OPT_END
};

static int set_weights(struct rt_run *r, const void *args, char *says, size_t n,
                       struct rt_err *err)
{
    const struct rt_texts *t = &((const struct weights_args *)args)->weights;
    struct rt_str word = RT_STR_INIT, text = RT_STR_INIT;
    rt_str_add(&word, "loss_weights=");
    for (int i = 0; i < t->n; i++)
        rt_str_addf(&word, "%s%s", i ? "," : "", t->v[i]);
    const char *words[] = { rt_str_c(&word) };
    int code = tune_words(r, words, 1, 0, &text, err);
    rt_str_release(&word);
    return done(code, &text, says, n);
}

const struct rt_order_type rt_order_loss_weights = {
    .name = "loss_weights",
    .help = "set the weights of outputs' losses",
    .opts = weights_opts,
    .args_size = sizeof(struct weights_args),
    .changes = true,
    .apply = set_weights,
};
