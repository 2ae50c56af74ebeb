package import Statistics

/// One metric of one submission over all blessed releases of a suite, and where its level changed.
package struct Trend: Hashable, Sendable {
  package struct Point: Hashable, Sendable {
    package let release: String
    /// What the submission was called in that release.
    package let submission: String
    /// The mean over prompts, with its interval over the population of prompts.
    package let mean: Estimate
  }

  /// A lasting change of level.
  package struct Step: Hashable, Sendable {
    /// The first release of the new level.
    package let release: String
    /// From the mean of the level before to the mean of the level after.
    package let before, after: Double
    package let isImprovement: Bool
    /// The change paired by prompt, both levels averaged over their releases.
    package let change: Estimate
    /// The prompts that moved most in the step's direction.
    package let prompts: [PromptChange]
  }

  package let metric: TrackedMetric
  /// The name in the newest release.
  package let submission: String
  package let points: [Point]
  package let steps: [Step]
  /// The places in ``points`` at which levels start.
  package let levels: [PiecewiseConstant.Piece]
  /// Where the next release lies if nothing changes; `nil` when every level has one release.
  package let prediction: ConfidenceInterval?

  private static let promptCount = 5

  /// - Parameter releases: oldest first.
  /// - Returns: `nil` when fewer than two releases have the metric.
  package init?(_ metric: TrackedMetric, of submission: String, in releases: [Release]) {
    let history = releases.compactMap { release -> (Release, Release.Submission, Estimate)? in
      guard let found = Self.submission(submission, in: release), let mean = found.mean(metric) else { return nil }
      return (release, found, mean)
    }
    guard history.count > 1,
      let fit = PiecewiseConstant(history.map(\.2.value), noise: Self.noise(history.map(\.1), metric))
    else { return nil }
    self.metric = metric
    self.submission = submission
    points = history.map { Point(release: $0.name, submission: $1.name, mean: $2) }
    levels = fit.pieces
    prediction = fit.predictionInterval()
    steps = zip(fit.pieces, fit.pieces.dropFirst()).map { left, right in
      Self.step(
        metric, release: history[right.range.lowerBound].0.name, before: left.mean, after: right.mean,
        history[left.range].map(\.1), history[right.range].map(\.1))
    }
  }

  /// A suite with one submission keeps it whatever scheme it has.
  private static func submission(_ name: String, in release: Release) -> Release.Submission? {
    release.submissions.count == 1 ? release.submissions[0] : release[name]
  }

  /// What independent changes of single prompts make of the mean of a release: the root mean square over neighbours of
  /// SE(paired difference)/√2.
  private static func noise(_ history: [Release.Submission], _ metric: TrackedMetric) -> Double {
    let errors = zip(history, history.dropFirst()).compactMap { old, new -> Double? in
      let differences = old.scores.compactMap { score in
        score.values[metric].flatMap { before in new[score.id]?.values[metric].map { $0 - before } }
      }
      return differences.standardErrorOfMean
    }
    return ((errors.map { $0 * $0 }.mean ?? 0) / 2).squareRoot()
  }

  private static func step(
    _ metric: TrackedMetric, release: String, before: Double, after: Double, _ left: [Release.Submission],
    _ right: [Release.Submission]
  ) -> Step {
    let ids = left[0].scores.map(\.id)
    let means = ids.compactMap { id -> (id: String, before: Double, after: Double)? in
      guard let before = left.compactMap({ $0[id]?.values[metric] }).mean,
        let after = right.compactMap({ $0[id]?.values[metric] }).mean
      else { return nil }
      return (id, before, after)
    }
    let change =
      PairedSample(reference: means.map(\.before), submission: means.map(\.after))?.meanDifference()
      ?? Estimate(value: after - before, interval: nil, count: 0)
    let isImprovement = (after > before) == metric.isHigherBetter
    let moved = means.map { prompt in
      let rise = prompt.after - prompt.before
      return PromptChange(
        id: prompt.id, gain: metric.isHigherBetter ? rise : -rise, baseline: prompt.before, release: prompt.after)
    }
    let sorted = moved.filter { isImprovement ? $0.gain > 0 : $0.gain < 0 }
      .sorted { (-abs($0.gain), $0.id) < (-abs($1.gain), $1.id) }
    return Step(
      release: release, before: before, after: after, isImprovement: isImprovement, change: change,
      prompts: Array(sorted.prefix(promptCount)))
  }

  /// The trends of everything that the newest release judges, by submission and metric.
  package static func all(_ releases: [Release], metrics: [TrackedMetric]? = nil) -> [Trend] {
    let releases = Release.inOrder(releases)
    guard let newest = releases.last else { return [] }
    return newest.submissions.flatMap { submission in
      (metrics ?? newest.judged).compactMap { Trend($0, of: submission.name, in: releases) }
    }
  }
}
