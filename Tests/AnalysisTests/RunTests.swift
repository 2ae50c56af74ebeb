import Testing

@testable import Analysis

@Suite struct RunTests {
  static let provenance = Provenance(
    model: .init(name: "m.gguf", digest: Digest(of: "m")), prompts: .init(name: "p.jsonl", digest: Digest(of: "p")),
    template: .init(name: "chatml", digest: Digest(of: "t")), scheme: "int8",
    settings: .init(maximumTokenCount: 96, isRaw: false, seed: .max),
    execution: .init(core: "SkylakeX", tile: 32), tool: "assay 0.1.0")

  static let outputs = [
    Output(
      id: "a", text: "line\n\"quoted\" \u{2028}é😀\u{0}", tokens: [1, 0, -1, .max], finish: .eos,
      logProbabilities: [-0.1, -1e-300, -.pi, 0], margins: [0.5, 1, 2, 1e10], timeToFirstToken: .milliseconds(12),
      latency: .nanoseconds(1_234_567)),
    Output(id: "b", text: ""),
    Output(id: "c", text: "x", tokens: [], finish: .length, logProbabilities: []),
  ]

  private func parse(_ text: String) throws -> Run {
    try Run(parsing: Array(text.utf8), label: "r.jsonl")
  }

  @Test(arguments: [provenance, nil])
  func `a run is read back as it was written`(provenance: Provenance?) throws {
    let run = try Run(name: "int8", provenance: provenance, outputs: Self.outputs)
    let read = try Run(parsing: Array(run.text.utf8), label: "r.jsonl", name: "int8")
    #expect(read.provenance == provenance)
    #expect(read.outputs == Self.outputs)
    #expect(read["b"] == Self.outputs[1])
    #expect(read.text == run.text)
  }

  @Test func `the header is the first line with sorted keys`() {
    #expect(
      Self.provenance.line
        == #"{"assay":"run/1","core":"SkylakeX","max_tokens":96,"model":"m.gguf","#
        + #""model_digest":"62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a","prompts":"p.jsonl","#
        + #""prompts_digest":"148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940","raw":false,"#
        + #""scheme":"int8","seed":"18446744073709551615","template":"chatml","#
        + #""template_digest":"e3b98a4da31a127d4bde6e43033f66ba274cab0eb7eb1c70ec41402bf6273dd8","#
        + #""tile":32,"tool":"assay 0.1.0"}"#)
  }

  @Test func `the name is the scheme when the file says it and the label otherwise`() throws {
    #expect(try parse(Run(name: "x", provenance: Self.provenance, outputs: Self.outputs).text).name == "int8")
    #expect(try parse(#"{"id":"a","text":"x"}"#).name == "r.jsonl")
  }

