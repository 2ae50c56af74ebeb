import Testing

@testable import Analysis

@Suite struct PromptSetTests {
  private func parse(_ text: String) throws -> PromptSet {
    try PromptSet(parsing: Array(text.utf8), label: "p.jsonl")
  }

  @Test func `every field of a prompt is read`() throws {
    let set = try parse(
      #"{"id":"q1","prompt":"Why?","system":"Be brief.","target":["a","b"],"category":"c","task":"t","choices":["x","y"],"max_tokens":7}"#
        + "\n\n" + #"{"id":2,"messages":[{"role":"user","content":"Hi"}],"target":"one","other":{"ignored":true}}"#
        + "\r\n")
    #expect(
      set.prompts == [
        Prompt(
          id: "q1", content: .text("Why?"), system: "Be brief.", targets: ["a", "b"], category: "c", task: "t",
          choices: ["x", "y"], maximumTokenCount: 7),
        Prompt(id: "2", content: .messages([.init(role: "user", content: "Hi")]), targets: ["one"]),
      ])
    #expect(set["2"]?.targets == ["one"])
    #expect(set["3"] == nil)
    #expect(set.targets == ["q1": ["a", "b"], "2": ["one"]])
    #expect(
      set.prompts[0].messages == [.init(role: "system", content: "Be brief."), .init(role: "user", content: "Why?")])
  }

  @Test func `CSV with the same headings gives the same prompts`() throws {
    let json = try parse(
      #"{"id":"a","prompt":"Say \"hi\",\nthen stop","target":["x","y"],"max_tokens":5}"# + "\n"
        + #"{"id":"b","messages":[{"role":"user","content":"Hi"}],"target":"[draft]"}"#)
    let csv = try parse(
      "\u{FEFF}id,prompt,messages,target,max_tokens\r\n"
        + "a,\"Say \"\"hi\"\",\nthen stop\",,\"[\"\"x\"\",\"\"y\"\"]\",5\r\n"
        + "b,,\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"Hi\"\"}]\",[draft],\r\n")
    #expect(csv.prompts == json.prompts)
    #expect(csv.digest == json.digest)
  }

  @Test func `the digest changes with what the model is shown and with nothing else`() throws {
    let set = try parse(#"{"id":"a","prompt":"x"}"#)
    #expect(try parse(#"{"prompt":"x","id":"a","target":"t","category":"c","task":"k"}"#).digest == set.digest)
    for changed in [
      #"{"id":"b","prompt":"x"}"#, #"{"id":"a","prompt":"y"}"#, #"{"id":"a","prompt":"x","system":"s"}"#,
      #"{"id":"a","prompt":"x","max_tokens":1}"#, #"{"id":"a","prompt":"x"}"# + "\n" + #"{"id":"b","prompt":"x"}"#,
    ] {
      #expect(try parse(changed).digest != set.digest)
    }
  }

  private static let six = (1...6).map { #"{"id":"\#($0)","prompt":"x"}"# + "\n" }.joined()

  private static let refused: [(String, String)] = [
    (
      six + #"{"id":"7","prompt":"x""#,
      "p.jsonl:7: expected ',' or '}' at column 23 but found the end of the line; correct this line"
    ),
    (
      six + #"{"id":"7" "prompt":"x"}"# + "\n",
      "p.jsonl:7: expected ',' or '}' at column 11 but found '\"'; correct this line"
    ),
    (
      six + "\n" + #"{"id":"2","prompt":"x"}"#,
      "p.jsonl:8: the id '2' was already used on line 2; give every record its own id"
    ),
    ("", "p.jsonl: holds no prompts; write one per line"),
    ("\n \r\n", "p.jsonl: holds no prompts; write one per line"),
    ("id,prompt\n", "p.jsonl: holds no prompts; write one per line"),
    (
      #"{"id":"a","promt":"x"}"#,
      "p.jsonl:1: 'prompt' (or 'messages') is missing; give every prompt its text or its list of messages"
    ),
    (#"{"prompt":"x"}"#, "p.jsonl:1: 'id' is missing; give every prompt a unique id"),
    (#"{"id":"a","prompt":7}"#, "p.jsonl:1: 'prompt' must be a string but is 7; correct this line"),
    (#"{"id":["a"],"prompt":"x"}"#, "p.jsonl:1: 'id' must be a string but is a list; correct this line"),
    (
      #"{"id":"a","prompt":"x","target":["a",null]}"#,
      "p.jsonl:1: 'target' must be a string or a list of strings but is a list with null; correct this line"
    ),
    (
      #"{"id":"a","prompt":"x","max_tokens":0}"#,
      "p.jsonl:1: 'max_tokens' must be a whole number above 0 but is 0; correct this line"
    ),
    (
      #"{"id":"a","prompt":"x","max_tokens":1e300}"#,
      "p.jsonl:1: 'max_tokens' must be a whole number above 0 but is 1e+300; correct this line"
    ),
    (
      #"{"id":"a","messages":[]}"#,
      "p.jsonl:1: 'messages' must be a list of at least one message but is an empty list; correct this line"
    ),
    (
      #"{"id":"a","messages":[{"role":"user"}]}"#,
      "p.jsonl:1: 'messages' must be a list of objects with 'role' and 'content' strings but is an object; correct this line"
    ),
    (
      #"{"id":"a","prompt":"x","messages":[]}"#,
      "p.jsonl:1: both 'prompt' and 'messages' are given; keep one of them"
    ),
    (
      #"{"id":"a","system":"s","messages":[{"role":"system","content":"t"}]}"#,
      "p.jsonl:1: both 'system' and a message with the role system are given; keep one of them"
    ),
    (
      #"[{"id":"a","prompt":"x"}]"#,
      "p.jsonl: expected JSON Lines (one object per line) or CSV but found one JSON list; write its elements one per line"
    ),
    (
      "\u{0}\u{1}GGUF",
      "p.jsonl: expected JSON Lines (one object per line) or CSV but found binary data"
    ),
    (
      "prompt,target\nx,y\n",
      "p.jsonl: expected JSON Lines, or CSV with the headings id but found a first line that reads 'prompt,target'"
    ),
    ("id,prompt\na,x,y\n", "p.jsonl:2: expected 2 cells as in the heading but found 3; correct this line"),
    (
      "id,prompt\na,x\nb,\"y\n\n",
      "p.jsonl:3: expected a closing quote for the cell that starts here but found the end of the file; correct this line"
    ),
    (
      "id,prompt\na,\"x\"y\n",
      "p.jsonl:2: expected ',' or the end of the line after a closing quote but found more text; correct this line"
    ),
    (
      "id,prompt\na,\"x\ny\"\na,z\n",
      "p.jsonl:4: the id 'a' was already used on line 2; give every record its own id"
    ),
  ]

  @Test(arguments: refused)
  func `a bad file is refused in one sentence that names the place`(text: String, message: String) {
    let error = #expect(throws: RecordError.self) { try parse(text) }
    #expect(error?.description == message)
  }

  @Test func `a hostile id does not reach the terminal`() {
    let id = #"\u001b[31m"# + String(repeating: "x", count: 5000)
    let line = #"{"id":"\#(id)","prompt":"x"}"#
    let error = #expect(throws: RecordError.self) { try parse(line + "\n" + line) }
    #expect(error?.description.unicodeScalars.contains("\u{1B}") == false)
    #expect((error?.description.count ?? .max) < 200)
  }
}
