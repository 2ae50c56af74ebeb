#include "CKernels.h"
#include "dispatch.h"

// INT8 products in integer instructions. Inputs are stored as q + 128, unsigned, because that is what the instruction
// takes; 128 times the sum of a row's weights is subtracted at the end. Every accumulator is an exact INT32.

#if defined(__x86_64__)
#include <immintrin.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

int assay_has_vnni(void) { return assay_has_avx512() && __builtin_cpu_supports("avx512vnni"); }

/// 16 rows a vector, few tokens: every weight is read once.
VNNI static inline __attribute__((always_inline)) void few(const int8_t *w, int stride, const int32_t *row_sums,
                                                           int depth4, const uint8_t *x, int width, int32_t *out,
                                                           const int vectors, const int tokens) {
  __m512i sum[6][4];
  for (int v = 0; v < vectors; v++)
    for (int t = 0; t < tokens; t++) sum[v][t] = _mm512_setzero_si512();
  for (int k = 0; k < depth4; k++) {
    __m512i input[4];
    for (int t = 0; t < tokens; t++) input[t] = _mm512_set1_epi32(((const int32_t *)x)[(size_t)k * width + t]);
    for (int v = 0; v < vectors; v++) {
      __m512i weights = _mm512_loadu_si512(w + ((size_t)k * stride + 16 * v) * 4);
      for (int t = 0; t < tokens; t++) sum[v][t] = _mm512_dpbusd_epi32(sum[v][t], input[t], weights);
    }
  }
  for (int v = 0; v < vectors; v++) {
    __m512i correction = _mm512_slli_epi32(_mm512_loadu_si512(row_sums + 16 * v), 7);
    for (int t = 0; t < tokens; t++) {
      int32_t rows[16];
      _mm512_storeu_si512(rows, _mm512_sub_epi32(sum[v][t], correction));
      for (int r = 0; r < 16; r++) out[(size_t)(16 * v + r) * width + t] = rows[r];
    }
  }
}

/// 16 tokens a vector, `vectors` of them, for `rows` rows.
VNNI static inline __attribute__((always_inline)) void many(const int8_t *w, int stride, const int32_t *row_sums,
                                                            int depth4, const uint8_t *x, int width, int32_t *out,
                                                            const int rows, const int vectors) {
  __m512i sum[12][2];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_setzero_si512();
  for (int k = 0; k < depth4; k++) {
    __m512i input[2];
    for (int v = 0; v < vectors; v++) input[v] = _mm512_loadu_si512(x + ((size_t)k * width + 16 * v) * 4);
    const int32_t *weights = (const int32_t *)w + (size_t)k * stride;
    for (int r = 0; r < rows; r++) {
      __m512i weight = _mm512_set1_epi32(weights[r]);
      for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_dpbusd_epi32(sum[r][v], input[v], weight);
    }
  }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++)
      _mm512_storeu_si512(out + (size_t)r * width + 16 * v,
                          _mm512_sub_epi32(sum[r][v], _mm512_set1_epi32(row_sums[r] * 128)));
}

/// 8 tokens for `rows` rows; the next 8 lanes become zeros.
VNNI static inline __attribute__((always_inline)) void eight(const int8_t *w, int stride, const int32_t *row_sums,
                                                             int depth4, const uint8_t *x, int width, int32_t *out,
                                                             const int rows) {
  __m256i sum[12];
  for (int r = 0; r < rows; r++) sum[r] = _mm256_setzero_si256();
  for (int k = 0; k < depth4; k++) {
    __m256i input = _mm256_loadu_si256((const __m256i *)(x + (size_t)k * width * 4));
    const int32_t *weights = (const int32_t *)w + (size_t)k * stride;
    for (int r = 0; r < rows; r++) sum[r] = _mm256_dpbusd_epi32(sum[r], input, _mm256_set1_epi32(weights[r]));
  }
  for (int r = 0; r < rows; r++) {
    __m256i total = _mm256_sub_epi32(sum[r], _mm256_set1_epi32(row_sums[r] * 128));
    _mm512_storeu_si512(out + (size_t)r * width, _mm512_zextsi256_si512(total));
  }
}

