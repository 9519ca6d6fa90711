/* Whole pictures of the screen, drawn into a canvas from a fixed history and
 * snapshot and compared with screen/NAME.screen. RT_UPDATE=1 rewrites them. */
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "watch/frame.h"

#include <math.h>

/* ---- what is shown ------------------------------------------------------- */

enum { N_EPOCHS = 64, N_BATCHES = 8, N_LAYERS = 6, OUTPUTS_MAX = 5 };

/* The same numbers everywhere: no libm, whose last bits differ. */
static double noise(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / 16777216.0 - .5;
}

static double curve(double x, int output, bool val)
{
    double floor = val ? .008 : .006;
    return (1 + output) * (.3 / (1 + x * x / 40) + floor);
}

static void fill_series(struct rt_history_series *s, int output, bool val,
                        bool accuracy)
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

static void add(struct rt_history *h, const char *output, int i, bool several,
                bool accuracy)
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

static const char *const names[OUTPUTS_MAX] = { "temp", "gas", "ret", "up",
                                                "regime" };

static struct rt_history *make_history(int n_outputs)
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
        (struct rt_history_mark){ 48, rt_xstrdup("freeze gas, lstm_b") };
    h->n_marks = 2;
    return h;
}

static void fill_snapshot(struct rt_snapshot *s)
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
    *s = (struct rt_snapshot){
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
static void add_past(struct rt_snapshot *s, int n)
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
    bool live, stored; /* stored: without a snapshot */
    int n_past;        /* histograms of epochs gone by */
    const char *name;
};

static bool run(void *ctx, int i, struct rt_watch_run *out)
{
    struct scene *s = ctx;
    if (!s->history || i > 0)
        return false;
    *out = (struct rt_watch_run){ .number = 31,
                                  .name = s->name,
                                  .state = s->state,
                                  .live = s->live,
                                  .history = s->history };
    return true;
}

static bool snapshot(void *ctx, int number, struct rt_snapshot *out)
{
    struct scene *s = ctx;
    if (s->stored)
        return false;
    assert_int_equal(number, 31);
    fill_snapshot(out);
    out->state = s->state;
    if (s->n_past)
        add_past(out, s->n_past);
    return true;
}

static const struct rt_watch_message messages[] = {
    { 1, RT_LOG_INFO, NULL, "lr 0.01 -> 0.001 at epoch 18, batch 9" },
    { 2, RT_LOG_WARNING, "early_stopping", "val_loss is not there" },
    { 3, RT_LOG_ERROR, ":", "frezze: unknown command, did you mean freeze?" },
    { 4, RT_LOG_INFO, NULL, "checkpoint 64 written (1.8 MB, 9 ms)" },
};
enum { N_MESSAGES = sizeof messages / sizeof *messages };

static int64_t n_messages(void *ctx)
{
    (void)ctx;
    return N_MESSAGES;
}

static bool message(void *ctx, int64_t i, struct rt_watch_message *out)
{
    (void)ctx;
    if (i < 0 || i >= N_MESSAGES)
        return false;
    *out = messages[i];
    return true;
}

static int command(void *ctx, const char *line, struct rt_str *says)
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

static void set(struct stage *s, int n_outputs, int w, int h,
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
    s->view.utf8 = symbols != RT_SYM_ASCII;
    rt_canvas_init(&s->canvas, w, h, symbols);
    s->canvas.color = symbols != RT_SYM_ASCII;
    rt_view_look(&s->view);
}

static void strike(struct stage *s)
{
    rt_view_release(&s->view);
    rt_canvas_release(&s->canvas);
    rt_history_free(s->scene.history);
}

static void draw(struct stage *s)
{
    rt_view_refresh(&s->view);
    rt_frame_draw(&s->view, &s->canvas, &s->layout);
}

static char *read_all(const char *path)
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

static void compare(struct stage *s, const char *name)
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

static bool in_picture(struct stage *s, const char *text)
{
    struct rt_str got = RT_STR_INIT;
    draw(s);
    rt_canvas_dump(&s->canvas, RT_DEPTH_PLAIN, &got);
    bool found = strstr(rt_str_c(&got), text) != NULL;
    rt_str_release(&got);
    return found;
}

static void picture(const char *name, int n_outputs, int w, int h,
                    enum rt_symbols symbols)
{
    struct stage s;
    set(&s, n_outputs, w, h, symbols);
    compare(&s, name);
    strike(&s);
}

