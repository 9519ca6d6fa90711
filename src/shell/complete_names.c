#include "shell/complete_names.h"

#include "base/file.h"
#include "base/schema.h"
#include "nn/constraint.h"
#include "nn/group.h"
#include "nn/init.h"
#include "nn/metric.h"
#include "nn/regularizer.h"
#include "plugins/load.h"
#include "shell/cmd.h"
#include "shell/help.h"
#include "shell/on.h"
#include "shell/run_facts.h"
#include "shell/run_of.h"
#include "shell/settings.h"
#include "shell/steer.h"
#include "store/checkpoint.h"
#include "store/sweeps.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NEWEST = 20 }; /* runs whose settings and results are offered */

void rt_candidate(struct rt_candidates *l, const char *name, const char *tail)
{
    if (strncmp(name, l->word, strlen(l->word)))
        return;
    rt_vec_push(&l->v, rt_xprintf("%s%s%s", l->head, name, tail));
}

/* ---- names of the session --------------------------------------------------
 */

static void add_files(struct rt_candidates *l)
{
    const char *slash = strrchr(l->word, '/');
    char *dir = slash ? rt_xstrndup(l->word, (size_t)(slash - l->word + 1))
                      : rt_xstrdup("./");
    const char *base = slash ? slash + 1 : l->word;
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d))) {
        if (strncmp(e->d_name, base, strlen(base)) ||
            (e->d_name[0] == '.' && base[0] != '.'))
            continue;
        struct stat st;
        char *path = rt_path_join(dir, e->d_name);
        bool folder = !stat(path, &st) && S_ISDIR(st.st_mode);
        rt_vec_push(&l->v, rt_xprintf("%s%s%s%s", l->head, slash ? dir : "",
                                      e->d_name, folder ? "/" : ""));
        free(path);
    }
    if (d)
        closedir(d);
    free(dir);
}

static void add_keys(struct rt_candidates *l, const struct rt_map *m)
{
    for (int i = 0; i < m->n; i++)
        rt_candidate(l, m->v[i].key, "");
}

/* Layers under their names, with what stands before them in the word; of a
 * model within the model its own, and its layers once `encoder/` is typed. */
static void add_layers(struct rt_candidates *l, const struct rt_model *m,
                       const char *before, const char *tail)
{
    for (int i = 0; i < m->n_groups; i++) {
        char *name = rt_xprintf("%s%s", before, m->groups[i]->name);
        rt_candidate(l, name, tail);
        free(name);
    }
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *of = m->layers[i];
        size_t n = of->group ? strlen(before) + strlen(of->group->name) + 1 : 0;
        char *name = rt_xprintf("%s%s", before, of->name);
        if (!n || !strncmp(l->word, name, n))
            rt_candidate(l, name, tail);
        free(name);
    }
}

/* What can be called again: no input, no layer of a model within. */
static void add_called(struct rt_candidates *l, const struct rt_model *m)
{
    for (int i = 0; i < m->n_groups; i++)
        rt_candidate(l, m->groups[i]->name, "");
    for (int i = 0; i < m->n_layers; i++)
        if (!m->layers[i]->group &&
            m->layers[i]->type->max_in != RT_LAYER_NO_INPUT)
            rt_candidate(l, m->layers[i]->name, "");
}

static void add_outputs(struct rt_candidates *l, const struct rt_model *m,
                        const char *before, const char *tail)
{
    for (int i = 0; i < m->n_outputs; i++) {
        char *name = rt_xprintf("%s%s", before, m->outputs[i].name);
        rt_candidate(l, name, tail);
        free(name);
    }
}

static void add_classes(struct rt_candidates *l, const struct rt_model *m,
                        const char *tail)
{
    for (int i = 0; i < m->n_groups; i++) {
        char *name = rt_xprintf("class:%s", rt_group_class(m->groups[i]));
        rt_candidate(l, name, tail);
        free(name);
    }
    for (int i = 0; i < m->n_layers; i++) {
        char *name = rt_xprintf("class:%s", m->layers[i]->type->keras);
        rt_candidate(l, name, tail);
        free(name);
    }
}

