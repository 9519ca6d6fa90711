/* Which of the kernel tables this machine gets. */
#include "graph/kern.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct rt_kern *chosen = &rt_kern_base;

static void choose(void)
{
    const char *most = getenv("RETORT_ISA");
    if (most && strcmp(most, "base") == 0)
        return;
#if defined __x86_64__
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return;
    chosen = &rt_kern_avx2;
    if (most && strcmp(most, "avx2") == 0)
        return;
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        chosen = &rt_kern_avx512;
#endif
}

const struct rt_kern *rt_kern(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return chosen;
}
