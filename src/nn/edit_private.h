/* What the files of edit.h share. Order: rt_edit_begin, changes in place, of
 * which any may fail, rt_edit_finish with what came of them. */
#ifndef RT_NN_EDIT_PRIVATE_H
#define RT_NN_EDIT_PRIVATE_H
#include "base/vec.h"
#include "nn/edit.h"
#include "nn/group.h"
#include "nn/model_private.h"

struct rt_edit {
    struct rt_model *m;
    struct rt_model_shot *before;
    struct rt_str *renewed;               /* or NULL */
    RT_VEC(struct rt_model_layer *) gone; /* counted */
    struct rt_model_group *gone_group;    /* counted, or NULL */
};

/* ---- edit_try.c */
/* Errors: RT_EBUSY, and then there is nothing to finish. */
int rt_edit_begin(struct rt_edit *e, struct rt_model *m, struct rt_str *renewed,
                  struct rt_err *err);
/* The new state, or, where status or what it makes of it is an error, the one
 * of before. */
int rt_edit_finish(struct rt_edit *e, int status, struct rt_err *err);
/* l takes all calls of old, and old leaves. */
void rt_edit_swap(struct rt_edit *e, struct rt_model_layer *old,
                  struct rt_model_layer *l);

/* ---- edit_places.c */
int rt_edit_index(const struct rt_model *m, const struct rt_model_layer *l);
struct rt_model_call *rt_edit_call(const struct rt_place *p);
/* A layer as m->layers[at]. */
void rt_edit_put_in(struct rt_model *m, struct rt_model_layer *l, int at);
void rt_edit_take_out(struct rt_edit *e, struct rt_model_layer *l);
void rt_edit_add_call(struct rt_model *m, struct rt_model_layer *l,
                      const struct rt_place *in, int n_in);
/* What reads `from` reads `to`, but for the inside of the use of a group that
 * gives `from`; returns how many did. */
int rt_edit_redirect(struct rt_model *m, const struct rt_place *from,
                     const struct rt_place *to);
/* The output at a place, NULL: none. */
struct rt_model_output *rt_edit_output_at(struct rt_model *m,
                                          const struct rt_place *p);
void rt_edit_move_output(struct rt_model *m, struct rt_model_output *o,
                         const struct rt_place *to);
/* By the name that the layer, or its group, has now. */
void rt_edit_rename_outputs(struct rt_model *m, const struct rt_model_layer *l);
/* What read `at`, which leaves, reads `to`; so does an output there, unless one
 * is at that layer. Errors: RT_EINVAL if `to` can be no output. */
int rt_edit_bridge(struct rt_model *m, const struct rt_place *at,
                   const struct rt_place *to, struct rt_err *err);

/* ---- edit.c */
/* A layer in the words of its command, in m->layers not yet; instead: whose
 * name it keeps if it has none (NULL: nobody's). */
struct rt_model_layer *rt_edit_make(struct rt_model *m,
                                    const struct rt_new_layer *w,
                                    const char *instead, struct rt_err *err);

/* ---- edit_group.c: the edits of edit.h, within begin and finish */
/* A new layer between what a use reads and the group, which has one input. */
int rt_edit_group_before(struct rt_model *m, struct rt_model_layer *l,
                         struct rt_model_group *g, int use, struct rt_err *err);
/* A layer in the place of all of its uses. Errors: RT_EINVAL for one of several
 * outputs. */
int rt_edit_group_replace(struct rt_edit *e, struct rt_model_group *g,
                          const struct rt_new_layer *made,
                          struct rt_model_layer **l, struct rt_err *err);
int rt_edit_group_remove(struct rt_edit *e, struct rt_model_group *g,
                         struct rt_err *err);
/* Not within begin and finish. */
int rt_edit_group_rename(struct rt_model *m, struct rt_model_group *g,
                         const char *to, struct rt_err *err);
int rt_edit_group_reconnect(struct rt_model *m, struct rt_model_group *g,
                            int use, const char *const *from, int n_from,
                            struct rt_err *err);
#endif
