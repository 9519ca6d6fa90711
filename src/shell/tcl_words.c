#include "shell/tcl_words.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What the second word has to be for the line to be meant otherwise. */
enum second { NOTHING, ANY, DATA, LAYER, MODEL, MODEL_FILE };

static const struct {
    const char *word;
    enum second second;
    const char *says;
} words[] = {
    { "concat", LAYER, "layers are joined by `concatenate`" },
    { "continue", NOTHING, "`resume` lets a run go on that was paused" },
    { "history", ANY,
      "`runs history` has the numbers of a run, `plot` draws them" },
    { "join", DATA, "columns of sets are put together by `data NAME join`" },
    { "load", MODEL_FILE, "here it is `load_model` or `load_weights`" },
    { "rename", LAYER, "here it is `layer rename`" },
    { "rename", MODEL, "here it is `model rename`" },
    { "split", DATA, "rows are parted by `partition`" },
};

static bool is_model_file(const char *name)
{
    static const char *const ends[] = { ".h5", ".hdf5", ".keras", ".npz" };
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t len = strlen(ends[i]);
        if (n > len && !strcmp(name + n - len, ends[i]))
            return true;
    }
    return false;
}

static bool is_meant(const struct rt_session *s, enum second second,
                     const char *word)
{
    struct rt_place p;
    switch (second) {
    case NOTHING:
        return !*word;
    case ANY:
        return true;
    case DATA:
        return rt_map_get(&s->data, word);
    case LAYER:
        return s->model && !rt_model_place(s->model->model, word, &p, NULL);
    case MODEL:
        return rt_map_get(&s->models, word);
    case MODEL_FILE:
        return is_model_file(word);
    }
    return false;
}

void rt_tcl_words(const struct rt_session *s, const char *line,
                  struct rt_str *out)
{
    char *copy = rt_xstrdup(line), *save = NULL;
    const char *first = strtok_r(copy, " \t\n", &save);
    const char *second = first ? strtok_r(NULL, " \t\n", &save) : NULL;
    for (size_t i = 0; first && i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].word, first) &&
            is_meant(s, words[i].second, second ? second : "")) {
            rt_str_addf(out, "`%s` is Tcl's; %s", first, words[i].says);
            break;
        }
    free(copy);
}
