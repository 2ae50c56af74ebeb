import LanguageModels
import Testing

@Suite struct `Chat templates` {
  struct Message: Decodable {
    let role: String
    let content: String
    var message: ChatMessage { ChatMessage(role: role, content: content) }
  }

  struct Template: Decodable {
    let name: String
    let bos: String
    let eos: String
    let source: String
  }

  struct Rendered: Decodable {
    let template: String
    let messages: [Message]
    let add_generation_prompt: Bool
    let text: String?
  }

  struct Prompt: Decodable {
    let id: String
    let messages: [Message]
    let text: String
    let token_ids: [TokenID]
  }

  @Test func `the real model's prompts have the golden text and tokens`() throws {
    let file = try TestModel.open()
    let template = try ChatTemplate(file)
    let tokenizer = try Tokenizer(file)
    let prompts = try fixtureRows("ChatTemplates/SmolLM2-prompts.jsonl", as: Prompt.self)
    #expect(template.family == "ChatML")
    #expect(prompts.count == 40)
    for prompt in prompts {
      let text = try template.render(prompt.messages.map(\.message))
      #expect(Array(text.utf8) == Array(prompt.text.utf8), "\(prompt.id)")
      #expect(tokenizer.encode(text, parseSpecial: true, addBOS: false) == prompt.token_ids, "\(prompt.id)")
    }
  }

  @Test func `every template renders what Jinja renders, and refuses what it refuses`() throws {
    let templates = try fixtureRows("ChatTemplates/templates.jsonl", as: Template.self)
    let byName = try Dictionary(
      uniqueKeysWithValues: templates.map { ($0.name, try ChatTemplate($0.source, bos: $0.bos, eos: $0.eos)) })
    let rows = try fixtureRows("ChatTemplates/rendered.jsonl", as: Rendered.self)
    #expect(rows.count == templates.count * 18)
    for row in rows {
      let template = try #require(byName[row.template])
      let text = try? template.render(
        row.messages.map(\.message), addGenerationPrompt: row.add_generation_prompt)
      #expect(text.map { Array($0.utf8) } == row.text.map { Array($0.utf8) }, "\(row.template): \(row.messages)")
    }
  }

  @Test(arguments: [
    ("smollm2", "ChatML"), ("qwen2.5", "ChatML"), ("qwen3", "ChatML"), ("llama2", "Llama 2"), ("llama3", "Llama 3"),
    ("llama3.1", "Llama 3"), ("zephyr", "Zephyr"), ("mistral-v0.1", "Mistral"), ("mistral-v0.3", "Mistral"),
    ("gemma", "Gemma"), ("gemma3", "Gemma"), ("phi3", "Phi-3"), ("phi4", "Phi-4"),
  ])
  func `families have names`(name: String, family: String) throws {
    let templates = try fixtureRows("ChatTemplates/templates.jsonl", as: Template.self)
    let template = try #require(templates.first { $0.name == name })
    #expect(try ChatTemplate(template.source, bos: template.bos, eos: template.eos).family == family)
  }

  @Test func `the fixture's template is the real model's`() throws {
    let templates = try fixtureRows("ChatTemplates/templates.jsonl", as: Template.self)
    #expect(try ChatTemplate(TestModel.open()).source == templates.first { $0.name == "smollm2" }?.source)
  }

