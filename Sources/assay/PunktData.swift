import Foundation
import Metrics

/// The folder with the English data of NLTK's sentence splitter.
enum PunktData {
  /// Where NLTK looks, and the place that `scripts/fetch-punkt` fills.
  static var searchPath: [String] {
    let environment = ProcessInfo.processInfo.environment
    let listed = (environment["NLTK_DATA"] ?? "").split(separator: ":").map(String.init)
    let home = environment["HOME"].map { [$0 + "/nltk_data"] } ?? []
    let prefixes = ["VIRTUAL_ENV", "CONDA_PREFIX"].compactMap { environment[$0] }
    let beside = prefixes.flatMap { prefix in
      ["", "/share", "/lib"].map { prefix + $0 + "/nltk_data" }
    }
    let shared = ["/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib"].map {
      $0 + "/nltk_data"
    }
    return listed + home + beside + shared + [".models"]
  }

  /// Reads the data from `folder`, or from the first place of the search path that has it.
  ///
  /// A folder may be the English data itself or any of the folders of NLTK's that hold it.
  static func load(from folder: String?) throws -> Punkt {
    let roots = folder.map { [$0] } ?? searchPath
    for root in roots {
      for inner in ["", "/english", "/punkt_tab/english", "/tokenizers/punkt_tab/english"] {
        let candidate = root + inner
        if PunktParameters.fileNames.allSatisfy({ Files.exists("\(candidate)/\($0)") }) {
          return try read(candidate)
        }
      }
    }
    let places = folder ?? "NLTK's search path and .models/punkt_tab"
    throw AssayError(
      "\(places): no punkt_tab data for English; run scripts/fetch-punkt or 'python3 -m nltk.downloader punkt_tab', or "
        + "name the folder with --punkt-data")
  }

  private static func read(_ folder: String) throws -> Punkt {
    let texts = try PunktParameters.fileNames.map {
      String(decoding: try Files.read("\(folder)/\($0)"), as: UTF8.self)
    }
    do {
      return Punkt(
        parameters: try PunktParameters(
          abbreviations: texts[0], collocations: texts[1], sentenceStarters: texts[2],
          orthography: texts[3]))
    } catch {
      throw AssayError(folder, error)
    }
  }
}
