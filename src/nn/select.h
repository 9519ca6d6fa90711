/* Sets of layers, as the words of a command name them:
 *
 *   name            a layer by its whole name, whatever stands in it
 *   encoder         a model within the model, or encoder/a one within that: all
 *                   its layers; as an end of the ways below, all of it
 *   block5_*        every name that fits the pattern (* ? [...])
 *   a..b            from a to b in the model's order
 *   upto:a after:a  to a with it, from behind it
 *   class:Conv2D    of a kind, by Keras' name or the command's
 *   prefix:enc_     names that begin so
 *   branch:out      what leads to this output and to no other
 *   !word           takes away; as the first word, from all layers
 *
 * Several words are joined, from left to right. */
#ifndef RT_NN_SELECT_H
#define RT_NN_SELECT_H
#include "nn/model.h"

/* chosen: one a layer, in m->layers' order, all written; no words: all layers.
 * Returns how many are chosen.
 * Errors: RT_ENOENT for a word that fits no layer, with the nearest names. */
int rt_select(const struct rt_model *m, const char *const *words, int n,
              bool *chosen, struct rt_err *err);
#endif
