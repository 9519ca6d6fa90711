/* Any state will do that the run went through, or that one went through from
 * which it branched and since when it was given nothing else: the bits are the
 * same. Which orders by hand a state holds stands in the checkpoint's file. */
#include "store/past.h"

#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* ---- what was ordered by hand -------------------------------------------- */

void rt_hands_release(struct rt_hands *h)
{
    for (int i = 0; i < h->n; i++)
        rt_order_free(h->v[i]); /* NULL is fine */
    rt_vec_release(h);
}

int rt_hands_read(struct rt_db *db, int run, int64_t but, struct rt_hands *out,
                  struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(
        db,
        "SELECT number, epoch, batch, who, text FROM note WHERE run = ?1 AND"
        " kind = 1 AND number > 0 AND number <> ?2 AND NOT by_callback AND"
        " (code IS NULL OR code = 0) ORDER BY id",
        err);
    int status = q ? rt_stmt_bind(q, err, "ii", (int64_t)run, but) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        char *who = rt_stmt_text(q, 3), *text = rt_stmt_text(q, 4);
        struct rt_order *o = rt_order_parse(who, text ? text : "", err);
        status = o ? 0 : RT_EINVAL;
        free(who);
        free(text);
        if (o) {
            o->id = rt_stmt_int(q, 0);
            o->when_epoch = rt_stmt_int(q, 1);
            o->when_batch = rt_stmt_int(q, 2);
            rt_vec_push(out, o);
        }
    }
    rt_stmt_free(q);
    return status;
}

static const struct rt_order *numbered(const struct rt_hands *h, int64_t number)
{
    for (int i = 0; i < h->n; i++)
        if (h->v[i]->id == number)
            return h->v[i];
    return NULL;
}

/* ---- which checkpoints --------------------------------------------------- */

/* *parent 0: it is no branch. */
static int read_parent(struct rt_db *db, int run, int *parent, int64_t *epoch,
                       struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(
        db, "SELECT parent, parent_epoch FROM run WHERE id = ?1", err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)run) : RT_EIO;
    *parent = 0;
    if (!status && (status = rt_stmt_step(q, err)) > 0) {
        *parent = (int)rt_stmt_int(q, 0);
        *epoch = rt_stmt_int(q, 1);
    }
    rt_stmt_free(q);
    return status < 0 ? status : 0;
}

/* Later places first; of one place the run's own, and the newest. */
static int by_place(const void *first, const void *second)
{
    const struct rt_checkpoint_row *a = first, *b = second;
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? 1 : -1;
    if (a->batch != b->batch)
        return a->batch < b->batch ? 1 : -1;
    if (a->run != b->run)
        return b->run - a->run;
    return a->id < b->id ? 1 : -1;
}

int rt_past_rows(struct rt_store *s, struct rt_db *db, int run,
                 struct rt_checkpoint_row **out, int *n, struct rt_err *err)
{
    RT_VEC(struct rt_checkpoint_row) all = { 0 };
    int64_t last = INT64_MAX - 1, epoch = 0;
    int status = 0;
    while (run && !status) {
        struct rt_checkpoint_row *v = NULL;
        int count = 0, parent;
        status = rt_checkpoint_rows(s, db, run, &v, &count, err);
        for (int i = 0; i < count; i++)
            if (v[i].epoch <= last + 1) {
                rt_vec_push(&all, v[i]);
                v[i] = (struct rt_checkpoint_row){ 0 };
            }
        rt_checkpoint_rows_free(v, count);
        if (!status)
            status = read_parent(db, run, &parent, &epoch, err);
        if (!status) {
            run = parent < run ? parent : 0; /* a damaged file may lie */
            last = epoch < last ? epoch : last;
        }
    }
    if (status) {
        rt_checkpoint_rows_free(all.v, all.n);
        return status;
    }
    if (all.n)
        qsort(all.v, (size_t)all.n, sizeof *all.v, by_place);
    *out = all.v;
    *n = all.n;
    return 0;
}

/* Whether an order of the state was given to the run too, and not behind the
 * epoch. */
static bool was_given(const struct rt_hands *mine,
                      const struct rt_hands *theirs, int64_t number,
                      int64_t epoch)
{
    const struct rt_order *o = numbered(mine, number);
    if (o)
        return o->when_epoch <= epoch;
    /* in older files that which led to the branch */
    o = numbered(theirs, number);
    return !o || !strcmp(o->type->name, "rewind");
}

static bool is_before(const struct rt_order *o,
                      const struct rt_checkpoint_row *c)
{
    return o->when_epoch < c->epoch ||
           (o->when_epoch == c->epoch && o->when_batch < c->batch);
}

int rt_past_fits(struct rt_db *db, int run, int64_t epoch,
                 const struct rt_hands *mine, const struct rt_checkpoint_row *c,
                 struct rt_checkpoint_file *file, struct rt_err *err)
{
    struct rt_state_backend from = rt_checkpoint_backend(file);
    struct rt_hands theirs = { 0 };
    int64_t *applied = NULL;
    int n = 0;
    int status = rt_checkpoint_applied(&from, &applied, &n, err);
    if (!status && c->run != run)
        status = rt_hands_read(db, c->run, 0, &theirs, err);
    bool fits = !status;
    for (int i = 0; i < n && fits; i++)
        fits = was_given(mine, &theirs, applied[i], epoch);
    for (int i = 0; i < mine->n && fits; i++) {
        const struct rt_order *o = mine->v[i];
        bool there = o->type->passes || !is_before(o, c);
        for (int k = 0; k < n && !there; k++)
            there = applied[k] == o->id;
        fits = there;
    }
    if (!status && !fits)
        status = rt_fail(err, RT_ESTATE,
                         "the checkpoint of run %d at epoch %lld batch %lld "
                         "holds other orders than run %d was given by then",
                         c->run, (long long)c->epoch, (long long)c->batch, run);
    rt_hands_release(&theirs);
    free(applied);
    return status;
}

int rt_store_past(struct rt_store *s, int run, struct rt_checkpoint_row **out,
                  int *n, struct rt_err *err)
{
    int status = rt_past_rows(s, s->db, run, out, n, err);
    return status ? rt_err_within(err, "store") : 0;
}

int rt_store_past_fits(struct rt_store *s, int run,
                       const struct rt_checkpoint_row *c,
                       struct rt_checkpoint_file *file, struct rt_err *err)
{
    struct rt_hands mine = { 0 };
    int status = rt_hands_read(s->db, run, 0, &mine, err);
    if (!status)
        status = rt_past_fits(s->db, run, INT64_MAX, &mine, c, file, err);
    rt_hands_release(&mine);
    return status;
}
