/* runs show: all that is recorded of one run. */
#include "shell/run_facts.h"
#include "shell/run_of.h"
#include "shell/runs_sub.h"
#include "shell/script.h"

#include <inttypes.h>

/* What was ordered while it trained, each with its epoch and batch. */
static void add_orders(struct rt_cmd_call *call, int id, struct rt_str *out)
{
    struct rt_store *store = rt_session_store(call->s, NULL);
    struct rt_run_note *v;
    int n, told = 0;
    if (!store || rt_store_notes(store, id, &v, &n, NULL))
        return;
    for (int i = 0; i < n; i++)
        if (v[i].order)
            rt_str_addf(out,
                        "%sepoch %" PRId64 " batch %" PRId64 "  %s: %s%s%s",
                        told++ ? "\n" : "\n\norders\n", v[i].epoch, v[i].batch,
                        v[i].who, v[i].text, v[i].says ? "  " : "",
                        v[i].says ? v[i].says : "");
    rt_run_notes_free(v, n);
}

int rt_runs_show(struct rt_cmd_call *call, const char *id, struct rt_err *err)
{
    struct rt_run_of r;
    struct rt_str *out = &call->out->text;
    int rc = rt_run_of(call->s, id, &r, err);
    if (rc)
        return rc;
    const struct rt_run_row *row = rt_run_of_row(call->s, &r, err);
    if (row) {
        rc = rt_run_facts(call->s, row, true, &call->out->value, err);
        rt_value_show(&call->out->value, out, call->s->table_width);
        struct rt_str script = RT_STR_INIT;
        rt_script_of_run(call->s, row, &script);
        if (script.n)
            rt_str_addf(out, "\n\n%s", rt_str_c(&script));
        while (out->n && out->s[out->n - 1] == '\n')
            out->s[--out->n] = '\0';
        add_orders(call, row->id, out);
        rt_value_put_text(&call->out->value, "script", rt_str_c(&script));
        rt_str_release(&script);
    }
    rt_run_of_release(&r);
    return row ? rc : err ? err->code : RT_ENOENT;
}
