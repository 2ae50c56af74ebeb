// Inner loops of the transformer, and the worker pool that spreads them.
//
// Activations live in tiles: `x[feature * width + lane]`, one lane per token, `width` lanes (a multiple of 16). Every loop
// runs over lanes inside a sequential loop over features, so a lane's sum has one fixed order whatever the vector
// length of the CPU, and the bits are the same on every instruction set. The target is built without FMA contraction.
#ifndef ASSAY_CKERNELS_H
#define ASSAY_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// MARK: Worker pool

/// A fixed set of threads that run indexed tasks; the caller is one of them.
typedef struct assay_pool assay_pool;
assay_pool *assay_pool_create(int threads);
void assay_pool_destroy(assay_pool *pool);
/// Calls `body(context, i)` once for each i in 0..<count, on any thread, and returns when all are done.
void assay_pool_run(assay_pool *pool, int count, void (*body)(void *context, int index), void *context);

/// Zeroed memory on a cache-line boundary, in pages of 2 MB where the system has them; null when there is none.
void *assay_huge_allocate(size_t bytes);
void assay_huge_free(void *block);

/// Memory of the calling thread, on a cache-line boundary; valid until its next call.
void *assay_scratch(size_t bytes);
/// Another such memory, for callers of kernels that use the first.
void *assay_outer_scratch(size_t bytes);

// MARK: Tiles

/// out = x * weight / sqrt(mean(x^2) + epsilon) for `width` lanes of rows `stride` floats apart; weight: [features].
void assay_rms_norm(const float *x, const float *weight, float *out, int features, int stride, int width,
                    float epsilon);
/// out = (x - mean) * weight / sqrt(variance + epsilon) + bias, laid out like assay_rms_norm.
void assay_layer_norm(const float *x, const float *weight, const float *bias, float *out, int features, int stride,
                      int width, float epsilon);
/// out[row][lane] += bias[row].
void assay_add_bias(float *out, const float *bias, int rows, int width);
/// x += y.
void assay_add(float *x, const float *y, size_t count);
/// gate = silu(gate) * up.
void assay_swiglu(float *gate, const float *up, size_t count);
/// gate = gelu(gate) * up, by tanh.
void assay_geglu(float *gate, const float *up, size_t count);
/// x = x * Phi(x), relative error of erfc below 2e-10; and GELU by tanh. Both evaluated in double.
void assay_gelu(float *x, size_t count);
void assay_gelu_tanh(float *x, size_t count);
/// x = cap * tanh(x / cap).
void assay_soft_cap(float *x, size_t count, float cap);
/// Rotates adjacent pairs (2j, 2j+1) of every head; cosine, sine: [head_size / 2], rows `stride` apart like x.
void assay_rope(float *x, const float *cosine, const float *sine, int heads, int head_size, int stride, int width);
/// Copies `source[features]` into a lane, and a lane out again.
void assay_set_lane(float *tile, const float *source, int features, int width, int lane);
void assay_get_lane(const float *tile, float *destination, int features, int width, int lane);

// MARK: Rounding and quantization of activations

/// Largest magnitude of each lane: out[width].
void assay_lane_absmax(const float *x, float *out, int features, int stride, int width);
/// out = clamp(round-half-even(x / scale[lane]), -127, 127), as integer-valued floats.
void assay_quantize_lanes(const float *x, const float *scale, float *out, int features, int stride, int width);
/// Rounds to IEEE binary16 (nearest, ties to even) and back; returns how many finite values overflowed to infinity.
size_t assay_round_fp16(const float *x, float *out, size_t count);
/// Rounds to bfloat16 (nearest, ties to even) and back; returns how many finite values overflowed to infinity.
size_t assay_round_bf16(const float *x, float *out, size_t count);
/// accumulator = (int32) partial, or += where `accumulate` is not 0.
void assay_accumulate_int32(const float *partial, int32_t *accumulator, size_t count, int accumulate);
/// out[r][lane] = accumulator[r][lane] * (row_scale[r] * lane_scale[lane]), evaluated in double.
void assay_dequantize(const int32_t *accumulator, const float *row_scale, const float *lane_scale, float *out,
                      int rows, int width);
