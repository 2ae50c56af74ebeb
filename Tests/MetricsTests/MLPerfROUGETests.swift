import Metrics
import Testing

@Suite struct `MLPerf's ROUGE numbers` {
  struct Row: Decodable {
    let reference: String
    let prediction: String
  }

  @Test func `are those of its scripts on the golden pairs`() throws {
    // round(np.mean(F) * 100, 4) over the references' own F values, and the length of the joined predictions
    // (numpy 2.4.6, nltk 3.9.1).
    let expected: [(ROUGEVariant, Double)] = [(.n(1), 69.3782), (.n(2), 51.9083), (.l, 63.1617), (.lsum, 67.2889)]
    let punkt = try englishPunkt()
    let rows: [Row] = try golden("rouge/pairs")
    let scorer = ROUGEScorer(variants: expected.map(\.0), sentences: .punktLines(punkt))
    let scores = rows.map { scorer.score(reference: $0.reference, prediction: $0.prediction) }
    for (index, (variant, value)) in expected.enumerated() {
      #expect(MLPerfROUGE.score(of: scores.map { $0[index].fMeasure }) == value, "\(variant)")
    }
    #expect(MLPerfROUGE.generationLength(of: rows.map(\.prediction), punkt: punkt) == 424_506)
  }

  @Test func `of nothing do not exist`() { #expect(MLPerfROUGE.score(of: []) == nil) }
}
