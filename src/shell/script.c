#include "shell/script.h"

#include "base/mem.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "store/scripts.h"

#include <stdlib.h>
#include <string.h>

static const struct rt_session_run *run_of(const struct rt_session *s,
                                           int number)
{
    for (int i = s->runs.n - 1; number > 0 && i >= 0; i--)
        if (s->runs.v[i]->number == number)
            return s->runs.v[i];
    return NULL;
}

/* A loop that fits a thousand times adds the same lines a thousand times. */
static const char *keep_text(struct rt_session *s, const char *text)
{
    int i = rt_map_index(&s->texts, text);
    if (i < 0) {
        rt_map_set(&s->texts, text, NULL);
        i = s->texts.n - 1;
    }
    return s->texts.v[i].key;
}

static const char *keep_str(struct rt_session *s, struct rt_str *text)
{
    const char *kept = keep_text(s, rt_str_c(text));
    rt_str_release(text);
    return kept;
}

static void add_line(struct rt_session *s, const char *kept)
{
    struct rt_script_line line = { .text = kept };
    rt_vec_push(&s->record, line);
}

/* By name, as numbers are others there. */
static void add_wait(struct rt_session *s, const struct rt_session_run *r,
                     const char *condition)
{
    struct rt_str line = RT_STR_INIT;
    rt_str_add(&line, "wait ");
    rt_interp_quote(r->name, &line);
    if (condition) {
        rt_str_add(&line, " until ");
        rt_interp_quote(condition, &line);
    }
    add_line(s, keep_str(s, &line));
}

void rt_script_settle(struct rt_session *s)
{
    for (int i = 0, n = s->record.n; i < n; i++) {
        struct rt_script_line *line = &s->record.v[i];
        const struct rt_session_run *r =
            line->open ? run_of(s, line->run) : NULL;
        if (!r || r->run)
            continue;
        line->open = false;
        add_wait(s, r, NULL);
    }
}

void rt_script_wait(struct rt_session *s, const struct rt_session_run *r,
                    const char *condition)
{
    if (s->hold > 1)
        return; /* what calls it stands in the script */
    if (condition)
        add_wait(s, r, condition);
    rt_script_settle(s);
}

void rt_session_record(struct rt_session *s, const char *text)
{
    if (s->who)
        return; /* a replay has the orders of such scripts instead */
    rt_script_settle(s);
    add_line(s, keep_text(s, text));
}

/* A line of a script of `on`, whose model need not be the chosen one. */
static void use_model(struct rt_session *s, const char *name)
{
    if (!s->who || !s->chosen || !s->model ||
        !strcmp(s->model->model->name, s->chosen))
        return;
    struct rt_str line = RT_STR_INIT;
    rt_str_add(&line, "model use ");
    rt_interp_quote(name, &line);
    add_line(s, keep_str(s, &line));
}

void rt_script_steered(struct rt_session *s, const char *text)
{
    rt_script_settle(s);
    use_model(s, s->model->model->name);
    add_line(s, keep_text(s, text));
    use_model(s, s->chosen);
}

void rt_script_fit(const struct rt_cmd_call *call, int run)
{
    struct rt_session *s = call->s;
    struct rt_str text = RT_STR_INIT;
    if (s->hold > (s->who ? 2 : 1))
        return;
    rt_str_add(&text, call->cmd->name);
    for (int i = 0; i < call->n; i++) {
        rt_str_addc(&text, ' ');
        rt_interp_quote(call->words[i], &text);
    }
    struct rt_script_line line = {
        .text = keep_str(s, &text),
        .run = run,
        .open = call->n > 0 && !strcmp(call->words[call->n - 1], "&"),
    };
    rt_script_settle(s);
    use_model(s, s->model->model->name);
    rt_vec_push(&s->record, line);
    use_model(s, s->chosen);
}

void rt_script_keep(struct rt_session *s, const struct rt_session_model *sm,
                    const char *text)
{
    struct rt_script_line line = { .text = keep_text(s, text), .kept = sm };
    rt_vec_push(&s->record, line);
}

void rt_script_kept(const struct rt_session *s,
                    const struct rt_session_model *sm, struct rt_str *out)
{
    for (int i = 0; i < s->record.n; i++)
        if (s->record.v[i].kept == sm)
            rt_str_addf(out, "%s\n", s->record.v[i].text);
}

void rt_script_kept_gone(struct rt_session *s,
                         const struct rt_session_model *sm)
{
    for (int i = s->record.n - 1; i >= 0; i--)
        if (s->record.v[i].kept == sm)
            rt_vec_remove(&s->record, i);
}

/* ---- orders -------------------------------------------------------------- */

bool rt_script_order(const char *order, int64_t epoch, int64_t batch,
                     struct rt_script_order *made)
{
    struct rt_str line = RT_STR_INIT;
    const char **words;
    int n;
    if (rt_line_split(order, &words, &n, NULL))
        return false;
    const struct rt_order_type *type = n ? rt_order_find(words[0], NULL) : NULL;
    if (type) {
        rt_str_add(&line, type->command ? type->command : type->name);
        for (int i = 1; i < n; i++) {
            rt_str_addc(&line, ' ');
            rt_interp_quote(words[i], &line);
        }
        rt_str_addf(&line, " when=%lld:%lld", (long long)epoch,
                    (long long)batch);
        made->line = rt_str_take(&line);
        made->hold = type->hold;
    }
    free(words);
    return type;
}

