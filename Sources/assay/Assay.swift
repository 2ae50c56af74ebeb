import ArgumentParser

@main
struct Assay: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Assay language models: is the quantized one still good?")
}
