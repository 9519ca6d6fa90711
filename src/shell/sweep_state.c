/* What a session has defined, as a script that another process can read. */
#include "shell/sweep.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/schema.h"
#include "files/keras_write.h"
#include "shell/cmd.h"
#include "shell/interp.h"

#include <stdlib.h>
#include <string.h>

/* Gives two texts: the commands that define again what is defined, and those
 * among them that the script can use, which are the procedures and the
 * variables whose name stands in it or in them. In ::retort:: stands what was
 * there before anything was defined. */
static const char define_again[] =
    "apply {{script locals} {\n"
    "  set procs {}; set vars {}; set all {}; set used {}\n"
    "  foreach p [lsort [package names]] {\n"
    "    if {$p ni $::retort::packages && ![catch {package present $p}]} {\n"
    "      append all [list catch [list package require $p]] \\n\n"
    "    }\n"
    "  }\n"
    "  set spaces [list {}]\n"
    "  for {set i 0} {$i < [llength $spaces]} {incr i} {\n"
    "    set ns [lindex $spaces $i]\n"
    "    if {$ns ne {}} {append all [list namespace eval $ns {}] \\n}\n"
    "    foreach c [lsort [namespace children ${ns}::]] {\n"
    "      if {$c ni $::retort::spaces} {lappend spaces $c}\n"
    "    }\n"
    "    foreach p [lsort [info procs ${ns}::*]] {\n"
    "      if {$p in $::retort::procs} continue\n"
    "      set args {}\n"
    "      foreach a [info args $p] {\n"
    "        if {[info default $p $a d]} {set a [list $a $d]}\n"
    "        lappend args $a\n"
    "      }\n"
    "      append procs [list proc $p $args [info body $p]] \\n\n"
    "    }\n"
    "    foreach v [lsort [info vars ${ns}::*]] {\n"
    "      set tail [string range $v 2 end]\n"
    "      if {$ns eq {} && ($tail in $::retort::globals ||\n"
    "          [regexp {^(auto_|tcl_|errorInfo$|errorCode$)} $tail])} "
    "continue\n"
    "      if {[array exists $v]} {\n"
    "        lappend vars $v [list array set $v [array get $v]]\n"
    "      } elseif {[info exists $v]} {\n"
    "        lappend vars $v [list set $v [set $v]]\n"
    "      }\n"
    "    }\n"
    "  }\n"
    "  foreach v [lsort $locals] {\n"
    "    upvar 1 $v here\n"
    "    if {[array exists here]} {\n"
    "      lappend vars $v [list array set ::$v [array get here]]\n"
    "    } elseif {[info exists here]} {\n"
    "      lappend vars $v [list set ::$v $here]\n"
    "    }\n"
    "  }\n"
    "  append script $procs; append all $procs; append used $procs\n"
    "  foreach {v line} $vars {\n"
    "    append all $line \\n\n"
    "    set tail [namespace tail $v]\n"
    "    if {![regexp {^\\w+$} $tail] || [regexp \\\\m$tail\\\\M $script]} {\n"
    "      append used $line \\n\n"
    "    }\n"
    "  }\n"
    "  list $all $used\n"
    "}} ";

static int add_definitions(struct rt_session *s, const char *script,
                           struct rt_str *all, struct rt_str *used,
                           struct rt_err *err)
{
    struct rt_str line = RT_STR_INIT, both = RT_STR_INIT;
    const char *const *words = NULL;
    int n = 0;
    rt_str_add(&line, define_again);
    rt_interp_quote(script, &line);
    rt_str_add(&line, " [info locals]");
    int rc = rt_interp_value(s->interp, rt_str_c(&line), NULL, &both, err);
    if (!rc)
        rc = rt_interp_split(s->interp, rt_str_c(&both), &words, &n, err);
    if (!rc && n == 2) {
        rt_str_add(all, words[0]);
        rt_str_add(used, words[1]);
    }
    free((void *)(uintptr_t)words);
    rt_str_release(&both);
    rt_str_release(&line);
    return rc;
}

/* ---- models -------------------------------------------------------------- */

static void add_callbacks(const struct rt_session_model *sm, struct rt_str *out)
{
    for (int i = 0; i < sm->callbacks.n; i++) {
        const struct rt_attachment *at = &sm->callbacks.v[i];
        rt_str_addf(out, "callback add %s ", at->plugin->name);
        rt_args_words(at->plugin->opts, at->plugin->opt_size, at->args, false,
                      out);
        rt_str_addf(out, " name=%s%s\n", at->name,
                    at->detach ? " on_error=detach" : "");
    }
}

