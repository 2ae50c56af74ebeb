#include "CKernels.h"
#include "bits.h"
#include <string.h>

// Products of few tokens: each weight is read once from memory, at its speed; 16-bit weights as they are, 32-bit ones in
// the panels that OpenBLAS's inner product reads. Every sum runs over the columns in order with fused multiply-adds, in
// the same pieces as OpenBLAS's AVX-512 kernels, so the bits are the same (checked at every start).

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,f16c")))

int assay_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

typedef enum { element_fp16, element_bf16 } element;

AVX512 static inline __attribute__((always_inline)) void store_rows(__m512 total, float *y, int width) {
  float rows[16];
  _mm512_storeu_ps(rows, total);
  for (int r = 0; r < 16; r++) y[(size_t)r * width] = rows[r];
}

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
    int count = assay_piece_columns(first, depth, piece);
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
    for (int t = 0; t < tokens; t++) store_rows(total[v][t], y + (size_t)16 * v * width + t, width);
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

/// Four columns of 16 rows from their four panels.
AVX512 static inline __attribute__((always_inline)) void load_columns(const float *panel, int stride, __m512 w[4]) {
  __m512 a = _mm512_loadu_ps(panel), b = _mm512_loadu_ps(panel + stride), c = _mm512_loadu_ps(panel + 2 * stride),
         d = _mm512_loadu_ps(panel + 3 * stride);
  __m512 ab = _mm512_shuffle_f32x4(a, b, 0x44), cd = _mm512_shuffle_f32x4(c, d, 0x44);
  w[0] = _mm512_shuffle_f32x4(ab, cd, 0x88);
  w[1] = _mm512_shuffle_f32x4(ab, cd, 0xdd);
  ab = _mm512_shuffle_f32x4(a, b, 0xee), cd = _mm512_shuffle_f32x4(c, d, 0xee);
  w[2] = _mm512_shuffle_f32x4(ab, cd, 0x88);
  w[3] = _mm512_shuffle_f32x4(ab, cd, 0xdd);
}

AVX512 static inline __attribute__((always_inline)) __m512 load_column(const float *panel, int stride) {
  __m512 w = _mm512_castps128_ps512(_mm_loadu_ps(panel));
  w = _mm512_insertf32x4(w, _mm_loadu_ps(panel + stride), 1);
  w = _mm512_insertf32x4(w, _mm_loadu_ps(panel + 2 * stride), 2);
  return _mm512_insertf32x4(w, _mm_loadu_ps(panel + 3 * stride), 3);
}

/// One piece of columns for `groups` of 16 rows, added to y; groups and tokens constant after inlining.
AVX512 static inline __attribute__((always_inline)) void panel_product(const float *panels, int count, const float *x,
                                                                      int width, float *y, const int groups,
                                                                      const int tokens) {
  // The panels of a group lie side by side and are read all at once, too short a way for the hardware's prefetching;
  // what follows them in memory is asked for while they are worked on.
  const char *next = (const char *)(panels + (size_t)16 * groups * count);
  int stride = 4 * count, k = 0;
  __m512 sum[2][4];
  for (int g = 0; g < groups; g++)
    for (int t = 0; t < tokens; t++) sum[g][t] = _mm512_setzero_ps();
  for (; k + 4 <= count; k += 4)
    for (int g = 0; g < groups; g++) {
      __m512 w[4];
      for (int line = 0; line < 4; line++, next += 64) _mm_prefetch(next, _MM_HINT_T1);
      load_columns(panels + (size_t)16 * g * count + 4 * k, stride, w);
      for (int i = 0; i < 4; i++)
        for (int t = 0; t < tokens; t++)
          sum[g][t] = _mm512_fmadd_ps(w[i], _mm512_set1_ps(x[(size_t)(k + i) * width + t]), sum[g][t]);
    }
  for (; k < count; k++)
    for (int g = 0; g < groups; g++) {
      __m512 w = load_column(panels + (size_t)16 * g * count + 4 * k, stride);
      for (int t = 0; t < tokens; t++)
        sum[g][t] = _mm512_fmadd_ps(w, _mm512_set1_ps(x[(size_t)k * width + t]), sum[g][t]);
    }
  for (int g = 0; g < groups; g++)
    for (int t = 0; t < tokens; t++) {
      float rows[16];
      _mm512_storeu_ps(rows, sum[g][t]);
      for (int r = 0; r < 16; r++) y[(size_t)(16 * g + r) * width + t] += rows[r];
    }
}

