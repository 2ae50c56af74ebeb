// The system's OpenBLAS; only Tensors/GEMM.swift imports it.
//
// Loaded on first use rather than linked: commands that multiply no matrices start in a third of the time, and OpenBLAS
// does not start threads of its own, which would spin beside ours. Declares just what is used, as <cblas.h> does.
#ifndef ASSAY_COPENBLAS_H
#define ASSAY_COPENBLAS_H

typedef int blasint;
enum CBLAS_ORDER { CblasRowMajor = 101 };
enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112 };

struct assay_openblas {
  void (*sgemm)(
      enum CBLAS_ORDER, enum CBLAS_TRANSPOSE, enum CBLAS_TRANSPOSE, blasint m, blasint n, blasint k, float alpha,
      const float *a, blasint lda, const float *b, blasint ldb, float beta, float *c, blasint ldc);
  char *(*get_config)(void);
  char *(*get_corename)(void);
  void (*set_num_threads)(int);
  // The inner product of the kernel family in use, `c[n][m] += alpha * a * b` on packed operands, and the packing of
  // its left one, `a[k][m]`. Null where the library does not show them.
  int (*sgemm_kernel)(long m, long n, long k, float alpha, const float *a, const float *b, float *c, long ldc);
  int (*sgemm_itcopy)(long k, long m, const float *a, long lda, float *packed);
};

/// The functions of OpenBLAS. Where it is not installed, the process ends with a sentence that says so.
const struct assay_openblas *assay_openblas(void);

static inline void cblas_sgemm(
    enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE transposeA, enum CBLAS_TRANSPOSE transposeB, blasint m, blasint n,
    blasint k, float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta, float *c, blasint ldc) {
  assay_openblas()->sgemm(order, transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

static inline char *openblas_get_config(void) { return assay_openblas()->get_config(); }
static inline char *openblas_get_corename(void) { return assay_openblas()->get_corename(); }
static inline void openblas_set_num_threads(int threads) { assay_openblas()->set_num_threads(threads); }

#endif
