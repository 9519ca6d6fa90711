/* runs resume: a run that was interrupted goes on, in any process. Its script
 * builds the model and reads the data again; all else is in the newest
 * checkpoint that is whole, and in the orders recorded after it. A run that had
 * none yet begins again, its script's fits before it included. */
#include "base/schema.h"
#include "graph/blas.h"
#include "graph/kern.h"
#include "shell/begin.h"
#include "shell/interp.h"
#include "shell/rebuild.h"
#include "shell/runs_sub.h"
#include "shell/script.h"
#include "shell/steer.h"
#include "shell/version.h"
#include "store/checkpoint.h"
#include "store/scripts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is made on the way, and let go where it ends early. */
struct resume {
    struct rt_session *s;
    struct rt_store *store;
    struct rt_run_row *row;
    bool reopened;
    int was_in; /* the folder of before, or -1 */
    struct rt_checkpoint_file *file;
    struct rt_checkpoint_row *points;
    int n_points, point; /* -1: it begins again */
    struct rt_session *from;
    struct rt_fit_args *args;
    struct rt_run *run;
};

static void release(struct resume *r)
{
    rt_run_free(r->run); /* it has its model from one of the sessions */
    rt_args_free(r->args);
    rt_rebuild_free(r->from);
    rt_checkpoint_close(r->file);
    rt_checkpoint_rows_free(r->points, r->n_points);
    if (r->reopened)
        rt_store_release(r->store, r->row->id);
    rt_run_rows_free(r->row, r->row ? 1 : 0);
    if (r->was_in >= 0)
        close(r->was_in);
}

static void say(const struct resume *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct resume *r, const char *fmt, ...)
{
    struct rt_str text = RT_STR_INIT;
    va_list ap;
    va_start(ap, fmt);
    rt_str_addf(&text, "run %d: ", r->row->id);
    rt_str_vaddf(&text, fmt, ap);
    va_end(ap);
    r->s->print(r->s, rt_str_c(&text));
    rt_str_release(&text);
}

/* ---- whether it can be --------------------------------------------------- */

static bool is(const struct rt_run_row *row, enum rt_run_state state)
{
    return !strcmp(row->state, rt_run_state_name(state));
}

static int check(struct resume *r, int epochs, struct rt_err *err)
{
    const struct rt_run_row *row = r->row;
    if (!row->fit)
        return rt_fail(err, RT_ESTATE,
                       "run %d was recorded by a retort that did not keep "
                       "what resuming it wants",
                       row->id);
    if (is(row, RT_RUN_FINISHED) && epochs <= row->epochs)
        return rt_fail(err, RT_ESTATE,
                       "run %d is finished; `runs resume %d epochs=%d` would "
                       "train it on",
                       row->id, row->id, 2 * row->epochs);
    if (is(row, RT_RUN_STOPPED))
        return rt_fail(err, RT_ESTATE, "run %d was stopped%s%s", row->id,
                       row->reason ? ": " : "", row->reason ? row->reason : "");
    return 0;
}

/* The same version on the same machine gives the same bits. */
static void compare_makers(const struct resume *r)
{
    const struct rt_run_row *row = r->row;
    if (!row->version || !row->blas || !row->isa)
        return;
    if (strcmp(row->version, RT_VERSION) || strcmp(row->blas, rt_blas_name()) ||
        strcmp(row->isa, rt_kern()->isa))
        say(r,
            "it was begun by retort %s with %s (%s): the numbers may differ "
            "in their last bits from now on",
            row->version, row->blas, row->isa);
}

/* ---- its checkpoint ------------------------------------------------------ */

/* A branch without one begins where it left the run that it branched from. */
static int find_past(struct resume *r, struct rt_err *err)
{
    int id = r->row->id;
    rt_checkpoint_rows_free(r->points, r->n_points);
    r->points = NULL;
    int rc = rt_store_past(r->store, id, &r->points, &r->n_points, err);
    for (int i = 0; !rc && i < r->n_points && !r->file; i++) {
        const struct rt_checkpoint_row *c = &r->points[i];
        r->file = c->run != id ? rt_checkpoint_open(c, NULL) : NULL;
        if (r->file && rt_store_past_fits(r->store, id, c, r->file, NULL)) {
            rt_checkpoint_close(r->file);
            r->file = NULL;
        }
        r->point = r->file ? i : -1;
    }
    return rc;
}

static int find_checkpoint(struct resume *r, struct rt_err *err)
{
    struct rt_err why = RT_ERR_INIT;
    int rc = rt_store_checkpoints(r->store, r->row->id, &r->points,
                                  &r->n_points, err);
    for (r->point = 0; !rc && r->point < r->n_points; r->point++) {
        r->file = rt_checkpoint_open(&r->points[r->point], &why);
        if (r->file)
            return 0;
        say(r, "%s; an older checkpoint is used", why.text);
    }
    r->point = -1;
    return rc ? rc : find_past(r, err);
}

