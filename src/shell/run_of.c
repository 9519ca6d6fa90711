#include "shell/run_of.h"

#include <stdio.h>
#include <stdlib.h>

static int find_row(struct rt_session *s, const char *id,
                    struct rt_run_row **row, struct rt_err *err)
{
    struct rt_store *store = rt_session_store(s, err);
    if (!store)
        return rt_err_code(err, RT_EIO);
    rt_store_flush(store);
    int rc = rt_store_find(store, id, row, err);
    if (rc == RT_ENOENT && !id)
        rc = rt_fail(err, RT_ESTATE, "no run yet: start one with `fit DATA`");
    return rc;
}

int rt_run_of(struct rt_session *s, const char *id, struct rt_run_of *out,
              struct rt_err *err)
{
    *out = (struct rt_run_of){ .number = 0 };
    rt_session_drain(s);
    out->live = rt_session_run(s, id, NULL);
    if (out->live) {
        out->number = out->live->number;
        out->name = out->live->name;
        out->history = out->live->history;
        return 0;
    }
    int rc = find_row(s, id, &out->row, err);
    if (rc)
        return rc;
    out->number = out->row->id;
    out->name = out->row->name;
    out->stored = rt_store_history(s->store, out->number, err);
    out->history = out->stored;
    if (out->stored)
        return 0;
    rt_run_of_release(out);
    return rt_err_code(err, RT_EIO);
}

void rt_run_of_release(struct rt_run_of *r)
{
    if (r->row)
        rt_run_rows_free(r->row, 1);
    rt_history_free(r->stored);
    *r = (struct rt_run_of){ .number = 0 };
}

const struct rt_run_row *rt_run_of_row(struct rt_session *s,
                                       struct rt_run_of *r, struct rt_err *err)
{
    char number[16];
    snprintf(number, sizeof number, "%d", r->number);
    if (!r->row && find_row(s, number, &r->row, err))
        return NULL;
    return r->row;
}

void rt_run_names(struct rt_session *s, struct rt_map *names)
{
    struct rt_store *store = rt_session_store(s, NULL);
    for (int i = 0; i < s->runs.n; i++)
        rt_map_set(names, s->runs.v[i]->name, NULL);
    if (store)
        rt_store_names(store, names);
}
