/* A fixed history and snapshot behind a view, drawn into a canvas: for the
 * tests of the watch screen. */
#ifndef RT_TESTS_WATCH_STAGE_H
#define RT_TESTS_WATCH_STAGE_H
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "watch/frame.h"
#include "watch/keys.h"
#include "watch/sketch.h"

#include <math.h>

/* ---- what is shown ------------------------------------------------------- */

enum { N_EPOCHS = 64, N_BATCHES = 8, N_LAYERS = 6, OUTPUTS_MAX = 8 };

/* The same numbers everywhere: no libm, whose last bits differ. */
static inline double noise(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / 16777216.0 - .5;
}

static inline double curve(double x, int output, bool val)
{
    double floor = val ? .008 : .006;
    return (1 + output) * (.3 / (1 + x * x / 40) + floor);
}

static inline void fill_series(struct rt_history_series *s, int output,
                               bool val, bool accuracy)
{
    unsigned seed = 7u + (unsigned)output * 2 + val;
    s->best = NAN;
    s->epoch_x = rt_xcalloc(N_EPOCHS, sizeof(double));
    s->epoch_v = rt_xcalloc(N_EPOCHS, sizeof(double));
    for (int i = 0; i < N_EPOCHS; i++) {
        double v = curve(i + 1, output, val) * (1 + .1 * noise(&seed));
        v = accuracy ? 1 - 2 * v : v;
        s->epoch_x[i] = i + 1;
        s->epoch_v[i] = v;
        if (isnan(s->best) || (accuracy ? v > s->best : v < s->best)) {
            s->best = v;
            s->best_epoch = i + 1;
        }
    }
    s->n_epochs = N_EPOCHS;
    s->running = s->epoch_v[N_EPOCHS - 1];
    if (val)
        return;
    s->n_buckets = N_EPOCHS * N_BATCHES;
    s->bucket = rt_xcalloc((size_t)s->n_buckets, sizeof *s->bucket);
    for (int i = 0; i < s->n_buckets; i++) {
        double x = (i + 1.0) / N_BATCHES;
        double v = curve(x, output, false) * (1 + .8 * noise(&seed));
        v = accuracy ? 1 - 2 * v : v;
        s->bucket[i] = (struct rt_bucket){ x, v, v, v, 1 };
    }
}

static inline void add(struct rt_history *h, const char *output, int i,
                       bool several, bool accuracy)
{
    const char *what = accuracy ? "acc" : "loss";
    for (int val = 0; val <= 1; val++) {
        struct rt_history_series *s = &h->series[h->n_series++];
        s->key = several && output
                     ? rt_xprintf("%s%s_%s", val ? "val_" : "", output, what)
                     : rt_xprintf("%s%s", val ? "val_" : "", what);
        s->output = rt_xstrdup(output);
        s->mode = accuracy ? RT_MODE_MAX : RT_MODE_MIN;
        fill_series(s, i, val, accuracy);
    }
}

static const char *const names[OUTPUTS_MAX] = { "temp",   "gas",    "ret",
                                                "up",     "regime", "risk",
                                                "volume", "day" };

static inline struct rt_history *make_history(int n_outputs)
{
    struct rt_history *h = rt_xcalloc(1, sizeof *h);
    h->run = 31;
    h->epoch = N_EPOCHS;
    h->batch = h->n_batches = N_BATCHES;
    h->series = rt_xcalloc(4 * OUTPUTS_MAX + 2, sizeof *h->series);
    if (n_outputs > 1)
        add(h, NULL, 0, true, false);
    for (int i = 0; i < n_outputs; i++) {
        const char *name = n_outputs > 1 ? names[i] : "digit";
        add(h, name, i, n_outputs > 1, false);
        add(h, name, i, n_outputs > 1, true);
    }
    h->marks = rt_xcalloc(2, sizeof *h->marks);
    h->marks[0] =
        (struct rt_history_mark){ 18, rt_xstrdup("lr 0.01 -> 0.001") };
    h->marks[1] =
        (struct rt_history_mark){ 48, rt_xstrdup("froze lstm_b, gas (91,351 "
                                                 "parameters)") };
    h->n_marks = 2;
    h->x = N_EPOCHS;
    h->checkpoint = 988;
    h->wall_begin = 1000;
    h->wall = 1000 + 5 * N_EPOCHS;
    return h;
}

