/* on: scripts that run at events of runs. */
#include "base/mem.h"
#include "shell/cmd.h"
#include "shell/on.h"
#include "shell/started.h"

#include <string.h>

/* Never parsed, but told by help and completion. */
struct args {
    const char *what, *script;
};
static const char *const words[] = { "train_begin", "epoch_end",  "validation",
                                     "order",       "checkpoint", "pause",
                                     "resume",      "train_end",  "list",
                                     "remove",      NULL };
static const struct rt_opt opts[] = {
    RT_OPT(struct args, what, .word = 1, .def = "list", .choices = words,
           .help = "the event, or what to do"),
    RT_OPT(struct args, script, .word = 2, .def = "",
           .help = "in braces; remove: the event whose scripts go"),
    RT_OPT_END
};

static int event_of(const char *name, struct rt_err *err)
{
    for (int i = 0; rt_on_events[i]; i++)
        if (!strcmp(rt_on_events[i], name))
            return i;
    struct rt_str all = RT_STR_INIT;
    for (int i = 0; rt_on_events[i]; i++)
        rt_str_addf(&all, "%s%s", i ? ", " : "", rt_on_events[i]);
    rt_fail(err, RT_ENOENT, "on: no event '%s', want one of %s", name,
            rt_str_c(&all));
    rt_str_release(&all);
    return RT_ENOENT;
}

static void list(struct rt_cmd_call *call)
{
    struct rt_value *v = &call->out->value;
    struct rt_session *s = call->s;
    call->looked = true;
    rt_value_set_list(v);
    for (int i = 0; i < s->on.n; i++) {
        struct rt_value *d = rt_value_push(v);
        rt_value_set_dict(d);
        rt_value_put_text(d, "event", rt_on_events[s->on.v[i].event]);
        rt_value_put_text(d, "script", s->on.v[i].script);
    }
    if (!s->on.n)
        rt_str_add(&call->out->text, "no script waits for an event");
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session *s = call->s;
    const char *what = call->n > 0 ? call->words[0] : "list";
    const char *script = call->n > 1 ? call->words[1] : NULL;
    bool remove = !strcmp(what, "remove"), lists = !strcmp(what, "list");
    if (call->n > 2 || (script && lists))
        return rt_fail(err, RT_EINVAL, "on %s: '%s' is one word too many%s",
                       what, call->words[call->n - 1],
                       lists || remove ? "" : "; the script is one, in braces");
    if (lists) {
        list(call);
        return 0;
    }
    if (!script)
        return rt_fail(err, RT_EINVAL, "on %s: %s is missing", what,
                       remove ? "the event" : "the script");
    int event = event_of(remove ? script : what, err);
    if (event < 0)
        return event;
    if (remove) {
        rt_on_remove(s, event);
        return 0;
    }
    struct rt_on on = { .event = event, .script = rt_xstrdup(script) };
    rt_vec_push(&s->on, on);
    return 0;
}

const struct rt_cmd rt_cmd_on = {
    .group = "training",
    .name = "on",
    .help = "run a script at an event of a run",
    .usage = "EVENT {script} | list | remove EVENT",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_WORDS | RT_CMD_LISTS,
    .run = run,
    .details =
        "Events: train_begin, epoch_end, validation (an epoch that was "
        "validated), order (that was\napplied), checkpoint, pause, resume, "
        "train_end. The script runs a little later, while the run\ngoes on: "
        "the dict $event says what happened (event, run, name, state, epoch, "
        "batch; of an\nepoch its series by their keys; who and order; why; "
        "reason), and its model is the chosen one.\nWhat it orders is "
        "recorded with its place and stands in the clean script, as do "
        "its\nfits; the script itself and whatever else it does do not. One "
        "that fails is told "
        "and taken away.",
    .example = RT_EXAMPLE_READY
    "on epoch_end {if {[dict get $event epoch] == 2} {lr 0.5}}\non list\n"
    "fit s epochs=3\non remove epoch_end\n",
};