void rt_candidates_sets(struct rt_candidates *l, struct rt_session *s,
                        const char *tail)
{
    static const char *const before[] = { "after:",  "branch:", "class:",
                                          "prefix:", "upto:",   NULL };
    const struct rt_model *m = s->model ? s->model->model : NULL;
    const char *range = strstr(l->word, "..");
    if (!m)
        return;
    if (range) { /* from..to */
        char *from = rt_xstrndup(l->word, (size_t)(range + 2 - l->word));
        add_layers(l, m, from, tail);
        free(from);
        return;
    }
    add_layers(l, m, *l->word == '!' ? "!" : "", tail);
    if (!strncmp(l->word, "branch:", 7))
        add_outputs(l, m, "branch:", tail);
    else if (!strncmp(l->word, "class:", 6))
        add_classes(l, m, tail);
    else if (!strncmp(l->word, "after:", 6))
        add_layers(l, m, "after:", tail);
    else if (!strncmp(l->word, "upto:", 5))
        add_layers(l, m, "upto:", tail);
    else
        for (int i = 0; before[i]; i++)
            rt_candidate(l, before[i], "");
}

/* Layers that have weights, or the weights of the layer that is typed. */
static void add_weights(struct rt_candidates *l, const struct rt_model *m)
{
    bool named = strchr(l->word, '/');
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *layer = m->layers[i];
        if (!named && layer->n_weights)
            rt_candidate(l, layer->name, "/");
        for (int k = 0; named && k < layer->n_weights; k++) {
            char *one =
                rt_xprintf("%s/%s", layer->name, layer->weights[k]->name);
            rt_candidate(l, one, "");
            free(one);
        }
    }
}

/* The numbers of a compiled model that may change: lr=, drop.rate=. */
static void add_tuned(struct rt_candidates *l, const struct rt_model *m)
{
    static const char *const others[] = { "batch_size", "clipnorm", "clipvalue",
                                          "global_clipnorm", "loss_weights" };
    const struct rt_optimizer *by = m->compiled ? m->compiled->optimizer : NULL;
    const struct rt_opt *o;
    for (int i = 0; by && (o = rt_opt_at(by->opts, sizeof *o, i)); i++)
        if (o->live)
            rt_candidate(l, o->name, "=");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        rt_candidate(l, others[i], "=");
    for (int k = 0; k < m->n_layers; k++) {
        const struct rt_layer *type = m->layers[k]->type;
        for (int i = 0; type->opts && (o = rt_opt_at(type->opts, sizeof *o, i));
             i++) {
            char *one = rt_xprintf("%s.%s", m->layers[k]->name, o->name);
            if (o->live)
                rt_candidate(l, one, "=");
            free(one);
        }
    }
}

static void add_columns(struct rt_candidates *l, const struct rt_session *s)
{
    for (int i = 0; i < s->data.n; i++) {
        const struct rt_dataset *d = s->data.v[i].value;
        for (int c = 0; c < d->n_cols; c++)
            rt_candidate(l, d->cols[c]->name, "");
    }
}

static void add_series(struct rt_candidates *l, const struct rt_session *s)
{
    for (int i = 0; i < s->runs.n; i++) {
        const struct rt_history *h = s->runs.v[i]->history;
        for (int k = 0; k < h->n_series; k++)
            rt_candidate(l, h->series[k].key, "");
    }
}

static void add_words(struct rt_candidates *l, const char *words)
{
    for (const char *p = words; p && *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        char *one = rt_xstrndup(p, n);
        rt_candidate(l, one, "");
        free(one);
        p += n;
    }
}

/* A name and those of two lists parted by spaces, or NULL. */
static void add_named(struct rt_candidates *l, const char *name,
                      const char *alias, const char *nick)
{
    rt_candidate(l, name, "");
    add_words(l, alias);
    add_words(l, nick);
}

static void add_customs(struct rt_candidates *l, const struct rt_session *s,
                        bool metric)
{
    for (int i = 0; s->customs && i < s->customs->n; i++)
        if (s->customs->v[i]->metric == metric)
            rt_candidate(l, s->customs->v[i]->name, "");
}

/* What filters and columns of `runs` know of the newest runs. */
static void add_facts(struct rt_candidates *l, struct rt_session *s)
{
    struct rt_store *store = rt_session_store(s, NULL);
    struct rt_run_row *row = NULL;
    struct rt_map names = RT_MAP_INIT;
    int n = 0;
    if (!store || rt_store_list(store, false, &row, &n, NULL))
        return;
    for (int i = 0; i < n && i < NEWEST; i++) {
        struct rt_value facts = { 0 };
        if (!rt_run_facts(s, &row[i], true, &facts, NULL))
            for (int k = 0; k < facts.n; k++)
                rt_map_set(&names, facts.keys[k], NULL);
        rt_value_release(&facts);
    }
    add_keys(l, &names);
    rt_map_release(&names);
    rt_run_rows_free(row, n);
}

