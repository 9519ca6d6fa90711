/* What the tests of models ask of one. */
#ifndef RT_TESTS_MODEL_CASE_H
#define RT_TESTS_MODEL_CASE_H
#include "model_lines.h"

static struct rt_err err;

/* The line fails with code and a text that has part; the model is as before. */
static inline void refuse(struct rt_model *m, const char *line, int code,
                          const char *part)
{
    uint64_t before = rt_model_hash(m);
    struct rt_place at = m->cursor;
    int nodes = rt_graph_n(m->graph);
    assert_true(line_run(m, line, &err) != 0);
    rt_assert_error(&err, code, part);
    assert_true(rt_model_hash(m) == before);
    assert_ptr_equal(m->cursor.layer, at.layer);
    assert_int_equal(rt_graph_n(m->graph), nodes);
}

static inline struct rt_model_layer *layer(const struct rt_model *m,
                                           const char *name)
{
    struct rt_model_layer *l = rt_model_layer_find(m, name, &err);
    if (!l)
        fail_msg("%s", err.text);
    return l;
}

static inline const struct rt_shape *shape_of(const struct rt_model *m,
                                              const char *place)
{
    struct rt_place p;
    rt_assert_ok(rt_model_place(m, place, &p, &err), &err);
    return &rt_place_node(&p)->shape;
}

static inline float *values(const struct rt_model *m, const char *name, int i)
{
    return m->weights + layer(m, name)->weights[i]->offset;
}
#endif
