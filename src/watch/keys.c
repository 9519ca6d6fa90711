/* The table of keys and the look into it. */
#include "watch/keys.h"

#include <stddef.h>

#define KEYS(...)                                                              \
    {                                                                          \
        __VA_ARGS__                                                            \
    }
#define RT_KEY(a, keys_, codes, needs_, brief_, help_)                         \
    { .act = RT_ACT_##a,                                                       \
      .keys = keys_,                                                           \
      .code = codes,                                                           \
      .needs = needs_,                                                         \
      .brief = brief_,                                                         \
      .help = help_ },
static const struct rt_keystroke table[] = {
#include "watch/keys.def"
};
#undef RT_KEY

enum { N_CODES = sizeof table[0].code / sizeof table[0].code[0] };

const struct rt_keystroke *rt_keys(int *n)
{
    *n = (int)(sizeof table / sizeof *table);
    return table;
}

static bool has_code(const struct rt_keystroke *k, int32_t code)
{
    for (int i = 0; i < N_CODES && k->code[i]; i++)
        if (k->code[i] == code)
            return true;
    return false;
}

enum rt_act rt_keys_act(int32_t code, unsigned on)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if ((table[i].needs & ~on) == 0 && has_code(&table[i], code))
            return table[i].act;
    return RT_ACT_none;
}
