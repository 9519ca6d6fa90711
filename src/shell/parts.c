#include "shell/parts.h"

const char *const rt_part_names[RT_PARTS] = { "train", "val", "test" };

static struct rt_dataset *part(struct rt_session *s, const char *name, int i)
{
    char *full = rt_xprintf("%s.%s", name, rt_part_names[i]);
    struct rt_dataset *d = rt_map_get(&s->data, full);
    free(full);
    return d;
}

int rt_parts_find(struct rt_session *s, const char *name, struct rt_parts *p,
                  struct rt_err *err)
{
    *p = (struct rt_parts){ .n = 0 };
    struct rt_dataset *whole = rt_session_data(s, name, err);
    if (!whole)
        return RT_ENOENT;
    p->v[p->n++] = whole;
    p->train = whole;
    for (int i = 0; i < RT_PARTS; i++) {
        struct rt_dataset *d = part(s, name, i);
        if (d && i == 0)
            p->train = d;
        if (d)
            p->v[p->n++] = d;
    }
    return 0;
}

void rt_parts_replace(struct rt_session *s, const struct rt_parts *p,
                      struct rt_dataset *const *made)
{
    for (int i = 0; i < p->n; i++)
        rt_session_data_set(s, made[i]);
}

void rt_parts_drop(struct rt_session *s, const char *name)
{
    for (int i = 0; i < RT_PARTS; i++) {
        char *full = rt_xprintf("%s.%s", name, rt_part_names[i]);
        rt_dataset_unref(rt_map_remove(&s->data, full));
        free(full);
    }
}

void rt_parts_text(const struct rt_parts *p, struct rt_str *out)
{
    const char *whole = p->v[0]->name;
    rt_str_add(out, whole);
    for (int i = 1; i < p->n; i++)
        rt_str_addf(out, "%s%s", i > 1 ? ", " : " and its parts ",
                    p->v[i]->name + strlen(whole) + 1);
}
