/* What `plugin new` writes: the smallest plugin that does something, a Makefile
 * and a page on what to do next. "@NAME@" stands for the plugin's name,
 * "@INCLUDE@" for the folder of retort/plugin.h where it is known. */
#include "base/guard.h"
#include "base/file.h"
#include "base/mem.h"
#include "plugins/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char source[] =
    "/* @NAME@: ends training when a loss passes a limit.\n"
    " *\n"
    " *     plugin load ./@NAME@.so\n"
    " *     callback add @NAME@ val_loss limit=10\n"
    " *\n"
    " * Every hook runs on the run's training thread. What a hook keeps is in\n"
    " * its state, never in globals: two runs may use the plugin at once. */\n"
    "#include <math.h>\n"
    "#include <retort/plugin.h>\n"
    "\n"
    "/* What users may say: one entry of opts for each field. */\n"
    "struct args {\n"
    "    const char *monitor;\n"
    "    double limit;\n"
    "};\n"
    "static const struct rt_opt opts[] = {\n"
    "    RT_OPT(struct args, monitor, .word = 1, .def = \"loss\",\n"
    "           .names = RT_NAMES_SERIES, .help = \"series to look at\"),\n"
    "    RT_OPT(struct args, limit, .word = 2, .def = \"inf\", .live = 1,\n"
    "           .help = \"largest value that is still good\"),\n"
    "    RT_OPT_END\n"
    "};\n"
    "\n"
    "/* What one run of it remembers; all zero when a fit begins. */\n"
    "struct state {\n"
    "    double worst;\n"
    "    int64_t epoch; /* of the worst; 0: none yet */\n"
    "};\n"
    "\n"
    "static int on_epoch_end(const struct rt_host *h, struct rt_hook *at,\n"
    "                        const void *args, void *state)\n"
    "{\n"
    "    const struct args *a = args;\n"
    "    struct state *s = state;\n"
    "    if (h->metric_epoch(at, a->monitor) < h->epoch(at))\n"
    "        return RT_GO_ON; /* this epoch has no such value */\n"
    "    double now = h->metric(at, a->monitor);\n"
    "    if (!s->epoch || now > s->worst) {\n"
    "        s->worst = now;\n"
    "        s->epoch = h->epoch(at);\n"
    "    }\n"
    "    h->status(at, \"worst %.4g at %lld\", s->worst,\n"
    "              (long long)s->epoch);\n"
    "    if (!isnan(now) && now <= a->limit)\n"
    "        return RT_GO_ON;\n"
    "    h->log(at, \"%s is %g, limit %g: training ends\", a->monitor, now,\n"
    "           a->limit);\n"
    "    return RT_STOP;\n"
    "}\n"
    "\n"
    "/* The same walk saves and loads, so that a resumed run is the same. */\n"
    "static int walk(const struct rt_host *h, struct rt_hook *at,\n"
    "                const void *args, void *state)\n"
    "{\n"
    "    struct state *s = state;\n"
    "    (void)args;\n"
    "    if (h->state_number(at, \"worst\", &s->worst)\n"
    "        || h->state_int(at, \"epoch\", &s->epoch))\n"
    "        return h->fail(at, \"%s\", h->error(at));\n"
    "    return RT_GO_ON;\n"
    "}\n"
    "\n"
    "RT_PLUGIN(@NAME@) = {\n"
    "    RT_PLUGIN_HEAD,\n"
    "    .name = \"@NAME@\",\n"
    "    .help = \"stop when a series passes a limit\",\n"
    "    .opts = opts,\n"
    "    .args_size = sizeof(struct args),\n"
    "    .state_size = sizeof(struct state),\n"
    "    .on_epoch_end = on_epoch_end,\n"
    "    .save = walk,\n"
    "    .load = walk,\n"
    "};\n";

