/* What orders and commands say of a model's learning, done to the model: see
 * steer.h. */
#include "nn/steer.h"

#include "base/mem.h"
#include "nn/select.h"

#include <stdlib.h>

/* ---- answers ------------------------------------------------------------- */

enum { NAMED = 6 }; /* layers by name in an answer */

/* "lstm_b, gas" of the layers marked; how many there are. */
static int add_names(const struct rt_model *m, const bool *which,
                     struct rt_str *out)
{
    int n = 0;
    for (int i = 0; i < m->n_layers; i++)
        if (which[i] && n++ < NAMED)
            rt_str_addf(out, "%s%s", n > 1 ? ", " : "", m->layers[i]->name);
    if (n > NAMED)
        rt_str_addf(out, " and %d more", n - NAMED);
    return n;
}

/* "froze lstm_b, gas (91,351 parameters)" */
static void say(const struct rt_model *m, const char *verb, const bool *which,
                struct rt_str *says)
{
    int64_t params = 0;
    rt_str_addf(says, "%s ", verb);
    if (!add_names(m, which, says)) {
        rt_str_add(says, "nothing new");
        return;
    }
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; which[i] && k < m->layers[i]->n_weights; k++)
            if (!m->layers[i]->weights[k]->fixed)
                params += (int64_t)m->layers[i]->weights[k]->n;
    rt_str_add(says, " (");
    rt_str_add_count(says, params);
    rt_str_add(says, params == 1 ? " parameter)" : " parameters)");
}

/* ---- freeze -------------------------------------------------------------- */

/* Sets the flags; in `set` stay the layers with weights that changed. */
static void set_trainable(struct rt_model *m, bool *set, bool trainable,
                          int norm)
{
    for (int i = 0; i < m->n_layers; i++) {
        struct rt_model_layer *l = m->layers[i];
        if (!set[i])
            continue;
        bool acts = l->type->frozen && l->norm != norm;
        set[i] = l->n_weights && (l->trainable != trainable || acts);
        l->trainable = trainable;
        l->norm = norm;
    }
}

static int change(struct rt_model *m, const char *const *words, int n,
                  bool trainable, int norm, struct rt_str *says,
                  struct rt_err *err)
{
    bool *set = rt_xcalloc((size_t)m->n_layers + 1, sizeof *set);
    int chosen = rt_select(m, words, n, set, err);
    if (chosen >= 0) {
        set_trainable(m, set, trainable, norm);
        say(m, trainable ? "unfroze" : "froze", set, says);
        if (norm != RT_NORM_DIALECT)
            rt_str_addf(says, ", bn=%s", rt_norm_name(norm));
    }
    free(set);
    return chosen < 0 ? chosen : RT_OK;
}

int rt_model_freeze(struct rt_model *m, const char *const *words, int n,
                    int norm, struct rt_str *says, struct rt_err *err)
{
    return change(m, words, n, false, norm, says, err);
}

int rt_model_unfreeze(struct rt_model *m, const char *const *words, int n,
                      struct rt_str *says, struct rt_err *err)
{
    return change(m, words, n, true, RT_NORM_DIALECT, says, err);
}