static inline void fill_snapshot(struct rt_snapshot *s)
{
    static const struct rt_layer_stats layers[N_LAYERS] = {
        { .name = "x1",
          .shape = "3x1",
          .mean = NAN,
          .sd = NAN,
          .grad = NAN,
          .update = NAN },
        { .name = "x2",
          .shape = "3x1",
          .mean = NAN,
          .sd = NAN,
          .grad = NAN,
          .update = NAN },
        { .name = "lstm_a",
          .shape = "3x120",
          .params = 58560,
          .trainable = true,
          .mean = .0121,
          .sd = .0934,
          .zeros = .013,
          .grad = .0512,
          .update = 1.1e-3,
          .units = 120,
          .dead = 3 },
        { .name = "lstm_b",
          .shape = "3x150",
          .params = 91200,
          .mean = -.0003,
          .sd = .0871,
          .units = 150 },
        { .name = "temp",
          .shape = "3x1",
          .params = 121,
          .trainable = true,
          .mean = 1.25,
          .sd = .1204,
          .grad = .231,
          .update = 9.2e-4,
          .units = 1 },
        { .name = "gas",
          .shape = "3x1",
          .params = 151,
          .mean = -2e-7,
          .sd = .0995,
          .units = 1 },
    };
    static const struct rt_output_state outputs[] = {
        { .name = "temp", .weight = 1, .stop = "3/30" },
        { .name = "gas",
          .weight = 9.78,
          .frozen = true,
          .stop = "stopped at 48" },
    };
    *s = (struct rt_snapshot){
        .n_outputs = 2,
        .outputs = rt_xmemdup(outputs, sizeof outputs),
        .state = RT_RUN_RUNNING,
        .epoch = 64,
        .n_epochs = 1000,
        .batch = 5,
        .n_batches = N_BATCHES,
        .lr = 1e-3,
        .samples_per_s = 14231,
        .seconds = 70,
        .seconds_left = 125,
        .params = 150032,
        .trainable = 58681,
        .n_layers = N_LAYERS,
        .layers = rt_xmemdup(layers, sizeof layers),
        .has_hist = true,
        .hist = { .title = "lstm_a · kernel", .from = -.31, .to = .31 },
        .callbacks = rt_xstrdup("early_stopping\t3/30, best .00861 @61\n"
                                "reduce_lr_on_plateau\tcooldown 0/5\n"),
    };
    for (int i = 0; i < RT_HIST_BINS; i++) {
        int away = i < 32 ? 31 - i : i - 32;
        s->hist.bin[i] = 90000 / (10 + away * away / 4) - 300;
        s->hist.n += s->hist.bin[i];
    }
}

/* Of 12 epochs, narrow at first. */
static inline void add_past(struct rt_snapshot *s, int n)
{
    s->past = rt_xcalloc((size_t)n, sizeof *s->past);
    s->n_past = n;
    for (int i = 0; i < n; i++) {
        struct rt_histogram *h = &s->past[i];
        *h = s->hist;
        h->epoch = 1 + i * 5;
        h->n = 0;
        for (int k = 0; k < RT_HIST_BINS; k++) {
            int away = k < 32 ? 31 - k : k - 32, wide = 1 + i;
            h->bin[k] = (uint32_t)(9000 / (10 + away * away * 6 / wide));
            h->n += h->bin[k];
        }
    }
    s->hist.epoch = s->epoch;
}

/* ---- the host ------------------------------------------------------------ */

struct scene {
    struct rt_history *history;
    enum rt_run_state state;
    bool live, stored;         /* stored: without a snapshot */
    int n_past;                /* histograms of epochs gone by */
    bool pictures;             /* of the weights of layer 2 */
    int n_layers;              /* so many alike; 0: those of fill_snapshot */
    struct rt_history *second; /* of another run, or NULL */
    const char *name;
    const char *reason; /* why it ended */
};

static inline bool run(void *ctx, int i, struct rt_watch_run *out)
{
    struct scene *s = ctx;
    if (!s->history || i > (s->second != NULL))
        return false;
    if (s->second && i == 0) {
        *out = (struct rt_watch_run){ .number = 29,
                                      .name = "gas_temperature",
                                      .state = RT_RUN_FINISHED,
                                      .history = s->second };
        return true;
    }
    *out = (struct rt_watch_run){ .number = 31,
                                  .name = s->name,
                                  .state = s->state,
                                  .live = s->live,
                                  .reason = s->reason,
                                  .history = s->history };
    return true;
}

static inline void replace_layers(struct rt_snapshot *s, int n)
{
    free(s->layers);
    s->layers = rt_xcalloc((size_t)n, sizeof *s->layers);
    s->n_layers = n;
    for (int i = 0; i < n; i++) {
        struct rt_layer_stats *l = &s->layers[i];
        snprintf(l->name, sizeof l->name, "block_%02d", i + 1);
        strcpy(l->shape, "28x28x64");
        l->params = 36928;
        l->trainable = true;
        l->sd = .05;
        l->units = 64;
    }
}

