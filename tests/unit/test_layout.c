#include "support.h"

#include "watch/layout.h"

static struct rt_layout_want everything(void)
{
    return (struct rt_layout_want){
        .n_charts = 5,
        .n_losses = 2,
        .n_callbacks = 3,
        .layers = true,
        .histogram = true,
        .images = true,
        .n_layers = 6,
        .focus = { &rt_panel_losses, 0 },
    };
}

static const struct rt_panel *const focusable[] = {
    &rt_panel_losses, &rt_panel_layers,    &rt_panel_callbacks,
    &rt_panel_images, &rt_panel_histogram, &rt_panel_log
};
enum { N_FOCUSABLE = sizeof focusable / sizeof *focusable };

static const struct rt_pane *find(const struct rt_layout *l,
                                  const struct rt_panel *panel)
{
    for (int i = 0; i < l->n; i++)
        if (l->v[i].panel == panel)
            return &l->v[i];
    return NULL;
}

/* How many rows of a panel may be covered by another: the edge they share. */
static void check_apart(const struct rt_pane *a, const struct rt_pane *b)
{
    int x0 = a->at.x > b->at.x ? a->at.x : b->at.x;
    int y0 = a->at.y > b->at.y ? a->at.y : b->at.y;
    int ax = a->at.x + a->at.w, bx = b->at.x + b->at.w;
    int ay = a->at.y + a->at.h, by = b->at.y + b->at.h;
    int w = (ax < bx ? ax : bx) - x0, h = (ay < by ? ay : by) - y0;
    bool joined = a->edge == RT_EDGE_JOINED || b->edge == RT_EDGE_JOINED;
    if (w > 0 && h > joined)
        fail_msg("%s lies on %s by %dx%d", a->panel->name, b->panel->name, w,
                 h);
}

static void check(int w, int h, const struct rt_layout_want *want)
{
    struct rt_layout l;
    rt_layout_make(&l, w, h, want);
    for (int i = 0; i < l.n; i++) {
        const struct rt_rect *r = &l.v[i].at;
        if (r->x < 0 || r->y < 0 || r->w < 1 || r->h < 1 || r->x + r->w > w ||
            r->y + r->h > h)
            fail_msg("%s at %d,%d %dx%d leaves %dx%d", l.v[i].panel->name, r->x,
                     r->y, r->w, r->h, w, h);
        for (int k = 0; k < i; k++)
            check_apart(&l.v[k], &l.v[i]);
    }
    assert_ptr_equal(l.v[0].panel, &rt_panel_status);
    if (w < 40 || h < 10) {
        assert_int_equal(l.n, 1);
        return;
    }
    const struct rt_pane *focus = rt_layout_focused(&l);
    assert_non_null(focus);
    if (want->layers && focus->panel != want->focus.panel)
        fail_msg("%s is not shown at %dx%d", want->focus.panel->name, w, h);
    if (focus->panel == &rt_panel_losses && focus->which != want->focus.which)
        fail_msg("chart %d is not shown at %dx%d", want->focus.which, w, h);
}

static void panels_stay_inside_and_apart_at_every_size(void **state)
{
    (void)state;
    for (int w = 1; w <= 220; w += w < 130 ? 1 : 9) {
        for (int h = 1; h <= 80; h++) {
            for (int i = 0; i < N_FOCUSABLE; i++) {
                struct rt_layout_want want = everything();
                want.focus.panel = focusable[i];
                check(w, h, &want);
            }
        }
    }
}

static void every_chart_in_focus_is_shown(void **state)
{
    (void)state;
    for (int w = 40; w <= 200; w += 13) {
        for (int h = 10; h <= 60; h += 3) {
            for (int which = 0; which < 5; which++) {
                struct rt_layout_want want = everything();
                want.focus.which = which;
                check(w, h, &want);
            }
        }
    }
}

