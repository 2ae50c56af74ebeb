extension Tokenizer {
  /// Reads `tokenizer.json` of a folder, and from its other files which tokens begin and end a text.
  /// - Parameter vocabularySize: tokens of the model, which may be more than the tokenizer names.
  package init(_ folder: ModelFolder, vocabularySize: Int) throws(TokenizerError) {
    let path = folder.path + "/tokenizer.json"
    func failure(_ problem: TokenizerError.Problem) -> TokenizerError { TokenizerError(file: path, problem: problem) }
    let (json, settings): (JSONValue?, FolderTokens)
    do {
      json = try folder.json("tokenizer.json")
      settings = try FolderTokens(folder)
    } catch {
      throw failure(.folder(error))
    }
    guard let json else { throw failure(.noTokenizerFile) }
    let file: TokenizerFile
    do {
      file = try TokenizerFile(json)
    } catch {
      throw failure(error)
    }
    self.init(file, settings, vocabularySize: vocabularySize)
  }

  init(_ file: TokenizerFile, _ settings: FolderTokens, vocabularySize: Int) {
    var (texts, kinds) = (file.texts.map { $0 ?? "" }, file.kinds)
    // A model may have more rows than its tokenizer has tokens.
    if texts.count < vocabularySize {
      kinds += [TokenKind](repeating: .unused, count: vocabularySize - texts.count)
      texts += [String](repeating: "", count: vocabularySize - texts.count)
    }
    let spelling: (String) -> [UInt8]
    let stripsFirst: Bool
    switch file.spelling {
    case .bytes: (spelling, stripsFirst) = (ByteAlphabet.bytes, false)
    case .metaspace(let strips): (spelling, stripsFirst) = (Vocabulary.metaspaceBytes, strips)
    }
    let names = Dictionary(zip(file.texts, TokenID(0)...).map { ($0.0 ?? "", $0.1) }) { first, _ in first }
    var ends = Set(settings.ends.filter { $0 >= 0 && $0 < texts.count }.map { TokenID($0) })
    let eos = settings.eos.flatMap { names[$0] }
    if let eos { ends.insert(eos) }
    for (index, text) in texts.enumerated() where kinds[index] == .control && TokenizerSettings.isEndName(text) {
      ends.insert(TokenID(index))
    }
    self.init(
      vocabulary: Vocabulary(texts: texts, kinds: kinds, spellsAll: true, spelling: spelling), file: file,
      addsSpacePrefix: stripsFirst, bos: settings.bos.flatMap { names[$0] }, eos: eos, endOfGeneration: ends)
  }
}

/// The tokens that begin and end a text, by the files beside `tokenizer.json`.
struct FolderTokens {
  let bos, eos: String?
  /// Numbers of the tokens that end generation.
  let ends: [Int]

  init(bos: String? = nil, eos: String? = nil, ends: [Int] = []) { (self.bos, self.eos, self.ends) = (bos, eos, ends) }

  init(_ folder: ModelFolder) throws(ModelFolderError) {
    let settings = try folder.json("tokenizer_config.json") ?? .null
    func text(_ key: String) -> String? { settings[key]?.string ?? settings[key]?["content"]?.string }
    (bos, eos) = (text("bos_token"), text("eos_token"))
    let generation = try folder.json("generation_config.json") ?? .null
    ends = [folder.config, generation].flatMap { json -> [Int] in
      guard let value = json["eos_token_id"] else { return [] }
      return value.integer.map { [$0] } ?? (value.array ?? []).compactMap(\.integer)
    }
  }
}
