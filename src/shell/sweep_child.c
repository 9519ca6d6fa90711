/* The process of one point: reads what was defined before the sweep, sets the
 * point's variables, runs the script, writes what it returned into the store.
 */
#include "shell/sweep.h"

#include "base/clock.h"
#include "base/mem.h"
#include "shell/child.h"
#include "shell/interp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int find_point(struct rt_session *s, const char *name, int number,
                      struct rt_point_row *out, struct rt_err *err)
{
    struct rt_point_row *v;
    int n, found = -1;
    int rc = rt_store_points(s->store, name, &v, &n, err);
    if (rc)
        return rc;
    for (int i = 0; i < n; i++)
        if (v[i].number == number)
            found = i;
    if (found >= 0) {
        *out = v[found];
        v[found] = v[n - 1];
        n--;
    }
    rt_point_rows_free(v, n);
    return found >= 0 ? 0
                      : rt_fail(err, RT_ENOENT, "sweep '%s' has no point %d",
                                name, number);
}

/* Each setting as a variable; `seed` is the session's too. */
static int set_variables(struct rt_session *s, const char *settings,
                         struct rt_err *err)
{
    const char *const *w;
    int n;
    int rc = rt_interp_split(s->interp, settings, &w, &n, err);
    if (rc)
        return rc;
    for (int i = 0; i + 1 < n && !rc; i += 2) {
        rc = rt_interp_set(s->interp, w[i], w[i + 1], err);
        if (!rc && !strcmp(w[i], "seed")) {
            char *line = rt_xprintf("seed %s", w[i + 1]);
            rc = rt_interp_text(s->interp, line, NULL, err);
            free(line);
        }
    }
    free((void *)(uintptr_t)w);
    return rc;
}

static int carry_out(struct rt_session *s, const struct rt_sweep_row *sweep,
                     struct rt_point_row *p, struct rt_err *err)
{
    struct rt_str result = RT_STR_INIT;
    char *state = rt_store_sweep_path(s->store, sweep->name, "state.tcl");
    char *tag = rt_xprintf("sweep:%s", sweep->name);
    int rc = rt_interp_file(s->interp, state, err);
    if (!rc)
        rc = set_variables(s, p->settings, err);
    s->tags = tag;
    s->point = p->settings;
    if (!rc)
        rc = rt_interp_value(s->interp, sweep->script, "script", &result, err);
    s->tags = s->point = NULL;
    free(tag);
    free(state);
    free(p->result);
    free(p->reason);
    p->result = rc ? NULL : rt_str_take(&result);
    p->reason = rc && rc != RT_ECANCEL ? rt_xstrdup(err->text) : NULL;
    free(p->state);
    /* One that was stopped is as if it had not begun. */
    p->state = rt_xstrdup(rc == RT_ECANCEL ? "missing"
                          : rc             ? "failed"
                                           : "done");
    p->run = s->runs.n ? s->runs.v[s->runs.n - 1]->number : 0;
    p->ended = rt_clock_wall();
    rt_str_release(&result);
    return rc;
}

int rt_sweep_child(struct rt_session *s, const char *name, int number,
                   struct rt_err *err)
{
    struct rt_sweep_row *sweep = NULL;
    struct rt_point_row p;
    rt_child_begin();
    struct rt_store *store = rt_session_store(s, err);
    int rc = store ? rt_store_sweep(store, name, &sweep, err) : RT_EIO;
    if (!rc)
        rc = find_point(s, name, number, &p, err);
    if (!rc) {
        struct rt_err writing = RT_ERR_INIT;
        rc = carry_out(s, sweep, &p, err);
        if (rt_store_point_put(store, name, &p, &writing) && !rc)
            rc = rt_fail(err, writing.code, "%s", writing.text);
        rt_point_rows_free(rt_xmemdup(&p, sizeof p), 1);
    }
    if (sweep)
        rt_sweep_rows_free(sweep, 1);
    return rc;
}
