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
    #expect(template.kind == .chatML)
    #expect(prompts.count == 40)
    for prompt in prompts {
      let text = try template.render(prompt.messages.map(\.message))
      #expect(Array(text.utf8) == Array(prompt.text.utf8), "\(prompt.id)")
      #expect(tokenizer.encode(text, parseSpecial: true, addBOS: false) == prompt.token_ids, "\(prompt.id)")
    }
  }

  @Test func `every family renders what Jinja renders, and refuses what it refuses`() throws {
    let templates = try fixtureRows("ChatTemplates/templates.jsonl", as: Template.self)
    let recognised = try Dictionary(
      uniqueKeysWithValues: templates.map {
        ($0.name, try ChatTemplate(recognising: $0.source, bos: $0.bos, eos: $0.eos))
      })
    for row in try fixtureRows("ChatTemplates/rendered.jsonl", as: Rendered.self) {
      let template = try #require(recognised[row.template])
      let text = try? template.render(
        row.messages.map(\.message), addGenerationPrompt: row.add_generation_prompt)
      #expect(text.map { Array($0.utf8) } == row.text.map { Array($0.utf8) }, "\(row.template): \(row.messages)")
    }
  }

  @Test(arguments: [
    ("smollm2", ChatTemplate.Kind.chatML), ("qwen2.5", .chatML), ("llama3", .llama3), ("llama3.1", .llama3),
    ("zephyr", .zephyr), ("mistral-v0.1", .mistral), ("mistral-v0.3", .mistral),
  ])
  func `families are recognised`(name: String, kind: ChatTemplate.Kind) throws {
    let templates = try fixtureRows("ChatTemplates/templates.jsonl", as: Template.self)
    let template = try #require(templates.first { $0.name == name })
    let recognised = try ChatTemplate(recognising: template.source, bos: template.bos, eos: template.eos)
    #expect(recognised.kind == kind)
    #expect(recognised.source == template.source)
  }

  @Test func `the fixture's template is the real model's`() throws {
    let templates = try fixtureRows("ChatTemplates/templates.jsonl", as: Template.self)
    #expect(try ChatTemplate(TestModel.open()).source == templates.first { $0.name == "smollm2" }?.source)
  }

  @Test(arguments: [
    "", "{{ messages[0].content }}",
    // Llama 2, Phi-3, Phi-4, Gemma: other families.
    "{{ bos_token + '[INST] <<SYS>>' + message['content'] + ' [/INST]' }}",
    "{{ '<|user|>\n' + message['content'] + '<|end|>\n<|assistant|>\n' }}",
    "{{ '<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>' }}",
    "{{ '<start_of_turn>user\n' + message['content'] + '<end_of_turn>' }}",
  ])
  func `unknown templates are refused with advice`(source: String) {
    #expect {
      try ChatTemplate(recognising: source, bos: "<s>", eos: "</s>")
    } throws: {
      ($0 as? ChatTemplateError)?.description.contains("--raw") == true
    }
  }

  @Test func `a file without a template is refused with advice`() throws {
    let file = try GGUFFile(bytes: fixture("GGUF/mixed.bin"))
    #expect(throws: ChatTemplateError.missing(file: "memory")) { try ChatTemplate(file) }
    #expect(ChatTemplateError.missing(file: "memory").description.contains("--raw"))
  }
}
