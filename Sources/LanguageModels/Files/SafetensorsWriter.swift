import Tensors

/// Lays out one safetensors file, whose bytes are then written piece by piece.
struct SafetensorsWriter {
  struct Tensor {
    let name: String
    let type: ElementType
    /// Outermost dimension first.
    let shape: [Int]
    var byteCount: Int { shape.reduce(type.byteCount, *) }
  }

  private(set) var tensors: [Tensor] = []
  private(set) var dataBytes = 0

  mutating func add(_ name: String, _ type: ElementType, shape: [Int]) {
    tensors.append(Tensor(name: name, type: type, shape: shape))
    dataBytes += tensors[tensors.count - 1].byteCount
  }

  /// What comes before the tensors' bytes: the length of the table, and the table, padded to 8 bytes.
  var header: [UInt8] {
    var offset = 0
    var members = [
      JSONValue.Member(key: "__metadata__", value: .object([.init(key: "format", value: .string("pt"))]))
    ]
    for tensor in tensors {
      let end = offset + tensor.byteCount
      members.append(
        .init(
          key: tensor.name,
          value: .object([
            .init(key: "dtype", value: .string(tensor.type.rawValue)),
            .init(key: "shape", value: .array(tensor.shape.map(JSONValue.integer))),
            .init(key: "data_offsets", value: .array([.integer(offset), .integer(end)])),
          ])))
      offset = end
    }
    var table = Array(JSONValue.object(members).text().utf8)
    while table.count % 8 != 0 { table.append(UInt8(ascii: " ")) }
    return (0..<8).map { UInt8(truncatingIfNeeded: table.count >> (8 * $0)) } + table
  }
}
