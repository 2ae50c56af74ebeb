/// Ranks from 1, with the mean rank for equal values (mid-ranks).
struct Ranks {
  /// The rank of each value, in the values' order.
  let ranks: [Double]
  /// How many values share each rank, for groups of at least two.
  let ties: [Int]

  init(_ values: [Double]) {
    let order = values.indices.sorted { values[$0] != values[$1] ? values[$0] < values[$1] : $0 < $1 }
    var ranks = [Double](repeating: 0, count: values.count)
    var ties: [Int] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for index in start..<end { ranks[order[index]] = Double(start + end + 1) / 2 }
      if end - start > 1 { ties.append(end - start) }
      start = end
    }
    self.ranks = ranks
    self.ties = ties
  }

  /// Σ(t³ - t) over the groups of equal values.
  var tieCorrection: Double {
    ties.reduce(0) { sum, t in sum + (Double(t) * Double(t) - 1) * Double(t) }
  }
}