  @Test func `outputs of another tool need only id and text`() throws {
    let run = try parse(
      #"{"text":"x","id":17,"tokens":["not","ours"],"finish":"done","logprobs":{"a":[1]},"latency_ms":-1,"more":null}"#)
    #expect(run.outputs == [Output(id: "17", text: "x")])
    #expect(run.provenance == nil)
    #expect(run.format == "JSON Lines")
  }

  @Test func `CSV of id and text is a run`() throws {
    let run = try parse("id,score,text\na,1,\"two\nlines\"\nb,2,\n")
    #expect(run.outputs == [Output(id: "a", text: "two\nlines"), Output(id: "b", text: "")])
    #expect(run.format == "CSV")
  }

  private static let header = provenance.line + "\n"

  private static let refused: [(String, String)] = [
    (#"{"id":"a"}"#, "r.jsonl:1: 'text' is missing; every output needs an 'id' and a 'text' string"),
    (#"{"text":"a"}"#, "r.jsonl:1: 'id' is missing; give every output the id of its prompt"),
    (#"{"id":"a","text":1}"#, "r.jsonl:1: expected a string for 'text' at column 18 but found '1'; correct this line"),
    (
      #"{"id":"a","text":"x"}"# + "\n" + #"{"id":"a","text":"x"}"#,
      "r.jsonl:2: the id 'a' was already used on line 1; give every record its own id"
    ),
    (header, "r.jsonl: holds no outputs; write one per line"),
    (
      #"{"assay":"run/2"}"#, "r.jsonl:1: is a '\"run/2\"' file but this version reads 'run/1'; use a newer assay"
    ),
    (
      #"{"assay":"run/1","model":"m"}"#,
      "r.jsonl:1: 'prompts' is missing; the header of a run names where it comes from; leave the whole line out if unknown"
    ),
    (
      header + #"{"id":"a","text":"x","tokens":[1,2147483648]}"#,
      "r.jsonl:2: expected a whole number of 32 bits at column 44 but found 2147483648.0; correct this line"
    ),
    (
      header + #"{"id":"a","text":"x","tokens":[1],"logprobs":[]}"#,
      "r.jsonl:2: 'logprobs' has 0 values for 1 tokens; write one value per token"
    ),
    (
      header + #"{"id":"a","text":"x","finish":"done"}"#,
      "r.jsonl:2: expected one of eos, length, stop at column 31 but found '\"'; correct this line"
    ),
    (
      header + #"{"id":"a","text":"x","latency_ms":-1}"#,
      "r.jsonl:2: expected milliseconds from 0 to 3.2e10 at column 35 but found '-'; correct this line"
    ),
    (
      header + #"{"id":"a","te"# + "\n" + #"{"id":"b","text":"x"}"#,
      "r.jsonl:2: expected the closing quote of a string at column 14 but found the end of the line; correct this line"
    ),
    (
      header + #"{"id":"a","text":"x"}"# + "\n" + #"{"id":"b","te"#,
      "r.jsonl:3: the last line is cut short, so its writer was stopped; run it again with --resume"
    ),
    (
      "name,text\na,b\n",
      "r.jsonl: expected JSON Lines, or CSV with the headings id, text but found a first line that reads 'name,text'"
    ),
  ]

  @Test(arguments: refused)
  func `a bad run is refused in one sentence that names the place`(text: String, message: String) {
    let error = #expect(throws: RecordError.self) { try parse(text) }
    #expect(error?.description == message)
  }

  @Test func `a run cut at any byte resumes after its last whole line`() throws {
    let text = try Run(name: "int8", provenance: Self.provenance, outputs: Self.outputs).text
    let bytes = Array(text.utf8)
    let lineEnds = bytes.indices.filter { bytes[$0] == 0x0A }
    for count in bytes.indices {
      let wholeLines = lineEnds.count { $0 < count }
      let run = try InterruptedRun(parsing: Array(bytes[..<count]), label: "r.jsonl")
      guard wholeLines > 0 else {
        #expect(run == nil)
        continue
      }
      #expect(run?.provenance == Self.provenance)
      #expect(run?.outputs == Array(Self.outputs.prefix(wholeLines - 1)))
      #expect(run?.completeByteCount == lineEnds[wholeLines - 1] + 1)
    }
  }

  @Test func `outputs without a header cannot be resumed`() {
    #expect(throws: RecordError.self) {
      try InterruptedRun(parsing: Array("{\"id\":\"a\",\"text\":\"x\"}\n".utf8), label: "r.jsonl")
    }
  }

  @Test(arguments: 0..<200)
  func `damaged bytes are refused or read but never crash`(seed: UInt64) throws {
    var generator = Mixer(state: seed)
    var bytes = Array(try Run(name: "x", provenance: Self.provenance, outputs: Self.outputs).text.utf8)
    for _ in 0..<(1 + seed % 5) {
      let index = Int(generator.next() % UInt64(bytes.count))
      bytes[index] = UInt8(truncatingIfNeeded: generator.next())
    }
    do throws(RecordError) {
      let run = try Run(parsing: bytes, label: "r.jsonl")
      #expect(!run.outputs.isEmpty)
    } catch {
      #expect(error.description.contains("r.jsonl"))
    }
  }
}
