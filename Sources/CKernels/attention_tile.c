#include "CKernels.h"
#include "activation.h"
#include "cached_block.h"
#include "dispatch.h"
#include "exponential.h"
#include <math.h>

// Sixteen tokens of one sequence at a time, each in a lane, so that every key and value is read once for all of them and
// nothing is transposed. A lane's sums have the order of assay_attention, so its bits are the same.

enum { lanes = assay_cache_lanes, part = 8 };

/// One value of every lane; as many registers as the instruction set needs.
typedef float vector __attribute__((vector_size(lanes * sizeof(float)), aligned(sizeof(float))));
typedef int32_t mask __attribute__((vector_size(lanes * sizeof(int32_t)), aligned(sizeof(int32_t))));

// Macros, for a function that takes or returns a vector has another ABI on every instruction set.
#define AT(x) (*(vector *)(x))
#define WHERE(m, a, b) ((vector)(((mask)(a) & (m)) | ((mask)(b) & ~(m))))
#define SEES(v, position) ((mask)((v)->first <= (position)) & (mask)((v)->end > (position)))

typedef struct {
  mask first, end;               // positions that a lane sees; none where no token is
  int start, stop;               // whole blocks that some lane sees
  int common_first, common_end;  // positions that all tokens see
} visible;

ASSAY_INLINE visible visible_positions(const assay_attention_lanes *tokens) {
  visible v = {.start = tokens->position, .stop = 0, .common_first = 0, .common_end = tokens->position + 1};
  for (int l = 0; l < lanes; l++) {
    if (l < tokens->first || l >= tokens->first + tokens->count) continue;
    v.end[l] = tokens->position + (l - tokens->first) + 1;
    v.first[l] = v.end[l] > tokens->window ? v.end[l] - tokens->window : 0;
    v.start = v.first[l] < v.start ? v.first[l] : v.start;
    v.stop = v.end[l];
    v.common_first = v.first[l];
  }
  v.start = v.start / lanes * lanes;
  v.stop = (v.stop + lanes - 1) / lanes * lanes;
  return v;
}

/// scores: [position from v->start][lane]
ASSAY_INLINE void score(const float *restrict query, int stride, const assay_cache *cache, const visible *v,
                        float *expanded, float *restrict scores, int head_size, float scale, float cap) {
  for (int block = v->start; block < v->stop; block += lanes)
    for (int half = 0; half < lanes; half += part) {
      const float *restrict k = keys_of(cache, block, head_size, expanded) + half;
      vector dot[part] = {0};
      for (int d = 0; d < head_size; d++) {
        vector q = AT(query + (size_t)d * stride);
        for (int p = 0; p < part; p++) dot[p] += q * k[(size_t)d * lanes + p];
      }
      float *out = scores + (size_t)(block - v->start + half) * lanes;
      for (int p = 0; p < part; p++) AT(out + p * lanes) = dot[p] * scale;
      if (cap > 0)
        for (int i = 0; i < part * lanes; i++) out[i] = soft_cap(out[i], cap);
    }
}

/// Turns scores into exponentials, zeros where a lane does not see, and sets `total` to their sums.
ASSAY_INLINE void exponentials(float *restrict scores, const visible *v, float *restrict total) {
  vector largest = (vector){0} - INFINITY, sum[lanes] = {0};
  for (int i = v->start; i < v->stop; i++) {
    vector x = AT(scores + (size_t)(i - v->start) * lanes);
    largest = WHERE(SEES(v, i) & (x > largest), x, largest);
  }
  float shift[lanes];
  AT(shift) = largest;
  for (int block = v->start; block < v->stop; block += lanes)
    for (int p = 0; p < lanes; p++) {
      float *x = scores + (size_t)(block + p - v->start) * lanes;
      for (int l = 0; l < lanes; l++) x[l] = exp_f32(x[l] - shift[l]);
      AT(x) = WHERE(SEES(v, block + p), AT(x), (vector){0});
      sum[p] += AT(x);
    }
  for (int stride = lanes / 2; stride > 0; stride /= 2)
    for (int p = 0; p < stride; p++) sum[p] += sum[p + stride];
  AT(total) = sum[0];
}

/// Adds `features` of a block's values, few enough to stay in registers, to mixed: [feature][lane].
ASSAY_INLINE void mix(const float *restrict weights, const float *restrict values, float *restrict mixed, int block,
                      const visible *v, int head_size, int features) {
  vector sum[part];
  for (int d = 0; d < features; d++) sum[d] = AT(mixed + d * lanes);
  int is_common = block >= v->common_first && block + lanes <= v->common_end;
  for (int i = 0; i < lanes; i++) {
    vector weight = AT(weights + i * lanes);
    const float *value = values + (size_t)i * head_size;
    // What a lane does not see is left out, not weighed with zero: it may be infinite.
    if (is_common)
      for (int d = 0; d < features; d++) sum[d] += weight * value[d];
    else
      for (int d = 0; d < features; d++) sum[d] = WHERE(SEES(v, block + i), sum[d] + weight * value[d], sum[d]);
  }
  for (int d = 0; d < features; d++) AT(mixed + d * lanes) = sum[d];
}

ASSAY_CLONES void assay_attention_tile(const float *query, int stride, const assay_cache *cache,
                                       assay_attention_lanes tokens, float *scratch, float *out, int head_size,
                                       float scale, float soft_cap) {
  visible v = visible_positions(&tokens);
  float *expanded = scratch, *mixed = expanded + (size_t)lanes * head_size;
  float *scores = mixed + (size_t)lanes * head_size, total[lanes];
  score(query, stride, cache, &v, expanded, scores, head_size, scale, soft_cap);
  exponentials(scores, &v, total);
  for (int d = 0; d < head_size; d++) AT(mixed + (size_t)d * lanes) = (vector){0};
  for (int block = v.start; block < v.stop; block += lanes) {
    const float *values = values_of(cache, block, head_size, expanded);
    const float *weights = scores + (size_t)(block - v.start) * lanes;
    int d = 0;
    for (; d + part <= head_size; d += part)
      mix(weights, values + d, mixed + (size_t)d * lanes, block, &v, head_size, part);
    for (; d < head_size; d++) mix(weights, values + d, mixed + (size_t)d * lanes, block, &v, head_size, 1);
  }
  for (int d = 0; d < head_size; d++)
    for (int l = tokens.first; l < tokens.first + tokens.count; l++)
      out[(size_t)d * stride + l] = mixed[(size_t)d * lanes + l] * (1.0f / total[l]);
}
