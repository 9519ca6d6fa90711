/* What `runs export` writes of a run, as `runs import` takes it, and what is
 * asked about a run that was taken in. */
#include "fuzz.h"

#include "base/mem.h"
#include "store/marks.h"
#include "store/results.h"
#include "store/transfer.h"
#include "train/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rt_store *store;
static char folder[] = "/tmp/retort-fuzz-XXXXXX";

static void close_store(void)
{
    char *command = rt_xprintf("rm -r %s", folder);
    rt_store_close(store);
    if (system(command))
        perror(command);
    free(command);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct rt_err err = RT_ERR_INIT;
    (void)argc;
    (void)argv;
    if (!mkdtemp(folder) || !(store = rt_store_open(folder, &err))) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    atexit(close_store);
    return 0;
}

/* Questions, then away with it. */
static void look(int id)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_run_row *row;
    struct rt_run_note *note;
    struct rt_run_result *result;
    char number[16];
    int n;
    snprintf(number, sizeof number, "%d", id);
    fuzz_check(rt_store_find(store, number, &row, &err), &err);
    struct rt_history *h = rt_store_history(store, id, &err);
    fuzz_check(h ? 0 : -1, &err);
    rt_history_free(h);
    if (!rt_store_notes(store, id, &note, &n, &err))
        rt_run_notes_free(note, n);
    if (!rt_store_results(store, id, &result, &n, &err))
        rt_run_results_free(result, n);
    rt_store_delete(store, row, true, &err);
    rt_run_rows_free(row, 1);
    if (!rt_store_find(store, number, &row, &err)) {
        fuzz_check(rt_store_purge(store, row, &err), &err);
        rt_run_rows_free(row, 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rt_err err = RT_ERR_INIT;
    int id = 0;
    int status = rt_store_unpack(store, (const char *)data, n, &id, &err);
    fuzz_check(status, &err);
    if (!status)
        look(id);
    return 0;
}
