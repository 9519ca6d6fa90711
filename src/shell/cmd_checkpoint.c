/* checkpoint: the full state of a run, by hand; those that are kept. */
#include "base/clock.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "shell/run_of.h"
#include "shell/started.h"
#include "shell/steer.h"
#include "shell/table.h"
#include "store/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct checkpoint_args {
    struct rt_texts words;
    const char *when;
};
static const struct rt_opt checkpoint_opts[] = {
    RT_OPT(struct checkpoint_args, words, .form = RT_FORM_REST,
           .help = "a name for the state of now; or list, load, verify, prune "
                   "and a run"),
    RT_STEER_WHEN(struct checkpoint_args), RT_OPT_END
};

/* ---- those of a run ------------------------------------------------------ */

struct points {
    struct rt_store *store;
    int run;
    struct rt_checkpoint_row *v;
    int n;
};

static int find(struct rt_session *s, const char *id, struct points *p,
                struct rt_err *err)
{
    struct rt_run_of r;
    *p = (struct points){ .store = rt_session_store(s, err) };
    if (!p->store || rt_run_of(s, id, &r, err))
        return rt_err_code(err, RT_EIO);
    p->run = r.number;
    rt_run_of_release(&r);
    rt_store_keep(p->store, NULL); /* what it is about to write counts */
    return rt_store_checkpoints(p->store, p->run, &p->v, &p->n, err);
}

static void release(struct points *p)
{
    rt_checkpoint_rows_free(p->v, p->n);
}

static void put(struct rt_value *list, const struct rt_checkpoint_row *c)
{
    struct rt_value *d = rt_value_push(list);
    struct rt_str when = RT_STR_INIT;
    rt_str_add_date(&when, c->wall);
    rt_value_set_dict(d);
    rt_value_put_int(d, "checkpoint", c->id);
    rt_value_put_text(d, "name", c->name ? c->name : "");
    rt_value_put_text(d, "why", c->why ? c->why : "");
    rt_value_put_int(d, "epoch", c->epoch);
    rt_value_put_int(d, "batch", c->batch);
    rt_value_put_text(d, "made", rt_str_c(&when));
    rt_value_put_int(d, "bytes", c->size);
    rt_value_put_text(d, "file", c->file);
    rt_str_release(&when);
}

static void add_size(struct rt_table *t, int64_t bytes)
{
    struct rt_str size = RT_STR_INIT;
    rt_str_add_bytes(&size, (double)bytes);
    rt_table_cell(t, "%s", rt_str_c(&size));
    rt_str_release(&size);
}

static void add_row(struct rt_table *t, const struct rt_checkpoint_row *c)
{
    struct rt_str when = RT_STR_INIT;
    rt_str_add_date(&when, c->wall);
    rt_table_cell(t, "%lld", (long long)c->id);
    rt_table_cell(t, "%s", c->name ? c->name : "-");
    rt_table_cell(t, "%s", c->why ? c->why : "-");
    rt_table_cell(t, "%lld", (long long)c->epoch);
    rt_table_cell(t, "%lld", (long long)c->batch);
    rt_table_cell(t, "%s", rt_str_c(&when));
    add_size(t, c->size);
    rt_str_release(&when);
}

static int show_list(struct rt_cmd_call *call, const struct points *p,
                     struct rt_err *err)
{
    static const char *const heads[] = { "checkpoint", "name", "why", "epoch",
                                         "batch",      "made", "size" };
    struct rt_str *out = &call->out->text;
    int64_t bytes = 0;
    struct rt_table t;
    (void)err;
    rt_table_init(&t);
    for (int i = 0; i < 7; i++)
        rt_table_column(&t, heads[i], i == 0 || i == 3 || i == 4 || i == 6);
    rt_value_set_list(&call->out->value);
    for (int i = 0; i < p->n; i++) {
        put(&call->out->value, &p->v[i]);
        add_row(&t, &p->v[i]);
        bytes += p->v[i].size;
    }
    if (p->n)
        rt_table_print(&t, call->s->table_width, out);
    else
        rt_str_addf(out, "run %d has no checkpoint", p->run);
    if (p->n > 1) {
        rt_str_addf(out, "\n%d checkpoints, ", p->n);
        rt_str_add_bytes(out, (double)bytes);
    }
    rt_table_release(&t);
    return 0;
}

