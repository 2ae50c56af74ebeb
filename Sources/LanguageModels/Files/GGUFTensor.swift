package import Tensors

/// One entry of a GGUF file's tensor table.
package struct GGUFTensor: Sendable, Hashable {
  package let name: String

  /// Row length first: a weight that maps `in` features to `out` has the dimensions [in, out] and `out` rows.
  package let dimensions: [Int]

  /// The element or block type.
  package let type: GGMLType

  /// Bytes of all rows; `nil` when the block size of the type is unknown.
  package let byteCount: Int?

  /// Offset of the first row in its part of the file.
  package let offset: Int

  /// Which part of a split file holds the rows; 0 in a file of one part.
  let part: Int

  /// The format, when Assay can decode it.
  package var format: BlockFormat? { type.format }

  /// Elements of a row.
  package var columns: Int { dimensions.first ?? 1 }

  package var rows: Int { dimensions.dropFirst().reduce(1, *) }

  package var elementCount: Int { rows * columns }
}

/// A `ggml_type`: those that Assay decodes, those it only knows by name, and those newer than it.
package struct GGMLType: Sendable, Hashable {
  package let id: UInt32

  package init(id: UInt32) { self.id = id }

  package init(_ format: BlockFormat) { id = format.rawValue }

  package var format: BlockFormat? { BlockFormat(rawValue: id) }

  package var name: String { format?.name ?? Self.undecodable[id]?.name ?? "unknown type \(id)" }

  /// Elements and bytes of one block, when known.
  var block: (elements: Int, bytes: Int)? {
    if let format { return (format.blockElements, format.blockBytes) }
    return Self.undecodable[id].map { ($0.elements, $0.bytes) }
  }

  /// Types that are listed but not decoded (gguf-py 0.19.0 `GGML_QUANT_SIZES`; Q8_1 as in ggml).
  private static let undecodable: [UInt32: (name: String, elements: Int, bytes: Int)] = [
    9: ("Q8_1", 32, 36), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 41: ("Q1_0", 128, 18),
  ]
}
