#include "store/results.h"

#include "store/store.h"

#include <math.h>

/* SQLite gives the other columns of the row in which max() or min() found its
 * value: one pass each over the run's values. */
#define EACH(what)                                                             \
    "SELECT series, " what ", value, epoch FROM metric WHERE run = ?1"         \
    " GROUP BY series"

static struct rt_run_result *find(struct rt_run_result *v,
                                  const int64_t *number, int n, int64_t series)
{
    for (int i = 0; i < n; i++)
        if (number[i] == series)
            return &v[i];
    return NULL;
}

enum { LAST, LEAST, GREATEST };

static int read_values(struct rt_store *s, int id, int what,
                       struct rt_run_result *v, const int64_t *number, int n,
                       struct rt_err *err)
{
    static const char *const sql[] = { EACH("max(epoch)"), EACH("min(value)"),
                                       EACH("max(value)") };
    struct rt_stmt *q = rt_db_prepare(s->db, sql[what], err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)id) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        struct rt_run_result *r = find(v, number, n, rt_stmt_int(q, 0));
        double x = rt_stmt_number(q, 2);
        status = 0;
        if (!r)
            continue;
        if (what == LAST)
            r->last = x;
        else if ((r->mode == RT_MODE_MAX) == (what == GREATEST)) {
            r->best = x;
            r->best_epoch = rt_stmt_int(q, 3);
        }
    }
    rt_stmt_free(q);
    return status;
}

int rt_store_results(struct rt_store *s, int id, struct rt_run_result **out,
                     int *n, struct rt_err *err)
{
    RT_VEC(struct rt_run_result) rows = { 0 };
    RT_VEC(int64_t) number = { 0 };
    struct rt_stmt *q =
        rt_db_prepare(s->db,
                      "SELECT number, key, mode FROM series WHERE run = ?1"
                      " ORDER BY number",
                      err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)id) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        char *key = rt_stmt_text(q, 1);
        struct rt_run_result r = {
            .key = key ? key : rt_xstrdup(""),
            .mode = (enum rt_mode)rt_stmt_int(q, 2),
            .last = NAN,
            .best = NAN,
        };
        rt_vec_push(&rows, r);
        rt_vec_push(&number, rt_stmt_int(q, 0));
        status = 0;
    }
    rt_stmt_free(q);
    for (int what = LAST; what <= GREATEST && !status; what++)
        status = read_values(s, id, what, rows.v, number.v, rows.n, err);
    rt_vec_release(&number);
    if (status) {
        rt_run_results_free(rows.v, rows.n);
        return rt_err_within(err, "store");
    }
    *out = rows.v;
    *n = rows.n;
    return 0;
}

void rt_run_results_free(struct rt_run_result *v, int n)
{
    for (int i = 0; i < n; i++)
        free(v[i].key);
    free(v);
}
