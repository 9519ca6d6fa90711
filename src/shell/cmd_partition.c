/* partition: the rows of a data set divided into training, validation, test. */
#include "base/rng.h"
#include "data/split.h"
#include "data/weigh.h"
#include "shell/cmd.h"
#include "shell/parts.h"

#include <stdlib.h>

struct partition_args {
    const char *data, *by, *stratify;
    struct rt_numbers shares;
    int64_t seed;
};
static const struct rt_opt partition_opts[] = {
    RT_OPT(struct partition_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct partition_args, shares, .word = 2, .min = 0, .max = 1,
           .help = "shares of training, validation and, if wanted, test rows"),
    RT_OPT(struct partition_args, by, .def = "", .names = RT_NAMES_COLUMN,
           .help = "rows that are equal in this column stay together"),
    RT_OPT(struct partition_args, stratify, .def = "", .names = RT_NAMES_COLUMN,
           .help = "each part has the same shares of this column's classes"),
    RT_OPT(struct partition_args, seed, .def = "", .min = 0,
           .max = 9.007199254740992e15,
           .help = "of this partition; else the session's"),
    RT_OPT_END
};

static int run_partition(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct partition_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_dataset *d = rt_session_data(s, a->data, err);
    struct rt_dataset *part[RT_PARTS] = { NULL };
    uint32_t *rows[RT_PARTS] = { NULL };
    size_t count[RT_PARTS] = { 0 };
    int n = a->shares.n;
    if (!d)
        return rt_err_within(err, "partition");
    uint64_t seed =
        a->seed != INT64_MIN ? (uint64_t)a->seed : rt_session_seed(s);
    struct rt_key key =
        rt_key_text(rt_key_make(seed, RT_FOR_PARTITION), d->name);
    int rc =
        rt_split(d, a->shares.v, n, a->by, a->stratify, key, rows, count, err);
    for (int i = 0; !rc && i < n; i++) {
        char *name = rt_xprintf("%s.%s", d->name, rt_part_names[i]);
        if (count[i])
            part[i] = rt_dataset_pick(d, name, rows[i], count[i], err);
        if (count[i] && !part[i])
            rc = rt_err_code(err, RT_ENOMEM);
        if (part[i] && i > 0)
            rt_dataset_unweigh(part[i]); /* weights are for training */
        free(name);
    }
    if (!rc) {
        rt_parts_drop(s, d->name);
        rt_value_set_list(&call->out->value);
    }
    for (int i = 0; i < RT_PARTS; i++) {
        free(rows[i]);
        if (rc)
            rt_dataset_unref(part[i]);
        if (rc || !part[i])
            continue;
        struct rt_str *out = &call->out->text;
        rt_str_addf(out, "%s%s ", out->n ? ", " : "", part[i]->name);
        rt_str_add_count(out, (long long)count[i]);
        rt_value_set_text(rt_value_push(&call->out->value), part[i]->name);
        rt_session_data_set(s, part[i]);
    }
    if (!rc)
        rt_str_add(&call->out->text, " rows");
    return rc ? rt_err_within(err, "partition") : 0;
}

const struct rt_cmd rt_cmd_partition = {
    .group = "data",
    .name = "partition",
    .help = "divide the rows into NAME.train, NAME.val and NAME.test",
    .usage = "NAME TRAIN,VAL[,TEST] [by=COL] [stratify=COL] [seed=]",
    .opts = partition_opts,
    .args_size = sizeof(struct partition_args),
    .flags = RT_CMD_CHANGES,
    .run = run_partition,
    .details = "`fit NAME` then trains with the first and validates with the "
               "second; `scale` and\n`onehot` learn from the first and are "
               "applied to all. Shares that sum to less than 1\nleave rows "
               "out.",
    .example = "seed 1\ndata s generate blobs n=100\n"
               "partition s 0.8,0.1,0.1 stratify=y\ndescribe s.val\n",
};
