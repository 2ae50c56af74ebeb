internal import Statistics

/// How MLPerf's accuracy scripts turn ROUGE scores and predictions into the numbers they print.
///
/// Score pairs with `ROUGEScorer(sentences: .punktLines(punkt))`, stemming on. Source: mlcommons/inference b66003e,
/// `language/llama2-70b/evaluate-accuracy.py` (with nltk 3.8.1, evaluate 0.4.0, rouge-score 0.1.2).
package enum MLPerfROUGE {
  /// `round(np.mean(F) * 100, 4)`, in NumPy's arithmetic; `nil` for no scores.
  package static func score(of fMeasures: [Double]) -> Double? {
    NumPy.mean(fMeasures).map { NumPy.round($0 * 100, decimals: 4) }
  }

  /// What the scripts score: the stripped text with a line feed between its sentences.
  package static func prepared(_ text: String, punkt: Punkt) -> String {
    punkt.sentences(in: text.pythonStripped).joined(separator: "\n")
  }

  /// `gen_len`: the code points of all prepared predictions.
  package static func generationLength(of predictions: [String], punkt: Punkt) -> Int {
    predictions.reduce(0) { $0 + prepared($1, punkt: punkt).unicodeScalars.count }
  }
}
