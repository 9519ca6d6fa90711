/* What goes beyond plain layers comes back from the files of every version of
 * Keras: masks, states, constraints, penalties, three axes, attention. */
#include "keras_case.h"

/* Words of options stand in the order and by the defaults that the program
 * writes them in. */
static const char *const models[] = {
    /* three axes */
    "input x 5x4x3x2; zero_pad3d 1; conv3d 3 2,1,2 padding=same; "
    "max_pool3d 2 strides=1; upsample3d 2; crop3d 1; avg_pool3d 2; "
    "global_max_pool3d; output",
    "input x 3x3x3x2; conv3d 2 2 groups=2; global_avg_pool3d; output",
    /* masks: through recurrent layers, wrappers and merges */
    "input x 6x3; masking 0.5; bidirectional {lstm 2 return_sequences=yes}; "
    "time_distributed {dense 2}; output",
    "input a 6; embedding 9 4 mask_zero=yes name=words; "
    "gru 3 return_sequences=yes name=one; "
    "simple_rnn 3 return_sequences=yes from=words name=two; "
    "add from=one,two; lstm 2; output",
    /* states */
    "input x 4 batch_size=3; embedding 5 3 mask_zero=yes; "
    "lstm 4 return_sequences=yes stateful=yes; "
    "gru 2 return_sequences=yes stateful=yes; time_distributed {dense 5 "
    "softmax}; output",
    /* attention */
    "input q 4x3; input v 5x3; attention from=q,v use_scale=yes causal=yes; "
    "output",
    "input q 4x3; input v 5x3; input k 5x3; additive_attention from=q,v,k; "
    "output",
    "input w 5; embedding 7 4 mask_zero=yes; "
    "multi_head_attention 2 3 from=embedding_1,embedding_1 name=it; output",
    /* constraints, on any axes */
    "input x 5x5x2; conv2d 3 2 "
    "kernel_constraint=max_norm(max_value=1.5,axis=0x1x2); flatten; "
    "dense 3 kernel_constraint=unit_norm bias_constraint=non_neg; "
    "dense 2 kernel_constraint=min_max_norm(min_value=0.25,rate=0.5); output",
    /* weights that no place shares, and penalties on what is given */
    "input x 6x5x2; locally_connected2d 3 2,3 "
    "activity_regularizer=l2(l=0.25); flatten; reshape 15x3; "
    "locally_connected1d 2 3 kernel_regularizer=l1; "
    "activity_reg l1=0.5 l2=0.25; output",
};

static void what_is_beyond_plain_layers_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct rt_model *m = lines_model(models[i]);
        check_round(m, models[i]);
        rt_model_free(m);
    }
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_beyond_plain_layers_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
