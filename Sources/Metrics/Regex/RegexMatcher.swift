/// Runs a program over a text with Python's priorities: the first alternative that leads to a match wins.
///
/// Backtracking with an explicit stack. A state (instruction, position) that was left without success cannot succeed later,
/// whatever the groups hold, so it is never entered twice; this also ends loops that match nothing.
struct RegexMatcher {
  private enum Frame {
    case state(instruction: Int, position: Int)
    /// Undo a `save` on the way back.
    case restore(slot: Int, position: Int?)
  }

  private let program: RegexProgram
  private let text: Scalars
  private var slots: [Int?]
  private var stack: [Frame] = []
  /// One bit per state, `wordsPerPosition` words for each position of the text.
  private var visited: [UInt64]
  private let wordsPerPosition: Int
  private var visitedPositions = 0..<0

  init(_ program: RegexProgram, _ text: Scalars) {
    self.program = program
    self.text = text
    slots = Array(repeating: nil, count: 2 * program.groupCount)
    wordsPerPosition = (program.instructions.count + 63) / 64
    visited = Array(repeating: 0, count: wordsPerPosition * (text.count + 1))
  }

  /// The leftmost match that begins at or after a position.
  /// - Parameter mustAdvance: a match at the position itself must not be empty.
  mutating func search(from start: Int, mustAdvance: Bool = false) -> PythonRegex.Match? {
    forgetVisits()
    for position in start...text.endIndex {
      let isMatch = run(0, at: position) { !(mustAdvance && position == start && $0 == position) }
      guard isMatch else { continue }
      let groups = (0..<program.groupCount).map { group -> Range<Int>? in
        guard let low = slots[2 * group], let high = slots[2 * group + 1] else { return nil }
        return low..<high
      }
      return PythonRegex.Match(text: text, groups: groups)
    }
    return nil
  }

  /// Runs from an instruction until an `accept` whose position is acceptable.
  private mutating func run(_ instruction: Int, at position: Int, accepts: (Int) -> Bool) -> Bool {
    for slot in slots.indices { slots[slot] = nil }
    stack = [.state(instruction: instruction, position: position)]
    while let frame = stack.popLast() {
      switch frame {
      case .restore(let slot, let position): slots[slot] = position
      case .state(let instruction, let position):
        if follow(instruction, position, accepts) { return true }
      }
    }
    return false
  }

  /// Follows one state until it fails, leaving the alternatives on the stack.
  private mutating func follow(_ first: Int, _ start: Int, _ accepts: (Int) -> Bool) -> Bool {
    var (instruction, position) = (first, start)
    while visit(instruction, position) {
      switch program.instructions[instruction] {
      case .set(let set):
        guard position < text.endIndex, set.contains(text[position]) else { return false }
        position += 1
        instruction += 1
      case .assertion(let assertion):
        guard assertion.holds(at: position, in: text) else { return false }
        instruction += 1
      case .fork(let preferred, let other):
        stack.append(.state(instruction: other, position: position))
        instruction = preferred
      case .jump(let target): instruction = target
      case .save(let slot):
        stack.append(.restore(slot: slot, position: slots[slot]))
        slots[slot] = position
        instruction += 1
      case .look(let behindWidth, let negated, let next):
        guard looks(from: instruction + 1, at: position - (behindWidth ?? 0)) != negated else { return false }
        instruction = next
      case .accept: return accepts(position)
      }
    }
    return false
  }

  /// Whether a look-around's program matches at a position; its groups are not kept.
  private func looks(from instruction: Int, at position: Int) -> Bool {
    guard position >= text.startIndex else { return false }
    var states: Set<[Int]> = []
    var stack = [(instruction, position)]
    while var (instruction, position) = stack.popLast() {
      following: while states.insert([instruction, position]).inserted {
        switch program.instructions[instruction] {
        case .set(let set):
          guard position < text.endIndex, set.contains(text[position]) else { break following }
          position += 1
          instruction += 1
        case .assertion(let assertion):
          guard assertion.holds(at: position, in: text) else { break following }
          instruction += 1
        case .fork(let preferred, let other):
          stack.append((other, position))
          instruction = preferred
        case .jump(let target): instruction = target
        case .save: instruction += 1
        case .look(let behindWidth, let negated, let next):
          guard looks(from: instruction + 1, at: position - (behindWidth ?? 0)) != negated else { break following }
          instruction = next
        case .accept: return true
        }
      }
    }
    return false
  }

  /// Marks a state; false if it was marked before.
  private mutating func visit(_ instruction: Int, _ position: Int) -> Bool {
    let offset = position - text.startIndex
    let word = offset * wordsPerPosition + instruction >> 6
    let bit: UInt64 = 1 << UInt64(instruction & 63)
    if visited[word] & bit != 0 { return false }
    visited[word] |= bit
    visitedPositions =
      visitedPositions.isEmpty
      ? offset..<offset + 1 : min(visitedPositions.lowerBound, offset)..<max(visitedPositions.upperBound, offset + 1)
    return true
  }

  private mutating func forgetVisits() {
    for word in visitedPositions.lowerBound * wordsPerPosition..<visitedPositions.upperBound * wordsPerPosition {
      visited[word] = 0
    }
    visitedPositions = 0..<0
  }
}
