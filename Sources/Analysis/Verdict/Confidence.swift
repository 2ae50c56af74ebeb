internal import Statistics

/// Whether the sample is large enough to stand behind a point verdict.
package enum Confidence: String, Hashable, Sendable {
  case confirmed
  case unconfirmed

  /// A category is confirmed when its share certainly is reached, and `fail` when Category 2 certainly is missed.
  ///
  /// - Parameter conclusion: what the sample says about reaching a category.
  init(_ category: Category?, conclusion: (Category) -> Conclusion) {
    let isSupported =
      switch category {
      case nil: false
      case .fail: conclusion(.category2) == .missed
      case let category?: conclusion(category) == .met
      }
    self = isSupported ? .confirmed : .unconfirmed
  }
}

/// What an interval says about "at least this share".
package enum Conclusion: Hashable, Sendable {
  /// The whole interval is at or above the share.
  case met
  /// The whole interval is below the share.
  case missed
  /// The interval straddles the share, or there is none.
  case open

  /// Non-inferiority read off the interval: with Fieller's interval of a ratio R it is the same as the t test of
  /// e = submission - share · reference at half of one minus the level (2.5 % for 95 %, the convention of ICH E9).
  init(_ interval: ConfidenceInterval?, share: Double) {
    guard let interval else {
      self = .open
      return
    }
    self = interval.low >= share ? .met : interval.high < share ? .missed : .open
  }

  /// All must be met; one that is missed decides.
  init(all conclusions: [Conclusion]) {
    self =
      if conclusions.contains(.missed) {
        .missed
      } else if conclusions.isEmpty || conclusions.contains(.open) {
        .open
      } else {
        .met
      }
  }
}