static void a_run_without_statistics_gives_its_room_to_the_losses(void **state)
{
    (void)state;
    struct rt_layout_want want = { .n_charts = 1,
                                   .n_losses = 1,
                                   .focus = { &rt_panel_losses, 0 } };
    for (int w = 40; w <= 200; w += 20) {
        struct rt_layout l;
        check(w, 30, &want);
        rt_layout_make(&l, w, 30, &want);
        assert_int_equal(find(&l, &rt_panel_losses)->at.w, w);
        assert_null(find(&l, &rt_panel_layers));
    }
}

static void no_run_at_all_still_has_a_place_for_losses(void **state)
{
    (void)state;
    struct rt_layout_want want = { .focus = { &rt_panel_losses, 0 } };
    struct rt_layout l;
    rt_layout_make(&l, 80, 24, &want);
    assert_non_null(find(&l, &rt_panel_losses));
}

static void below_40x10_there_is_only_the_status_line(void **state)
{
    (void)state;
    struct rt_layout_want want = everything();
    struct rt_layout l;
    rt_layout_make(&l, 39, 50, &want);
    assert_int_equal(l.n, 1);
    rt_layout_make(&l, 200, 9, &want);
    assert_int_equal(l.n, 1);
    assert_null(rt_layout_focused(&l));
}

static void at_40x10_one_panel_fills_the_screen(void **state)
{
    (void)state;
    struct rt_layout_want want = everything();
    struct rt_layout l;
    want.focus.panel = &rt_panel_histogram;
    rt_layout_make(&l, 40, 10, &want);
    assert_int_equal(l.n, 3);
    const struct rt_pane *p = find(&l, &rt_panel_histogram);
    assert_int_equal(p->at.w, 40);
    assert_int_equal(p->at.h, 8);
}

static void from_80x24_on_losses_layers_histogram_and_log_are_shown(void **s)
{
    (void)s;
    struct rt_layout_want want = everything();
    struct rt_layout l;
    for (int w = 80; w <= 200; w += 5) {
        rt_layout_make(&l, w, 24, &want);
        for (int i = 0; i < N_FOCUSABLE; i++)
            if (!find(&l, focusable[i]) &&
                focusable[i] != &rt_panel_callbacks &&
                focusable[i] != &rt_panel_images)
                fail_msg("no %s at %dx24", focusable[i]->name, w);
    }
}

static void images_stand_where_there_is_room_or_they_are_in_focus(void **state)
{
    (void)state;
    struct rt_layout_want want = everything();
    struct rt_layout l;
    rt_layout_make(&l, 160, 50, &want);
    assert_non_null(find(&l, &rt_panel_images));
    assert_non_null(find(&l, &rt_panel_histogram));
    rt_layout_make(&l, 100, 30, &want);
    assert_null(find(&l, &rt_panel_images));
    want.focus.panel = &rt_panel_images;
    rt_layout_make(&l, 100, 30, &want);
    assert_non_null(find(&l, &rt_panel_images));
    assert_null(find(&l, &rt_panel_histogram));
}

/* Where a screen is full, what is in focus takes more of it. */
static void a_long_list_in_focus_gets_more_rows(void **state)
{
    (void)state;
    struct rt_layout_want want = everything();
    struct rt_layout l;
    want.n_layers = 60;
    rt_layout_make(&l, 80, 24, &want);
    int rows = find(&l, &rt_panel_layers)->at.h;
    want.focus.panel = &rt_panel_layers;
    rt_layout_make(&l, 80, 24, &want);
    assert_true(find(&l, &rt_panel_layers)->at.h > rows);
    want.n_callbacks = 11; /* one line of them stands among the layers */
    rt_layout_make(&l, 80, 24, &want);
    assert_null(find(&l, &rt_panel_callbacks));
    want.focus.panel = &rt_panel_callbacks;
    rt_layout_make(&l, 80, 24, &want);
    assert_non_null(find(&l, &rt_panel_callbacks));
}

