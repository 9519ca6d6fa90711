/* What commands do in a session: data, predictions, orders to a run, weights,
 * stored runs, and what of it the clean script holds. */
#include "session_case.h"

#include "base/mem.h"
#include "files/h5_child.h"

#include <unistd.h>

#define MODEL                                                                  \
    "model m; input x 2; dense 3 activation=softmax name=kind; output; "
#define COMPILED MODEL "compile sgd loss=sparse_categorical_crossentropy; "

static struct rt_shape shape_of(struct session_case *c, const char *data,
                                const char *col)
{
    const struct rt_dataset *d = rt_session_data(c->s, data, NULL);
    assert_non_null(d);
    return rt_column_shape(rt_dataset_column(d, col, NULL));
}

static void parts_change_with_the_whole(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=100\n"
                 "partition s 0.6,0.2,0.2\nonehot s y\nscale s standard\n"
                 "bind s in=x out=y");
    static const char *const sets[] = { "s", "s.train", "s.val", "s.test" };
    for (int i = 0; i < 4; i++) {
        const struct rt_dataset *d = rt_session_data(c.s, sets[i], NULL);
        assert_non_null(d);
        assert_int_equal(shape_of(&c, sets[i], "y").dim[0], 3);
        assert_int_equal(rt_dataset_column(d, "x", NULL)->n_steps, 1);
        assert_int_equal(d->n_bindings, 2);
    }
    case_close(&c);
}

static void scale_is_learnt_from_the_training_part(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=100\n"
                 "partition s 0.5,0.5\nscale s minmax\n"
                 "set lo 9; set hi -9\n"
                 "foreach v [values s.train x] {\n"
                 "  set lo [expr {min($lo, $v)}]\n"
                 "  set hi [expr {max($hi, $v)}]\n}\n"
                 "assert {abs($lo) < 1e-6 && abs($hi - 1) < 1e-6}\n"
                 "set same 1\n"
                 "foreach v [values s.val x] {\n"
                 "  if {$v < 0 || $v > 1} {set same 0}\n}\n"
                 "assert {!$same}");
    case_close(&c);
}

static void inverse_gives_the_numbers_back(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=20\n"
                 "set before [values s x]\nscale s standard\n"
                 "assert {[values s x] ne $before}\nscale s -inverse\n"
                 "assert {[values s x] eq $before}");
    case_close(&c);
}

/* 0 / 0 gives one with the sign set. */
static void a_nan_is_shown_without_a_sign(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "data v values {1 2}; data w expr v q {x * 0 / (x - x)}");
    char *text = case_line(&c, "head w");
    assert_non_null(strstr(text, "nan"));
    assert_null(strstr(text, "-nan"));
    free(text);
    case_close(&c);
}

static void data_of_that_name_drops_its_parts(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate moons n=20; partition s 0.5,0.5\n"
                 "data s generate moons n=30");
    assert_null(rt_session_data(c.s, "s.train", NULL));
    case_run(&c, "partition s 0.5,0.5; data delete s");
    assert_int_equal(c.s->data.n, 0);
    case_close(&c);
}

static void sets_of_one_seed_are_not_the_same(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data a generate moons n=20\n"
                 "data b generate moons n=20\n"
                 "assert {[values a x] ne [values b x]}\n"
                 "set was [values a x]\n"
                 "data a generate moons n=20\n"
                 "assert {[values a x] eq $was}");
    case_close(&c);
}

static void values_make_rows_of_a_shape(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "data t values 1,2,3,4,5,6 shape=nonex2");
    assert_int_equal(rt_session_data(c.s, "t", NULL)->n_rows, 3);
    assert_int_equal(shape_of(&c, "t", "x").dim[0], 2);
    case_run(&c, "assert {[values t x 2,0] == {5.0 6.0 1.0 2.0}}");
    case_close(&c);
}

static void export_reads_back_as_the_same(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=20; scale s standard\n"
                 "export s csv s.csv; export s npy x.npy cols=x\n"
                 "data a csv s.csv x=x_0,x_1 y=y; data b npy x.npy\n"
                 "assert {[values a x] eq [values s x]}\n"
                 "assert {[values b x] eq [values s x]}");
    case_close(&c);
}

static void predictions_go_to_files(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=20\n" MODEL
                 "predict s -o p.csv; predict s -o p.npy\n"
                 "data a csv p.csv x=kind_0..kind_2; data b npy p.npy\n"
                 "assert {[values a x] eq [values b x]}");
    assert_int_equal(shape_of(&c, "a", "x").dim[0], 3);
    case_close(&c);
}

