#include "CKernels.h"
#include "dispatch.h"
#include "exponential.h"
#include <math.h>

ASSAY_INLINE void rms_norm(const float *restrict x, const float *restrict weight, float *restrict out, int features,
                           int width, float epsilon) {
  double sum[32] = {0};
  float scale[32];
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) sum[l] += (double)x[f * width + l] * (double)x[f * width + l];
  for (int l = 0; l < width; l++) scale[l] = (float)(1.0 / sqrt(sum[l] / features + (double)epsilon));
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) out[f * width + l] = (x[f * width + l] * scale[l]) * weight[f];
}

ASSAY_CLONES void assay_rms_norm(const float *x, const float *weight, float *out, int features, int width,
                                 float epsilon) {
  ASSAY_FOR_WIDTH(width, rms_norm(x, weight, out, features, W, epsilon));
}

ASSAY_CLONES void assay_add(float *restrict x, const float *restrict y, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] += y[i];
}

ASSAY_CLONES void assay_swiglu(float *restrict gate, const float *restrict up, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i];
    gate[i] = (g / (1.0f + exp_f32(-g))) * up[i];
  }
}

ASSAY_INLINE void rope(float *restrict x, const float *restrict cosine, const float *restrict sine, int heads,
                       int head_size, int width) {
  for (int h = 0; h < heads; h++)
    for (int j = 0; j < head_size / 2; j++) {
      float *even = x + (size_t)(h * head_size + 2 * j) * width, *odd = even + width;
      const float *c = cosine + j * width, *s = sine + j * width;
      for (int l = 0; l < width; l++) {
        float a = even[l], b = odd[l];
        even[l] = a * c[l] - b * s[l];
        odd[l] = a * s[l] + b * c[l];
      }
    }
}

ASSAY_CLONES void assay_rope(float *x, const float *cosine, const float *sine, int heads, int head_size, int width) {
  ASSAY_FOR_WIDTH(width, rope(x, cosine, sine, heads, head_size, W));
}

void assay_set_lane(float *tile, const float *source, int features, int width, int lane) {
  for (int f = 0; f < features; f++) tile[(size_t)f * width + lane] = source[f];
}

void assay_get_lane(const float *tile, float *destination, int features, int width, int lane) {
  for (int f = 0; f < features; f++) destination[f] = tile[(size_t)f * width + lane];
}
