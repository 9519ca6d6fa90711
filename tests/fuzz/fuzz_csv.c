/* Delimited text, plain or gzipped, as the reader of data sets takes it. */
#include "fuzz.h"

#include "base/schema.h"
#include "files/reader.h"

static const struct rt_reader *reader;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    reader = rt_reader_find("csv", NULL);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rt_err err = RT_ERR_INIT;
    const char *word = fuzz_file(data, n);
    void *args = rt_args_parse(reader->opts, sizeof *reader->opts,
                               reader->args_size, &word, 1, &err);
    struct rt_dataset *d = reader->read("d", args, &err);
    fuzz_check(d ? 0 : -1, &err);
    rt_dataset_unref(d);
    rt_args_free(args);
    return 0;
}
