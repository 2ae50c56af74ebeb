/// Why a model file cannot be run.
package enum ModelError: Error, Equatable {
  case missingKey(String)
  case unsupportedArchitecture(String)
  case unsupported(String, expected: String)
  case implausible(key: String, value: String, expected: String)
  case missingTensor(String)
  case wrongShape(tensor: String, expected: [Int], actual: [Int])
  case nonFiniteWeights(tensor: String, count: Int)
  case file(GGUFError)
  case unknownTensor(String, architecture: String)
  case unknownModule(String, example: String)
  case noInvariantKernel(core: String)
}

extension ModelError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missingKey(let key):
      "the key '\(key)' is missing or has another type; is this a language model?"
    case .unsupportedArchitecture(let name):
      "architecture '\(name)' is not supported; supported: \(Architecture.supported)"
    case .unsupported(let what, let expected): "\(what) is not supported; expected \(expected)"
    case .implausible(let key, let value, let expected): "'\(key)' is \(value), expected \(expected)"
    case .missingTensor(let name): "tensor '\(name)' is missing; is the download complete?"
    case .wrongShape(let tensor, let expected, let actual):
      "tensor '\(tensor)' has shape \(actual), expected \(expected)"
    case .nonFiniteWeights(let tensor, let count):
      "tensor '\(tensor)' holds \(count) NaN or infinite weights; the file is damaged or was converted with overflow"
    case .file(let error): "\(error)"
    case .unknownTensor(let tensor, let architecture):
      "tensor \(quoted(tensor)) is no part of the architecture '\(architecture)' as Assay computes it, so results would be wrong"
    case .unknownModule(let pattern, let example):
      "skip=\(pattern) names no module of this model; modules are named like '\(example)' or 'lm_head'"
    case .noInvariantKernel(let core):
      "OpenBLAS kernel '\(core)' gives wrong or batch-dependent results; choose another one, for example "
        + "OPENBLAS_CORETYPE=Haswell"
    }
  }
}
