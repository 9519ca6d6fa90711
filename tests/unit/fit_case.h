/* Small fits for the tests of train/: generated data, models from lines, and
 * the events of a run in a list. */
#ifndef RT_TESTS_FIT_CASE_H
#define RT_TESTS_FIT_CASE_H
#include "model_lines.h"

#include "base/pool.h"
#include "base/vec.h"
#include "data/generate.h"
#include "graph/blas.h"
#include "train/history.h"
#include "train/run.h"

#include <poll.h>

#define SPIRAL_MODEL                                                           \
    "input x 2; dense 16 relu; dropout 0.3; dense 3 softmax name=y; output;"   \
    "compile adam lr=0.01 loss=sparse_categorical_crossentropy metrics=acc"
/* Two heads on one trunk: classes and a number. */
#define TWO_HEADS                                                              \
    "input x 2; dense 16 relu name=trunk; dropout 0.2;"                        \
    "dense 3 softmax name=kind; output; at trunk; dense 1 name=size; output;"  \
    "compile adam lr=0.01 loss=kind:sparse_categorical_crossentropy,"          \
    "size:mse loss_weights=kind:1,size:0.5 metrics=kind:acc,size:mae"

/* A group's setup: numbers as the program computes them. */
static inline int case_setup(void **state)
{
    (void)state;
    rt_blas_start();
    rt_flush_denormals();
    return 0;
}

struct fit_case {
    struct rt_bus *bus;
    struct rt_sub *sub;
    struct rt_dataset *data;
    struct rt_model *model;
    struct rt_fit_spec spec;
    struct rt_attachments callbacks;
    struct rt_run *run;
    struct rt_err err;
    RT_VEC(struct rt_event *) seen;
};

static inline struct rt_dataset *spiral(int n)
{
    struct rt_generate_args args = {
        .n = n, .classes = 3, .noise = 0.2, .length = RT_UNSET_INT, .seed = 5
    };
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = rt_generate("spiral", "spiral", &args, &err);
    if (!d)
        fail_msg("%s", err.text);
    return d;
}

/* x as the spiral's, kind its class, size the distance from the middle. */
static inline struct rt_dataset *two_labels(int n)
{
    struct rt_dataset *s = spiral(n);
    struct rt_dataset *d = rt_dataset_new("two", (size_t)n, "test");
    size_t rows = (size_t)n;
    float *x = malloc(rows * 2 * sizeof *x), *size = malloc(rows * sizeof *x);
    float *y = malloc(rows * sizeof *y);
    int32_t *kind = malloc(rows * sizeof *kind);
    struct rt_err err = RT_ERR_INIT;
    rt_dataset_gather(s, rt_dataset_column(s, "x", &err), NULL, 0, rows, x);
    rt_dataset_gather(s, rt_dataset_column(s, "y", &err), NULL, 0, rows, y);
    for (size_t i = 0; i < rows; i++) {
        size[i] = sqrtf(x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1]);
        kind[i] = (int32_t)y[i];
    }
    free(y);
    rt_assert_ok(rt_dataset_add_column(d, "x", RT_F32, &RT_SHAPE(2), rows, x,
                                       NULL, 0, &err),
                 &err);
    rt_assert_ok(rt_dataset_add_column(d, "kind", RT_I32, &RT_SHAPE(1), rows,
                                       kind, NULL, 0, &err),
                 &err);
    rt_assert_ok(rt_dataset_add_column(d, "size", RT_F32, &RT_SHAPE(1), rows,
                                       size, NULL, 0, &err),
                 &err);
    rt_dataset_unref(s);
    return d;
}

/* Takes the data set. */
static inline void case_open(struct fit_case *c, const char *lines,
                             struct rt_dataset *data)
{
    memset(c, 0, sizeof *c);
    c->bus = rt_bus_new();
    c->sub = rt_bus_subscribe(c->bus);
    c->data = data;
    c->model = lines_model(lines);
    c->spec = (struct rt_fit_spec){
        .model = c->model,
        .data = data,
        .validation_split = 0.2,
        .epochs = 3,
        .batch_size = 16,
        .shuffle = true,
        .seed = 11,
        .number = 1,
        .name = "case",
        .callbacks = &c->callbacks,
    };
}

static inline void case_attach(struct fit_case *c,
                               const struct rt_plugin *plugin, const char *line)
{
    const char **words;
    int n;
    rt_assert_ok(rt_line_split(line, &words, &n, &c->err), &c->err);
    if (!rt_attach(&c->callbacks, plugin, words, n, &c->err))
        fail_msg("%s", c->err.text);
    free(words);
}

static inline void case_new(struct fit_case *c)
{
    c->run = rt_run_new(&c->spec, c->bus, &c->err);
    if (!c->run)
        fail_msg("rt_run_new: %s", c->err.text);
}

static inline void case_start(struct fit_case *c)
{
    if (!c->run)
        case_new(c);
    rt_assert_ok(rt_run_start(c->run, &c->err), &c->err);
}

/* Puts what was published so far into c->seen. */
static inline void case_drain(struct fit_case *c)
{
    struct rt_event *e;
    while ((e = rt_sub_next(c->sub)))
        rt_vec_push(&c->seen, e);
}

