import Analysis
import ArgumentParser
import Foundation
import Metrics

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Filter: pairs of reference and prediction in, the same lines with scores out.",
    discussion: """
      Examples:
        assay score pairs.jsonl > scored.jsonl
        assay score pairs.jsonl --summary                      one table with means and signatures
        assay score pairs.jsonl --output scored.jsonl --summary --json
        assay score --task gsm8k-flexible < answers.jsonl
        assay score --metrics rougeLsum --sentences punkt pairs.jsonl
        find . -name '*.jsonl' -print0 | xargs -0 assay score --threads 1

      A line is a JSON object with 'reference' (a string, or a list of which the best counts) and 'prediction'; all other
      members are kept. The scores are members of the same object: "rouge1":{"precision":..,"recall":..,"fmeasure":..},
      "bleu":.., "exact_match":true. Every line of input gives one line of output, in the same order; a blank line stays
      blank. A broken line is reported on stderr with its number, comes out with "score_error" and makes the exit code 1;
      the other lines are scored all the same. Memory does not depend on the number of lines, and results not on --threads.

      Metrics: \(PairMetric.names.joined(separator: ", ")).

      Tasks (what the reference holds; where the answer is looked for), scored as {"correct":..,"answer":..}:
      \(taskLines)

      The English data for --sentences punkt is looked for as NLTK does: in $NLTK_DATA, ~/nltk_data, a virtual
      environment's and the system's nltk_data, and in .models, where scripts/fetch-punkt puts it.
      """)

  private static let taskLines =
    GradingTask.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n")

  @Argument(help: ArgumentHelp("Pairs (JSON Lines); '-' or nothing is stdin.", valueName: "file"))
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "Metrics, separated by commas (default rouge1,rouge2,rougeL,rougeLsum, or none with --task).",
      valueName: "names")
  )
  var metrics: String?

  @Option(help: ArgumentHelp("Grade answers to the questions of a task.", valueName: "task"))
  var task: GradingTask?

  @Flag(inversion: .prefixedNo, help: "ROUGE: compare words by their Porter stem, as MLPerf does.")
  var stemmer = true

  @Option(
    help: ArgumentHelp(
      "ROUGE-Lsum: where sentences end. 'newline': at line feeds; 'punkt': where NLTK says; 'mlperf': at both, stripped.",
      valueName: "rule"))
  var sentences = Sentences.newline

  @Option(help: ArgumentHelp("Folder with NLTK's punkt_tab data.", valueName: "dir"))
  var punktData: String?

  @Flag(help: "Print means and signatures instead of the lines (with --output: besides).")
  var summary = false

  @Option(
    help: ArgumentHelp(
      "Add rouge-score's bootstrap intervals to the summary, as after numpy.random.seed.",
      valueName: "seed"))
  var bootstrap: UInt32?

  @Flag(help: "Stop at the first broken line.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Threads; changes speed, never results (default: all cores).", valueName: "n"))
  var threads: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("File for the scored lines (default: stdout).", valueName: "path"))
  var output: String?

  @OptionGroup var report: OutputOptions

  enum Sentences: String, CaseIterable, ExpressibleByArgument { case newline, punkt, mlperf }

  func validate() throws {
    _ = try requestedMetrics()
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected a number from 1 to 1024")
    }
    if bootstrap != nil, !summary {
      throw ValidationError("--bootstrap needs --summary, where its intervals are shown")
    }
    if punktData != nil, sentences == .newline {
      throw ValidationError("--punkt-data needs --sentences punkt or --sentences mlperf")
    }
  }

  func run() throws {
    let plan = ScorePlan(
      metrics: try requestedMetrics(), stemming: stemmer, sentences: try splitter(),
      isStrict: strict,
      keepsScores: bootstrap != nil)
    let pipeline = try ScorePipeline(
      plan, inputs: files.isEmpty ? [LineSource.standardInput] : files,
      output: output ?? (summary ? "/dev/null" : nil),
      threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let tally: ScoreTally
    do {
      tally = try pipeline.run()
    } catch is ByteSink.Closed { return }
    if summary { try show(ScoreSummary(tally, plan: plan, bootstrapSeed: bootstrap)) }
    if tally.broken > 0 {
      throw AssayError(
        "\(tally.broken) of \(tally.broken + tally.pairs) lines have no score; see the messages above"
      )
    }
  }

  private func requestedMetrics() throws -> [PairMetric] {
    let graded = task.map { [PairMetric.task($0)] } ?? []
    guard let metrics else { return graded.isEmpty ? PairMetric.standard : graded }
    let named = try metrics.split(separator: ",").map { name in
      guard let metric = PairMetric(name: String(name)) else {
        throw ValidationError(
          "'\(name)' is not a metric, expected \(PairMetric.names.joined(separator: ", "))")
      }
      return metric
    }
    guard !named.isEmpty else {
      throw ValidationError("--metrics is empty, expected names such as rougeL")
    }
    guard Set(named).count == named.count else {
      throw ValidationError("--metrics names a metric twice")
    }
    return named + graded
  }

  private func splitter() throws -> SentenceSplitter {
    switch sentences {
    case .newline: .newline
    case .punkt: .punkt(try PunktData.load(from: punktData))
    case .mlperf: .punktLines(try PunktData.load(from: punktData))
    }
  }

  private func show(_ summary: ScoreSummary) throws {
    if report.json {
      try Terminal.result(summary.json.indentedText)
    } else {
      try Terminal.result(summary.text(width: Terminal.columns() ?? 160), terminator: "")
    }
  }
}

extension GradingTask: ExpressibleByArgument {}