static void two_outputs_fill_120x36(void **state)
{
    (void)state;
    picture("two_120x36", 2, 120, 36, RT_SYM_BRAILLE);
}

static void one_output_fills_80x24(void **state)
{
    (void)state;
    picture("one_80x24", 1, 80, 24, RT_SYM_BRAILLE);
}

static void ascii_without_colour_at_60x16(void **state)
{
    (void)state;
    picture("ascii_60x16", 1, 60, 16, RT_SYM_ASCII);
}

static void one_panel_at_40x10(void **state)
{
    (void)state;
    picture("one_40x10", 1, 40, 10, RT_SYM_BRAILLE);
}

static void one_line_at_20x5(void **state)
{
    (void)state;
    picture("one_20x5", 1, 20, 5, RT_SYM_BRAILLE);
}

static void five_outputs_fill_200x60(void **state)
{
    (void)state;
    picture("five_200x60", 5, 200, 60, RT_SYM_BRAILLE);
}

static void histograms_of_epochs_stand_above_each_other(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 120, 40, RT_SYM_BRAILLE);
    s.scene.n_past = 12;
    compare(&s, "ridge_120x40");
    s.view.now_only = true;
    assert_true(in_picture(&s, "sd 0.0934"));
    assert_false(in_picture(&s, "epochs"));
    strike(&s);
}

static void what_is_not_measured_is_said(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 120, 36, RT_SYM_BRAILLE);
    s.view.of = RT_HIST_ACTS; /* the snapshot still has weights */
    assert_true(in_picture(&s, "with the next batch"));
    s.view.of = RT_HIST_GRADS;
    s.view.layer = 3;
    assert_true(in_picture(&s, "frozen: nothing is learnt here"));
    s.view.layer = 0;
    assert_true(in_picture(&s, "no weights"));
    strike(&s);
}

static void no_run_at_all_is_said(void **state)
{
    (void)state;
    picture("none_80x24", 0, 80, 24, RT_SYM_BRAILLE);
}

static void a_stored_run_is_shown_from_its_history_alone(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    s.scene.live = false;
    s.scene.stored = true;
    s.scene.state = RT_RUN_FINISHED;
    rt_view_look(&s.view);
    compare(&s, "stored_80x24");
    strike(&s);
}

static void help_shows_the_keys_that_act(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 30, RT_SYM_BRAILLE);
    s.view.page_title = "keys";
    compare(&s, "help_80x30");
    strike(&s);
}

static void completion_is_offered_above_the_prompt(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    rt_prompt_begin(&s.view.prompt, RT_PROMPT_COMMAND, ":");
    rt_prompt_key(&s.view.prompt, 's');
    rt_prompt_offer(&s.view.prompt, 0, "save\nsave_weights\nsummary\n");
    compare(&s, "prompt_80x24");
    strike(&s);
}

static void the_log_in_focus_has_a_frame(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    s.view.focus = (struct rt_focus){ &rt_panel_log, 0 };
    compare(&s, "log_80x24");
    strike(&s);
}

/* ---- facts --------------------------------------------------------------- */

static void a_run_that_is_over_keeps_its_layers(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 120, 36, RT_SYM_BRAILLE);
    s.scene.live = false;
    s.scene.state = RT_RUN_FINISHED;
    rt_view_look(&s.view);
    assert_true(in_picture(&s, "lstm_a     3x120"));
    assert_true(in_picture(&s, "lstm_a · kernel"));
    assert_true(in_picture(&s, "64/1000"));
    assert_false(in_picture(&s, "pause"));
    strike(&s);
}

static void a_long_name_leaves_room_for_the_numbers(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    s.scene.name = "größe_größe_größe_größe_größe_größe_größe_größe_größe_x";
    rt_view_look(&s.view);
    assert_true(in_picture(&s, "… #31 ● 64/1000"));
    strike(&s);
}

static void every_size_can_be_drawn(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 3, 1, 1, RT_SYM_BRAILLE);
    for (int w = 1; w <= 210; w += 11) {
        for (int h = 1; h <= 60; h += 7) {
            rt_canvas_resize(&s.canvas, w, h);
            for (const struct rt_panel *const *p = rt_panels(); *p; p++) {
                struct rt_pane pane = { .panel = *p, .at = { 0, 0, w, h } };
                rt_view_refresh(&s.view);
                (*p)->draw(&s.view, &s.canvas, &pane);
            }
            draw(&s);
        }
    }
    strike(&s);
}

