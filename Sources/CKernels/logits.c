#include "CKernels.h"
#include "dispatch.h"
#include "exponential.h"

ASSAY_INLINE assay_logit_summary shifted(assay_logit_summary s, int lane) {
  return (assay_logit_summary){s.best + lane,         s.second + lane, s.best_index + lane, s.second_index + lane,
                               s.sum + lane, s.chosen + lane, s.target + lane};
}

ASSAY_INLINE void summarize(const float *restrict logits, int rows, int stride, int width, int first_row,
                            assay_logit_summary s) {
  float best[32], second[32];
  int32_t best_index[32], second_index[32];
  double sum[32] = {0};
  for (int l = 0; l < width; l++) {
    best[l] = logits[l];
    second[l] = -__builtin_inff();
    best_index[l] = first_row;
    second_index[l] = first_row;
  }
  for (int r = 1; r < rows; r++)
    for (int l = 0; l < width; l++) {
      float x = logits[(size_t)r * stride + l];
      int32_t row = first_row + r;
      int above = x > best[l];  // strictly: on a tie the smaller token wins, as in argmax
      int between = x > second[l];
      second[l] = above ? best[l] : (between ? x : second[l]);
      second_index[l] = above ? best_index[l] : (between ? row : second_index[l]);
      best[l] = above ? x : best[l];
      best_index[l] = above ? row : best_index[l];
    }
  int r = 0;
  if (stride == 4 && width == 4) {
    // A narrow tile fills no vector with one row's lanes: eight rows are exponentiated together, then added in order.
    double shift[32], e[32];
    for (int i = 0; i < 32; i++) shift[i] = (double)best[i % 4];
    for (; r + 8 <= rows; r += 8) {
      for (int i = 0; i < 32; i++) e[i] = exp_f64((double)logits[(size_t)r * 4 + i] - shift[i]);
      for (int i = 0; i < 32; i++) sum[i % 4] += e[i];
    }
  }
  for (; r < rows; r++)
    for (int l = 0; l < width; l++) sum[l] += exp_f64((double)logits[(size_t)r * stride + l] - (double)best[l]);
  for (int l = 0; l < width; l++) {
    s.best[l] = best[l];
    s.second[l] = second[l];
    s.best_index[l] = best_index[l];
    s.second_index[l] = second_index[l];
    s.sum[l] = sum[l];
    int row = s.target[l] - first_row;
    if (row >= 0 && row < rows) s.chosen[l] = logits[(size_t)row * stride + l];
  }
}

ASSAY_CLONES void assay_summarize_logits(const float *logits, int rows, int width, int first_row,
                                         assay_logit_summary summary) {
  ASSAY_FOR_STRIPS(width, summarize(logits + lane, rows, width, W, first_row, shifted(summary, lane)));
}

double assay_exp(double x) { return exp_f64(x); }