AVX512 void assay_multiply_few_panels(const float *panels, int rows, int depth, int piece, const float *x, int width,
                                      int tokens, float *y) {
  memset(y, 0, (size_t)rows * width * sizeof(float));
  for (int first = 0; first < depth;) {
    int count = assay_piece_columns(first, depth, piece);
    for (int t = 0; t < tokens; t += 4)
      for (int r = 0; r < rows;) {
        int groups = rows - r >= 32 ? 2 : 1;
        const float *w = panels + (size_t)first * rows + (size_t)r * count, *in = x + (size_t)first * width + t;
        float *out = y + (size_t)r * width + t;
#define CASE(G, T) case G * 8 + T: panel_product(w, count, in, width, out, G, T); break;
        switch (groups * 8 + (tokens - t < 4 ? tokens - t : 4)) {
          CASE(1, 1) CASE(1, 2) CASE(1, 3) CASE(1, 4) CASE(2, 1) CASE(2, 2) CASE(2, 3) CASE(2, 4)
        }
#undef CASE
        r += 16 * groups;
      }
    first += count;
  }
}
#else
int assay_has_avx512(void) { return 0; }
void assay_multiply_few_panels(const float *panels, int rows, int depth, int piece, const float *x, int width,
                               int tokens, float *y) { __builtin_trap(); }
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
  return float_of((uint32_t)bits << 16);
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

typedef float rows16 __attribute__((vector_size(64), aligned(4)));
typedef _Float16 fp16_rows __attribute__((vector_size(32), aligned(2)));
typedef uint16_t bf16_rows __attribute__((vector_size(32), aligned(2)));
typedef uint32_t bits_rows __attribute__((vector_size(64)));

#define WIDENED(x)                                                                  \
  (is_fp16 ? __builtin_convertvector(*(const fp16_rows *)(x), rows16)               \
           : (rows16)(__builtin_convertvector(*(const bf16_rows *)(x), bits_rows) << 16))
#define FIRST_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
#define SECOND_HALVES(a, b) __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
#define FIRST_FOURS(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23)
#define SECOND_FOURS(a, b) \
  __builtin_shufflevector(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31)

ASSAY_INLINE void expand_panels(const uint16_t *restrict half, float *restrict panels, int rows, int depth,
                                int is_fp16) {
  int whole = depth / 4 * 4;
  // Four columns of 16 rows are one line of memory in each of four panels.
  for (int k = 0; k < whole; k += 4)
    for (int r = 0; r + 16 <= rows; r += 16) {
      const uint16_t *column = half + (size_t)k * rows + r;
      float *panel = panels + ((size_t)(r / 4) * depth + k) * 4;
      rows16 a = WIDENED(column), b = WIDENED(column + rows), c = WIDENED(column + 2 * rows),
             d = WIDENED(column + 3 * rows);
      rows16 ab = FIRST_FOURS(a, b), cd = FIRST_FOURS(c, d);
      *(rows16 *)panel = FIRST_HALVES(ab, cd);
      *(rows16 *)(panel + (size_t)4 * depth) = SECOND_HALVES(ab, cd);
      ab = SECOND_FOURS(a, b), cd = SECOND_FOURS(c, d);
      *(rows16 *)(panel + (size_t)8 * depth) = FIRST_HALVES(ab, cd);
      *(rows16 *)(panel + (size_t)12 * depth) = SECOND_HALVES(ab, cd);
    }
  for (int k = 0; k < depth; k++)
    for (int r = k < whole ? rows / 16 * 16 : 0; r < rows; r++)
      panels[((size_t)(r / 4) * depth + k) * 4 + r % 4] = widened(half[(size_t)k * rows + r], is_fp16);
}

ASSAY_CLONES void assay_expand_panels(const uint16_t *half, int is_fp16, float *panels, int rows, int depth) {
  if (is_fp16) expand_panels(half, panels, rows, depth, 1);
  else expand_panels(half, panels, rows, depth, 0);
}