/* Until the run is in this state. */
static inline void case_await(struct fit_case *c, enum rt_run_state want)
{
    struct pollfd news = { .fd = rt_sub_fd(c->sub), .events = POLLIN };
    for (case_drain(c); rt_run_state(c->run) != want; case_drain(c))
        poll(&news, 1, -1);
}

/* What an order says: its line's words in, the answer out. Returns its code. */
static inline int case_tell(struct fit_case *c, const char *line,
                            char says[static 256])
{
    const char **words;
    int n;
    rt_assert_ok(rt_line_split(line, &words, &n, &c->err), &c->err);
    says[0] = '\0';
    int code = rt_run_tell(c->run, "user", words, n, NULL, says, 256, &c->err);
    free(words);
    return code;
}

static inline enum rt_run_state case_finish(struct fit_case *c)
{
    rt_run_join(c->run);
    case_drain(c);
    return rt_run_state(c->run);
}

static inline enum rt_run_state case_run(struct fit_case *c)
{
    case_start(c);
    return case_finish(c);
}

static inline void case_close(struct fit_case *c)
{
    rt_run_free(c->run);
    for (int i = 0; i < c->seen.n; i++)
        rt_event_unref(c->seen.v[i]);
    rt_vec_release(&c->seen);
    rt_attachments_release(&c->callbacks);
    rt_model_free(c->model);
    rt_dataset_unref(c->data);
    rt_sub_free(c->sub);
    rt_bus_free(c->bus);
}

static inline void case_order(struct fit_case *c, const char *line,
                              int64_t epoch, int64_t batch)
{
    struct rt_order *o = rt_order_parse("user", line, &c->err);
    if (!o)
        fail_msg("%s", c->err.text);
    o->when_epoch = epoch;
    o->when_batch = batch;
    if (rt_run_order(c->run, o, &c->err) < 1)
        fail_msg("%s", c->err.text);
}

/* The i-th event of a type, or NULL. */
static inline const struct rt_event *case_event(const struct fit_case *c,
                                                enum rt_event_type type, int i)
{
    for (int k = 0; k < c->seen.n; k++)
        if (c->seen.v[k]->type == type && i-- == 0)
            return c->seen.v[k];
    return NULL;
}

static inline int case_count(const struct fit_case *c, enum rt_event_type type)
{
    int n = 0;
    for (int k = 0; k < c->seen.n; k++)
        n += c->seen.v[k]->type == type;
    return n;
}

static inline const struct rt_event *case_log(const struct fit_case *c,
                                              const char *part)
{
    for (int k = 0; k < c->seen.n; k++)
        if (c->seen.v[k]->type == RT_EV_LOG && strstr(c->seen.v[k]->text, part))
            return c->seen.v[k];
    return NULL;
}

/* The number of a series by its key, as announced; -1. */
static inline int case_series(const struct fit_case *c, const char *key)
{
    for (int k = 0; k < c->seen.n; k++)
        if (c->seen.v[k]->type == RT_EV_SERIES &&
            !strcmp(c->seen.v[k]->key, key))
            return c->seen.v[k]->series_id;
    return -1;
}

/* The value of a series in an event; NaN if it is not there. */
static inline double case_value(const struct fit_case *c,
                                const struct rt_event *e, const char *key)
{
    int id = case_series(c, key);
    for (int i = 0; i < e->n; i++)
        if (e->series[i] == id)
            return e->value[i];
    return NAN;
}

static inline void assert_same_weights(const struct rt_model *a,
                                       const struct rt_model *b)
{
    assert_int_equal(a->n_params, b->n_params);
    assert_memory_equal(a->weights, b->weights,
                        a->n_params * sizeof *a->weights);
    assert_int_equal(a->iterations, b->iterations);
}

/* Of what comes after `from` updates: batches, and epochs that end then. */
static inline const struct rt_event *next_numbers(const struct fit_case *c,
                                                  int64_t from, int *i)
{
    for (; *i < c->seen.n; ++*i) {
        const struct rt_event *e = c->seen.v[*i];
        if ((e->type == RT_EV_BATCH && e->step > from) ||
            (e->type == RT_EV_EPOCH && e->step >= from))
            return c->seen.v[(*i)++];
    }
    return NULL;
}

/* Every number of the batch and epoch events after `from` updates is the same
 * to the bit. */
static inline void assert_same_events(const struct fit_case *a,
                                      const struct fit_case *b, int64_t from)
{
    int i = 0, k = 0, compared = 0;
    for (;; compared++) {
        const struct rt_event *x = next_numbers(a, from, &i);
        const struct rt_event *y = next_numbers(b, from, &k);
        assert_int_equal(!x, !y);
        if (!x)
            break;
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->epoch, y->epoch);
        assert_int_equal(x->batch, y->batch);
        assert_int_equal(x->step, y->step);
        assert_int_equal(x->rows, y->rows);
        assert_int_equal(x->n, y->n);
        assert_memory_equal(x->series, y->series,
                            (size_t)x->n * sizeof *x->series);
        assert_memory_equal(x->value, y->value,
                            (size_t)x->n * sizeof *x->value);
        assert_memory_equal(x->mean, y->mean, (size_t)x->n * sizeof *x->mean);
    }
    assert_true(compared > 0);
}
#endif
