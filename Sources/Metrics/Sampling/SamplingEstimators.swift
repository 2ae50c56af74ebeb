/// Estimates from several samples per problem: how good is a model that may try k times?
package enum SamplingEstimators {
  /// The unbiased chance that at least one of k samples passes, when `passed` of `sampleCount` did.
  ///
  /// 1 - Π (1 - k/i) for i = n - c + 1 ... n, which is 1 - C(n-c, k) / C(n, k). `nil` unless 0 ≤ c ≤ n and 1 ≤ k ≤ n.
  /// Source: Chen et al. 2021, "Evaluating large language models trained on code"; HF evaluate `code_eval`.
  package static func passAtK(_ k: Int, sampleCount n: Int, passed c: Int) -> Double? {
    guard n > 0, (0...n).contains(c), (1...n).contains(k) else { return nil }
    if n - c < k { return 1 }
    var failure = 1.0
    for index in stride(from: n - c + 1, through: n, by: 1) { failure *= 1 - Double(k) / Double(index) }
    return 1 - failure
  }

  /// The mean of pass@k over problems; `nil` if one has fewer than k samples, or there is none.
  package static func meanPassAtK(_ k: Int, problems: [(sampleCount: Int, passed: Int)]) -> Double? {
    var sum = 0.0
    for problem in problems {
      guard let pass = passAtK(k, sampleCount: problem.sampleCount, passed: problem.passed) else { return nil }
      sum += pass
    }
    return problems.isEmpty ? nil : sum / Double(problems.count)
  }

  /// The answer that most samples give; the first seen of equals. Answers that could not be read take part, as
  /// `[invalid]` does in lm-eval. `nil` for no answers.
  package static func majority(of answers: some Sequence<String>) -> String? {
    var counts: [Scalars: Int] = [:]
    let answers = answers.map(\.scalars)
    for answer in answers { counts[answer, default: 0] += 1 }
    let most = counts.values.max()
    return answers.first { counts[$0] == most }?.text
  }

  /// The index that a verifier picks among the first n samples: the highest score, the first of equals. NaN never wins.
  package static func best(of n: Int, byScore scores: [Double]) -> Int? {
    var best: Int?
    for (index, score) in scores.prefix(max(n, 0)).enumerated() where score > best.map({ scores[$0] }) ?? -.infinity {
      best = index
    }
    return best
  }

  /// lm-eval's `median`: the value in the middle, and for an even count the upper of the two. `nil` for no values.
  ///
  /// Not a median for even counts; use `Quantiles` for one. Source: lm-eval 0.4.13, `api/metrics.py`.
  package static func upperMedian(of values: [Double]) -> Double? {
    values.isEmpty ? nil : values.sorted()[values.count / 2]
  }

  /// The expected highest score of k samples drawn without replacement: Σ C(i-1, k-1) / C(n, k) · s₍ᵢ₎, s ascending.
  ///
  /// For scores of 0 and 1 this is pass@k. `nil` unless 1 ≤ k ≤ n.
  package static func expectedBest(of k: Int, scores: [Double]) -> Double? {
    let n = scores.count
    guard k >= 1, k <= n else { return nil }
    let sorted = scores.sorted()
    // C(n-1, k-1) / C(n, k) = k/n, and going down C(i-2, k-1) / C(i-1, k-1) = (i - k) / (i - 1).
    var weight = Double(k) / Double(n)
    var sum = 0.0
    for rank in stride(from: n, through: k, by: -1) {
      sum += weight * sorted[rank - 1]
      if rank > 1 { weight *= Double(rank - k) / Double(rank - 1) }
    }
    return sum
  }
}
