import Testing

@testable import Analysis

/// Two submissions on three prompts, as a small example of every format.
private enum Example {
  static func provenance(_ scheme: String) -> Provenance {
    Provenance(
      model: .init(name: "tiny.gguf", digest: Digest(of: "m")),
      prompts: .init(name: "p.jsonl", digest: Digest(of: "p")),
      template: .init(name: "chatml"), scheme: scheme, settings: .init(maximumTokenCount: 8),
      execution: .init(core: "Haswell", tile: 32), tool: "assay 0.1.0")
  }

  static func run(_ scheme: String, _ outputs: [(String, String, [Int32])]) -> Run {
    try! Run(
      name: scheme, provenance: provenance(scheme),
      outputs: outputs.map { id, text, tokens in
        Output(
          id: id, text: text, tokens: tokens, finish: .eos, logProbabilities: tokens.map { -Double($0) / 8 },
          margins: tokens.map { 1 / Double($0) })
      })
  }

  static let reference = run(
    "fp32",
    [
      ("q1", "The sea is blue and deep.", [1, 2, 3, 4, 5, 6, 7]), ("q2", "Two and two make four.", [1, 2, 3, 4, 5, 6]),
      ("q3", "Paris is the capital of France.", [1, 2, 3, 4, 5, 6, 7]),
    ])

  static let report: Report = {
    let prompts = try! PromptSet(
      label: "p.jsonl",
      prompts: [
        Prompt(id: "q1", content: .text("What is the sea like?"), targets: ["The sea is deep."], category: "nature"),
        Prompt(id: "q2", content: .text("2 + 2?"), targets: ["four"], category: "sums"),
        Prompt(id: "q3", content: .text("Capital of France?"), targets: ["Paris"], category: "facts"),
      ])
    let same = run("fp16", reference.outputs.map { ($0.id, $0.text, $0.tokens!) })
    let changed = run(
      "int8",
      [
        ("q1", "The sea is green.", [1, 2, 3, 9, 7]), ("q2", "Two and two make four.", [1, 2, 3, 4, 5, 6]),
        ("q3", "Paris is the capital of France.", [1, 2, 3, 4, 5, 6, 7]),
      ])
    let control = run("fp32", reference.outputs.map { ($0.id, $0.text, $0.tokens!) })
    return Report(
      title: "tiny",
      comparisons: [same, changed].map {
        try! Comparison(reference: reference, submission: $0, truth: GroundTruth(prompts))
      }, requirement: .init(category: .category2), control: AAControl(reference: reference, control: control),
      prompts: prompts)
  }()
}

@Suite struct ReportTests {
  /// A CSV text with LF for CRLF, to be compared with a literal.
  private func lines(_ csv: String) -> String {
    String(csv.unicodeScalars.filter { $0 != "\r" })
  }

