/* runs import: a run that another store exported becomes one of this store. */
#include "base/file.h"
#include "shell/runs_sub.h"
#include "store/transfer.h"

#include <stdlib.h>

int rt_runs_import(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                   struct rt_err *err)
{
    const struct rt_texts *w = &ask->words;
    struct rt_run_row *row;
    unsigned char *text;
    char number[16];
    size_t n;
    int id;
    if (w->n != 1)
        return rt_fail(err, RT_EINVAL,
                       "want import FILE, one that `runs export RUN FILE.json` "
                       "wrote");
    struct rt_store *store = rt_session_store(call->s, err);
    if (!store)
        return err ? err->code : RT_EIO;
    int rc = rt_file_read(w->v[0], 0, &text, &n, err);
    if (rc)
        return rc;
    rc = rt_store_unpack(store, (const char *)text, n, &id, err);
    free(text);
    if (rc)
        return rt_err_within(err, "%s", w->v[0]);
    snprintf(number, sizeof number, "%d", id);
    rc = rt_store_find(store, number, &row, err);
    if (rc)
        return rc;
    rt_value_set_int(&call->out->value, id);
    rt_str_addf(&call->out->text, "run %d (%s), which was %s", id, row->name,
                row->origin);
    rt_run_rows_free(row, 1);
    return 0;
}
