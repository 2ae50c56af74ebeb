// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every target. CI turns warnings into errors; a user's newer compiler must not.
let isCI = Context.environment["CI"] != nil
let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (isCI ? [.treatAllWarnings(as: .error)] : [])

// Everything above `Tensors` is memory-safe by the compiler's own check.
let safe: [SwiftSetting] = settings + [.strictMemorySafety()]

let package = Package(
  name: "assay",
  products: [
    .executable(name: "assay", targets: ["assay"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // The system BLAS, loaded on first use.
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),
    // The inner loops that choose their instruction set at run time; the same bits on all of them.
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"])]),
    // Numbers in memory: storage, block formats, GEMM, transformer kernels.
    .target(name: "Tensors", dependencies: ["COpenBLAS", "CKernels"], swiftSettings: settings),
    // From a model file to tokens and log-probabilities.
    .target(name: "LanguageModels", dependencies: ["Tensors"], swiftSettings: safe),
    // Estimates from samples.
    .target(name: "Statistics", swiftSettings: safe),
    // What "different" means.
    .target(name: "Metrics", dependencies: ["Statistics"], swiftSettings: settings),
    // The analyzer: runs, comparison, verdicts, reports.
    .target(
      name: "Analysis",
      dependencies: ["Metrics", "Statistics", .product(name: "Mustache", package: "swift-mustache")],
      resources: [.embedInCode("Report/HTML/Templates")], swiftSettings: safe),
    // Arguments, files, progress, exit codes; the only place where models and analysis meet.
    .executableTarget(
      name: "assay",
      dependencies: [
        "LanguageModels", "Tensors", "Analysis", "Metrics", "Statistics",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: safe),

    // Figures for Benchmarks/engine; not shipped.
    .executableTarget(
      name: "EngineBenchmark", dependencies: ["LanguageModels", "Tensors"], path: "Benchmarks/Engine",
      swiftSettings: settings),

    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors"], resources: [.copy("Fixtures")], swiftSettings: settings),
    .testTarget(
      name: "LanguageModelsTests", dependencies: ["LanguageModels", "Tensors"], resources: [.copy("Fixtures")],
      swiftSettings: settings),
    // Checks of the statistics that take longer than a test may; not a product.
    .executableTarget(
      name: "StatisticsBenchmarks", dependencies: ["Analysis", "Metrics", "Statistics"], path: "Benchmarks/Statistics",
      swiftSettings: settings),

    .testTarget(
      name: "StatisticsTests", dependencies: ["Statistics", "StatisticsBenchmarks"], resources: [.copy("Fixtures")],
      swiftSettings: settings),
    .testTarget(
      name: "MetricsTests", dependencies: ["Metrics"], resources: [.copy("Fixtures")], swiftSettings: settings),
    .testTarget(name: "AnalysisTests", dependencies: ["Analysis", "Metrics", "Statistics"], swiftSettings: settings),
    .testTarget(
      name: "AssayTests", dependencies: ["assay", "Analysis", "LanguageModels", "Metrics", "Statistics", "Tensors"],
      resources: [.copy("Transcripts"), .copy("Fixtures")], swiftSettings: settings),
  ]
)
