#ifndef ASSAY_EXPONENTIAL_H
#define ASSAY_EXPONENTIAL_H
#include "dispatch.h"
#include <stdint.h>
#include <string.h>

// Cody-Waite reduction and a Taylor/minimax polynomial, branch-free so that it vectorises; no FMA, so the same bits
// on every instruction set.

/// e^x for float, within 1 ulp for x in [-87, 88]; 0 below, e^88 above.
ASSAY_INLINE float exp_f32(float x) {
  const float shift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  float clamped = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
  float n = (clamped * 1.44269504088896341f + shift) - shift;
  float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  float y = (p * (r * r) + r) + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, 4);
  return x != x ? x : (x < -87.0f ? 0.0f : y * power);
}

/// e^x for double, x in [-708, 0]; 0 below.
ASSAY_INLINE double exp_f64(double x) {
  const double shift = 6755399441055744.0;  // 1.5 * 2^52
  double clamped = x < -708.0 ? -708.0 : (x > 708.0 ? 708.0 : x);
  double shifted = clamped * 1.4426950408889634074 + shift;
  double n = shifted - shift;
  double r = (clamped - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  double y = (p * (r * r) + r) + 1.0;
  int64_t whole;
  memcpy(&whole, &shifted, 8);
  int64_t bits = (whole << 52) + ((int64_t)1023 << 52);  // the low bits of `shifted` hold n
  double power;
  memcpy(&power, &bits, 8);
  return x != x ? x : (x < -708.0 ? 0.0 : y * power);
}

#endif
