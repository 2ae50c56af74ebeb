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
      "the metadata key '\(key)' is missing or has another type; is this a language model in GGUF form?"
    case .unsupportedArchitecture(let name):
      "architecture '\(name)' is not supported; supported: llama (Llama 1-3, SmolLM, Mistral 7B v0.1 to 32k)"
    case .unsupported(let what, let expected): "\(what) is not supported; expected \(expected)"
    case .implausible(let key, let value, let expected): "'\(key)' is \(value), expected \(expected)"
    case .missingTensor(let name): "tensor '\(name)' is missing; is the download complete?"
    case .wrongShape(let tensor, let expected, let actual):
      "tensor '\(tensor)' has shape \(actual), expected \(expected)"
    case .nonFiniteWeights(let tensor, let count):
      "tensor '\(tensor)' holds \(count) NaN or infinite weights; the file is damaged or was converted with overflow"
    case .file(let error): "\(error)"
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
