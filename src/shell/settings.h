/* Settings of the program, kept from one start to the next in
 * $XDG_CONFIG_HOME/retort/settings: a file of KEY=VALUE lines that holds what
 * differs from the defaults. `config` shows and changes them, -o KEY=VALUE
 * changes one for one start. Thread: main. */
#ifndef RT_SHELL_SETTINGS_H
#define RT_SHELL_SETTINGS_H
#include "base/err.h"
#include <retort/plugin.h>
#include <stdbool.h>

struct rt_settings {
    double checkpoint_seconds; /* 0: never by the clock */
    int color;                 /* enum rt_setting_color */
    int threads;               /* 0: all cores */
    bool ascii;
};
enum rt_setting_color { RT_COLOR_AUTO, RT_COLOR_YES, RT_COLOR_NO };
extern const struct rt_opt rt_settings_opts[];

/* Those in force. */
const struct rt_settings *rt_settings(void);
/* Reads what is kept. Errors: the file and its line; the defaults hold then. */
int rt_settings_read(struct rt_err *err);
/* KEY=VALUE, in force from now on; keep: also at the next start.
 * Errors: RT_EINVAL with the nearest key, or what the value should be; what
 *         writing says, and then it is in force but not kept. */
int rt_settings_change(const char *word, bool keep, struct rt_err *err);
void rt_settings_free(void); /* back to the defaults */
#endif
