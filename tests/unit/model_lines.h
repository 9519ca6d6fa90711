/* Models as the commands that make them, for tests: the words of the shell's
 * language without its quoting. */
#ifndef RT_TESTS_MODEL_LINES_H
#define RT_TESTS_MODEL_LINES_H
#include "support.h"

#include "base/schema.h"
#include "nn/model.h"

#include <math.h>

enum { MOST_WORDS = 32 };

struct line_words {
    char text[512];
    const char *word[MOST_WORDS];
    int n;
};

static inline void line_split(struct line_words *w, const char *line)
{
    const char **v;
    char *to = w->text;
    assert_int_equal(rt_words_split(line, &v, &w->n, NULL), 0);
    assert_true(w->n <= MOST_WORDS);
    for (int i = 0; i < w->n; i++) {
        w->word[i] = to;
        to += sprintf(to, "%s", v[i]) + 1;
    }
    free(v);
}

/* Takes "key=value" out of the words; NULL if it is not there. */
static inline const char *line_take(struct line_words *w, const char *key)
{
    size_t n = strlen(key);
    for (int i = 0; i < w->n; i++)
        if (strncmp(w->word[i], key, n) == 0 && w->word[i][n] == '=') {
            const char *value = w->word[i] + n + 1;
            memmove(w->word + i, w->word + i + 1,
                    (size_t)(w->n - i - 1) * sizeof *w->word);
            w->n--;
            return value;
        }
    return NULL;
}

static inline double line_number(struct line_words *w, const char *key)
{
    const char *text = line_take(w, key);
    return text ? atof(text) : NAN;
}

static inline int line_compile(struct rt_model *m, struct line_words *w,
                               struct rt_err *err)
{
    struct rt_compile_words c = {
        .optimizer = w->word[1],
        .loss = line_take(w, "loss"),
        .loss_weights = line_take(w, "loss_weights"),
        .metrics = line_take(w, "metrics"),
        .clip = { line_number(w, "clipvalue"), line_number(w, "clipnorm"),
                  line_number(w, "global_clipnorm") },
    };
    c.words = w->word + 2;
    c.n_words = w->n - 2;
    if (c.n_words && strcmp(w->word[w->n - 1], "-reset") == 0) {
        c.reset = true;
        c.n_words--;
    }
    return rt_model_compile(m, &c, err);
}

static inline int line_layer(struct rt_model *m, struct line_words *w,
                             struct rt_err *err)
{
    const struct rt_layer *type = rt_layer_find(w->word[0], err);
    const char *name = line_take(w, "name"), *from = line_take(w, "from");
    const char **v = NULL;
    const char *const *words = w->word + 1;
    int n = 0, n_words = w->n - 1;
    if (!type)
        return err->code;
    if (type->max_in == RT_LAYER_NO_INPUT) {
        name = *words++;
        n_words--;
    }
    if (from && rt_list_split(from, &v, &n, err))
        return err->code;
    struct rt_model_layer *l =
        rt_model_add(m, type, name, v, n, words, n_words, err);
    free(v);
    return l ? 0 : err->code;
}

/* Runs one command. */
static inline int line_run(struct rt_model *m, const char *line,
                           struct rt_err *err)
{
    struct line_words w;
    rt_err_clear(err);
    line_split(&w, line);
    if (strcmp(w.word[0], "output") == 0) {
        const char *loss = line_take(&w, "loss");
        double weight = line_number(&w, "weight");
        return rt_model_output(m, w.n > 1 ? w.word[1] : NULL, loss, weight,
                               err);
    }
    if (strcmp(w.word[0], "call") == 0) {
        const char *from = line_take(&w, "from");
        return rt_model_call(m, w.word[1], &from, from ? 1 : 0, err);
    }
    if (strcmp(w.word[0], "at") == 0)
        return rt_model_at(m, w.word[1], err);
    if (strcmp(w.word[0], "compile") == 0)
        return line_compile(m, &w, err);
    return line_layer(m, &w, err);
}

/* Runs commands, one a line (or ';'), each marked for undo; fails the test on
 * an error. */
static inline void lines_run(struct rt_model *m, const char *lines)
{
    char line[512];
    struct rt_err err;
    while (*lines) {
        size_t n = strcspn(lines, "\n;");
        snprintf(line, sizeof line, "%.*s", (int)n, lines);
        lines += n + (lines[n] != '\0');
        while (*lines == ' ')
            lines++;
        if (!line[0])
            continue;
        rt_model_mark(m, line);
        if (line_run(m, line, &err))
            fail_msg("%s: %s", line, err.text);
    }
}

static inline struct rt_model *lines_model(const char *lines)
{
    struct rt_model *m = rt_model_new("m", 7);
    lines_run(m, lines);
    return m;
}

/* The commands of a model, caller frees. */
static inline char *lines_of(const struct rt_model *m)
{
    struct rt_str s = RT_STR_INIT;
    rt_model_commands(m, &s);
    return s.s ? rt_str_take(&s) : rt_str_take(&(struct rt_str)RT_STR_INIT);
}
/* A model of one layer, as its selftest says, which is the output. below: with
 * a dense layer of the same shape under each input, so that there are weights
 * below. */
static inline struct rt_model *layer_model(const struct rt_layer *l, bool below)
{
    struct rt_str lines = RT_STR_INIT, from = RT_STR_INIT;
    char rows[128];
    snprintf(rows, sizeof rows, "%s", l->selftest.in);
    int n = 0;
    for (char *p = strtok(rows, " "); p; p = strtok(NULL, " "), n++) {
        const char *last = strrchr(p, 'x');
        rt_str_addf(&lines, "input in%d %s\n", n, p);
        if (below)
            rt_str_addf(&lines, "dense %s tanh name=d%d\n", last ? last + 1 : p,
                        n);
        rt_str_addf(&from, "%s%s%d", n ? "," : "", below ? "d" : "in", n);
    }
    if (n)
        rt_str_addf(&lines, "%s %s name=it from=%s\n", l->name,
                    l->selftest.words, rt_str_c(&from));
    else
        rt_str_addf(&lines, "%s it %s\ndense 2 name=end\n", l->name,
                    l->selftest.words);
    rt_str_add(&lines, "output\n");
    struct rt_model *m = lines_model(rt_str_c(&lines));
    rt_str_release(&lines);
    rt_str_release(&from);
    return m;
}
#endif
