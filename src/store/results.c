#include "store/results.h"

#include "store/store.h"

/* Each value is found by an index, whatever the number of epochs. */
#define VALUE_OF(what)                                                         \
    "(SELECT " what " FROM metric m WHERE m.run = s.run AND"                   \
    " m.series = s.number AND value IS NOT NULL ORDER BY value"

static const char select_results[] =
    "SELECT key, mode, (SELECT value FROM metric m WHERE m.run = s.run AND"
    "  m.series = s.number ORDER BY epoch DESC LIMIT 1),"
    " CASE mode WHEN ?2 THEN " VALUE_OF(
        "value") " DESC LIMIT 1)"
                 "  ELSE " VALUE_OF(
                     "value") " LIMIT 1) END,"
                              " CASE mode WHEN ?2 THEN " VALUE_OF(
                                  "epoch") " DESC, epoch LIMIT 1)"
                                           "  ELSE " VALUE_OF(
                                               "epoch") ", epoch LIMIT 1) END"
                                                        " FROM series s WHERE "
                                                        "s.run = ?1 ORDER BY "
                                                        "number";

int rt_store_results(struct rt_store *s, int id, struct rt_run_result **out,
                     int *n, struct rt_err *err)
{
    RT_VEC(struct rt_run_result) rows = { 0 };
    struct rt_stmt *q = rt_db_prepare(s->db, select_results, err);
    int status =
        q ? rt_stmt_bind(q, err, "ii", (int64_t)id, (int64_t)RT_MODE_MAX)
          : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        char *key = rt_stmt_text(q, 0);
        struct rt_run_result r = {
            .key = key ? key : rt_xstrdup(""),
            .mode = (enum rt_mode)rt_stmt_int(q, 1),
            .last = rt_stmt_number(q, 2),
            .best = rt_stmt_number(q, 3),
            .best_epoch = rt_stmt_int(q, 4),
        };
        rt_vec_push(&rows, r);
        status = 0;
    }
    rt_stmt_free(q);
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
