/// The keys and values of a GGUF file, in the file's order.
///
/// The typed accessors return `nil` for a key that is absent and throw for one of another type: a file that says
/// something unexpected is an error, a file that says nothing has a default.
package struct GGUFMetadata: Sendable {
  /// The file, for messages.
  private let file: String
  private var values: [String: GGUFValue] = [:]
  package private(set) var keys: [String] = []

  init(file: String) { self.file = file }

  /// Adds a value; false when the key was there already.
  mutating func add(_ value: GGUFValue, for key: String) -> Bool {
    guard values.updateValue(value, forKey: key) == nil else { return false }
    keys.append(key)
    return true
  }

  package subscript(key: String) -> GGUFValue? { values[key] }

  package func string(_ key: String) throws(GGUFError) -> String? {
    switch values[key] {
    case nil: return nil
    case .string(let value): return value
    case let other?: throw wrongType(key, "a string", other)
    }
  }

  package func boolean(_ key: String) throws(GGUFError) -> Bool? {
    switch values[key] {
    case nil: return nil
    case .bool(let value): return value
    case let other?: throw wrongType(key, "a boolean", other)
    }
  }

  /// A non-negative integer, of any of the integer types: tools disagree about their width.
  package func unsignedInteger(_ key: String) throws(GGUFError) -> Int? {
    guard let value = values[key] else { return nil }
    guard let integer = value.integer.flatMap({ Int(exactly: $0) }), integer >= 0 else {
      throw wrongType(key, "a non-negative integer", value)
    }
    return integer
  }

  /// A number of either floating-point width, rounded to `Float`.
  package func float(_ key: String) throws(GGUFError) -> Float? {
    switch values[key] {
    case nil: return nil
    case .float32(let value): return value
    case .float64(let value): return Float(value)
    case let other?: throw wrongType(key, "a floating-point number", other)
    }
  }

  package func strings(_ key: String) throws(GGUFError) -> [String]? {
    switch values[key] {
    case nil: return nil
    case .array(.string(let values)): return values
    case let other?: throw wrongType(key, "an array of strings", other)
    }
  }

  package func floats(_ key: String) throws(GGUFError) -> [Float]? {
    switch values[key] {
    case nil: return nil
    case .array(.float32(let values)): return values
    case let other?: throw wrongType(key, "an array of 32-bit floating-point numbers", other)
    }
  }

  package func integers(_ key: String) throws(GGUFError) -> [Int]? {
    guard let value = values[key] else { return nil }
    guard case .array(let array) = value, let integers = array.integers else {
      throw wrongType(key, "an array of integers", value)
    }
    return integers
  }

  /// What `read` finds for `key`, or `missingKey`: `try metadata.required("llama.block_count", \.unsignedInteger)`.
  package func required<Value>(
    _ key: String, _ accessor: (GGUFMetadata) -> (String) throws(GGUFError) -> Value?
  ) throws(GGUFError) -> Value {
    guard let value = try accessor(self)(key) else { throw GGUFError(file: file, problem: .missingKey(key)) }
    return value
  }

  private func wrongType(_ key: String, _ expected: String, _ actual: GGUFValue) -> GGUFError {
    GGUFError(file: file, problem: .wrongValueType(key: key, expected: expected, actual: actual.kind))
  }
}
