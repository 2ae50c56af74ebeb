import Foundation
import Testing

@testable import Analysis

@Suite struct HTMLTests {
  /// What is in the page outside of style and scripts.
  static func body(_ html: String) -> Substring { html[html.range(of: "<body>")!.lowerBound...] }

  static func data(_ html: String) throws -> JSON {
    let start = try #require(html.range(of: #"<script type="application/json" id="data">"#)).upperBound
    let end = try #require(html[start...].range(of: "</script>")).lowerBound
    var reader = JSONReader(Array(html[start..<end].utf8))
    return try reader.value()
  }

  /// `count` prompts with answers of about 100 words, every fifth of which is changed.
  static func report(prompts count: Int, submissions: Int = 4, id: String = "q") throws -> Report {
    func words(_ seed: Int, changed: Bool) -> String {
      (0..<100).map { "word\((seed * 31 + $0 * 17) % 997 + (changed && $0 > 20 ? 7 : 0))" }.joined(separator: " ")
    }
    let run = { (name: String, change: (Int) -> Bool) in
      try Run(
        name: name, provenance: nil,
        outputs: (0..<count).map { Output(id: "\(id)\($0)", text: words($0, changed: change($0))) })
    }
    let reference = try run("fp32") { _ in false }
    return Report(
      title: "large",
      comparisons: try (0..<submissions).map { index in
        try Comparison(reference: reference, submission: run("s\(index)") { ($0 + index) % 5 == 0 })
      }, requirement: .init(category: .category2),
      prompts: try PromptSet(
        label: "p", prompts: (0..<count).map { Prompt(id: "\(id)\($0)", content: .text("Question \($0)?")) }))
  }

  @Test func `a page of 1000 prompts has them all and less than 2 MB`() throws {
    let html = try Self.report(prompts: 1000).html
    #expect(html.utf8.count < 2_000_000)
    let prompts = try #require(Self.data(html)["prompts"]?.array)
    #expect(prompts.count == 1000)
    #expect(!html.contains("prompts are here</strong>"))
  }

  @Test func `a larger set keeps the prompts that changed most, and says so`() throws {
    let name = "a-prompt-with-quite-a-long-name-"
    let html = try Self.report(prompts: 12_000, submissions: 1, id: name).html
    #expect(html.utf8.count < 2_000_000)
    #expect(html.contains("of 12000 prompts are here</strong>: those that changed most"))
    let prompts = try #require(Self.data(html)["prompts"]?.array).compactMap(\.array)
    // All 2400 that changed are among them, in the order of the set.
    let ids = prompts.compactMap { $0[0].string }.compactMap { Int($0.dropFirst(name.count)) }
    #expect(Set(ids).isSuperset(of: stride(from: 0, to: 12_000, by: 5)))
    #expect(ids == ids.sorted())
    #expect(html.contains("have their scores only"))
  }

  @Test func `a submission's text is the reference's up to where it differs`() throws {
    let report = try Self.report(prompts: 5, submissions: 1)
    let prompts = try #require(Self.data(report.html)["prompts"]?.array).compactMap(\.array)
    for prompt in prompts {
      let id = try #require(prompt[0].string)
      let reference = try #require(prompt[5].string)
      let output = try #require(prompt[6].array?[0].array)
      let units = try #require(output[0].int)
      let shared = String(decoding: Array(reference.utf16.prefix(units)), as: UTF16.self)
      #expect(shared + (output[1].string ?? "") == report.comparisons[0].submission[id]?.text)
    }
  }

  @Test func `the page asks nobody for anything and runs its own script only`() throws {
    let html = try Self.report(prompts: 5).html
    for reference in ["http:", "https:", "//", "url(", "@import", "<link rel=\"stylesheet", " src="] {
      #expect(!Self.body(html).split(separator: "<script>")[0].contains(reference), "\(reference)")
    }
    let script = try #require(html.split(separator: "<script>").last?.split(separator: "</script>").first)
    #expect(html.contains("script-src 'sha256-\(Digest(of: String(script)).base64)'"))
    #expect(!html.contains("onclick=") && !html.contains("innerHTML"))
  }

  @Test func `charts have titles, axes and their numbers in a table`() throws {
    let html = try Self.report(prompts: 5).html
    let charts = html.split(separator: "<svg class=\"chart\"").dropFirst()
    #expect(charts.count == 9)
    for chart in charts {
      #expect(chart.contains("<title id=") && chart.contains("class=\"axistitle\"") && chart.contains("role=\"img\""))
    }
    #expect(html.split(separator: "<summary>Numbers</summary>").count == 4)
    #expect(!html.contains("nan%") && !html.contains("inf%"))
  }

  @Test func `equal reports give equal pages`() throws {
    #expect(try Self.report(prompts: 50).html == Self.report(prompts: 50).html)
  }

  @Test func `Base64 is RFC 4648's`() {
    // printf '' | openssl dgst -sha256 -binary | base64
    #expect(Digest(of: "").base64 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
  }
}
