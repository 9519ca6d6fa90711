/* Whole pictures of the screen, drawn into a canvas from a fixed history and
 * snapshot and compared with screen/NAME.screen. RT_UPDATE=1 rewrites them. */
#include "watch_stage.h"

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

/* An output that is called as what orders begin with is not named by them. */
static void an_order_names_outputs_behind_what_it_did(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 2, 160, 50, RT_SYM_BRAILLE);
    assert_true(in_picture(&s, "since 48"));
    for (int i = 0; i < s.view.charts.list.n; i++) {
        struct rt_chart *chart = s.view.charts.list.v[i];
        if (chart->output && !strcmp(chart->output, "gas")) {
            free(chart->output);
            chart->output = rt_xstrdup("froze");
        }
    }
    strcpy(s.view.snap.outputs[1].name, "froze");
    struct rt_str got = RT_STR_INIT;
    rt_frame_draw(&s.view, &s.canvas, &s.layout);
    rt_canvas_dump(&s.canvas, RT_DEPTH_PLAIN, &got);
    assert_non_null(strstr(rt_str_c(&got), "❄ frozen"));
    assert_null(strstr(rt_str_c(&got), "since 48"));
    rt_str_release(&got);
    strike(&s);
}

static void a_long_line_of_a_callback_stays_in_its_panel(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 2, 80, 24, RT_SYM_BRAILLE);
    assert_true(in_picture(&s, "-0.31"));
    free(s.view.snap.callbacks);
    s.view.snap.callbacks =
        rt_xstrdup("task_wise_early_stopping\ttemperature 11/30 best .00861 "
                   "@416 and then what goes into the next panel\n");
    assert_true(in_picture(&s, "-0.31"));
    assert_false(in_picture(&s, "next panel"));
    strike(&s);
}

static void images(const char *name, int w, int h, enum rt_symbols symbols,
                   bool few_colors)
{
    struct stage s;
    set(&s, 1, w, h, symbols);
    s.scene.pictures = true;
    s.canvas.few_colors = few_colors;
    s.view.focus = (struct rt_focus){ &rt_panel_images, 0 };
    compare(&s, name);
    strike(&s);
}

static void filters_are_pictures_where_they_are_in_focus(void **state)
{
    (void)state;
    images("images_80x24", 80, 24, RT_SYM_BRAILLE, false);
    images("images_shades_80x24", 80, 24, RT_SYM_BRAILLE, true);
    images("images_ascii_100x30", 100, 30, RT_SYM_ASCII, true);
}

static void a_layer_without_pictures_says_why(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    s.view.focus = (struct rt_focus){ &rt_panel_images, 0 };
    assert_true(in_picture(&s, "with the next batch"));
    s.scene.pictures = true;
    s.view.layer = 4; /* the pictures are those of another */
    assert_true(in_picture(&s, "with the next batch"));
    s.view.layer = 0;
    assert_true(in_picture(&s, "no weights"));
    s.view.layer = 4;
    s.scene.live = false;
    rt_view_look(&s.view);
    assert_true(in_picture(&s, "not kept"));
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

static void many_candidates_stand_in_columns(void **state)
{
    (void)state;
    struct stage s;
    struct rt_str words = RT_STR_INIT;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    for (int i = 0; i < 200; i++)
        rt_str_addf(&words, "block_%03d\n", i);
    rt_prompt_begin(&s.view.prompt, RT_PROMPT_COMMAND, ":");
    rt_prompt_offer(&s.view.prompt, 0, rt_str_c(&words));
    assert_true(in_picture(&s, "\n block_000  block_001  block_002  "));
    assert_true(in_picture(&s, "\n block_063  block_064  block_065  block_066  "
                               "block_067  block_068  … 131 more\n :block_"));
    rt_str_release(&words);
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

static bool long_message(void *ctx, int64_t i, struct rt_watch_message *out)
{
    (void)ctx;
    *out = (struct rt_watch_message){
        i, RT_LOG_ERROR, "#31",
        "epoch 1, batch 1: the loss of 'temp' is inf; first not finite: square "
        "of 'loss', row 1366; norms of weights: lstm_a 3.316e+15"
    };
    return i < 2;
}

static int64_t two_messages(void *ctx)
{
    (void)ctx;
    return 2;
}

/* The end of the newest is what matters. */
static void a_long_message_goes_on_in_the_next_line(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    s.host.message = long_message;
    s.host.n_messages = two_messages;
    s.view.focus = (struct rt_focus){ &rt_panel_log, 0 };
    assert_true(in_picture(&s, "✗ #31  epoch 1, batch 1: the loss of 'temp'"));
    assert_true(in_picture(&s, "│           finite: square of 'loss'"));
    assert_true(in_picture(&s, "3.316e+15 "));
    strike(&s);
}

static void fill(struct rt_history_series *s, double v)
{
    for (int i = 0; i < s->n_epochs; i++)
        s->epoch_v[i] = v;
    for (int i = 0; i < s->n_buckets; i++)
        s->bucket[i].mean = s->bucket[i].lo = s->bucket[i].hi = v;
    s->running = v;
}

static void a_loss_that_goes_below_zero_has_no_log_axis(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    assert_true(in_picture(&s, " log  smooth"));
    s.scene.history->series[0].bucket[400].mean = -.1;
    assert_true(in_picture(&s, "no log: ≤ 0"));
    strike(&s);
}

static void what_is_not_finite_is_said(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    fill(&s.scene.history->series[0], NAN);
    fill(&s.scene.history->series[1], INFINITY);
    assert_true(in_picture(&s, "train nan"));
    assert_true(in_picture(&s, "val inf"));
    assert_true(in_picture(&s, "no value is finite"));
    s.scene.history->series[0].bucket[0].mean = 1;
    assert_true(in_picture(&s, "60  ")); /* the axis goes on to the end */
    strike(&s);
}

static void why_a_run_failed_stands_beside_its_state(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 120, 36, RT_SYM_BRAILLE);
    s.scene.live = false;
    s.scene.stored = true;
    s.scene.state = RT_RUN_FAILED;
    s.scene.reason = "epoch 1, batch 1: the loss is inf";
    rt_view_look(&s.view);
    assert_true(in_picture(&s, "✗ failed  epoch 64  epoch 1, batch 1: the"));
    strike(&s);
}

static void a_cursor_shows_the_values_under_it(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 2, 120, 36, RT_SYM_BRAILLE);
    draw(&s);
    rt_lens_inspect(&s.view.lens);
    rt_lens_to(&s.view.lens, 30);
    compare(&s, "cursor_120x36");
    assert_true(in_picture(&s, "@ 30 "));
    s.view.unit = RT_X_TIME;
    assert_true(in_picture(&s, "@ 150 s"));
    strike(&s);
}