VNNI void assay_multiply_int8(const int8_t *weights, const int32_t *row_sums, int rows, int depth4, const uint8_t *x,
                              int width, int tokens, int32_t *out) {
  if (tokens <= 8 && rows % 16 == 0) {
    for (int r = 0; r < rows; r += 96) {
      int vectors = (rows - r < 96 ? rows - r : 96) / 16;
      for (int t = 0; t < tokens; t += 4) {
        int count = tokens - t < 4 ? tokens - t : 4;
#define CASE(V, T)                                                                                                     \
  case V * 8 + T:                                                                                                      \
    few(weights + (size_t)r * 4, rows, row_sums + r, depth4, x + (size_t)t * 4, width, out + (size_t)r * width + t, V, \
        T);                                                                                                            \
    break;
#define CASES(V) CASE(V, 1) CASE(V, 2) CASE(V, 3) CASE(V, 4)
        switch (vectors * 8 + count) { CASES(1) CASES(2) CASES(3) CASES(4) CASES(5) CASES(6) }
#undef CASES
#undef CASE
      }
    }
    return;
  }
  for (int t = 0; t < tokens; t += 32) {
    const uint8_t *input = x + (size_t)t * 4;
    // A vector of 16 lanes that holds at most 8 tokens is worked on as half a vector.
    int vectors = width - t >= 32 ? 2 : tokens - t > 8 ? 1 : 0;
    int r = 0;
    for (; r + 12 <= rows; r += 12) {
      const int8_t *w = weights + (size_t)r * 4;
      int32_t *y = out + (size_t)r * width + t;
      if (vectors == 2) many(w, rows, row_sums + r, depth4, input, width, y, 12, 2);
      else if (vectors == 1) many(w, rows, row_sums + r, depth4, input, width, y, 12, 1);
      else eight(w, rows, row_sums + r, depth4, input, width, y, 12);
    }
    for (; r < rows; r++) {
      const int8_t *w = weights + (size_t)r * 4;
      int32_t *y = out + (size_t)r * width + t;
      if (vectors == 2) many(w, rows, row_sums + r, depth4, input, width, y, 1, 2);
      else if (vectors == 1) many(w, rows, row_sums + r, depth4, input, width, y, 1, 1);
      else eight(w, rows, row_sums + r, depth4, input, width, y, 1);
    }
  }
}
#else
int assay_has_vnni(void) { return 0; }
void assay_multiply_int8(const int8_t *weights, const int32_t *row_sums, int rows, int depth4, const uint8_t *x,
                         int width, int tokens, int32_t *out) { __builtin_trap(); }
#endif

ASSAY_INLINE void store_int8(const float *restrict q, uint32_t *restrict out, int depth, int stride, int width) {
  int k = 0;
  for (; k < depth / 4; k++) {
    const float *row = q + (size_t)4 * k * stride;
    for (int l = 0; l < width; l++)
      out[(size_t)k * stride + l] = (uint32_t)(128 + (int)row[l]) | (uint32_t)(128 + (int)row[stride + l]) << 8 |
                                    (uint32_t)(128 + (int)row[2 * stride + l]) << 16 |
                                    (uint32_t)(128 + (int)row[3 * stride + l]) << 24;
  }
  if (depth % 4 == 0) return;
  for (int l = 0; l < width; l++) {
    uint32_t packed = 0;
    for (int i = 0; i < 4; i++)
      packed |= (uint32_t)(128 + (i < depth % 4 ? (int)q[(size_t)(4 * k + i) * stride + l] : 0)) << (8 * i);
    out[(size_t)k * stride + l] = packed;
  }
}

ASSAY_CLONES void assay_store_int8(const float *q, uint8_t *out, int depth, int stride, int width) {
  ASSAY_FOR_STRIPS(width, store_int8(q + lane, (uint32_t *)out + lane, depth, stride, W));
}