/* Whether a checkpoint that was ordered is there and whole. */
static bool was_kept(const struct resume *r, const struct rt_run_note *v)
{
    const char *name = strchr(v->text, ' ');
    for (int i = 0; i < r->n_points; i++) {
        const struct rt_checkpoint_row *c = &r->points[i];
        bool same = c->name ? name && strstr(name, c->name) : !name;
        if (c->run == r->row->id && c->epoch == v->epoch &&
            c->batch == v->batch && same && c->why &&
            !strcmp(c->why, "order") && !rt_checkpoint_verify(c, NULL))
            return true;
    }
    return false;
}

/* Of an order of the moment: it has been, and is not again; but for a
 * checkpoint that the run comes to once more and that was not written yet when
 * it was killed. */
static bool comes_again(const struct resume *r, const struct rt_order *o,
                        const struct rt_run_note *v)
{
    const struct rt_checkpoint_row *c = r->file ? &r->points[r->point] : NULL;
    if (!o->type->passes)
        return true;
    bool ahead = !c || v->epoch > c->epoch ||
                 (v->epoch == c->epoch && v->batch >= c->batch);
    return !strcmp(o->type->name, "checkpoint") && ahead && !was_kept(r, v);
}

/* Orders given by hand behind the checkpoint come again at their batches. Those
 * of callbacks do not: the callbacks give them again. */
static int replay(struct resume *r, struct rt_err *err)
{
    struct rt_run_note *v = NULL;
    int n = 0, rc = rt_store_notes(r->store, r->row->id, &v, &n, err);
    for (int i = 0; i < n && !rc; i++) {
        if (!v[i].order || v[i].by_callback || v[i].number < 1 ||
            rt_run_applied(r->run, v[i].number))
            continue;
        if (v[i].code && v[i].says) { /* what was refused stays refused */
            rt_run_drop_order(r->run, v[i].number);
            continue;
        }
        struct rt_order *o = rt_order_parse(v[i].who, v[i].text, err);
        if (!o) {
            rc = rt_err_within(err, "order '%s'", v[i].text);
            break;
        }
        if (!comes_again(r, o, &v[i])) {
            rt_run_drop_order(r->run, v[i].number);
            rt_order_free(o);
            continue;
        }
        o->id = v[i].number;
        o->when_epoch = v[i].epoch;
        o->when_batch = v[i].batch;
        if (rt_run_order(r->run, o, err) < 0)
            rc = RT_ESTATE;
    }
    rt_run_notes_free(v, n);
    return rc;
}

/* What waited in another run's checkpoint and was done there since then is no
 * order for this one. */
static int drop_done(struct resume *r, int other, struct rt_err *err)
{
    struct rt_run_note *v = NULL;
    int n = 0, rc = rt_store_notes(r->store, other, &v, &n, err);
    for (int i = 0; i < n && !rc; i++)
        if (v[i].order && !v[i].by_callback && v[i].number > 0)
            rt_run_drop_order(r->run, v[i].number);
    rt_run_notes_free(v, n);
    return rc;
}

static int load(struct resume *r, struct rt_err *err)
{
    struct rt_state s;
    int other = r->points[r->point].run;
    struct rt_state_backend from = rt_checkpoint_backend(r->file);
    rt_state_init(&s, &from, true);
    if (rt_run_walk(r->run, &s))
        return rt_fail(err, s.err.code,
                       "%s does not fit what the script of run %d builds: %s",
                       r->points[r->point].file, r->row->id, s.err.text);
    return other != r->row->id ? drop_done(r, other, err) : 0;
}

/* ---- the run ------------------------------------------------------------- */

/* The words of its fit, with another end if one is wanted. */
static int read_fit(struct resume *r, int epochs, struct rt_err *err)
{
    const char *const *words = NULL;
    const char *line = rt_script_fit_line(r->row);
    int n, rc = rt_interp_split(r->from->interp, line, &words, &n, err);
    if (rc)
        return rc;
    r->args = rt_begin_parse(words + 1, n - 1, err);
    free((void *)(uintptr_t)words);
    if (r->args)
        r->args->epochs = epochs > 0 ? epochs : r->row->epochs;
    return r->args ? 0 : rt_err_within(err, "'%s'", line);
}

static int check_rows(const struct resume *r, const struct rt_fit_spec *f,
                      struct rt_err *err)
{
    if (rt_dataset_hash(f->data) == r->row->data_hash)
        return 0;
    return rt_fail(err, RT_ESTATE,
                   "data '%s' (%s) holds other rows than when run %d began: "
                   "has a file changed?",
                   f->data->name, f->data->origin, r->row->id);
}

