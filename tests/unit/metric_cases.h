/* Streaming metrics of 40 samples of 2 columns, computed in float64 by their
 * definitions with NumPy, written for this table alone. */
#ifndef RT_TESTS_METRIC_CASES_H
#define RT_TESTS_METRIC_CASES_H
/* clang-format off */
static const float stream_y[] = {0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0};
static const float stream_p[] = {0, 0.098f, 1, 0.035f, 0.492f, 0.5f, 0.25f, 0.274f, 0.323f, 0.711f, 0.729f, 0.856f, 0.205f, 0.206f, 0.526f, 1, 0.755f, 0.163f, 0.724f, 0.346f, 0.599f, 0.166f, 0.447f, 0.427f, 0.327f, 0.295f, 0.029f, 0.528f, 0.952f, 0.302f, 0, 0.684f, 0.483f, 1, 0.366f, 0.235f, 0.288f, 0.681f, 1, 0.145f, 0.188f, 0.499f, 0.142f, 0.282f, 0.563f, 0.698f, 0.624f, 0.356f, 0.58f, 0.545f, 0.432f, 0.115f, 0, 0.549f, 0.502f, 0.495f, 0.486f, 0.681f, 0.553f, 0.604f, 0.322f, 0.475f, 0.167f, 0.228f, 0.368f, 0.213f, 0.327f, 0.413f, 0.565f, 0, 0.632f, 0.406f, 0.621f, 0.494f, 0.189f, 0.469f, 0.853f, 0.839f, 0.808f, 0.882f};
static const float stream_ry[] = {1.364f, 3.771f, 3.916f, 4.119f, 4.084f, 3.404f, 3.348f, -0.005f, 2.669f, 1.505f, 3.252f, 2.065f, 4.237f, 4.638f, 3.617f, 3.632f, 3.186f, 2.104f, 2.671f, 2.009f, 3.776f, 3.028f, 4.163f, 0.343f, 4.776f, 1.475f, 1.531f, 2.605f, 1.873f, 3.582f, 1.852f, 0.861f, 1.308f, 5.624f, 3.089f, 0.665f, 3.017f, -0.112f, 6.579f, -0.049f, 3.958f, 4.087f, 0.1f, 3.601f, 4.994f, 3.935f, 3.522f, 4.898f, 3.322f, 3.673f, 2.747f, 4.264f, 1.117f, 4.584f, 1.989f, 0.819f, 3.73f, 6.386f, 4.923f, 1.969f, 4.396f, 2.092f, 2.752f, 3.179f, -1.634f, 3.383f, 0.941f, 1.605f, 0.051f, -0.033f, 1.113f, 4.651f, 6.332f, 2.95f, 5.184f, 2.472f, -0.824f, 3.3f, 3.891f, 2.143f};
static const float stream_rp[] = {1.576f, 4.172f, 3.312f, 3.085f, 3.929f, 3.256f, 3.101f, 0.686f, 3.877f, 1.213f, 3.741f, 2.724f, 4.736f, 5.371f, 3.345f, 4.15f, 4.603f, 2.667f, 2.237f, 2.434f, 4.66f, 3.286f, 3.769f, 1.423f, 3.901f, 1.827f, 1.52f, 1.769f, 2.727f, 3.826f, 1.035f, 1.282f, 1.006f, 4.292f, 2.607f, 0.849f, 3.462f, 0.004f, 6.611f, 0.28f, 3.81f, 4.911f, 0.204f, 3.807f, 5.373f, 3.195f, 3.026f, 5.968f, 3.557f, 3.475f, 2.986f, 3.927f, 1.312f, 4.118f, 2.182f, -0.285f, 4.662f, 6.027f, 3.816f, 1.812f, 4.136f, 2.199f, 1.95f, 3.457f, 0.902f, 2.488f, 1.177f, 1.387f, 0.186f, -1.301f, 0.307f, 4.973f, 6.305f, 4.095f, 4.691f, 2.594f, 1.215f, 2.764f, 3.258f, 2.118f};

static const struct stream_case {
    const char *spec;
    const float *y, *p;
    double want;
} stream_cases[] = {
    { "true_positives", stream_y, stream_p, 17 },
    { "FalsePositives", stream_y, stream_p, 15 },
    { "tn", stream_y, stream_p, 40 },
    { "false_negatives", stream_y, stream_p, 8 },
    { "precision", stream_y, stream_p, 0.53125 },
    { "recall", stream_y, stream_p, 0.68 },
    { "f1", stream_y, stream_p, 0.59649122807 },
    { "precision(thresholds=0.3)", stream_y, stream_p, 0.4 },
    { "Recall(0.7)", stream_y, stream_p, 0.36 },
    { "f1_score(threshold=0.25)", stream_y, stream_p, 0.547619047619 },
    { "auc", stream_y, stream_p, 0.748363636364 },
    { "auc(num_thresholds=20)", stream_y, stream_p, 0.748 },
    { "auc(num_thresholds=5)", stream_y, stream_p, 0.743272727273 },
    { "auc(num_thresholds=2)", stream_y, stream_p, 0.5 },
    { "rmse", stream_ry, stream_rp, 0.706214937643 },
    { "r2", stream_ry, stream_rp, 0.82946144762 },
};
/* clang-format on */
#endif
