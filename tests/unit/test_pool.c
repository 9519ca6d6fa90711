#include "support.h"

#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { MANY = 1000 };

static int restore(void **state)
{
    (void)state;
    rt_pool_stop();
    return 0;
}

/* Each chunk has its own place; plain, so that TSan sees a missing barrier. */
struct places {
    int v[MANY];
};

static void mark(void *arg, int chunk)
{
    struct places *p = arg;
    p->v[chunk]++;
}

static void run_and_count(int n)
{
    static _Thread_local struct places p;
    memset(&p, 0, sizeof p);
    rt_pool_run(n, mark, &p);
    for (int i = 0; i < MANY; i++)
        if (p.v[i] != (i < n))
            abort(); /* also called off the main thread */
}

static void every_chunk_is_done_once(void **state)
{
    (void)state;
    static const int chunks[] = { 0, 1, 2, 3, 64, MANY };
    for (int threads = 1; threads <= 4; threads++) {
        rt_pool_threads(threads);
        assert_int_equal(rt_pool_n_threads(), threads);
        for (int i = 0; i < 6; i++)
            for (int again = 0; again < 20; again++)
                run_and_count(chunks[i]);
    }
}

static void one_thread_works_in_order(void **state)
{
    (void)state;
    rt_pool_threads(1);
    struct places p = { { 0 } };
    rt_pool_run(5, mark, &p);
    assert_int_equal(p.v[4], 1);
    assert_int_equal(rt_pool_n_threads(), 1);
}

static atomic_int together;

/* Waits for the other chunk, which only another thread can do meanwhile. */
static void meet(void *arg, int chunk)
{
    (void)arg;
    (void)chunk;
    atomic_fetch_add(&together, 1);
    while (atomic_load(&together) < 2)
        sched_yield();
}

static void workers_help_the_caller(void **state)
{
    (void)state;
    rt_pool_threads(2);
    for (int i = 0; i < 50; i++) {
        atomic_store(&together, 0);
        rt_pool_run(2, meet, NULL);
        assert_int_equal(atomic_load(&together), 2);
    }
}

static void inner(void *arg, int chunk)
{
    atomic_int *sum = arg;
    atomic_fetch_add(sum, chunk);
}

static void outer(void *arg, int chunk)
{
    (void)chunk;
    rt_pool_run(10, inner, arg);
}

static void runs_may_nest(void **state)
{
    (void)state;
    rt_pool_threads(3);
    for (int i = 0; i < 50; i++) {
        atomic_int sum = 0;
        rt_pool_run(8, outer, &sum);
        assert_int_equal(atomic_load(&sum), 8 * 45);
    }
}

static void *many_runs(void *arg)
{
    (void)arg;
    for (int i = 0; i < 300; i++)
        run_and_count(1 + i % 17);
    return NULL;
}

static void several_threads_share_the_pool(void **state)
{
    (void)state;
    pthread_t thread[4];
    rt_pool_threads(3);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, many_runs, NULL), 0);
    many_runs(NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
}

static void the_count_may_change_while_others_run(void **state)
{
    (void)state;
    pthread_t thread[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, many_runs, NULL), 0);
    for (int i = 0; i < 40; i++)
        rt_pool_threads(1 + i % 4);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
}

static volatile float tiny = 1e-38f;

static void halve(void *arg, int chunk)
{
    float *out = arg;
    out[chunk] = tiny * 0.25f;
}

static void workers_flush_denormals_as_the_caller_does(void **state)
{
    (void)state;
    float want, out[64];
    rt_flush_denormals();
    halve(&want, 0);
#if defined(__SSE2__)
    assert_true(want == 0);
#endif
    rt_pool_threads(2);
    rt_pool_run(64, halve, out);
    for (int i = 0; i < 64; i++)
        assert_true(out[i] == want);
}

static void there_is_a_core(void **state)
{
    (void)state;
    assert_true(rt_pool_cores() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_chunk_is_done_once, restore),
        cmocka_unit_test_teardown(one_thread_works_in_order, restore),
        cmocka_unit_test_teardown(workers_help_the_caller, restore),
        cmocka_unit_test_teardown(runs_may_nest, restore),
        cmocka_unit_test_teardown(several_threads_share_the_pool, restore),
        cmocka_unit_test_teardown(the_count_may_change_while_others_run,
                                  restore),
        cmocka_unit_test_teardown(workers_flush_denormals_as_the_caller_does,
                                  restore),
        cmocka_unit_test(there_is_a_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
