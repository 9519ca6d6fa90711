/* The program itself, killed with -9 at moments drawn from a seed, again and
 * again, and resumed in new processes: it ends with the bits of a run that was
 * left alone, in weights, optimizer and every value of its history. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "store/checkpoint.h"
#include "train/history.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SLOWER 6 /* by so much everything takes longer */
#else
#define SLOWER 1
#endif
enum { KILLS = SLOWER > 1 ? 8 : 50, OF_ONE_RUN = 9 };

/* Outputs of which one has few labels and one is retired, weights of samples
 * and classes, dropout, noise, moving averages, callbacks with a state, orders
 * of all kinds. */
static const char script[] =
    "seed 11\n"
    "data s generate spiral n=600 classes=3\n"
    "data s expr s size {sum(x ^ 2, axis=-1) + 0 * log(x[:, 0] + 0.5)}\n"
    "data s expr s side {x[:, 0] * x[:, 1]}\n"
    "data s expr s w {1 + abs(x[:, 1])}\n"
    "weights s sample size w\n"
    "weights s class kind 1=2\n"
    "model m\ninput x 2\ngaussian_noise 0.01 name=noise\n"
    "dense 24 relu name=trunk\nbatch_norm\ndropout 0.2 name=drop\n"
    "dense 3 softmax name=kind\noutput\nat trunk\ndense 1 name=size\noutput\n"
    "at trunk\ndense 4 tanh name=s1\ndense 1 name=side\noutput\n"
    "bind s kind=y size=size side=side\n"
    "compile adam lr=0.01 clipnorm=1 "
    "loss=kind:sparse_categorical_crossentropy,size:mse,side:mae "
    "metrics=kind:acc,size:mae\n"
    "callback reduce_lr_on_plateau patience=4 factor=0.9\n"
    "callback early_stopping patience=400 restore_best_weights=yes\n"
    "callback heterogeneous_weights every=11 warmup=5 window=20\n"
    "callback task_wise_early_stopping patience=400,side:9 "
    "restore_best_weights=yes\n"
    "lr 0.004 when=9:3\n"
    "freeze trunk when=20:2\n"
    "checkpoint mark when=20:3\n"
    "rewind mark when=30:2\n"
    "tune batch_size=24 drop.rate=0.3 noise.stddev=0.02 when=31:4\n"
    "unfreeze trunk when=42:3\n"
    "lr trunk=0.001 when=45:7\n"
    "retire side -freeze when=60:5\n"
    "callback set early_stopping patience=500 when=91:11\n"
    "rewind 70 when=110:5\n"
    "lr 0.002 when=75:2\n"
    "reinit size when=80:3\n"
    "fit s epochs=140 batch_size=30 validation=0.2\n";

static char *dir;
static char *script_file;

/* ---- processes ----------------------------------------------------------- */

static pid_t start(const char *id)
{
    const char *program = getenv("RT_PROGRAM");
    char *resume = rt_xprintf("runs resume %s", id ? id : "");
    const char *words[] = {
        "retort", "-n",   "-b", "-o", "checkpoint_seconds=0.005",
        "-c",     resume, NULL
    };
    if (!id) {
        words[5] = script_file;
        words[6] = NULL;
    }
    char *argv[8];
    memcpy(argv, words, sizeof argv);
    posix_spawn_file_actions_t actions;
    pid_t pid;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    char *log = rt_path_join(dir, "stderr");
    posix_spawn_file_actions_addopen(&actions, 2, log,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environ),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    free(log);
    free(resume);
    return pid;
}

/* Kills it after so many seconds, unless it has ended by then. */
static bool killed_after(pid_t pid, double seconds)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd over = { .fd = fd, .events = POLLIN };
    assert_true(fd >= 0);
    int status;
    if (poll(&over, 1, (int)(seconds * 1000)) == 0)
        kill(pid, SIGKILL);
    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        char *log = rt_path_join(dir, "stderr");
        unsigned char *text;
        size_t n;
        assert_int_equal(rt_file_read(log, 0, &text, &n, NULL), 0);
        fail_msg("status %d: %s", status, (char *)text);
    }
    return false;
}

/* ---- what a run came to -------------------------------------------------- */

/* NULL: none yet. */
static struct rt_run_row *newest_run(struct rt_store *s)
{
    struct rt_run_row *row = NULL;
    return rt_store_find(s, "m", &row, NULL) ? NULL : row;
}

struct end {
    float *weights, *m, *v;
    long n;
    struct rt_history *h;
};

static float *read_floats(struct rt_state_backend *b, const char *name, long *n)
{
    struct rt_err err = RT_ERR_INIT;
    *n = b->count(b->ctx, name);
    assert_true(*n > 0);
    float *v = rt_xcalloc((size_t)*n, sizeof *v);
    rt_assert_ok(b->get(b->ctx, name, RT_STATE_F32, v, (size_t)*n, &err), &err);
    return v;
}

