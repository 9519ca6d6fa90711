#include "watch_stage.h"

#include <time.h>

static struct rt_watch_run fits[4];
static int n_fits;

static bool fit_at(void *ctx, int i, struct rt_watch_run *out)
{
    (void)ctx;
    if (i < 0 || i >= n_fits)
        return false;
    *out = fits[i];
    return true;
}

static int shown(struct rt_view *v)
{
    rt_view_look(v);
    return v->run.number;
}

static void each_fit_is_shown_until_another_is_chosen(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 0, 80, 24, RT_SYM_BRAILLE);
    s.host.run = fit_at;
    n_fits = 0;
    assert_int_equal(shown(&s.view), 0);
    for (int i = 0; i < 2; i++)
        fits[i] =
            (struct rt_watch_run){ .number = 3 + i, .name = "", .here = true };
    n_fits = 1;
    assert_int_equal(shown(&s.view), 3);
    n_fits = 2;
    assert_int_equal(shown(&s.view), 4);
    rt_view_choose(&s.view, 3);
    assert_int_equal(shown(&s.view), 3);
    fits[n_fits++] =
        (struct rt_watch_run){ .number = 5, .name = "", .here = true };
    assert_int_equal(shown(&s.view), 3);
    rt_view_choose(&s.view, 5);
    fits[n_fits++] =
        (struct rt_watch_run){ .number = 6, .name = "", .here = true };
    assert_int_equal(shown(&s.view), 6);
    /* one of the store that was opened to lie over it */
    fits[3].here = false;
    fits[3].number = 2;
    assert_int_equal(shown(&s.view), 5);
    strike(&s);
}

static void a_run_that_went_back_is_followed(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 0, 80, 24, RT_SYM_BRAILLE);
    s.host.run = fit_at;
    fits[0] = (struct rt_watch_run){ 3, "", RT_RUN_RUNNING, true, true };
    fits[1] = (struct rt_watch_run){ 4, "", RT_RUN_RUNNING, true, true };
    n_fits = 2;
    rt_view_choose(&s.view, 3);
    fits[0].live = false;
    fits[0].goes_on = 5;
    fits[2] = (struct rt_watch_run){ 5, "", RT_RUN_RUNNING, true, true };
    fits[3] = (struct rt_watch_run){ 6, "", RT_RUN_RUNNING, true, true };
    n_fits = 4;
    assert_int_equal(shown(&s.view), 5);
    rt_view_choose(&s.view, 3); /* what it was can still be looked at */
    assert_int_equal(shown(&s.view), 3);
    strike(&s);
}

/* A schedule that acts at every epoch. */
static void marks_of_many_rates_become_few(void **state)
{
    (void)state;
    struct rt_history *h = rt_history_new(1);
    struct rt_figure f;
    struct rt_sketch how = { .history = h };
    struct rt_chart *chart = rt_xcalloc(1, sizeof *chart);
    char text[64];
    double *store;
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "lr %.17g -> %.17g", pow(2, -i),
                 pow(2, -i - 1));
        rt_history_mark(h, i + 1, text);
        if (i == 15) { /* as many as there is room for: each its own */
            h->x = 16;
            rt_sketch_figure(&f, chart, &how, &store);
            assert_int_equal(f.marks.n, 16);
            assert_string_equal(f.marks.v[0].text, "lr÷2");
            rt_figure_release(&f);
            free(store);
        }
    }
    rt_history_mark(h, 200, "froze a (3 parameters)");
    h->x = 200;
    rt_sketch_figure(&f, chart, &how, &store);
    assert_int_equal(f.marks.n, 12); /* slots of 20 epochs, and the last */
    assert_string_equal(f.marks.v[11].text, "❄ a");
    assert_string_equal(f.marks.v[0].text, "lr 1.91e-6"); /* of 19 epochs */
    rt_figure_release(&f);
    free(store);
    free(chart);
    rt_history_free(h);
}

static void eight_outputs_and_sixty_layers_are_all_reached_by_keys(void **state)
{
    (void)state;
    struct stage s;
    char text[64];
    set(&s, 8, 80, 24, RT_SYM_BRAILLE);
    s.scene.n_layers = 60;
    draw(&s);
    for (int i = 0; i < 8; i++) { /* the key "down" on curves */
        snprintf(text, sizeof text, "─ %s · loss", names[i]);
        assert_true(in_picture(&s, text));
        assert_int_equal(s.view.focus.which, i);
        assert_true(s.view.focus.panel->move(&s.view, 1));
    }
    s.view.focus.which = 0;
    for (int i = 0; i < 8; i++) { /* "tab" reaches every chart too */
        draw(&s);
        struct rt_layout_want want = rt_frame_want(&s.view);
        assert_ptr_equal(s.view.focus.panel, &rt_panel_losses);
        assert_int_equal(s.view.focus.which, i);
        s.view.focus = rt_layout_next(&s.layout, &want, 1);
        if (s.view.focus.panel != &rt_panel_losses)
            s.view.focus = (struct rt_focus){ &rt_panel_losses, i + 1 };
    }
    s.view.focus = (struct rt_focus){ rt_panel_by_key(&s.view, '3'), 0 };
    for (int i = 0; i < 60; i++) {
        snprintf(text, sizeof text, "▸  block_%02d", i + 1);
        assert_true(in_picture(&s, text));
        assert_true(s.view.focus.panel->move(&s.view, 1));
    }
    assert_int_equal(s.view.layer, 59);
    strike(&s);
}

