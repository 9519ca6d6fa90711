#include "shell/rebuild.h"

#include "shell/interp.h"
#include "shell/steer.h"

#include <stdlib.h>

struct rt_session *rt_rebuild(struct rt_session *s, const char *script,
                              bool fits, struct rt_err *err)
{
    struct rt_session *from = rt_session_new();
    from->rebuilds = fits ? RT_REBUILDS_ALL : RT_REBUILDS_WITHOUT_FITS;
    from->batch = true;
    from->pump = s->pump;
    from->interrupted = s->interrupted;
    if (rt_interp_new(from, err) &&
        !rt_interp_text(from->interp, script, "its script", err))
        return from;
    rt_rebuild_free(from);
    return NULL;
}

void rt_rebuild_free(struct rt_session *from)
{
    if (!from)
        return;
    struct rt_interp *interp = from->interp;
    rt_session_free(from);
    rt_interp_free(interp);
}

/* ---- taking over --------------------------------------------------------- */

static int check_models(struct rt_session *s, const struct rt_session *from,
                        struct rt_err *err)
{
    for (int i = 0; i < from->models.n; i++) {
        const struct rt_session_model *new = from->models.v[i].value, *old;
        old = rt_map_get(&s->models, new->model->name);
        if (old && (old->model->busy ||
                    rt_model_hash(old->model) != rt_model_hash(new->model)))
            return rt_fail(err, RT_EEXIST,
                           "this session has another model '%s': rename that "
                           "first, or resume in a new session",
                           new->model->name);
    }
    return 0;
}

static int check_data(struct rt_session *s, const struct rt_session *from,
                      struct rt_err *err)
{
    for (int i = 0; i < from->data.n; i++) {
        struct rt_dataset *new = from->data.v[i].value, *old;
        old = rt_map_get(&s->data, new->name);
        if (old && rt_dataset_hash(old) != rt_dataset_hash(new))
            return rt_fail(err, RT_EEXIST,
                           "this session has another data set '%s': resume in "
                           "a new session",
                           new->name);
    }
    return 0;
}

static void take_models(struct rt_session *s, struct rt_session *from)
{
    while (from->models.n) {
        struct rt_session_model *sm = from->models.v[0].value;
        struct rt_session_model *old = rt_map_get(&s->models, sm->model->name);
        if (old)
            rt_session_drop_model(s, old);
        if (from->model == sm)
            s->model = sm;
        rt_map_remove(&from->models, sm->model->name);
        sm->last_run = 0;
        rt_map_set(&s->models, sm->model->name, sm);
    }
    from->model = NULL;
}

int rt_rebuild_check(struct rt_session *s, const struct rt_session *from,
                     struct rt_err *err)
{
    return check_models(s, from, err) || check_data(s, from, err) ? RT_EEXIST
                                                                  : 0;
}

void rt_rebuild_take(struct rt_session *s, struct rt_session *from)
{
    bool fresh = !s->models.n && !s->data.n && !s->record.n;
    for (int i = 0; i < from->models.n; i++)
        rt_steer_begun(from, from->models.v[i].value);
    take_models(s, from);
    for (int i = 0; i < from->data.n; i++)
        if (!rt_map_get(&s->data, from->data.v[i].key))
            rt_session_data_set(s, rt_dataset_ref(from->data.v[i].value));
    if (!s->customs) {
        s->customs = from->customs;
        from->customs = NULL;
    }
    if (fresh) { /* the clean script goes on where it was */
        s->seed = from->seed;
        s->seed_given = from->seed_given;
        for (int i = 0; i < from->record.n; i++)
            rt_session_record(s, from->record.v[i].text);
    }
}
