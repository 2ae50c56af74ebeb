import Analysis
import ArgumentParser
import Foundation

struct BaselineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "Blessed releases: results that later ones are compared with, as files in git.",
    discussion: """
      Examples:
        assay baseline save 1.0 reports/today               bless what 'assay run' or 'assay compare' wrote there
        assay baseline list
        assay baseline show 1.0
        assay baseline compare 1.0 1.1 1.2                  a column per release
        assay baseline diff 1.0 1.1                         which prompts changed, and by how much
        assay baseline remove 1.1

      They are kept in baselines/SUITE/NAME.json. Review and commit them: a baseline changes only by being blessed.
      """,
    subcommands: [Save.self, List.self, Show.self, Compare.self, Diff.self, Remove.self])

  /// Which baselines are meant.
  struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of the blessed releases.", valueName: "dir"))
    var baselines = BaselineStore.defaultFolder

    @Option(help: ArgumentHelp("The suite, where the folder has several.", valueName: "name"))
    var suite: String?

    func store() throws -> BaselineStore { try BaselineStore(folder: baselines, suite: suite) }
    var width: Int { Terminal.columns() ?? 180 }
  }

  struct Save: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Blesses the result in a folder of reports.")

    @Argument(help: ArgumentHelp("Name of the release, such as 1.0.", valueName: "name"))
    var name: String
    @Argument(help: ArgumentHelp("Folder with reports, or the release.json in it.", valueName: "reports"))
    var source: String
    @Option(help: ArgumentHelp("What the release is, for those who review it.", valueName: "text"))
    var note: String?
    @Option(help: ArgumentHelp("The day it is blessed (default today).", valueName: "yyyy-mm-dd"))
    var date: String?
    @Flag(help: "Replace a release of the same name, in its place.")
    var replace = false
    @OptionGroup var place: Place

    func run() throws {
      let isFile = source.hasSuffix(".json")
      let file = isFile ? source : source + "/release.json"
      guard Files.exists(file) else {
        throw AssayError("\(file): no such file; give the folder that 'assay run' or 'assay compare' wrote to")
      }
      let release = try BaselineStore.read(file)
      if release.submissions.contains(where: { $0.provenance?.earlyStop != nil }) {
        throw AssayError("\(file): a submission ended early, so prompts are missing; run it without --stop-early")
      }
      if let date, !Day.isDay(date) { throw ValidationError("--date is '\(date)', expected a day such as 2026-11-24") }
      let store = try BaselineStore(folder: place.baselines, suite: place.suite ?? release.suite)
      let path = store.path(try BaselineStore.checked(name, "release"))
      guard name != "newest" else { throw ValidationError("'newest' means the newest release and cannot be a name") }
      let others = (try? store.all()) ?? []
      let old = others.first { $0.name == name }
      guard replace || !Files.exists(path) else {
        throw AssayError("\(path): is blessed already; choose another name, or give --replace")
      }
      let sequence = old?.blessing?.sequence ?? (others.compactMap(\.blessing?.sequence).max() ?? 0) + 1
      let speeds = try SpeedRecord.read(folder: Files.folder(of: file))
      let blessed = release.measured(speeds).blessed(
        .init(name: name, sequence: sequence, date: date ?? Day.today, note: note), suite: store.suite)
      try Files.makeFolder("\(store.folder)/\(store.suite)")
      try Files.write([(path, blessed.fileText)])
      try Terminal.result("Blessed \(path) (number \(sequence) of \(store.suite)).")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "All blessed releases, oldest first.")
    @OptionGroup var place: Place

    func run() throws {
      try Terminal.result(ReleaseTable.list(try place.store().all(), width: place.width), terminator: "")
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What one release scored.")
    @Argument(help: ArgumentHelp("Release, or 'newest'.", valueName: "name"))
    var name: String
    @Flag(help: "Print the file itself.")
    var json = false
    @OptionGroup var place: Place

    func run() throws {
      let release = try place.store().release(name)
      try Terminal.result(
        json ? release.fileText : ReleaseTable.show(release, width: place.width), terminator: "")
    }
  }

  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Releases side by side, a column each.")
    @Argument(help: ArgumentHelp("Releases.", valueName: "name"))
    var names: [String]
    @OptionGroup var place: Place

    func run() throws {
      let store = try place.store()
      let releases = try names.map { try store.release($0) }
      try Terminal.result(ReleaseTable.compare(releases, width: place.width), terminator: "")
    }
  }

  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What changed from one release to another, by prompt.")
    @Argument(help: ArgumentHelp("The earlier release.", valueName: "from"))
    var from: String
    @Argument(help: ArgumentHelp("The later release, or 'newest'.", valueName: "to"))
    var to: String
    @Option(help: ArgumentHelp("Most prompts shown for each submission.", valueName: "n"))
    var prompts = 20
    @Option(help: ArgumentHelp("Fields that may differ, such as prompts,template.", valueName: "fields"))
    var allow: String?
    @Flag(help: "Print the changes as JSON.")
    var json = false
    @OptionGroup var place: Place

    func run() throws {
      let store = try place.store()
      let regressions: Regressions
      do {
        regressions = try Regressions(
          of: store.release(to), since: store.release(from),
          allowed: Set((allow ?? "").split(separator: ",").map(String.init)))
      } catch let error as BaselineError {
        throw AssayError("\(error)")
      }
      let text =
        json
        ? regressions.json.indentedText + "\n"
        : regressions.terminalText(width: place.width) + regressions.promptText(most: max(0, prompts))
      try Terminal.result(text, terminator: "")
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Takes a release out of the history.")
    @Argument(help: ArgumentHelp("Release.", valueName: "name"))
    var name: String
    @OptionGroup var place: Place

    func run() throws {
      let store = try place.store()
      let path = store.path(try BaselineStore.checked(name, "release"))
      // Only what is a baseline may be removed here.
      _ = try store.release(name)
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        throw AssayError("\(path): cannot be removed; check its permissions")
      }
      try Terminal.result("Removed \(path).")
    }
  }
}