/* Each as a file. One that is half built has nothing that could be used. */
static int add_models(struct rt_session *s, const char *sweep,
                      struct rt_str *out, struct rt_err *err)
{
    int rc = 0;
    for (int i = 0; i < s->models.n && !rc; i++) {
        const struct rt_session_model *sm = s->models.v[i].value;
        char name[32];
        if (rt_model_ready(sm->model, NULL))
            continue;
        snprintf(name, sizeof name, "model-%d.h5", i + 1);
        char *path = rt_store_sweep_path(s->store, sweep, name);
        rc = rt_keras_save_all(sm->model, path, err);
        rt_str_add(out, "load_model ");
        rt_interp_quote(path, out);
        rt_str_addf(out, " name=%s\n", sm->model->name);
        add_callbacks(sm, out);
        free(path);
    }
    if (!rc && s->model && !rt_model_ready(s->model->model, NULL))
        rt_str_addf(out, "model use %s\n", s->model->model->name);
    return rc;
}

/* Whether a script works on a model that was there before: it says so, or it
 * speaks of no model at all and so means the current one. */
static bool is_used(const struct rt_session *s,
                    const struct rt_session_model *sm, const char *script,
                    const char *procs)
{
    if (sm == s->model && !strstr(script, "model") && !strstr(procs, "model"))
        return true;
    char *use = rt_xprintf("model use %s", sm->model->name);
    bool used = strstr(script, use) || strstr(procs, use);
    free(use);
    return used;
}

static uint64_t hash_models(struct rt_session *s, const char *script,
                            const char *procs, uint64_t hash)
{
    for (int i = 0; i < s->models.n; i++) {
        const struct rt_session_model *sm = s->models.v[i].value;
        struct rt_model *m = sm->model;
        if (!is_used(s, sm, script, procs) || rt_model_ready(m, NULL))
            continue;
        uint64_t is = rt_model_hash(m);
        hash = rt_hash_bytes(hash, &is, sizeof is);
        hash = rt_hash_bytes(hash, m->weights, m->n_params * sizeof(float));
    }
    return hash;
}

/* ---- data ---------------------------------------------------------------- */

/* What made the data and all else that is no model's; not `threads`, which the
 * points share. */
static bool is_kept(const char *line)
{
    static const char *const others[] = { "seed ", "loss ", "metric ",
                                          "plugin " };
    char name[64];
    size_t n = strcspn(line, " ");
    snprintf(name, sizeof name, "%.*s", (int)(n < 63 ? n : 63), line);
    const struct rt_cmd *c = rt_cmd_find(name, NULL);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strncmp(line, others[i], strlen(others[i])))
            return true;
    return c && !strcmp(c->group, "data");
}

static void add_data(const struct rt_session *s, struct rt_str *out)
{
    for (int i = 0; i < s->record.n; i++)
        if (is_kept(s->record.v[i].text))
            rt_str_addf(out, "%s\n", s->record.v[i].text);
}

int rt_sweep_seed(struct rt_session *s, const char *name, struct rt_err *err)
{
    unsigned char *text = NULL;
    size_t n;
    char *path = rt_store_sweep_path(s->store, name, "state.tcl");
    int rc = 0;
    if (!s->seed_given && !rt_file_read(path, 0, &text, &n, NULL)) {
        const char *found = NULL;
        for (const char *p = (char *)text; p; p = strchr(p, '\n')) {
            p += *p == '\n';
            if (!strncmp(p, "seed ", 5))
                found = p;
        }
        unsigned long long seed = found ? strtoull(found + 5, NULL, 10) : 0;
        char *line = rt_xprintf("seed %llu", seed);
        if (found)
            rc = rt_interp_text(s->interp, line, NULL, err);
        free(line);
    }
    free(text);
    free(path);
    return rc;
}

int rt_sweep_state(struct rt_session *s, const char *name, const char *script,
                   uint64_t *hash, struct rt_err *err)
{
    struct rt_str all = RT_STR_INIT, used = RT_STR_INIT, data = RT_STR_INIT;
    if (rt_session_n_live(s))
        return rt_fail(err, RT_EBUSY,
                       "a run is going; wait for it or stop it first");
    rt_session_seed(s);
    int rc = add_definitions(s, script, &all, &used, err);
    /* Losses come before the models that use them. */
    add_data(s, &data);
    if (!rc) {
        rt_str_add(&all, rt_str_c(&data));
        rc = add_models(s, name, &all, err);
    }
    if (!rc) {
        char *path = rt_store_sweep_path(s->store, name, "state.tcl");
        rc = rt_file_write(path, rt_str_c(&all), all.n, err);
        free(path);
    }
    *hash = rt_hash_bytes(0, script, strlen(script));
    *hash = rt_hash_bytes(*hash, rt_str_c(&used), used.n);
    *hash = rt_hash_bytes(*hash, rt_str_c(&data), data.n);
    if (!rc)
        *hash = hash_models(s, script, rt_str_c(&used), *hash);
    rt_str_release(&data);
    rt_str_release(&used);
    rt_str_release(&all);
    return rc;
}
