/* Models to Keras' files and back, for tests. */
#ifndef RT_TESTS_KERAS_CASE_H
#define RT_TESTS_KERAS_CASE_H
#include "model_lines.h"

#include "base/mem.h"
#include "files/h5_child.h"
#include "files/keras_write.h"
#include "files/keras_read.h"
#include "files/weights.h"
#include "graph/plan.h"
#include "nn/objective.h"

enum { ROWS = 3, MOST = 4096 };
static struct rt_err err;

static inline const char *file_at(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", rt_test_temp(), name);
    return path;
}

static inline struct rt_model *load(const char *file)
{
    struct rt_model *m;
    if (rt_keras_load(file, NULL, &m, &err))
        fail_msg("%s", err.text);
    return m;
}

/* The same words, weights and slots, to the bit. */
static inline void check_same(const struct rt_model *a,
                              const struct rt_model *b, const char *what)
{
    char *is = lines_of(a), *was = lines_of(b);
    if (strcmp(is, was) != 0)
        fail_msg("%s: comes back as\n%swas\n%s", what, is, was);
    free(is);
    free(was);
    assert_int_equal(a->n_layers, b->n_layers);
    for (int i = 0; i < a->n_layers; i++) {
        const struct rt_model_layer *x = a->layers[i], *y = b->layers[i];
        assert_int_equal(x->n_weights, y->n_weights);
        for (int k = 0; k < x->n_weights; k++) {
            size_t from = x->weights[k]->offset, to = y->weights[k]->offset;
            size_t bytes = x->weights[k]->n * sizeof(float);
            assert_memory_equal(a->weights + from, b->weights + to, bytes);
            for (int s = 0; s < a->n_slots && x->trainable; s++)
                if (!x->weights[k]->fixed)
                    assert_memory_equal(a->slots[s] + from, b->slots[s] + to,
                                        bytes);
        }
    }
    assert_true(a->iterations == b->iterations);
    assert_true(a->m_schedule == b->m_schedule);
}

/* What the outputs of the model give for some numbers, one after another. */
static inline size_t predict(struct rt_model *m, float *out)
{
    static float in[MOST];
    struct rt_objective *o = rt_objective_new(m, false, &err);
    if (!o)
        fail_msg("%s", err.text);
    struct rt_node *roots[8];
    size_t n = 0;
    for (int i = 0; i < m->n_outputs; i++)
        roots[i] = o->outputs[i].value;
    struct rt_plan_spec spec = { .graph = o->graph,
                                 .roots = roots,
                                 .n_roots = m->n_outputs,
                                 .offset = o->offset,
                                 .weights = m->weights,
                                 .rows = ROWS };
    struct rt_plan *p = rt_plan_new(&spec, &err);
    if (!p)
        fail_msg("%s", err.text);
    rt_model_reset_states(m, NULL);
    for (int i = 0; i < MOST; i++)
        in[i] = (float)((i * 7 + i / 5) % 3); /* may be numbers of words too */
    for (int i = 0; i < o->n_inputs; i++)
        rt_plan_bind(p, o->inputs[i], in + 100 * i);
    rt_plan_forward(p, ROWS, (struct rt_key){ 1 });
    for (int i = 0; i < m->n_outputs; i++) {
        struct rt_tensor got = rt_plan_value(p, roots[i]);
        assert_true(n + got.n <= MOST);
        memcpy(out + n, got.v, got.n * sizeof *out);
        n += got.n;
    }
    rt_plan_free(p);
    rt_objective_free(o);
    return n;
}

static inline void check_comes_back(struct rt_model *m,
                                    const struct rt_keras_save *how,
                                    const char *what)
{
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_ok(rt_keras_save(m, file_at("m.h5"), how, &err), &err);
    struct rt_model *back;
    if (rt_keras_load(file_at("m.h5"), NULL, &back, &err))
        fail_msg("%s: %s", what, err.text);
    check_same(back, m, what);
    rt_model_free(back);
}

/* Saved as each version of Keras would and read again: the same words and
 * numbers, and the same predictions to the bit. */
static inline void check_round(struct rt_model *m, const char *what)
{
    static float before[MOST], after[MOST];
    rt_assert_ok(rt_model_ready(m, &err), &err);
    for (size_t i = 0; i < m->n_params; i++)
        m->weights[i] += 0.001F * (float)(i % 7); /* biases too */
    for (int d = 0; d < RT_N_DIALECTS; d++) {
        struct rt_keras_save how = { .as = true,
                                     .dialect = (enum rt_dialect)d };
        struct rt_model *back;
        m->dialect = how.dialect;
        rt_assert_ok(rt_keras_save(m, file_at("round.h5"), &how, &err), &err);
        if (rt_keras_load(file_at("round.h5"), NULL, &back, &err))
            fail_msg("%s: %s", what, err.text);
        assert_int_equal(back->dialect, d);
        check_same(back, m, what);
        size_t n = predict(m, before);
        assert_int_equal(predict(back, after), n);
        if (memcmp(before, after, n * sizeof *before) != 0)
            fail_msg("%s predicts otherwise when it is read", what);
        rt_model_free(back);
    }
}

static inline float first_of(const struct rt_model *m, const char *layer)
{
    return m->weights[rt_model_layer_find(m, layer, NULL)->weights[0]->offset];
}

static inline struct rt_model *fresh(const char *lines)
{
    struct rt_model *m = lines_model(lines);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    return m;
}

#endif