  @Test(arguments: [
    ("a\n{% include 'x' %}", 2, "the statement 'include'"),
    ("{{ messages | groupby('role') }}", 1, "the filter 'groupby'"),
    ("\n\n{{ messages is lower }}", 3, "the test 'lower'"),
    ("{{ messages.append(1) }}", 1, "the method 'append' of a list"),
    ("{% for m in messages recursive %}{% endfor %}", 1, "a recursive loop"),
    ("{{ caller() }}", 1, "the name 'caller'"), ("{{ '%s' % 1 }}", 1, "formatting a text with '%'"),
    ("{% for m in messages %}", 1, "expected '{% else %}' or '{% endfor %}'"),
    ("{{ messages[0 }}", 1, "expected"), ("{{ 'open }}", 1, "expected the end of the string"),
    ("{{ messages | length + }}", 1, "expected an expression"), ("{# open", 1, "expected '#}'"),
    ("{{ tools.first }}{{ missing.name }}", 1, "'missing', which is undefined,"),
    ("{{ 1 + 'a' }}", 1, "cannot compute an integer + a text"),
  ])
  func `what is no Jinja or not in the subset is refused with its line and advice`(
    source: String, line: Int, problem: String
  ) throws {
    let error = #expect(throws: ChatTemplateError.self) {
      try ChatTemplate(source).render([ChatMessage(role: "user", content: "x")])
    }
    let text = try #require(error?.description)
    #expect(text.hasPrefix("line \(line) of the chat template: "), "\(text)")
    #expect(text.contains(problem), "\(text)")
    #expect(text.contains("--raw"))
  }

  @Test func `a conversation that the template refuses is refused in its words`() throws {
    let error = #expect(throws: ChatTemplateError.self) {
      try ChatTemplate("{{ raise_exception('roles must ' ~ 'alternate') }}").render([])
    }
    #expect(error?.description == "the chat template refuses the conversation: roles must alternate")
  }

  /// Templates come with models that anybody may publish.
  @Test(arguments: [
    "{% set x = 'a' * 999999 %}{% for i in range(99) %}{{ x }}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(999) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == ns.x }}",
    "{% for i in range(999999) %}{% for j in range(999999) %}{% endfor %}{% endfor %}",
    "{% for i in range(0, 9223372036854775807, 3) %}{% endfor %}", "{{ 'x' * 9223372036854775807 }}",
    "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}", "{{ 2 ** 99999999999 }}", "{{ 9223372036854775807 + 1 }}",
    "{{ -9223372036854775807 - 2 }}", "{{ 'aaaa'.replace('a', 'b' * 99999999) }}", "{{ 99 ** -99 ** 99 }}",
    "{% set ns = namespace(a=1) %}{% set ns.b = ns %}{{ ns }}",
    "{{ " + String(repeating: "(", count: 100_000), "{{ " + String(repeating: "[", count: 100_000),
    "{{ " + String(repeating: "not ", count: 100_000) + "1 }}", "{{ " + String(repeating: "-", count: 100_000) + "1 }}",
    "{{ 1" + String(repeating: "+1", count: 100_000) + " }}", "{{ a" + String(repeating: ".a", count: 100_000) + " }}",
    "{{ a" + String(repeating: "|trim", count: 100_000) + " }}",
    "{{ 1" + String(repeating: " if 1 else 1", count: 100_000) + " }}",
    String(repeating: "{% if 1 %}", count: 100_000), String(repeating: "{% for a in b %}", count: 100_000),
    String(repeating: "{{ 1 }}", count: 1 << 18),
  ])
  func `hostile templates cost little and crash nothing`(source: String) {
    let clock = ContinuousClock()
    let time = clock.measure {
      #expect(throws: ChatTemplateError.self) {
        try ChatTemplate(source).render([ChatMessage(role: "user", content: "x")])
      }
    }
    #expect(time < .seconds(20))
  }

  @Test func `random cuts of templates never crash`() throws {
    var random = SplitMix64(state: 7)
    for template in try fixtureRows("ChatTemplates/templates.jsonl", as: Template.self) {
      let source = Array(template.source.unicodeScalars)
      for _ in 0..<60 {
        var text = source
        let place = Int.random(in: 0..<text.count, using: &random)
        let end = min(text.count, place + Int.random(in: 0..<40, using: &random))
        text.removeSubrange(place..<end)
        var string = String.UnicodeScalarView()
        string.append(contentsOf: text)
        _ = try? ChatTemplate(String(string)).render([ChatMessage(role: "user", content: "x")])
      }
    }
  }

  @Test func `a file without a template is refused with advice`() throws {
    let file = try GGUFFile(bytes: fixture("GGUF/mixed.bin"))
    #expect(throws: ChatTemplateError.missing(file: "memory")) { try ChatTemplate(file) }
    #expect(ChatTemplateError.missing(file: "memory").description.contains("--raw"))
  }
}
