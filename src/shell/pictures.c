#include "shell/pictures.h"

#include "data/batch.h"
#include "shell/rows.h"
#include "shell/show.h"
#include "train/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256, SQUARE_MIN = 8 };

/* ---- rows as pixels ---------------------------------------------------- */

/* Height, width and channels of a row, or false. */
static bool picture_shape(const struct rt_column *c, struct rt_pixels *img)
{
    struct rt_shape s = rt_column_shape(c);
    if (s.rank == 1) {
        int side = (int)lround(sqrt(s.dim[0]));
        if (side < SQUARE_MIN || side * side != s.dim[0])
            return false;
        *img = (struct rt_pixels){ .w = side, .h = side, .channels = 1 };
        return true;
    }
    if (s.rank < 2 || s.rank > 3)
        return false;
    *img = (struct rt_pixels){
        .h = s.dim[0],
        .w = s.dim[1],
        .channels = s.rank == 3 ? s.dim[2] : 1,
    };
    return img->h > 1 && img->w > 1 &&
           (img->channels == 1 || img->channels == 3);
}

bool rt_pictures_fit(const struct rt_column *c)
{
    struct rt_pixels img;
    return picture_shape(c, &img);
}

/* Bytes (n,H,W,channels): as stored where bytes are, else stretched from the
 * least to the largest number of all of them. */
static unsigned char *pixels(const struct rt_dataset *d,
                             const struct rt_column *c, const uint32_t *rows,
                             size_t n, struct rt_err *err)
{
    struct rt_shape shape = rt_column_shape(c);
    size_t width = rt_shape_count(&shape);
    unsigned char *out = rt_try_alloc(n * width, 1, "pictures", err);
    if (!out)
        return NULL;
    if (c->type == RT_U8 && rt_shape_count(&c->row) == width) {
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * width, rt_column_row(d, c, rows[i]), width);
        return out;
    }
    float *v = rt_try_alloc(n * width, sizeof *v, "pictures", err);
    if (!v) {
        free(out);
        return NULL;
    }
    rt_dataset_gather(d, c, rows, 0, n, v);
    float lo = INFINITY, hi = -INFINITY;
    for (size_t i = 0; i < n * width; i++) {
        lo = isfinite(v[i]) && v[i] < lo ? v[i] : lo;
        hi = isfinite(v[i]) && v[i] > hi ? v[i] : hi;
    }
    for (size_t i = 0; i < n * width && hi > lo; i++)
        if (isfinite(v[i]))
            out[i] = (unsigned char)lroundf(255 * (v[i] - lo) / (hi - lo));
    free(v);
    return out;
}

/* A sheet that n pictures fit on. */
static int show_grid(const struct rt_session *s, const struct rt_figure *f,
                     const char *file, struct rt_str *out, struct rt_err *err)
{
    int n = f->pictures.n, across = n < 6 ? n : n < 50 ? 6 : 10;
    int down = (n + across - 1) / across;
    int high = 40 + 160 * down;
    return rt_show(s, f, file, 40 + 140 * across, high < 16000 ? high : 16000,
                   out, err);
}

static void add_picture(struct rt_figure *f, struct rt_pixels img,
                        const unsigned char *all, int i, const char *caption,
                        bool wrong)
{
    size_t bytes = (size_t)img.w * (size_t)img.h * (size_t)img.channels;
    img.v = all + (size_t)i * bytes;
    struct rt_picture p = {
        .img = img,
        .caption = caption,
        .color = wrong ? RT_C_ERROR : RT_C_TEXT,
        .flagged = wrong,
    };
    rt_figure_picture(f, &p);
}

/* ---- classes ----------------------------------------------------------- */

/* The largest of a row; where it has one number, whether that is above half. */
static int class_of(const float *v, size_t width)
{
    int best = 0;
    if (width == 1)
        return v[0] > 0.5f;
    for (size_t i = 1; i < width; i++)
        if (v[i] > v[best])
            best = (int)i;
    return best;
}

/* Labels (n,width), the column they come from if it is one. */
struct labels {
    float *v;
    size_t width;
    const struct rt_column *column;
};

