#include "shell/forget.h"

#include "shell/script.h"

#include <stdlib.h>

void rt_session_run_free(struct rt_session_run *r)
{
    rt_run_free(r->run);
    rt_history_free(r->history);
    rt_snapshot_release(&r->last);
    rt_probe_free(r->probe);
    rt_event_unref(r->epoch);
    rt_script_orders_free(r->orders.v, r->orders.n);
    free(r->name);
    free(r->reason);
    free(r->told);
    free(r);
}

static bool is_last_of_a_model(const struct rt_session *s, int number)
{
    for (int i = 0; i < s->models.n; i++) {
        const struct rt_session_model *m = s->models.v[i].value;
        if (m->last_run == number)
            return true;
    }
    return false;
}

void rt_session_forget(struct rt_session *s)
{
    if (!s->store || rt_store_read_only(s->store))
        return;
    if (s->who) /* a script of `on`, which is about one of them */
        return;
    for (int i = 0; i < s->runs.n - RT_RUNS_REMEMBERED; i++) {
        struct rt_session_run *r = s->runs.v[i];
        if (r->run || r->waited || is_last_of_a_model(s, r->number))
            continue;
        rt_script_forget(s, r);
        rt_session_run_free(r);
        rt_vec_remove(&s->runs, i);
        i--;
    }
}