static void a_filter_narrows_curves_and_layers(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 8, 80, 24, RT_SYM_BRAILLE);
    s.scene.n_layers = 60;
    draw(&s);
    rt_view_filter(&s.view, "risk");
    assert_true(in_picture(&s, "─ risk · loss"));
    assert_int_equal(s.view.charts.list.n, 2);
    rt_view_filter(&s.view, "zebra");
    assert_true(in_picture(&s, "no curve has these letters"));
    rt_view_filter(&s.view, "");
    draw(&s);
    assert_int_equal(s.view.charts.list.n, 17);
    s.view.focus = (struct rt_focus){ &rt_panel_layers, 0 };
    rt_view_filter(&s.view, "_5");
    assert_true(in_picture(&s, "▸  block_50"));
    assert_true(in_picture(&s, "/_5"));
    rt_view_step_layer(&s.view, 100);
    assert_int_equal(s.view.layer, 58);
    rt_view_mark_all(&s.view);
    assert_true(rt_view_picks(&s.view, 49) && !rt_view_picks(&s.view, 3));
    rt_view_unmark(&s.view);
    assert_true(rt_view_picks(&s.view, 58) && !rt_view_picks(&s.view, 49));
    strike(&s);
}

static void what_f_does_is_what_the_chosen_layers_need(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 120, 36, RT_SYM_BRAILLE);
    draw(&s);
    assert_int_equal(rt_keys_act('f', rt_view_on(&s.view, true)), RT_ACT_none);
    s.view.focus = (struct rt_focus){ &rt_panel_layers, 0 };
    assert_int_equal(rt_keys_act('f', rt_view_on(&s.view, true)),
                     RT_ACT_freeze);
    s.view.layer = 3;
    assert_int_equal(rt_keys_act('f', rt_view_on(&s.view, true)),
                     RT_ACT_unfreeze);
    s.view.layer = 0; /* an input has nothing to learn */
    assert_int_equal(rt_keys_act('f', rt_view_on(&s.view, true)), RT_ACT_none);
    rt_view_mark(&s.view, 2);
    rt_view_mark(&s.view, 3);
    assert_int_equal(rt_keys_act('f', rt_view_on(&s.view, true)),
                     RT_ACT_freeze);
    strike(&s);
}

static void the_cursor_takes_the_arrows(void **state)
{
    (void)state;
    struct stage s;
    set(&s, 1, 120, 36, RT_SYM_BRAILLE);
    draw(&s);
    assert_int_equal(rt_keys_act(RT_KEY_LEFT, rt_view_on(&s.view, true)),
                     RT_ACT_left);
    rt_lens_inspect(&s.view.lens);
    assert_int_equal(rt_keys_act(RT_KEY_LEFT, rt_view_on(&s.view, true)),
                     RT_ACT_cursor_left);
    assert_int_equal(rt_keys_act('i', rt_view_on(&s.view, true)),
                     RT_ACT_cursor_off);
    strike(&s);
}

static void orders_are_told_in_two_words(void **state)
{
    (void)state;
    static const char *const told[][2] = {
        { "lr 0.01 -> 0.001", "lr÷10" },
        { "lr 0.001 -> 0.002", "lr×2" },
        { "lr 0.001 -> 0.0003", "lr 3e-4" },
        { "froze lstm_b, gas (91,351 parameters)", "❄ gas" },
        { "froze lstm_a (58,560 parameters)", "❄ lstm_a" },
        { "loss weights gas 9.78 -> 0.5, temp 1 -> 2", "gas ×0.5" },
        { "retired 'gas'", "✓ gas" },
        { "lr of enc_1, enc_2: 0.1x", "lr enc_1" },
        { "stops", "stops" },
        { "back to the end of epoch 5, goes on as run 32", "→ #32" },
        { "unfroze gas, lstm_b", "unfroze gas" },
    };
    struct rt_history *h = make_history(2);
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        assert_string_equal(rt_sketch_mark(&f, h, told[i][0]), told[i][1]);
    rt_figure_release(&f);
    rt_history_free(h);
}

