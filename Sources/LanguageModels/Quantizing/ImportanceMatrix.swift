import Tensors

/// llama.cpp's importance matrix: for every weight matrix, the mean square of each input over a calibration text.
///
/// Source: llama.cpp `tools/imatrix` and `tools/quantize` (GGUF, and the older binary form).
package struct ImportanceMatrix: Sendable {
  private let values: [String: [Float]]

  package subscript(tensor: String) -> [Float]? { values[tensor] }
  package var count: Int { values.count }

  /// Reads the GGUF form: tensors `NAME.in_sum2` and `NAME.counts`.
  package init(_ file: GGUFFile) throws(ImportanceError) {
    var values: [String: [Float]] = [:]
    for tensor in file.tensors where tensor.name.hasSuffix(".in_sum2") {
      let name = String(tensor.name.dropLast(".in_sum2".count))
      guard tensor.rows == 1 else { continue }  // experts: a row each, which no supported model has
      guard tensor.format == .f32, let counts = file.tensor(named: name + ".counts"), counts.format == .f32,
        counts.elementCount == 1
      else { throw .malformed("tensor '\(name).counts' is missing or not one number") }
      let (sums, count): ([Float], [Float])
      do {
        (sums, count) = (try file.decode(tensor), try file.decode(counts))
      } catch {
        throw .malformed("\(error)")
      }
      values[name] = try Self.checked(sums.map { count[0] > 0 ? $0 / count[0] : 1 }, name)
    }
    guard !values.isEmpty else { throw .malformed("it has no tensors named '....in_sum2'") }
    self.values = values
  }

  /// Reads the older form: a count of entries, then name, number of calls and sums of each.
  package init(legacy bytes: [UInt8]) throws(ImportanceError) {
    var reader = LegacyReader(bytes: bytes)
    let count = try reader.integer()
    guard count >= 1 else { throw .malformed("it has no entries") }
    var values: [String: [Float]] = [:]
    for _ in 0..<count {
      let name = String(decoding: try reader.take(reader.integer()), as: UTF8.self)
      let calls = try reader.integer()
      let length = try reader.integer()
      guard length <= bytes.count / 4 else { throw .malformed("'\(name)' claims \(length) values") }
      let raw = try reader.take(length * 4)
      let sums = stride(from: raw.startIndex, to: raw.endIndex, by: 4).map { i in
        Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(raw[i + $1]) << UInt32(8 * $1) })
      }
      values[name] = try Self.checked(calls > 0 ? sums.map { $0 / Float(calls) } : sums, name)
    }
    self.values = values
  }

  private static func checked(_ values: [Float], _ name: String) throws(ImportanceError) -> [Float] {
    guard values.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
      throw .malformed("'\(name)' has values that are negative or not finite")
    }
    return values
  }
}

/// Why an importance matrix cannot be read.
package enum ImportanceError: Error, CustomStringConvertible {
  case malformed(String)

  package var description: String {
    switch self {
    case .malformed(let problem): "is not an importance matrix of llama.cpp: \(problem)"
    }
  }
}

private struct LegacyReader {
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func take(_ count: Int) throws(ImportanceError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw .malformed("it ends at byte \(bytes.count), in an entry") }
    position += count
    return bytes[position - count..<position]
  }

  /// A non-negative 32-bit integer.
  mutating func integer() throws(ImportanceError) -> Int {
    let raw = try take(4)
    let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(raw[raw.startIndex + $1]) << UInt32(8 * $1) }
    guard value <= Int32.max else { throw .malformed("a size at byte \(position - 4) is negative") }
    return Int(value)
  }
}
