/* The script that makes a model, and first those that are within it. */
#include "nn/group.h"

#include "base/schema.h"
#include "base/vec.h"
#include "nn/model_private.h"

/* ---- the line that begins a model ---------------------------------------- */

struct words {
    const char *name, *dialect;
    bool any_names;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct words, name, .word = 1),
    RT_OPT(struct words, dialect, .def = "keras-2.3.1"),
    RT_OPT(struct words, any_names, .form = RT_FORM_FLAG),
    RT_OPT_END,
};

/* A group's layers have its name before their own, and are checked there. */
static bool plain_names(const struct rt_model *m)
{
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_group *g = m->layers[i]->group;
        if (rt_name_check(g ? g->name : m->layers[i]->name, NULL))
            return false;
    }
    return true;
}

static void add_head(const struct rt_model *m, const char *name,
                     struct rt_str *out)
{
    struct words w = { name, rt_dialect_name(m->dialect), !plain_names(m) };
    rt_str_add(out, "model");
    rt_args_words(opts, sizeof(struct rt_opt), &w, false, out);
    rt_str_addc(out, '\n');
}

/* ---- models -------------------------------------------------------------- */

struct made {
    char *name, *text;
};
struct script {
    const struct rt_model *whole; /* whose name no inner model may take */
    struct rt_str out;
    RT_VEC(struct made) made;
};

static const char *add_inner(struct script *s, const struct rt_model *m);

/* The commands of a model but the first; the scripts of its inner models go
 * before. */
static void add_commands(struct script *s, const struct rt_model *m,
                         struct rt_str *out)
{
    const char **called = rt_xcalloc((size_t)m->n_groups + 1, sizeof *called);
    for (int i = 0; i < m->n_groups; i++) {
        struct rt_model *inner = rt_group_model(m->groups[i]);
        called[i] = add_inner(s, inner);
        rt_model_free(inner);
    }
    rt_model_build_commands(m, called, out);
    free(called);
}

static const struct made *find(const struct script *s, const char *name)
{
    for (int i = 0; i < s->made.n; i++)
        if (strcmp(s->made.v[i].name, name) == 0)
            return &s->made.v[i];
    return NULL;
}

/* Returns the name that it has in the script: its own unless another one has
 * that. What is made alike is made once. */
static const char *add_inner(struct script *s, const struct rt_model *m)
{
    struct rt_str text = RT_STR_INIT;
    add_commands(s, m, &text);
    struct made made = { rt_xstrdup(m->name), rt_str_take(&text) };
    for (int k = 2;; k++) {
        const struct made *other = find(s, made.name);
        if (other && !strcmp(other->text, made.text)) {
            free(made.name);
            free(made.text);
            return other->name;
        }
        if (!other && strcmp(s->whole->name, made.name) != 0)
            break;
        free(made.name);
        made.name = rt_xprintf("%s_%d", m->name, k);
    }
    add_head(m, made.name, &s->out);
    rt_str_add(&s->out, made.text);
    rt_vec_push(&s->made, made);
    return made.name;
}

static void release(struct script *s)
{
    for (int i = 0; i < s->made.n; i++) {
        free(s->made.v[i].name);
        free(s->made.v[i].text);
    }
    rt_vec_release(&s->made);
    rt_str_release(&s->out);
}

void rt_model_script(const struct rt_model *m, struct rt_str *out)
{
    struct script s = { .whole = m, .out = RT_STR_INIT };
    struct rt_str own = RT_STR_INIT;
    add_commands(&s, m, &own);
    rt_str_add(out, rt_str_c(&s.out));
    add_head(m, m->name, out);
    rt_str_add(out, rt_str_c(&own));
    rt_str_release(&own);
    release(&s);
}

void rt_model_commands(const struct rt_model *m, struct rt_str *out)
{
    struct script s = { .whole = m, .out = RT_STR_INIT };
    add_commands(&s, m, out);
    release(&s);
}