/* Eight filters 4x4, each a step in another direction. */
static inline struct rt_mosaic *make_pictures(void)
{
    struct rt_mosaic *m = rt_xcalloc(1, sizeof *m);
    *m = (struct rt_mosaic){ .title = "lstm_a · kernel",
                             .layer = 2,
                             .rows = 8,
                             .columns = 1,
                             .all_rows = 8,
                             .all_columns = 1,
                             .h = 4,
                             .w = 4,
                             .channels = 1,
                             .full_h = 4,
                             .full_w = 4,
                             .reach = .31f };
    for (int i = 0; i < 8; i++)
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++) {
                int at = i % 2 ? 2 * x - 3 : 2 * y - 3;
                m->v[i * 16 + y * 4 + x] =
                    .1f * (float)(i < 4 ? at : -at) * (i % 4 < 2 ? 1.f : .5f);
            }
    return m;
}

static inline bool snapshot(void *ctx, int number, struct rt_snapshot *out)
{
    struct scene *s = ctx;
    if (s->stored)
        return false;
    assert_int_equal(number, 31);
    fill_snapshot(out);
    out->state = s->state;
    if (s->n_past)
        add_past(out, s->n_past);
    if (s->pictures)
        out->pictures = make_pictures();
    if (s->n_layers)
        replace_layers(out, s->n_layers);
    return true;
}

static const struct rt_watch_message messages[] = {
    { 1, RT_LOG_INFO, NULL, "lr 0.01 -> 0.001 at epoch 18, batch 9" },
    { 2, RT_LOG_WARNING, "early_stopping", "val_loss is not there" },
    { 3, RT_LOG_ERROR, ":", "frezze: unknown command, did you mean freeze?" },
    { 4, RT_LOG_INFO, NULL, "checkpoint 64 written (1.8 MB, 9 ms)" },
};
enum { N_MESSAGES = sizeof messages / sizeof *messages };

static inline int64_t n_messages(void *ctx)
{
    (void)ctx;
    return N_MESSAGES;
}

static inline bool message(void *ctx, int64_t i, struct rt_watch_message *out)
{
    (void)ctx;
    if (i < 0 || i >= N_MESSAGES)
        return false;
    *out = messages[i];
    return true;
}

static inline int command(void *ctx, const char *line, struct rt_str *says)
{
    (void)ctx;
    rt_str_add(says, line);
    return 0;
}

/* ---- pictures ------------------------------------------------------------ */

struct stage {
    struct scene scene;
    struct rt_watch_host host;
    struct rt_view view;
    struct rt_canvas canvas;
    struct rt_layout layout;
};

static inline void set(struct stage *s, int n_outputs, int w, int h,
                       enum rt_symbols symbols)
{
    s->scene = (struct scene){ .state = RT_RUN_RUNNING,
                               .live = true,
                               .name = "gas_temperature" };
    s->scene.history = n_outputs ? make_history(n_outputs) : NULL;
    s->host = (struct rt_watch_host){ .ctx = &s->scene,
                                      .run = run,
                                      .snapshot = snapshot,
                                      .command = command,
                                      .n_messages = n_messages,
                                      .message = message };
    rt_view_init(&s->view, &s->host);
    s->view.wall = 1000;
    s->view.utf8 = symbols != RT_SYM_ASCII;
    rt_canvas_init(&s->canvas, w, h, symbols);
    s->canvas.color = symbols != RT_SYM_ASCII;
    rt_view_look(&s->view);
}

static inline void strike(struct stage *s)
{
    rt_view_release(&s->view);
    rt_canvas_release(&s->canvas);
    rt_history_free(s->scene.history);
    rt_history_free(s->scene.second);
}

static inline void draw(struct stage *s)
{
    rt_view_refresh(&s->view);
    rt_frame_draw(&s->view, &s->canvas, &s->layout);
}

static inline char *read_all(const char *path)
{
    struct rt_str b = RT_STR_INIT;
    FILE *f = fopen(path, "rb");
    char buf[4096];
    size_t n;
    while (f && (n = fread(buf, 1, sizeof buf, f)) > 0)
        rt_str_addn(&b, buf, n);
    if (f)
        fclose(f);
    rt_str_c(&b);
    return b.s ? rt_str_take(&b) : rt_xstrdup("");
}

static inline void compare(struct stage *s, const char *name)
{
    char file[128];
    struct rt_str got = RT_STR_INIT;
    snprintf(file, sizeof file, "screen/%s.screen", name);
    const char *path = rt_test_path(file);
    draw(s);
    rt_canvas_dump(&s->canvas, RT_DEPTH_PLAIN, &got);
    if (getenv("RT_UPDATE")) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fputs(rt_str_c(&got), f);
        fclose(f);
    }
    char *want = read_all(path);
    if (strcmp(want, rt_str_c(&got)))
        fail_msg("%s differs; it is now\n%s", path, rt_str_c(&got));
    free(want);
    rt_str_release(&got);
}

static inline bool in_picture(struct stage *s, const char *text)
{
    struct rt_str got = RT_STR_INIT;
    draw(s);
    rt_canvas_dump(&s->canvas, RT_DEPTH_PLAIN, &got);
    bool found = strstr(rt_str_c(&got), text) != NULL;
    rt_str_release(&got);
    return found;
}

#endif
