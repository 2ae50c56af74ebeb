import Foundation
import Testing

@testable import Analysis

/// What a model may write, or a file may call itself, to break a report.
private let hostileTexts = [
  "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</code></td></details><h1>", "a | b | c\n| --- |",
  "```\ncode\n```", "`x` ``y``", "# heading\n- item\n\n> quote", "**bold** _it_ ~~no~~",
  "[a](javascript:alert(1)) ![b](c)",
  "=cmd|' /C calc'!A0", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\u{202E}gnp.exe\u{2066}",
  "a\u{0}b\u{1B}[31mred",
  "&lt;b&gt; &#60;b&#62; &amp;", "]]>", "https://example.org www.example.org a@b.c @user #12", "$x^2$ {{ 7*7 }}",
  "line\u{2028}separator\u{85}here", "\\| \\` \\<b>", String(repeating: "x", count: 1_000_000),
  String(repeating: "word ", count: 5000), String(repeating: "*_`|", count: 25_000), "", " ", "\n\n\n",
  "\u{FFFE}\u{FFFF}",
  // One character to Swift, two to a browser: the quotation mark ends an attribute all the same.
  "\"\u{301} autofocus onfocus=alert(1) x=\"\u{301}", "<\u{301}b>", "</script><script>alert(1)</script>",
  "<!--<script>",
  "{{{data}}} {{>page}} {{#prompts}}",
]

private let reports = hostileTexts.map(report)

private func report(_ text: String) -> Report {
  // Ids must differ and hold something; names, categories and prompts may be anything.
  let run = { (name: String, texts: [String]) in
    try! Run(
      name: name, provenance: nil,
      outputs: texts.enumerated().map {
        Output(
          id: "\($0.offset)" + String(String.UnicodeScalarView(text.unicodeScalars.prefix(2000))), text: $0.element)
      })
  }
  let reference = run(text + "r", ["The same.", text, "One two three", text + " tail"])
  let submission = run(text, ["The same.", "changed", text, text + " other"])
  let prompts = try! PromptSet(
    label: text,
    prompts: reference.outputs.map {
      Prompt(id: $0.id, content: .text(text), targets: [text], category: String(text.prefix(2000)))
    })
  let comparison = try! Comparison(reference: reference, submission: submission, truth: GroundTruth(prompts))
  return Report(
    title: text, comparisons: [comparison], requirement: .init(category: .category1),
    control: AAControl(reference: reference, control: reference), prompts: prompts)
}

