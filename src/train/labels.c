/* Labels that are missing: see labels.h. A gap is filled with a label that is
 * there, so that every loss gives a number, which then counts nothing. */
#include "train/labels.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rt_wanted rt_label_wanted(const struct rt_objective_output *out)
{
    const struct rt_shape *shape = &out->value->shape;
    bool classes = out->type && out->type->classes && shape->rank > 0;
    return (struct rt_wanted){
        .node = out->name,
        .row = rt_shape_of_row(&out->label->shape),
        .label = true,
        .classes = classes ? shape->dim[shape->rank - 1] : 0,
        .by_expression = out->type == &rt_loss_by_expression,
        .hint = out->loss_name,
    };
}

static bool whole(const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(v[i]))
            return false;
    return true;
}

/* ---- which outputs ------------------------------------------------------- */

/* Whether any row of a column holds a NaN. Whole numbers as stored do not. */
static bool has_gap(const struct rt_dataset *d, const struct rt_column *c)
{
    struct rt_shape shape = rt_column_shape(c);
    size_t count = rt_shape_count(&shape), height = 4096 / count + 1;
    if (c->type != RT_F32 && c->type != RT_F64)
        return false;
    float *v = rt_xcalloc(height * count, sizeof *v);
    bool gap = false;
    for (size_t i = 0; i < d->n_rows && !gap; i += height) {
        size_t n = d->n_rows - i < height ? d->n_rows - i : height;
        rt_dataset_gather(d, c, NULL, i, n, v);
        gap = !whole(v, n * count);
    }
    free(v);
    return gap;
}

/* All labels are asked for together, since a column y is the label of an only
 * output. What does not fit is said when the pass is opened. */
int rt_labels_mark(struct rt_objective *o, const struct rt_dataset *d,
                   struct rt_err *err)
{
    size_t most = (size_t)o->n_outputs + 1;
    struct rt_wanted *want = rt_xcalloc(most, sizeof *want);
    struct rt_feed *feed = rt_xcalloc(most, sizeof *feed);
    int n = 0, status = RT_OK;
    for (int i = 0; i < o->n_outputs; i++)
        if (o->outputs[i].label) {
            want[n] = rt_label_wanted(&o->outputs[i]);
            want[n++].classes = 0; /* looked at then, too */
        }
    bool fits = !rt_dataset_feed(d, want, n, feed, NULL);
    for (int i = 0, at = 0; fits && i < o->n_outputs && !status; i++) {
        bool gap = false;
        if (!o->outputs[i].label)
            continue;
        for (int k = 0; k < feed[at].n_cols; k++)
            gap = gap || has_gap(d, feed[at].cols[k]);
        at++;
        if (gap)
            status = rt_objective_partial(o, i, err);
    }
    free(want);
    free(feed);
    return status;
}

/* ---- a pass -------------------------------------------------------------- */

/* The first label of the data set that is there; zeros if none is. */
static int find_filler(struct rt_label_gap *g, const struct rt_dataset *d,
                       const struct rt_feed *feed, struct rt_err *err)
{
    float *v = rt_try_alloc(g->width, sizeof *v, "labels", err);
    size_t found = 0;
    for (size_t row = 0; v && !found && row < d->n_rows; row++) {
        size_t at = 0;
        for (int k = 0; k < feed->n_cols; k++) {
            struct rt_shape shape = rt_column_shape(feed->cols[k]);
            rt_dataset_gather(d, feed->cols[k], NULL, row, 1, v + at);
            at += rt_shape_count(&shape);
        }
        found = whole(v, g->width);
    }
    if (v && !found)
        memset(v, 0, g->width * sizeof *v);
    g->filler = v;
    return v ? RT_OK : RT_ENOMEM;
}

static int open_gap(struct rt_labels *l, struct rt_label_gap *g,
                    const struct rt_dataset *d, const struct rt_feed *feed,
                    struct rt_err *err)
{
    g->width = rt_shape_count(&feed->row);
    g->has = rt_try_alloc(l->rows, sizeof *g->has, "labels", err);
    g->label = g->has ? rt_try_alloc(l->rows, g->width * sizeof *g->label,
                                     "labels", err)
                      : NULL;
    return g->label ? find_filler(g, d, feed, err) : RT_ENOMEM;
}

int rt_labels_open(struct rt_labels *l, const struct rt_objective *o,
                   const struct rt_dataset *d, size_t rows,
                   const struct rt_node *const *nodes,
                   const struct rt_feed *feeds, int n_feeds, struct rt_err *err)
{
    int status = RT_OK;
    *l = (struct rt_labels){ .rows = rows };
    l->gap = rt_xcalloc((size_t)o->n_outputs + 1, sizeof *l->gap);
    for (int i = 0; i < o->n_outputs && !status; i++) {
        if (!o->outputs[i].has)
            continue;
        struct rt_label_gap *g = &l->gap[l->n++];
        g->output = i;
        while (g->feed < n_feeds && nodes[g->feed] != o->outputs[i].label)
            g->feed++;
        status = open_gap(l, g, d, &feeds[g->feed], err);
    }
    if (status)
        rt_labels_close(l);
    return status;
}

void rt_labels_close(struct rt_labels *l)
{
    for (int i = 0; i < l->n; i++) {
        free(l->gap[i].filler);
        free(l->gap[i].label);
        free(l->gap[i].has);
        free(l->gap[i].y);
        free(l->gap[i].p);
        free(l->gap[i].w);
    }
    free(l->gap);
    *l = (struct rt_labels){ 0 };
}

void rt_labels_bind(const struct rt_labels *l, const struct rt_objective *o,
                    struct rt_plan *p)
{
    for (int i = 0; i < l->n; i++)
        rt_plan_bind(p, o->outputs[l->gap[i].output].has, l->gap[i].has);
}

/* ---- a batch ------------------------------------------------------------- */

void rt_labels_fill(struct rt_labels *l, const float **x, int rows)
{
    for (int i = 0; i < l->n; i++) {
        struct rt_label_gap *g = &l->gap[i];
        const float *from = x[g->feed];
        g->n = 0;
        for (int r = 0; r < rows; r++) {
            const float *row = from + (size_t)r * g->width;
            bool has = whole(row, g->width);
            memcpy(g->label + (size_t)r * g->width, has ? row : g->filler,
                   g->width * sizeof *row);
            g->has[r] = has;
            g->n += has;
        }
        g->share = g->n ? (double)rows / g->n : 0;
        x[g->feed] = g->label;
    }
}

struct rt_label_gap *rt_labels_of(const struct rt_labels *l, int output)
{
    for (int i = 0; l && i < l->n; i++)
        if (l->gap[i].output == output)
            return &l->gap[i];
    return NULL;
}

const float *rt_labels_pick(const struct rt_label_gap *g, const float *v,
                            size_t width, int rows, float **to, size_t *room)
{
    float *out = *to;
    if (*room < width * (size_t)rows) {
        *room = width * (size_t)rows;
        *to = out = rt_xrealloc(out, *room * sizeof *out);
    }
    for (int r = 0; r < rows; r++)
        if (g->has[r] > 0) {
            memcpy(out, v + (size_t)r * width, width * sizeof *v);
            out += width;
        }
    return *to;
}

const float *rt_labels_weigh(struct rt_label_gap *g, const float *w, size_t per,
                             int rows, double share)
{
    rt_labels_pick(g, w, per, rows, &g->w, &g->room_w);
    for (size_t i = 0; i < per * (size_t)g->n; i++)
        g->w[i] = (float)(g->w[i] / share);
    return g->w;
}
