import Statistics

/// How often intervals hold the truth, and how often a category is confirmed that the population does not have.
enum Coverage {
  /// The ways of making an interval that are compared.
  enum Method: String, CaseIterable, Sendable {
    case retainedShare = "retained share"
    case fieller = "t (Fieller)"
    case bca = "BCa bootstrap"

    func interval(_ sample: PairedSample, isBounded: Bool) -> ConfidenceInterval? {
      switch self {
      case .retainedShare: RetainedShare(sample, isBounded: isBounded)?.interval()
      case .fieller: sample.fiellerInterval()
      case .bca: PairedBootstrap([sample], draws: 1000, pieces: 1)?.ratioInterval(0)
      }
    }
  }

  /// The share of samples whose interval holds the population's share; an undefined interval does not.
  static func coverage(_ scenario: Scenario, _ method: Method, count: Int, samples: Int) -> Double {
    share(of: samples) { randomness in
      let sample = scenario.sample(count, &randomness)
      // A sample without variation is a point for the bootstrap, and misses.
      return method.interval(sample, isBounded: scenario.isBounded)?.contains(scenario.share) ?? false
    }
  }

  /// How often the fixed-size test claims that a limit is reached (or missed), at the level that confirms.
  static func falseConfirmations(
    _ scenario: Scenario, limit: Double, reaching: Bool, count: Int, samples: Int, alpha: Double
  ) -> Double {
    share(of: samples) { randomness in
      let sample = scenario.sample(count, &randomness)
      guard let share = RetainedShare(sample, isBounded: scenario.isBounded) else { return false }
      return (reaching ? share.pReaches(limit) : share.pMisses(limit)) <= alpha
    }
  }

  /// The same when one looks after every eighth prompt and stops at the first confirmation, and judges by the fixed-size test
  /// if none came by the end.
  static func falseConfirmationsStoppingEarly(
    _ scenario: Scenario, limit: Double, reaching: Bool, count: Int, samples: Int, alpha: Double
  ) -> Double {
    share(of: samples) { randomness in
      let sample = scenario.sample(count, &randomness)
      var bet = SequentialShare(limit: limit, isBounded: scenario.isBounded)
      for index in 0..<count {
        bet.add(reference: sample.reference[index], submission: sample.submission[index])
        guard (index + 1) % 8 == 0 else { continue }
        // Either conclusion stops the run, so that the wrong one can only come first.
        if bet.pReaches <= alpha { return reaching }
        if bet.pMisses <= alpha { return !reaching }
      }
      guard let share = RetainedShare(sample, isBounded: scenario.isBounded) else { return false }
      return (reaching ? share.pReaches(limit) : share.pMisses(limit)) <= alpha
    }
  }

  /// The share of samples with a property. Sample k has its own generator, so threads do not matter.
  private static func share(of samples: Int, _ holds: @Sendable (inout Randomness) -> Bool) -> Double {
    let pieces = 64
    let counts = parallelMap(0..<pieces) { piece in
      (samples * piece / pieces..<samples * (piece + 1) / pieces).count { index in
        // Mixed, because seeds in step with the generator would give overlapping samples.
        var seeds = SplitMix64(seed: UInt64(index))
        var randomness = Randomness(seed: seeds.next())
        return holds(&randomness)
      }
    }
    return Double(counts.reduce(0, +)) / Double(samples)
  }
}
