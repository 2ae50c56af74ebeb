import Analysis
import ArgumentParser
import Foundation
import LanguageModels

/// The file that `--calibration` or a suite names, and the schemes that learn from it.
enum CalibrationSource {
  /// Reads the prompts, where a scheme needs them.
  /// - Throws: ``ValidationError`` when they are needed and not given; ``AssayError`` naming prompts that are evaluated too.
  static func prompts(path: String?, for schemes: [Scheme], evaluated: PromptSet) throws -> PromptSet? {
    guard let scheme = schemes.first(where: \.algorithms.needsCalibration) else { return nil }
    guard let path else {
      throw ValidationError(
        "scheme '\(scheme)' learns from calibration prompts: give --calibration FILE, with other prompts than those "
          + "it is judged by")
    }
    let set = try PromptSet(parsing: Files.read(path), label: path)
    let overlap = set.overlap(with: evaluated)
    guard overlap.isEmpty else {
      let names = overlap.prefix(5).map {
        $0.prompt.id == $0.other.id ? "'\($0.prompt.id)'" : "'\($0.prompt.id)' ('\($0.other.id)' in \(evaluated.label))"
      }
      let more = overlap.count > 5 ? " and \(overlap.count - 5) more" : ""
      throw AssayError(
        "\(path): holds \(overlap.count) of the prompts in \(evaluated.label): \(names.joined(separator: ", "))\(more); "
          + "a scheme must not be judged by what it was calibrated on, so take them out of one file")
    }
    return set
  }
}
