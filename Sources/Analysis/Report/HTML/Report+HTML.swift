internal import Metrics
internal import Statistics

extension Report {
  /// `report.html`: one page that needs nothing else, not even a network.
  ///
  /// Everything but the table of all prompts is in the page itself; that one is drawn by a script from data in the page.
  package var html: String {
    let script = String(decoding: PackageResources.script_js, as: UTF8.self)
    let data = HTMLPromptData(self)
    return HTMLTemplates.shared.page(
      .members([
        "title": .string(title),
        "state": .string(pageState.kind), "symbol": .string(pageState.symbol), "headline": .string(headlineText),
        "outcome": .string(outcomeSentence), "certainty": .string(certaintyText),
        "referencename": .string(reference.name),
        "promptcount": .integer(reference.outputs.count), "submissioncount": .integer(comparisons.count),
        "control": control.map {
          .object(["exact": .bool($0.isExact), "verdict": .string($0.verdict), "detail": .string($0.detail)])
        } ?? .null,
        "cards": .array(comparisons.indices.map(card)),
        "shares": sharesChart.view,
        "scores": scoreHistograms, "scoretable": scoreTable.view, "scorename": .string(shownMetric.title),
        "steps": stepHistograms, "steptable": stepTable.view, "hasmargins": .bool(logits != nil),
        "tiethreshold": logits.map { .string(Self.significant($0.floor.marginChange)) } ?? .null,
        "divergences": divergenceChart?.view ?? .null,
        "noise": logits.map { .string("one \($0.floor.format) unit in the last place, seed \($0.floor.seed)") }
          ?? .null,
        "changed": .array(comparisons.map(changedPrompts)),
        "categories": categoryTable?.view ?? .null,
        "prompts": data.view,
        "notes": .array(
          notes.map { note, submissions in
            let scope = submissions.count == comparisons.count ? "" : " (\(submissions.joined(separator: ", ")))"
            return .string(note.description + scope)
          }),
        "gates": .array(comparisons[0].gates.map { .string($0.gate.explanation.filter { $0 != "`" }) }),
        "alpha": .string("\(Confidence.alpha)"),
        "signatures": .array(comparisons[0].deciding.metrics.map { .string($0.signature.description) }),
        "provenance": .array(provenanceRows),
        "tool": .string(Signature.assayVersion),
        "style": .string(String(decoding: PackageResources.style_css, as: UTF8.self)),
        "script": .string(script),
        "scripthash": .string("sha256-" + Digest(of: script).base64),
        "data": .string(data.json.scriptText),
      ]))
  }

  /// The metric that a prompt's score is shown in.
  var shownMetric: ROUGEVariant { comparisons[0].metrics.contains(.l) ? .l : comparisons[0].metrics[0] }
  var shownMetricIndex: Int { comparisons[0].metrics.firstIndex(of: shownMetric)! }

  private var pageState: (kind: String, symbol: String) {
    guard judgement.requirement.category != nil else {
      let worst = comparisons.map { $0.deciding.category?.pageKind ?? "neutral" }
      return worst.contains("neutral")
        ? ("neutral", "?")
        : worst.contains("fail") ? ("fail", "✕") : worst.contains("category2") ? ("category2", "✓") : ("category1", "✓")
    }
    return switch judgement.outcome {
    case .met: ("category1", "✓")
    case .notMet: ("fail", "✕")
    case .inconclusive: ("neutral", "?")
    }
  }

  /// The answer in a few words: `4 of 4 submissions fail`.
  private var headlineText: String {
    guard comparisons.count > 1 else {
      return "\(comparisons[0].submission.name) \(comparisons[0].deciding.category.headline)"
    }
    let kinds: [Category?] = [.category1, .category2, .fail, nil]
    let groups = kinds.compactMap { kind -> String? in
      let names = comparisons.filter { $0.deciding.category == kind }.map(\.submission.name)
      guard !names.isEmpty else { return nil }
      let who =
        names.count == comparisons.count ? "All \(names.count) submissions" : "\(names.count) of \(comparisons.count)"
      return names.count == 1 ? "1 of \(comparisons.count) \(kind.headline)" : "\(who) \(kind.headlineOfMany)"
    }
    return groups.joined(separator: ", ")
  }

  private var certaintyText: String {
    let sure = comparisons.count { $0.deciding.confidence == .confirmed }
    guard comparisons.count > 1 else {
      return sure == 1
        ? "This verdict is confirmed for all prompts of this kind (95 %)."
        : "This verdict is not confirmed: with so few prompts it could be chance."
    }
    return sure == comparisons.count
      ? "All verdicts are confirmed for all prompts of this kind (95 %)."
      : "\(sure) of \(comparisons.count) verdicts are confirmed for all prompts of this kind (95 %); the others could be chance."
  }

  private var provenanceRows: [JSON] {
    ([reference] + comparisons.map(\.submission)).map { run in
      let fields = (run.provenance?.members ?? [:]).sorted { $0.key < $1.key }.map { key, value in
        JSON.object(["key": .string(key), "value": .string(value.plainText.excerpt(300))])
      }
      return .object([
        "name": .string(run.name), "format": .string(run.format), "fields": .array(fields),
        "unknown": .bool(run.provenance == nil),
      ])
    }
  }
}

extension Category {
  /// The class of colours in the page.
  var pageKind: String {
    switch self {
    case .fail: "fail"
    case .category2: "category2"
    case .category1: "category1"
    }
  }
}

extension Category? {
  fileprivate var headline: String {
    switch self {
    case .fail: "fails"
    case let category?: "reaches \(category.title)"
    case nil: "has no verdict"
    }
  }

  fileprivate var headlineOfMany: String {
    switch self {
    case .fail: "fail"
    case let category?: "reach \(category.title)"
    case nil: "have no verdict"
    }
  }
}

extension JSON {
  /// The value as the text of a `script` element, which it cannot end: `<`, `>` and `&` are written as escapes.
  fileprivate var scriptText: String {
    var bytes: [UInt8] = []
    let text = self.text
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "<"): bytes += Array(#"\u003c"#.utf8)
      case UInt8(ascii: ">"): bytes += Array(#"\u003e"#.utf8)
      case UInt8(ascii: "&"): bytes += Array(#"\u0026"#.utf8)
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