static void a_plot_is_written_as_it_is_shown(void **state)
{
    (void)state;
    struct stage s;
    struct rt_err err = RT_ERR_INIT;
    char file[256];
    set(&s, 2, 120, 36, RT_SYM_BRAILLE);
    assert_int_equal(rt_view_write(&s.view, "x.txt", &err), RT_ESTATE);
    draw(&s);
    assert_string_equal(rt_view_file(&s.view),
                        "gas_temperature-31-temp_loss.png");
    snprintf(file, sizeof file, "%s", rt_test_file("plot.txt", "", 0));
    rt_assert_ok(rt_view_write(&s.view, file, &err), &err);
    char *text = read_all(file);
    assert_non_null(strstr(text, "temp · loss"));
    assert_non_null(strstr(text, "validation"));
    free(text);
    s.view.focus = (struct rt_focus){ &rt_panel_histogram, 0 };
    assert_string_equal(rt_view_file(&s.view), "gas_temperature-31-lstm_a.png");
    rt_assert_ok(rt_view_write(&s.view, file, &err), &err);
    assert_int_equal(rt_view_write(&s.view, "x.gif", &err), RT_EINVAL);
    strike(&s);
}

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
    s.view.unit = RT_X_STEP;
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
    rt_charts_update(&c, h, "", NULL);
    assert_int_equal(c.list.n, 5);
    assert_int_equal(c.n_losses, 2);
    assert_string_equal(c.list.v[0]->title, "temp · loss");
    assert_string_equal(c.list.v[1]->title, "gas · loss");
    assert_string_equal(c.list.v[2]->title, "temp · acc");
    assert_string_equal(c.list.v[4]->title, "all outputs · loss");
    assert_string_equal(c.list.v[1]->val->key, "val_gas_loss");
    rt_charts_update(&c, NULL, "", NULL);
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
    rt_charts_update(&c, h, "", NULL);
    assert_int_equal(c.list.n, 1);
    h->series[2].key = key;
    rt_charts_update(&c, h, "", NULL);
    assert_int_equal(c.list.n, 2);
    rt_charts_release(&c);
    rt_history_free(h);
}

/* What a frame costs is counted: so many values looked at, whatever the length
 * of the series. The time is told, not judged. */
static void a_frame_of_ten_million_points_costs_its_columns(void **state)
{
    (void)state;
    enum { MANY = 10000000 };
    struct stage s;
    set(&s, 2, 200, 60, RT_SYM_BRAILLE);
    for (int i = 0; i < s.scene.history->n_series; i++) {
        struct rt_history_series *all = &s.scene.history->series[i];
        if (strcmp(all->key, "temp_loss") && strcmp(all->key, "val_temp_loss"))
            continue;
        bool val = all->key[0] == 'v';
        all->epoch_x = rt_xrealloc(all->epoch_x, MANY * sizeof(double));
        all->epoch_v = rt_xrealloc(all->epoch_v, MANY * sizeof(double));
        for (int k = 0; k < MANY; k++) {
            all->epoch_x[k] = 64.0 * (k + 1) / MANY;
            all->epoch_v[k] = 1 / (1 + all->epoch_x[k]) + (val ? .01 : 0);
        }
        all->n_buckets = 0; /* epochs alone */
        all->n_epochs = MANY;
        struct rt_values values = { .x = all->epoch_x,
                                    .v = all->epoch_v,
                                    .n = MANY };
        rt_pyramid_grow(&all->epochs, &values);
    }
    draw(&s);
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < 10; i++)
        draw(&s);
    clock_gettime(CLOCK_MONOTONIC, &b);
    print_message("a frame at 200x60 with 2 x 10,000,000 points: %.2f ms\n",
                  ((double)(b.tv_sec - a.tv_sec) * 1e3 +
                   (double)(b.tv_nsec - a.tv_nsec) / 1e6) /
                      10);
    const struct rt_chart *chart = s.view.charts.list.v[0];
    assert_true(chart->raw.looked > 0 && chart->check.looked > 0);
    assert_true(chart->raw.looked <= 16 * RT_CURVE_POINTS);
    assert_true(chart->check.looked <= 16 * RT_CURVE_POINTS);
    rt_lens_zoom(&s.view.lens);
    draw(&s);
    assert_true(chart->raw.looked <= 16 * RT_CURVE_POINTS);
    strike(&s);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fit_is_shown_until_another_is_chosen),
        cmocka_unit_test(a_run_that_went_back_is_followed),
        cmocka_unit_test(marks_of_many_rates_become_few),
        cmocka_unit_test(
            eight_outputs_and_sixty_layers_are_all_reached_by_keys),
        cmocka_unit_test(a_filter_narrows_curves_and_layers),
        cmocka_unit_test(what_f_does_is_what_the_chosen_layers_need),
        cmocka_unit_test(the_cursor_takes_the_arrows),
        cmocka_unit_test(orders_are_told_in_two_words),
        cmocka_unit_test(a_plot_is_written_as_it_is_shown),
        cmocka_unit_test(a_frame_of_ten_million_points_costs_its_columns),
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