static const char makefile[] =
    "# make builds @NAME@.so. pkg-config finds the header, or say where:\n"
    "#     make INCLUDE=/folder/that/holds/retort\n"
    "INCLUDE ?= @INCLUDE@\n"
    "CFLAGS ?= -O2 -g -Wall -Wextra\n"
    "\n"
    "FOUND := $(shell pkg-config --exists retort 2>/dev/null && echo yes)\n"
    "ifeq ($(FOUND),yes)\n"
    "HEADER := $(shell pkg-config --cflags retort)\n"
    "else ifneq ($(strip $(INCLUDE)),)\n"
    "HEADER := -I$(strip $(INCLUDE))\n"
    "else\n"
    "$(error pkg-config does not know retort: install it, add the folder \\\n"
    "of retort.pc to PKG_CONFIG_PATH, or say make INCLUDE=DIR)\n"
    "endif\n"
    "\n"
    "@NAME@.so: @NAME@.c Makefile\n"
    "\t$(CC) $(CPPFLAGS) $(HEADER) $(CFLAGS) -std=gnu11 -fPIC -shared \\\n"
    "\t    -fvisibility=hidden $(LDFLAGS) -o $@ $< -lm\n"
    "\n"
    "clean:\n"
    "\trm -f @NAME@.so\n"
    ".PHONY: clean\n";

static const char readme[] =
    "# @NAME@\n"
    "\n"
    "A callback for retort. `make` builds `@NAME@.so`; at retort's prompt:\n"
    "\n"
    "    plugin load ./@NAME@.so\n"
    "    callback add @NAME@ val_loss limit=10\n"
    "    fit ...\n"
    "\n"
    "Change `@NAME@.c`, run `make`, and `plugin load` again: fits that begin\n"
    "then use the new one. A plugin in a folder of `$RETORT_PLUGIN_PATH`, or\n"
    "in `~/.local/share/retort/plugins`, is found without `plugin load`.\n"
    "\n"
    "All that a plugin can do stands in `<retort/plugin.h>`, and with\n"
    "examples in the page on plugins of retort's documentation, plugins.md.\n";

/* The text with its marks filled in. */
static char *fill(const char *text, const char *name, const char *include)
{
    struct rt_str b = RT_STR_INIT;
    for (const char *at; (at = strchr(text, '@'));) {
        rt_str_addn(&b, text, (size_t)(at - text));
        if (!strncmp(at, "@NAME@", 6)) {
            rt_str_add(&b, name);
            text = at + 6;
        } else if (!strncmp(at, "@INCLUDE@", 9)) {
            rt_str_add(&b, include);
            text = at + 9;
        } else { /* make's own $@ */
            rt_str_addc(&b, '@');
            text = at + 1;
        }
    }
    rt_str_add(&b, text);
    return rt_str_take(&b);
}

static int put(const char *folder, const char *file, const char *text,
               const char *name, const char *include, struct rt_err *err)
{
    char *path = rt_path_join(folder, file);
    char *filled = fill(text, name, include);
    int status = rt_file_write(path, filled, strlen(filled), err);
    free(filled);
    free(path);
    return status;
}

/* Where a program that was not installed has its header: beside the source it
 * was built in. "" if it is not there. */
static char *header_folder(void)
{
    char *program = rt_dir_program();
    char *folder = rt_path_join(program, "include");
    char *header = rt_path_join(folder, "retort/plugin.h");
    if (!rt_file_exists(header))
        *folder = '\0';
    free(header);
    free(program);
    return folder;
}

static bool is_identifier(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n < 64 && !s[n] && *s >= 'a' && *s <= 'z';
}

int rt_plugin_write_template(const char *dir, const char *name,
                             struct rt_err *err)
{
    if (!is_identifier(name))
        return rt_fail(err, RT_EINVAL,
                       "plugin: '%s' is no name for one, want small letters, "
                       "digits and _, a letter first",
                       name);
    char *folder = rt_path_join(dir, name);
    char *file = rt_xprintf("%s.c", name);
    char *include = header_folder();
    int status = 0;
    if (rt_guard_write(folder, err))
        status = RT_EIO;
    else if (mkdir(folder, 0777))
        status = errno == EEXIST ? rt_fail(err, RT_EEXIST,
                                           "plugin: %s exists already", folder)
                                 : rt_fail_errno(err, "plugin: %s", folder);
    else if (put(folder, file, source, name, include, err) ||
             put(folder, "Makefile", makefile, name, include, err) ||
             put(folder, "README.md", readme, name, include, err))
        status = rt_err_code(err, RT_EIO);
    free(include);
    free(file);
    free(folder);
    return status;
}
