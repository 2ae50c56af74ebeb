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

  /// Quantizes with ggml's deterministic reference quantizer (round to nearest, no importance weights).
  ///
  /// F32, F16 and BF16 take any value, infinities included; quantized formats refuse what is not finite.
  /// - Parameter values: n · `blockElements` floats.
  /// - Returns: n · `blockBytes` bytes.
  package func encode(_ values: [Float]) throws(BlockEncodingError) -> [UInt8] {
    precondition(values.count % blockElements == 0, "the values fill whole blocks")
    guard let encodableBlock else { throw .unsupported(self) }
    if blockElements > 1, let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(index: index, value: values[index])
    }
    return try encodeBlocks(encodableBlock, values)
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
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_nl, .iq4_xs, .mxfp4: nil
    }
  }
}

private func encodeBlocks<B: EncodableBlock>(_: B.Type, _ values: [Float]) throws(BlockEncodingError) -> [UInt8] {
  let count = values.count / B.format.blockElements
  var overflow: Int?
  let bytes = [UInt8](unsafeUninitializedCapacity: count * B.format.blockBytes) { buffer, initialized in
    values.withUnsafeBufferPointer { x in
      for i in 0..<count {
        let element = i * B.format.blockElements
        let block = UnsafeMutableRawPointer(buffer.baseAddress! + i * B.format.blockBytes)
        let isFinite = B.encode(x.baseAddress! + element, into: block)
        if !isFinite, overflow == nil { overflow = element }
      }
    }
    initialized = count * B.format.blockBytes
  }
  if let overflow { throw .scaleOverflow(B.format, blockAt: overflow) }
  return bytes
}
