#include "CKernels.h"
#include "dispatch.h"

// Four rows by sixteen columns at a time stay in registers; a sum runs over k in order, whatever the vector length.
enum { ROWS = 4, COLUMNS = 16 };

ASSAY_INLINE void subtract_block(double *restrict c, size_t c_stride, const double *restrict a, size_t a_stride,
                                 const double *restrict b, size_t b_stride, int depth, int rows, int columns) {
  double sums[ROWS][COLUMNS];
  for (int r = 0; r < rows; r++)
    for (int j = 0; j < columns; j++) sums[r][j] = c[r * c_stride + j];
  for (int k = 0; k < depth; k++)
    for (int r = 0; r < rows; r++) {
      double factor = a[r * a_stride + k];
      for (int j = 0; j < columns; j++) sums[r][j] -= factor * b[k * b_stride + j];
    }
  for (int r = 0; r < rows; r++)
    for (int j = 0; j < columns; j++) c[r * c_stride + j] = sums[r][j];
}

ASSAY_CLONES void assay_subtract_product(double *c, size_t c_stride, const double *a, size_t a_stride, const double *b,
                                         size_t b_stride, int rows, int depth, int columns) {
  for (int j = 0; j < columns; j += COLUMNS) {
    int width = columns - j < COLUMNS ? columns - j : COLUMNS;
    for (int r = 0; r < rows; r += ROWS) {
      int height = rows - r < ROWS ? rows - r : ROWS;
      double *target = c + r * c_stride + j;
      const double *left = a + r * a_stride;
      if (width == COLUMNS && height == ROWS)
        subtract_block(target, c_stride, left, a_stride, b + j, b_stride, depth, ROWS, COLUMNS);
      else
        subtract_block(target, c_stride, left, a_stride, b + j, b_stride, depth, height, width);
    }
  }
}
