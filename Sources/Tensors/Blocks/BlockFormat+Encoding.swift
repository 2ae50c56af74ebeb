/// Why values cannot be stored in a block format.
package enum BlockEncodingError: Error, Equatable {
  case unsupported(BlockFormat)
  case notFinite(index: Int, value: Float)
  case scaleOverflow(BlockFormat, blockAt: Int)
}

extension BlockEncodingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unsupported(let format): "\(format.name) can be read but not written; write Q8_0 or F16 instead"
    case .notFinite(let index, let value): "element \(index) is \(value), which no quantized format can hold"
    case .scaleOverflow(let format, let index):
      "the \(format.name) block at element \(index) needs a scale beyond the range of binary16; write F32 instead"
    }
  }
}

extension BlockFormat {
  /// Whether `encode` is implemented.
  package var isEncodable: Bool { encodableBlock != nil }

  /// Quantizes as ggml does, deterministically.
  ///
  /// F32, F16 and BF16 take any value, infinities included; quantized formats refuse what is not finite.
  /// - Parameters:
  ///   - values: one row, n · `blockElements` floats; without importance also several rows.
  ///   - importance: the mean square of each input of the row (llama.cpp's importance matrix); formats that cannot
  ///     use it (F32, F16, BF16, Q8_0, MXFP4, NVFP4) ignore it.
  ///   - destination: n · `blockBytes` bytes.
  package func encode(
    _ values: UnsafeBufferPointer<Float>, importance: UnsafeBufferPointer<Float>? = nil,
    into destination: UnsafeMutableRawBufferPointer
  ) throws(BlockEncodingError) {
    precondition(byteCount(elements: values.count) == destination.count, "the bytes are those of whole blocks")
    precondition(importance.map { $0.count == values.count } ?? true, "an importance for each value")
    guard let encodableBlock else { throw .unsupported(self) }
    if blockElements > 1, let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(index: index, value: values[index])
    }
    if let index = encodeBlocks(encodableBlock, values, importance, destination) {
      throw .scaleOverflow(self, blockAt: index)
    }
  }

  /// Quantizes one row, or several without importance.
  package func encode(_ values: [Float], importance: [Float]? = nil) throws(BlockEncodingError) -> [UInt8] {
    precondition(values.count % blockElements == 0, "the values fill whole blocks")
    var bytes = [UInt8](repeating: 0, count: values.count / blockElements * blockBytes)
    var failure: BlockEncodingError?
    bytes.withUnsafeMutableBytes { bytes in
      values.withUnsafeBufferPointer { values in
        do throws(BlockEncodingError) {
          if let importance {
            try importance.withUnsafeBufferPointer { importance throws(BlockEncodingError) in
              try encode(values, importance: importance, into: bytes)
            }
          } else {
            try encode(values, into: bytes)
          }
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// An upper bound of the error of `encode` then `decode` for any value of a block whose values span `range`;
  /// infinite where the format overflows, `nil` for formats that cannot be written.
  package func errorBound(over range: ClosedRange<Float>) -> Float? {
    encodableBlock?.errorBound(over: range)
  }

  private var encodableBlock: (any EncodableBlock.Type)? {
    switch self {
    case .f32: BlockF32.self
    case .f16: BlockF16.self
    case .bf16: BlockBF16.self
    case .q4_0: BlockQ4_0.self
    case .q4_1: BlockQ4_1.self
    case .q5_0: BlockQ5_0.self
    case .q5_1: BlockQ5_1.self
    case .q8_0: BlockQ8_0.self
    case .q2_K: BlockQ2_K.self
    case .q3_K: BlockQ3_K.self
    case .q4_K: BlockQ4_K.self
    case .q5_K: BlockQ5_K.self
    case .q6_K: BlockQ6_K.self
    case .iq4_nl: BlockIQ4_NL.self
    case .iq4_xs: BlockIQ4_XS.self
    case .mxfp4: BlockMXFP4.self
    case .nvfp4: BlockNVFP4.self
    case .tq1_0: BlockTQ1_0.self
    case .tq2_0: BlockTQ2_0.self
    }
  }
}

/// - Returns: the first element of the first block whose scale overflowed.
private func encodeBlocks<B: EncodableBlock>(
  _: B.Type, _ values: UnsafeBufferPointer<Float>, _ importance: UnsafeBufferPointer<Float>?,
  _ destination: UnsafeMutableRawBufferPointer
) -> Int? {
  guard let x = values.baseAddress, let bytes = destination.baseAddress, values.count > 0 else { return nil }
  var overflow: Int?
  let row = importance.flatMap(\.baseAddress).map {
    Importance(values: $0, rowMeanSquare: sumOfSquares(x, count: values.count) / Float(values.count))
  }
  for i in 0..<values.count / B.format.blockElements {
    let element = i * B.format.blockElements
    let isFinite = B.encode(
      x + element, importance: row?.advanced(by: element), into: bytes + i * B.format.blockBytes)
    if !isFinite, overflow == nil { overflow = element }
  }
  return overflow
}
