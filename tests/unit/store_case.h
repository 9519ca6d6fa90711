/* A store in a folder of its own, and a bus whose events are the test's. */
#ifndef RT_TESTS_STORE_CASE_H
#define RT_TESTS_STORE_CASE_H
#include "support.h"

#include "base/mem.h"
#include "store/runs.h"

#include <math.h>

struct fixture {
    char *dir;
    struct rt_store *s;
    struct rt_bus *bus;
    struct rt_err err;
};

static inline int set_up(void **state)
{
    static int n;
    struct fixture *f = rt_xcalloc(1, sizeof *f);
    f->dir = rt_xprintf("%s/store%d", rt_test_temp(), n++);
    f->bus = rt_bus_new();
    f->s = rt_store_open(f->dir, &f->err);
    if (!f->s || rt_store_attach(f->s, f->bus, &f->err))
        print_error("%s\n", f->err.text);
    *state = f;
    return f->s ? 0 : -1;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    rt_store_close(f->s);
    rt_bus_free(f->bus);
    free(f->dir);
    free(f);
    return 0;
}

static inline int begin(struct fixture *f, struct rt_store *s, const char *name)
{
    struct rt_run_record r = { .name = name, .model = "mlp", .epochs = 10 };
    rt_assert_ok(rt_store_begin(s, &r, &f->err), &f->err);
    return r.id;
}

static inline void announce(struct fixture *f, int run, int id, const char *key)
{
    struct rt_event *e = rt_event_new(RT_EV_SERIES, run, 0);
    e->series_id = id;
    e->key = rt_xstrdup(key);
    e->mode = RT_MODE_MIN;
    rt_bus_publish(f->bus, e);
}

static inline void set_state(struct fixture *f, int run, enum rt_run_state to,
                             const char *why)
{
    struct rt_event *e = rt_event_new(RT_EV_STATE, run, 0);
    e->code = to;
    e->text = rt_xstrdup(why);
    rt_bus_publish(f->bus, e);
}

/* loss and val_loss of one epoch. */
static inline void epoch(struct fixture *f, int run, int64_t number,
                         double loss, double val_loss)
{
    struct rt_event *e = rt_event_new(RT_EV_EPOCH, run, 2);
    e->epoch = number;
    e->batch = e->n_batches = 4;
    e->step = number * 4;
    e->series[1] = 1;
    e->value[0] = loss;
    e->value[1] = val_loss;
    rt_bus_publish(f->bus, e);
}

static inline int begin_with_series(struct fixture *f, const char *name)
{
    int id = begin(f, f->s, name);
    announce(f, id, 0, "loss");
    announce(f, id, 1, "val_loss");
    set_state(f, id, RT_RUN_RUNNING, NULL);
    return id;
}

static inline struct rt_run_row *find(struct fixture *f, struct rt_store *s,
                                      int id)
{
    struct rt_run_row *r = NULL;
    char *text = rt_xprintf("%d", id);
    rt_assert_ok(rt_store_find(s, text, &r, &f->err), &f->err);
    free(text);
    return r;
}

static inline void assert_run_state(struct fixture *f, struct rt_store *s,
                                    int id, const char *want)
{
    struct rt_run_row *r = find(f, s, id);
    assert_string_equal(r->state, want);
    rt_run_rows_free(r, 1);
}

static inline void answer(struct fixture *f, int run, const struct rt_order *o,
                          const char *says, int code)
{
    struct rt_event *e = rt_event_new(RT_EV_ORDER, run, 0);
    e->epoch = o->epoch;
    e->batch = o->batch;
    e->n_batches = 4;
    e->who = rt_xstrdup(o->who);
    e->text = rt_xstrdup(says);
    e->number = o->id;
    e->code = code;
    e->mark = true;
    rt_bus_publish(f->bus, e);
}

#define WITH_STORE(test)                                                       \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#endif
