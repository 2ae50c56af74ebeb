internal import Statistics

/// Releases side by side.
package enum ReleaseTable {
  /// A row per release: `baseline list`.
  package static func list(_ releases: [Release], width: Int) -> String {
    let rows = Release.inOrder(releases).map { release in
      [
        release.name, release.blessing?.date ?? "", release.submissions.map(\.name).joined(separator: " "),
        String(release.submissions.first?.scores.count ?? 0), release.blessing?.note?.excerpt(60) ?? "",
      ]
    }
    return TextTable(
      headings: ["release", "date", "submissions", "prompts", "note"], rows: rows, dispensable: [4]
    ).text(width: width)
  }

  /// A row per submission and metric, a column per release, the best marked `*`: `baseline compare`.
  package static func compare(_ releases: [Release], width: Int) -> String {
    let metrics = releases.last?.judged ?? []
    let names = Array(Set(releases.flatMap { $0.submissions.map(\.name) })).sorted()
    let isOneEach = releases.allSatisfy { $0.submissions.count == 1 }
    let slots: [(title: String, find: (Release) -> Release.Submission?)] =
      isOneEach
      ? [("submission", { $0.submissions[0] })] : names.map { name in (name, { $0[name] }) }
    let rows = slots.flatMap { slot in
      metrics.map { metric in
        let means = releases.map { slot.find($0)?.mean(metric)?.value }
        let present = means.compactMap { $0 }
        let best = metric.isHigherBetter ? present.max() : present.min()
        let cells = means.map { mean in mean.map { metric.text($0) + ($0 == best ? " *" : "") } ?? "-" }
        return [slot.title, metric.name] + cells
      }
    }
    return TextTable(headings: ["submission", "metric"] + releases.map(\.name), rows: rows, dispensable: [])
      .text(width: width) + "* the best of the row\n"
  }

  /// What one release holds: `baseline show`.
  package static func show(_ release: Release, width: Int) -> String {
    let rows = release.submissions.flatMap { submission in
      release.metrics.compactMap { metric in
        submission.mean(metric).map { mean in
          [
            submission.name, metric.name + (release.judged.contains(metric) ? " (judged)" : ""),
            metric.text(mean.value),
            mean.interval.map { "[\(metric.text($0.low)), \(metric.text($0.high))]" } ?? "", String(mean.count),
          ]
        }
      }
    }
    var lines = ["\(release.suite), release \(release.name)" + (release.blessing.map { ", blessed \($0.date)" } ?? "")]
    if let note = release.blessing?.note { lines.append(note.excerpt(200)) }
    for submission in release.submissions {
      guard let provenance = submission.provenance else { continue }
      lines.append(
        "\(submission.name): model \(provenance.model.name), prompts \(provenance.prompts.name), "
          + "at most \(provenance.settings.maximumTokenCount) tokens, \(provenance.tool)"
          + (submission.speed.map { ", \($0.tokensPerSecond.printed(0)) tokens/s, \($0.peakMebibytes.printed(0)) MiB" }
            ?? ""))
    }
    let table = TextTable(
      headings: ["submission", "metric", "mean", "95 % interval", "prompts"], rows: rows, dispensable: [4])
    return lines.joined(separator: "\n") + "\n" + table.text(width: width)
  }
}
