internal import Metrics
internal import Statistics

extension Report {
  /// `junit.xml`: one suite per submission, one test per gating metric, and the A/A control as a test of its own.
  ///
  /// A test fails when its metric misses what is required; without a requirement none fails.
  package var junitXML: String {
    let suites =
      comparisons.map(suite) + (policy.map { [suite(of: $0)] } ?? []) + (control.map { [suite(of: $0)] } ?? [])
    let tests = suites.reduce(0) { $0 + $1.cases.count }
    let failures = suites.reduce(0) { $0 + $1.failureCount }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="assay" tests="\(tests)" failures="\(failures)">
      \(suites.map(\.xml).joined(separator: "\n"))
      </testsuites>

      """
  }

  private func suite(of comparison: Comparison) -> TestSuite {
    let cases = comparison.deciding.metrics.filter(\.isGating).map { metric in
      TestCase(
        name: "\(metric.metric.title) by gate \(gate.rawValue)",
        output: "\(metric.shareText(of: " of the reference")); \(metric.category?.title ?? "undefined"), "
          + metric.confidence.rawValue,
        failure: failure(of: metric))
    }
    return TestSuite(name: comparison.submission.name, cases: cases)
  }

  /// Everything that a policy and a baseline check; a failure that is expected does not fail the test.
  private func suite(of policy: PolicyVerdict) -> TestSuite {
    let cases = policy.findings.map { finding in
      let fails = finding.kind == .failed || finding.kind == .inconclusive
      return TestCase(
        name: [finding.check, finding.submission].compactMap { $0 }.joined(separator: " of "), output: finding.sentence,
        failure: fails ? TestCase.Failure(kind: finding.kind.rawValue, message: finding.sentence) : nil)
    }
    return TestSuite(name: regressions.map { "since baseline \($0.baseline.name)" } ?? "policy", cases: cases)
  }

  private func suite(of control: AAControl) -> TestSuite {
    let test = TestCase(
      name: "the reference equals itself", output: control.description,
      failure: control.isExact ? nil : TestCase.Failure(kind: "control", message: control.description))
    return TestSuite(name: "A/A control", cases: [test])
  }

  /// Why one metric fails the requirement, by the same rule as the whole verdict.
  private func failure(of metric: MetricResult) -> TestCase.Failure? {
    let alone = GateResult(gate: gate, metrics: [metric], promptCount: metric.ratio?.count ?? 0)
    let judgement = Judgement([alone], requirement: judgement.requirement)
    guard let required = judgement.requirement.category, judgement.outcome != .met else { return nil }
    return TestCase.Failure(
      kind: judgement.outcome.rawValue,
      message: "\(metric.shareText(of: " of the reference")), required \(required.title)")
  }
}

private struct TestSuite {
  let name: String
  let cases: [TestCase]

  var failureCount: Int { cases.count { $0.failure != nil } }

  var xml: String {
    let head = #"  <testsuite name="\#(name.xmlEscaped)" tests="\#(cases.count)" failures="\#(failureCount)">"#
    let tests = cases.map { test in
      let open = #"    <testcase classname="\#(name.xmlEscaped)" name="\#(test.name.xmlEscaped)">"#
      let failure = test.failure.map {
        [#"      <failure type="\#($0.kind.xmlEscaped)" message="\#($0.message.xmlEscaped)"/>"#]
      }
      let output = "      <system-out>\(test.output.xmlEscaped)</system-out>"
      return ([open] + (failure ?? []) + [output, "    </testcase>"]).joined(separator: "\n")
    }
    return ([head] + tests + ["  </testsuite>"]).joined(separator: "\n")
  }
}

private struct TestCase {
  struct Failure {
    let kind: String
    let message: String
  }

  let name: String
  let output: String
  let failure: Failure?
}