static void predictions_become_a_data_set(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s values {0 1 4 9} shape=4x1\n"
                 "scale s minmax\nmodel m; input x 1\n"
                 "dense 1 kernel_initializer=ones name=same; output\n"
                 "predict s to=guess\n"
                 "assert {[values guess same] == [values s x]}\n"
                 "bind s same=x\n"
                 "scale guess -inverse like=s cols=same\n"
                 "assert {[values guess same] == {0.0 1.0 4.0 9.0}}");
    case_run(&c, "assert {[catch {predict s nobody to=guess}]}\n"
                 "assert {[catch {predict s to=guess -grid 0..1}]}\n"
                 "assert {[catch {predict s -o p.csv -grid 0..1}]}\n"
                 "assert {[catch {predict s -to grid.png}]}\n"
                 "assert {![file exists grid.png]}\n"
                 "predict s to=s"); /* in the place of what it read */
    char *again = case_line(&c, "transcript -script");
    assert_non_null(strstr(again, "predict s to=guess"));
    free(again);
    case_close(&c);
}

static void waiting_for_a_run_is_in_the_clean_script(void **state)
{
    (void)state;
    struct session_case c;
    struct rt_str script = RT_STR_INIT;
    case_open(&c);
    case_run(&c, "seed 1; data s generate moons n=20; " COMPILED
                 "fit s epochs=30 &; wait; fit s epochs=3\n"
                 "fit s epochs=30 name=b &; wait b "
                 "until {epoch > 2}; wait");
    rt_session_script(c.s, &script);
    const char *from = strstr(rt_str_c(&script), "fit");
    assert_non_null(from);
    assert_string_equal(from, "fit s epochs=30 &\nwait m\nfit s epochs=3\n"
                              "fit s epochs=30 name=b &\n"
                              "wait b until {epoch > 2}\nwait b\n");
    char *again = rt_xstrdup(rt_str_c(&script));
    case_close(&c);
    case_open(&c);
    case_run(&c, again);
    free(again);
    rt_str_release(&script);
    case_close(&c);
}

static void looking_is_not_in_the_clean_script(void **state)
{
    (void)state;
    struct session_case c;
    struct rt_str script = RT_STR_INIT;
    case_open(&c);
    case_run(&c, "seed 1; data s generate moons n=20; data list; head s\n" MODEL
                 "callback list; plugin list; describe s; values s y");
    rt_session_script(c.s, &script);
    assert_string_equal(rt_str_c(&script),
                        "seed 1\ndata s generate moons n=20\nmodel m\n"
                        "input x 2\ndense 3 activation=softmax name=kind\n"
                        "output\n");
    rt_str_release(&script);
    case_close(&c);
}

static void l1_and_l2_are_short_for_a_penalty_on_the_kernel(void **state)
{
    (void)state;
    struct session_case c;
    struct rt_str words = RT_STR_INIT;
    case_open(&c);
    case_run(&c, "model m; input x 2; dense 3 l2=0.1; dense 4 l1=1e-5 l2=0.2;"
                 "dense 5 l1=3");
    rt_model_commands(c.s->model->model, &words);
    assert_string_equal(rt_str_c(&words),
                        "input x 2\ndense 3 kernel_regularizer=l2(0.1)\n"
                        "dense 4 kernel_regularizer=l1_l2(1e-5,0.2)\n"
                        "dense 5 kernel_regularizer=l1(3)\n");
    rt_str_release(&words);
    assert_true(rt_interp_text(c.s->interp, "dropout 0.1 l1=2", NULL, &c.err));
    rt_assert_error(&c.err, RT_EINVAL, "unknown option 'l1'");
    case_close(&c);
}

static void summary_tells_what_frozen_batch_norm_does(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "model m; input x 2; batch_norm name=a; batch_norm name=b");
    char *shown = case_line(&c, "summary");
    assert_null(strstr(shown, "frozen"));
    free(shown);
    case_run(&c, "batch_norm name=e trainable=no; batch_norm name=f "
                 "trainable=no");
    shown = case_line(&c, "summary");
    assert_non_null(strstr(shown, "frozen batch_norm normalises by the batch's "
                                  "own mean and variance while training, its "
                                  "averages stay (keras-2.3.1): e, f"));
    free(shown);
    case_close(&c);
}

#define GOING                                                                  \
    "seed 1; data s generate blobs n=60\n" COMPILED                            \
    "fit s epochs=1000000 name=going &\n"

static void orders_reach_the_run(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, GOING "lr 0.5\nassert {[lr] == 0.5}\npause\n"
                       "assert {[dict get [status -value] state] eq "
                       "\"paused\"}\n"
                       "assert {[catch {pause} why] && "
                       "[string match *already* $why]}\nresume\n"
                       "assert {[dict get [stop] state] eq \"stopped\"}\n"
                       "assert {[lr] == 0.5}\nassert {[jobs -value] eq {}}");
    case_close(&c);
}