static int make_run(struct resume *r, const struct rt_cmd_call *call,
                    int epochs, struct rt_err *err)
{
    struct rt_fit_spec f;
    if (read_fit(r, epochs, err) || rt_begin_spec(r->from, r->args, &f, err) ||
        check_rows(r, &f, err))
        return RT_ESTATE;
    f.seed = r->row->seed;
    f.number = r->row->id;
    f.name = r->row->name;
    f.pause_on_error = call->at_prompt && r->s->interactive;
    f.recorder = rt_store_recorder(r->store);
    if (f.validation)
        rt_dataset_hash(f.validation);
    r->run = rt_run_new(&f, r->s->bus, err);
    if (!r->run ||
        (r->file ? load(r, err)
                 : rt_steer_begin(r->from->model, r->run, err)) ||
        replay(r, err))
        return RT_ESTATE;
    return 0;
}

/* From here on what the run did behind its checkpoint is history no more. */
static int cut(struct resume *r, int epochs, struct rt_err *err)
{
    const struct rt_checkpoint_row *c = r->file ? &r->points[r->point] : NULL;
    return rt_store_cut(r->store, r->row->id, epochs, c ? c->epoch - 1 : 0,
                        c ? c->order : 0, err);
}

/* Its files are looked for where its fit was given. */
static void go_there(struct resume *r)
{
    r->was_in = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->row->dir && chdir(r->row->dir))
        say(r, "its folder %s is gone: files are looked for here", r->row->dir);
}

static int prepare(struct resume *r, const struct rt_cmd_call *call,
                   const char *id, int epochs, struct rt_err *err)
{
    int rc = rt_store_keep(r->store, err);
    if (!rc)
        rc = rt_store_find(r->store, id, &r->row, err);
    if (!rc)
        rc = check(r, epochs, err);
    if (!rc)
        rc = rt_store_reopen(r->store, r->row->id, err);
    r->reopened = !rc;
    if (!rc)
        rc = find_checkpoint(r, err);
    if (rc)
        return rc;
    go_there(r);
    compare_makers(r);
    char *kept = rt_xstrndup(
        r->row->fit, (size_t)(rt_script_fit_line(r->row) - r->row->fit));
    char *script = rt_store_script(r->store, r->row->id, err);
    r->from = script ? rt_rebuild(r->s, script, !r->file, err) : NULL;
    free(script);
    if (r->from && !r->file) /* what was kept for it */
        rc = rt_interp_text(r->from->interp, kept, "its orders", err);
    free(kept);
    if (rc || !r->from || make_run(r, call, epochs, err) ||
        rt_rebuild_check(r->s, r->from, err) || cut(r, epochs, err))
        return rt_err_within(err, "run %d", r->row->id);
    rt_rebuild_take(r->s, r->from);
    return 0;
}

static void tell(const struct resume *r)
{
    const struct rt_checkpoint_row *c = r->file ? &r->points[r->point] : NULL;
    if (!c)
        say(r, "it had no checkpoint yet, so it begins again");
    else if (c->run != r->row->id)
        say(r,
            "it has no checkpoint, so it goes on from one of run %d at epoch "
            "%lld batch %lld",
            c->run, (long long)c->epoch, (long long)c->batch);
    else if (c->batch)
        say(r, "goes on in epoch %lld after batch %lld", (long long)c->epoch,
            (long long)c->batch);
    else
        say(r, "goes on with epoch %lld", (long long)c->epoch);
}

int rt_runs_resume(struct rt_cmd_call *call, const char *id, int epochs,
                   bool background, struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct resume r = { .s = s,
                        .store = rt_session_store(s, err),
                        .was_in = -1 };
    if (!r.store)
        return rt_err_code(err, RT_EIO);
    rt_session_drain(s);
    if (prepare(&r, call, id, epochs, err)) {
        if (r.was_in >= 0 && fchdir(r.was_in))
            say(&r, "the folder of before cannot be gone back to");
        release(&r);
        return rt_err_code(err, RT_ESTATE);
    }
    tell(&r);
    /* read before it does anything that it would be told of once more */
    struct rt_history *h = rt_store_history(r.store, r.row->id, NULL);
    struct rt_session_run *run = rt_begin_start(s, r.run, s->model, err);
    r.run = NULL; /* the session's, as the lock is */
    r.reopened = false;
    if (run)
        rt_script_resumed(s, run, r.row);
    if (run && h) {
        rt_history_free(run->history);
        run->history = h;
    } else if (h) {
        rt_history_free(h);
    }
    release(&r);
    return run ? rt_begin_wait(call, run, background, err) : RT_ENOMEM;
}
