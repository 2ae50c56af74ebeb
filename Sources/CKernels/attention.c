#include "CKernels.h"
#include "activation.h"
#include "cached_block.h"
#include "dispatch.h"
#include "exponential.h"

enum { lanes = assay_cache_lanes };

// The query heads of a group share keys and values, so they are worked on together: each key and value is read once.
// Every head's sums keep their own order, whatever the group. Small formats are expanded 16 positions at a time.

ASSAY_INLINE void score(const float *restrict query, const assay_cache *cache, float *restrict scores,
                        float *expanded, int padded, int head_size, int group, float scale,
                        assay_attention_span span) {
  for (int block = span.first / lanes * lanes; block < padded; block += lanes) {
    const float *restrict k = keys_of(cache, block, head_size, expanded);
    float dot[4][lanes] = {{0}};
    for (int d = 0; d < head_size; d++)
      for (int g = 0; g < group; g++)
        for (int l = 0; l < lanes; l++) dot[g][l] += query[(size_t)g * head_size + d] * k[(size_t)d * lanes + l];
    for (int g = 0; g < group; g++)
      for (int l = 0; l < lanes; l++) scores[(size_t)g * padded + block + l] = dot[g][l] * scale;
    if (span.soft_cap > 0)
      for (int g = 0; g < group; g++)
        for (int l = 0; l < lanes; l++) {
          float *x = scores + (size_t)g * padded + block + l;
          *x = soft_cap(*x, span.soft_cap);
        }
  }
}

/// Turns scores into exponentials and returns their sum.
ASSAY_INLINE float exponentials(float *restrict p, int first, int length, int padded) {
  float largest = p[first];
  for (int i = first + 1; i < length; i++) largest = p[i] > largest ? p[i] : largest;
  float sum[lanes] = {0};
  for (int block = first / lanes * lanes; block < padded; block += lanes)
    for (int l = 0; l < lanes; l++) {
      // Positions past the end hold whatever the cache held; they weigh nothing, like those before the first.
      float e = block + l >= first && block + l < length ? exp_f32(p[block + l] - largest) : 0.0f;
      p[block + l] = e;
      sum[l] += e;
    }
  for (int stride = lanes / 2; stride > 0; stride /= 2)
    for (int l = 0; l < stride; l++) sum[l] += sum[l + stride];
  return sum[0];
}

/// `features` of the weighted sum of values from `feature`, few enough to stay in registers, over positions from `first`.
ASSAY_INLINE void mix(const float *restrict weights, const assay_cache *cache, const float *restrict sums,
                      float *expanded, float *restrict out, int feature, int first, int length, int padded,
                      int head_size, int group, int features) {
  float mixed[4][64] = {{0}};
  for (int block = first / lanes * lanes; block < length; block += lanes) {
    const float *restrict values = values_of(cache, block, head_size, expanded) + feature;
    int start = first > block ? first - block : 0, end = length - block < lanes ? length - block : lanes;
    for (int i = start; i < end; i++)
      for (int g = 0; g < group; g++)
        for (int d = 0; d < features; d++)
          mixed[g][d] += weights[(size_t)g * padded + block + i] * values[(size_t)i * head_size + d];
  }
  for (int g = 0; g < group; g++)
    for (int d = 0; d < features; d++) out[(size_t)g * head_size + feature + d] = mixed[g][d] * (1.0f / sums[g]);
}

ASSAY_INLINE void attend(const float *query, const assay_cache *cache, float *scratch, float *out, int length,
                         int head_size, int group, float scale, assay_attention_span span) {
  int padded = (length + lanes - 1) / lanes * lanes, first = span.first;
  float sums[4], *expanded = scratch, *scores = scratch + (size_t)lanes * head_size;
  score(query, cache, scores, expanded, padded, head_size, group, scale, span);
  for (int g = 0; g < group; g++) sums[g] = exponentials(scores + (size_t)g * padded, first, length, padded);
  int d = 0;
  for (; d + 64 <= head_size; d += 64)
    mix(scores, cache, sums, expanded, out, d, first, length, padded, head_size, group, 64);
  for (; d + 16 <= head_size; d += 16)
    mix(scores, cache, sums, expanded, out, d, first, length, padded, head_size, group, 16);
  for (; d < head_size; d++) mix(scores, cache, sums, expanded, out, d, first, length, padded, head_size, group, 1);
}

ASSAY_CLONES void assay_attention(const float *query, const assay_cache *cache, float *scratch, float *out,
                                  int length, int head_size, int group, float scale, assay_attention_span span) {
  for (; group > 0; group -= 4, query += 4 * head_size, out += 4 * head_size) {
    switch (group) {
      case 1: attend(query, cache, scratch, out, length, head_size, 1, scale, span); break;
      case 2: attend(query, cache, scratch, out, length, head_size, 2, scale, span); break;
      case 3: attend(query, cache, scratch, out, length, head_size, 3, scale, span); break;
      default: attend(query, cache, scratch, out, length, head_size, 4, scale, span);
    }
  }
}
