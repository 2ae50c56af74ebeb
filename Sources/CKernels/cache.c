#include "CKernels.h"
#include "dispatch.h"
#include <math.h>
#include <string.h>

enum { lanes = assay_cache_lanes };

// MARK: Storing

/// Symmetric absmax scale; a NaN among the values becomes the scale, so that it is seen later.
static float scale_of(const float *x, int count, float limit) {
  float largest = 0;
  for (int i = 0; i < count; i++) {
    float magnitude = fabsf(x[i]);
    if (magnitude > largest || magnitude != magnitude) largest = magnitude;
    if (largest != largest) return largest;
  }
  return largest == 0 ? 1 : largest / limit;
}

/// round-half-even(x / scale) within ±limit; 0 where the scale is no number.
static int quantize(float x, float scale, float limit) {
  const float shift = 12582912.0f;  // 1.5 * 2^23: adding and subtracting it rounds half to even
  float q = (x / scale + shift) - shift;
  q = q < -limit ? -limit : q > limit ? limit : q;
  return q == q ? (int)q : 0;
}

/// The bits of a value that binary16 can hold.
static uint16_t half_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  uint32_t sign = u >> 16 & 0x8000u, magnitude = u & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);
  if (magnitude == 0x7f800000u) return (uint16_t)(sign | 0x7c00u);
  if (magnitude < 0x38800000u) return (uint16_t)(sign | (uint32_t)(fabsf(x) * 16777216.0f));
  return (uint16_t)(sign | ((magnitude >> 13) - (112u << 10)));
}

/// Elements of one position lie `stride` apart; two of them share a byte in INT4, `half` elements from each other.
static void store_nibble(uint8_t *byte, int isHigh, int q) {
  *byte = isHigh ? (uint8_t)((*byte & 0x0f) | (q & 0x0f) << 4) : (uint8_t)((*byte & 0xf0) | (q & 0x0f));
}

static float store_keys(const assay_cache *cache, const float *key, int position, int head_size) {
  size_t block = (size_t)(position / lanes) * lanes * head_size;
  int lane = position % lanes;
  float scale = 1;
  switch (cache->type) {
    case assay_cache_fp16:
      for (int d = 0; d < head_size; d++) ((uint16_t *)cache->keys)[block + (size_t)d * lanes + lane] = half_bits(key[d]);
      break;
    case assay_cache_int8:
      scale = scale_of(key, head_size, 127);
      for (int d = 0; d < head_size; d++)
        ((int8_t *)cache->keys)[block + (size_t)d * lanes + lane] = (int8_t)quantize(key[d], scale, 127);
      break;
    case assay_cache_int4:
      scale = scale_of(key, head_size, 7);
      for (int d = 0; d < head_size; d++)
        store_nibble((uint8_t *)cache->keys + block / 2 + (size_t)d * (lanes / 2) + lane % (lanes / 2),
                     lane >= lanes / 2, quantize(key[d], scale, 7));
      break;
    default:
      for (int d = 0; d < head_size; d++) ((float *)cache->keys)[block + (size_t)d * lanes + lane] = key[d];
  }
  return scale;
}

static float store_values(const assay_cache *cache, const float *value, int position, int head_size) {
  size_t row = (size_t)position * head_size;
  float scale = 1;
  switch (cache->type) {
    case assay_cache_fp16:
      for (int d = 0; d < head_size; d++) ((uint16_t *)cache->values)[row + d] = half_bits(value[d]);
      break;
    case assay_cache_int8:
      scale = scale_of(value, head_size, 127);
      for (int d = 0; d < head_size; d++) ((int8_t *)cache->values)[row + d] = (int8_t)quantize(value[d], scale, 127);
      break;
    case assay_cache_int4:
      scale = scale_of(value, head_size, 7);
      for (int d = 0; d < head_size; d++)
        store_nibble((uint8_t *)cache->values + row / 2 + d % (head_size / 2), d >= head_size / 2,
                     quantize(value[d], scale, 7));
      break;
    default: memcpy((float *)cache->values + row, value, (size_t)head_size * 4);
  }
  return scale;
}

size_t assay_cache_store(const assay_cache *cache, float *key, float *value, int position, int head_size) {
  size_t overflows = 0;
  if (cache->type == assay_cache_fp16)
    overflows = assay_round_fp16(key, key, (size_t)head_size) + assay_round_fp16(value, value, (size_t)head_size);
  float key_scale = store_keys(cache, key, position, head_size);
  float value_scale = store_values(cache, value, position, head_size);
  if (cache->type == assay_cache_int8 || cache->type == assay_cache_int4) {
    cache->key_scales[position] = key_scale;
    cache->value_scales[position] = value_scale;
  }
  return overflows;
}

// MARK: Expanding

ASSAY_INLINE int low(uint8_t byte) { return (int8_t)(uint8_t)(byte << 4) >> 4; }
ASSAY_INLINE int high(uint8_t byte) { return (int8_t)byte >> 4; }

ASSAY_CLONES void assay_cache_keys(const assay_cache *cache, int first, int head_size, float *restrict out) {
  size_t start = (size_t)first * head_size;
  const float *restrict scales = cache->key_scales + first;
  switch (cache->type) {
    case assay_cache_fp16:
      assay_expand_halves((const uint16_t *)cache->keys + start, 1, out, (size_t)lanes * head_size);
      break;
    case assay_cache_int8: {
      const int8_t *restrict q = (const int8_t *)cache->keys + start;
      for (int d = 0; d < head_size; d++)
        for (int l = 0; l < lanes; l++) out[d * lanes + l] = (float)q[d * lanes + l] * scales[l];
      break;
    }
    case assay_cache_int4: {
      const uint8_t *restrict q = (const uint8_t *)cache->keys + start / 2;
      for (int d = 0; d < head_size; d++)
        for (int l = 0; l < lanes / 2; l++) {
          uint8_t byte = q[d * (lanes / 2) + l];
          out[d * lanes + l] = (float)low(byte) * scales[l];
          out[d * lanes + lanes / 2 + l] = (float)high(byte) * scales[lanes / 2 + l];
        }
      break;
    }
    default: memcpy(out, (const float *)cache->keys + start, (size_t)lanes * head_size * 4);
  }
}

ASSAY_CLONES void assay_cache_values(const assay_cache *cache, int first, int head_size, float *restrict out) {
  size_t start = (size_t)first * head_size;
  const float *restrict scales = cache->value_scales + first;
  switch (cache->type) {
    case assay_cache_fp16:
      assay_expand_halves((const uint16_t *)cache->values + start, 1, out, (size_t)lanes * head_size);
      break;
    case assay_cache_int8: {
      const int8_t *restrict q = (const int8_t *)cache->values + start;
      for (int i = 0; i < lanes; i++)
        for (int d = 0; d < head_size; d++) out[i * head_size + d] = (float)q[i * head_size + d] * scales[i];
      break;
    }
    case assay_cache_int4: {
      const uint8_t *restrict q = (const uint8_t *)cache->values + start / 2;
      int half = head_size / 2;
      for (int i = 0; i < lanes; i++)
        for (int d = 0; d < half; d++) {
          uint8_t byte = q[i * half + d];
          out[i * head_size + d] = (float)low(byte) * scales[i];
          out[i * head_size + half + d] = (float)high(byte) * scales[i];
        }
      break;
    }
    default: memcpy(out, (const float *)cache->values + start, (size_t)lanes * head_size * 4);
  }
}
