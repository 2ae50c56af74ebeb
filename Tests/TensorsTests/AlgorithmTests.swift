import Foundation
import Testing

@testable import Tensors

/// GPTQ, AWQ, LLM.int8() and pruning against NumPy (Fixtures/Algorithms/HOW-MADE.md).
@Suite struct AlgorithmTests {
  struct Golden: Decodable {
    struct GPTQCase: Decodable, CustomTestStringConvertible {
      let name: String
      let bits, group: Int
      let per_tensor, act_order, pruned: Bool
      let damping: Double
      let integers: [Int]
      let scales: [Float]
      let error, rtn_error: Double

      var testDescription: String { name }
      var scale: WeightScale { per_tensor ? .perTensor : group > 0 ? .group(group) : .perChannel }
    }
    struct GPTQCases: Decodable {
      let rows, columns, tokens: Int
      let cases: [GPTQCase]
    }
    struct AWQ: Decodable {
      let columns, tokens, group: Int
      let rows: [Int]
      let errors: [Double]
      let ratio: Double
      let factors, clipped: [Float]
      let clipped_error: Double
    }
    struct Outliers: Decodable {
      let rows, columns, tokens: Int
      let threshold: Float
      let outliers: [Int]
      let scales: [Float]
      let outputs: [Double]
    }
    struct Pruned: Decodable {
      let rows, columns: Int
      let values: [Float]
      let masks: [String: [UInt8]]
    }
    let gptq: GPTQCases
    let awq: AWQ
    let outliers: Outliers
    let pruning: Pruned
  }

