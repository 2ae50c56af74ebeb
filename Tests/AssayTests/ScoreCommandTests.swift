import Foundation
import Testing

@testable import assay

@Suite struct `assay score` {
  struct Row: Decodable {
    let id: String
    let stem: [String: [Double]]
    let nostem: [String: [Double]]
  }

  struct Score: Decodable {
    let precision: Double
    let recall: Double
    let fmeasure: Double
  }

  private static func run(_ arguments: [String], input: Data? = nil) throws -> (output: Data, status: Int32) {
    let process = Process()
    process.executableURL = TranscriptTests.products.appending(path: "assay")
    process.arguments = ["score"] + arguments
    let (input, output) = (input.map { ($0, Pipe()) }, Pipe())
    process.standardInput = input?.1 ?? FileHandle.nullDevice
    process.standardOutput = output
    try process.run()
    if let (data, pipe) = input {
      Thread.detachNewThread {
        try? pipe.fileHandleForWriting.write(contentsOf: data)
        try? pipe.fileHandleForWriting.close()
      }
    }
    let result = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (result, process.terminationStatus)
  }

  private static var golden: Data {
    get throws {
      try Data(contentsOf: TranscriptTests.sources.appending(path: "Fixtures/score/rouge-golden.jsonl"))
    }
  }

  @Test(arguments: [(true, 1), (false, 2)])
  func `equals rouge-score to the last bit`(stemmer: Bool, threads: Int) throws {
    let metrics = "rouge1,rouge2,rouge3,rougeL,rougeLsum"
    let (output, status) = try Self.run(
      ["--metrics", metrics, stemmer ? "--stemmer" : "--no-stemmer", "--threads", "\(threads)"], input: try Self.golden)
    #expect(status == 0)
    let lines = output.split(separator: 0x0A)
    #expect(try lines.count == Self.golden.split(separator: 0x0A).count)
    for line in lines {
      let row = try JSONDecoder().decode(Row.self, from: line)
      let object = try JSONDecoder().decode([String: Ignoring<Score>].self, from: line)
      for (metric, expected) in stemmer ? row.stem : row.nostem {
        let score = try #require(object[metric]?.value)
        #expect([score.precision, score.recall, score.fmeasure] == expected, "\(row.id) \(metric)")
      }
    }
  }

  /// A member of the wanted type, or of any other.
  struct Ignoring<Value: Decodable>: Decodable {
    let value: Value?
    init(from decoder: any Decoder) throws { value = try? Value(from: decoder) }
  }

  @Test func `answers a line as soon as it is there`() throws {
    let process = Process()
    process.executableURL = TranscriptTests.products.appending(path: "assay")
    process.arguments = ["score", "--metrics", "exact_match"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    for number in 0..<20 {
      let line = #"{"id":\#(number),"reference":"a","prediction":"a"}"#
      try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
      let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      #expect(answer == line.dropLast() + #","exact_match":true}"# + "\n")
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func `ends quietly when nobody reads on`() throws {
    let folder = try TranscriptTests.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    for threads in [1, 2] {
      let result = try CommandResult(
        "yes \"$(head -1 score/pairs.jsonl)\" | assay score --threads \(threads) --metrics exact_match | head -1 | cut -c1-8",
        in: folder, environment: TranscriptTests.environment)
      #expect(result.lines == [#"{"id":"a"#])
    }
  }
}
