/* An HDF5 file through the child that reads it, then the model in it. The
 * child is this program with other arguments. */
#include "fuzz.h"

#include "files/h5_child.h"
#include "files/keras_read.h"

#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    if (rt_h5_child_asked(*argc, *argv))
        _exit(rt_h5_child_main(*argv));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_model *m;
    fuzz_check(rt_keras_load(fuzz_file(data, n), NULL, &m, &err), &err);
    rt_model_free(m);
    return 0;
}
