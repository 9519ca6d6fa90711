/* A script is the first `keep` bytes of its base and the text of its own row.
 * The base is the newest script that this process kept, or one that that began
 * with: whichever has no more than what both say. A base is older than what
 * builds on it, so that even a damaged file has no circle. */
#include "store/scripts.h"

#include "base/mem.h"
#include "base/str.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* Less than that is not worth a row to be read. */
enum { LEAST_SHARED = 64 };

/* Whole lines that both begin with. */
static size_t shared(const char *a, const char *b)
{
    size_t n = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n')
            n = i + 1;
    return n < LEAST_SHARED ? 0 : n;
}

/* From *id down to the one that the first `keep` bytes come from; 0 if it is
 * gone, as another process may have purged all runs that had it. */
static int find_base(struct rt_store *s, size_t keep, int64_t *id,
                     struct rt_err *err)
{
    struct rt_stmt *q = rt_db_prepare(
        s->db, "SELECT base, keep FROM script WHERE id = ?1", err);
    int status = q ? 1 : RT_EIO;
    while (status > 0 && *id) {
        status = rt_stmt_bind(q, err, "i", *id);
        if (!status)
            status = rt_stmt_step(q, err);
        if (!status)
            *id = 0;
        if (status <= 0 || rt_stmt_int(q, 1) < (int64_t)keep)
            break;
        *id = rt_stmt_int(q, 0);
    }
    rt_stmt_free(q);
    return status < 0 ? status : 0;
}

int rt_store_put_script(struct rt_store *s, const char *text, int64_t *id,
                        struct rt_err *err)
{
    *id = 0;
    if (!text)
        return 0;
    size_t keep = s->script ? shared(s->script, text) : 0;
    int64_t base = keep ? s->script_id : 0;
    int status = base ? find_base(s, keep, &base, err) : 0;
    if (status)
        return status;
    if (!base)
        keep = 0;
    if (base && base == s->script_id && !text[keep] && !s->script[keep]) {
        *id = base;
        return 0;
    }
    struct rt_stmt *q = rt_db_prepare(
        s->db,
        "INSERT INTO script (base, keep, text) VALUES (nullif(?1, 0), ?2, ?3)"
        " RETURNING id",
        err);
    status = q ? rt_stmt_bind(q, err, "iit", base, (int64_t)keep, text + keep)
               : RT_EIO;
    if (!status && (status = rt_stmt_step(q, err)) > 0) {
        *id = rt_stmt_int(q, 0);
        status = rt_stmt_step(q, err);
    }
    rt_stmt_free(q);
    return status;
}

void rt_store_kept_script(struct rt_store *s, const char *text, int64_t id)
{
    if (id == s->script_id)
        return;
    free(s->script);
    s->script = rt_xstrdup(text);
    s->script_id = id;
}

char *rt_store_script(struct rt_store *s, int run, struct rt_err *err)
{
    struct rt_str text = RT_STR_INIT;
    struct rt_stmt *q = rt_db_prepare(
        s->db,
        "WITH RECURSIVE part (id, base, keep, text) AS ("
        " SELECT s.id, base, keep, text FROM script s JOIN run r"
        "  ON r.script = s.id WHERE r.id = ?1"
        " UNION ALL SELECT s.id, s.base, s.keep, s.text FROM script s"
        "  JOIN part p ON s.id = p.base WHERE s.id < p.id)"
        " SELECT keep, text FROM part ORDER BY id",
        err);
    int status = q ? rt_stmt_bind(q, err, "i", (int64_t)run) : RT_EIO;
    while (!status && (status = rt_stmt_step(q, err)) > 0) {
        char *part = rt_stmt_text(q, 1);
        int64_t keep = rt_stmt_int(q, 0);
        status =
            keep < 0 || keep > (int64_t)text.n
                ? rt_fail(err, RT_EFORMAT, "script of run %d: damaged", run)
                : 0;
        if (!status) {
            text.n = (size_t)keep; /* whatever was behind goes */
            rt_str_add(&text, part ? part : "");
        }
        free(part);
    }
    rt_stmt_free(q);
    if (!status) {
        char *whole = rt_str_take(&text);
        return whole ? whole : rt_xstrdup("");
    }
    rt_str_release(&text);
    rt_err_within(err, "store");
    return NULL;
}
