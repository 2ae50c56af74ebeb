#include "CKernels.h"
#include "absmax.h"
#include "bits.h"
#include <math.h>

#define SHIFT 12582912.0f  // 1.5 * 2^23: adding and subtracting it rounds to an integer, half to even

/// Nearest value of the format, ties to even, saturating; NaN stays NaN.
ASSAY_INLINE float round_minifloat(float x, assay_minifloat format) {
  uint32_t u = bits_of(x), sign = u & 0x80000000u;
  float magnitude = float_of(u & 0x7fffffffu);
  magnitude = magnitude > format.largest ? format.largest : magnitude;
  uint32_t exponent = bits_of(magnitude) & 0x7f800000u;
  uint32_t least = (uint32_t)(format.least_exponent + 127) << 23;
  exponent = exponent < least ? least : exponent;
  float shift = float_of(exponent + ((uint32_t)(23 - format.fraction_bits) << 23)) * 1.5f;
  float rounded = (magnitude + shift) - shift;
  rounded = rounded > format.largest ? format.largest : rounded;
  return float_of(sign | bits_of(rounded));
}

ASSAY_INLINE void minifloat_lanes(const float *restrict x, const float *restrict scale, float *restrict out,
                                  int features, int stride, int width, assay_minifloat format) {
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) {
      size_t i = (size_t)f * stride + l;
      out[i] = round_minifloat(x[i] / scale[l], format) * scale[l];
    }
}

ASSAY_CLONES void assay_round_minifloat(const float *x, const float *scale, float *out, int features, int stride,
                                        int width, assay_minifloat format) {
  ASSAY_FOR_STRIPS(width, minifloat_lanes(x + lane, scale + lane, out + lane, features, stride, W, format));
}

ASSAY_INLINE void microscaling_lanes(const float *restrict x, float *restrict out, int features, int stride,
                                     int width, assay_minifloat format) {
  float scale[32], inverse[32];
  for (int first = 0; first < features; first += 32) {
    int count = features - first < 32 ? features - first : 32;
    size_t start = (size_t)first * stride;
    lane_absmax(x + start, scale, count, stride, width);
    for (int l = 0; l < width; l++) {
      int exponent = (int)(bits_of(scale[l]) >> 23) - 127 - format.largest_exponent;
      // Both 2^e and 2^-e stay normal: what is smaller than 2^-120 is zero for any next layer.
      exponent = exponent < -120 ? -120 : exponent;
      float power = float_of((uint32_t)(exponent + 127) << 23);
      inverse[l] = float_of((uint32_t)(127 - exponent) << 23);
      scale[l] = scale[l] < INFINITY ? power : NAN;
    }
    for (int f = 0; f < count; f++)
      for (int l = 0; l < width; l++) {
        size_t i = start + (size_t)f * stride + l;
        out[i] = round_minifloat(x[i] * inverse[l], format) * scale[l];
      }
  }
}

ASSAY_CLONES void assay_round_microscaling(const float *x, float *out, int features, int stride, int width,
                                           assay_minifloat format) {
  ASSAY_FOR_STRIPS(width, microscaling_lanes(x + lane, out + lane, features, stride, W, format));
}

ASSAY_INLINE void nvfp4_lanes(const float *restrict x, const float *restrict tensor_scale, float *restrict out,
                              int features, int stride, int width) {
  const assay_minifloat e4m3 = {3, -6, 8, 448.0f}, e2m1 = {1, 0, 2, 6.0f};
  float scale[32];
  for (int first = 0; first < features; first += 16) {
    int count = features - first < 16 ? features - first : 16;
    size_t start = (size_t)first * stride;
    lane_absmax(x + start, scale, count, stride, width);
    for (int l = 0; l < width; l++) {
      float block = round_minifloat(scale[l] / 6.0f / tensor_scale[l], e4m3) * tensor_scale[l];
      scale[l] = scale[l] < INFINITY ? block : NAN;
    }
    for (int f = 0; f < count; f++)
      for (int l = 0; l < width; l++) {
        size_t i = start + (size_t)f * stride + l;
        float rounded = round_minifloat(x[i] / scale[l], e2m1) * scale[l];
        out[i] = scale[l] == 0.0f ? 0.0f : rounded;
      }
  }
}

ASSAY_CLONES void assay_round_nvfp4(const float *x, const float *tensor_scale, float *out, int features, int stride,
                                    int width) {
  ASSAY_FOR_STRIPS(width, nvfp4_lanes(x + lane, tensor_scale + lane, out + lane, features, stride, W));
}