/* -1: not known. */
static int label_class(const struct labels *l, size_t i)
{
    const float *v = l->v + i * l->width;
    if (!l->v || isnan(v[0]))
        return -1;
    return l->width == 1 ? (int)v[0] : class_of(v, l->width);
}

static const char *class_name(const struct rt_column *c, int k, char buf[16])
{
    if (c && k >= 0 && k < c->n_classes)
        return c->classes[k];
    snprintf(buf, 16, "%d", k);
    return buf;
}

/* All rows of what feeds the label: several columns stand side by side. */
static int gather_labels(struct rt_dataset *d, const struct rt_feed *f,
                         struct labels *l, struct rt_err *err)
{
    l->width = rt_shape_count(&f->row);
    l->column = f->n_cols == 1 ? f->cols[0] : NULL;
    l->v = rt_try_alloc(d->n_rows * l->width, sizeof *l->v, "labels", err);
    if (!l->v)
        return RT_ENOMEM;
    struct rt_batches_spec spec = {
        .data = d,
        .n = d->n_rows,
        .feeds = f,
        .n_feeds = 1,
        .size = BATCH,
    };
    struct rt_batches *b = rt_batches_new(&spec, err);
    if (!b)
        return rt_err_code(err, RT_ENOMEM);
    const float *x;
    size_t done = 0;
    rt_batches_begin(b, 1, 0);
    for (int n; (n = rt_batches_next(b, &x)) > 0; done += (size_t)n)
        memcpy(l->v + done * l->width, x, (size_t)n * l->width * sizeof *x);
    rt_batches_free(b);
    return 0;
}

/* The labels of an output of the model by a column or, NULL, by what is bound
 * to it. */
static int find_labels(const struct rt_model *m, struct rt_dataset *d,
                       const struct rt_prediction *p, const char *column,
                       struct labels *l, struct rt_err *err)
{
    struct rt_feed feed = { .n_cols = 1 };
    if (column) {
        feed.cols[0] = rt_dataset_column(d, column, err);
        if (!feed.cols[0])
            return RT_ENOENT;
        feed.row = rt_column_shape(feed.cols[0]);
        return gather_labels(d, &feed, l, err);
    }
    /* The same want as often as there are outputs, so that `y` stands for the
     * only one and for no other. */
    struct rt_wanted want = { .node = p->output, .row = p->row, .label = true };
    for (int i = 0; i < want.row.rank; i++)
        want.row.dim[i] = RT_DIM_ANY;
    int n = m->n_outputs > 1 ? 2 : 1;
    struct rt_wanted both[2] = { want, want };
    struct rt_feed feeds[2];
    int rc = rt_dataset_feed(d, both, n, feeds, err);
    return rc ? rc : gather_labels(d, &feeds[0], l, err);
}

static const struct rt_prediction *find_output(const struct rt_model *m,
                                               const struct rt_prediction *p,
                                               int n, const char *output,
                                               struct rt_err *err)
{
    for (int i = 0; i < n; i++)
        if (output ? !strcmp(p[i].output, output) : n == 1)
            return &p[i];
    if (output)
        rt_fail(err, RT_ENOENT, "'%s' is no output of model '%s'", output,
                m->name);
    else
        rt_fail(err, RT_EINVAL,
                "model '%s' has %d outputs, name the one that "
                "is meant",
                m->name, n);
    return NULL;
}

/* ---- sample ------------------------------------------------------------ */

