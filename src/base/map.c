/* A map of names: the entries in order of insertion and, beside them, a hash
 * table of their numbers. Removing one moves the later ones down and makes the
 * table anew, which is right for the tens of names a session has. */
#include "base/map.h"

#include "base/mem.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* The slot that holds key, or the free one where it belongs. */
static int slot_of(const struct rt_map *m, const char *key)
{
    unsigned mask = (unsigned)m->n_slots - 1;
    unsigned i = (unsigned)rt_hash_bytes(0, key, strlen(key)) & mask;
    while (m->slot[i] && strcmp(m->v[m->slot[i] - 1].key, key) != 0)
        i = (i + 1) & mask;
    return (int)i;
}

static void rehash(struct rt_map *m, int n_slots)
{
    free(m->slot);
    m->slot = rt_xcalloc((size_t)n_slots, sizeof *m->slot);
    m->n_slots = n_slots;
    for (int i = 0; i < m->n; i++)
        m->slot[slot_of(m, m->v[i].key)] = i + 1;
}

void rt_map_release(struct rt_map *m)
{
    for (int i = 0; i < m->n; i++)
        free(m->v[i].key);
    free(m->v);
    free(m->slot);
    *m = (struct rt_map)RT_MAP_INIT;
}

int rt_map_index(const struct rt_map *m, const char *key)
{
    return m->n ? m->slot[slot_of(m, key)] - 1 : -1;
}

void *rt_map_get(const struct rt_map *m, const char *key)
{
    int i = rt_map_index(m, key);
    return i < 0 ? NULL : m->v[i].value;
}

void *rt_map_set(struct rt_map *m, const char *key, void *value)
{
    int i = rt_map_index(m, key);
    if (i >= 0) {
        void *old = m->v[i].value;
        m->v[i].value = value;
        return old;
    }
    if (m->n == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 8;
        m->v = rt_xrealloc(m->v, (size_t)m->cap * sizeof *m->v);
    }
    m->v[m->n].key = rt_xstrdup(key);
    m->v[m->n].value = value;
    m->n++;
    if (2 * m->n > m->n_slots)
        rehash(m, m->n_slots ? 2 * m->n_slots : 16);
    else
        m->slot[slot_of(m, key)] = m->n;
    return NULL;
}

void *rt_map_remove(struct rt_map *m, const char *key)
{
    int i = rt_map_index(m, key);
    if (i < 0)
        return NULL;
    void *old = m->v[i].value;
    free(m->v[i].key);
    memmove(m->v + i, m->v + i + 1, (size_t)(m->n - i - 1) * sizeof *m->v);
    m->n--;
    rehash(m, m->n_slots);
    return old;
}
