@testable import Analysis

/// As much of JSON Schema (draft 2020-12) as `schemas/report.schema.json` uses; a keyword that it does not know is a failure.
struct JSONSchema {
  let root: JSON

  /// What is wrong with `value`, with the place of each; empty when it is valid.
  func failures(_ value: JSON) -> [String] { failures(value, root, at: "") }

  private func failures(_ value: JSON, _ schema: JSON, at path: String) -> [String] {
    guard case .object(let keywords) = schema else { return ["\(path): the schema is no object"] }
    return keywords.sorted { $0.key < $1.key }.flatMap { key, rule -> [String] in
      switch key {
      case "$schema", "$id", "$defs", "title", "description": return []
      case "$ref":
        let name = (rule.string ?? "").split(separator: "/").last.map(String.init) ?? ""
        guard let target = root["$defs"]?[name] else { return ["\(path): no definition '\(name)'"] }
        return failures(value, target, at: path)
      case "type":
        let names = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
        return names.contains { Self.is(value, $0) } ? [] : ["\(path): \(value.kind) is not of type \(names)"]
      case "const": return value == rule ? [] : ["\(path): is not \(rule.text)"]
      case "enum":
        return rule.array?.contains(value) == true ? [] : ["\(path): \(value.text) is not one of \(rule.text)"]
      case "anyOf":
        let tries = (rule.array ?? []).map { failures(value, $0, at: path) }
        return tries.contains { $0.isEmpty } ? [] : tries.min { $0.count < $1.count } ?? []
      case "pattern":
        guard let text = value.string, let regex = try? Regex(rule.string ?? "") else { return [] }
        return text.firstMatch(of: regex) == nil ? ["\(path): '\(text)' does not match"] : []
      case "items":
        return (value.array ?? []).enumerated().flatMap { failures($1, rule, at: "\(path)/\($0)") }
      case "required":
        guard case .object(let members) = value else { return [] }
        return (rule.array ?? []).compactMap(\.string).filter { members[$0] == nil }.map {
          "\(path): '\($0)' is missing"
        }
      case "properties":
        guard case .object(let members) = value, case .object(let rules) = rule else { return [] }
        return members.flatMap { name, member in rules[name].map { failures(member, $0, at: "\(path)/\(name)") } ?? [] }
      case "additionalProperties":
        guard case .object(let members) = value else { return [] }
        let others = members.filter { keywords["properties"]?[$0.key] == nil }
        if rule == .bool(false) { return others.keys.map { "\(path): '\($0)' is not expected" } }
        return others.flatMap { failures($1, rule, at: "\(path)/\($0)") }
      default: return ["\(path): the keyword '\(key)' is not known"]
      }
    }
  }

  private static func `is`(_ value: JSON, _ type: String) -> Bool {
    switch value {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .integer: type == "integer" || type == "number"
    case .number: type == "number"
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }
}
