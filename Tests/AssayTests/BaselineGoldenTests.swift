import Analysis
import Foundation
import Statistics
import Testing

/// GSM8K solutions of three published models as releases, against SciPy; see `Fixtures/gsm8k/HOW-MADE.md`.
@Suite struct BaselineGoldenTests {
  struct Golden: Decodable {
    struct Release: Decodable {
      let correct, lost, gained: Int
      let mcnemar_exact_p, change, low, high: Double
      let verdict: String
    }
    let prompts, baseline_correct: Int
    let releases: [String: Release]
  }

  static let folder = TranscriptTests.sources.appending(path: "Fixtures/gsm8k")
  static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }

  static func release(_ model: String) throws -> Release {
    let run = { (name: String) in try Run(parsing: bytes("\(name).jsonl"), label: name) }
    let comparison = try Comparison(
      reference: run("truth"), submission: run(model),
      truth: GroundTruth(parsing: bytes("targets.jsonl"), label: "targets"), options: ComparisonOptions(gate: .targets))
    return Release(Report(title: "gsm8k", comparisons: [comparison], requirement: .init(category: nil)))
  }

  @Test func `flips, McNemar and verdicts are SciPy's`() throws {
    let golden = try JSONDecoder().decode(Golden.self, from: Data(Self.bytes("scipy.json")))
    let baseline = try Self.release("175b_verification")
    for (model, expected) in golden.releases {
      let regressions = try Regressions(of: Self.release(model), since: baseline)
      let change = try #require(regressions.submissions[0].changes.first { $0.metric == .correct })
      #expect(regressions.submissions[0].promptCount == golden.prompts)
      #expect(Int((change.baseline * Double(golden.prompts)).rounded()) == golden.baseline_correct)
      #expect(Int((change.release * Double(golden.prompts)).rounded()) == expected.correct)
      #expect(change.flips?.lost == expected.lost)
      #expect(change.flips?.gained == expected.gained)
      #expect(abs(change.p / expected.mcnemar_exact_p - 1) < 1e-10)
      #expect(abs(change.change.value - expected.change) < 1e-14)
      #expect(abs(try #require(change.change.interval).low - expected.low) < 1e-12)
      #expect(abs(try #require(change.change.interval).high - expected.high) < 1e-12)
      #expect(change.outcome.rawValue == expected.verdict)
    }
  }
}
