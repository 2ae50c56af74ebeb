#ifndef ASSAY_ABSMAX_H
#define ASSAY_ABSMAX_H

#include "dispatch.h"
#include <math.h>
#include <stddef.h>

/// Largest magnitude of each lane in `features` features.
ASSAY_INLINE void lane_absmax(const float *restrict x, float *restrict out, int features, int stride,
                             int width) {
  float largest[32] = {0};
  for (int f = 0; f < features; f++)
    for (int l = 0; l < width; l++) {
      float magnitude = fabsf(x[(size_t)f * stride + l]);
      // Written so that a NaN is kept: it must reach the scale and be seen, not vanish in a comparison.
      largest[l] = magnitude <= largest[l] ? largest[l] : magnitude;
    }
  for (int l = 0; l < width; l++) out[l] = largest[l];
}

#endif
