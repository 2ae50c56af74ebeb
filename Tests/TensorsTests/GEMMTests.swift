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
    GEMM.multiply(
      w.base, weightStride: depth, rows: rows, depth: depth, width: width, input: x.base, output: fast.base)
    GEMM.multiplyReference(
      w.base, weightStride: depth, rows: rows, depth: depth, width: width, input: x.base, output: plain.base)
    for i in 0..<fast.count { #expect(abs(fast[i] - plain[i]) < 1e-4) }
  }

  @Test func `this CPU's kernel has an invariant tile width`() throws {
    let shapes = GEMMShape.blocks(rows: 576, columns: 576).union(GEMMShape.blocks(rows: 100, columns: 1536))
    #expect(shapes.count == 3)
    let width = try #require(GEMM.invariantWidth(for: shapes))
    #expect(GEMM.widths.contains(width))
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
    for width in GEMM.widths {
      let slabs = GEMM.multiplyIntegers(
        weights, rows: rows, inputs: inputs, tokens: tokens, depth: depth, width: width)
      #expect(slabs == plain, "rows \(rows), tokens \(tokens), depth \(depth), width \(width)")
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
