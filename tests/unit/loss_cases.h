/* Losses of 4 samples, computed in float64 by their definitions with NumPy,
 * written for this table alone. */
#ifndef RT_TESTS_LOSS_CASES_H
#define RT_TESTS_LOSS_CASES_H
/* clang-format off */
static const float case_reg_y[] = {-0.802f, -1.324f, -0.248f, 0.42f, 1.136f, 0.11f, -0.553f, -0.785f, 0.749f, 1.635f, 0.273f, -1.233f};
static const float case_reg_p[] = {-1.437f, 2.4f, 0.304f, -2.598f, -0.126f, -1.745f, -0.944f, -0.732f, -1.07f, 0.83f, -0.095f, -0.884f};
static const float case_pos_y[] = {2.749f, 3.493f, 0.987f, 3.592f, 0, 0.172f, 2.859f, 0.105f, 2.063f, 1.803f, 0.893f, 1.367f};
static const float case_pos_p[] = {3.244f, 1.334f, 0.681f, 2.824f, 1.849f, 3.216f, 0, 1.347f, 3.22f, 2.078f, 2.075f, 1.021f};
static const float case_one[] = {0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1};
static const float case_prob[] = {0.125f, 0.121f, 0.753f, 0.05f, 0.893f, 0.057f, 0.063f, 0.029f, 0.908f, 0.5f, 1.5f, 2};
static const float case_share[] = {0.448f, 0.447f, 0.105f, 0.171f, 0.706f, 0.123f, 0.3f, 0.243f, 0.457f, 0.246f, 0.304f, 0.451f};
static const float case_logit[] = {30, -20, 90, -5.194f, -4.804f, -5.13f, 3.868f, -1.442f, -3.884f, -4.544f, 1.685f, -4.219f};
static const float case_bits[] = {0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0};
static const float case_unit[] = {0.817f, 0.164f, 0.407f, 0.082f, 0.851f, 0.822f, 0.147f, 0.527f, 0.263f, 0.492f, 0.552f, 0.114f};
static const float case_sgn[] = {-1, 1, -1, -1, -1, -1, 1, 1, 1, -1, 1, -1};
static const float case_num[] = {1, 0, 2, 2};

static const struct loss_case {
    const char *spec;
    const float *y, *p;
    int y_width; /* of 3 outputs */
    double want[4];
} loss_cases[] = {
    { "mse",
      case_reg_y, case_reg_p, 3, { 4.85870192, 4.71399778, 1.15481709, 0.301750013 } },
    { "mae",
      case_reg_y, case_reg_p, 3, { 1.63700004, 2.04500003, 0.754333377, 0.507333348 } },
    { "mape",
      case_reg_y, case_reg_p, 3, { 194.342199, 838.675553, 106.771332, 70.7796527 } },
    { "msle",
      case_pos_y, case_pos_p, 3, { 0.157430364, 0.9228287, 0.831244472, 0.0896985354 } },
    { "msle",
      case_reg_y, case_reg_p, 3, { 0.522694197, 0.236611082, 0.10417677, 0.0637239128 } },
    { "logcosh",
      case_reg_y, case_reg_p, 3, { 1.12199615, 1.38640624, 0.409263431, 0.140006795 } },
    { "logcosh",
      case_pos_y, case_logit, 3, { 45.8925195, 5.60421676, 2.19756268, 3.61072731 } },
    { "huber",
      case_reg_y, case_reg_p, 3, { 1.19265487, 1.54500003, 0.465615027, 0.150875006 } },
    { "huber(delta=0.4)",
      case_reg_y, case_reg_p, 3, { 0.574800018, 0.738000011, 0.241815014, 0.123537505 } },
    { "hinge",
      case_sgn, case_reg_p, 3, { 0.434666663, 0.291333333, 1.91533335, 1.01366666 } },
    { "hinge",
      case_bits, case_reg_p, 3, { 0.434666663, 0.291333333, 1.91533335, 1.01366666 } },
    { "hinge",
      case_reg_y, case_reg_p, 3, { 1.75099737, 1.47541533, 0.901592687, 0.341978333 } },
    { "squared_hinge",
      case_sgn, case_reg_p, 3, { 0.566805325, 0.254625332, 3.68795341, 1.52046031 } },
    { "squared_hinge",
      case_bits, case_reg_p, 3, { 0.566805325, 0.254625332, 3.68795341, 1.52046031 } },
    { "categorical_hinge",
      case_one, case_reg_p, 3, { 0, 3.59800005, 2.07000005, 2.71399999 } },
    { "binary_crossentropy",
      case_bits, case_unit, 3, { 1.34290623, 1.23844627, 1.2978262, 0.464173148 } },
    { "BinaryCrossentropy(label_smoothing=0.2)",
      case_bits, case_unit, 3, { 1.25128844, 1.20988144, 1.20847102, 0.540549013 } },
    { "bce(from_logits=yes)",
      case_bits, case_logit, 3, { 46.6666667, 0.00653234321, 1.85976414, 0.0650995365 } },
    { "bce(from_logits=yes,label_smoothing=0.1)",
      case_bits, case_logit, 3, { 44.3333333, 0.258665673, 1.83546414, 0.239232869 } },
    { "categorical_crossentropy",
      case_one, case_prob, 3, { 2.11096426, 2.99573227, 0.0965109013, 0.693147181 } },
    { "categorical_crossentropy",
      case_share, case_prob, 3, { 1.90442504, 0.94452593, 1.73382333, 1.1223241 } },
    { "categorical_crossentropy(label_smoothing=0.1)",
      case_one, case_prob, 3, { 2.04893766, 2.89527921, 0.300246175, 0.748946395 } },
    { "categorical_crossentropy(from_logits=yes)",
      case_one, case_logit, 3, { 110, 1.26499432, 7.75735753, 5.90868873 } },
    { "categorical_crossentropy(from_logits=yes,label_smoothing=0.2)",
      case_share, case_logit, 3, { 72.1733337, 1.00815819, 4.74255261, 4.16958974 } },
    { "sparse_categorical_crossentropy",
      case_num, case_prob, 1, { 2.11096426, 2.99573227, 0.0965109013, 0.916290752 } },
    { "sparse_categorical_crossentropy(from_logits=yes)",
      case_num, case_logit, 1, { 110, 1.26499432, 7.75735753, 5.90868873 } },
    { "kullback_leibler_divergence",
      case_share, case_prob, 3, { 0.949127147, 0.13898212, 0.670997032, -0.895589074 } },
    { "kld",
      case_one, case_share, 3, { 0.805193773, 1.76608872, 0.783068954, 0.796284964 } },
    { "poisson",
      case_pos_y, case_pos_p, 3, { 0.465511841, 1.31967661, 16.0683079, 1.05833664 } },
    { "cosine_similarity",
      case_reg_y, case_reg_p, 3, { 0.476181496, 0.374425345, -0.151164305, -0.963509464 } },
    { "cosine_proximity",
      case_one, case_pos_p, 3, { -0.373348063, -0.605718082, -0.922533519, -0.328396845 } },
};
/* clang-format on */
#endif