/// Number of values that are NaN or infinite.
size_t assay_count_nonfinite(const float *x, size_t count);

// MARK: Activations in formats that are multiplied in FP32: rounded to a format and back
// x, out: rows `stride` apart. A block whose largest magnitude is not finite becomes NaN.

/// A small floating-point format.
typedef struct {
  int fraction_bits;
  int least_exponent;    // of the smallest normal value
  int largest_exponent;  // of the largest value
  float largest;
} assay_minifloat;

/// out = scale[lane] * round(x / scale[lane]), nearest, ties to even, saturating.
void assay_round_minifloat(const float *x, const float *scale, float *out, int features, int stride, int width,
                           assay_minifloat format);
/// The same with a power of two for each 32 features, as in OCP Microscaling 1.0.
void assay_round_microscaling(const float *x, float *out, int features, int stride, int width,
                              assay_minifloat format);
/// NVFP4: E2M1 with an E4M3 scale for each 16 features, times tensor_scale[lane].
void assay_round_nvfp4(const float *x, const float *tensor_scale, float *out, int features, int stride, int width);
/// ggml's Q8_0 (32 features, scale in binary16, as its x86 kernels round) and Q8_K (256 features, scale in binary32).
void assay_round_q8_0(const float *x, float *out, int features, int stride, int width);
void assay_round_q8_k(const float *x, float *out, int features, int stride, int width);
/// Least and greatest value of each lane, and of zero; NaN where a value is.
void assay_lane_range(const float *x, float *least, float *greatest, int features, int stride, int width);
/// out = scale * (clamp(round(x / scale) + zero, 0, top) - zero), ties to even.
void assay_round_asymmetric(const float *x, const float *scale, const float *zero, float *out, int features,
                            int stride, int width, float top);

// MARK: Products by hand, where they are at least twice as fast as a whole tile through BLAS and give the same bits

/// Whether this CPU has AVX-512 F, BW and VL; and VNNI as well.
int assay_has_avx512(void);
int assay_has_vnni(void);
/// Columns of the piece of a sum that begins at `first`, as OpenBLAS's driver cuts it: pieces of `piece`, the last two
/// evened out.
static inline int assay_piece_columns(int first, int depth, int piece) {
  int count = depth - first;
  if (count >= 2 * piece) return piece;
  return count > piece ? (count / 2 + 15) / 16 * 16 : count;
}
/// y[row][token] = sum over k of weights[k][row] * x[k][token] for tokens 0..<tokens of a tile of `width` lanes.
/// Sums in pieces of `piece` columns cut as OpenBLAS cuts them. type: 0 binary16, 1 bfloat16 weights.
/// rows is a multiple of 16; needs AVX-512.
void assay_multiply_few(const uint16_t *weights, int type, int rows, int depth, int piece, const float *x, int width,
                        int tokens, float *y);
/// The same of 32-bit weights as ``assay_pack_panels`` lays out each piece.
void assay_multiply_few_panels(const float *panels, int rows, int depth, int piece, const float *x, int width,
                               int tokens, float *y);
/// Exact INT32 accumulators, out[row][token].  weights: [depth4][rows][4], x: q + 128 as [depth4][width][4];
/// row_sums: sum of each row's weights. Computes whole vectors of lanes; needs VNNI.
void assay_multiply_int8(const int8_t *weights, const int32_t *row_sums, int rows, int depth4, const uint8_t *x,
                         int width, int tokens, int32_t *out);
