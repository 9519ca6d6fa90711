#include "shell/batch.h"

#include "base/file.h"
#include "shell/interp.h"
#include "shell/json_lines.h"
#include "shell/script_file.h"

#include <stdlib.h>

static bool failed(void *ctx, const struct rt_err *err)
{
    struct rt_batch *b = ctx;
    if (!b->go_on || b->session->quit_code >= 0 || err->code == RT_ECANCEL)
        return false;
    int code = b->report(b->session, err);
    b->code = b->code ? b->code : code;
    return true;
}

int rt_batch_text(struct rt_batch *b, const char *text, const char *name,
                  struct rt_err *err)
{
    struct rt_interp_each each = { .told = b->json ? rt_json_told : NULL,
                                   .failed = failed,
                                   .ctx = b };
    return b->json || b->go_on
               ? rt_interp_each(b->session->interp, text, name, &each, err)
               : rt_interp_text(b->session->interp, text, name, err);
}

/* What `info script` says, as where a script is sourced. */
static int name_script(struct rt_session *s, const char *file,
                       struct rt_err *err)
{
    struct rt_str line = RT_STR_INIT;
    rt_str_add(&line, "info script ");
    rt_interp_quote(file, &line);
    int rc = rt_interp_text(s->interp, rt_str_c(&line), NULL, err);
    rt_str_release(&line);
    return rc;
}

int rt_batch_file(struct rt_batch *b, const char *file, struct rt_err *err)
{
    unsigned char *text;
    size_t n;
    if (!b->json && !b->go_on)
        return rt_interp_file(b->session->interp, file, err);
    int rc = rt_script_check(file, err);
    if (!rc)
        rc = rt_file_read(file, 0, &text, &n, err);
    if (rc)
        return rc;
    rc = name_script(b->session, file, err);
    if (!rc)
        rc = rt_batch_text(b, (char *)text, file, err);
    free(text);
    return rc;
}
