/* inspect: what is in a file. */
#include "base/file.h"
#include "files/inspect.h"
#include "shell/cmd.h"
#include "shell/table.h"

#include <stdio.h>
#include <sys/stat.h>

struct args {
    const char *file;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, file, .word = 1, .names = RT_NAMES_FILE,
           .help = "an .h5, .npy, .npz, IDX or csv file"),
    RT_OPT_END
};

static void say_head(const char *file, const struct rt_inspect *i,
                     struct rt_str *out)
{
    struct stat st;
    rt_str_addf(out, "%s: %s", file, i->format);
    if (!stat(file, &st)) {
        rt_str_add(out, ", ");
        rt_str_add_bytes(out, (double)st.st_size);
    }
    if (i->about.n)
        rt_str_addf(out, "; %s", rt_str_c(&i->about));
    rt_str_addf(out, "\n%d array%s, ", i->arrays.n,
                i->arrays.n == 1 ? "" : "s");
    rt_str_add_count(out, i->n);
    rt_str_add(out, " numbers\n");
}

static void say_arrays(const struct rt_inspect *i, int width,
                       struct rt_str *out)
{
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "name", false);
    rt_table_column(&t, "shape", false);
    rt_table_column(&t, "numbers", true);
    rt_table_column(&t, "type", false);
    for (int k = 0; k < i->arrays.n; k++) {
        const struct rt_inspect_array *a = &i->arrays.v[k];
        struct rt_str count = RT_STR_INIT;
        rt_str_add_count(&count, a->n);
        rt_table_cell(&t, "%s", a->name);
        rt_table_cell(&t, "%s", rt_shape_text(&a->shape));
        rt_table_cell(&t, "%s", rt_str_c(&count));
        rt_table_cell(&t, "%s", a->type);
        rt_str_release(&count);
    }
    rt_table_print(&t, width, out);
    rt_table_release(&t);
}

static void put_value(const char *file, const struct rt_inspect *i,
                      struct rt_value *v)
{
    rt_value_set_dict(v);
    rt_value_put_text(v, "file", file);
    rt_value_put_text(v, "format", i->format);
    rt_value_put_text(v, "about", rt_str_c(&i->about));
    rt_value_put_int(v, "numbers", i->n);
    struct rt_value *list = rt_value_put(v, "arrays");
    rt_value_set_list(list);
    for (int k = 0; k < i->arrays.n; k++) {
        const struct rt_inspect_array *a = &i->arrays.v[k];
        struct rt_value *d = rt_value_push(list);
        rt_value_set_dict(d);
        rt_value_put_text(d, "name", a->name);
        rt_value_put_text(d, "type", a->type);
        struct rt_value *shape = rt_value_put(d, "shape");
        rt_value_set_list(shape);
        for (int j = 0; j < a->shape.rank; j++)
            rt_value_set_int(rt_value_push(shape), a->shape.dim[j]);
    }
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_inspect i;
    int rc = rt_inspect(a->file, &i, err);
    if (rc)
        return rt_err_within(err, "inspect");
    say_head(a->file, &i, &call->out->text);
    if (i.arrays.n)
        say_arrays(&i, call->s->table_width, &call->out->text);
    put_value(a->file, &i, &call->out->value);
    rt_inspect_release(&i);
    return 0;
}

const struct rt_cmd rt_cmd_inspect = {
    .group = "looking",
    .name = "inspect",
    .help = "what is in a file: arrays, columns, the model",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_LOOKS,
    .run = run,
    .details = "Reads .h5 (of Keras or not), .npy, .npz, IDX and csv; from a "
               "shell: retort inspect FILE.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 3\nsave_weights m.h5\n"
               "inspect m.h5\n",
};
