/// The alphabet of byte-level BPE: every byte as a printable character.
///
/// Bytes that print as themselves in Latin-1 stay; the other 68 become U+0100, U+0101, ... in ascending order.
/// Source: GPT-2 `encoder.py`, `bytes_to_unicode`.
enum ByteAlphabet {
  private static let bytes: [UInt32: UInt8] = {
    var bytes: [UInt32: UInt8] = [:]
    var next: UInt32 = 0x100
    for byte in UInt8.min...UInt8.max {
      switch byte {
      case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: bytes[UInt32(byte)] = byte
      default:
        bytes[next] = byte
        next += 1
      }
    }
    return bytes
  }()

  /// The bytes that `text` spells; a text with characters outside the alphabet stands for its own UTF-8.
  static func bytes(spelledBy text: String) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = bytes[scalar.value] else { return Array(text.utf8) }
      result.append(byte)
    }
    return result
  }

  private static let scalars: [Unicode.Scalar] = {
    var scalars = [Unicode.Scalar](repeating: " ", count: 256)
    for (value, byte) in bytes { scalars[Int(byte)] = Unicode.Scalar(value) ?? " " }
    return scalars
  }()

  /// The UTF-8 of `text`, every byte as its character.
  static func spelled(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    text.flatMap { scalar in UTF8.encode(scalar).map { $0.map { scalars[Int($0)] } } ?? [] }
  }
}