/* ---- runs ---------------------------------------------------------------- */

/* A run and what is kept of it. */
struct kept {
    struct rt_run_of run;
    struct rt_checkpoint_row *v;
    int n;
};

static bool find_kept(struct rt_session *s, const char *id, struct kept *k)
{
    struct rt_store *store = rt_session_store(s, NULL);
    *k = (struct kept){ .n = 0 };
    if (!store || rt_run_of(s, id, &k->run, NULL))
        return false;
    rt_store_checkpoints(store, k->run.number, &k->v, &k->n, NULL);
    return true;
}

static void release(struct kept *k)
{
    rt_checkpoint_rows_free(k->v, k->n);
    rt_run_of_release(&k->run);
}

static void add_number(struct rt_candidates *l, int64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)v);
    rt_candidate(l, text, "");
}

static void add_checkpoints(struct rt_candidates *l, struct rt_session *s)
{
    struct kept k;
    const char *last = l->n_words ? l->words[l->n_words - 1] : NULL;
    if (!find_kept(s, last, &k))
        return;
    for (int i = 0; i < k.n; i++)
        if (k.v[i].name)
            rt_candidate(l, k.v[i].name, "");
        else
            add_number(l, k.v[i].id);
    release(&k);
}

/* Of the model's run: the best epoch, checkpoints by name, and the epochs that
 * are over; while no digit says that one is meant, only those at whose end a
 * checkpoint was made. */
static void add_rewinds(struct rt_candidates *l, struct rt_session *s)
{
    const struct rt_session_run *live = rt_steer_live(s);
    struct rt_snapshot now;
    struct kept k;
    if (!live || !find_kept(s, live->name, &k))
        return;
    rt_candidate(l, "best", "");
    for (int i = 0; i < k.n; i++)
        if (k.v[i].name)
            rt_candidate(l, k.v[i].name, "");
        else if (!k.v[i].batch)
            add_number(l, k.v[i].epoch - 1);
    rt_run_snapshot(live->run, &now);
    for (int64_t i = 1; *l->word && i < now.epoch; i++)
        add_number(l, i);
    rt_snapshot_release(&now);
    release(&k);
}

static void add_sweeps(struct rt_candidates *l, struct rt_session *s)
{
    struct rt_store *store = rt_session_store(s, NULL);
    struct rt_sweep_row *v;
    int n;
    if (!store || rt_store_sweeps(store, &v, &n, NULL))
        return;
    for (int i = 0; i < n; i++)
        rt_candidate(l, v[i].name, "");
    rt_sweep_rows_free(v, n);
}

static void add_setting(struct rt_candidates *l)
{
    const char *key = l->n_words > 1 ? l->words[1] : "";
    for (const struct rt_opt *o = rt_settings_opts; o->name; o++) {
        if (strcmp(o->name, key) != 0)
            continue;
        for (int i = 0; o->choices && o->choices[i]; i++)
            rt_candidate(l, o->choices[i], "");
        if (o->kind == RT_KIND_BOOL)
            add_words(l, "yes no");
    }
}

/* ---- all kinds ----------------------------------------------------------- */

static void add_help(void *list, const char *name)
{
    rt_candidate(list, name, "");
}