int rt_pictures_sample(struct rt_session *s, const struct rt_dataset *d,
                       const struct rt_column *c, const uint32_t *rows,
                       size_t n, const char *file, struct rt_str *out,
                       struct rt_err *err)
{
    struct rt_pixels img;
    if (!picture_shape(c, &img)) {
        struct rt_shape shape = rt_column_shape(c);
        return rt_fail(err, RT_ESHAPE,
                       "column '%s' has rows of %s, which are no pictures",
                       c->name, rt_shape_text(&shape));
    }
    unsigned char *all = pixels(d, c, rows, n, err);
    if (!all)
        return RT_ENOMEM;
    const struct rt_column *y = rt_dataset_column(d, "y", NULL);
    struct rt_shape shape = y ? rt_column_shape(y) : (struct rt_shape){ 0 };
    struct labels l = { .width = rt_shape_count(&shape), .column = y };
    if (y && l.width <= 1000)
        l.v = rt_try_alloc(n * l.width, sizeof *l.v, "labels", NULL);
    if (l.v)
        rt_dataset_gather(d, y, rows, 0, n, l.v);
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_PICTURES, NULL);
    for (size_t i = 0; i < n; i++) {
        char buf[16];
        int k = label_class(&l, i);
        const char *text =
            k < 0 ? rt_figure_text(&f, "row %u", rows[i])
                  : rt_figure_text(&f, "%s", class_name(y, k, buf));
        add_picture(&f, img, all, (int)i, text, false);
    }
    int rc = show_grid(s, &f, file, out, err);
    rt_figure_release(&f);
    free(l.v);
    free(all);
    return rc;
}

/* ---- predictions ------------------------------------------------------- */

/* The column of pictures among what feeds the inputs. */
static const struct rt_column *input_pictures(const struct rt_model *m,
                                              const struct rt_dataset *d,
                                              struct rt_err *err)
{
    size_t n = (size_t)m->n_inputs;
    const struct rt_column *found = NULL;
    struct rt_wanted *want = rt_xcalloc(n + 1, sizeof *want);
    struct rt_feed *feed = rt_xcalloc(n + 1, sizeof *feed);
    for (size_t i = 0; i < n; i++) {
        want[i].node = m->inputs[i].layer->name;
        want[i].row = rt_shape_of_row(&rt_place_node(&m->inputs[i])->shape);
    }
    int rc = rt_dataset_feed(d, want, (int)n, feed, err);
    for (size_t i = 0; !rc && !found && i < n; i++)
        if (feed[i].n_cols == 1 && rt_pictures_fit(feed[i].cols[0]))
            found = feed[i].cols[0];
    if (!rc && !found)
        rt_fail(err, RT_ESHAPE,
                "no input of model '%s' is fed with pictures of (H,W) or "
                "(H,W,3) by data '%s'; without -grid numbers are shown",
                m->name, d->name);
    free(feed);
    free(want);
    return found;
}

/* "7 99%", and where it should be another "4, is 9 61%". */
static void caption(struct rt_figure *f, struct rt_pixels img,
                    const unsigned char *all, int i,
                    const struct rt_prediction *p, const struct labels *l)
{
    char a[16], b[16];
    size_t width = rt_shape_count(&p->row);
    const float *v = p->v + (size_t)i * width;
    int got = class_of(v, width), want = label_class(l, (size_t)i);
    double sure = width > 1 ? (double)v[got]
                  : got     ? (double)v[0]
                            : 1 - (double)v[0];
    bool wrong = want >= 0 && want != got;
    const char *name = class_name(l->column, got, a);
    const char *text =
        wrong ? rt_figure_text(f, "%s, is %s %.0f%%", name,
                               class_name(l->column, want, b), 100 * sure)
              : rt_figure_text(f, "%s %.0f%%", name, 100 * sure);
    add_picture(f, img, all, i, text, wrong);
}

static int draw_predictions(struct rt_session *s, const struct rt_model *m,
                            struct rt_dataset *part,
                            const struct rt_prediction *p, const char *file,
                            struct rt_str *out, struct rt_err *err)
{
    const struct rt_column *c = input_pictures(m, part, err);
    struct labels l = { .v = NULL };
    struct rt_pixels img;
    size_t n = part->n_rows;
    if (!c)
        return rt_err_code(err, RT_ESHAPE);
    if (p->row.rank != 1)
        return rt_fail(err, RT_ESHAPE,
                       "output '%s' gives rows of %s, want one value a class",
                       p->output, rt_shape_text(&p->row));
    if (find_labels(m, part, p, NULL, &l, NULL)) { /* then none are known */
        free(l.v);
        l = (struct labels){ .v = NULL };
    }
    uint32_t *rows = rt_try_alloc(n, sizeof *rows, "rows", err);
    for (size_t i = 0; rows && i < n; i++)
        rows[i] = (uint32_t)i;
    picture_shape(c, &img);
    unsigned char *all = rows ? pixels(part, c, rows, n, err) : NULL;
    int rc = RT_ENOMEM;
    if (all) {
        struct rt_figure f;
        rt_figure_init(&f, RT_FIG_PICTURES, NULL);
        for (size_t i = 0; i < n; i++)
            caption(&f, img, all, (int)i, p, &l);
        rc = show_grid(s, &f, file, out, err);
        rt_figure_release(&f);
    }
    free(all);
    free(rows);
    free(l.v);
    return rc;
}

