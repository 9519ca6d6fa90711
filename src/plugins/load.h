/* Finding and opening plugins: the only user of dlfcn.h. A plugin once opened
 * stays open for the program's life (records are pointed to by attachments and
 * by runs). Errors: RT_EPLUGIN or RT_ENOENT, with the file, what was found
 * (missing symbol, ABI 2.0, wrong sizes) and what was wanted (ABI 1.x).
 * Thread: any; one opens at a time. */
#ifndef RT_PLUGINS_LOAD_H
#define RT_PLUGINS_LOAD_H
#include "base/err.h"
#include "base/str.h"
#include <retort/plugin.h>

/* Loads a file under its record's name or `as`. Loading the same file twice
 * gives the same record; one that was built anew since gives a new record,
 * which takes the name (those who use the old one keep it); another file under
 * a name in use, or one written over in place: RT_EEXIST. */
const struct rt_plugin *rt_plugin_load(const char *file, const char *as,
                                       struct rt_err *err);
/* From now on only from folders that the search path has now, and not from
 * below the project, where scripts write (base/guard.h). */
void rt_plugin_trust(void);
/* A kind by name: loaded already, or NAME.so found on the search path
 * ($RETORT_PLUGIN_PATH, the user's data folder/plugins, the built-in ones at
 * PROGRAM/plugins/.libs or PROGRAM/../lib/retort). RT_ENOENT with the nearest.
 */
const struct rt_plugin *rt_plugin_find(const char *name, struct rt_err *err);
/* All kinds that could be found now: sorted names, NULL-terminated; caller
 * frees the array (one block). */
char **rt_plugin_names(void);
struct rt_plugin_info {
    const char *name, *file;
    const struct rt_plugin *plugin;
};
/* The i-th that is loaded. false past the end. */
bool rt_plugin_loaded(int i, struct rt_plugin_info *out);
/* Writes DIR/NAME/{NAME.c,Makefile,README.md}: a plugin that builds outside
 * the tree with `make` (pkg-config retort). RT_EEXIST if DIR/NAME exists. */
int rt_plugin_write_template(const char *dir, const char *name,
                             struct rt_err *err);
#endif
