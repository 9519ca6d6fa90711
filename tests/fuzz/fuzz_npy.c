/* An NPY file. */
#include "fuzz.h"

#include "files/npy.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_npy a;
    fuzz_check(rt_npy_parse(data, n, "x.npy", &a, &err), &err);
    free(a.data);
    return 0;
}
