package import Tensors

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
  case cannotEncode(tensor: String, BlockEncodingError)
  case unknownModule(String, example: String)
  case noInvariantKernel(core: String)
  case needsCalibration(scheme: String)
  case nonFiniteCalibration(module: String)
  /// Asked to stop before the weights were made.
  case interrupted
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
    case .cannotEncode(let tensor, let error): "tensor '\(tensor)': \(error)"
    case .unknownModule(let pattern, let example):
      "skip=\(pattern) names no module of this model; modules are named like '\(example)' or 'lm_head'"
    case .needsCalibration(let scheme):
      "scheme '\(scheme)' learns from calibration prompts, and none are given"
    case .nonFiniteCalibration(let module):
      "calibration gives '\(module)' inputs that are NaN or infinite; does the model work in FP32?"
    case .interrupted: "interrupted during calibration"
    case .noInvariantKernel(let core):
      "OpenBLAS kernel '\(core)' gives wrong or batch-dependent results; choose another one, for example "
        + "OPENBLAS_CORETYPE=Haswell"
    }
  }
}
