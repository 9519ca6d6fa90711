#include "shell/settings.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/schema.h"
#include "train/order.h"

#include <stdlib.h>
#include <string.h>

static const char *const color[] = { "auto", "yes", "no", NULL };
const struct rt_opt rt_settings_opts[] = {
    RT_OPT(struct rt_settings, checkpoint_seconds, .def = "60", .min = 0,
           .max = 1e9,
           .help = "seconds between two checkpoints of a run; 0: none by the "
                   "clock"),
    RT_OPT(struct rt_settings, color, .def = "auto", .choices = color,
           .help = "colours; auto is yes on a terminal that has them"),
    RT_OPT(struct rt_settings, threads, .def = "0", .min = 0, .max = 1024,
           .help = "cores that compute, from the next start on; 0 is all"),
    RT_OPT(struct rt_settings, ascii, .def = "no",
           .help = "draw with plain characters alone, from the next start on"),
    RT_OPT_END
};
#define SIZES                                                                  \
    rt_settings_opts, sizeof(struct rt_opt), sizeof(struct rt_settings)

/* In force; and what the file says, without -o. NULL: all defaults. */
static struct rt_settings *now, *kept;

static struct rt_settings *in_force(void)
{
    if (!now)
        now = rt_args_default(SIZES);
    return now;
}

const struct rt_settings *rt_settings(void)
{
    return in_force();
}

void rt_settings_free(void)
{
    rt_args_free(now);
    rt_args_free(kept);
    now = kept = NULL;
}

static char *file_name(void)
{
    char *dir = rt_dir_config(), *file = rt_path_join(dir, "settings");
    free(dir);
    return file;
}

int rt_settings_read(struct rt_err *err)
{
    char *file = file_name();
    unsigned char *text = NULL;
    const char **words = NULL;
    size_t size;
    int n = 0, rc = 0;
    if (rt_file_exists(file)) {
        rc = rt_file_read(file, 1 << 20, &text, &size, err);
        if (!rc)
            rc = rt_line_split((const char *)text, &words, &n, err);
        struct rt_settings *read =
            rc ? NULL : rt_args_parse(SIZES, words, n, err);
        if (read) {
            rt_settings_free();
            kept = read;
            now = rt_args_copy(SIZES, kept);
        } else {
            rc = rt_err_code(err, RT_EINVAL);
            rt_err_within(err, "%s", file);
        }
    }
    free(words);
    free(text);
    free(file);
    return rc;
}

static int write_kept(struct rt_err *err)
{
    char *dir = rt_dir_config(), *file = file_name();
    struct rt_str text = RT_STR_INIT;
    rt_args_words(rt_settings_opts, sizeof(struct rt_opt), kept, false, &text);
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] == ' ')
            text.s[i] = '\n';
    rt_str_add(&text, text.n ? "\n" : "");
    int rc = rt_dir_make(dir, err);
    if (!rc)
        rc = rt_file_write(file, rt_str_c(&text), text.n, err);
    rt_str_release(&text);
    free(file);
    free(dir);
    return rc;
}

static int change(struct rt_settings **s, const char *word, struct rt_err *err)
{
    struct rt_settings *old = *s ? *s : rt_args_default(SIZES);
    struct rt_settings *new = rt_args_change(SIZES, old, &word, 1, err);
    if (!new) {
        if (!*s)
            rt_args_free(old);
        return rt_err_code(err, RT_EINVAL);
    }
    rt_args_free(old);
    *s = new;
    return 0;
}

int rt_settings_change(const char *word, bool keep, struct rt_err *err)
{
    struct rt_settings *was = rt_args_copy(SIZES, in_force());
    struct rt_settings *was_kept = kept ? rt_args_copy(SIZES, kept) : NULL;
    int rc = change(&now, word, err);
    if (!rc && keep)
        rc = change(&kept, word, err);
    if (!rc && keep)
        rc = write_kept(err);
    if (rc) {
        rt_settings_free();
        now = was;
        kept = was_kept;
        return rc;
    }
    rt_args_free(was);
    rt_args_free(was_kept);
    return 0;
}
