/// A regular expression as instructions for the matcher.
struct RegexProgram: Sendable {
  enum Instruction: Sendable {
    case set(RegexSet)
    case assertion(RegexAssertion)
    /// Go on at the first, and if that fails at the second.
    case fork(Int, Int)
    case jump(Int)
    /// Note the position: group g begins in slot 2g and ends in slot 2g + 1.
    case save(Int)
    /// Test the program that follows up to its `accept`, then go on at `next`.
    case look(behindWidth: Int?, negated: Bool, next: Int)
    case accept
  }

  private(set) var instructions: [Instruction] = []
  private(set) var groupCount = 0

  init(_ syntax: RegexSyntax) {
    compile(syntax)
    instructions.append(.accept)
  }

  private mutating func compile(_ syntax: RegexSyntax) {
    switch syntax {
    case .empty: break
    case .set(let set): instructions.append(.set(set))
    case .assertion(let assertion): instructions.append(.assertion(assertion))
    case .sequence(let parts): for part in parts { compile(part) }
    case .group(let number, let inner):
      groupCount = max(groupCount, number + 1)
      instructions.append(.save(2 * number))
      compile(inner)
      instructions.append(.save(2 * number + 1))
    case .alternatives(let parts): compileAlternatives(parts)
    case .repeated(let inner, let minimum, let maximum, let lazy):
      for _ in 0..<minimum { compile(inner) }
      if let maximum { compileOptional(inner, times: maximum - minimum, lazy) } else { compileLoop(inner, lazy) }
    case .look(let inner, let behind, let negated, let width):
      let start = reserve()
      compile(inner)
      instructions.append(.accept)
      instructions[start] = .look(behindWidth: behind ? width : nil, negated: negated, next: instructions.count)
    }
  }

  /// A place for an instruction whose target is not known yet.
  private mutating func reserve() -> Int {
    instructions.append(.accept)
    return instructions.count - 1
  }

  private mutating func compileAlternatives(_ parts: [RegexSyntax]) {
    var jumps: [Int] = []
    for (index, part) in parts.enumerated() {
      if index == parts.count - 1 {
        compile(part)
      } else {
        let fork = reserve()
        compile(part)
        jumps.append(reserve())
        instructions[fork] = .fork(fork + 1, instructions.count)
      }
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func compileLoop(_ inner: RegexSyntax, _ lazy: Bool) {
    let fork = reserve()
    compile(inner)
    instructions.append(.jump(fork))
    instructions[fork] = lazy ? .fork(instructions.count, fork + 1) : .fork(fork + 1, instructions.count)
  }

  private mutating func compileOptional(_ inner: RegexSyntax, times: Int, _ lazy: Bool) {
    var forks: [Int] = []
    for _ in 0..<times {
      forks.append(reserve())
      compile(inner)
    }
    for fork in forks {
      instructions[fork] = lazy ? .fork(instructions.count, fork + 1) : .fork(fork + 1, instructions.count)
    }
  }
}
