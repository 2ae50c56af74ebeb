internal import Mustache

/// The page and its parts, ready to be filled in.
struct HTMLTemplates {
  private let library: MustacheLibrary

  static let shared = HTMLTemplates()

  private init() {
    MustacheContentTypes.register(EscapedHTML(), named: "ESCAPED_HTML")
    let sources: [(name: String, bytes: [UInt8])] = [
      ("page", PackageResources.page_mustache), ("head", PackageResources.head_mustache),
      ("card", PackageResources.card_mustache), ("rangechart", PackageResources.rangechart_mustache),
      ("histogram", PackageResources.histogram_mustache), ("table", PackageResources.table_mustache),
      ("changed", PackageResources.changed_mustache), ("prompts", PackageResources.prompts_mustache),
    ]
    var templates: [String: MustacheTemplate] = [:]
    for (name, bytes) in sources {
      // In front of every part, because a part does not inherit it.
      let text = "{{% CONTENT_TYPE:ESCAPED_HTML}}" + String(decoding: bytes, as: UTF8.self)
      // The templates are part of this program: one that is not valid stops the first test.
      templates[name] = try! MustacheTemplate(string: text)
    }
    library = MustacheLibrary(templates: templates)
  }

  func page(_ view: JSON) -> String {
    library.render(view.mustacheContext, withTemplate: "page") ?? ""
  }
}

/// Escapes scalar by scalar. swift-mustache 2.1.1 does it character by character, so that a quotation mark followed by a
/// combining accent, which is one character, gets through and ends an attribute.
private struct EscapedHTML: MustacheContentType {
  func escapeText(_ text: String) -> String { text.xmlEscaped }
}

extension JSON {
  /// The value as the template library looks into it.
  fileprivate var mustacheContext: Any {
    switch self {
    case .null: false
    case .bool(let value): value
    case .integer(let value): value
    case .number(let value): value
    case .string(let value): value
    case .array(let elements): elements.map(\.mustacheContext)
    case .object(let members): members.mapValues(\.mustacheContext)
    }
  }
}
