#include "shell/json_lines.h"

#include "base/file.h"
#include "shell/interp.h"
#include "shell/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_line(const struct rt_value *v)
{
    struct rt_str line = RT_STR_INIT;
    rt_value_json(v, &line);
    puts(rt_str_c(&line));
    fflush(stdout);
    rt_str_release(&line);
}

static bool is_empty(const struct rt_value *v)
{
    return v->kind == RT_VALUE_NONE || (v->kind == RT_VALUE_TEXT && !*v->text);
}

/* What has no value but a text for people gives that. */
static void told(void *ctx, const char *name, int line,
                 const struct rt_value *value, const char *text)
{
    struct rt_value v = { 0 };
    (void)ctx;
    if (is_empty(value) && !*text)
        return;
    rt_value_set_dict(&v);
    rt_value_put_int(&v, "line", line);
    rt_value_put_text(&v, "command", name);
    if (is_empty(value))
        rt_value_put_text(&v, "text", text);
    else
        rt_value_copy(rt_value_put(&v, "value"), value);
    put_line(&v);
    rt_value_release(&v);
}

int rt_json_text(struct rt_session *s, const char *text, const char *name,
                 struct rt_err *err)
{
    return rt_interp_each(s->interp, text, name, told, NULL, err);
}

int rt_json_file(struct rt_session *s, const char *file, struct rt_err *err)
{
    unsigned char *text;
    struct rt_str line = RT_STR_INIT;
    size_t n;
    int rc = rt_file_read(file, 0, &text, &n, err);
    if (rc)
        return rc;
    if (strlen((char *)text) != n)
        rc = rt_fail(err, RT_EFORMAT, "%s: is no script", file);
    rt_str_add(&line, "info script ");
    rt_interp_quote(file, &line);
    if (!rc)
        rc = rt_interp_text(s->interp, rt_str_c(&line), NULL, err);
    if (!rc)
        rc = rt_json_text(s, (char *)text, file, err);
    rt_str_release(&line);
    free(text);
    return rc;
}

void rt_json_error(const struct rt_err *err)
{
    struct rt_value v = { 0 };
    rt_value_set_dict(&v);
    rt_value_put_text(&v, "error", err->text);
    rt_value_put_text(&v, "code", rt_status_name(err->code));
    rt_value_put_int(&v, "exit", rt_status_exit(err->code));
    put_line(&v);
    rt_value_release(&v);
}

void rt_json_print(struct rt_session *s, const char *text)
{
    size_t n = strlen(text);
    (void)s;
    fputs(text, stderr);
    if (n && text[n - 1] != '\n')
        fputc('\n', stderr);
}
