import Analysis
import ArgumentParser

/// Flags of the commands that compare a result with blessed releases.
struct ReleaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Compare with this blessed release, or 'newest'; exit 2 when something regressed.", valueName: "name"))
  var baseline: String?

  @Option(help: ArgumentHelp("Folder of the blessed releases, one folder per suite.", valueName: "dir"))
  var baselines = BaselineStore.defaultFolder

  @Option(
    help: ArgumentHelp(
      "What releases must do (YAML); by default 'policy.yaml' beside the suite, if it is there.", valueName: "path"))
  var policy: String?

  @Option(
    help: ArgumentHelp(
      "Fields that may differ from the baseline although scores then are not comparable, such as prompts,template.",
      valueName: "fields"))
  var allow: String?

  static func policyBeside(_ suite: String) -> String? {
    let path = Files.resolve("policy.yaml", besides: suite)
    return Files.exists(path) ? path : nil
  }

  /// - Parameter suite: the suite's name; `nil` when there is only one folder of baselines to choose from.
  /// - Returns: `nil` when there is neither a policy nor a baseline.
  func check(suite: String?, suiteBaseline: String?, policy: Policy?, needsConfidence: Bool) throws -> ReleaseCheck? {
    let name = baseline ?? suiteBaseline
    guard name != nil || policy != nil else { return nil }
    let allowed = Set((allow ?? "").split(separator: ",").map(String.init))
    return ReleaseCheck(
      baseline: try name.map { try BaselineStore(folder: baselines, suite: suite).release($0) },
      policy: policy ?? Policy(), allowed: allowed, needsConfidence: needsConfidence)
  }
}
