/* Writes the values of every epoch to a text file, a line each.
 * Source: Keras 2.3.1, keras.callbacks.CSVLogger: a column `epoch`, counted
 * from 0, then the series by name.
 *
 * A resumed run trains epochs again whose rows the file may have already. They
 * come out the same, so a row that stands where it would be written, or behind
 * that, is passed over; nothing that is in the file is ever lost. */
#include <errno.h>
#include <math.h>
#include <retort/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct args {
    const char *filename;
    const char *separator;
    bool append;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, filename, .word = 1, .names = RT_NAMES_FILE,
           .help = "file to write"),
    RT_OPT(struct args, separator, .word = 2, .def = ",",
           .help = "one character between values, or the word tab"),
    RT_OPT(struct args, append, .word = 3, .def = "no",
           .help = "go on at the file's end"),
    RT_OPT_END
};

struct state {
    FILE *f;
    char **column; /* without epoch; NULL until they are known */
    int n_columns;
    int64_t at;      /* where the next row belongs */
    int64_t resumed; /* the state was loaded: the file is ours already */
};

static int io_failed(const struct rt_host *h, struct rt_hook *at,
                     const struct args *a)
{
    return h->fail(at, "%s: %s", a->filename, strerror(errno));
}

/* 0 if it is none: part of a name or a number would not do. */
static char separator(const struct args *a)
{
    if (!strcmp(a->separator, "tab"))
        return '\t';
    bool good = strlen(a->separator) == 1 &&
                strspn(a->separator, ",;|:\t !#%&/~^") == 1;
    return good ? *a->separator : '\0';
}

/* ---- columns ------------------------------------------------------------- */

static int add_column(struct state *s, const char *name, size_t n)
{
    char **column =
        realloc(s->column, ((size_t)s->n_columns + 1) * sizeof *column);
    if (!column)
        return -1;
    s->column = column;
    s->column[s->n_columns] = strndup(name, n);
    return s->column[s->n_columns] ? (s->n_columns++, 0) : -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int columns_of_run(const struct rt_host *h, struct rt_hook *at,
                          struct state *s)
{
    const char *name;
    for (int i = 0; (name = h->series(at, i)); i++)
        if (add_column(s, name, strlen(name)))
            return -1;
    if (s->n_columns)
        qsort(s->column, (size_t)s->n_columns, sizeof *s->column, by_name);
    return 0;
}

/* Those that the first line of the file names; none if the file is empty. */
static int columns_of_file(const struct rt_host *h, struct rt_hook *at,
                           const struct args *a, struct state *s)
{
    char *line = NULL, sep[2] = { separator(a), '\0' };
    size_t cap = 0;
    ssize_t n = getline(&line, &cap, s->f);
    int status = RT_GO_ON;
    if (n <= 0) {
        free(line);
        return ferror(s->f) ? io_failed(h, at, a) : RT_GO_ON;
    }
    line[strcspn(line, "\r\n")] = '\0';
    char *cell = line + strcspn(line, sep);
    if (strncmp(line, "epoch", 5) || cell != line + 5)
        status = h->fail(at,
                         "%s begins with '%.40s', want a column epoch; "
                         "append=yes goes on with a file of csv_logger's and "
                         "the same separator",
                         a->filename, line);
    while (status == RT_GO_ON && *cell) {
        size_t len = strcspn(++cell, sep);
        if (add_column(s, cell, len))
            status = h->fail(at, "out of memory");
        cell += len;
    }
    free(line);
    if (s->at < n)
        s->at = n;
    return status;
}

/* ---- rows ---------------------------------------------------------------- */

/* The shortest text that reads back as the same number. */
static void put_number(FILE *to, double v)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    fputs(isnan(v) ? "nan" : text, to);
}

/* Whether the line stands somewhere behind s->at, which then goes behind it: a
 * run that went back, and was resumed after that, has its rows there. */
static bool find_line(struct state *s, const char *line, size_t n)
{
    char *there = NULL;
    size_t cap = 0;
    ssize_t got;
    int64_t at = s->at;
    bool found = false;
    if (fseek(s->f, (long)at, SEEK_SET))
        return false;
    while (!found && (got = getline(&there, &cap, s->f)) > 0) {
        found = (size_t)got == n && !memcmp(there, line, n);
        at += got;
    }
    free(there);
    if (found)
        s->at = at;
    return found;
}

