package import Tensors

/// Logits of a model of which one layer at a time is in memory, for texts that are read whole.
///
/// All windows go through a layer before the next one is loaded, so each weight is read once, and memory holds one
/// layer, the residual stream of all tokens (or, spilled, a file does), and at the end the output matrix. The steps are
/// those of ``ForwardLogits``, so the bits are.
package final class StreamedLogits: LogitSource {
  /// What is done with the residual stream.
  package struct Options {
    /// A folder for a file that holds the residual stream; `nil` keeps it in memory.
    package var spillFolder: String?
    /// Called after each layer with how many are done; what it throws ends the reading.
    package var progress: (Int) throws -> Void

    package init(spillFolder: String? = nil, progress: @escaping (Int) throws -> Void = { _ in }) {
      self.spillFolder = spillFolder
      self.progress = progress
    }
  }

  package let vocabularySize: Int
  private let configuration: Configuration
  private let loader: WeightLoader
  private let profile: KernelProfile
  private let pool: WorkerPool
  private let windows: [TextWindow]
  private let options: Options
  private var read: (store: ResidualStore, forward: Forward)?
  private var current: (window: TextWindow, residuals: FinalResiduals)?

  /// - Parameter windows: all that will be read, with their places as indices.
  /// - Throws: ``ModelError``.
  package init(
    _ source: any TensorSource, configuration: Configuration, scheme: Scheme, windows: [TextWindow], threads: Int,
    options: Options
  ) throws(ModelError) {
    precondition(windows.indices.allSatisfy { windows[$0].index == $0 }, "windows in order")
    guard !scheme.algorithms.needsCalibration else { throw .needsCalibration(scheme: scheme.description) }
    self.configuration = configuration
    vocabularySize = configuration.vocabularySize
    pool = WorkerPool(threads: threads)
    profile = try configuration.kernelProfile()
    loader = try WeightLoader(source, configuration: configuration, scheme: scheme, profile: profile, pool: pool)
    self.windows = windows
    self.options = options
  }

  /// - Throws: ``ModelError``, ``MappedFileError`` of the spilled file, or what the progress throws.
  package func read(_ window: TextWindow) throws {
    let (store, _) = try readAll()
    precondition(window == windows[window.index], "a window that was announced")
    let residuals = FinalResiduals(width: configuration.width, capacity: window.scored.count)
    for position in window.scored { residuals.append(store.row(window: window.index, position: position)) }
    current = (window, residuals)
  }

  package func logits(_ range: Range<Int>) throws -> LogitBlock {
    guard let current else { preconditionFailure("a window is read first") }
    return try readAll().forward.logits(
      of: current.residuals, tokens: range, targets: Array(current.window.targets[range]))
  }

  /// Takes all windows through all layers, the first time.
  private func readAll() throws -> (store: ResidualStore, forward: Forward) {
    if let read { return read }
    let store = try ResidualStore(windows.map(\.tokens.count), width: configuration.width, folder: options.spillFolder)
    let embedding = try loader.embedding()
    for window in windows {
      for (position, token) in window.tokens.enumerated() {
        embedding.decode(token, position: position, into: store.buffer)
        store.set(window: window.index, position: position)
      }
    }
    embedding.forget()
    let ropeDivisors = try loader.ropeDivisors()
    let overflows = try throughLayers(store, ropeDivisors: ropeDivisors)
    let weights = try Weights(outputOf: loader, embedding: embedding, ropeDivisors: ropeDivisors, overflows: overflows)
    let forward = Forward(
      configuration: configuration, weights: weights, cacheFormat: loader.scheme.cache, profile: profile, pool: pool)
    read = (store, forward)
    return (store, forward)
  }

  /// - Returns: how many finite values became infinite in a 16-bit format.
  private func throughLayers(_ store: ResidualStore, ropeDivisors: [Float]?) throws -> Int {
    let stack = LayerStack(configuration: configuration, ropeDivisors: ropeDivisors, profile: profile, pool: pool)
    var overflows = 0
    for index in 0..<configuration.layers {
      let layer = try loader.layer(index)
      overflows += layer.overflows
      for window in windows {
        let sequence = TokenSequence(
          configuration, layers: 1, capacity: window.tokens.count, format: loader.scheme.cache)
        for start in stride(from: 0, to: window.tokens.count, by: ForwardLogits.tokensPerStep) {
          let range = start..<min(window.tokens.count, start + ForwardLogits.tokensPerStep)
          let segment = Segment(
            sequence: sequence, tokens: Array(window.tokens[range]),
            wholeTensor: range.clamped(to: 0..<window.wholeTensor).count)
          let lanes = stack.begin([segment])
          for (lane, position) in range.enumerated() {
            stack.state.residual.setToken(lane, to: store.row(window: window.index, position: position))
          }
          stack.run(layer, index: index, cacheIndex: 0, lanes)
          for (lane, position) in range.enumerated() {
            stack.state.residual.getToken(lane, into: store.buffer)
            store.set(window: window.index, position: position)
          }
          sequence.advance(by: range.count)
        }
      }
      try options.progress(index + 1)
    }
    return overflows + stack.overflows
  }
}

/// The residual stream of all tokens of some windows.
private final class ResidualStore {
  /// One token's features, on their way in or out.
  let buffer: AlignedBuffer<Float>
  private let values: AlignedBuffer<Float>
  private let firstTokens: [Int]
  private let width: Int

  init(_ tokenCounts: [Int], width: Int, folder: String?) throws(MappedFileError) {
    self.width = width
    var total = 0
    firstTokens = tokenCounts.map { count in
      defer { total += count }
      return total
    }
    buffer = AlignedBuffer(count: width)
    values =
      try folder.map { folder throws(MappedFileError) in
        try AlignedBuffer(count: total * width, spilledTo: folder)
      } ?? AlignedBuffer(count: total * width)
  }

  /// Copies a token's features to ``buffer``, which is returned.
  func row(window: Int, position: Int) -> AlignedBuffer<Float> {
    let first = (firstTokens[window] + position) * width
    for index in 0..<width { buffer[index] = values[first + index] }
    return buffer
  }

  /// Sets a token's features from ``buffer``.
  func set(window: Int, position: Int) {
    let first = (firstTokens[window] + position) * width
    for index in 0..<width { values[first + index] = buffer[index] }
  }
}
