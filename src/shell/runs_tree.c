/* runs tree: which run branched from which, and which repeat another. */
#include "shell/runs_sub.h"

#include <math.h>
#include <stdlib.h>

struct tree {
    struct rt_cmd_call *call;
    const struct rt_run_picks *p;
};

static int from_of(const struct rt_run_row *r)
{
    return r->parent ? r->parent : r->repeats;
}

static bool is_there(const struct rt_run_picks *p, int id)
{
    for (int i = 0; i < p->n; i++)
        if (p->row[i].id == id)
            return true;
    return false;
}

static void add_line(const struct rt_run_row *r, struct rt_str *out)
{
    rt_str_addf(out, "%d  %s  %s", r->id, r->label ? r->label : r->name,
                r->state);
    rt_str_addf(out, "  %lld/%d epochs", (long long)r->epoch, r->epochs);
    if (!isnan(r->val_loss))
        rt_str_addf(out, "  val_loss %.4g", r->val_loss);
    else if (!isnan(r->loss))
        rt_str_addf(out, "  loss %.4g", r->loss);
    if (r->resumed)
        rt_str_addf(out, "  resumed %d time%s", r->resumed,
                    r->resumed == 1 ? "" : "s");
    if (r->parent)
        rt_str_addf(out, "  from %d after epoch %lld", r->parent,
                    (long long)r->parent_epoch);
    else if (r->repeats)
        rt_str_addf(out, "  repeats %d", r->repeats);
}

/* The runs that came from it, oldest first; they are listed newest first. */
static void add_branches(const struct tree *t, int id, const char *before,
                         struct rt_value *list)
{
    const struct rt_run_picks *p = t->p;
    struct rt_str *out = &t->call->out->text;
    bool utf8 = t->call->s->utf8;
    int left = 0;
    for (int i = 0; i < p->n; i++)
        left += from_of(&p->row[i]) == id;
    for (int i = p->n - 1; i >= 0; i--) {
        const struct rt_run_row *r = &p->row[i];
        if (from_of(r) != id)
            continue;
        bool last = --left == 0;
        struct rt_str deeper = RT_STR_INIT;
        rt_str_addf(out, "\n%s%s", before,
                    utf8   ? last ? "└─ " : "├─ "
                    : last ? "`- "
                           : "|- ");
        add_line(r, out);
        rt_str_addf(&deeper, "%s%s", before,
                    last   ? "   "
                    : utf8 ? "│  "
                           : "|  ");
        struct rt_value *d = rt_value_push(list);
        rt_value_set_dict(d);
        rt_value_put_int(d, "run", r->id);
        rt_value_put_int(d, "from", id);
        rt_value_put_text(d, "how", r->parent ? "branch" : "repeat");
        add_branches(t, r->id, rt_str_c(&deeper), list);
        rt_str_release(&deeper);
    }
}

int rt_runs_tree(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                 struct rt_err *err)
{
    struct rt_run_picks p;
    struct rt_str *out = &call->out->text;
    int rc = rt_runs_pick(call->s, ask, &p, err);
    if (rc)
        return rc;
    struct tree t = { .call = call, .p = &p };
    struct rt_value *list = &call->out->value;
    rt_value_set_list(list);
    for (int i = p.n - 1; i >= 0; i--) {
        const struct rt_run_row *r = &p.row[i];
        if (from_of(r) && is_there(&p, from_of(r)))
            continue;
        rt_str_add(out, out->n ? "\n" : "");
        add_line(r, out);
        struct rt_value *d = rt_value_push(list);
        rt_value_set_dict(d);
        rt_value_put_int(d, "run", r->id);
        rt_value_put_int(d, "from", from_of(r));
        rt_value_put_text(d, "how",
                          r->parent    ? "branch"
                          : r->repeats ? "repeat"
                                       : "");
        add_branches(&t, r->id, "", list);
    }
    if (!p.n)
        rt_str_add(out, "no run fits");
    rt_run_picks_free(&p);
    return 0;
}
