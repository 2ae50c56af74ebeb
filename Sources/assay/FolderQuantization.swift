import Foundation
import LanguageModels
import Statistics

/// `assay quantize` of a model folder: a new folder beside it, complete or absent.
struct FolderQuantization {
  let source: String
  let output: String
  let scheme: Scheme
  let threads: Int
  let quiet: Bool

  /// - Returns: what was done, for people and machines.
  func run() throws -> [Fact] {
    let folder: ModelFolder
    let quantizer: FolderQuantizer
    do {
      folder = try ModelFolder(path: source)
      quantizer = try FolderQuantizer(folder, scheme: scheme)
    } catch let error as ModelFolderError {
      throw AssayError("\(error)")
    } catch {
      throw AssayError(source, error)
    }
    guard !Files.exists(output) else {
      throw AssayError("\(output): is there already; give the name of a new folder")
    }
    try Files.makeFolder(output)
    try copySideFiles()
    try write(quantizer)
    try Files.write([(output + "/config.json", quantizer.config)])
    let bits = 8 * Double(quantizer.tensorBytes) / Double(max(1, quantizer.elements))
    return [
      Fact("output", output), Fact("scheme", "\(scheme)"), Fact("file_bytes", quantizer.byteCount),
      Fact("bits_per_weight", bits.fixedPoint(2)),
      Fact("matrices_I8", title: "matrices I8", "\(quantizer.integerMatrices)"),
    ]
  }

  private static let sideFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
    "chat_template.jinja", "vocab.json", "merges.txt", "tokenizer.model", "added_tokens.json",
  ]

  private func copySideFiles() throws {
    for name in Self.sideFiles where Files.exists(source + "/" + name) {
      do {
        try FileManager.default.copyItem(atPath: source + "/" + name, toPath: output + "/" + name)
      } catch {
        throw Files.unwritable(output + "/" + name)
      }
    }
  }

  private func write(_ quantizer: FolderQuantizer) throws {
    let path = output + "/model.safetensors"
    let sink = try ByteSink(path: path)
    let progress = ByteProgress("writing \(Files.name(output))", total: quantizer.byteCount, quiet: quiet)
    var written = 0
    do {
      try quantizer.write(threads: threads) { bytes in
        try sink.write(bytes)
        written += bytes.count
        progress.advance(to: written)
      }
      try sink.finish()
    } catch {
      progress.finish()
      sink.discard()
      if let error = error as? FolderQuantizerError { throw AssayError(source, error) }
      throw error
    }
    progress.finish()
  }
}