ASSAY_INLINE void q8_0_lanes(const float *restrict x, float *restrict out, int features, int stride, int width) {
  float scale[32], inverse[32];
  for (int first = 0; first < features; first += 32) {
    int count = features - first < 32 ? features - first : 32;
    size_t start = (size_t)first * stride;
    lane_absmax(x + start, scale, count, stride, width);
    for (int l = 0; l < width; l++) {
      inverse[l] = scale[l] != 0.0f ? 127.0f / scale[l] : 0.0f;
      float half = float_of(half_rounded(bits_of(scale[l] / 127.0f)));
      scale[l] = scale[l] < INFINITY ? half : NAN;
    }
    for (int f = 0; f < count; f++)
      for (int l = 0; l < width; l++) {
        size_t i = start + (size_t)f * stride + l;
        out[i] = ((x[i] * inverse[l] + SHIFT) - SHIFT) * scale[l];
      }
  }
}

ASSAY_CLONES void assay_round_q8_0(const float *x, float *out, int features, int stride, int width) {
  ASSAY_FOR_STRIPS(width, q8_0_lanes(x + lane, out + lane, features, stride, W));
}

ASSAY_INLINE void q8_k_lanes(const float *restrict x, float *restrict out, int features, int stride, int width) {
  float largest[32], extreme[32], inverse[32], scale[32];
  for (int first = 0; first < features; first += 256) {
    int count = features - first < 256 ? features - first : 256;
    size_t start = (size_t)first * stride;
    for (int l = 0; l < width; l++) largest[l] = extreme[l] = 0;
    for (int f = 0; f < count; f++)
      for (int l = 0; l < width; l++) {
        float value = x[start + (size_t)f * stride + l], magnitude = fabsf(value);
        int keep = magnitude <= largest[l];
        extreme[l] = keep ? extreme[l] : value;
        largest[l] = keep ? largest[l] : magnitude;
      }
    for (int l = 0; l < width; l++) {
      inverse[l] = largest[l] != 0.0f ? -127.0f / extreme[l] : 0.0f;
      scale[l] = largest[l] == 0.0f ? 0.0f : largest[l] < INFINITY ? 1.0f / inverse[l] : NAN;
    }
    for (int f = 0; f < count; f++)
      for (int l = 0; l < width; l++) {
        size_t i = start + (size_t)f * stride + l;
        float q = (x[i] * inverse[l] + SHIFT) - SHIFT;
        out[i] = (q > 127.0f ? 127.0f : q) * scale[l];
      }
  }
}

ASSAY_CLONES void assay_round_q8_k(const float *x, float *out, int features, int stride, int width) {
  ASSAY_FOR_STRIPS(width, q8_k_lanes(x + lane, out + lane, features, stride, W));
}

ASSAY_INLINE void lane_range(const float *restrict x, float *restrict least, float *restrict greatest, int features,
                             int stride, int width) {
  float low[32] = {0}, high[32] = {0};
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) {
      float value = x[(size_t)f * stride + l];
      // Written so that a NaN is taken and kept.
      low[l] = value < low[l] || value != value ? value : low[l];
      high[l] = value > high[l] || value != value ? value : high[l];
    }
  for (int l = 0; l < width; l++) {
    least[l] = low[l];
    greatest[l] = high[l];
  }
}

ASSAY_CLONES void assay_lane_range(const float *x, float *least, float *greatest, int features, int stride,
                                   int width) {
  ASSAY_FOR_STRIPS(width, lane_range(x + lane, least + lane, greatest + lane, features, stride, W));
}

ASSAY_INLINE void asymmetric_lanes(const float *restrict x, const float *restrict scale, const float *restrict zero,
                                   float *restrict out, int features, int stride, int width, float top) {
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) {
      size_t i = (size_t)f * stride + l;
      float q = ((x[i] / scale[l] + SHIFT) - SHIFT) + zero[l];
      q = q < 0.0f ? 0.0f : q;
      q = q > top ? top : q;
      out[i] = scale[l] * (q - zero[l]);
    }
}

ASSAY_CLONES void assay_round_asymmetric(const float *x, const float *scale, const float *zero, float *out,
                                         int features, int stride, int width, float top) {
  ASSAY_FOR_STRIPS(width,
                   asymmetric_lanes(x + lane, scale + lane, zero + lane, out + lane, features, stride, W, top));
}