  static let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/Algorithms")
  static let golden = try! JSONDecoder().decode(
    Golden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
  static var pool: WorkerPool { WorkerPool(threads: 2) }

  static func load(_ name: String) throws -> [Float] {
    try Data(contentsOf: folder.appending(path: name)).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  static func array<Element>(_ buffer: AlignedBuffer<Element>) -> [Element] { (0..<buffer.count).map { buffer[$0] } }

  /// Σ x xᵀ in double.
  static func gram(_ x: [Float], features: Int) -> GramMatrix {
    var sums = [Double](repeating: 0, count: features * features)
    for first in stride(from: 0, to: x.count, by: features) {
      for i in 0..<features {
        let value = Double(x[first + i])
        for j in 0..<features { sums[i * features + j] += value * Double(x[first + j]) }
      }
    }
    return GramMatrix(sums, features: features, tokens: x.count / features)
  }

  /// Mean over tokens and rows of the squared difference of outputs.
  static func outputError(_ changed: [Float], _ exact: [Float], _ x: [Float], columns: Int) -> Double {
    let (rows, tokens) = (exact.count / columns, x.count / columns)
    var sum = 0.0
    for t in 0..<tokens {
      for r in 0..<rows {
        var difference = 0.0
        for k in 0..<columns {
          difference += (Double(changed[r * columns + k]) - Double(exact[r * columns + k])) * Double(x[t * columns + k])
        }
        sum += difference * difference
      }
    }
    return sum / Double(tokens * rows)
  }

  @Test(arguments: golden.gptq.cases)
  func `GPTQ's integers and scales equal NumPy's, and its output error is below RTN's`(test: Golden.GPTQCase) throws {
    let (rows, columns) = (Self.golden.gptq.rows, Self.golden.gptq.columns)
    let (w, x) = (try Self.load("gptq_w.bin"), try Self.load("gptq_x.bin"))
    let hessian = try #require(
      InverseHessian(
        Self.gram(x, features: columns), byMagnitude: test.act_order, damping: test.damping, pool: Self.pool))
    let integers = SymmetricInteger(bits: test.bits, scale: test.scale)
    let values = buffer(w)
    let mask = test.pruned ? Pruning.share(0.5).apply(to: values, rows: rows, columns: columns, pool: Self.pool) : nil
    let scales = GPTQ(integers: integers, hessian: hessian)
      .quantize(values, rows: rows, columns: columns, mask: mask, pool: Self.pool)
    #expect(Self.array(values).map { Int($0) } == test.integers)
    let runs = test.scales.count / rows
    for (index, expected) in test.scales.enumerated() {
      let ours = scales[runs == scales.count / rows ? index : index / runs]
      #expect(abs(ours - expected) <= 1e-6 * expected)
    }
    if let mask { #expect((0..<values.count).allSatisfy { mask[$0] == 1 || values[$0] == 0 }) }
    #expect((0..<rows).allSatisfy { values[$0 * columns + 5] == 0 }, "a channel that is always zero has no weights")

    integers.dequantize(values, scales: scales, rows: rows, columns: columns, pool: Self.pool)
    let error = Self.outputError(Self.array(values), w, x, columns: columns)
    #expect(abs(error - test.error) < 1e-5 * test.error)
    #expect(error < test.rtn_error)
  }

  @Test func `GPTQ's bits do not depend on the number of threads`() throws {
    let (rows, columns) = (Self.golden.gptq.rows, Self.golden.gptq.columns)
    let gram = Self.gram(try Self.load("gptq_x.bin"), features: columns)
    func run(threads: Int) throws -> [Float] {
      let pool = WorkerPool(threads: threads)
      let hessian = try #require(InverseHessian(gram, byMagnitude: true, damping: 0.01, pool: pool))
      let values = buffer(try Self.load("gptq_w.bin"))
      let scales = GPTQ(integers: SymmetricInteger(bits: 4, scale: .group(32)), hessian: hessian)
        .quantize(values, rows: rows, columns: columns, pool: pool)
      return Self.array(values) + scales + Self.array(hessian.upper).map { Float($0) }
    }
    #expect(try run(threads: 1) == run(threads: 3))
  }

  @Test(arguments: [1, 63, 64, 65, 200]) func `Uᵀ U is the inverse of H`(size: Int) throws {
    var state: UInt64 = UInt64(size)
    let x = (0..<size * 3 * size).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    let gram = Self.gram(x, features: size)
    let hessian = try #require(InverseHessian(gram, byMagnitude: false, damping: 0.01, pool: Self.pool))
    let scale = 2 / Double(gram.tokens)
    let mean = (0..<size).reduce(0) { $0 + gram[$1, $1] } * scale / Double(size)
    // H · (Uᵀ U) = 1, for some columns.
    for column in stride(from: 0, to: size, by: max(1, size / 7)) {
      let inverse = (0..<size).map { row in
        (0...min(row, column)).reduce(0) { $0 + hessian.upper[$1 * size + row] * hessian.upper[$1 * size + column] }
      }
      for row in 0..<size {
        let product = (0..<size).reduce(0) {
          $0 + (gram[row, $1] * scale + (row == $1 ? 0.01 * mean : 0)) * inverse[$1]
        }
        #expect(abs(product - (row == column ? 1 : 0)) < 1e-8)
      }
    }
  }

  @Test func `a Hessian with a NaN is refused`() {
    #expect(
      InverseHessian(
        GramMatrix([.nan, 0, 0, 1], features: 2, tokens: 1), byMagnitude: false, damping: 0.01, pool: Self.pool) == nil)
  }

  @Test(arguments: [1, 16, 33, 300]) func `sums of x xᵀ over tiles equal those in double`(tokens: Int) throws {
    let features = 150
    let x = Array(try Self.load("gptq_x.bin")[..<(tokens * features)])
    let expected = Self.gram(x, features: features)
    func sums(threads: Int) throws -> GramMatrix {
      let profile = try #require(KernelProfile(shapes: GEMMShape.blocks(rows: 16, columns: features)))
      let shape = profile.shape(tokens: tokens)
      let tiles = TokenTiles(features: features, width: shape.width, capacity: shape.lanes)
      for token in 0..<tokens { tiles.setToken(token, to: buffer(Array(x[token * features..<(token + 1) * features]))) }
      let gram = GramMatrix(features: features)
      gram.add(tiles, shape: shape, pool: WorkerPool(threads: threads))
      return gram
    }
    let (one, three) = (try sums(threads: 1), try sums(threads: 3))
    #expect(one.tokens == tokens)
    for i in 0..<features {
      for j in 0..<features {
        #expect(abs(one[i, j] - expected[i, j]) <= 2e-6 * (expected[i, i] * expected[j, j]).squareRoot())
        #expect(one[i, j] == three[i, j])
      }
    }
  }

  @Test func `AWQ's errors, best ratio and factors equal NumPy's`() throws {
    let golden = Self.golden.awq
    let (w, x) = (try Self.load("awq_w.bin"), try Self.load("awq_x.bin"))
    let columns = golden.columns
    let magnitudes = (0..<columns).map { k in
      Float((0..<golden.tokens).reduce(0.0) { $0 + Double(abs(x[$1 * columns + k])) } / Double(golden.tokens))
    }
    let scaling = ActivationAwareScaling(
      magnitudes: magnitudes, gram: Self.gram(x, features: columns), pool: Self.pool)
    let split = golden.rows[0] * columns
    let layers: [(values: AlignedBuffer<Float>, rows: Int)] = [
      (values: buffer(Array(w[..<split])), rows: golden.rows[0]), (buffer(Array(w[split...])), golden.rows[1]),
    ]
    let integers = SymmetricInteger(bits: 4, scale: .group(golden.group))
    let scales = scaling.search(layers) { integers.roundTrip($0, rows: $1, columns: columns, pool: Self.pool) }
    for (ours, theirs) in zip(scales.errors, golden.errors) { #expect(abs(ours - theirs) < 1e-4 * theirs) }
    #expect(scales.ratio == golden.ratio)
    for (ours, theirs) in zip(scales.factors, golden.factors) { #expect(abs(ours - theirs) <= 1e-6 * theirs) }
    // Salient channels: far better than RTN, which is r = 0.
    #expect(scales.errors.min()! < scales.errors[0] / 4)

    var clipped: [Float] = []
    var error = 0.0
    for layer in layers {
      let values = layer.values.copy()
      scaling.scale(values, by: scales.factors, rows: layer.rows)
      scaling.clip(values, rows: layer.rows, factors: scales.factors, group: golden.group, integers: integers)
      clipped += Self.array(values)
      integers.roundTrip(values, rows: layer.rows, columns: columns, pool: Self.pool)
      scaling.unscale(values, by: scales.factors, rows: layer.rows)
      error += scaling.outputError(of: values, against: layer.values, rows: layer.rows)
    }
    for (ours, theirs) in zip(clipped, golden.clipped) { #expect(abs(ours - theirs) <= 2e-6 * abs(theirs)) }
    error /= Double(golden.rows.reduce(0, +))
    #expect(abs(error - golden.clipped_error) < 1e-4 * error)
    #expect(error < scales.errors.min()!)
  }

  @Test func `LLM.int8() equals NumPy's, token by token and for every batch`() throws {
    let golden = Self.golden.outliers
    let (w, x) = (try Self.load("outliers_w.bin"), try Self.load("outliers_x.bin"))
    let columns = golden.columns
    for native in [false, true] {
      let profile = try #require(
        KernelProfile(shapes: GEMMShape.blocks(rows: golden.rows, columns: columns), allowsNative: native))
      let values = buffer(w)
      let outliers = OutlierColumns(values, rows: golden.rows, columns: columns, pool: Self.pool)
      let scales = SymmetricInteger(bits: 8, scale: .perChannel)
        .quantize(values, rows: golden.rows, columns: columns, pool: Self.pool)
      let linear = Linear(
        rows: golden.rows, columns: columns, values: values, rowScales: scales,
        inputRounding: .int8(.perTokenWithout(outliersFrom: golden.threshold)), outliers: outliers, profile: profile,
        pool: Self.pool)
      func outputs(_ tokens: Range<Int>) -> [Float] {
        let shape = profile.shape(tokens: tokens.count)
        let source = TokenTiles(features: columns, width: shape.width, capacity: shape.lanes)
        for (lane, t) in tokens.enumerated() {
          source.setToken(lane, to: buffer(Array(x[t * columns..<(t + 1) * columns])))
        }
        let input = LinearInput(features: columns, capacity: shape.lanes, profile: profile)
        input.prepare(
          source, rounding: linear.inputRounding, shape: shape, segments: [0..<tokens.count], pool: Self.pool)
        for (lane, t) in tokens.enumerated() {
          #expect(input.outliers.features[lane].count == golden.outliers[t])
          #expect(input.laneScales[lane] == golden.scales[t])
        }
        let output = TokenTiles(features: golden.rows, width: shape.width, capacity: shape.lanes)
        Self.pool.multiply([(linear, output)], by: input)
        return tokens.indices.flatMap { output.token($0 - tokens.lowerBound) }
      }
      let all = outputs(0..<golden.tokens)
      for (ours, theirs) in zip(all, golden.outputs) {
        #expect(abs(Double(ours) - theirs) < 2e-5 * max(1, abs(theirs)))
      }
      #expect((0..<golden.tokens).flatMap { outputs($0..<$0 + 1) } == all)
      #expect(outputs(3..<20) == Array(all[3 * golden.rows..<20 * golden.rows]))
    }
  }

  @Test(arguments: golden.pruning.masks.keys.sorted())
  func `pruned weights equal NumPy's`(name: String) throws {
    let golden = Self.golden.pruning
    let pruning = name == "2:4" ? Pruning.twoOfFour : .share(try #require(Double(name)))
    let values = buffer(golden.values)
    let mask = pruning.apply(to: values, rows: golden.rows, columns: golden.columns, pool: Self.pool)
    let expected = try #require(golden.masks[name])
    #expect(Self.array(mask) == expected)
    #expect(Self.array(values) == zip(golden.values, expected).map { $1 == 1 ? $0 : 0 })
  }

  @Test func `channels are divided before rounding, and fixed scales clip`() throws {
    let (columns, tokens) = (40, 5)
    let x = (0..<tokens * columns).map { Float($0 % 17) - 8 }
    let divisors = AlignedBuffer<Float>((0..<columns).map { Float($0 % 3) + 0.5 })
    let profile = try #require(KernelProfile(shapes: GEMMShape.blocks(rows: 16, columns: columns)))
    let shape = profile.shape(tokens: tokens)
    let source = TokenTiles(features: columns, width: shape.width, capacity: shape.lanes)
    for t in 0..<tokens { source.setToken(t, to: buffer(Array(x[t * columns..<(t + 1) * columns]))) }
    let input = LinearInput(features: columns, capacity: shape.lanes, profile: profile)
    input.prepare(
      source, rounding: .int8(.fixed(0.05)), divisors: divisors, shape: shape, segments: [0..<tokens], pool: Self.pool)
    for t in 0..<tokens {
      let expected = (0..<columns).map { k in
        min(127, max(-127, (x[t * columns + k] / divisors[k] / 0.05).rounded(.toNearestOrEven)))
      }
      #expect(input.tiles.token(t) == expected)
      #expect(source.token(t) == Array(x[t * columns..<(t + 1) * columns]), "the source is shared with other layers")
    }
    input.prepare(source, rounding: .none, divisors: divisors, shape: shape, segments: [0..<tokens], pool: Self.pool)
    #expect(input.tiles.token(2) == (0..<columns).map { x[2 * columns + $0] / divisors[$0] })
  }
}
