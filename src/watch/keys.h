/* The keys of the watch screen: what each one does, when it does anything, and
 * what the help page and the last line say about it. One table, keys.def, is
 * all of these. */
#ifndef RT_WATCH_KEYS_H
#define RT_WATCH_KEYS_H
#include <stdbool.h>
#include <stdint.h>

/* A key is a code point (Ctrl-C is 3, Enter 13, Escape 27) or one of these. */
enum {
    RT_KEY_NONE = 0,
    RT_KEY_TAB = 9,
    RT_KEY_ENTER = 13,
    RT_KEY_ESCAPE = 27,
    RT_KEY_UP = 0x200000,
    RT_KEY_DOWN,
    RT_KEY_LEFT,
    RT_KEY_RIGHT,
    RT_KEY_HOME,
    RT_KEY_END,
    RT_KEY_PAGE_UP,
    RT_KEY_PAGE_DOWN,
    RT_KEY_DELETE,
    RT_KEY_BACKSPACE,
    RT_KEY_BACKTAB,
    RT_KEY_F1,
    RT_KEY_RESIZE, /* the terminal has another size */
    RT_KEY_GONE,   /* there is no terminal any more */
};
#define RT_KEY_CTRL(letter) ((letter)&0x1f)

/* What a key needs to be of use. */
enum {
    RT_ON_VIEW = 1,         /* the panels are shown */
    RT_ON_PAGE = 2,         /* a page (help, a command's answer) lies above */
    RT_ON_RUNNING = 4,      /* the run trains */
    RT_ON_PAUSED = 8,       /* it is paused */
    RT_ON_LIVE = 16,        /* it can take orders */
    RT_ON_RUNS = 32,        /* there are others to look at */
    RT_ON_CHARTS = 64,      /* there are curves */
    RT_ON_STEPS = 128,      /* epochs can be told as steps */
    RT_ON_PANELS = 256,     /* there is more than one panel to go to */
    RT_ON_ITEMS = 512,      /* the panel in focus has something to choose */
    RT_ON_SCROLL = 1024,    /* the page is longer than the screen */
    RT_ON_RATE = 2048,      /* the learning rate is known */
    RT_ON_COMMANDS = 4096,  /* there is somebody to run a command line */
    RT_ON_SYMBOLS = 8192,   /* the terminal shows more than ASCII */
    RT_ON_HIST = 16384,     /* there are layers to make histograms of */
    RT_ON_CURSOR = 1 << 15, /* the cursor is shown */
    RT_ON_PLAIN = 1 << 20,  /* it is not */
    RT_ON_ZOOM = 1 << 16,   /* not all epochs are shown */
    RT_ON_LAYER = 1 << 17,  /* the panel in focus has a layer chosen */
    RT_ON_LEARNS = 1 << 18, /* it, or one of those marked, learns */
    RT_ON_FROZEN = 1 << 19, /* all of them are frozen */
};

#define RT_KEY(act, ...) RT_ACT_##act,
enum rt_act {
    RT_ACT_none,
#include "watch/keys.def"
    RT_N_ACTS
};
#undef RT_KEY

struct rt_keystroke {
    enum rt_act act;
    const char *keys;  /* as written: "? F1" */
    int32_t code[6];   /* 0 after the last */
    unsigned needs;    /* all of RT_ON_... */
    const char *brief; /* on the last line: "help"; NULL: not there */
    const char *help;  /* "": told with another key */
};
/* In the order of the help page and the last line. */
const struct rt_keystroke *rt_keys(int *n);
/* What a key does where `on` holds; RT_ACT_none if nothing. */
enum rt_act rt_keys_act(int32_t code, unsigned on);
#endif
