import CKernels

/// 16-bit floating-point formats that values are rounded to and computed with in FP32.
package enum HalfFormat: Hashable, Sendable {
  case fp16
  case bf16
}

extension AlignedBuffer<Float> {
  /// Rounds every value to the format (nearest, ties to even) in place.
  /// - Returns: the number of finite values that became infinite.
  package func round(to format: HalfFormat) -> Int {
    format == .fp16 ? assay_round_fp16(base, base, count) : assay_round_bf16(base, base, count)
  }

  /// Number of values that are NaN or infinite.
  package func countNonFinite() -> Int { assay_count_nonfinite(base, count) }
}