static void zoomed_the_newest_half_is_shown_and_followed(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 2, 80, 24, RT_SYM_BRAILLE);
    draw(&s);
    rt_lens_zoom(&s.view.lens);
    compare(&s, "zoom_80x24");
    strike(&s);
}

static int list_runs(void *ctx, struct rt_watch_entry **out)
{
    static const struct rt_watch_entry all[] = {
        { 31, "gas_temperature", "running", 64, .00697, .00866, true },
        { 30, "mnist_mlp", "finished", 20, .0421, .0702, false },
        { 29, "gas_temperature", "finished", 64, .0512, .0613, false },
        { 7, "größe_größe_größe_größe_größe_größe", "failed", 0, NAN, NAN,
          false },
    };
    (void)ctx;
    *out = rt_xmemdup(all, sizeof all);
    return 4;
}

static void runs_are_chosen_from_a_list(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 80, 24, RT_SYM_BRAILLE);
    s.scene.second = make_history(2);
    s.scene.second->run = 29;
    s.host.list = list_runs;
    rt_view_look(&s.view);
    rt_chooser_open(&s.view.chooser, &s.host);
    rt_chooser_move(&s.view.chooser, 2);
    assert_int_equal(rt_chooser_chosen(&s.view.chooser), 29);
    assert_true(rt_view_overlay(&s.view, 29));
    rt_prompt_begin(&s.view.prompt, RT_PROMPT_RUN, "runs /");
    compare(&s, "runs_80x24");
    rt_chooser_filter(&s.view.chooser, "gas fin");
    assert_int_equal(rt_chooser_shown(&s.view.chooser), 1);
    assert_int_equal(rt_chooser_chosen(&s.view.chooser), 29);
    rt_chooser_filter(&s.view.chooser, "zebra");
    assert_int_equal(rt_chooser_chosen(&s.view.chooser), 0);
    assert_true(in_picture(&s, "no run has these letters"));
    strike(&s);
}

static void another_run_lies_over_the_one_shown(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 2, 120, 36, RT_SYM_BRAILLE);
    s.scene.second = make_history(2);
    s.scene.second->run = 29;
    for (int i = 0; i < s.scene.second->n_series; i++)
        for (int k = 0; k < N_EPOCHS; k++)
            s.scene.second->series[i].epoch_v[k] *= 3;
    rt_view_look(&s.view);
    rt_view_overlay(&s.view, 29);
    compare(&s, "overlay_120x36");
    rt_view_overlay(&s.view, 29);
    assert_false(in_picture(&s, "#29"));
    for (int i = 1; i <= RT_OTHERS_MAX; i++)
        assert_true(rt_view_overlay(&s.view, i));
    assert_false(rt_view_overlay(&s.view, 99));
    strike(&s);
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
        cmocka_unit_test(an_order_names_outputs_behind_what_it_did),
        cmocka_unit_test(a_long_line_of_a_callback_stays_in_its_panel),
        cmocka_unit_test(filters_are_pictures_where_they_are_in_focus),
        cmocka_unit_test(a_layer_without_pictures_says_why),
        cmocka_unit_test(no_run_at_all_is_said),
        cmocka_unit_test(a_stored_run_is_shown_from_its_history_alone),
        cmocka_unit_test(help_shows_the_keys_that_act),
        cmocka_unit_test(completion_is_offered_above_the_prompt),
        cmocka_unit_test(many_candidates_stand_in_columns),
        cmocka_unit_test(the_log_in_focus_has_a_frame),
        cmocka_unit_test(a_long_message_goes_on_in_the_next_line),
        cmocka_unit_test(a_loss_that_goes_below_zero_has_no_log_axis),
        cmocka_unit_test(what_is_not_finite_is_said),
        cmocka_unit_test(why_a_run_failed_stands_beside_its_state),
        cmocka_unit_test(a_cursor_shows_the_values_under_it),
        cmocka_unit_test(zoomed_the_newest_half_is_shown_and_followed),
        cmocka_unit_test(runs_are_chosen_from_a_list),
        cmocka_unit_test(another_run_lies_over_the_one_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