static void outputs_come_before_metrics(void **state)
{
    (void)state;
    struct rt_layout_want want = everything();
    struct rt_layout l;
    rt_layout_make(&l, 120, 36, &want);
    int on_left[5] = { 0 };
    for (int i = 0; i < l.n; i++)
        if (l.v[i].panel == &rt_panel_losses)
            on_left[l.v[i].which] = l.v[i].at.x == 0 ? 1 : 2;
    assert_int_equal(on_left[0], 1);
    assert_int_equal(on_left[1], 1);
    assert_int_equal(on_left[2], 2);
    assert_int_equal(on_left[3], 0);
}

static void tab_goes_round_and_back(void **state)
{
    (void)state;
    struct rt_layout_want want = everything();
    struct rt_layout l;
    rt_layout_make(&l, 40, 10, &want);
    for (int i = 1; i <= N_FOCUSABLE; i++) {
        want.focus = rt_layout_next(&l, &want, 1);
        rt_layout_make(&l, 40, 10, &want);
        assert_ptr_equal(want.focus.panel, focusable[i % N_FOCUSABLE]);
    }
    want.focus = rt_layout_next(&l, &want, -1);
    assert_ptr_equal(want.focus.panel, &rt_panel_log);
}

static void a_page_never_leaves_the_body(void **state)
{
    (void)state;
    for (int lines = 0; lines < 200; lines += 7) {
        struct rt_rect r = rt_layout_page(40, 10, lines);
        assert_true(r.y >= 1 && r.y + r.h <= 9 && r.w == 40);
        r = rt_layout_page(200, 60, lines);
        assert_true(r.y >= 1 && r.y + r.h <= 59 && r.x > 0);
    }
}

/* With room for all, metrics stand below the losses, in charts as wide. */
static void metrics_stand_below_the_losses_where_they_fit(void **state)
{
    (void)state;
    struct rt_layout_want want = everything();
    struct rt_layout l;
    want.n_charts = 2;
    want.n_losses = 1;
    rt_layout_make(&l, 120, 36, &want);
    const struct rt_pane *loss = find(&l, &rt_panel_losses), *metric = NULL;
    for (int i = 0; i < l.n; i++)
        if (l.v[i].panel == &rt_panel_losses && l.v[i].which == 1)
            metric = &l.v[i];
    assert_non_null(metric);
    assert_true(loss->at.x == metric->at.x && loss->at.w == metric->at.w);
    assert_true(metric->at.y == loss->at.y + loss->at.h);
    assert_true(metric->at.h >= 12);
    want.n_charts = 6; /* no longer: the first one stands on the right */
    want.n_losses = 3;
    rt_layout_make(&l, 120, 36, &want);
    for (int i = 0; i < l.n; i++)
        if (l.v[i].panel == &rt_panel_losses && l.v[i].which == 3)
            assert_true(l.v[i].at.x > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panels_stay_inside_and_apart_at_every_size),
        cmocka_unit_test(metrics_stand_below_the_losses_where_they_fit),
        cmocka_unit_test(every_chart_in_focus_is_shown),
        cmocka_unit_test(a_run_without_statistics_gives_its_room_to_the_losses),
        cmocka_unit_test(no_run_at_all_still_has_a_place_for_losses),
        cmocka_unit_test(below_40x10_there_is_only_the_status_line),
        cmocka_unit_test(at_40x10_one_panel_fills_the_screen),
        cmocka_unit_test(
            from_80x24_on_losses_layers_histogram_and_log_are_shown),
        cmocka_unit_test(images_stand_where_there_is_room_or_they_are_in_focus),
        cmocka_unit_test(a_long_list_in_focus_gets_more_rows),
        cmocka_unit_test(outputs_come_before_metrics),
        cmocka_unit_test(tab_goes_round_and_back),
        cmocka_unit_test(a_page_never_leaves_the_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
