/// What a model answered to one prompt.
///
/// Only `id` and `text` are always known; the rest depends on the tool that made the run.
package struct Output: Hashable, Sendable {
  package enum Finish: String, Hashable, Sendable, CaseIterable {
    /// The model ended its answer.
    case eos
    /// The token limit was reached.
    case length
    /// A stop text was reached.
    case stop
  }

  /// The ``Prompt/id`` this answers.
  package let id: String
  package let text: String
  /// The generated tokens; an end-of-generation token is included when ``finish`` is ``Finish/eos``.
  package let tokens: [Int32]?
  package let finish: Finish?
  /// The natural logarithm of each chosen token's probability.
  package let logProbabilities: [Double]?
  /// Each step's best logit minus its second best: how firmly the token was decided.
  package let margins: [Double]?
  /// Left out of a run by default, because no two runs measure the same time.
  package let timeToFirstToken: Duration?
  /// From the start of the prompt to its last token; left out like ``timeToFirstToken``.
  package let latency: Duration?

  package init(
    id: String, text: String, tokens: [Int32]? = nil, finish: Finish? = nil, logProbabilities: [Double]? = nil,
    margins: [Double]? = nil, timeToFirstToken: Duration? = nil, latency: Duration? = nil
  ) {
    self.id = id
    self.text = text
    self.tokens = tokens
    self.finish = finish
    self.logProbabilities = logProbabilities
    self.margins = margins
    self.timeToFirstToken = timeToFirstToken
    self.latency = latency
  }
}

extension Output {
  /// The output as one line of a run file, without the line feed.
  package var line: String {
    JSON.members([
      "id": .string(id),
      "text": .string(text),
      "tokens": tokens.map { .array($0.map { .integer(Int($0)) }) },
      "finish": finish.map { .string($0.rawValue) },
      "logprobs": logProbabilities.map { .array($0.map(JSON.number)) },
      "margins": margins.map { .array($0.map(JSON.number)) },
      "ttft_ms": timeToFirstToken.map { .number($0.milliseconds) },
      "latency_ms": latency.map { .number($0.milliseconds) },
    ]).text
  }
}

extension Duration {
  /// In milliseconds, to the nanosecond.
  var milliseconds: Double {
    let (seconds, attoseconds) = components
    return (Double(seconds) * 1e9 + Double(attoseconds / 1_000_000_000)) / 1e6
  }

  /// To the nanosecond; `nil` when negative or longer than a year.
  init?(milliseconds: Double) {
    guard milliseconds >= 0, milliseconds < 3.2e10 else { return nil }
    self = .nanoseconds(Int64((milliseconds * 1e6).rounded()))
  }
}
