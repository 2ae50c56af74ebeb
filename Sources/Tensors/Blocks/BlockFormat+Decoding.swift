extension BlockFormat {
  /// Dequantizes whole blocks, bit for bit as ggml's reference code.
  ///
  /// Every bit pattern decodes to some value; a corrupt scale can give infinities or NaN, which callers must look for.
  /// - Parameters:
  ///   - source: n blocks of `blockBytes` bytes, of any alignment.
  ///   - destination: n · `blockElements` floats.
  package func decode(_ source: UnsafeRawBufferPointer, into destination: UnsafeMutableBufferPointer<Float>) {
    precondition(
      byteCount(elements: destination.count) == source.count, "the bytes are those of the destination's elements")
    guard let first = source.baseAddress, let y = destination.baseAddress, destination.count > 0 else { return }
    let count = destination.count / blockElements
    switch self {
    case .f32: decodeBlocks(BlockF32.self, first, y, count)
    case .f16: decodeBlocks(BlockF16.self, first, y, count)
    case .bf16: decodeBlocks(BlockBF16.self, first, y, count)
    case .q4_0: decodeBlocks(BlockQ4_0.self, first, y, count)
    case .q4_1: decodeBlocks(BlockQ4_1.self, first, y, count)
    case .q5_0: decodeBlocks(BlockQ5_0.self, first, y, count)
    case .q5_1: decodeBlocks(BlockQ5_1.self, first, y, count)
    case .q8_0: decodeBlocks(BlockQ8_0.self, first, y, count)
    case .q2_K: decodeBlocks(BlockQ2_K.self, first, y, count)
    case .q3_K: decodeBlocks(BlockQ3_K.self, first, y, count)
    case .q4_K: decodeBlocks(BlockQ4_K.self, first, y, count)
    case .q5_K: decodeBlocks(BlockQ5_K.self, first, y, count)
    case .q6_K: decodeBlocks(BlockQ6_K.self, first, y, count)
    case .iq4_nl: decodeBlocks(BlockIQ4_NL.self, first, y, count)
    case .iq4_xs: decodeBlocks(BlockIQ4_XS.self, first, y, count)
    case .mxfp4: decodeBlocks(BlockMXFP4.self, first, y, count)
    case .nvfp4: decodeBlocks(BlockNVFP4.self, first, y, count)
    case .tq1_0: decodeBlocks(BlockTQ1_0.self, first, y, count)
    case .tq2_0: decodeBlocks(BlockTQ2_0.self, first, y, count)
    }
  }

  /// The values of whole blocks.
  package func decode(_ bytes: [UInt8]) -> [Float] {
    precondition(bytes.count % blockBytes == 0, "the bytes are whole blocks")
    let count = bytes.count / blockBytes * blockElements
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes { decode($0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count])) }
      initialized = count
    }
  }
}

private func decodeBlocks<B: Block>(
  _: B.Type, _ source: UnsafeRawPointer, _ destination: UnsafeMutablePointer<Float>, _ count: Int
) {
  let bytes = B.format.blockBytes
  let elements = B.format.blockElements
  precondition(B.byteCount == bytes, "a block's fields end where its format says")
  for i in 0..<count { B.decode(source + i * bytes, into: destination + i * elements) }
}
