import Analysis
import ArgumentParser
import Foundation
import LanguageModels
import Statistics

struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract:
      "Writes a model anew under a scheme: a GGUF file that llama.cpp loads, or a folder that transformers loads.",
    discussion: """
      Examples:
        assay quantize model-f16.gguf --scheme q4_k_m --output model-q4_k_m.gguf
        assay quantize model-f16.gguf --scheme q4_k_m --imatrix imatrix.gguf --output model-q4_k_m.gguf
        assay quantize model.gguf --scheme q8_0:skip=lm_head+blk.0 --output mixed.gguf
        assay quantize model-folder --scheme int8 --output model-w8a8

      The schemes for GGUF files are fp32, fp16, bf16, mxfp4 and llama.cpp's names (q8_0, q6_k, q5_k_m, q4_k_m, q4_0, iq4_xs, ...), which
      give every tensor the type and the bytes that llama-quantize gives it. Metadata is copied; norms stay as they are.
      The file appears under its name when it is complete; memory stays small whatever the model's size.

      A folder with safetensors becomes a new folder: fp32, fp16, bf16, or int8, as compressed-tensors stores it.
      """)

  @Argument(help: ArgumentHelp("Model: a GGUF file, or a folder with safetensors.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("Scheme; 'assay run --list-schemes' explains them.", valueName: "scheme"))
  var scheme: String

  @Option(name: .shortAndLong, help: ArgumentHelp("File, or folder, to write.", valueName: "path"))
  var output: String

  @Option(help: ArgumentHelp("Importance matrix of llama-imatrix (GGUF or the older form).", valueName: "path"))
  var imatrix: String?

  @Option(help: ArgumentHelp("Threads; changes speed, never bytes (default: all cores).", valueName: "n"))
  var threads: Int?

  @OptionGroup var report: OutputOptions

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected a number from 1 to 1024")
    }
  }

  func run() throws {
    let scheme = try parseScheme(scheme)
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    if ModelFolder.isFolder(model) {
      guard imatrix == nil else { throw AssayError("--imatrix is for GGUF files, but \(model) is a folder") }
      let job = FolderQuantization(
        source: model, output: output, scheme: scheme, threads: threads, quiet: report.quiet)
      return try Fact.show(try job.run(), json: report.json)
    }
    try Files.checkReadable(model)
    try Files.checkReplaceable(output)
    for input in [model, imatrix ?? model] where Files.isSame(input, output) {
      throw AssayError("\(output): is an input of this command and would be lost; choose another output")
    }
    try Files.checkWritable(folder: Files.folder(of: output))
    let file = try Self.open(model)
    let quantizer: GGUFQuantizer
    do {
      quantizer = try GGUFQuantizer(file, scheme: scheme, importance: try imatrix.map(Self.importance))
    } catch let error as GGUFQuantizerError {
      throw AssayError(model, error)
    }
    warn(about: quantizer)
    let written = try write(quantizer, threads: threads)
    try show(quantizer, scheme: scheme, bytes: written)
  }

  private static func open(_ path: String) throws -> GGUFFile {
    do {
      return try GGUFFile(path: path)
    } catch {
      throw AssayError("\(error)")
    }
  }

  private static func importance(_ path: String) throws -> ImportanceMatrix {
    let bytes = try Files.read(path)
    do {
      return bytes.starts(with: Array("GGUF".utf8))
        ? try ImportanceMatrix(try GGUFFile(bytes: bytes, name: path)) : try ImportanceMatrix(legacy: bytes)
    } catch {
      throw AssayError(path, error)
    }
  }

  private func warn(about quantizer: GGUFQuantizer) {
    guard !report.quiet else { return }
    let lossy = quantizer.entries.filter(\.isQuantizedAgain)
    guard !lossy.isEmpty else { return }
    let types = Dictionary(grouping: lossy) { $0.tensor.type.name }.mapValues(\.count)
    let list = types.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
    Terminal.error(
      "assay: note: tensors of the input are quantized already (\(list.joined(separator: ", "))); their errors stay and "
        + "new ones are added")
  }

  /// - Returns: bytes written.
  private func write(_ quantizer: GGUFQuantizer, threads: Int) throws -> Int {
    let sink = try ByteSink(path: output)
    let progress = ByteProgress("writing \(Files.name(output))", total: quantizer.tensorBytes, quiet: report.quiet)
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
      if let error = error as? GGUFQuantizerError { throw AssayError(model, error) }
      throw error
    }
    progress.finish()
    return written
  }

  private func show(_ quantizer: GGUFQuantizer, scheme: Scheme, bytes: Int) throws {
    let types = quantizer.entries.compactMap(\.typeName)
    let elements = quantizer.entries.reduce(0) { $0 + $1.tensor.elementCount }
    var facts = [
      Fact("output", output), Fact("scheme", "\(scheme)"), Fact("file_bytes", bytes),
      Fact("bits_per_weight", (8 * Double(quantizer.tensorBytes) / Double(max(1, elements))).fixedPoint(2)),
    ]
    let counts = Dictionary(grouping: types) { $0 }.mapValues(\.count)
    for (name, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      facts.append(Fact("matrices_\(name)", title: "matrices \(name)", "\(count)"))
    }
    facts.append(Fact("copied_tensors", quantizer.entries.count - types.count))
    try Fact.show(facts, json: report.json)
  }
}
