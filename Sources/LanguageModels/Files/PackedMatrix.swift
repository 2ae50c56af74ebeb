import Tensors

/// A weight matrix of a checkpoint that was quantized before it was saved, as its values: `(q − zero) · scale`.
///
/// Weights only: what such a checkpoint does to activations is not repeated here.
///
/// Sources of the layouts: AutoGPTQ `qlinear_cuda_old` (version 1 stores zeros less 1) and GPTQModel (version 2);
/// AutoAWQ `WQLinear_GEMM`; compressed-tensors `pack_to_int32`; bitsandbytes `Int8Params` (SCB: row maxima).
struct PackedMatrix {
  enum Layout: Sendable {
    /// `qweight [in / n, out]`, `qzeros [groups, out / n]`, `scales [groups, out]`, perhaps `g_idx [in]`.
    case gptq(bits: Int, zeroOffset: Float)
    /// `qweight [in, out / 8]`, `qzeros [groups, out / 8]`, `scales [groups, out]`, neighbours in a word shuffled.
    case awq
    /// `weight_packed [out, in / n]`, `weight_scale [out, groups]`, perhaps `weight_zero_point [out / n, groups]`.
    case compressed(bits: Int)
    /// `weight [out, in]` of 8-bit elements, with `weight_scale [out, groups]`, `[out]` or one for all.
    case scaled
    /// `weight [out, in]` of I8, with `SCB [out]`: rows are q · SCB / 127.
    case bitsAndBytes
  }

  let layout: Layout
  let rows: Int
  let columns: Int
  private let folder: ModelFolder
  private let weight, scale: SafetensorsFile.Tensor
  private let zero, groupIndex: SafetensorsFile.Tensor?
  private let groups: Int

  /// The suffixes of the tensors that make up one matrix.
  static let suffixes = [
    ".qweight", ".qzeros", ".scales", ".g_idx", ".weight_packed", ".weight_scale", ".weight_zero_point",
    ".weight_shape",
    ".weight_g_idx", ".SCB", ".weight_format",
  ]

  /// - Parameter stem: the module's name, without `.weight`.
  /// - Returns: `nil` when the module is stored plainly, or its parts do not fit each other.
  init?(_ stem: String, layout: Layout, folder: ModelFolder) {
    func part(_ suffix: String, dimensions: Int) -> SafetensorsFile.Tensor? {
      guard let tensor = folder.stored(stem + suffix), tensor.shape.count == dimensions else { return nil }
      return tensor
    }
    self.layout = layout
    self.folder = folder
    let (rows, columns, groups): (Int, Int, Int)
    let (weight, scale): (SafetensorsFile.Tensor, SafetensorsFile.Tensor)
    var (zero, groupIndex): (SafetensorsFile.Tensor?, SafetensorsFile.Tensor?) = (nil, nil)
    switch layout {
    case .gptq(let bits, _):
      guard let words = part(".qweight", dimensions: 2), let scales = part(".scales", dimensions: 2),
        let zeros = part(".qzeros", dimensions: 2), words.type.byteCount == 4, zeros.type.byteCount == 4
      else { return nil }
      let perWord = 32 / bits
      (rows, columns, groups) = (words.shape[1], words.shape[0] * perWord, scales.shape[0])
      groupIndex = part(".g_idx", dimensions: 1)
      guard scales.shape[1] == rows, zeros.shape == [groups, rows / perWord], rows % perWord == 0,
        groupIndex.map({ $0.shape == [columns] && $0.type == .int32 }) ?? true
      else { return nil }
      (weight, scale, zero) = (words, scales, zeros)
    case .awq:
      guard let words = part(".qweight", dimensions: 2), let scales = part(".scales", dimensions: 2),
        let zeros = part(".qzeros", dimensions: 2), words.type.byteCount == 4, zeros.type.byteCount == 4
      else { return nil }
      (rows, columns, groups) = (words.shape[1] * 8, words.shape[0], scales.shape[0])
      guard scales.shape[1] == rows, zeros.shape == [groups, rows / 8] else { return nil }
      (weight, scale, zero) = (words, scales, zeros)
    case .compressed(let bits):
      guard let words = part(".weight_packed", dimensions: 2), let scales = part(".weight_scale", dimensions: 2),
        words.type.byteCount == 4
      else { return nil }
      (rows, columns, groups) = (words.shape[0], words.shape[1] * (32 / bits), scales.shape[1])
      zero = part(".weight_zero_point", dimensions: 2)
      groupIndex = part(".weight_g_idx", dimensions: 1)
      guard scales.shape[0] == rows,
        zero.map({ $0.shape == [(rows * bits + 31) / 32, groups] && $0.type == .int32 }) ?? true,
        groupIndex.map({ $0.shape == [columns] && $0.type == .int32 }) ?? true
      else { return nil }
      (weight, scale) = (words, scales)
    case .scaled, .bitsAndBytes:
      let isRowMaximum = if case .bitsAndBytes = layout { true } else { false }
      guard let bytes = part(".weight", dimensions: 2), bytes.type.byteCount == 1,
        let factors = folder.stored(stem + (isRowMaximum ? ".SCB" : ".weight_scale"))
      else { return nil }
      (rows, columns) = (bytes.shape[0], bytes.shape[1])
      let scales = factors.shape.reduce(1, *)
      guard isRowMaximum ? scales == rows : scales == 1 || rows > 0 && scales % rows == 0 else { return nil }
      groups = scales == 1 ? 1 : scales / rows
      (weight, scale) = (bytes, factors)
    }
    guard groups > 0, columns % groups == 0 || groupIndex != nil else { return nil }
    (self.rows, self.columns, self.groups) = (rows, columns, groups)
    (self.weight, self.scale, self.zero, self.groupIndex) = (weight, scale, zero, groupIndex)
  }

