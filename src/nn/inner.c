/* Layers within layers: parsed from one word, built as part of the outer. */
#include "base/mem.h"
#include "base/schema.h"
#include "nn/model_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- as text ------------------------------------------------------------- */

struct tail {
    const char *name;
};
static const struct rt_opt tail_opts[] = {
    RT_OPT(struct tail, name, .help = "its name; else lstm_1"),
    RT_OPT_END,
};

static int parse(const char **words, int n, struct rt_inner *in,
                 struct rt_err *err)
{
    in->type = rt_layer_find(words[0], err);
    if (!in->type)
        return RT_ENOENT;
    if (in->type->max_in == RT_LAYER_NO_INPUT || in->type->min_in > 1)
        return rt_fail(err, RT_EINVAL, "want a layer that reads one other");
    words++;
    n--;
    struct tail *t = rt_args_take(tail_opts, sizeof *t, in->type->opts,
                                  in->type->args_size, words, &n, err);
    if (!t)
        return RT_EINVAL;
    in->name =
        t->name ? rt_xstrdup(t->name) : rt_model_auto_name(in->type, NULL, 0);
    rt_args_free(t);
    in->args = rt_args_parse(in->type->opts, sizeof(struct rt_opt),
                             in->type->args_size, words, n, err);
    return in->args ? RT_OK : RT_EINVAL;
}

int rt_inner_parse(const char *text, struct rt_inner *in, struct rt_err *err)
{
    const char **words;
    int n, status;
    *in = (struct rt_inner){ 0 };
    if (rt_words_split(text, &words, &n, err))
        return RT_EINVAL;
    if (n == 0)
        status = rt_fail(err, RT_EINVAL,
                         "the wrapped layer is missing, want it in braces: "
                         "{dense 5}");
    else if ((status = parse(words, n, in, err)) && in->type)
        rt_err_within(err, "%s", in->type->name);
    if (status)
        rt_inner_release(in);
    free(words);
    return status;
}

void rt_inner_release(struct rt_inner *in)
{
    rt_args_free(in->args);
    free(in->name);
    *in = (struct rt_inner){ 0 };
}

void rt_inner_text(const struct rt_inner *in, struct rt_str *out)
{
    rt_str_add(out, in->type->name);
    rt_args_words(in->type->opts, sizeof(struct rt_opt), in->args, false, out);
    char *usual = rt_model_auto_name(in->type, NULL, 0);
    struct tail tail = { strcmp(in->name, usual) ? in->name : NULL };
    rt_args_words(tail_opts, sizeof(struct rt_opt), &tail, false, out);
    free(usual);
}

/* ---- as nodes ------------------------------------------------------------ */

struct rt_node *rt_build_inner(struct rt_build *b, const struct rt_inner *inner,
                               const char *prefix, struct rt_node *x,
                               struct rt_node **mask, struct rt_err *err)
{
    struct rt_build sub = *b;
    char *both = NULL;
    sub.in = &x;
    sub.mask = mask;
    memset(sub.masks, 0, sizeof sub.masks);
    sub.n_in = 1;
    sub.n_also = 0;
    if (prefix && b->prefix)
        both = rt_xprintf("%s/%s", b->prefix, prefix);
    if (prefix)
        sub.prefix = both ? both : prefix;
    struct rt_node *y = rt_build_layer(&sub, inner->type, inner->args, err);
    free(both);
    if (y && sub.n_also) {
        rt_fail(err, RT_EINVAL, "gives %d tensors, want one", 1 + sub.n_also);
        y = NULL;
    }
    if (!y)
        rt_err_within(err, "%s", inner->type->name);
    *mask = sub.masks[0];
    return y;
}
