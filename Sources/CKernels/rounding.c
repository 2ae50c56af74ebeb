#include "CKernels.h"
#include "absmax.h"
#include "bits.h"
#include <math.h>

ASSAY_CLONES void assay_lane_absmax(const float *x, float *out, int features, int stride, int width) {
  ASSAY_FOR_STRIPS(width, lane_absmax(x + lane, out + lane, features, stride, W));
}

ASSAY_INLINE void quantize_lanes(const float *restrict x, const float *restrict scale, float *restrict out,
                                 int features, int stride, int width) {
  const float shift = 12582912.0f;  // 1.5 * 2^23: adding and subtracting it rounds half to even
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) {
      float q = (x[(size_t)f * stride + l] / scale[l] + shift) - shift;
      q = q < -127.0f ? -127.0f : q;
      out[(size_t)f * stride + l] = q > 127.0f ? 127.0f : q;
    }
}

ASSAY_CLONES void assay_quantize_lanes(const float *x, const float *scale, float *out, int features, int stride,
                                       int width) {
  ASSAY_FOR_STRIPS(width, quantize_lanes(x + lane, scale + lane, out + lane, features, stride, W));
}

ASSAY_CLONES size_t assay_round_fp16(const float *x, float *out, size_t count) {
  size_t overflows = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t u = bits_of(x[i]), sign = u & 0x80000000u, magnitude = u & 0x7fffffffu;
    uint32_t rounded = half_rounded(magnitude);
    uint32_t finite = magnitude < 0x7f800000u;
    overflows += finite & (rounded == 0x7f800000u);
    rounded = finite ? rounded : magnitude;
    out[i] = float_of(sign | rounded);
  }
  return overflows;
}

ASSAY_CLONES size_t assay_round_bf16(const float *x, float *out, size_t count) {
  size_t overflows = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t u = bits_of(x[i]), sign = u & 0x80000000u, magnitude = u & 0x7fffffffu;
    uint32_t rounded = (magnitude + 0x7fffu + ((magnitude >> 16) & 1u)) & ~0xffffu;
    uint32_t finite = magnitude < 0x7f800000u;
    overflows += finite & (rounded >= 0x7f800000u);
    rounded = finite ? rounded : magnitude;
    out[i] = float_of(sign | rounded);
  }
  return overflows;
}

ASSAY_CLONES void assay_accumulate_int32(const float *restrict partial, int32_t *restrict accumulator, size_t count,
                                         int accumulate) {
  if (accumulate)
    for (size_t i = 0; i < count; i++) accumulator[i] += (int32_t)partial[i];
  else
    for (size_t i = 0; i < count; i++) accumulator[i] = (int32_t)partial[i];
}

ASSAY_INLINE void dequantize(const int32_t *restrict accumulator, const float *restrict row_scale,
                             const float *restrict lane_scale, float *restrict out, int rows, int stride,
                             int width) {
  for (int r = 0; r < rows; r++)
    for (int l = 0; l < width; l++)
      out[(size_t)r * stride + l] =
          (float)((double)accumulator[(size_t)r * stride + l] * ((double)row_scale[r] * (double)lane_scale[l]));
}

ASSAY_CLONES void assay_dequantize(const int32_t *accumulator, const float *row_scale, const float *lane_scale,
                                   float *out, int rows, int width) {
  ASSAY_FOR_STRIPS(width, dequantize(accumulator + lane, row_scale, lane_scale + lane, out + lane, rows, width, W));
}

ASSAY_CLONES size_t assay_count_nonfinite(const float *x, size_t count) {
  size_t bad = 0;
  for (size_t i = 0; i < count; i++) bad += (bits_of(x[i]) & 0x7f800000u) == 0x7f800000u;
  return bad;
}
