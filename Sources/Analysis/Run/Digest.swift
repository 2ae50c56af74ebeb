/// A SHA-256 digest: the identity of a model, a prompt set or a chat template.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  package let description: String

  /// The first 12 digits, enough to tell files apart in a report.
  package var short: String { String(description.prefix(12)) }

  /// The digest of `bytes`; for a stream of buffers use ``SHA256``.
  package init(of bytes: [UInt8]) {
    var hash = SHA256()
    hash.update(bytes)
    self = hash.finish()
  }

  /// The digest of the UTF-8 encoding of `text`.
  package init(of text: String) {
    self.init(of: Array(text.utf8))
  }

  /// Reads 64 hexadecimal digits of either case; `nil` for anything else.
  package init?(hexadecimal text: String) {
    guard text.utf8.count == 64, text.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
    description = text.lowercased()
  }

  /// The 32 bytes as Base64 (RFC 4648), the way web pages name scripts.
  var base64: String {
    let digits = description.utf8.map { Character(UnicodeScalar($0)).hexDigitValue ?? 0 }
    let bits = digits.flatMap { digit in stride(from: 3, through: 0, by: -1).map { digit >> $0 & 1 } } + [0, 0]
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let letters = stride(from: 0, to: bits.count, by: 6).map { start in
      alphabet[bits[start..<start + 6].reduce(0) { $0 << 1 | $1 }]
    }
    return String(letters) + "="
  }

  fileprivate init(words: [UInt32]) {
    description = words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }
}

/// The secure hash algorithm SHA-256 (FIPS 180-4, section 6.2), fed buffer by buffer.
///
/// Complexity: linear in the bytes, constant memory.
package struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// The bytes of the block that is not full yet; always fewer than 64.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  package init() {}

  /// Appends `bytes` to the message.
  package mutating func update(_ bytes: Span<UInt8>) {
    byteCount += UInt64(bytes.count)
    var next = 0
    if !pending.isEmpty {
      while next < bytes.count, pending.count < 64 {
        pending.append(bytes[next])
        next += 1
      }
      guard pending.count == 64 else { return }
      let block = pending
      compress(block.span, at: 0, into: &state)
      pending = []
    }
    while next + 64 <= bytes.count {
      compress(bytes, at: next, into: &state)
      next += 64
    }
    while next < bytes.count {
      pending.append(bytes[next])
      next += 1
    }
  }

  /// Appends `bytes` to the message.
  package mutating func update(_ bytes: [UInt8]) {
    update(bytes.span)
  }

  /// Appends the UTF-8 encoding of `text` to the message.
  package mutating func update(_ text: String) {
    update(Array(text.utf8))
  }

  /// The digest of everything appended so far.
  package consuming func finish() -> Digest {
    let bitCount = byteCount &* 8
    let zeros = (119 - pending.count) % 64
    let length = (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> UInt64(56 - 8 * $0)) }
    update([0x80] + [UInt8](repeating: 0, count: zeros) + length)
    return Digest(words: state)
  }
}

/// One round of the compression function on the 64 bytes at `offset`.
private func compress(_ bytes: Span<UInt8>, at offset: Int, into state: inout [UInt32]) {
  var schedule = InlineArray<64, UInt32>(repeating: 0)
  for t in 0..<16 {
    let i = offset + 4 * t
    schedule[t] =
      UInt32(bytes[i]) << 24 | UInt32(bytes[i + 1]) << 16 | UInt32(bytes[i + 2]) << 8 | UInt32(bytes[i + 3])
  }
  for t in 16..<64 {
    let (x, y) = (schedule[t - 15], schedule[t - 2])
    let small0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >> 3)
    let small1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >> 10)
    schedule[t] = schedule[t - 16] &+ small0 &+ schedule[t - 7] &+ small1
  }
  var (a, b, c, d) = (state[0], state[1], state[2], state[3])
  var (e, f, g, h) = (state[4], state[5], state[6], state[7])
  for t in 0..<64 {
    let big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    let first = h &+ big1 &+ ((e & f) ^ (~e & g)) &+ roundConstants[t] &+ schedule[t]
    let second = big0 &+ ((a & b) ^ (a & c) ^ (b & c))
    (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
  }
  for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= word }
}

private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
  word >> count | word << (32 - count)
}

/// FIPS 180-4, section 4.2.2.
private let roundConstants: [64 of UInt32] = [
  0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
  0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
  0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
  0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
  0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
  0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
  0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
  0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
]