int rt_pictures_predict(struct rt_session *s, struct rt_model *m,
                        struct rt_dataset *d, const char *output,
                        const char *rows, const char *file, struct rt_str *out,
                        struct rt_err *err)
{
    uint32_t *list;
    size_t n;
    int n_out = 0;
    struct rt_prediction *p = NULL;
    int rc = rt_rows_parse(rows, d->n_rows, &list, &n, err);
    if (rc)
        return rc;
    struct rt_dataset *part = rt_dataset_pick(d, d->name, list, n, err);
    free(list);
    if (!part)
        return rt_err_code(err, RT_EINVAL);
    rc = rt_predict(m, part, BATCH, s->interrupted, &p, &n_out, err);
    if (!rc) {
        const struct rt_prediction *one = find_output(m, p, n_out, output, err);
        rc = one ? draw_predictions(s, m, part, one, file, out, err)
                 : rt_err_code(err, RT_ENOENT);
        rt_predictions_free(p, n_out);
    }
    rt_dataset_unref(part);
    return rc;
}

/* ---- confusion --------------------------------------------------------- */

int rt_pictures_confusion(struct rt_session *s, struct rt_model *m,
                          struct rt_dataset *d, const char *output,
                          const char *column, int64_t **count, int *k,
                          char ***names, struct rt_err *err)
{
    struct rt_prediction *p = NULL;
    struct labels l = { .v = NULL };
    int n = 0;
    *names = NULL;
    int rc = rt_predict(m, d, BATCH, s->interrupted, &p, &n, err);
    if (rc)
        return rc;
    const struct rt_prediction *one = find_output(m, p, n, output, err);
    rc = one ? find_labels(m, d, one, column, &l, err)
             : rt_err_code(err, RT_ENOENT);
    if (!rc)
        rc = rt_confusion(one, d->n_rows, l.v, (int)l.width, count, k, err);
    if (!rc && l.column && l.column->n_classes == *k)
        *names = l.column->classes;
    free(l.v);
    rt_predictions_free(p, n);
    return rc;
}

static void say_accuracy(const int64_t *count, int k, struct rt_str *out)
{
    int64_t right = 0, all = 0;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) {
            int64_t n = count[(size_t)i * (size_t)k + (size_t)j];
            all += n;
            right += i == j ? n : 0;
        }
    rt_str_add_count(out, right);
    rt_str_add(out, " of ");
    rt_str_add_count(out, all);
    rt_str_addf(out, " right, %.2f%%",
                all ? 100 * (double)right / (double)all : 0);
}

int rt_pictures_show_confusion(struct rt_session *s, const int64_t *count,
                               int k, char **names, const char *file,
                               struct rt_str *out, struct rt_err *err)
{
    size_t n = (size_t)k * (size_t)k;
    double *v = rt_try_alloc(n, sizeof *v, "confusion", err);
    if (!v)
        return RT_ENOMEM;
    for (size_t i = 0; i < n; i++)
        v[i] = (double)count[i];
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_HEAT, NULL);
    f.x.label = "predicted";
    f.y.label = "true";
    f.heat = (struct rt_heat){
        .v = v,
        .n_rows = k,
        .n_cols = k,
        .by_row = true,
        .row_names = (const char *const *)names,
        .col_names = (const char *const *)names,
    };
    int side = 200 + 60 * k;
    side = side < 560 ? 560 : side > 8000 ? 8000 : side;
    int rc = rt_show(s, &f, file, side, side, out, err);
    if (!rc) {
        rt_str_add(out, file ? ": " : "\n");
        say_accuracy(count, k, out);
    }
    rt_figure_release(&f);
    free(v);
    return rc;
}
