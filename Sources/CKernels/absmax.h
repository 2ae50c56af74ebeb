#ifndef ASSAY_ABSMAX_H
#define ASSAY_ABSMAX_H

#include "bits.h"
#include "dispatch.h"
#include <stddef.h>

/// Largest magnitude of each lane in `features` features.
ASSAY_INLINE void lane_absmax(const float *restrict x, float *restrict out, int features, int stride,
                             int width) {
  // Magnitudes compare as their bits do, and a NaN is the greatest: it reaches the scale and is seen.
  uint32_t largest[32] = {0};
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) {
      uint32_t magnitude = bits_of(x[(size_t)f * stride + l]) & 0x7FFFFFFF;
      largest[l] = magnitude > largest[l] ? magnitude : largest[l];
    }
  for (int l = 0; l < width; l++) out[l] = float_of(largest[l]);
}

#endif