void rt_script_orders_free(struct rt_script_order *v, int n)
{
    for (int i = 0; i < n; i++)
        free(v[i].line);
    free(v);
}

/* Without the pause that nothing ended: who repeats the run may not be there
 * to let it go on. */
static void add_orders(const struct rt_script_order *v, int n,
                       struct rt_str *out)
{
    int released = n;
    while (released > 0 && v[released - 1].hold >= 0)
        released--;
    for (int i = 0; i < n; i++)
        if (i < released || v[i].hold <= 0)
            rt_str_addf(out, "%s\n", v[i].line);
}

/* A fit as it stands in the script. */
static void add_fit(const struct rt_session_run *r, const char *line,
                    struct rt_str *out)
{
    add_orders(r->orders.v, r->orders.n, out);
    rt_str_addf(out, r->state == RT_RUN_FAILED ? "catch {%s}" : "%s", line);
}

void rt_script_forget(struct rt_session *s, const struct rt_session_run *r)
{
    rt_script_settle(s);
    for (int i = 0; i < s->record.n; i++) {
        struct rt_script_line *line = &s->record.v[i];
        struct rt_str text = RT_STR_INIT;
        if (line->run != r->number)
            continue;
        line->run = 0;
        add_fit(r, line->text, &text);
        line->text = keep_str(s, &text);
    }
}

void rt_session_script(const struct rt_session *s, struct rt_str *out)
{
    for (int i = 0; i < s->record.n; i++) {
        const struct rt_script_line *line = &s->record.v[i];
        const struct rt_session_run *r = run_of(s, line->run);
        if (r)
            add_fit(r, line->text, out);
        else
            rt_str_add(out, line->text);
        rt_str_addc(out, '\n');
    }
}

const char *rt_script_fit_line(const struct rt_run_row *row)
{
    const char *end = row->fit ? strrchr(row->fit, '\n') : NULL;
    return end ? end + 1 : row->fit ? row->fit : "";
}

struct orders {
    RT_VEC(struct rt_script_order) v;
};

static struct rt_run_row *find_row(struct rt_store *store, int id)
{
    struct rt_run_row *row = NULL;
    char number[16];
    snprintf(number, sizeof number, "%d", id);
    return store && id && !rt_store_find(store, number, &row, NULL) ? row
                                                                    : NULL;
}

static void row_free(struct rt_run_row *row)
{
    if (row)
        rt_run_rows_free(row, 1);
}

/* Those given by hand to a stored run, and to the one it branched from; if that
 * is gone, the run's copies of what the two ways have in common. */
static struct orders read_orders(struct rt_session *s, int id)
{
    struct orders orders = { 0 };
    struct rt_store *store = rt_session_store(s, NULL);
    struct rt_run_note *note = NULL;
    int n = 0;
    struct rt_run_row *row = find_row(store, id);
    struct rt_run_row *parent = find_row(store, row ? row->parent : 0);
    double from = parent ? row->begun : 0; /* the copies are older */
    if (parent)
        orders = read_orders(s, parent->id);
    row_free(parent);
    row_free(row);
    if (store)
        rt_store_notes(store, id, &note, &n, NULL);
    for (int i = 0; i < n; i++) {
        const struct rt_run_note *o = &note[i];
        struct rt_script_order made = { 0 };
        if (o->order && !o->by_callback && !o->code && o->number &&
            o->wall >= from &&
            rt_script_order(o->text, o->epoch, o->batch, &made))
            rt_vec_push(&orders.v, made);
    }
    rt_run_notes_free(note, n);
    return orders;
}

int rt_script_of_run(struct rt_session *s, const struct rt_run_row *row,
                     struct rt_str *out, struct rt_err *err)
{
    char *script = rt_store_script(s->store, row->id, err);
    if (!script)
        return rt_err_code(err, RT_EIO);
    struct orders orders = read_orders(s, row->id);
    rt_str_add(out, script);
    free(script);
    add_orders(orders.v.v, orders.v.n, out);
    rt_str_add(out, rt_script_fit_line(row));
    rt_script_orders_free(orders.v.v, orders.v.n);
    return 0;
}

void rt_script_resumed(struct rt_session *s, struct rt_session_run *r,
                       const struct rt_run_row *row)
{
    struct orders orders = read_orders(s, row->id);
    bool there = false;
    for (int i = 0; i < orders.v.n; i++)
        rt_vec_push(&r->orders, orders.v.v[i]);
    rt_vec_release(&orders.v);
    for (int i = 0; i < s->record.n; i++)
        there |= s->record.v[i].run == row->id;
    struct rt_script_line line = { .run = row->id };
    if (there)
        return;
    line.text = keep_text(s, rt_script_fit_line(row));
    rt_script_settle(s);
    rt_vec_push(&s->record, line);
}
