#include "CKernels.h"
#include "activation.h"
#include "dispatch.h"
#include "exponential.h"
#include <math.h>

ASSAY_INLINE void rms_norm(const float *x, const float *restrict weight, float *out, int features,
                           int stride, int width, float epsilon) {
  double sum[32] = {0};
  float scale[32];
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) sum[l] += (double)x[(size_t)f * stride + l] * (double)x[(size_t)f * stride + l];
  for (int l = 0; l < width; l++) scale[l] = (float)(1.0 / sqrt(sum[l] / features + (double)epsilon));
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) out[(size_t)f * stride + l] = (x[(size_t)f * stride + l] * scale[l]) * weight[f];
}

ASSAY_CLONES void assay_rms_norm(const float *x, const float *weight, float *out, int features, int stride,
                                 int width, float epsilon) {
  ASSAY_FOR_STRIPS(width, rms_norm(x + lane, weight, out + lane, features, stride, W, epsilon));
}

ASSAY_INLINE void layer_norm(const float *x, const float *restrict weight, const float *restrict bias,
                             float *out, int features, int stride, int width, float epsilon) {
  double sum[32] = {0}, squares[32] = {0};
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) sum[l] += (double)x[(size_t)f * stride + l];
  for (int l = 0; l < width; l++) sum[l] /= features;
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) {
      double centred = (double)x[(size_t)f * stride + l] - sum[l];
      squares[l] += centred * centred;
    }
  for (int l = 0; l < width; l++) squares[l] = 1.0 / sqrt(squares[l] / features + (double)epsilon);
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) {
      double centred = (double)x[(size_t)f * stride + l] - sum[l];
      out[(size_t)f * stride + l] = (float)(centred * squares[l]) * weight[f] + bias[f];
    }
}

ASSAY_CLONES void assay_layer_norm(const float *x, const float *weight, const float *bias, float *out, int features,
                                   int stride, int width, float epsilon) {
  ASSAY_FOR_STRIPS(width, layer_norm(x + lane, weight, bias, out + lane, features, stride, W, epsilon));
}

ASSAY_CLONES void assay_add_bias(float *restrict out, const float *restrict bias, int rows, int width) {
  for (int r = 0; r < rows; r++)
    for (int l = 0; l < width; l++) out[(size_t)r * width + l] += bias[r];
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

ASSAY_CLONES void assay_geglu(float *restrict gate, const float *restrict up, size_t count) {
  for (size_t i = 0; i < count; i++) gate[i] = gelu_tanh(gate[i]) * up[i];
}

ASSAY_CLONES void assay_gelu(float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = gelu(x[i]);
}

ASSAY_CLONES void assay_gelu_tanh(float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = gelu_tanh(x[i]);
}

ASSAY_CLONES void assay_soft_cap(float *restrict x, size_t count, float cap) {
  for (size_t i = 0; i < count; i++) x[i] = soft_cap(x[i], cap);
}

/// One head: pairs of rows, each read from end to end.
ASSAY_CLONES void assay_rope(float *restrict x, const float *restrict cosine, const float *restrict sine,
                             int head_size, int width) {
  for (int j = 0; j < head_size / 2; j++) {
    float *restrict even = x + (size_t)2 * j * width, *restrict odd = even + width;
    const float *restrict c = cosine + (size_t)j * width, *restrict s = sine + (size_t)j * width;
    for (int l = 0; l < width; l++) {
      float a = even[l], b = odd[l];
      even[l] = a * c[l] - b * s[l];
      odd[l] = a * s[l] + b * c[l];
    }
  }
}

void assay_set_lane(float *tile, const float *source, int features, int width, int lane) {
  for (int f = 0; f < features; f++) tile[(size_t)f * width + lane] = source[f];
}

void assay_get_lane(const float *tile, float *destination, int features, int width, int lane) {
  for (int f = 0; f < features; f++) destination[f] = tile[(size_t)f * width + lane];
}
