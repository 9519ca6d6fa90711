/* One weight of a model as a value: get or set. */
#include "base/file.h"
#include "base/mem.h"
#include "files/npy.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "shell/numbers.h"

#include <stdlib.h>
#include <string.h>

struct args {
    const char *weight, *value;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, weight, .word = 1, .names = RT_NAMES_WEIGHT,
           .help = "LAYER/WEIGHT, as dense_1/kernel"),
    RT_OPT(struct args, value, .word = 2, .def = "", .names = RT_NAMES_FILE,
           .help = "new values: one for all, a list, or a .npy file"),
    RT_OPT_END
};

/* Names may hold anything, a slash too. */
static struct rt_weight *find(const struct rt_model *m, const char *name,
                              struct rt_err *err)
{
    struct rt_str known = RT_STR_INIT;
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        size_t n = strlen(l->name);
        if (strncmp(l->name, name, n) || name[n] != '/')
            continue;
        for (int k = 0; k < l->n_weights; k++) {
            if (!strcmp(l->weights[k]->name, name + n + 1)) {
                rt_str_release(&known);
                return l->weights[k];
            }
            rt_str_addf(&known, "%s%s", known.n ? ", " : "",
                        l->weights[k]->name);
        }
    }
    char *layer = rt_xstrndup(name, strcspn(name, "/"));
    if (known.n)
        rt_fail(err, RT_ENOENT, "no weight '%s'; the layer has %s", name,
                rt_str_c(&known));
    else if (!strchr(name, '/'))
        rt_fail(err, RT_EINVAL, "'%s' is no LAYER/WEIGHT, as dense_1/kernel",
                name);
    else if (rt_model_layer_find(m, layer, err))
        rt_fail(err, RT_ENOENT, "layer '%s' has no weights", layer);
    free(layer);
    rt_str_release(&known);
    return NULL;
}

/* ---- get ----------------------------------------------------------------- */

enum { SHOWN_ROWS = 20, SHOWN_COLUMNS = 10 };

static void show(const struct rt_weight *w, const float *v, struct rt_str *out)
{
    int rank = w->shape.rank;
    size_t width = rank ? (size_t)w->shape.dim[rank - 1] : 1;
    size_t rows = width ? w->n / width : 0;
    rt_str_addf(out, "%s/%s %s", w->layer->name, w->name,
                rt_shape_text(&w->shape));
    for (size_t i = 0; i < rows && i < SHOWN_ROWS; i++) {
        rt_str_addc(out, '\n');
        for (size_t k = 0; k < width && k < SHOWN_COLUMNS; k++)
            rt_str_addf(out, " %10.5g", (double)v[i * width + k]);
        if (width > SHOWN_COLUMNS)
            rt_str_add(out, " ...");
    }
    if (rows > SHOWN_ROWS)
        rt_str_addf(out, "\n ... %zu more rows", rows - SHOWN_ROWS);
}

static int get(struct rt_cmd_call *call, const char *name, struct rt_err *err)
{
    struct rt_model *copy = NULL;
    struct rt_model *m = rt_session_at_rest(call->s, &copy, err);
    int rc = m ? rt_model_ready(m, err) : err->code;
    const struct rt_weight *w = rc ? NULL : find(m, name, err);
    call->looked = true;
    if (w) {
        struct rt_value *v = &call->out->value;
        rt_value_set_list(v);
        for (size_t i = 0; i < w->n; i++)
            rt_value_set_number(rt_value_push(v),
                                (double)m->weights[w->offset + i]);
        show(w, m->weights + w->offset, &call->out->text);
    }
    rt_model_free(copy);
    return rc ? rc : w ? 0 : err->code;
}

/* ---- set ----------------------------------------------------------------- */

static int from_file(const struct rt_weight *w, const char *file, float *to,
                     struct rt_err *err)
{
    struct rt_npy a;
    int rc = rt_npy_read(file, &a, err);
    if (rc)
        return rc;
    if (!rt_shape_equal(&a.shape, &w->shape))
        rc = rt_fail(err, RT_ESHAPE, "%s holds %s, want %s", file,
                     rt_shape_text(&a.shape), rt_shape_text(&w->shape));
    else if (a.type != RT_F32 && a.type != RT_F64)
        rc = rt_fail(err, RT_EFORMAT, "%s holds %s, want floats", file,
                     rt_dtype_name(a.type));
    for (size_t i = 0; !rc && i < a.n; i++)
        to[i] = a.type == RT_F32 ? ((const float *)a.data)[i]
                                 : (float)((const double *)a.data)[i];
    free(a.data);
    return rc;
}

static int from_list(struct rt_session *s, const struct rt_weight *w,
                     const char *text, float *to, struct rt_err *err)
{
    int n;
    float *v = rt_numbers_parse(s->interp, text, &n, err);
    if (!v)
        return err->code;
    if (n != 1 && (size_t)n != w->n) {
        free(v);
        return rt_fail(err, RT_ESHAPE,
                       "%d numbers for %zu of %s: want one for all, or as many",
                       n, w->n, rt_shape_text(&w->shape));
    }
    for (size_t i = 0; i < w->n; i++)
        to[i] = v[n == 1 ? 0 : i];
    free(v);
    return 0;
}

static int set(struct rt_cmd_call *call, const struct args *a,
               struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    if (!sm || rt_model_ready(sm->model, err))
        return err->code;
    const struct rt_weight *w = find(sm->model, a->weight, err);
    if (!w)
        return err->code;
    const char *layer = w->layer->name;
    float *to = sm->model->weights + w->offset;
    bool file = !strcmp(rt_path_ext(a->value), "npy");
    int rc = rt_model_put_aside(sm->model, &layer, 1, false, err);
    if (!rc)
        rc = file ? from_file(w, a->value, to, err)
                  : from_list(call->s, w, a->value, to, err);
    if (rc)
        return rc;
    rt_model_edited(sm->model);
    rt_str_addf(&call->out->text, "%s %s set", a->weight,
                rt_shape_text(&w->shape));
    rt_value_set_text(&call->out->value, a->weight);
    return 0;
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    int rc = a->value ? set(call, a, err) : get(call, a->weight, err);
    return rc ? rt_err_within(err, "weight") : 0;
}

const struct rt_cmd rt_cmd_weight = {
    .group = "building",
    .name = "weight",
    .help = "a weight as a value: get or set",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run,
    .details = "As a value a flat list, last index fastest, as `values` gives "
               "a column. A number sets all, a\nlist as many numbers, a .npy "
               "file an array of its shape.",
    .example = "seed 1\nmodel m\ninput x 2\ndense 3 name=d\nweight d/kernel\n"
               "weight d/bias 0.5\nweight d/kernel {1 2 3 4 5 6}\n"
               "assert {[lindex [weight d/kernel] 5] == 6}\n",
};