  /// Decodes rows to FP32.
  func decode(rows range: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>) {
    precondition(destination.count == range.count * columns, "the values fill the rows")
    for row in range {
      let first = (row - range.lowerBound) * columns
      let (scales, zeros) = (self.scales(row), self.zeros(row))
      for column in 0..<columns {
        let group = min(groups - 1, max(0, self.group(column)))
        unsafe destination[first + column] = (integer(row, column) - zeros[group]) * scales[group]
      }
    }
  }

  private func group(_ column: Int) -> Int {
    guard let groupIndex else { return column / (columns / groups) }
    return Int(Int32(bitPattern: word(groupIndex, column)))
  }

  private func integer(_ row: Int, _ column: Int) -> Float {
    switch layout {
    case .gptq(let bits, _):
      let perWord = 32 / bits
      return Float(field(word(weight, column / perWord * rows + row), column % perWord, bits: bits))
    case .awq: return Float(word(weight, column * (rows / 8) + row / 8) >> Self.awqShifts[row % 8] & 15)
    case .compressed(let bits):
      let perWord = 32 / bits
      let stored = field(word(weight, row * (columns / perWord) + column / perWord), column % perWord, bits: bits)
      return Float(Int(stored) - 1 << (bits - 1))
    case .scaled, .bitsAndBytes: return value(weight, row * columns + column)
    }
  }

  private func scales(_ row: Int) -> [Float] {
    switch layout {
    case .gptq, .awq: (0..<groups).map { value(scale, $0 * rows + row) }
    case .compressed, .scaled:
      (0..<groups).map { value(scale, scale.shape.reduce(1, *) == 1 ? 0 : row * groups + $0) }
    case .bitsAndBytes: [value(scale, row) / 127]
    }
  }

  private func zeros(_ row: Int) -> [Float] {
    guard let zero else { return [Float](repeating: 0, count: groups) }
    return (0..<groups).map { group in
      switch layout {
      case .gptq(let bits, let offset):
        let perWord = 32 / bits
        return Float(field(word(zero, group * (rows / perWord) + row / perWord), row % perWord, bits: bits)) + offset
      case .awq: return Float(word(zero, group * (rows / 8) + row / 8) >> Self.awqShifts[row % 8] & 15)
      case .compressed(let bits):
        let perWord = 32 / bits
        return Float(
          Int(field(word(zero, row / perWord * groups + group), row % perWord, bits: bits)) - 1 << (bits - 1))
      case .scaled, .bitsAndBytes: return 0
      }
    }
  }

  /// Where AWQ keeps column j of eight: the words hold columns 0, 2, 4, 6, 1, 3, 5, 7.
  private static let awqShifts: [UInt32] = [0, 16, 4, 20, 8, 24, 12, 28]

  private func field(_ word: UInt32, _ index: Int, bits: Int) -> UInt32 {
    word >> UInt32(index * bits) & (1 << UInt32(bits) - 1)
  }

  private func word(_ tensor: SafetensorsFile.Tensor, _ index: Int) -> UInt32 {
    unsafe folder.withBytes(of: tensor.name, elements: index..<index + 1) {
      unsafe UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))
    }
  }

  private func value(_ tensor: SafetensorsFile.Tensor, _ index: Int) -> Float {
    unsafe folder.withBytes(of: tensor.name, elements: index..<index + 1) { bytes in
      var value: Float = 0
      unsafe withUnsafeMutablePointer(to: &value) {
        unsafe tensor.type.decode(bytes, into: UnsafeMutableBufferPointer(start: $0, count: 1))
      }
      return value
    }
  }
}

extension PackedMatrix.Layout {
  /// What `quantization_config` says; `nil` where there is none.
  init?(_ config: JSONValue) throws(ModelError) {
    guard let quantization = config["quantization_config"] ?? config["compression_config"] else { return nil }
    func bits(_ value: JSONValue?) throws(ModelError) -> Int {
      let bits = value?.integer ?? 4
      guard [2, 4, 8].contains(bits) else {
        throw .unsupported("a checkpoint of \(bits)-bit integers", expected: "2, 4 or 8 bits")
      }
      return bits
    }
    switch quantization["quant_method"]?.string {
    case "gptq":
      let isSecond = quantization["checkpoint_format"]?.string == "gptq_v2"
      self = .gptq(bits: try bits(quantization["bits"]), zeroOffset: isSecond ? 0 : 1)
    case "awq":
      guard quantization["version"]?.string?.lowercased() ?? "gemm" == "gemm", try bits(quantization["bits"]) == 4
      else {
        throw .unsupported("this kind of AWQ checkpoint", expected: "version gemm with 4 bits")
      }
      self = .awq
    case "bitsandbytes":
      guard quantization["load_in_8bit"]?.bool == true else {
        throw .unsupported("a bitsandbytes checkpoint of 4 bits", expected: "load_in_8bit")
      }
      self = .bitsAndBytes
    case "compressed-tensors":
      let weights = quantization["config_groups"]?.members?.first?.value["weights"]
      switch quantization["format"]?.string {
      case "pack-quantized": self = .compressed(bits: try bits(weights?["num_bits"]))
      case "int-quantized", "naive-quantized", "float-quantized": self = .scaled
      case let format:
        throw .unsupported(
          "the compressed-tensors format \(quoted(format ?? "none"))",
          expected: "pack-quantized, int-quantized, naive-quantized or float-quantized")
      }
    case let method:
      throw .unsupported(
        "a checkpoint quantized by \(quoted(method ?? "an unnamed method"))",
        expected: "gptq, awq, compressed-tensors or bitsandbytes (8 bits)")
    }
  }
}
