/* Going back: the checkpoint to begin at and the orders behind it. On the
 * connection for orders, since it is the training thread that waits. */
#include "store/past.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static bool is_meant(const struct rt_rewind *w,
                     const struct rt_checkpoint_row *c)
{
    if (w->name)
        return c->name && !strcmp(c->name, w->name);
    return c->epoch <= w->epoch || (c->epoch == w->epoch + 1 && c->batch == 0);
}

/* A name may have been given again: the newest is meant, the run's own before
 * those of others. */
static bool is_newer(const struct rt_checkpoint_row *a,
                     const struct rt_checkpoint_row *b)
{
    return a->run != b->run ? a->run > b->run : a->id > b->id;
}

/* The next to try, behind those that are not; -1. */
static int next(const struct rt_rewind *w, const struct rt_checkpoint_row *v,
                const bool *tried, int n)
{
    int at = -1;
    for (int i = 0; i < n; i++)
        if (!tried[i] && is_meant(w, &v[i]) &&
            (at < 0 || (w->name && is_newer(&v[i], &v[at]))))
            at = i;
    return at;
}

static int take(struct rt_store *s, struct rt_rewind *w,
                const struct rt_hands *mine, const struct rt_checkpoint_row *c,
                struct rt_err *err)
{
    struct rt_checkpoint_file *file = rt_checkpoint_open(c, err);
    if (!file)
        return err->code;
    int status =
        rt_past_fits(s->order_db, w->run, w->name ? INT64_MAX : w->epoch, mine,
                     c, file, err);
    if (status) {
        rt_checkpoint_close(file);
        return status;
    }
    w->file = file;
    w->from = rt_checkpoint_backend(file);
    w->at_epoch = c->epoch;
    w->at_batch = c->batch;
    w->at_order = c->order;
    w->others = c->run != w->run;
    if (w->name)
        w->epoch = c->epoch - 1;
    return 0;
}

static int choose(struct rt_store *s, struct rt_rewind *w,
                  const struct rt_hands *mine,
                  const struct rt_checkpoint_row *v, int n, struct rt_err *err)
{
    struct rt_err why = RT_ERR_INIT;
    bool *tried = rt_xcalloc((size_t)n + 1, sizeof *tried);
    int at, status = RT_ENOENT;
    while (status && (at = next(w, v, tried, n)) >= 0) {
        struct rt_err one = RT_ERR_INIT;
        tried[at] = true;
        status = take(s, w, mine, &v[at], &one);
        if (status && !why.code)
            why = one;
    }
    free(tried);
    if (!status)
        return 0;
    if (why.code)
        return rt_fail(err, why.code, "%s", why.text);
    if (w->name)
        return rt_fail(err, RT_ENOENT, "run %d has no checkpoint '%s'", w->run,
                       w->name);
    return rt_fail(err, RT_ENOENT,
                   "run %d has no checkpoint at or before the end of epoch "
                   "%lld",
                   w->run, (long long)w->epoch);
}

/* Those before the target; the run knows which of them the state holds. */
static void hand_over(struct rt_rewind *w, struct rt_hands *mine)
{
    RT_VEC(struct rt_order *) orders = { 0 };
    for (int i = 0; i < mine->n && !w->name; i++) {
        struct rt_order *o = mine->v[i];
        if (o->type->passes || o->when_epoch > w->epoch)
            continue;
        rt_vec_push(&orders, o);
        mine->v[i] = NULL;
    }
    w->orders = orders.v;
    w->n_orders = orders.n;
}

int rt_store_rewind(void *ctx, struct rt_rewind *w, struct rt_err *err)
{
    struct rt_store *s = ctx;
    struct rt_checkpoint_row *v = NULL;
    struct rt_hands mine = { 0 };
    int n = 0;
    if (!rt_store_owns(s, w->run))
        return rt_fail(err, RT_ESTATE, "nothing is kept of this run");
    rt_keeper_flush(s->keeper, NULL); /* those on their way count, too */
    rt_store_flush(s);
    pthread_mutex_lock(&s->order_lock);
    int status = rt_past_rows(s, s->order_db, w->run, &v, &n, err);
    if (!status)
        status = rt_hands_read(s->order_db, w->run, w->order, &mine, err);
    if (!status)
        status = choose(s, w, &mine, v, n, err);
    pthread_mutex_unlock(&s->order_lock);
    if (!status)
        hand_over(w, &mine);
    rt_hands_release(&mine);
    rt_checkpoint_rows_free(v, n);
    return status;
}

void rt_store_rewound(void *ctx, struct rt_rewind *w)
{
    (void)ctx;
    rt_checkpoint_close(w->file);
    w->file = NULL;
}
