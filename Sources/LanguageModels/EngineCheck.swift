import Tensors

/// Whether this machine's BLAS kernel keeps what the engine promises, found by computing.
package struct EngineCheck: Sendable, Hashable {
  /// The kernel family OpenBLAS chose, such as `Haswell`.
  package let core: String
  /// OpenBLAS's version and build options.
  package let configuration: String
  /// Which ways of multiplying give every token the same bits; `nil` when none does.
  package let kernels: String?
  /// Whether INT8 products, through SGEMM slabs and by integer instructions, equal plain integer loops.
  package let isIntegerExact: Bool
  /// The accumulators of the integer check, the same on every machine.
  package let integerAccumulators: [Int32]

  /// The kernel that OpenBLAS chose for this process.
  package static var core: String { GEMM.coreName }

  /// Takes some milliseconds.
  package init() {
    core = GEMM.coreName
    configuration = GEMM.configuration
    let shapes = [(192, 576), (576, 1536), (960, 960), (96, 4096)]
    kernels =
      KernelProfile(
        shapes: shapes.reduce(into: []) { $0.formUnion(GEMMShape.blocks(rows: $1.0, columns: $1.1)) })?.summary

    // Values near the worst case, so that a sum that is rounded anywhere shows.
    let (rows, tokens, depth) = (33, 9, 2081)
    var state: UInt32 = 1
    func value() -> Int8 {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int8(truncatingIfNeeded: 127 - Int(state >> 24) % 9) * (state >> 30 == 0 ? -1 : 1)
    }
    let weights = (0..<rows * depth).map { _ in value() }
    let inputs = (0..<tokens * depth).map { _ in value() }
    integerAccumulators = GEMM.multiplyIntegersReference(
      weights, rows: rows, inputs: inputs, tokens: tokens, depth: depth)
    isIntegerExact = [false, true].allSatisfy { [integerAccumulators] native in
      integerAccumulators
        == GEMM.multiplyIntegers(
          weights, rows: rows, inputs: inputs, tokens: tokens, depth: depth, width: GEMM.widths[0], native: native)
    }
  }
}
