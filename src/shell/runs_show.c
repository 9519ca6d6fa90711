/* runs show: all that is recorded of one run. */
#include "shell/run_facts.h"
#include "shell/run_of.h"
#include "shell/runs_sub.h"
#include "shell/script.h"
#include "store/checkpoint.h"

#include <inttypes.h>

void rt_run_note_value(const struct rt_run_note *v, struct rt_value *d)
{
    rt_value_set_dict(d);
    rt_value_put_int(d, "epoch", v->epoch);
    rt_value_put_int(d, "batch", v->batch);
    rt_value_put_text(d, "who", v->who ? v->who : "");
    rt_value_put_text(d, "text", v->text ? v->text : "");
    if (v->order)
        rt_value_put_text(d, "answer", v->says ? v->says : "");
}

/* What was ordered while it trained, each with its epoch and batch, or what was
 * said. */
static void add_notes(const struct rt_run_note *v, int n, bool orders,
                      struct rt_value *list, struct rt_str *out)
{
    int told = 0;
    rt_value_set_list(list);
    for (int i = 0; i < n; i++) {
        if (v[i].order != orders)
            continue;
        rt_run_note_value(&v[i], rt_value_push(list));
        rt_str_add(out, told++   ? "\n"
                        : orders ? "\n\norders\n"
                                 : "\n\nmessages\n");
        rt_str_addf(out, "epoch %" PRId64 " batch %" PRId64 "  %s%s%s%s%s",
                    v[i].epoch, v[i].batch, v[i].who ? v[i].who : "",
                    v[i].who && *v[i].who ? ": " : "",
                    v[i].text ? v[i].text : "", orders && v[i].says ? "  " : "",
                    orders && v[i].says ? v[i].says : "");
    }
}

static void add_checkpoints(struct rt_store *store, int id,
                            struct rt_value *list, struct rt_str *out)
{
    struct rt_checkpoint_row *v;
    int n;
    rt_value_set_list(list);
    rt_store_keep(store, NULL);
    if (rt_store_checkpoints(store, id, &v, &n, NULL))
        return;
    for (int i = 0; i < n; i++) {
        struct rt_value *d = rt_value_push(list);
        rt_value_set_dict(d);
        rt_value_put_int(d, "epoch", v[i].epoch);
        rt_value_put_int(d, "batch", v[i].batch);
        rt_value_put_text(d, "name", v[i].name ? v[i].name : "");
        rt_value_put_text(d, "file", v[i].file);
        rt_str_addf(out, "%sepoch %" PRId64 " batch %" PRId64 "  %s%s%s",
                    i ? "\n" : "\n\ncheckpoints\n", v[i].epoch, v[i].batch,
                    v[i].why ? v[i].why : "", v[i].name ? "  " : "",
                    v[i].name ? v[i].name : "");
    }
    rt_checkpoint_rows_free(v, n);
}

/* What happened to it. */
static void add_events(struct rt_cmd_call *call, int id)
{
    struct rt_store *store = rt_session_store(call->s, NULL);
    struct rt_value *all = &call->out->value;
    struct rt_str *out = &call->out->text;
    struct rt_run_note *v;
    int n;
    if (!store || rt_store_notes(store, id, &v, &n, NULL))
        return;
    add_notes(v, n, true, rt_value_put(all, "orders"), out);
    add_notes(v, n, false, rt_value_put(all, "messages"), out);
    rt_run_notes_free(v, n);
    add_checkpoints(store, id, rt_value_put(all, "checkpoints"), out);
}

int rt_runs_show(struct rt_cmd_call *call, const char *id, struct rt_err *err)
{
    struct rt_run_of r;
    struct rt_str *out = &call->out->text;
    int rc = rt_run_of(call->s, id, &r, err);
    if (rc)
        return rc;
    const struct rt_run_row *row = rt_run_of_row(call->s, &r, err);
    call->out->as_is = true;
    if (row) {
        rc = rt_run_facts(call->s, row, true, &call->out->value, err);
        rt_value_show(&call->out->value, out, call->s->table_width);
        struct rt_str script = RT_STR_INIT;
        if (!rc)
            rc = rt_script_of_run(call->s, row, &script, err);
        if (script.n)
            rt_str_addf(out, "\n\n%s", rt_str_c(&script));
        while (out->n && out->s[out->n - 1] == '\n')
            out->s[--out->n] = '\0';
        add_events(call, row->id);
        rt_value_put_text(&call->out->value, "script", rt_str_c(&script));
        rt_str_release(&script);
    }
    rt_run_of_release(&r);
    return row ? rc : rt_err_code(err, RT_ENOENT);
}
