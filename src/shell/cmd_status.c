/* How a run stands, and what it said: status, log. */
#include "base/clock.h"
#include "shell/cmd.h"
#include "shell/started.h"

#include <math.h>
#include <string.h>

struct id_args {
    const char *id;
};
static const struct rt_opt id_opts[] = { RT_OPT_RUN(struct id_args),
                                         RT_OPT_END };

/* ---- status ------------------------------------------------------------ */

static void add_count(struct rt_value *v, const char *key, int64_t n,
                      int64_t of)
{
    char text[64];
    snprintf(text, sizeof text, "%lld/%lld", (long long)n, (long long)of);
    rt_value_put_text(v, key, text);
}

static void add_time(struct rt_value *v, const char *key, double seconds)
{
    struct rt_str text = RT_STR_INIT;
    if (!isfinite(seconds))
        return;
    rt_str_add_duration(&text, seconds);
    rt_value_put_text(v, key, rt_str_c(&text));
    rt_str_release(&text);
}

static void live_status(const struct rt_session_run *r, struct rt_value *v)
{
    struct rt_snapshot now;
    rt_run_snapshot(r->run, &now);
    add_count(v, "epoch", now.epoch, now.n_epochs);
    add_count(v, "batch", now.batch, now.n_batches);
    rt_value_put_number(v, "lr", now.lr);
    add_time(v, "time", now.seconds);
    add_time(v, "left", now.seconds_left);
    if (isfinite(now.samples_per_s))
        rt_value_put_number(v, "samples_per_s", now.samples_per_s);
    add_count(v, "trainable", now.trainable, now.params);
    /* name TAB what it says, a line each */
    char *save = NULL;
    for (char *line = now.callbacks ? strtok_r(now.callbacks, "\n", &save)
                                    : NULL;
         line; line = strtok_r(NULL, "\n", &save)) {
        char *tab = strchr(line, '\t');
        if (!tab)
            continue;
        *tab = '\0';
        rt_value_put_text(v, line, tab + 1);
    }
    rt_snapshot_release(&now);
}

static void put_series(struct rt_value *v, const struct rt_history *h)
{
    for (int i = 0; i < h->n_series; i++) {
        const struct rt_history_series *s = &h->series[i];
        if (!strcmp(s->key, "lr"))
            continue;
        if (s->n_epochs)
            rt_value_put_number(v, s->key, s->epoch_v[s->n_epochs - 1]);
        else if (isfinite(s->running))
            rt_value_put_number(v, s->key, s->running);
    }
}

static int run_status(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct id_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_value *v = &call->out->value;
    rt_session_drain(s);
    struct rt_session_run *r = rt_session_run(s, a->id, err);
    if (!r)
        return rt_err_within(err, "status");
    rt_value_set_dict(v);
    rt_value_put_int(v, "run", r->number);
    rt_value_put_text(v, "name", r->name);
    rt_value_put_text(v, "state", rt_run_state_name(r->state));
    if (r->reason && *r->reason)
        rt_value_put_text(v, "reason", r->reason);
    if (r->run)
        live_status(r, v);
    else
        add_time(v, "time", r->seconds);
    put_series(v, r->history);
    rt_value_show(v, &call->out->text, s->table_width);
    return 0;
}

const struct rt_cmd rt_cmd_status = {
    .group = "looking",
    .name = "status",
    .help = "how a run stands: epoch, speed, losses, callbacks",
    .opts = id_opts,
    .args_size = sizeof(struct id_args),
    .flags = RT_CMD_LOOKS,
    .run = run_status,
    .example = RT_EXAMPLE_STARTED "status\nstop\nstatus\n",
};

/* ---- log --------------------------------------------------------------- */

struct log_args {
    const char *id;
};
static const struct rt_opt log_opts[] = {
    RT_OPT(struct log_args, id, .name = "run", .word = 1, .def = "",
           .names = RT_NAMES_RUN,
           .help = "number or name of a run, recorded ones included; else this "
                   "session's messages"),
    RT_OPT_END
};

static int stored_log(struct rt_session *s, const char *id, struct rt_str *out,
                      struct rt_err *err)
{
    struct rt_store *store = rt_session_store(s, err);
    struct rt_run_row *row = NULL;
    struct rt_run_note *note = NULL;
    struct rt_session_run *own = rt_session_run(s, id, NULL);
    char number[16];
    int n = 0;
    if (!store)
        return rt_err_code(err, RT_EIO);
    if (own) {
        snprintf(number, sizeof number, "%d", own->number);
        id = number;
    }
    rt_store_flush(store);
    int rc = rt_store_find(store, id, &row, err);
    if (!rc)
        rc = rt_store_notes(store, row->id, &note, &n, err);
    for (int i = 0; i < n; i++) {
        const struct rt_run_note *e = &note[i];
        rt_str_add(out, out->n ? "\n" : "");
        rt_str_add_time(out, e->wall);
        rt_str_addf(out, "  %lld:%lld  ", (long long)e->epoch,
                    (long long)e->batch);
        if (e->who && *e->who)
            rt_str_addf(out, "%s: ", e->who);
        rt_str_add(out, e->says ? e->says : e->text ? e->text : "");
    }
    if (!rc && !n)
        rt_str_addf(out, "run %d (%s) said nothing", row->id, row->name);
    rt_run_notes_free(note, n);
    if (row)
        rt_run_rows_free(row, 1);
    return rc;
}

static void session_log(const struct rt_session *s, struct rt_str *out)
{
    for (int i = 0; i < s->log.n; i++) {
        const struct rt_message *m = &s->log.v[i];
        rt_str_add(out, i ? "\n" : "");
        rt_str_add_time(out, m->wall);
        if (m->run)
            rt_str_addf(out, "  #%d", m->run);
        rt_str_add(out, "  ");
        if (*m->who)
            rt_str_addf(out, "%s: ", m->who);
        rt_str_add(out, m->text);
    }
}

static int run_log(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct log_args *a = call->args;
    struct rt_str *out = &call->out->text;
    rt_session_drain(call->s);
    if (a->id) {
        if (stored_log(call->s, a->id, out, err))
            return rt_err_within(err, "log");
    } else {
        session_log(call->s, out);
        if (!out->n)
            rt_str_add(out, "nothing was said yet");
    }
    rt_value_set_text(&call->out->value, rt_str_c(out));
    return 0;
}

const struct rt_cmd rt_cmd_log = {
    .group = "looking",
    .name = "log",
    .help = "messages and orders of a run, or of this session",
    .opts = log_opts,
    .args_size = sizeof(struct log_args),
    .flags = RT_CMD_LOOKS,
    .run = run_log,
    .example = RT_EXAMPLE_STARTED "lr 0.05\nstop\nlog\nlog m\n",
};
