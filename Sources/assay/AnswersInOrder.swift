import Analysis

/// The answers of a run on their way, and whether they are enough.
///
/// Without a stopping rule prompts are answered in their own order. With one, in the rule's order, and the rule takes an answer
/// when all before it are there; answers that an interrupted run left count, whatever order it had.
struct AnswersInOrder {
  /// Thrown through generation to end it.
  struct Settled: Error {}

  /// True while answers come in the prompts' order, one after the other from the first.
  let isInOrder: Bool
  /// Places of prompts in the order in which they are taken.
  private let order: [Int]
  private let prompts: [Prompt]
  private var rule: StoppingRule?
  private var answers: [String: Output]
  /// How many of `order` have been taken.
  private var taken = 0
  private(set) var isSettled = false

  init(prompts: [Prompt], finished: [Output], rule: StoppingRule?) {
    self.prompts = prompts
    self.rule = rule
    order = rule?.order ?? Array(prompts.indices)
    isInOrder = rule == nil && finished.map(\.id) == prompts.prefix(finished.count).map(\.id)
    answers = Dictionary(finished.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    take()
  }

  /// Prompts without an answer, in order.
  var open: [Int] { order.filter { answers[prompts[$0].id] == nil } }

  /// Prompts with an answer.
  var count: Int { answers.count }

  mutating func add(_ output: Output) {
    answers[output.id] = output
    take()
  }

  private mutating func take() {
    guard rule != nil else { return }
    while !isSettled, taken < order.count, let answer = answers[prompts[order[taken]].id] {
      rule?.add(answer)
      taken += 1
      isSettled = rule?.isSettled ?? false
    }
  }

  /// In the prompts' order: all there are, or, when settled, those that settled it.
  var outputs: [Output] {
    let places = isSettled ? order.prefix(taken).sorted() : Array(prompts.indices)
    return places.compactMap { answers[prompts[$0].id] }
  }

  /// How the run ended, if early.
  var earlyStop: EarlyStop? {
    isSettled ? rule.map { EarlyStop(plannedCount: prompts.count, seed: $0.seed) } : nil
  }
}