static void model_in_use_is_not_changed(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, GOING "foreach line {{dense 4} {compile adam loss=mse} "
                       "{load_weights w.npz} {undo} {fit s} "
                       "{model delete m}} {\n"
                       "  assert {[catch $line why]} $line\n"
                       "  assert {[string match {*in use*} $why]} $why\n}\n"
                       "evaluate s; save_weights w.npz; hist kind; stop\n"
                       "load_weights w.npz; evaluate s");
    case_close(&c);
}

static void callbacks_reach_the_run_and_stay(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, GOING "callback early_stopping monitor=loss "
                       "patience=100000 name=es\n"
                       "callback set es patience=99999\n"
                       "assert {[catch {callback set es monitor=acc}]}\n"
                       /* it says so at the end of the next epoch */
                       "for {set i 0} {$i < 10000 && ![string match "
                       "*/99999* [callback list]]} {incr i} {after 1}\n"
                       "assert {[string match */99999* [callback list]]}\n"
                       "callback remove es\nstop\n"
                       "assert {[callback list] eq {}}");
    assert_int_equal(c.s->model->callbacks.n, 0);
    case_close(&c);
}

static void refused_callback_is_not_kept(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, GOING "assert {[catch {callback csv_logger no/such/log.csv}]}"
                       "\nstop\n");
    assert_int_equal(c.s->model->callbacks.n, 0);
    case_close(&c);
}

static void weights_come_back_from_a_file(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=60\n" COMPILED
                 "set before [evaluate s]\nsave_weights w.npz\n"
                 "fit s epochs=2\nassert {[evaluate s] ne $before}\n"
                 "load_weights w.npz\nassert {[evaluate s] eq $before}\n");
    const struct rt_model *m = c.s->model->model;
    float first = m->weights[0];
    case_run(&c, "model other; input x 2; dense 4 name=kind\n"
                 "save_weights o.npz; model use m");
    assert_int_not_equal(
        rt_interp_text(c.s->interp, "load_weights o.npz", NULL, &c.err), 0);
    rt_assert_error(&c.err, RT_ESHAPE, "'kind/kernel' is (2,4), want (2,3)");
    assert_true(m->weights[0] == first);
    case_close(&c);
}

static void stored_runs_are_found_again(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=60\n" COMPILED
                 "fit s epochs=3 validation=0.2 name=first\n"
                 "fit s epochs=2 batch_size=16 validation=0.2 name=second\n"
                 "assert {[llength [runs -value]] == 2}\n"
                 "assert {[llength [runs first -value]] == 1}\n"
                 "assert {[llength [runs history first -value]] == 3}\n"
                 "set h [runs history second val_loss -value]\n"
                 "assert {[dict size [lindex $h 0]] == 2}\n"
                 "assert {[dict get [runs show first -value] seed] == 1}\n"
                 "set d [compare first second -changed -value]\n"
                 "assert {[dict get $d batch_size] eq {32 16}}\n"
                 "assert {![dict exists $d optimizer]}\n"
                 "plot -to p.svg; plot loss of=first,second -to q.png");
    assert_true(rt_file_exists("p.svg") && rt_file_exists("q.png"));
    case_close(&c);
}

/* Pictures of 8x8: a bright half, left or right, and its class; in not.idx the
 * classes are the other way round. */
static void write_pictures(void)
{
    unsigned char x[16 + 20 * 64] = { 0, 0, 8, 3, 0, 0, 0, 20,
                                      0, 0, 0, 8, 0, 0, 0, 8 };
    unsigned char y[8 + 20] = { 0, 0, 8, 1, 0, 0, 0, 20 };
    unsigned char not [8 + 20] = { 0, 0, 8, 1, 0, 0, 0, 20 };
    for (int i = 0; i < 20; i++) {
        y[8 + i] = (unsigned char)(i % 2);
        not [8 + i] = (unsigned char)(1 - i % 2);
        for (int p = 0; p < 64; p++)
            x[16 + i * 64 + p] = (p % 8 < 4) == (i % 2) ? 255 : 0;
    }
    assert_int_equal(rt_file_write("x.idx", x, sizeof x, NULL), 0);
    assert_int_equal(rt_file_write("y.idx", y, sizeof y, NULL), 0);
    assert_int_equal(rt_file_write("not.idx", not, sizeof not, NULL), 0);
}

