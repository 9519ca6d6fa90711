/* bidirectional: a recurrent layer, and a twin of it that goes the other way.
 * Source: Keras 2.3.1 wrappers.py. */
#include "base/mem.h"
#include "base/schema.h"
#include "nn/layer.h"

#include <stdlib.h>

enum merge { CONCAT, SUM, MUL, AVE, NONE };
static const char *const merges[] = { "concat", "sum",  "mul",
                                      "ave",    "none", NULL };
struct args {
    const char *layer;
    int merge_mode;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, layer, .word = 1, .names = RT_NAMES_WRAPPED,
           .help = "a recurrent layer with its options, in braces"),
    RT_OPT(struct args, merge_mode, .def = "concat", .choices = merges,
           .help = "what becomes of the two outputs; none gives both, as "
                   "NAME:0:0 and NAME:0:1"),
    RT_OPT_END,
};

/* The same layer the other way round. */
static int twin(const struct rt_inner *ahead, struct rt_inner *back,
                struct rt_err *err)
{
    const struct rt_opt *o =
        rt_opt_find(ahead->type->opts, sizeof *o, "go_backwards");
    if (!o)
        return rt_fail(err, RT_EINVAL,
                       "%s has no direction, want a recurrent layer: {lstm "
                       "64}",
                       ahead->type->name);
    bool backwards =
        *(const bool *)(const void *)((const char *)ahead->args + o->offset);
    const char *words[] = { backwards ? "go_backwards=no"
                                      : "go_backwards=yes" };
    back->type = ahead->type;
    back->args =
        rt_args_change(ahead->type->opts, sizeof *o, ahead->type->args_size,
                       ahead->args, words, 1, err);
    return back->args ? RT_OK : RT_EINVAL;
}

static struct rt_node *one_way(struct rt_build *b, const struct rt_inner *inner,
                               const char *way, const char *name,
                               struct rt_err *err)
{
    char *prefix = rt_xprintf("%s_%s", way, name);
    struct rt_node *mask = b->mask[0];
    struct rt_node *y = rt_build_inner(b, inner, prefix, b->in[0], &mask, err);
    rt_build_mask(b, 0, mask);
    free(prefix);
    return y;
}

static struct rt_node *merged(struct rt_build *b, enum merge how,
                              struct rt_node *x, struct rt_node *y,
                              struct rt_err *err)
{
    struct rt_node *both[] = { x, y };
    switch (how) {
    case CONCAT:
        return rt_op_concat(b->g, both, 2, -1, err);
    case SUM:
        return rt_op_binary(b->g, RT_BINARY_add, x, y, err);
    case MUL:
        return rt_op_binary(b->g, RT_BINARY_mul, x, y, err);
    case AVE:
        return rt_op_binary(b->g, RT_BINARY_mul,
                            rt_op_binary(b->g, RT_BINARY_add, x, y, err),
                            rt_graph_scalar(b->g, 0.5), err);
    case NONE:
        break;
    }
    rt_build_also(b, y);
    rt_build_mask(b, 1, b->masks[0]);
    return x;
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_inner ahead = { 0 }, back = { 0 };
    struct rt_node *x = NULL, *y = NULL;
    if (!rt_inner_parse(a->layer, &ahead, err) && !twin(&ahead, &back, err)) {
        x = one_way(b, &ahead, "forward", ahead.name, err);
        y = x ? one_way(b, &back, "backward", ahead.name, err) : NULL;
        if (y && y->shape.rank == 3) /* of all steps: in the order of x */
            y = rt_op_reverse(b->g, y, 1, err);
    }
    rt_inner_release(&ahead);
    rt_inner_release(&back);
    return y ? merged(b, (enum merge)a->merge_mode, x, y, err) : NULL;
}

const struct rt_layer rt_layer_bidirectional = {
    .name = "bidirectional",
    .help = "a recurrent layer over the sequence in both directions",
    .keras = "Bidirectional",
    .recurrent = true,
    .mask = RT_MASK_OWN,
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "4x3", .words = "{gru 2 return_sequences=yes}" },
};
