import Tensors

/// Reads the engine's tensors from a source as FP32, checking names, shapes and values.
struct TensorReader {
  let source: any TensorSource
  let configuration: Configuration
  let pool: WorkerPool

  func contains(_ name: String) -> Bool {
    source.dimensions(of: configuration.name(of: name, in: source.naming)) != nil
  }

  /// How the source stores a tensor; `nil` when it is not there, or in no block format.
  func storedFormat(of name: String) -> BlockFormat? {
    source.storedFormat(of: configuration.name(of: name, in: source.naming))
  }

  /// - Throws: ``ModelError`` naming the tensor that is missing, misshapen, of an unknown type or not finite.
  func vector(_ name: String, count: Int) throws(ModelError) -> AlignedBuffer<Float> {
    let recipe = configuration.recipe(for: name, in: source.naming)
    let stored = recipe.storedRows ?? count
    try check(recipe, dimensions: [stored])
    let all = AlignedBuffer<Float>(count: stored)
    try unsafe source.decode(recipe.name, rows: 0..<1, into: all.slice(0..<stored))
    let values = AlignedBuffer<Float>(count: count)
    for index in 0..<count { values[index] = all[recipe.rows?[index] ?? index] + recipe.offset }
    return try finite(values, recipe)
  }

  func optionalVector(_ name: String, count: Int) throws(ModelError) -> AlignedBuffer<Float>? {
    contains(name) ? try vector(name, count: count) : nil
  }

  /// - Throws: ``ModelError`` naming the tensor that is missing, misshapen, of an unknown type or not finite.
  /// - Parameter inHugePages: for values that stay, rather than being turned into another form.
  func matrix(
    _ name: String, rows: Int, columns: Int, inHugePages: Bool = false
  ) throws(ModelError) -> AlignedBuffer<Float> {
    let recipe = configuration.recipe(for: name, in: source.naming)
    let stored = recipe.storedRows ?? rows
    try check(recipe, dimensions: recipe.isTransposed ? [stored, columns] : [columns, stored])
    let values =
      inHugePages ? AlignedBuffer<Float>(inHugePages: rows * columns) : AlignedBuffer(count: rows * columns)
    if recipe.isTransposed {
      try readTransposed(recipe, into: values, rows: rows, columns: columns, stored: stored)
    } else {
      try read(recipe, into: values, rows: rows, columns: columns)
    }
    source.forget(recipe.name)
    return try finite(values, recipe)
  }

  /// Refuses a tensor that is not there in the shape that the configuration claims.
  func checkMatrix(_ name: String, rows: Int, columns: Int) throws(ModelError) {
    let recipe = configuration.recipe(for: name, in: source.naming)
    let stored = recipe.storedRows ?? rows
    try check(recipe, dimensions: recipe.isTransposed ? [stored, columns] : [columns, stored])
  }

  private func check(_ recipe: TensorRecipe, dimensions: [Int]) throws(ModelError) {
    guard let actual = source.dimensions(of: recipe.name) else { throw .missingTensor(recipe.name) }
    guard actual == dimensions else {
      throw .wrongShape(tensor: recipe.name, expected: dimensions, actual: actual)
    }
    try source.checkDecodable(recipe.name)
  }

  private func read(
    _ recipe: TensorRecipe, into values: AlignedBuffer<Float>, rows: Int, columns: Int
  ) throws(ModelError) {
    let blockRows = 64
    try parallel((rows + blockRows - 1) / blockRows) { (block) throws(ModelError) in
      let range = block * blockRows..<min(rows, (block + 1) * blockRows)
      guard let order = recipe.rows else {
        return try unsafe source.decode(
          recipe.name, rows: range,
          into: values.slice(range.lowerBound * columns..<range.upperBound * columns))
      }
      for row in range {
        try unsafe source.decode(
          recipe.name, rows: order[row]..<order[row] + 1, into: values.slice(row * columns..<(row + 1) * columns))
      }
    }
  }

  private func readTransposed(
    _ recipe: TensorRecipe, into values: AlignedBuffer<Float>, rows: Int, columns: Int, stored: Int
  ) throws(ModelError) {
    try parallel(columns) { (column) throws(ModelError) in
      let all = AlignedBuffer<Float>(count: stored)
      try unsafe source.decode(recipe.name, rows: column..<column + 1, into: all.slice(0..<stored))
      for row in 0..<rows { values[row * columns + column] = all[recipe.rows?[row] ?? row] }
    }
  }

  private func parallel(_ count: Int, _ body: (Int) throws(ModelError) -> Void) throws(ModelError) {
    let failures = FirstFailure<ModelError>()
    pool.run(count) { index in
      do throws(ModelError) {
        try body(index)
      } catch {
        failures.record(error, at: index)
      }
    }
    if let error = failures.first { throw error }
  }

  private func finite(
    _ values: AlignedBuffer<Float>, _ recipe: TensorRecipe
  ) throws(ModelError) -> AlignedBuffer<Float> {
    let bad = values.countNonFinite()
    guard bad == 0 else { throw .nonFiniteWeights(tensor: recipe.name, count: bad) }
    return values
  }
}
