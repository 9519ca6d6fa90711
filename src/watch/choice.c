/* What the user chose: filters, marked layers, runs laid over the one shown. */
#include "base/mem.h"
#include "watch/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- filters ------------------------------------------------------------- */

bool rt_view_filters_layers(const struct rt_view *v)
{
    return v->focus.panel == &rt_panel_layers ||
           v->focus.panel == &rt_panel_histogram ||
           v->focus.panel == &rt_panel_images;
}

void rt_view_filter(struct rt_view *v, const char *text)
{
    char *to = rt_view_filters_layers(v) ? v->layer_filter : v->chart_filter;
    snprintf(to, RT_FILTER_MAX, "%s", text);
    if (to == v->chart_filter)
        v->focus.which = 0;
    else
        rt_view_step_layer(v, 0);
}

bool rt_view_shows_layer(const struct rt_view *v, int i)
{
    return rt_filter_fits(v->layer_filter, v->snap.layers[i].name);
}

bool rt_view_step_layer(struct rt_view *v, int n)
{
    int shown = 0, place = -1, count = v->has_snap ? v->snap.n_layers : 0;
    for (int i = 0; i < count; i++)
        if (rt_view_shows_layer(v, i)) {
            place = i <= v->layer ? shown : place;
            shown++;
        }
    place = (place < 0 ? 0 : place) + n;
    place = place >= shown ? shown - 1 : place;
    place = place < 0 ? 0 : place;
    for (int i = 0; i < count; i++)
        if (rt_view_shows_layer(v, i) && place-- == 0)
            v->layer = i;
    return shown > 1;
}

/* ---- marked layers ------------------------------------------------------- */

static void make_room(struct rt_view *v)
{
    int n = v->snap.n_layers;
    if (v->n_marks >= n)
        return;
    v->marked = rt_xrealloc(v->marked, (size_t)n * sizeof *v->marked);
    while (v->n_marks < n)
        v->marked[v->n_marks++] = false;
}

static bool any_marked(const struct rt_view *v)
{
    for (int i = 0; i < v->n_marks; i++)
        if (v->marked[i])
            return true;
    return false;
}

bool rt_view_marked(const struct rt_view *v, int i)
{
    return i >= 0 && i < v->n_marks && v->marked[i];
}

bool rt_view_picks(const struct rt_view *v, int i)
{
    return any_marked(v) ? rt_view_marked(v, i) : i == v->layer;
}

void rt_view_mark(struct rt_view *v, int i)
{
    make_room(v);
    if (i >= 0 && i < v->n_marks)
        v->marked[i] = !v->marked[i];
}

void rt_view_mark_all(struct rt_view *v)
{
    bool mark = !any_marked(v);
    make_room(v);
    for (int i = 0; i < v->n_marks && i < v->snap.n_layers; i++)
        v->marked[i] = mark && rt_view_shows_layer(v, i);
}

void rt_view_unmark(struct rt_view *v)
{
    free(v->marked);
    v->marked = NULL;
    v->n_marks = 0;
}

/* ---- runs ---------------------------------------------------------------- */

bool rt_view_overlay(struct rt_view *v, int number)
{
    for (int i = 0; i < v->n_others; i++)
        if (v->others[i] == number) {
            memmove(v->others + i, v->others + i + 1,
                    (size_t)(v->n_others - i - 1) * sizeof *v->others);
            v->n_others--;
            return true;
        }
    if (v->n_others == RT_OTHERS_MAX)
        return false;
    v->others[v->n_others++] = number;
    return true;
}

/* ---- files --------------------------------------------------------------- */

const char *rt_view_file(const struct rt_view *v)
{
    static char file[160];
    const char *what = "loss";
    int which = v->focus.which;
    if (rt_view_filters_layers(v))
        what = v->has_snap && v->layer >= 0 && v->layer < v->snap.n_layers
                   ? v->snap.layers[v->layer].name
                   : "layer";
    else if (v->focus.panel == &rt_panel_losses && which < v->charts.list.n)
        what = v->charts.list.v[which]->key;
    snprintf(file, sizeof file, "%.60s-%d-%.60s.png", v->run.name,
             v->run.number, what);
    for (char *s = file; *s; s++)
        *s = *s == '/' || *s == ' ' ? '_' : *s;
    return file;
}

int rt_view_write(struct rt_view *v, const char *file, struct rt_err *err)
{
    const struct rt_panel *p = v->focus.panel;
    if (p == &rt_panel_layers)
        p = &rt_panel_histogram;
    return p->write ? p->write(v, file, err)
                    : rt_panel_losses.write(v, file, err);
}