void rt_candidates_named(struct rt_candidates *l, struct rt_session *s,
                         int names)
{
    struct rt_map runs = RT_MAP_INIT;
    char **kinds;
    switch (names) {
    case RT_NAMES_FILE:
        add_files(l);
        break;
    case RT_NAMES_LAYER:
        if (s->model)
            add_layers(l, s->model->model, "", "");
        break;
    case RT_NAMES_CALLED:
        if (s->model)
            add_called(l, s->model->model);
        for (int i = 0; i < s->models.n; i++)
            if (s->models.v[i].value != s->model)
                rt_candidate(l, s->models.v[i].key, "");
        break;
    case RT_NAMES_INPUT:
        for (int i = 0; s->model && i < s->model->model->n_inputs; i++)
            rt_candidate(l, s->model->model->inputs[i].layer->name, "");
        break;
    case RT_NAMES_OUTPUT:
        if (s->model)
            add_outputs(l, s->model->model, "", "");
        break;
    case RT_NAMES_RATED:
        rt_candidates_sets(l, s, "=");
        break;
    case RT_NAMES_WEIGHED:
        if (s->model)
            add_outputs(l, s->model->model, "", ":");
        break;
    case RT_NAMES_CHECKPOINT:
        add_checkpoints(l, s);
        break;
    case RT_NAMES_REWIND:
        add_rewinds(l, s);
        break;
    case RT_NAMES_EVENT:
        for (int i = 0; rt_on_events[i]; i++)
            rt_candidate(l, rt_on_events[i], "");
        break;
    case RT_NAMES_SWEEP:
        add_sweeps(l, s);
        break;
    case RT_NAMES_SETTING:
        for (const struct rt_opt *o = rt_settings_opts; o->name; o++)
            rt_candidate(l, o->name, "");
        break;
    case RT_NAMES_SETTING_VALUE:
        add_setting(l);
        break;
    case RT_NAMES_FACT:
        add_facts(l, s);
        break;
    case RT_NAMES_HELP:
        rt_help_each(add_help, l);
        break;
    case RT_NAMES_WEIGHT:
        if (s->model)
            add_weights(l, s->model->model);
        break;
    case RT_NAMES_TUNED:
        if (s->model)
            add_tuned(l, s->model->model);
        break;
    case RT_NAMES_DATA:
        add_keys(l, &s->data);
        break;
    case RT_NAMES_COLUMN:
        add_columns(l, s);
        break;
    case RT_NAMES_MODEL:
        add_keys(l, &s->models);
        break;
    case RT_NAMES_RUN:
        rt_run_names(s, &runs);
        add_keys(l, &runs);
        rt_map_release(&runs);
        break;
    case RT_NAMES_COMMAND:
        for (const struct rt_cmd *const *c = rt_cmds(); *c; c++)
            rt_candidate(l, (*c)->name, "");
        break;
    case RT_NAMES_CALLBACK:
        for (int i = 0; s->model && i < s->model->callbacks.n; i++)
            rt_candidate(l, s->model->callbacks.v[i].name, "");
        break;
    case RT_NAMES_CALLBACK_KIND:
    case RT_NAMES_PLUGIN:
        kinds = rt_plugin_names();
        for (int i = 0; kinds && kinds[i]; i++)
            rt_candidate(l, kinds[i], "");
        free(kinds);
        break;
    case RT_NAMES_SERIES:
        add_series(l, s);
        break;
    case RT_NAMES_METRIC:
        for (const struct rt_metric *const *m = rt_metrics(); *m; m++)
            add_named(l, (*m)->name, (*m)->alias, (*m)->nick);
        /* every loss is a metric too */
        add_customs(l, s, true);
        __attribute__((fallthrough));
    case RT_NAMES_LOSS:
        add_customs(l, s, false);
        for (const struct rt_loss *const *x = rt_losses(); *x; x++)
            add_named(l, (*x)->name, (*x)->alias, (*x)->nick);
        break;
    case RT_NAMES_OPTIMIZER:
        for (const struct rt_optimizer *const *o = rt_optimizers(); *o; o++)
            rt_candidate(l, (*o)->name, "");
        break;
    case RT_NAMES_INIT:
        for (const struct rt_init *const *i = rt_inits(); *i; i++)
            rt_candidate(l, (*i)->name, "");
        break;
    case RT_NAMES_REGULARIZER:
        for (const struct rt_regularizer *const *r = rt_regularizers(); *r; r++)
            rt_candidate(l, (*r)->name, "");
        break;
    case RT_NAMES_CONSTRAINT:
        for (const struct rt_constraint *const *k = rt_constraints(); *k; k++)
            rt_candidate(l, (*k)->name, "");
        break;
    case RT_NAMES_WRAPPED:
        for (const struct rt_layer *const *y = rt_layers(); *y; y++)
            rt_candidate(l, (*y)->name, "");
        break;
    case RT_NAMES_EXPRESSION:
        add_columns(l, s);
        break;
    case RT_NAMES_ACTIVATION:
        for (const char *const *a = rt_activations(); *a; a++)
            rt_candidate(l, *a, "");
        break;
    default:
        break;
    }
}
