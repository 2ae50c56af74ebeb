import ArgumentParser

/// Exit codes, part of the contract with CI jobs. Usage errors exit with ArgumentParser's 64.
enum ExitStatus: Int32 {
  case met = 0
  case failure = 1
  case belowCategory = 2
  case inconclusive = 3
  /// 128 + SIGINT, as a shell reports it.
  case interrupted = 130

  var code: ExitCode { ExitCode(rawValue) }
}
