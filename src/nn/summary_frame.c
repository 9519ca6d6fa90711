/* The table of a model in Keras 3's manner: a frame with a line between rows.
 * Widths as print_summary of Keras 3 (keras/src/utils/summary_utils.py) asks
 * for them and the library "rich" gives them: columns with their padding are
 * too wide together and are narrowed evenly; words that do not fit go to the
 * next line, a word wider than its column is cut. */
#include "base/mem.h"
#include "base/str.h"
#include "nn/summary_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 6, LEAST = 4 };
enum align { LEFT, RIGHT, CENTER };
struct frame {
    int n;
    int width[COLUMNS]; /* of the text, padding aside */
    const char *head[COLUMNS];
    enum align align[COLUMNS];
};

/* ---- columns -------------------------------------------------------------
 */

static void add_column(struct frame *f, double *at, const char *head,
                       enum align align)
{
    for (int i = 0; i < f->n; i++)
        at[i] *= 0.9;
    at[f->n] = 1;
    f->head[f->n] = head;
    f->align[f->n++] = align;
}

/* Halves go to the even number, as Python rounds. */
static int evenly(int total, int parts)
{
    return (int)nearbyint((double)total / parts);
}

static void narrow(struct frame *f, int line)
{
    int sum = 0, room = line - f->n - 1;
    for (int i = 0; i < f->n; i++)
        sum += f->width[i] + 2;
    for (int i = 0, excess = sum - room; i < f->n; i++) {
        int less = evenly(excess, f->n - i);
        f->width[i] -= less;
        excess -= less;
        if (f->width[i] < LEAST)
            f->width[i] = LEAST;
    }
}

static struct frame frame_of(const struct rt_summary_spec *spec, bool chain)
{
    struct frame f = {
        .n = 3,
        .head = { "Layer (type)", "Output Shape", "Param #" },
        .align = { LEFT, LEFT, RIGHT },
    };
    double at[COLUMNS] = { 0.45, 0.80, 1 };
    int line = chain ? 88 : 108;
    int terminal = (spec->width > 0 ? spec->width : 80) - 4;
    if (!chain) {
        memcpy(at, (double[]){ 0.3, 0.56, 0.74, 1 }, 4 * sizeof *at);
        f.head[3] = "Connected to";
        f.n = 4;
    }
    if (spec->memory)
        add_column(&f, at, "Memory", RIGHT);
    if (spec->trainable)
        add_column(&f, at, "Trainable", CENTER);
    line += 12 * (spec->memory + spec->trainable);
    if (line > terminal)
        line = terminal;
    for (int i = 0, end = 0; i < f.n; i++) {
        f.width[i] = (int)(at[i] * line) - end;
        end += f.width[i];
        if (f.width[i] < LEAST)
            f.width[i] = LEAST;
    }
    narrow(&f, line);
    return f;
}

/* ---- text ----------------------------------------------------------------
 */

static void repeat(const char *s, int n, struct rt_str *out)
{
    while (n-- > 0)
        rt_str_add(out, s);
}

/* left, between, right: corners; along: the line. */
static void border(const struct frame *f, const char *left, const char *along,
                   const char *between, const char *right, struct rt_str *out)
{
    rt_str_add(out, left);
    for (int i = 0; i < f->n; i++) {
        rt_str_add(out, i ? between : "");
        repeat(along, f->width[i] + 2, out);
    }
    rt_str_addf(out, "%s\n", right);
}

/* The bytes of the next line of a text, at most `width` characters of whole
 * words; *skip: blanks behind it. */
static size_t wrap(const char *s, int width, size_t *skip)
{
    size_t end = 0, at = 0;
    for (;;) {
        size_t word = at + strcspn(s + at, " ");
        char *text = rt_xstrndup(s, word);
        bool fits = rt_summary_length(text) <= width;
        free(text);
        if (!fits && end)
            break;
        end = word;
        if (!s[word] || !fits)
            break;
        at = word + strspn(s + word, " ");
    }
    *skip = strspn(s + end, " ");
    return end;
}

