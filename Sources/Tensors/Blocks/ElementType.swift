/// The element types of safetensors files, by the names the files give them.
///
/// Source: safetensors 0.5 `Dtype`; OCP 8-bit Floating Point Specification 1.0 for F8.
package enum ElementType: String, CaseIterable, Sendable, Hashable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  package var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// The values of little-endian elements, of any alignment, rounded to FP32.
  package func decode(_ source: UnsafeRawBufferPointer, into destination: UnsafeMutableBufferPointer<Float>) {
    precondition(source.count == destination.count * byteCount, "the bytes are those of the destination's elements")
    func each<Stored: BitwiseCopyable>(_: Stored.Type, _ value: (Stored) -> Float) {
      for i in destination.indices {
        destination[i] = value(
          source.loadUnaligned(fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self))
      }
    }
    switch self {
    case .bool: each(UInt8.self) { $0 == 0 ? 0 : 1 }
    case .uint8: each(UInt8.self) { Float($0) }
    case .int8: each(Int8.self) { Float($0) }
    case .float8E5M2: each(UInt8.self) { Self.eightBits($0, exponentBits: 5) }
    case .float8E4M3: each(UInt8.self) { Self.eightBits($0, exponentBits: 4) }
    case .int16: each(Int16.self) { Float(Int16(littleEndian: $0)) }
    case .uint16: each(UInt16.self) { Float(UInt16(littleEndian: $0)) }
    case .float16: each(UInt16.self) { Float(Float16(bitPattern: UInt16(littleEndian: $0))) }
    case .bfloat16: each(UInt16.self) { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) }
    case .int32: each(Int32.self) { Float(Int32(littleEndian: $0)) }
    case .uint32: each(UInt32.self) { Float(UInt32(littleEndian: $0)) }
    case .float32: each(UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float64: each(UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .int64: each(Int64.self) { Float(Int64(littleEndian: $0)) }
    case .uint64: each(UInt64.self) { Float(UInt64(littleEndian: $0)) }
    }
  }

  /// E4M3 (no infinity, NaN only with all bits set) or E5M2 (as IEEE).
  private static func eightBits(_ byte: UInt8, exponentBits: Int) -> Float {
    let fractionBits = 7 - exponentBits
    let bias = 1 << (exponentBits - 1) - 1
    let exponent = Int(byte & 0x7f) >> fractionBits
    let fraction = Int(byte) & (1 << fractionBits - 1)
    let sign: Float = byte & 0x80 == 0 ? 1 : -1
    let last = 1 << exponentBits - 1
    if exponentBits == 5, exponent == last { return fraction == 0 ? sign * .infinity : .nan }
    if exponentBits == 4, exponent == last, fraction == 1 << fractionBits - 1 { return .nan }
    let significand = exponent == 0 ? fraction : fraction + 1 << fractionBits
    return sign * Float(sign: .plus, exponent: max(exponent, 1) - bias - fractionBits, significand: Float(significand))
  }
}
