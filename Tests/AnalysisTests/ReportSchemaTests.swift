import Foundation
import Testing

@testable import Analysis

/// `report.json` is what `schemas/report.schema.json` says.
@Suite struct ReportSchemaTests {
  static let schema: JSONSchema = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../schemas/report.schema.json")
    var reader = JSONReader([UInt8](try! Data(contentsOf: file)))
    return JSONSchema(root: try! reader.value())
  }()

  /// Fails the test that calls it when the report is not valid.
  static func check(_ report: Report) throws { #expect(schema.failures(try parsed(report)) == []) }

  static func parsed(_ report: Report) throws -> JSON {
    var reader = JSONReader(Array(report.jsonText.utf8))
    return try reader.value()
  }

  @Test(arguments: [1, 3])
  func `reports are valid`(submissions: Int) throws {
    try Self.check(HTMLTests.report(prompts: 40, submissions: submissions))
  }

  @Test func `a changed, a missing and a new member are found`() throws {
    guard case .object(let members) = try Self.parsed(HTMLTests.report(prompts: 5)) else { return }
    for (key, value) in members {
      var without = members
      without[key] = nil
      #expect(Self.schema.failures(.object(without)) == [": '\(key)' is missing"])
      var wrong = members
      wrong[key] = value == 7 ? "seven" : 7
      #expect(!Self.schema.failures(.object(wrong)).isEmpty, "\(key)")
    }
    var more = members
    more["surprise"] = 1
    #expect(Self.schema.failures(.object(more)) == [": 'surprise' is not expected"])
  }
}