@Suite struct HostileTextTests {
  @Test(arguments: hostileTexts.indices)
  func `Markdown shows text and never obeys it`(index: Int) {
    let markdown = reports[index].markdown
    let tags = [
      "<code>", "</code>", "<b>", "</b>", "<i>", "</i>", "<br>", "<details>", "</details>", "<summary>", "</summary>",
    ]
    let bare = tags.reduce(markdown) { text, tag in
      text.split(separator: tag, omittingEmptySubsequences: false).joined()
    }
    #expect(!bare.contains("<"))
    #expect(!markdown.unicodeScalars.contains { $0.isUnprintable && $0 != "\n" })
    for escaped in ["](", "://", "www.", "@user", "**bold", "{{"] { #expect(!bare.contains(escaped)) }
    // Every row of a table has as many cells as its heading.
    for table in markdown.split(separator: "\n\n").filter({ $0.hasPrefix("|") }) {
      let widths = Set(table.split(separator: "\n").map { line in line.count { $0 == "|" } })
      #expect(widths.count == 1)
    }
    #expect(markdown.utf8.count < 60_000)
  }

  @Test(arguments: hostileTexts.indices)
  func `CSV reads back as the same table without formulas`(index: Int) throws {
    for csv in [reports[index].promptsCSV, reports[index].summaryCSV] {
      var reader = CSVReader(Array(csv.utf8))
      let columns = try #require(try reader.next()).cells.count
      var rows = 0
      while let row = try reader.next() {
        #expect(row.cells.count == columns)
        #expect(!row.cells.contains { $0.first.map { "=+-@\t\r\n".contains($0) } == true && Double($0) == nil })
        rows += 1
      }
      #expect(rows == 4 || rows == 10)
    }
  }

  @Test(arguments: hostileTexts.indices)
  func `JUnit stays well-formed`(index: Int) {
    let xml = reports[index].junitXML
    let markup = xml.split(separator: "\n").map { $0.drop { $0 == " " } }
    #expect(markup.allSatisfy { $0.hasPrefix("<") && $0.hasSuffix(">") })
    // Tags are the only use of angle brackets and every attribute is closed.
    #expect(xml.count { $0 == "<" } == xml.count { $0 == ">" })
    for line in markup where !line.hasPrefix("<system-out>") { #expect(line.count { $0 == "\"" }.isMultiple(of: 2)) }
    #expect(!xml.unicodeScalars.contains { $0.isUnprintable && $0 != "\n" })
  }

  @Test(arguments: hostileTexts.indices)
  func `JSON keeps the text exactly`(index: Int) throws {
    let text = hostileTexts[index]
    var reader = JSONReader(Array(reports[index].jsonText.utf8))
    guard case .object(let members) = try reader.value(), case .array(let submissions)? = members["submissions"],
      case .object(let submission) = submissions[0]
    else {
      Issue.record("not the expected form")
      return
    }
    let worst = reports[index].comparisons[0].worstPrompts(3).map(\.id)
    #expect(submission["worst_prompts"] == .strings(worst))
    #expect(worst.allSatisfy { $0.unicodeScalars.dropFirst().elementsEqual(text.unicodeScalars.prefix(2000)) })
  }

  @Test(arguments: hostileTexts.indices)
  func `HTML shows text and never obeys it`(index: Int) throws {
    let html = reports[index].html
    let plain = report("plain").html
    // The same tags as in a page of harmless text, except that a paragraph may be shown or not.
    let tags = { (page: String) in
      Set(page.split(separator: "<").dropFirst().map { $0.prefix { $0.isLetter || $0 == "/" || $0 == "!" } })
    }
    #expect(tags(html).isSubset(of: tags(plain).union(["i", "/i"])))
    // Every attribute is one that the templates have.
    let page = html.components(separatedBy: "<script")[0]
    let attributes = { (page: String) in
      Set(page.matches(of: /[ ]([a-z-]+)="[^"]*"/).map { String($0.1) })
    }
    #expect(attributes(page).isSubset(of: attributes(plain.components(separatedBy: "<script")[0])))
    #expect(!page.unicodeScalars.contains { $0.isUnprintable && $0 != "\n" })
    #expect(html.components(separatedBy: "</script>").count == 3)
    #expect(html.utf8.count < 200_000)
    _ = try HTMLTests.data(html)
  }

  @Test(arguments: hostileTexts.indices)
  func `the terminal shows no control character and no long line`(index: Int) {
    let text = reports[index].terminalText(width: 80)
    #expect(!text.unicodeScalars.contains { $0.isUnprintable && $0 != "\n" })
    #expect(text.split(separator: "\n").allSatisfy { $0.count < 300 })
  }

  @Test func `a long text is shortened with a note`() {
    let markdown = report(String(repeating: "word ", count: 5000)).markdown
    #expect(markdown.contains("more characters)</i>"))
  }

  @Test(
    arguments: [
      ("I am here", "I am there", "I am ", "here", ""), ("cat", "cats", "", "cat", ""),
      ("I am", "I am here", "I am", "", ""),
      ("I am here", "I am", "I am", " here", ""), ("one two three", "one 2 three", "one ", "two", " three"),
      ("a\n\nb", "a b", "a", "\n\nb", ""), ("same", "same", "same", "", ""), ("", "x", "", "", ""),
    ] as [(String, String, String, String, String)])
  func `the first differing word is marked`(text: String, other: String, before: String, word: String, after: String) {
    let diverging = DivergingText(text, differingFrom: other)
    #expect(diverging.before == before)
    #expect(diverging.word == word)
    #expect(diverging.after == after)
  }
}
