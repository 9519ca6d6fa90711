/* An NPZ archive: every array in it. */
#include "fuzz.h"

#include "files/npy.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_npz z;
    fuzz_check(rt_npz_read(fuzz_file(data, n), NULL, 0, &z, &err), &err);
    rt_npz_free(&z);
    return 0;
}
