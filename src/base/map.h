/* A map from strings to pointers that keeps insertion order; keys are copied,
 * values are borrowed. Small maps (names of a session), not millions. */
#ifndef RT_BASE_MAP_H
#define RT_BASE_MAP_H

struct rt_map {
    struct rt_map_entry {
        char *key;
        void *value;
    } * v; /* in order of insertion */
    int n, cap;
    int *slot, n_slots; /* hash -> index + 1 */
};
#define RT_MAP_INIT                                                            \
    {                                                                          \
        0                                                                      \
    }
void rt_map_release(struct rt_map *m);
void *rt_map_get(const struct rt_map *m, const char *key); /* NULL if none */
int rt_map_index(const struct rt_map *m, const char *key); /* -1 if none */
void *rt_map_set(struct rt_map *m, const char *key, void *value); /* the old */
void *rt_map_remove(struct rt_map *m, const char *key);           /* the old */
#endif
