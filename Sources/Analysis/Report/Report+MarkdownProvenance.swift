internal import Metrics

extension Report {
  /// Where the runs come from and how they were scored, folded: first what all share, then what is particular to each.
  var provenanceSection: String {
    let runs = [reference] + comparisons.map(\.submission)
    let members = runs.map { $0.provenance?.members }
    let shared = (members[0] ?? [:]).filter { key, value in members.allSatisfy { $0?[key] == value }
    }
    let lines = zip(runs, members).map { run, members in
      let own = members.map { $0.filter { shared[$0.key] == nil } }
      return
        "- \(run.name.markdownCode): \(own.map(fields) ?? "unknown origin, read as \(run.format)")"
    }
    let signatures = comparisons[0].deciding.metrics.map { "- `\($0.signature)`" }
    return """
      <details><summary>Provenance and signatures</summary>

      \(((shared.isEmpty ? [] : ["- all runs: \(fields(shared))"]) + lines).joined(separator: "\n"))

      Scores are comparable only between equal signatures:

      \(signatures.joined(separator: "\n"))

      </details>
      """
  }

  /// Fields in order, digests shortened; `report.json` has them whole.
  private func fields(_ members: [String: JSON]) -> String {
    guard !members.isEmpty else { return "nothing else" }
    return members.sorted { $0.key < $1.key }.map { key, value in
      let text = Digest(hexadecimal: value.plainText)?.short ?? value.plainText.excerpt(80)
      return "\(key) \(text.markdownCode)"
    }.joined(separator: ", ")
  }
}
