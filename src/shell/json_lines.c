#include "shell/json_lines.h"

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
void rt_json_told(void *ctx, const char *name, int line,
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
