import Foundation
import Testing

@testable import Tensors

/// Pseudo-random values that a failing case can be repeated with.
struct TestRandom {
  private var state: UInt64
  init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }

  mutating func float() -> Float { Float(next() % 20_001) / 10_000 - 1 }
  mutating func int8() -> Int8 { Int8(truncatingIfNeeded: Int(next() % 255) - 127) }
}

func buffer(_ values: [Float]) -> AlignedBuffer<Float> {
  let result = AlignedBuffer<Float>(count: values.count)
  for (i, value) in values.enumerated() { result[i] = value }
  return result
}

@Suite struct GEMMTests {
  @Test(arguments: [1, 7, 33, 96, 100, 192, 577])
  func `SGEMM agrees with the definition`(rows: Int) {
    var random = TestRandom(seed: rows)
    let (depth, width) = (rows + 61, 16)
    let w = buffer((0..<rows * depth).map { _ in random.float() })
    let x = buffer((0..<depth * width).map { _ in random.float() })
    let fast = AlignedBuffer<Float>(count: rows * width)
    let plain = AlignedBuffer<Float>(count: rows * width)
    withExtendedLifetime((w, x)) {
      let block = WeightBlock(w.base, rows: rows, depth: depth)
      GEMM.multiply(block, width: width, input: x.base, output: fast.base)
      GEMM.multiplyReference(block, width: width, input: x.base, output: plain.base)
    }
    for i in 0..<fast.count { #expect(abs(fast[i] - plain[i]) < 1e-4) }
  }

  static let shapes = GEMMShape.blocks(rows: 576, columns: 576).union(GEMMShape.blocks(rows: 192, columns: 1536))

  @Test func `this CPU's kernel has an invariant tile width`() throws {
    #expect(GEMMShape.blocks(rows: 100, columns: 7) == [GEMMShape(rows: 96, depth: 7), GEMMShape(rows: 4, depth: 7)])
    let profile = try #require(KernelProfile(shapes: Self.shapes))
    #expect(GEMM.widths.contains(profile.baseWidth))
    for tokens in 1...600 {
      let shape = profile.shape(tokens: tokens)
      #expect(shape.tokens == tokens && shape.lanes >= tokens && shape.lanes - tokens < shape.width)
    }
  }

  /// Every width and every kernel that a profile admits gives a matrix the same bits as the base tile.
  @Test(arguments: [
    InputRounding.none, .fp16, .bf16, .int8(.perToken), .int8(.perTensor), .format(.q8_0),
    .format(.minifloat(.e4m3, .perTensor)), .format(.microscaling(MicroscalingBlock(.e2m1))),
  ])
  func `all ways of multiplying give the same bits`(rounding: InputRounding) throws {
    let (rows, depth, tokens) = (288, 576, 200)
    var random = TestRandom(seed: 3)
    let values = (0..<rows * depth).map { _ in random.float() }
    let inputs = (0..<tokens).map { _ in (0..<depth).map { _ in random.float() } }
    let pool = WorkerPool(threads: 2)

    func results(native: Bool, batch: Int) throws -> [[Float]] {
      let profile = try #require(KernelProfile(shapes: Self.shapes, allowsNative: native))
      let weights = buffer(values)
      var scales: [Float]?
      switch rounding {
      case .none, .format: break
      case .fp16: _ = weights.round(to: .fp16)
      case .bf16: _ = weights.round(to: .bf16)
      case .int8:
        scales = SymmetricInteger(bits: 8, scale: .perChannel).quantize(
          weights, rows: rows, columns: depth, pool: pool)
      }
      let linear = Linear(
        rows: rows, columns: depth, values: weights, rowScales: scales, inputRounding: rounding, profile: profile,
        pool: pool)
      let input = LinearInput(features: depth, capacity: 512, profile: profile)
      var results: [[Float]] = []
      for first in stride(from: 0, to: tokens, by: batch) {
        let count = min(batch, tokens - first)
        let shape = profile.shape(tokens: count)
        let source = TokenTiles(features: depth, width: shape.width, capacity: shape.lanes)
        let output = TokenTiles(features: rows, width: shape.width, capacity: shape.lanes)
        for t in 0..<count { source.setToken(t, to: buffer(inputs[first + t])) }
        // One segment a token: neighbours must not matter for per-tensor scales either.
        input.prepare(
          source, rounding: rounding, shape: shape, segments: (0..<count).map { $0..<$0 + 1 }, pool: pool)
        pool.multiply([(linear, output)], by: input)
        results += (0..<count).map { output.token($0) }
      }
      return results
    }

    let expected = try results(native: false, batch: 32)
    for batch in [1, 2, 5, 8, 9, 16, 17, 24, 33, 40, 48, 100, 200] {
      for native in [true, false] {
        #expect(try results(native: native, batch: batch) == expected, "batch \(batch), native \(native)")
      }
    }
  }

  @Test(arguments: [1, 64, 576, 1023, 1024, 1025, 1536, 2048, 4097, 8192])
  func `INT8 through SGEMM slabs equals three integer loops at the worst values`(depth: Int) {
    let (rows, tokens) = (5, 19)
    for (a, b) in [(Int8(127), Int8(127)), (-127, 127), (-128, -128)] {
      var weights = [Int8](repeating: a, count: rows * depth)
      var inputs = [Int8](repeating: b, count: tokens * depth)
      // An odd sum beyond 2^24 is what Float32 would round away.
      weights[depth - 1] = a == -128 ? -127 : a - 1
      inputs[0] = b == -128 ? -127 : b - 1
      expectExact(weights, rows: rows, inputs: inputs, tokens: tokens, depth: depth)
    }
  }

  @Test(arguments: 0..<24)
  func `INT8 through SGEMM slabs equals three integer loops on random shapes`(seed: Int) {
    var random = TestRandom(seed: seed)
    let (rows, tokens, depth) = (
      Int(random.next() % 130) + 1, Int(random.next() % 70) + 1, Int(random.next() % 2100) + 1
    )
    expectExact(
      (0..<rows * depth).map { _ in random.int8() }, rows: rows,
      inputs: (0..<tokens * depth).map { _ in random.int8() },
      tokens: tokens, depth: depth)
  }

  private func expectExact(_ weights: [Int8], rows: Int, inputs: [Int8], tokens: Int, depth: Int) {
    let plain = GEMM.multiplyIntegersReference(weights, rows: rows, inputs: inputs, tokens: tokens, depth: depth)
    for (width, native) in [(32, false), (16, false), (16, true), (32, true), (48, true)] {
      let fast = GEMM.multiplyIntegers(
        weights, rows: rows, inputs: inputs, tokens: tokens, depth: depth, width: width, native: native)
      #expect(fast == plain, "rows \(rows), tokens \(tokens), depth \(depth), width \(width), native \(native)")
    }
  }
}

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func `every task runs once, whatever the number of threads`(threads: Int) {
    let pool = WorkerPool(threads: threads)
    for count in [0, 1, 2, 7, 1000] {
      let hits = AlignedBuffer<Int32>(count: max(1, count))
      for _ in 0..<50 { pool.run(count) { hits.base[$0] += 1 } }
      #expect((0..<count).allSatisfy { hits[$0] == 50 })
    }
  }
}