static void wrong_predictions_are_told_beneath_their_pictures(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    write_pictures();
    case_run(&c, "seed 1; data p idx x.idx y.idx; scale p by=1/255\n"
                 "sample p 4\n"
                 "model m; input x 8x8; flatten; dense 2 activation=softmax\n"
                 "output; "
                 "compile sgd lr=1 loss=sparse_categorical_crossentropy\n"
                 "fit p epochs=20\npredict p -grid 0..3\n"
                 "predict p -grid 0..3 -to grid.png\n"
                 "assert {[confusion p -value] eq {{10 0} {0 10}}}");
    assert_true(rt_file_exists("grid.png"));
    assert_null(strstr(rt_str_c(&case_printed), ", is "));
    case_run(&c, "data p idx x.idx not.idx; scale p by=1/255\n"
                 "predict p -grid 0..3");
    assert_non_null(strstr(rt_str_c(&case_printed), "✗ 1, is 0"));
    assert_non_null(strstr(rt_str_c(&case_printed), "✗ 0, is 1"));
    case_close(&c);
}

static void a_callback_says_nothing_of_another_of_its_name(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=30; model m; input x 2\n"
                 "dense 1; output; compile sgd loss=mse\n"
                 "callback add early_stopping loss patience=9 name=es\n"
                 "fit s epochs=2\n"
                 "proc says {} {dict get [lindex [callback list] 0] says}\n"
                 "assert {[string match 0/9* [says]]}\n"
                 "callback remove es\n"
                 "callback add early_stopping loss patience=8 name=es\n"
                 "assert {[says] eq {}}\n"
                 "fit s epochs=1; assert {[string match 0/8* [says]]}");
    case_close(&c);
}

static void stats_fit_eighty_cells(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    c.s->table_width = 80;
    case_run(&c, "seed 1; data s generate blobs n=300 classes=2; model m\n"
                 "input x 2; dense 40 name=a_name_that_is_rather_long\n"
                 "batch_norm; dense 1; output; compile sgd lr=1e-9 loss=mse\n"
                 "set id [fit s epochs=1000000 &]; wait until {epoch > 0}");
    char *text = NULL;
    bool seen = false;
    for (int i = 0; i < 1000000 && !seen; i++) {
        free(text);
        text = case_line(&c, "stats");
        seen = strstr(text, "act_sd");
    }
    case_run(&c, "stop");
    assert_true(seen);
    assert_non_null(strstr(text, "\n\nlayer"));
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
        assert_true(strcspn(p, "\n") <= 80);
    free(text);
    case_close(&c);
}

static void what_a_file_of_an_old_version_lacks_is_told(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate spiral n=30 classes=3; model m\n"
                 "input x 2; dense 3 activation=softmax; output\n"
                 "compile nadam loss=sparse_categorical_crossentropy\n"
                 "fit s epochs=1");
    char *text = case_line(&c, "save_model m.h5 dialect=keras-2.2.4");
    assert_non_null(strstr(
        text, "\nkeras-2.2.4 itself has no place for the product of the "
              "momenta so far (m_schedule) of nadam: a fit that goes on there "
              "begins it anew, one here does not."));
    free(text);
    text = case_line(&c, "save_model m.h5");
    assert_null(strstr(text, "no place"));
    free(text);
    unlink("m.h5");
    case_close(&c);
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_change_with_the_whole),
        cmocka_unit_test(scale_is_learnt_from_the_training_part),
        cmocka_unit_test(inverse_gives_the_numbers_back),
        cmocka_unit_test(a_nan_is_shown_without_a_sign),
        cmocka_unit_test(data_of_that_name_drops_its_parts),
        cmocka_unit_test(sets_of_one_seed_are_not_the_same),
        cmocka_unit_test(values_make_rows_of_a_shape),
        cmocka_unit_test(export_reads_back_as_the_same),
        cmocka_unit_test(predictions_go_to_files),
        cmocka_unit_test(predictions_become_a_data_set),
        cmocka_unit_test(waiting_for_a_run_is_in_the_clean_script),
        cmocka_unit_test(looking_is_not_in_the_clean_script),
        cmocka_unit_test(l1_and_l2_are_short_for_a_penalty_on_the_kernel),
        cmocka_unit_test(summary_tells_what_frozen_batch_norm_does),
        cmocka_unit_test(orders_reach_the_run),
        cmocka_unit_test(model_in_use_is_not_changed),
        cmocka_unit_test(callbacks_reach_the_run_and_stay),
        cmocka_unit_test(refused_callback_is_not_kept),
        cmocka_unit_test(weights_come_back_from_a_file),
        cmocka_unit_test(stored_runs_are_found_again),
        cmocka_unit_test(wrong_predictions_are_told_beneath_their_pictures),
        cmocka_unit_test(a_callback_says_nothing_of_another_of_its_name),
        cmocka_unit_test(stats_fit_eighty_cells),
        cmocka_unit_test(what_a_file_of_an_old_version_lacks_is_told),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
