#include "CKernels.h"
#include "dispatch.h"
#include <string.h>

// Products for few tokens. A tile of an SGEMM call costs as much for one token as for all its lanes; here only the
// tokens that exist are computed, and each weight is read once. Every sum runs over the columns in order with fused
// multiply-adds, in the same pieces as OpenBLAS's AVX-512 kernels, so the bits are the same (checked at every start).

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,f16c")))

int assay_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

typedef enum { element_f32, element_fp16, element_bf16 } element;

AVX512 static inline __attribute__((always_inline)) __m512 load_weights(const void *weights, size_t index, element type) {
  switch (type) {
    case element_fp16: return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)((const uint16_t *)weights + index)));
    case element_bf16:
      return _mm512_castsi512_ps(_mm512_slli_epi32(
          _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)((const uint16_t *)weights + index))), 16));
    default: return _mm512_loadu_ps((const float *)weights + index);
  }
}

/// `vectors` vectors of 16 rows, `tokens` tokens; both constant after inlining.
AVX512 static inline __attribute__((always_inline)) void product(
    const void *weights, element type, int stride, int depth, int piece, const float *x, int width, float *y,
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
        __m512 w = load_weights(weights, (size_t)k * stride + 16 * v, type);
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

AVX512 static inline __attribute__((always_inline)) void all_tokens(const void *weights, element type, int rows,
                                                                   int depth, int piece, const float *x, int width,
                                                                   int tokens, float *y) {
  size_t size = type == element_f32 ? 4 : 2;
  for (int r = 0; r < rows; r += 96) {
    int vectors = (rows - r < 96 ? rows - r : 96) / 16;
    const void *w = (const char *)weights + (size_t)r * size;
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

AVX512 void assay_multiply_few(const void *weights, int type, int rows, int depth, int piece, const float *x,
                               int width, int tokens, float *y) {
  switch (type) {
    case element_fp16: all_tokens(weights, element_fp16, rows, depth, piece, x, width, tokens, y); break;
    case element_bf16: all_tokens(weights, element_bf16, rows, depth, piece, x, width, tokens, y); break;
    default: all_tokens(weights, element_f32, rows, depth, piece, x, width, tokens, y);
  }
}
#else
int assay_has_avx512(void) { return 0; }
void assay_multiply_few(const void *weights, int type, int rows, int depth, int piece, const float *x, int width,
                        int tokens, float *y) { __builtin_trap(); }
#endif

ASSAY_CLONES void assay_expand_fp16(const uint16_t *restrict half, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    _Float16 h;
    memcpy(&h, &half[i], 2);
    out[i] = (float)h;
  }
}

ASSAY_CLONES void assay_expand_bf16(const uint16_t *restrict half, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)half[i] << 16;
    memcpy(&out[i], &bits, 4);
  }
}
