/* Delimited text, plain or gzipped, as the reader of data sets takes it. */
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_reader("csv", data, n);
    return 0;
}
