/* Tables to CSV files. */
#include "files/csv_write.h"

#include "base/file.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void rt_csv_field(const char *text, struct rt_str *out)
{
    size_t n = strlen(text);
    bool blank =
        n > 0 && (strchr(" \t", text[0]) || strchr(" \t", text[n - 1]));
    if (!blank && !strpbrk(text, ",\"\r\n")) {
        rt_str_addn(out, text, n);
        return;
    }
    rt_str_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            rt_str_addc(out, '"');
        rt_str_addc(out, *text);
    }
    rt_str_addc(out, '"');
}

/* The fewest digits that read back as the same float. */
static void add_single(float v, struct rt_str *out)
{
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)v);
        if (strtof(text, NULL) == v)
            break;
    }
    rt_str_add_exact(out, strtod(text, NULL));
}

static void add_cell(const struct rt_csv_column *c, size_t row,
                     struct rt_str *out)
{
    size_t i = row * (c->stride ? c->stride : 1);
    if (c->text && c->text[i])
        rt_csv_field(c->text[i], out);
    else if (c->single && !isnan(c->single[i]))
        add_single(c->single[i], out);
    else if (c->number && !isnan(c->number[i]))
        rt_str_add_exact(out, c->number[i]);
}

/* A line of one empty field would be no line at all. */
static void end_line(struct rt_str *line, int n_cols)
{
    if (n_cols == 1 && line->n == 0)
        rt_str_add(line, "\"\"");
    rt_str_addc(line, '\n');
}

static int put(FILE *f, struct rt_str *line, const char *file,
               struct rt_err *err)
{
    if (fwrite(line->s, 1, line->n, f) != line->n)
        return rt_fail_errno(err, "%s: cannot write", file);
    rt_str_clear(line);
    return 0;
}

int rt_csv_write(const char *file, const struct rt_csv_column *cols, int n_cols,
                 size_t n_rows, struct rt_err *err)
{
    struct rt_file_replace r;
    int status = rt_file_replace_open(&r, file, err);
    if (status)
        return status;
    struct rt_str line = RT_STR_INIT;
    for (int j = 0; j < n_cols; j++) {
        rt_str_add(&line, j ? "," : "");
        rt_csv_field(cols[j].name, &line);
    }
    end_line(&line, n_cols);
    status = put(r.f, &line, file, err);
    for (size_t i = 0; i < n_rows && !status; i++) {
        for (int j = 0; j < n_cols; j++) {
            rt_str_add(&line, j ? "," : "");
            add_cell(&cols[j], i, &line);
        }
        end_line(&line, n_cols);
        status = put(r.f, &line, file, err);
    }
    if (!status)
        status = rt_file_replace_commit(&r, err);
    rt_file_replace_abandon(&r);
    rt_str_release(&line);
    return status;
}

int rt_csv_write_rows(const char *file, const char *name, const float *v,
                      size_t n_rows, int width, struct rt_err *err)
{
    struct rt_csv_column *cols = rt_xcalloc((size_t)width, sizeof *cols);
    char **names = rt_xcalloc((size_t)width, sizeof *names);
    for (int j = 0; j < width; j++) {
        names[j] = width > 1 ? rt_xprintf("%s_%d", name, j) : rt_xstrdup(name);
        cols[j] = (struct rt_csv_column){
            .name = names[j],
            .single = v + j,
            .stride = (size_t)width,
        };
    }
    int status = rt_csv_write(file, cols, width, n_rows, err);
    for (int j = 0; j < width; j++)
        free(names[j]);
    free(names);
    free(cols);
    return status;
}