  @Test func `summary.csv has one row per metric and one for the verdict`() {
    #expect(
      lines(Example.report.summaryCSV) == #"""
        submission,gate,metric,reference,score,ratio,ratio_low,ratio_high,category,confidence,p,prompts_needed
        fp16,reference,rouge1,100.0,100.0,1.0,0.45775087203951653,1.0,99.9,unconfirmed,0.9968672140063927,
        fp16,reference,rouge2,100.0,100.0,1.0,0.45775087203951653,1.0,99.9,unconfirmed,0.9968672140063927,
        fp16,reference,rougeL,100.0,100.0,1.0,0.45775087203951653,1.0,99.9,unconfirmed,0.9968672140063927,
        fp16,reference,rougeLsum,100.0,100.0,1.0,0.45775087203951653,1.0,99.9,unconfirmed,0.9968672140063927,
        fp16,reference,all,100.0,100.0,1.0,0.45775087203951653,1.0,99.9,unconfirmed,1.0,6908
        fp16,targets,rouge1,47.3016,47.3016,1.0,0.4881715678594328,1.511828432140567,99.9,unconfirmed,0.9969047316390727,
        fp16,targets,rouge2,16.6667,16.6667,1.0,0.31388739363438145,1.686112606365648,99.9,unconfirmed,0.9967735635899755,
        fp16,targets,rougeL,47.3016,47.3016,1.0,0.4881715678594328,1.511828432140567,99.9,unconfirmed,0.9969047316390727,
        fp16,targets,rougeLsum,47.3016,47.3016,1.0,0.4881715678594328,1.511828432140567,99.9,unconfirmed,0.9969047316390727,
        fp16,targets,all,47.3016,47.3016,1.0,0.4881715678594328,1.511828432140567,99.9,unconfirmed,1.0,6916
        int8,reference,rouge1,100.0,86.6667,0.8666666666666667,0.05985709904749859,0.9959038629448799,fail,unconfirmed,0.5432018436061601,
        int8,reference,rouge2,100.0,83.3333,0.8333333333333334,0.05779639739465595,0.9956246481885234,fail,unconfirmed,0.5225099653037647,
        int8,reference,rougeL,100.0,86.6667,0.8666666666666667,0.05985709904749859,0.9959038629448799,fail,unconfirmed,0.5432018436061601,
        int8,reference,rougeLsum,100.0,86.6667,0.8666666666666667,0.05985709904749859,0.9959038629448799,fail,unconfirmed,0.5432018436061601,
        int8,reference,all,100.0,83.3333,0.8333333333333334,0.05779639739465595,0.9956246481885234,fail,unconfirmed,1.0,47
        int8,targets,rouge1,47.3016,45.6349,0.9647651006711409,0.08345269286390672,1.9145458192196543,fail,unconfirmed,0.9800418708472916,
        int8,targets,rouge2,16.6667,22.2222,1.3333333333333333,0.418516524845842,2.248150141820864,99.9,unconfirmed,0.4990136540468755,
        int8,targets,rougeL,47.3016,45.6349,0.9647651006711409,0.08345269286390672,1.9145458192196543,fail,unconfirmed,0.9800418708472916,
        int8,targets,rougeLsum,47.3016,45.6349,0.9647651006711409,0.08345269286390672,1.9145458192196543,fail,unconfirmed,0.9800418708472916,
        int8,targets,all,47.3016,45.6349,0.9647651006711409,0.08345269286390672,1.9145458192196543,fail,unconfirmed,1.0,1686

        """#)
  }

  @Test func `prompts.csv has one row per prompt`() {
    #expect(
      lines(Example.report.promptsCSV) == #"""
        id,submission,rouge1,rouge2,rougeL,rougeLsum,exact_match,first_divergence,divergence_margin,status
        q1,fp16,1.0,1.0,1.0,1.0,true,,,identical
        q2,fp16,1.0,1.0,1.0,1.0,true,,,identical
        q3,fp16,1.0,1.0,1.0,1.0,true,,,identical
        q1,int8,0.6,0.5,0.6,0.6,false,3,0.25,changed
        q2,int8,1.0,1.0,1.0,1.0,true,,,identical
        q3,int8,1.0,1.0,1.0,1.0,true,,,identical

        """#)
  }

  @Test func `the terminal gets aligned columns`() {
    #expect(
      Example.report.terminalText(width: 120) == #"""
        submission  gate       verdict              weakest metric                  confidence   p       more prompts  same text
        fp16        reference  Category 1 (99.9 %)  ROUGE-1 100.00 % [45.8, 100.0]  unconfirmed  1.0000  6,908         3 of 3
        fp16        targets    Category 1 (99.9 %)  ROUGE-1 100.00 % [48.8, 151.2]  unconfirmed  1.0000  6,916         3 of 3
        int8        reference  fail                 ROUGE-2 83.33 % [5.8, 99.6]     unconfirmed  1.0000  47            2 of 3
        int8        targets    fail                 ROUGE-1 96.48 % [8.3, 191.5]    unconfirmed  1.0000  1,686         2 of 3

        Required: Category 2 (99.0 %), by gate reference: not met.
        A/A control passed: the reference against itself on 3 prompts, in other batches on another number of threads: the same tokens and log-probabilities.

        """#)
  }

  @Test func `colours repeat what words say`() {
    let coloured = Example.report.terminalText(width: 120, colours: true)
    #expect(coloured.contains("\u{1B}[32mCategory 1 (99.9 %)\u{1B}[0m  ROUGE-1"))
    #expect(coloured.contains("\u{1B}[31mfail\u{1B}[0m                 ROUGE-2"))
    #expect(coloured.contains("\u{1B}[33munconfirmed\u{1B}[0m"))
    // Without them the text is the same, aligned alike.
    #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == Example.report.terminalText(width: 120))
  }

  /// What a newcomer sees before opening anything.
  @Test func `report.md says unfolded what passes, how sure that is, and what suffered most`() throws {
    let report = try HTMLTests.report(prompts: 40)
    let visible = report.markdown.split(separator: "<details>")[0]
    for comparison in report.comparisons {
      let row = try #require(
        visible.split(separator: "\n").first { $0.hasPrefix("| `\(comparison.submission.name)` | **") })
      #expect(row.contains("**\(comparison.deciding.verdictText)** | \(comparison.deciding.confidence.rawValue)"))
      let worst = comparison.worstPrompts(3)
      #expect(worst.count == 3)
      for prompt in worst { #expect(visible.contains("| `\(comparison.submission.name)` | `\(prompt.id)` | ")) }
    }
    #expect(visible.contains("Category 2 at 99.0 %") && visible.contains("Confirmed means"))
  }

  @Test func `report.md fits a comment however many submissions there are`() throws {
    let markdown = try HTMLTests.report(prompts: 40, submissions: 30).markdown
    #expect(markdown.utf16.count < 65_536)
    #expect(markdown.contains("parts are left out to fit a comment; `report.html` has them."))
  }

  @Test func `a long name gives way to the verdict and keeps both ends`() {
    let table = TextTable(
      headings: ["submission", "verdict", "same text"],
      rows: [["int8:weights=per-tensor,activations=per-tensor", "fail", "2 of 3"]], dispensable: [2])
    #expect(table.text(width: 30) == "submission             verdict\nint8:weigh…per-tensor  fail\n")
  }

  @Test(arguments: [100, 80, 60, 40, 20, 1, 0])
  func `a table fits the terminal`(width: Int) {
    let table = Example.report.terminalText(width: width).split(separator: "\n\n")[0]
    #expect(table.split(separator: "\n").allSatisfy { $0.count <= max(width, 1) })
  }

  @Test func `junit.xml has a failure for each metric below the requirement`() {
    #expect(
      Example.report.junitXML == #"""
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="assay" tests="7" failures="3">
          <testsuite name="fp16" tests="3" failures="0">
            <testcase classname="fp16" name="ROUGE-1 by gate reference">
              <system-out>100.00 % of the reference [45.8, 100.0]; Category 1 (99.9 %), unconfirmed</system-out>
            </testcase>
            <testcase classname="fp16" name="ROUGE-2 by gate reference">
              <system-out>100.00 % of the reference [45.8, 100.0]; Category 1 (99.9 %), unconfirmed</system-out>
            </testcase>
            <testcase classname="fp16" name="ROUGE-L by gate reference">
              <system-out>100.00 % of the reference [45.8, 100.0]; Category 1 (99.9 %), unconfirmed</system-out>
            </testcase>
          </testsuite>
          <testsuite name="int8" tests="3" failures="3">
            <testcase classname="int8" name="ROUGE-1 by gate reference">
              <failure type="not met" message="86.67 % of the reference [6.0, 99.6], required Category 2 (99.0 %)"/>
              <system-out>86.67 % of the reference [6.0, 99.6]; fail, unconfirmed</system-out>
            </testcase>
            <testcase classname="int8" name="ROUGE-2 by gate reference">
              <failure type="not met" message="83.33 % of the reference [5.8, 99.6], required Category 2 (99.0 %)"/>
              <system-out>83.33 % of the reference [5.8, 99.6]; fail, unconfirmed</system-out>
            </testcase>
            <testcase classname="int8" name="ROUGE-L by gate reference">
              <failure type="not met" message="86.67 % of the reference [6.0, 99.6], required Category 2 (99.0 %)"/>
              <system-out>86.67 % of the reference [6.0, 99.6]; fail, unconfirmed</system-out>
            </testcase>
          </testsuite>
          <testsuite name="A/A control" tests="1" failures="0">
            <testcase classname="A/A control" name="the reference equals itself">
              <system-out>A/A control passed: the reference against itself on 3 prompts, in other batches on another number of threads: the same tokens and log-probabilities</system-out>
            </testcase>
          </testsuite>
        </testsuites>

        """#)
  }

  @Test func `report.md starts with the verdict and ends with provenance`() {
    #expect(
      Example.report.markdown == #"""
        # Assay report: tiny

        **`fp16` reaches Category 1 (99.9 %); `int8` fails.**

        | submission | verdict | confidence | p | more prompts needed | gate `reference` (decides) | gate `targets` | same text |
        | --- | --- | --- | --- | --- | --- | --- | --- |
        | `fp16` | **Category 1 (99.9 %)** | unconfirmed | 1.0000 | 6,908 | Category 1 (99.9 %): ROUGE-1 100.00 % [45.8, 100.0] | Category 1 (99.9 %): ROUGE-1 100.00 % [48.8, 151.2] | 3 of 3 |
        | `int8` | **fail** | unconfirmed | 1.0000 | 47 | fail: ROUGE-2 83.33 % [5.8, 99.6] | fail: ROUGE-1 96.48 % [8.3, 191.5] | 2 of 3 |

        Required: Category 2 (99.0 %), by gate reference: not met. The reference is `fp32`, 3 prompts. A submission is in Category 1 when each of ROUGE-1, ROUGE-2, ROUGE-L keeps at least 99.9 % of the reference's score, in Category 2 at 99.0 %; below that it fails. The metric that keeps least is shown. Confirmed means that the verdict holds for all prompts of this kind (95 %); else it could be chance.

        **A/A control passed**: the reference against itself on 3 prompts, in other batches on another number of threads: the same tokens and log-probabilities.

        ## Prompts that changed most

        | submission | prompt | ROUGE-L | first difference | margin there |
        | --- | --- | --- | --- | --- |
        | `int8` | `q1` | 60.0 % | after 3 tokens | 0.2500 |

        The margin is the reference's best logit minus its second best at the first difference: near 0 a rounding error could tip the choice, a large margin is a confident choice that was lost. ⟦Marked⟧ is the first word that differs.

        <details><summary>int8: q1</summary>

        Prompt: <code>What is the sea like?</code>

        | reference | `int8` |
        | --- | --- |
        | <code>The sea is <b>⟦blue⟧</b> and deep.</code> | <code>The sea is <b>⟦green.⟧</b></code> |

        </details>

        <details><summary>How to read this</summary>

        - Gate `reference`: the submission's texts are scored against the reference's texts, so it measures how much the answers changed; a different but equally good answer counts as a loss.
        - Gate `targets`: both runs are scored against the ground truth and the ratio is taken, so it measures how much worse the answers became (MLPerf's own procedure).
        - In brackets: the 95 % interval of the share over the population of such prompts, with half a prompt that lost all and half a one that lost nothing added to those seen: a sample without a loss does not prove that there is none.
        - A verdict is confirmed when p ≤ 0.025: the one-sided probability of such scores if the share were at the limit, all metrics together, corrected for 2 submissions (Holm). *More prompts needed* would confirm it with a power of 80 %, if they are like these.

        </details>

        <details><summary>Scores by metric</summary>

        Gate `reference`: mean F-measure, and the share of the reference's it is.

        | submission | ROUGE-1 | ROUGE-2 | ROUGE-L | ROUGE-Lsum (not judged) |
        | --- | --- | --- | --- | --- |
        | `fp16` | 100.00 % [45.8, 100.0] | 100.00 % [45.8, 100.0] | 100.00 % [45.8, 100.0] | 100.00 % [45.8, 100.0] |
        | `int8` | 86.67 % [6.0, 99.6] | 83.33 % [5.8, 99.6] | 86.67 % [6.0, 99.6] | 86.67 % [6.0, 99.6] |

        Gate `targets`: mean F-measure, and the share of the reference's it is.

        | submission | ROUGE-1 | ROUGE-2 | ROUGE-L | ROUGE-Lsum (not judged) |
        | --- | --- | --- | --- | --- |
        | `fp16` | 47.30 of 47.30 = 100.00 % [48.8, 151.2] | 16.67 of 16.67 = 100.00 % [31.4, 168.6] | 47.30 of 47.30 = 100.00 % [48.8, 151.2] | 47.30 of 47.30 = 100.00 % [48.8, 151.2] |
        | `int8` | 45.63 of 47.30 = 96.48 % [8.3, 191.5] | 22.22 of 16.67 = 133.33 % [41.9, 224.8] | 45.63 of 47.30 = 96.48 % [8.3, 191.5] | 45.63 of 47.30 = 96.48 % [8.3, 191.5] |

        </details>

        <details><summary>Divergence</summary>

        Margins are not judged, because the noise floor was not measured.

        | submission | same text | tokens equal | first divergence: quartiles | by step: 0, 4, 8, 16, 32, 64… | near-tie, confident | all disagreements: near-tie, confident |
        | --- | --- | --- | --- | --- | --- | --- |
        | `fp16` | 3 of 3 | 100.0 % | none | 0, 0, 0, 0, 0, 0 | unknown | not replayed |
        | `int8` | 2 of 3 | 80.0 % | 3, 3, 3 | 1, 0, 0, 0, 0, 0 | unknown | not replayed |

        </details>

        <details><summary>By category of prompt</summary>

        Share of the reference's ROUGE-L kept under gate `reference`.

        | category | prompts | `fp16` | `int8` |
        | --- | --- | --- | --- |
        | facts | 1 | 100.0 %, 1 the same | 100.0 %, 1 the same |
        | nature | 1 | 100.0 %, 1 the same | 60.0 %, 0 the same |
        | sums | 1 | 100.0 %, 1 the same | 100.0 %, 1 the same |

        </details>

        <details><summary>Notes</summary>

        - 3 prompts are few: intervals and confidence are rough
        - intervals allow for correlation within each of the 3 categories of prompts

        </details>

        <details><summary>Provenance and signatures</summary>

        - all runs: core `Haswell`, max_tokens `8`, model `tiny.gguf`, model_digest `62c66a7a5dd7`, prompts `p.jsonl`, prompts_digest `148de9c5a7a4`, raw `false`, template `chatml`, tile `32`, tool <code>assay 0.1.0</code>
        - `fp32`: scheme `fp32`
        - `fp16`: scheme `fp16`
        - `int8`: scheme `int8`

        Scores are comparable only between equal signatures:

        - `rouge1|stem:porter-nltk|tok:rouge-score-0.1.2|version:assay-0.1.0`
        - `rouge2|stem:porter-nltk|tok:rouge-score-0.1.2|version:assay-0.1.0`
        - `rougeL|stem:porter-nltk|tok:rouge-score-0.1.2|version:assay-0.1.0`
        - `rougeLsum|stem:porter-nltk|sent:newline|tok:rouge-score-0.1.2|version:assay-0.1.0`

        </details>

        """#)
  }

  @Test func `report.json has the fields of its schema`() throws {
    var reader = JSONReader(Array(Example.report.jsonText.utf8))
    guard case .object(let report) = try reader.value(), case .array(let submissions)? = report["submissions"],
      case .object(let int8) = submissions[1], case .array(let metrics)? = int8["metrics"],
      case .object(let metric) = metrics[2]
    else {
      Issue.record("not the expected form")
      return
    }
    #expect(report["schema"] == "assay.report/1")
    #expect(
      report.keys.sorted() == [
        "baseline", "control", "judgement", "noise_floor", "notes", "policy", "reference", "regressions", "schema",
        "submissions", "title",
      ])
    #expect(int8["name"] == "int8")
    #expect(int8["category"] == "fail")
    #expect(int8["confidence"] == "unconfirmed")
    #expect(int8["gate"] == "reference")
    #expect(metric["name"] == "rougeL")
    #expect(metric["score"] == .number(86.6667))
    #expect(metric["signature"] == "rougeL|stem:porter-nltk|tok:rouge-score-0.1.2|version:assay-0.1.0")
    #expect(
      metric.keys.sorted() == [
        "category", "confidence", "gating", "interval", "name", "p", "ratio", "reference", "score", "signature",
        "statistics",
      ])
  }

  @Test func `the same runs read again give the same bytes`() throws {
    let again = try Example.report.comparisons.map { comparison in
      try Comparison(
        reference: Run(parsing: Array(comparison.reference.text.utf8), label: "r"),
        submission: Run(parsing: Array(comparison.submission.text.utf8), label: "s"),
        truth: GroundTruth(Example.report.prompts!))
    }
    let report = Report(
      title: "tiny", comparisons: again, requirement: .init(category: .category2), control: Example.report.control,
      prompts: Example.report.prompts)
    #expect(report.markdown == Example.report.markdown)
    #expect(report.jsonText == Example.report.jsonText)
    #expect(report.summaryCSV == Example.report.summaryCSV)
    #expect(report.promptsCSV == Example.report.promptsCSV)
    #expect(report.junitXML == Example.report.junitXML)
  }

  @Test func `a report without changes, targets or requirement says so`() throws {
    let comparison = try Comparison(reference: Example.reference, submission: Example.reference)
    let report = Report(title: "tiny", comparisons: [comparison], requirement: .init(category: nil))
    #expect(report.markdown.contains("Every output of every submission has the same text as the reference's."))
    #expect(report.markdown.contains("No category was required."))
    #expect(!report.markdown.contains("A/A control"))
    #expect(!report.markdown.contains("By category of prompt"))
    #expect(report.junitXML.contains(#"failures="0""#))
  }
}
