import Analysis
import Yams

/// A policy as YAML: what every release of a suite must do.
enum PolicyFile {
  private static let keys = [
    "require", "gate", "tolerances", "category_tolerances", "minimum_prompts", "speed", "memory", "expected_failures",
  ]

  /// - Throws: ``AssayError`` naming file, line and what was expected.
  static func read(_ path: String, needsConfidence: Bool) throws -> Policy {
    var required: Judgement.Requirement?
    var requiredBySubmission: [String: Judgement.Requirement] = [:]
    var (gate, minimumPrompts): (Gate?, Int?) = (nil, nil)
    var tolerances: [TrackedMetric: Double] = [:]
    var byCategory: [String: [TrackedMetric: Double]] = [:]
    var (speed, memory): (Double?, Double?) = (nil, nil)
    var expected: [Policy.ExpectedFailure] = []
    for value in try YAMLValue.file(path, expecting: "keys such as 'require' and 'tolerances'") {
      switch value.key {
      case "require":
        guard value.node.mapping != nil else {
          required = try requirement(value, needsConfidence)
          continue
        }
        for member in try value.members(expecting: "submissions and their categories") {
          if member.key == "all" {
            required = try requirement(member, needsConfidence)
          } else {
            requiredBySubmission[try member.schemeKey()] = try requirement(member, needsConfidence)
          }
        }
      case "gate": gate = Gate(rawValue: try value.string(of: Gate.allCases.map(\.rawValue)))
      case "tolerances": tolerances = try Self.tolerances(value)
      case "category_tolerances":
        for member in try value.members(expecting: "categories of prompts") {
          byCategory[member.key] = try Self.tolerances(member)
        }
      case "minimum_prompts": minimumPrompts = try value.count()
      case "speed":
        for member in try value.members(expecting: "limits") {
          guard member.key == "minimum_tokens_per_second" else {
            throw member.error("is not known; known: minimum_tokens_per_second")
          }
          speed = try member.number()
        }
      case "memory":
        for member in try value.members(expecting: "limits") {
          guard member.key == "maximum_mib" else { throw member.error("is not known; known: maximum_mib") }
          memory = try member.number()
        }
      case "expected_failures": expected = try value.elements().map(expectation)
      default: throw value.error("is not known; known keys: \(keys.joined(separator: ", "))")
      }
    }
    return Policy(
      required: required, requiredBySubmission: requiredBySubmission, gate: gate,
      tolerances: Tolerances(all: tolerances, byCategory: byCategory), minimumPrompts: minimumPrompts,
      limits: Policy.Limits(minimumTokensPerSecond: speed, maximumMebibytes: memory), expectedFailures: expected)
  }

  private static func requirement(_ value: YAMLValue, _ needsConfidence: Bool) throws -> Judgement.Requirement {
    let name = try value.string(of: Judgement.Requirement.names + ["99.0"])
    return Judgement.Requirement(name: name, needsConfidence: needsConfidence)!
  }

  /// In points of 100 for scores, in nats for `kl`.
  private static func tolerances(_ value: YAMLValue) throws -> [TrackedMetric: Double] {
    var tolerances: [TrackedMetric: Double] = [:]
    for member in try value.members(expecting: "metrics and points") {
      let metric = TrackedMetric(member.key)
      tolerances[metric] = try member.number() / (metric.isScore ? 100 : 1)
    }
    return tolerances
  }

  private static func expectation(_ value: YAMLValue) throws -> Policy.ExpectedFailure {
    var fields: [String: String] = [:]
    for member in try value.members(expecting: "submission, reason and until") {
      guard ["submission", "reason", "until"].contains(member.key) else {
        throw member.error("is not known; known: submission, reason, until")
      }
      fields[member.key] = member.key == "submission" ? try member.schemeText() : try member.string()
    }
    guard let submission = fields["submission"], let reason = fields["reason"], let until = fields["until"] else {
      throw value.error("needs 'submission', 'reason' and 'until' (an expectation without an end is a rule)")
    }
    guard Day.isDay(until) else {
      throw value.error("ends on '\(until.prefix(20))', expected a day such as 2026-12-31")
    }
    return Policy.ExpectedFailure(submission: submission, reason: reason, until: until)
  }
}

extension YAMLValue {
  /// A submission's name: a scheme is taken by its canonical name, anything else as it is.
  fileprivate func schemeText() throws -> String { Self.canonical(try string()) }
  fileprivate func schemeKey() throws -> String { Self.canonical(key) }
}
