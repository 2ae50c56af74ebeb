import ArgumentParser
import Foundation
import Metrics

@main
struct Assay: ParsableCommand {
  /// The same version that signatures carry.
  static let version = String(Signature.assayVersion.dropFirst("assay-".count))

  static func main() {
    // A reader of stdout that goes away, such as `head`, must not turn a verdict into a signal.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      exit(withError: error)
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "assay",
    abstract: "Says whether a quantized language model still gives the answers of its FP32 original.",
    discussion: """
      Examples:
        assay run suite.yaml --output reports/today        the whole job: run, compare, judge, report
        assay run --model model.gguf --prompts p.jsonl --submission int8 --submission fp16 --output out
        assay generate --model model.gguf --prompts p.jsonl --scheme int8 --output int8.jsonl
        assay compare fp32.jsonl int8.jsonl --targets p.jsonl --require 99.9
        assay report reports/today                         the reports again, without a model
        assay baseline save 1.0 reports/today              bless a result; later: assay run ... --baseline newest
        assay trend                                        all blessed releases: steps, and what to expect next
        assay score pairs.jsonl > scored.jsonl             ROUGE and more for pairs of reference and prediction
        assay perplexity --model model.gguf --text text.txt --scheme int8 --against fp32
        assay quantize model.gguf --scheme q4_k_m --output small.gguf
        assay inspect model.gguf

      Exit codes: 0 the required category is met; 1 an error, one sentence on stderr; 2 below the required category
      or regressed; 3 inconclusive where confidence was required; 64 wrong usage.
      """,
    version: version,
    subcommands: [
      RunCommand.self, GenerateCommand.self, CompareCommand.self, ReportCommand.self, BaselineCommand.self,
      TrendCommand.self, ScoreCommand.self, PerplexityCommand.self,
      QuantizeCommand.self, InspectCommand.self, DoctorCommand.self,
    ])
}
