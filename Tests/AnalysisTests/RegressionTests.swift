import Statistics
import Testing

@testable import Analysis

@Suite struct RegressionTests {
  static let metric = TrackedMetric("rougeL")

  /// A release of one submission, a score for each prompt; equal scores have equal texts.
  static func release(
    _ scores: [Double], name: String = "1.0", sequence: Int = 1, submission: String = "int8",
    metric: TrackedMetric = metric, provenance: Provenance? = RunTests.provenance
  ) -> Release {
    Release(
      suite: "demo", blessing: .init(name: name, sequence: sequence, date: "2026-11-24"), gate: .reference,
      reference: .init(name: "fp32", provenance: nil), judged: [metric], signatures: [metric: "rougeL|stemmer:yes"],
      submissions: [
        Release.Submission(
          name: submission, provenance: provenance, verdict: .fail,
          scores: scores.enumerated().map { index, score in
            Release.Score(
              id: "p\(index + 1000)", category: nil, digest: String(Digest(of: "\(score)").description.prefix(16)),
              divergence: nil, values: [metric: score])
          })
      ])
  }

  static func uniform(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in generator.unitInterval() }
  }

  @Test(arguments: [
    (-0.5, -0.2, true, RegressionOutcome.regressed), (-0.5, -0.2, false, .inconclusive),
    (-0.5, -0.1, true, .inconclusive), (-0.5, 0.0, true, .inconclusive), (-0.1, 0.1, true, .unchanged),
    (0, 0, false, .unchanged), (0.05, 0.3, true, .inconclusive), (0.11, 0.3, true, .improved),
    (0.11, 0.3, false, .inconclusive), (-1, 1, true, .inconclusive),
  ])
  func `the whole interval decides`(low: Double, high: Double, isConfirmed: Bool, outcome: RegressionOutcome) {
    let change = Estimate(value: (low + high) / 2, interval: .init(low: low, high: high, level: 0.95), count: 9)
    #expect(RegressionOutcome(change, tolerance: 0.1, isConfirmed: isConfirmed) == outcome)
  }

  @Test func `the same outputs are unchanged, and said so first`() throws {
    let scores = Self.uniform(40, seed: 1)
    let regressions = try Regressions(of: Self.release(scores), since: Self.release(scores))
    #expect(regressions.outcome == .unchanged)
    #expect(regressions.submissions[0].unchangedText == "40 of 40 prompts unchanged")
    #expect(regressions.submissions[0].prompts.isEmpty)
  }

  @Test func `worse, better and unclear are told apart`() throws {
    let scores = Self.uniform(40, seed: 1)
    let noise = Self.uniform(40, seed: 2).map { ($0 - 0.5) / 10 }
    func outcome(_ shift: Double) throws -> RegressionOutcome {
      let new = zip(scores, noise).map { $0 + $1 + shift }
      return try Regressions(of: Self.release(new), since: Self.release(scores)).outcome
    }
    #expect(try outcome(-0.1) == .regressed)
    #expect(try outcome(0.1) == .improved)
    #expect(try outcome(0.01) == .inconclusive)
  }

  @Test func `a divergence that grows is a regression`() throws {
    let old = Self.uniform(40, seed: 1)
    let releases = [old.map { $0 + 0.1 }, old].map { Self.release($0, metric: .divergence) }
    #expect(try Regressions(of: releases[0], since: releases[1]).outcome == .regressed)
    #expect(try Regressions(of: releases[1], since: releases[0]).outcome == .improved)
  }

  /// Nothing changes but at random: with ten metrics judged together, an alarm in at most 5 % of all releases.
  @Test func `many tests raise no more false alarms than one`() throws {
    var generator = SplitMix64(seed: 5)
    let metrics = (0..<10).map { TrackedMetric("m\($0)") }
    func release() -> Release {
      Release(
        suite: "demo", blessing: nil, gate: .reference, reference: .init(name: "fp32", provenance: nil),
        judged: metrics,
        signatures: [:],
        submissions: [
          .init(
            name: "int8", provenance: nil, verdict: nil,
            scores: (0..<30).map { id in
              .init(
                id: "\(id)", category: nil, digest: "", divergence: nil,
                values: Dictionary(uniqueKeysWithValues: metrics.map { ($0, generator.unitInterval()) }))
            })
        ])
    }
    let alarms = try (0..<200).count { _ in
      let outcomes = try Regressions(of: release(), since: release()).submissions[0].changes.map(\.outcome)
      return outcomes.contains { $0 == .regressed || $0 == .improved }
    }
    #expect(alarms <= 10)
  }

  @Test func `a missing prompt or submission is a regression`() throws {
    let scores = Self.uniform(40, seed: 1)
    let fewer = try Regressions(of: Self.release(Array(scores.dropLast())), since: Self.release(scores))
    #expect(fewer.outcome == .regressed)
    #expect(fewer.submissions[0].missing == ["p1039"])
    let both = Release(
      suite: "demo", blessing: nil, gate: .reference, reference: .init(name: "fp32", provenance: nil),
      judged: [Self.metric], signatures: [:],
      submissions: [Self.release(scores), Self.release(scores, submission: "int4")].flatMap(\.submissions))
    let gone = try Regressions(of: Self.release(scores), since: both)
    #expect(gone.missingSubmissions == ["int4"])
    #expect(gone.outcome == .regressed)
    // One submission in the place of one is the same place under another scheme.
    let replaced = try Regressions(of: Self.release(scores, submission: "int4"), since: Self.release(scores))
    #expect(replaced.submissions[0].baselineName == "int8")
    #expect(replaced.outcome == .unchanged)
  }

  static let changes: [(field: String, provenance: Provenance)] = {
    let p = RunTests.provenance
    func with(
      prompts: Provenance.Source? = nil, template: Provenance.Source? = nil, tokens: Int = 96, core: String = "SkylakeX"
    ) -> Provenance {
      Provenance(
        model: p.model, prompts: prompts ?? p.prompts, template: template ?? p.template, scheme: p.scheme,
        settings: .init(maximumTokenCount: tokens, isRaw: false, seed: .max), execution: .init(core: core, tile: 32),
        tool: p.tool)
    }
    return [
      ("prompts", with(prompts: .init(name: "p.jsonl", digest: Digest(of: "other")))),
      ("template", with(template: .init(name: "chatml", digest: Digest(of: "other")))),
      ("max_tokens", with(tokens: 97)), ("", with(core: "Haswell")),
    ]
  }()

  @Test(arguments: changes.indices)
  func `another prompt set, template or limit is refused by name`(index: Int) throws {
    let (field, provenance) = Self.changes[index]
    let scores = Self.uniform(10, seed: 1)
    let (new, old) = (Self.release(scores, provenance: provenance), Self.release(scores))
    if field.isEmpty {
      let notes = try Regressions(of: new, since: old).notes
      #expect(notes == ["core differs: SkylakeX in the baseline, Haswell now"])
      return
    }
    let error = #expect(throws: BaselineError.self) { try Regressions(of: new, since: old) }
    #expect(error?.description.contains("\(field) is '") == true)
    #expect(error?.description.hasSuffix("or accept it with --allow \(field)") == true)
    #expect(try Regressions(of: new, since: old, allowed: [field]).notes.count == 1)
  }

  @Test func `a baseline is read back as it was written`() throws {
    let release = Self.release(Self.uniform(12, seed: 3))
    let bytes = Array(release.fileText.utf8)
    #expect(try Release(parsing: bytes, label: "b.json") == release)
    #expect(release.fileText.contains("\n        {\"id\":\"p1003\","))
    let newer = release.fileText.replacing("assay.baseline/1", with: "assay.baseline/9")
    let error = #expect(throws: RecordError.self) { try Release(parsing: Array(newer.utf8), label: "b.json") }
    #expect(
      error?.description
        == "b.json:1: is a 'assay.baseline/9' file but this version reads 'assay.baseline/1'; use a newer assay")
    // Cut or bent anywhere, it is refused or read, and nothing crashes.
    var generator = SplitMix64(seed: 1)
    for _ in 0..<300 {
      var broken = bytes
      broken[generator.index(below: broken.count)] = UInt8(generator.index(below: 128))
      _ = try? Release(
        parsing: Array(
          broken.prefix(generator.index(below: 2) == 0 ? broken.count : generator.index(below: broken.count))),
        label: "b")
    }
  }

  static let policies: [(today: String, kind: Finding.Kind)] = [("2026-12-31", .expected), ("2027-01-01", .failed)]

  @Test(arguments: policies.indices)
  func `a failure is expected until its day`(index: Int) throws {
    let (today, kind) = Self.policies[index]
    let run = ComparisonTests.run("int4", ["a": "one two three", "b": "four"])
    let comparison = try Comparison(
      reference: ComparisonTests.run("fp32", ["a": "one two four", "b": "five"]), submission: run)
    let report = Report(title: "t", comparisons: [comparison], requirement: .init(category: nil))
    let policy = Policy(
      required: .init(category: .category2), minimumPrompts: 3,
      expectedFailures: [.init(submission: "int4", reason: "known", until: "2026-12-31")])
    let verdict = PolicyVerdict(
      report, release: Release(report), regressions: nil, policy: policy, today: today, needsConfidence: false)
    #expect(verdict.findings.filter { $0.check != "expectation" }.map(\.kind) == [kind, kind])
    #expect(verdict.outcome == (kind == .failed ? .notMet : .met))
    let checked = report.checked(nil, verdict)
    #expect(checked.outcome == verdict.outcome)
    #expect(checked.junitXML.contains("<failure") == (kind == .failed))
    #expect(checked.comment.contains("| category | `int4` | **\(kind.rawValue)** |"))
  }
}