static void help_changes_with_the_state_of_the_run(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 30, RT_SYM_BRAILLE);
    s.view.page_title = "keys";
    assert_true(in_picture(&s, "pause the run"));
    s.scene.state = RT_RUN_PAUSED;
    rt_view_look(&s.view);
    assert_true(in_picture(&s, "let the paused run go on"));
    assert_false(in_picture(&s, "pause the run"));
    s.scene.live = false;
    s.scene.state = RT_RUN_FINISHED;
    rt_view_look(&s.view);
    assert_false(in_picture(&s, "learning rate"));
    strike(&s);
}

static void the_first_layer_with_weights_is_chosen_at_first(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    draw(&s);
    assert_int_equal(s.view.layer, 2);
    strike(&s);
}

static void steps_take_the_place_of_epochs(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    assert_false(in_picture(&s, " 400 "));
    s.view.by_step = true;
    assert_true(in_picture(&s, " 400 "));
    strike(&s);
}

static void nothing_is_news_until_something_happens(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    assert_int_equal(rt_view_look(&s.view), RT_NEWS_NONE);
    s.scene.history->batch++;
    assert_int_equal(rt_view_look(&s.view), RT_NEWS_COUNTERS);
    s.scene.history->epoch++;
    assert_int_equal(rt_view_look(&s.view), RT_NEWS_EVENTS);
    s.scene.state = RT_RUN_PAUSED;
    assert_int_equal(rt_view_look(&s.view), RT_NEWS_EVENTS);
    assert_int_equal(rt_view_look(&s.view), RT_NEWS_NONE);
    strike(&s);
}

static void charts_pair_training_with_validation(void **state)
{
    (void)state;
    struct rt_charts c = { 0 };
    struct rt_history *h = make_history(2);
    rt_charts_update(&c, h);
    assert_int_equal(c.list.n, 5);
    assert_int_equal(c.n_losses, 2);
    assert_string_equal(c.list.v[0]->title, "temp · loss");
    assert_string_equal(c.list.v[1]->title, "gas · loss");
    assert_string_equal(c.list.v[2]->title, "temp · acc");
    assert_string_equal(c.list.v[4]->title, "all outputs · loss");
    assert_string_equal(c.list.v[1]->val->key, "val_gas_loss");
    rt_charts_update(&c, NULL);
    assert_int_equal(c.list.n, 0);
    rt_charts_release(&c);
    rt_history_free(h);
}

static void a_series_that_is_not_announced_yet_is_waited_for(void **state)
{
    (void)state;
    struct rt_charts c = { 0 };
    struct rt_history *h = make_history(1);
    char *key = h->series[2].key;
    h->series[2].key = NULL;
    rt_charts_update(&c, h);
    assert_int_equal(c.list.n, 1);
    h->series[2].key = key;
    rt_charts_update(&c, h);
    assert_int_equal(c.list.n, 2);
    rt_charts_release(&c);
    rt_history_free(h);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_outputs_fill_120x36),
        cmocka_unit_test(one_output_fills_80x24),
        cmocka_unit_test(ascii_without_colour_at_60x16),
        cmocka_unit_test(one_panel_at_40x10),
        cmocka_unit_test(one_line_at_20x5),
        cmocka_unit_test(five_outputs_fill_200x60),
        cmocka_unit_test(histograms_of_epochs_stand_above_each_other),
        cmocka_unit_test(what_is_not_measured_is_said),
        cmocka_unit_test(no_run_at_all_is_said),
        cmocka_unit_test(a_stored_run_is_shown_from_its_history_alone),
        cmocka_unit_test(help_shows_the_keys_that_act),
        cmocka_unit_test(completion_is_offered_above_the_prompt),
        cmocka_unit_test(the_log_in_focus_has_a_frame),
        cmocka_unit_test(a_run_that_is_over_keeps_its_layers),
        cmocka_unit_test(a_long_name_leaves_room_for_the_numbers),
        cmocka_unit_test(every_size_can_be_drawn),
        cmocka_unit_test(help_changes_with_the_state_of_the_run),
        cmocka_unit_test(the_first_layer_with_weights_is_chosen_at_first),
        cmocka_unit_test(steps_take_the_place_of_epochs),
        cmocka_unit_test(nothing_is_news_until_something_happens),
        cmocka_unit_test(charts_pair_training_with_validation),
        cmocka_unit_test(a_series_that_is_not_announced_yet_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
