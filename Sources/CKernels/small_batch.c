#include "CKernels.h"
#include "dispatch.h"
#include <string.h>

// Products of few tokens with 16-bit weights, each read once from memory, where OpenBLAS would need them in 32 bits.
// Every sum runs over the columns in order with fused multiply-adds, in the same pieces as OpenBLAS's AVX-512 kernels,
// so the bits are the same (checked at every start).

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,f16c")))

int assay_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

typedef enum { element_fp16, element_bf16 } element;

AVX512 static inline __attribute__((always_inline)) __m512 load_weights(const uint16_t *weights, element type) {
  __m256i halves = _mm256_loadu_si256((const __m256i *)weights);
  if (type == element_fp16) return _mm512_cvtph_ps(halves);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

/// `vectors` vectors of 16 rows, `tokens` tokens; both constant after inlining.
AVX512 static inline __attribute__((always_inline)) void product(
    const uint16_t *weights, element type, int stride, int depth, int piece, const float *x, int width, float *y,
    const int vectors, const int tokens) {
  __m512 total[6][4];
  for (int v = 0; v < vectors; v++)
    for (int t = 0; t < tokens; t++) total[v][t] = _mm512_setzero_ps();
  for (int first = 0; first < depth;) {
    int count = depth - first;
    if (count >= 2 * piece) count = piece;
    else if (count > piece) count = (count / 2 + 15) / 16 * 16;
    __m512 sum[6][4];
    for (int v = 0; v < vectors; v++)
      for (int t = 0; t < tokens; t++) sum[v][t] = _mm512_setzero_ps();
    for (int k = first; k < first + count; k++) {
      __m512 input[4];
      for (int t = 0; t < tokens; t++) input[t] = _mm512_set1_ps(x[(size_t)k * width + t]);
      for (int v = 0; v < vectors; v++) {
        __m512 w = load_weights(weights + (size_t)k * stride + 16 * v, type);
        for (int t = 0; t < tokens; t++) sum[v][t] = _mm512_fmadd_ps(w, input[t], sum[v][t]);
      }
    }
    for (int v = 0; v < vectors; v++)
      for (int t = 0; t < tokens; t++) total[v][t] = _mm512_add_ps(total[v][t], sum[v][t]);
    first += count;
  }
  for (int v = 0; v < vectors; v++)
    for (int t = 0; t < tokens; t++) {
      float rows[16];
      _mm512_storeu_ps(rows, total[v][t]);
      for (int r = 0; r < 16; r++) y[(size_t)(16 * v + r) * width + t] = rows[r];
    }
}

AVX512 static inline __attribute__((always_inline)) void all_tokens(const uint16_t *weights, element type, int rows,
                                                                   int depth, int piece, const float *x, int width,
                                                                   int tokens, float *y) {
  for (int r = 0; r < rows; r += 96) {
    int vectors = (rows - r < 96 ? rows - r : 96) / 16;
    const uint16_t *w = weights + r;
    float *out = y + (size_t)r * width;
    for (int t = 0; t < tokens; t += 4) {
      int count = tokens - t < 4 ? tokens - t : 4;
#define CASE(V, T) case V * 8 + T: product(w, type, rows, depth, piece, x + t, width, out + t, V, T); break;
#define CASES(V) CASE(V, 1) CASE(V, 2) CASE(V, 3) CASE(V, 4)
      switch (vectors * 8 + count) { CASES(1) CASES(2) CASES(3) CASES(4) CASES(5) CASES(6) }
#undef CASES
#undef CASE
    }
  }
}

AVX512 void assay_multiply_few(const uint16_t *weights, int type, int rows, int depth, int piece, const float *x,
                               int width, int tokens, float *y) {
  if (type == element_fp16) all_tokens(weights, element_fp16, rows, depth, piece, x, width, tokens, y);
  else all_tokens(weights, element_bf16, rows, depth, piece, x, width, tokens, y);
}
#else
int assay_has_avx512(void) { return 0; }
void assay_multiply_few(const uint16_t *weights, int type, int rows, int depth, int piece, const float *x, int width,
                        int tokens, float *y) { __builtin_trap(); }
#endif

/// One 16-bit value, FP16 or BF16.
ASSAY_INLINE float widened(uint16_t bits, int is_fp16) {
  if (is_fp16) {
    _Float16 half;
    memcpy(&half, &bits, 2);
    return (float)half;
  }
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

ASSAY_INLINE void expand(const uint16_t *restrict half, float *restrict out, size_t count, int is_fp16) {
  for (size_t i = 0; i < count; i++) out[i] = widened(half[i], is_fp16);
}

ASSAY_CLONES void assay_expand_halves(const uint16_t *half, int is_fp16, float *out, size_t count) {
  if (is_fp16) expand(half, out, count, 1);
  else expand(half, out, count, 0);
}

// The inner product reads four rows side by side, column after column.

ASSAY_CLONES void assay_pack_panels(const float *restrict weights, float *restrict panels, int rows, int depth) {
  for (int k = 0; k < depth; k++)
    for (int r = 0; r < rows; r += 4)
      for (int i = 0; i < 4; i++) panels[((size_t)r / 4 * depth + k) * 4 + i] = weights[(size_t)k * rows + r + i];
}

ASSAY_INLINE void expand_panels(const uint16_t *restrict half, float *restrict panels, int rows, int depth,
                                int is_fp16) {
  for (int k = 0; k < depth; k++) {
    const uint16_t *column = half + (size_t)k * rows;
    int r = 0;
    for (; r + 16 <= rows; r += 16) {
      float wide[16];
      for (int i = 0; i < 16; i++) wide[i] = widened(column[r + i], is_fp16);
      for (int p = 0; p < 4; p++) memcpy(panels + ((size_t)(r / 4 + p) * depth + k) * 4, wide + 4 * p, 16);
    }
    for (; r < rows; r++) panels[((size_t)(r / 4) * depth + k) * 4 + r % 4] = widened(column[r], is_fp16);
  }
}

ASSAY_CLONES void assay_expand_panels(const uint16_t *half, int is_fp16, float *panels, int rows, int depth) {
  if (is_fp16) expand_panels(half, panels, rows, depth, 1);
  else expand_panels(half, panels, rows, depth, 0);
}