/// Integer-valued floats [depth][stride] as q + 128 in [depth4][stride][4], padded with q = 0; `width` lanes of them.
void assay_store_int8(const float *q, uint8_t *out, int depth, int stride, int width);
/// 16-bit weights, binary16 or else bfloat16, as floats.
void assay_expand_halves(const uint16_t *half, int is_fp16, float *out, size_t count);
/// weights [depth][rows] as the inner product of OpenBLAS reads them, [rows / 4][depth][4]; rows is a multiple of 4.
void assay_pack_panels(const float *weights, float *panels, int rows, int depth);
/// The same of 16-bit weights.
void assay_expand_panels(const uint16_t *half, int is_fp16, float *panels, int rows, int depth);

// MARK: Keys and values

/// How keys and values are stored. INT8 and INT4: symmetric absmax (127, 7) for each token and head.
enum { assay_cache_fp32, assay_cache_fp16, assay_cache_int8, assay_cache_int4 };
/// Positions of a block of keys.
enum { assay_cache_lanes = 16 };

/// Keys and values of one sequence, layer and head.
/// keys: [positions / 16][head_size][16], values: [positions][head_size]; in INT4 elements l and l + 8 of 16 positions,
/// and d and d + head_size / 2 of a value, share a byte, the first one low. Scales: [positions], for INT8 and INT4.
typedef struct {
  int type;
  void *keys, *values;
  float *key_scales, *value_scales;
} assay_cache;

/// Stores one position; key and value, [head_size] each, are scratch afterwards.
/// Returns how many finite values became infinite in FP16.
size_t assay_cache_store(const assay_cache *cache, float *key, float *value, int position, int head_size);
/// 16 positions from `first`, a multiple of 16, as floats: keys [head_size][16], values [16][head_size].
void assay_cache_keys(const assay_cache *cache, int first, int head_size, float *out);
void assay_cache_values(const assay_cache *cache, int first, int head_size, float *out);

// MARK: Linear algebra in double, for calibration

/// c -= a b.  c: [rows][columns], a: [rows][depth], b: [depth][columns], rows `..._stride` doubles apart; nothing overlaps.
void assay_subtract_product(double *c, size_t c_stride, const double *a, size_t a_stride, const double *b,
                            size_t b_stride, int rows, int depth, int columns);

// MARK: Attention

/// One token, one key/value head, `group` query heads that share it.
/// query: [group][head_size]; scratch: group * (length rounded up to 16) + 16 * head_size; out: [group][head_size].
/// Which positions a token sees, from `first` to its own, and, above 0, the cap c of its scores: c * tanh(score / c).
typedef struct {
  int first;
  float soft_cap;
} assay_attention_span;
void assay_attention(const float *query, const assay_cache *cache, float *scratch, float *out, int length,
                     int head_size, int group, float scale, assay_attention_span span);

// MARK: Logits

/// Running summary of one block of logits per lane, all arrays of `width`.
typedef struct {
  float *best, *second;       // largest and second largest logit
  int32_t *best_index, *second_index;
  double *sum;                // sum of exp(logit - best) over the block
  float *chosen;              // logit of target[lane] where it lies in the block
  const int32_t *target;      // token to look up, or -1
} assay_logit_summary;

/// Summarises rows first_row..<first_row + rows of logits: [rows][width].
void assay_summarize_logits(const float *logits, int rows, int width, int first_row, assay_logit_summary summary);
/// What is known of two models' logits of the same tokens, arrays of `width`.
typedef struct {
  const double *p_shift, *q_shift;  // log of the sum of exponentials, so that logit - shift = ln p
  const float *level;               // q's logit of the token
  const int32_t *token;             // p's most likely token
  int is_code;                      // p is ln p of a _logits_ file: computed in FP32, as llama.cpp does
} assay_logit_pair;

/// For rows first_row..<first_row + rows of logits p and q, [rows][width]:
/// kl = sum of p (ln p - ln q) over rows with ln p > floor; above = rows that stand before the token in q's order.
void assay_compare_logits(const float *p, const float *q, int rows, int width, int first_row, double floor,
                          assay_logit_pair pair, double *kl, int32_t *above);
/// e^x in double, relative error below 3e-16 for x in [-700, 0]; the same bits everywhere.
double assay_exp(double x);

#endif
