import Testing

@testable import Metrics

@Suite struct `Grading of MATH equals the reference` {
  /// A text, nothing, or the name of the exception that the reference raises.
  enum Outcome: Decodable, Equatable {
    case text([Unicode.Scalar]?)
    case error(String)

    private struct Failure: Decodable { let error: String }

    init(from decoder: any Decoder) throws {
      if let failure = try? Failure(from: decoder) {
        self = .error(failure.error)
      } else {
        let container = try decoder.singleValueContainer()
        self = .text(container.decodeNil() ? nil : Array(try container.decode(String.self).unicodeScalars))
      }
    }

    init(_ body: () throws -> String?) {
      do {
        self = .text(try body().map { Array($0.unicodeScalars) })
      } catch let error as HendrycksMATH.NormalizationError {
        switch error {
        case .severalUnits: self = .error("AssertionError")
        case .nothingAfterCommand: self = .error("IndexError")
        case .noIntegerQuotient: self = .error("ValueError")
        }
      } catch { self = .error("\(error)") }
    }

    var string: String? {
      guard case .text(let scalars?) = self else { return nil }
      return scalars.text
    }
  }

  struct Minerva: Decodable {
    let unnormalized: String
    let normalized: String
    let gold_normalized: String
    let string_equal: Bool
    let sympy_is_equiv: Bool
  }

  struct Row: Decodable {
    let id: String
    let response: String
    let solution: String
    let gold_boxed: String
    let response_boxed: Outcome?
    let response_last_boxed_only_string: String?
    let hendrycks_extracted: String
    let hendrycks_strip_pred: Outcome
    let hendrycks_strip_gold: Outcome
    let hendrycks_exact_match: Int
    let orig_strip_boxed: Outcome?
    let orig_boxed_is_equiv: Bool
    let harness_boxed_is_equiv: Bool
    let minerva_0_4_12: Minerva
    let minerva_0_4_13: Minerva
    let mlperf_parse_boxed_math: String?
    let mlperf_parse_aime: Int?
  }

  let harness = HendrycksMATH(origin: .harness)
  let original = HendrycksMATH(origin: .original)

  @Test func `in what is taken out of a response`() throws {
    for row in try golden("grading/math", as: Row.self) {
      let context: Comment = "\(row.id)"
      #expect(BoxedAnswer.answer(in: row.solution)?.scalars == row.gold_boxed.scalars, context)
      #expect(BoxedAnswer.last(in: row.response)?.scalars == row.response_last_boxed_only_string?.scalars, context)
      // Where the reference raises there is no answer.
      #expect(BoxedAnswer.answer(in: row.response)?.scalars == row.response_boxed?.string?.scalars, context)
      #expect(HendrycksMATH.answer(in: row.response).scalars == row.hendrycks_extracted.scalars, context)
      #expect(BoxedAnswer.mlperfAnswer(in: row.response)?.scalars == row.mlperf_parse_boxed_math?.scalars, context)
      #expect(BoxedAnswer.aimeAnswer(in: row.response) == row.mlperf_parse_aime, context)
    }
  }

  @Test func `in the data set's own equivalence`() throws {
    for row in try golden("grading/math", as: Row.self) {
      let context: Comment = "\(row.id)"
      let extracted = HendrycksMATH.answer(in: row.response)
      #expect(Outcome { try harness.normalized(extracted) } == row.hendrycks_strip_pred, context)
      #expect(Outcome { try harness.normalized(row.gold_boxed) } == row.hendrycks_strip_gold, context)
      #expect(harness.areEquivalent(extracted, row.gold_boxed) == (row.hendrycks_exact_match == 1), context)
      let boxed = BoxedAnswer.answer(in: row.response)
      #expect(harness.areEquivalent(boxed, row.gold_boxed) == row.harness_boxed_is_equiv, context)
      #expect(original.areEquivalent(boxed, row.gold_boxed) == row.orig_boxed_is_equiv, context)
      if let expected = row.orig_strip_boxed {
        #expect(Outcome { try boxed.map { try original.normalized($0) } } == expected, context)
      }
    }
  }

  @Test func `in Minerva's normalisation`() throws {
    for row in try golden("grading/math", as: Row.self) {
      let answer = MinervaMATH.answer(in: row.response) ?? "[invalidanswer]"
      for (version, expected) in [(MinervaMATH.Version.paper, row.minerva_0_4_12), (.wordwise, row.minerva_0_4_13)] {
        let context: Comment = "\(row.id) \(version)"
        let minerva = MinervaMATH(version: version)
        #expect(answer.scalars == expected.unnormalized.scalars, context)
        #expect(minerva.normalized(answer).scalars == expected.normalized.scalars, context)
        #expect(minerva.normalized(row.gold_boxed).scalars == expected.gold_normalized.scalars, context)
      }
    }
  }

  @Test func `in the normal forms of single answers`() throws {
    struct Row: Decodable {
      let id: String
      let input: String
      let minerva_0_4_12: String
      let minerva_0_4_13: String
      let harness_strip_string: Outcome
      let orig_strip_string: Outcome
    }
    for row in try golden("grading/math-normalize", as: Row.self) {
      let context: Comment = "\(row.id) \(row.input)"
      #expect(MinervaMATH(version: .paper).normalized(row.input).scalars == row.minerva_0_4_12.scalars, context)
      #expect(MinervaMATH(version: .wordwise).normalized(row.input).scalars == row.minerva_0_4_13.scalars, context)
      #expect(Outcome { try harness.normalized(row.input) } == row.harness_strip_string, context)
      #expect(Outcome { try original.normalized(row.input) } == row.orig_strip_string, context)
    }
  }
}
