#include "CKernels.h"
#include "dispatch.h"
#include "exponential.h"

// FP32 where llama.cpp's perplexity tool has FP32, with the expression's order; sums are double.
ASSAY_INLINE double term_of_code(float log_p, float q, float q_shift) {
  return (double)((float)exp_f64((double)log_p) * ((log_p - q) + q_shift));
}

ASSAY_INLINE void compare(const float *restrict p, const float *restrict q, int rows, int stride, int width,
                          int first_row, double floor, const assay_logit_pair s, int lane, double *restrict kl,
                          int32_t *restrict above) {
  double sum[32] = {0};
  int32_t count[32] = {0};
  for (int r = 0; s.is_code && r < rows; r++)
    for (int l = 0; l < width; l++) {
      float log_p = p[(size_t)r * stride + l];
      double term = term_of_code(log_p, q[(size_t)r * stride + l], (float)s.q_shift[lane + l]);
      sum[l] += (double)log_p > floor ? term : 0.0;
    }
  for (int r = 0; !s.is_code && r < rows; r++)
    for (int l = 0; l < width; l++) {
      double log_p = (double)p[(size_t)r * stride + l] - s.p_shift[lane + l];
      double log_q = (double)q[(size_t)r * stride + l] - s.q_shift[lane + l];
      double term = exp_f64(log_p) * (log_p - log_q);
      sum[l] += log_p > floor ? term : 0.0;
    }
  for (int r = 0; r < rows; r++)
    for (int l = 0; l < width; l++) {
      float x = q[(size_t)r * stride + l], level = s.level[lane + l];
      // On a tie the smaller token stands first, as in argmax.
      count[l] += (x > level) | ((x == level) & (first_row + r < s.token[lane + l]));
    }
  for (int l = 0; l < width; l++) {
    kl[l] = sum[l];
    above[l] = count[l];
  }
}

ASSAY_CLONES void assay_compare_logits(const float *p, const float *q, int rows, int width, int first_row,
                                       double floor, assay_logit_pair pair, double *kl, int32_t *above) {
  ASSAY_FOR_STRIPS(width, compare(p + lane, q + lane, rows, width, W, first_row, floor, pair, lane, kl + lane,
                                  above + lane));
}
