/* What expressions may call beside the grammar's own functions: activations,
 * losses, metrics. */
#include "nn/custom.h"

#include "base/arena.h"
#include "base/schema.h"
#include "base/vec.h"
#include "nn/layer.h"
#include "nn/metric.h"
#include "nn/spec.h"

#include <pthread.h>
#include <string.h>

static bool is_activation(const char *name)
{
    for (int i = 0; rt_activations()[i]; i++)
        if (strcmp(rt_activations()[i], name) == 0)
            return true;
    return false;
}

static bool is_loss(const char *name)
{
    return rt_loss_named(name) != NULL;
}

static bool is_metric(const char *name)
{
    return rt_metric_named(name) != NULL;
}

static bool knows(const char *name)
{
    return is_activation(name) || is_loss(name) || is_metric(name);
}

/* All names, for suggestions, made once. */
static struct {
    pthread_once_t once;
    struct rt_arena texts;
    RT_VEC(const char *) v;
} names = { .once = PTHREAD_ONCE_INIT };

static void add(const char *name)
{
    rt_vec_push(&names.v, name);
}

static void add_words(const char *words)
{
    char *list = words ? rt_arena_strdup(&names.texts, words) : NULL;
    for (char *rest, *p = list ? strtok_r(list, " ", &rest) : NULL; p;
         p = strtok_r(NULL, " ", &rest))
        add(p);
}

static void gather(void)
{
    for (int i = 0; rt_activations()[i]; i++)
        add(rt_activations()[i]);
    for (int i = 0; rt_losses()[i]; i++) {
        add(rt_losses()[i]->name);
        add_words(rt_losses()[i]->alias);
        add_words(rt_losses()[i]->nick);
    }
    for (int i = 0; rt_metrics()[i]; i++) {
        add(rt_metrics()[i]->name);
        add_words(rt_metrics()[i]->alias);
        add_words(rt_metrics()[i]->nick);
    }
}

static const char *name_at(int i)
{
    pthread_once(&names.once, gather);
    return i < names.v.n ? names.v.v[i] : NULL;
}

static struct rt_node *loss(struct rt_graph *g, const char *spec,
                            struct rt_node *y, struct rt_node *p,
                            struct rt_err *err)
{
    void *args;
    const struct rt_loss *type = rt_loss_find(spec, &args, err);
    struct rt_node *each = type ? type->build(g, y, p, args, err) : NULL;
    if (type)
        rt_args_free(args);
    return rt_loss_per_sample(g, each, err);
}

static struct rt_node *metric(struct rt_graph *g, const char *spec,
                              struct rt_node *y, struct rt_node *p,
                              struct rt_err *err)
{
    struct rt_metric_made made;
    if (rt_metric_make(spec, g, NULL, y, p, &made, err))
        return NULL;
    rt_args_free(made.args);
    if (!made.each)
        rt_fail(err, RT_EINVAL,
                "%s is counted over all samples and has no value for each",
                spec);
    return rt_loss_per_sample(g, made.each, err);
}

static struct rt_node *call(struct rt_graph *g, const char *spec,
                            struct rt_node *const *in, int n_in,
                            struct rt_err *err)
{
    char name[64] = "";
    size_t n = strcspn(spec, "(");
    if (n < sizeof name)
        memcpy(name, spec, n);
    int want = is_activation(name) ? 1 : 2;
    if (n_in != want) {
        rt_fail(err, RT_EINVAL, "%s: %d value%s, want %s", name, n_in,
                n_in == 1 ? "" : "s", want == 1 ? "one" : "label and output");
        return NULL;
    }
    if (want == 1)
        return rt_activation(g, spec, in[0], err);
    return is_loss(name) ? loss(g, spec, in[0], in[1], err)
                         : metric(g, spec, in[0], in[1], err);
}

const struct rt_expr_functions rt_functions = { knows, name_at, call };