static const char *name_at(const void *of, int i)
{
    const struct points *p = of;
    while (i < p->n && !p->v[i].name)
        i++;
    return i < p->n ? p->v[i].name : NULL;
}

/* By name or number; NULL: the newest. */
static const struct rt_checkpoint_row *
pick(const struct points *p, const char *which, struct rt_err *err)
{
    for (int i = 0; i < p->n; i++) {
        const struct rt_checkpoint_row *c = &p->v[i];
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)c->id);
        if (!which || !strcmp(which, number) ||
            (c->name && !strcmp(c->name, which)))
            return c;
    }
    if (!which)
        rt_fail(err, RT_ENOENT, "run %d has no checkpoint", p->run);
    else
        rt_fail_unknown(err, RT_ENOENT, which, name_at, p,
                        "run %d has no checkpoint '%s'", p->run, which);
    return NULL;
}

/* Those of a run, or the one that is meant. */
static int verify(struct rt_cmd_call *call, struct points *p, const char *which,
                  struct rt_err *err)
{
    if (which) {
        const struct rt_checkpoint_row *c = pick(p, which, err);
        if (!c || rt_checkpoint_verify(c, err))
            return rt_err_code(err, RT_ENOENT);
        rt_value_set_int(&call->out->value, 1);
        rt_str_addf(&call->out->text, "checkpoint %s of run %d: whole", which,
                    p->run);
        return 0;
    }
    int bad = 0;
    struct rt_err first = RT_ERR_INIT;
    for (int i = 0; i < p->n; i++) {
        struct rt_err why = RT_ERR_INIT;
        if (rt_checkpoint_verify(&p->v[i], &why) && bad++ == 0)
            first = why;
    }
    if (bad)
        return rt_fail(err, RT_EFORMAT,
                       "%d of %d checkpoints of run %d cannot be used; %s", bad,
                       p->n, p->run, first.text);
    rt_value_set_int(&call->out->value, p->n);
    rt_str_addf(&call->out->text, "%d checkpoint%s of run %d: whole", p->n,
                p->n == 1 ? "" : "s", p->run);
    return 0;
}

static int prune(struct rt_cmd_call *call, const struct points *p,
                 struct rt_err *err)
{
    int n = 0, rc = rt_store_prune(p->store, p->run, true, &n, err);
    if (rc)
        return rc;
    rt_value_set_int(&call->out->value, n);
    rt_str_addf(&call->out->text, "%d checkpoint%s of run %d removed", n,
                n == 1 ? "" : "s", p->run);
    return 0;
}

/* ---- load ---------------------------------------------------------------- */

static int load(struct rt_cmd_call *call, const struct points *p,
                const char *which, struct rt_err *err)
{
    const struct rt_checkpoint_row *c = pick(p, which, err);
    struct rt_session_model *sm = c ? rt_session_edit(call->s, err) : NULL;
    if (!sm || rt_model_ready(sm->model, err))
        return rt_err_code(err, RT_ENOENT);
    struct rt_checkpoint_file *f = rt_checkpoint_open(c, err);
    if (!f)
        return rt_err_code(err, RT_EFORMAT);
    struct rt_state_backend b = rt_checkpoint_backend(f);
    int rc = rt_model_put_aside(sm->model, NULL, 0, true, err);
    if (!rc)
        rc = rt_checkpoint_to_model(&b, sm->model, err);
    rt_checkpoint_close(f);
    if (!rc) {
        rt_model_edited(sm->model);
        rt_str_addf(&call->out->text,
                    "model '%s' is as run %d was in epoch %lld after batch "
                    "%lld",
                    sm->model->name, p->run, (long long)c->epoch,
                    (long long)c->batch);
    }
    call->looked = false;
    return rc;
}

/* ---- the command --------------------------------------------------------- */

/* The order, and its file: what is said to be kept is on the disk. */
static int make(struct rt_cmd_call *call, const char *name, const char *when,
                struct rt_err *err)
{
    const char *words[] = { "checkpoint", name };
    int rc = rt_steer(call, when, words, name ? 2 : 1, err);
    struct rt_store *store = rc ? NULL : rt_session_store(call->s, err);
    return store && !when ? rt_store_keep(store, err) : rc;
}

