#ifndef ASSAY_BITS_H
#define ASSAY_BITS_H

#include "dispatch.h"
#include <stdint.h>
#include <string.h>

ASSAY_INLINE uint32_t bits_of(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  return u;
}

ASSAY_INLINE float float_of(uint32_t u) {
  float x;
  memcpy(&x, &u, 4);
  return x;
}

/// The nearest binary16, ties to even, of a magnitude given as bits; infinite from 65520 on.
ASSAY_INLINE uint32_t half_rounded(uint32_t magnitude) {
  uint32_t normal = (magnitude + 0x0fffu + ((magnitude >> 13) & 1u)) & ~0x1fffu;
  uint32_t subnormal = bits_of((float_of(magnitude) + 0.5f) - 0.5f);  // multiples of 2^-24 below 2^-14
  uint32_t rounded = magnitude < 0x38800000u ? subnormal : normal;
  return rounded > 0x477fe000u ? 0x7f800000u : rounded;  // above 65504
}

#endif