static void cell(const struct frame *f, int column, const char *s, size_t bytes,
                 struct rt_str *out)
{
    char *text = rt_xstrndup(s, bytes);
    int width = f->width[column], n = rt_summary_length(text);
    if (n > width) {
        size_t keep = rt_summary_prefix(text, width - 1);
        char *cut = rt_xprintf("%.*s\u2026", (int)keep, text);
        free(text);
        text = cut;
        n = width;
    }
    int before = f->align[column] == LEFT     ? 0
                 : f->align[column] == CENTER ? (width - n) / 2
                                              : width - n;
    rt_str_pad(out, ' ', (size_t)before + 1);
    rt_str_add(out, text);
    rt_str_pad(out, ' ', (size_t)(width - n - before) + 1);
    free(text);
}

/* A row, as many lines high as its highest cell. */
static void row(const struct frame *f, const char *edge, const char *const *s,
                struct rt_str *out)
{
    const char *rest[COLUMNS];
    memcpy(rest, s, sizeof rest);
    for (bool more = true; more;) {
        more = false;
        rt_str_add(out, edge);
        for (int i = 0; i < f->n; i++) {
            size_t skip, n = wrap(rest[i], f->width[i], &skip);
            cell(f, i, rest[i], n, out);
            rt_str_add(out, edge);
            rest[i] += n + skip;
            more = more || *rest[i];
        }
        rt_str_addc(out, '\n');
    }
}

static void layer_row(const struct frame *f, const struct rt_summary_spec *spec,
                      const struct rt_summary_row *r, bool chain,
                      struct rt_str *out)
{
    struct rt_str count = RT_STR_INIT, from = RT_STR_INIT;
    const char *s[COLUMNS] = { r->name, r->shape };
    int n = 3;
    rt_str_add_count(&count, r->params);
    s[2] = rt_str_c(&count);
    for (int k = 0; k < r->n_from; k++)
        rt_str_addf(&from, "%s%s", k ? ", " : "", r->from[k]);
    if (!chain)
        s[n++] = r->n_from ? rt_str_c(&from) : "-";
    if (spec->memory)
        s[n++] = r->memory;
    if (spec->trainable)
        s[n++] = r->trainable;
    row(f, "│", s, out);
    rt_str_release(&count);
    rt_str_release(&from);
}

static void total(const char *what, int64_t n, struct rt_str *out)
{
    rt_str_addf(out, " %s params: ", what);
    rt_str_add_count(out, n);
    rt_str_add(out, " (");
    rt_summary_bytes(n * (int64_t)sizeof(float), out);
    rt_str_add(out, ")\n");
}

void rt_summary_framed(const struct rt_model *m,
                       const struct rt_summary_spec *spec,
                       const struct rt_summary_rows *rows, struct rt_str *out)
{
    struct frame f = frame_of(spec, rows->chain);
    rt_str_addf(out, "Model: \"%s\"\n", m->name);
    border(&f, "┏", "━", "┳", "┓", out);
    row(&f, "┃", f.head, out);
    border(&f, "┡", "━", "╇", "┩", out);
    for (int i = 0; i < rows->n; i++) {
        if (i)
            border(&f, "├", "─", "┼", "┤", out);
        layer_row(&f, spec, &rows->v[i], rows->chain, out);
    }
    border(&f, "└", "─", "┴", "┘", out);
    int64_t all = rt_model_params(m, false);
    int64_t trainable = rt_model_params(m, true);
    /* Keras counts what its optimizer holds: two numbers of its own, and the
     * slots. */
    int64_t slots =
        m->slots_of && m->iterations ? 2 + m->n_slots * trainable : 0;
    total("Total", all + slots, out);
    total("Trainable", trainable, out);
    total("Non-trainable", all - trainable, out);
    if (slots)
        total("Optimizer", slots, out);
}