static int run_checkpoint(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct checkpoint_args *a = call->args;
    const struct rt_texts *w = &a->words;
    const char *verb = w->n ? w->v[0] : "", *id = w->n > 1 ? w->v[1] : NULL;
    static const char *const verbs[] = { "list", "load", "verify", "prune" };
    int which = -1, rc;
    for (int i = 0; i < 4; i++)
        if (!strcmp(verb, verbs[i]))
            which = i;
    call->looked = true;
    if (w->n > (which < 0 ? 1 : which == 1 || which == 2 ? 3 : 2))
        return rt_fail(err, RT_EINVAL,
                       "checkpoint: '%s' is one word too many; `help "
                       "checkpoint` shows how",
                       w->v[w->n - 1]);
    if (which < 0) {
        rc = make(call, w->n ? verb : NULL, a->when, err);
        return rc ? rt_cmd_within(call->cmd, err) : 0;
    }
    struct points p;
    rc = find(call->s, id, &p, err);
    if (!rc && which == 0)
        rc = show_list(call, &p, err);
    else if (!rc && which == 1)
        rc = load(call, &p, w->n > 2 ? w->v[2] : NULL, err);
    else if (!rc && which == 2)
        rc = verify(call, &p, w->n > 2 ? w->v[2] : NULL, err);
    else if (!rc)
        rc = prune(call, &p, err);
    release(&p);
    return rc ? rt_cmd_within(call->cmd, err) : 0;
}

const struct rt_cmd rt_cmd_checkpoint = {
    .group = "training",
    .name = "checkpoint",
    .help =
        "keep the full state of a run; list, load, check, remove those kept",
    .usage = "[NAME] [when=] | list [RUN] | load RUN [CHECKPOINT] | "
             "verify [RUN] [CHECKPOINT] | "
             "prune [RUN]",
    .opts = checkpoint_opts,
    .args_size = sizeof(struct checkpoint_args),
    .flags = RT_CMD_LISTS | RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_checkpoint,
    .details =
        "A run makes them by itself: at its start, every minute (`config "
        "checkpoint_seconds`), at\neach pause and at its end. The newest two "
        "stay, the oldest, one from which the best epoch can\nbe reached, "
        "those "
        "with a name, and of those asked for without one the newest ten; prune "
        "leaves the\nnewest two and those with a name. verify reads all of "
        "them or "
        "one. load puts weights and "
        "the "
        "optimizer's state into the chosen\nmodel. `runs resume` goes on from "
        "one.",
    .example = RT_EXAMPLE_STARTED
    "checkpoint before\nstop\ncheckpoint list\ncheckpoint verify\ncheckpoint "
    "verify 1 before\n"
    "checkpoint load 1 before\ncheckpoint prune\n",
};

/* ---- rewind -------------------------------------------------------------- */

struct rewind_args {
    const char *to, *when;
};
static const struct rt_opt rewind_opts[] = {
    RT_OPT(struct rewind_args, to, .word = 1, .names = RT_NAMES_REWIND,
           .help = "an epoch whose end is meant (0: the start), best, or a "
                   "checkpoint's name"),
    RT_STEER_WHEN(struct rewind_args), RT_OPT_END
};

static int run_rewind(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct rewind_args *a = call->args;
    const char *words[] = { "rewind", a->to };
    return rt_steer(call, a->when, words, 2, err)
               ? rt_cmd_within(call->cmd, err)
               : 0;
}

const struct rt_cmd rt_cmd_rewind = {
    .group = "training",
    .name = "rewind",
    .help = "let a run go back, and on from there as a new branch",
    .opts = rewind_opts,
    .args_size = sizeof(struct rewind_args),
    .run = run_rewind,
    .details =
        "The run that goes on has a number of its own; what the old one did "
        "since then stays with the\nold number, and `runs tree` shows both. To "
        "the end of an epoch it goes from the nearest checkpoint\nbefore it, "
        "its own or one of the run it branched from: the batches between are "
        "trained again, to\nthe same bits. What was ordered at that end, 4:0 "
        "for the third epoch's, comes behind it. Orders\nwith when= that are "
        "given after a rewind with when= are meant for the way after it. Until "
        "the run is there again,\norders wait but for those that hold it up or "
        "end it.",
    .example = RT_EXAMPLE_READY "lr 0.001 when=3:1\nrewind 2 when=4:1\n"
                                "lr 0.1 when=3:1\nfit s epochs=5\n",
};