static struct end read_end(struct rt_store *s, int id)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_checkpoint_row *row;
    struct end e = { 0 };
    int n;
    rt_assert_ok(rt_store_checkpoints(s, id, &row, &n, &err), &err);
    assert_true(n > 0);
    assert_string_equal(row[0].why, "end");
    struct rt_checkpoint_file *f = rt_checkpoint_open(&row[0], &err);
    if (!f)
        fail_msg("%s", err.text);
    struct rt_state_backend b = rt_checkpoint_backend(f);
    e.weights = read_floats(&b, "run/weights", &e.n);
    e.m = read_floats(&b, "run/m", &e.n);
    e.v = read_floats(&b, "run/v", &e.n);
    rt_checkpoint_close(f);
    rt_checkpoint_rows_free(row, n);
    e.h = rt_store_history(s, id, &err);
    assert_non_null(e.h);
    return e;
}

static void release_end(struct end *e)
{
    free(e->weights);
    free(e->m);
    free(e->v);
    rt_history_free(e->h);
}

static void assert_same_end(const struct end *a, const struct end *b)
{
    size_t bytes = (size_t)a->n * sizeof(float);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->weights, b->weights, bytes);
    assert_memory_equal(a->m, b->m, bytes);
    assert_memory_equal(a->v, b->v, bytes);
    assert_int_equal(a->h->n_series, b->h->n_series);
    for (int i = 0; i < a->h->n_series; i++) {
        const struct rt_history_series *x = &a->h->series[i],
                                       *y = &b->h->series[i];
        assert_string_equal(x->key, y->key);
        assert_int_equal(x->n_epochs, y->n_epochs);
        assert_memory_equal(x->epoch_x, y->epoch_x,
                            (size_t)x->n_epochs * sizeof(double));
        assert_memory_equal(x->epoch_v, y->epoch_v,
                            (size_t)x->n_epochs * sizeof(double));
    }
    assert_int_equal(a->h->n_marks, b->h->n_marks);
    for (int i = 0; i < a->h->n_marks; i++)
        assert_string_equal(a->h->marks[i].text, b->h->marks[i].text);
}

/* ---- the test ------------------------------------------------------------ */

static double draw(double from, double to)
{
    static uint64_t n;
    double u =
        rt_rng_word(rt_key_make(2026, RT_FOR_SHUFFLE), n++) / 4294967296.0;
    return SLOWER * (from + (to - from) * u);
}

/* One run, killed now and then until it is over: how often. Its number to *id;
 * 0 if it was killed before it was recorded. */
static int torment(struct rt_store *s, int before, int most, int *id)
{
    int kills = 0;
    *id = 0;
    bool killed = killed_after(start(NULL), draw(0.02, 0.3));
    struct rt_run_row *row = newest_run(s);
    kills += killed;
    if (row && row->id > before)
        *id = row->id;
    if (row && killed && !strcmp(row->state, "finished"))
        killed = false; /* at its very end */
    if (row)
        rt_run_rows_free(row, 1);
    while (killed && *id) {
        char number[16];
        snprintf(number, sizeof number, "%d", *id);
        double after = kills < most ? draw(0.02, 0.25) : 600;
        killed = killed_after(start(number), after);
        kills += killed;
        row = newest_run(s); /* it may have become another */
        *id = row->id;
        if (killed && !strcmp(row->state, "finished"))
            killed = false; /* at its very end */
        rt_run_rows_free(row, 1);
    }
    return kills;
}

static void a_run_that_is_killed_ends_with_the_same_bits(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_store *s = rt_store_open(dir, &err);
    assert_non_null(s);
    assert_false(killed_after(start(NULL), 600));
    struct rt_run_row *row = newest_run(s);
    assert_string_equal(row->state, "finished");
    int id = row->id, kills = 0;
    struct end want = read_end(s, id);
    assert_int_equal(want.h->epoch, 140);
    rt_run_rows_free(row, 1);
    while (kills < KILLS) {
        int one, left = KILLS - kills;
        kills += torment(s, id, left < OF_ONE_RUN ? left : OF_ONE_RUN, &one);
        if (!one)
            continue;
        id = one;
        struct end got = read_end(s, id);
        assert_same_end(&want, &got);
        release_end(&got);
    }
    release_end(&want);
    rt_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_is_killed_ends_with_the_same_bits),
    };
    if (!getenv("RT_PROGRAM")) {
        fputs("RT_PROGRAM is not set: there is nothing to kill\n", stderr);
        return 1;
    }
    dir = rt_xstrdup(rt_test_temp());
    setenv("RETORT_HOME", dir, 1);
    setenv("XDG_CONFIG_HOME", dir, 1);
    script_file = rt_path_join(dir, "script.tcl");
    if (rt_file_write(script_file, script, sizeof script - 1, NULL))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(script_file);
    free(dir);
    return failed;
}
