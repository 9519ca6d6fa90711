/* A program killed with -9 while it records. The child is this program, told
 * so by an argument: it begins a run and writes without end. */
#include "support.h"

#include "base/mem.h"
#include "store/db.h"
#include "store/runs.h"
#include "store/tables.h"
#include "train/history.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD "--write-without-end"
#define READY 40 /* epochs that are in the file when the child says so */

extern char **environ;

/* ---- the child ----------------------------------------------------------- */

static void epoch(struct rt_bus *bus, int run, int64_t number)
{
    struct rt_event *e = rt_event_new(RT_EV_EPOCH, run, 1);
    e->epoch = number;
    e->value[0] = (double)number;
    rt_bus_publish(bus, e);
}

static int write_without_end(const char *dir)
{
    struct rt_run_record r = { .name = "doomed", .model = "mlp" };
    char who[] = "user", words[] = "lr 1";
    struct rt_order o = { .id = 1, .text = words, .who = who };
    struct rt_bus *bus = rt_bus_new();
    struct rt_store *s = rt_store_open(dir, NULL);
    if (!s || rt_store_attach(s, bus, NULL) || rt_store_begin(s, &r, NULL))
        return 1;
    struct rt_event *e = rt_event_new(RT_EV_SERIES, r.id, 0);
    e->key = rt_xstrdup("loss");
    rt_bus_publish(bus, e);
    e = rt_event_new(RT_EV_STATE, r.id, 0);
    e->code = RT_RUN_RUNNING;
    rt_bus_publish(bus, e);
    for (int64_t i = 1;; i++) {
        epoch(bus, r.id, i);
        if (i < READY || i % 10)
            continue;
        rt_store_flush(s);
        struct rt_recorder recorder = rt_store_recorder(s);
        if (i == READY && (recorder.order(recorder.ctx, r.id, &o, NULL) ||
                           printf("%d\n", r.id) < 0 || fflush(stdout)))
            return 1;
    }
}

/* ---- the parent ---------------------------------------------------------- */

/* Starts a child and waits until it has written READY epochs; its run to id. */
static pid_t start_child(const char *dir, int *id)
{
    char program[] = "/proc/self/exe", child[] = CHILD;
    char *folder = rt_xstrdup(dir);
    char *argv[] = { program, child, folder, NULL };
    posix_spawn_file_actions_t actions;
    int pipe_fd[2];
    pid_t pid;
    assert_int_equal(pipe(pipe_fd), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], 1);
    posix_spawn_file_actions_addclose(&actions, pipe_fd[0]);
    posix_spawn_file_actions_addclose(&actions, pipe_fd[1]);
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environ),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fd[1]);
    FILE *f = fdopen(pipe_fd[0], "r");
    assert_int_equal(fscanf(f, "%d", id), 1);
    fclose(f);
    free(folder);
    return pid;
}

static void kill_child(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void assert_whole(const char *dir)
{
    struct rt_err err = RT_ERR_INIT;
    char *path = rt_xprintf("%s/runs.db", dir);
    struct rt_db *db = rt_db_open(path, rt_store_tables, RT_DB_NORMAL, &err);
    assert_non_null(db);
    struct rt_stmt *s = rt_db_prepare(db, "PRAGMA integrity_check", &err);
    assert_int_equal(rt_stmt_step(s, &err), 1);
    char *says = rt_stmt_text(s, 0);
    assert_string_equal(says, "ok");
    free(says);
    rt_stmt_free(s);
    rt_db_close(db);
    free(path);
}

static void killed_run_is_interrupted_and_keeps_what_it_had(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_run_row *r;
    struct rt_run_note *v;
    int id, n;
    const char *dir = rt_test_temp();
    pid_t pid = start_child(dir, &id);
    struct rt_store *s = rt_store_open(dir, &err);
    assert_non_null(s);
    rt_assert_ok(rt_store_find(s, "doomed", &r, &err), &err);
    assert_string_equal(r->state, "running");
    rt_run_rows_free(r, 1);
    kill_child(pid);
    rt_assert_ok(rt_store_find(s, "doomed", &r, &err), &err);
    assert_int_equal(r->id, id);
    assert_string_equal(r->state, "interrupted");
    assert_true(r->epoch >= READY);
    assert_true(r->loss == (double)r->epoch);
    struct rt_history *h = rt_store_history(s, id, &err);
    assert_int_equal(rt_history_find(h, "loss")->n_epochs, r->epoch);
    rt_history_free(h);
    rt_run_rows_free(r, 1);
    rt_assert_ok(rt_store_notes(s, id, &v, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_true(v->order && !v->says);
    rt_run_notes_free(v, n);
    rt_store_close(s);
    assert_whole(dir);
}

/* Each at another moment of the child's writing. */
static void store_stays_whole_however_often_it_is_killed(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_run_row *r;
    int id, n, before;
    const char *dir = rt_test_temp();
    struct rt_store *s = rt_store_open(dir, &err);
    rt_assert_ok(rt_store_list(s, false, &r, &before, &err), &err);
    rt_run_rows_free(r, before);
    for (int i = 0; i < 4; i++)
        kill_child(start_child(dir, &id));
    rt_assert_ok(rt_store_list(s, false, &r, &n, &err), &err);
    assert_int_equal(n, before + 4);
    for (int i = 0; i < n; i++)
        assert_string_equal(r[i].state, "interrupted");
    rt_run_rows_free(r, n);
    rt_store_close(s);
    assert_whole(dir);
}

/* The lock dies with its process, not with a child of it. */
static void children_do_not_hold_a_runs_lock(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_run_record r = { .name = "parent" };
    struct rt_run_row *row;
    int id;
    char *dir = rt_xprintf("%s/other", rt_test_temp());
    struct rt_store *mine = rt_store_open(dir, &err);
    struct rt_store *s = rt_store_open(dir, &err);
    rt_assert_ok(rt_store_begin(mine, &r, &err), &err);
    pid_t pid = start_child(dir, &id);
    rt_store_close(mine);
    rt_assert_ok(rt_store_find(s, "parent", &row, &err), &err);
    assert_string_equal(row->state, "interrupted");
    rt_run_rows_free(row, 1);
    kill_child(pid);
    rt_store_close(s);
    free(dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_run_is_interrupted_and_keeps_what_it_had),
        cmocka_unit_test(store_stays_whole_however_often_it_is_killed),
        cmocka_unit_test(children_do_not_hold_a_runs_lock),
    };
    if (argc == 3 && !strcmp(argv[1], CHILD))
        return write_without_end(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