static int put_line(struct state *s, const char *line, size_t n)
{
    char *there = malloc(n);
    if (!there || fseek(s->f, (long)s->at, SEEK_SET)) {
        free(there);
        return -1;
    }
    size_t got = fread(there, 1, n, s->f);
    bool same = !memcmp(there, line, got); /* or the begin, cut by a kill */
    free(there);
    if (!same && find_line(s, line, n))
        return 0;
    if (fseek(s->f, same ? (long)s->at : 0, same ? SEEK_SET : SEEK_END))
        return -1;
    if (same && got == n) {
        s->at += (int64_t)n;
        return 0;
    }
    if (fwrite(line, 1, n, s->f) != n || fflush(s->f))
        return -1;
    s->at = ftell(s->f);
    return s->at < 0 ? -1 : 0;
}

/* One line: the header, or this epoch's values. */
static int write_line(const struct rt_host *h, struct rt_hook *at,
                      const struct args *a, struct state *s, bool header)
{
    char *line = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&line, &n);
    if (!to)
        return io_failed(h, at, a);
    int64_t epoch = h->epoch(at);
    if (header)
        fputs("epoch", to);
    else
        fprintf(to, "%lld", (long long)epoch - 1);
    for (int i = 0; i < s->n_columns; i++) {
        fputc(separator(a), to);
        if (header)
            fputs(s->column[i], to);
        else if (h->metric_epoch(at, s->column[i]) == epoch)
            put_number(to, h->metric(at, s->column[i]));
        else
            fputs("NA", to);
    }
    fputc('\n', to);
    int bad = fclose(to) || put_line(s, line, n);
    int status = bad ? io_failed(h, at, a) : RT_GO_ON;
    free(line);
    return status;
}

/* ---- hooks --------------------------------------------------------------- */

static void close_file(struct state *s)
{
    if (s->f)
        fclose(s->f); /* each line was flushed */
    s->f = NULL;
    for (int i = 0; i < s->n_columns; i++)
        free(s->column[i]);
    free(s->column);
    s->column = NULL;
    s->n_columns = 0;
}

/* Finds the place of the next row, and the columns if there are some. */
static int find_place(const struct rt_host *h, struct rt_hook *at,
                      const struct args *a, struct state *s)
{
    int status = columns_of_file(h, at, a, s);
    if (status != RT_GO_ON)
        return status;
    if (fseek(s->f, 0, SEEK_END))
        return io_failed(h, at, a);
    long size = ftell(s->f);
    if (!s->resumed || s->at > size)
        s->at = size;
    return RT_GO_ON;
}

static int open_file(const struct rt_host *h, struct rt_hook *at,
                     const struct args *a, struct state *s)
{
    bool go_on = a->append || s->resumed;
    if (!separator(a))
        return h->fail(at,
                       "separator is '%s', want one character that is in no "
                       "name or number, as , ; | or the word tab",
                       a->separator);
    if (go_on)
        s->f = fopen(a->filename, "r+e");
    if (!s->f && (!go_on || errno == ENOENT))
        s->f = fopen(a->filename, "w+e");
    if (!s->f)
        return io_failed(h, at, a);
    int status = find_place(h, at, a, s);
    if (status != RT_GO_ON)
        close_file(s);
    return status;
}

/* Here and not at the first row, so that a file that cannot be written is said
 * before an epoch is spent on it. */
static int on_train_begin(const struct rt_host *h, struct rt_hook *at,
                          const void *args, void *state)
{
    return open_file(h, at, args, state);
}

static int on_epoch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    const struct args *a = args;
    struct state *s = state;
    int status = RT_GO_ON;
    if (!s->f) /* a run that went back goes on with a state just loaded */
        status = open_file(h, at, a, s);
    if (status == RT_GO_ON && !s->column)
        status = columns_of_run(h, at, s) ? h->fail(at, "out of memory")
                                          : write_line(h, at, a, s, true);
    if (status == RT_GO_ON)
        status = write_line(h, at, a, s, false);
    return status;
}

static int save(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    struct state *s = state;
    (void)args;
    return h->state_int(at, "at", &s->at) ? h->fail(at, "%s", h->error(at))
                                          : RT_GO_ON;
}

static int load(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    struct state *s = state;
    s->resumed = 1;
    return save(h, at, args, state);
}

static void release(void *state)
{
    close_file(state);
}

RT_PLUGIN(csv_logger) = {
    RT_PLUGIN_HEAD,
    .name = "csv_logger",
    .help = "write the values of every epoch to a text file",
    .opts = opts,
    .args_size = sizeof(struct args),
    .state_size = sizeof(struct state),
    .on_train_begin = on_train_begin,
    .on_epoch_end = on_epoch_end,
    .save = save,
    .load = load,
    .release = release,
};
