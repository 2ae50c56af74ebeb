import Foundation
import Testing

@testable import Tensors

/// INT8 and FP16 on real layers, against NumPy's numbers (Fixtures/Quantization/HOW-MADE.md).
@Suite struct QuantizationGoldenTests {
  struct Golden: Decodable {
    struct Matrix: Decodable {
      let file: String
      let shape: [Int]
    }
    struct Result: Decodable {
      let max_abs_err, mean_abs_err, rel_frobenius, sqnr_db, cosine: Double
      let acc_row1_first8: [Int32]?
      let acc_sum, acc_absmax: Int?
      let qw_sha256, qx_sha256, acc_i32_sha256, w16_sha256, x16_sha256: String?
      let scale_w_first, scale_x_first, scale_x_row1: Double?
    }
    struct Case: Decodable {
      let layer: Int
      let linear: String
      let X, W: Matrix
      let results: [String: Result]
    }
    let cases: [Case]
  }

  static let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/Quantization")
  static let cases = try! JSONDecoder().decode(
    Golden.self, from: Data(contentsOf: folder.appending(path: "quant.json"))
  ).cases

  static func load(_ matrix: Golden.Matrix) throws -> [Float] {
    let data = try Data(contentsOf: folder.appending(path: matrix.file.replacing("quant/", with: "")))
    return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  static func exactProduct(_ w: [Float], _ x: [Float], depth: Int) -> [Double] {
    let (rows, tokens) = (w.count / depth, x.count / depth)
    return (0..<tokens * rows).map { i in
      let (t, r) = (i / rows, i % rows)
      return (0..<depth).reduce(0.0) { $0 + Double(x[t * depth + $1]) * Double(w[r * depth + $1]) }
    }
  }

  @Test(arguments: cases.indices, [(WeightScale.perTensor, "w_tensor"), (.perChannel, "w_channel")])
  func `INT8 linear layers equal NumPy's`(index: Int, weights: (scale: WeightScale, key: String)) throws {
    let golden = Self.cases[index]
    let (w, x) = (try Self.load(golden.W), try Self.load(golden.X))
    let (rows, depth, tokens) = (golden.W.shape[0], golden.W.shape[1], golden.X.shape[0])
    let exact = Self.exactProduct(w, x, depth: depth)
    let pool = WorkerPool(threads: 2)
    for (scale, key) in [(ActivationScale.perTensor, "a_tensor"), (.perToken, "a_token")] {
      let expected = try #require(golden.results["\(weights.key)__\(key)"])
      let values = buffer(w)
      let scales = SymmetricInteger(bits: 8, scale: weights.scale).quantize(
        values, rows: rows, columns: depth, pool: pool)
      #expect(Double(scales[0]) == expected.scale_w_first)
      #expect(sha256((0..<values.count).map { Int8(values[$0]) }) == expected.qw_sha256)

      let profile = try #require(KernelProfile(shapes: GEMMShape.blocks(rows: rows, columns: depth)))
      let shape = profile.shape(tokens: tokens)
      let source = TokenTiles(features: depth, width: shape.width, capacity: shape.lanes)
      for t in 0..<tokens { source.setToken(t, to: buffer(Array(x[t * depth..<(t + 1) * depth]))) }
      let input = LinearInput(features: depth, capacity: shape.lanes, profile: profile)
      input.prepare(source, rounding: .int8(scale), shape: shape, segments: [0..<tokens], pool: pool)
      #expect(Double(input.laneScales[0]) == expected.scale_x_first)
      #expect(Double(input.laneScales[1]) == expected.scale_x_row1)
      let integers = (0..<tokens).flatMap { t in input.tiles.token(t).map { Int8($0) } }
      #expect(sha256(integers) == expected.qx_sha256)

      let accumulators = GEMM.multiplyIntegers(
        (0..<values.count).map { Int8(values[$0]) }, rows: rows, inputs: integers, tokens: tokens, depth: depth,
        width: 32)
      #expect(Array(accumulators[rows..<rows + 8]) == expected.acc_row1_first8)
      #expect(accumulators.reduce(0) { $0 + Int($1) } == expected.acc_sum)
      #expect(accumulators.map { Int(abs($0)) }.max() == expected.acc_absmax)
      #expect(sha256(accumulators) == expected.acc_i32_sha256)

      let linear = Linear(
        rows: rows, columns: depth, values: values, rowScales: scales, inputRounding: .int8(scale), profile: profile,
        pool: pool)
      let output = TokenTiles(features: rows, width: shape.width, capacity: shape.lanes)
      pool.multiply([(linear, output)], by: input)
      expect((0..<tokens).flatMap { output.token($0).map(Double.init) }, exact, expected)
    }
  }

  @Test(arguments: cases.indices)
  func `FP16 rounding equals NumPy's`(index: Int) throws {
    let golden = Self.cases[index]
    let expected = try #require(golden.results["fp16_roundtrip"])
    let (w, x) = (buffer(try Self.load(golden.W)), buffer(try Self.load(golden.X)))
    let exact = Self.exactProduct(try Self.load(golden.W), try Self.load(golden.X), depth: golden.W.shape[1])
    #expect(w.round(to: .fp16) == 0)
    #expect(x.round(to: .fp16) == 0)
    #expect(sha256((0..<w.count).map { Float16(w[$0]).bitPattern }) == expected.w16_sha256)
    #expect(sha256((0..<x.count).map { Float16(x[$0]).bitPattern }) == expected.x16_sha256)
    let rounded = Self.exactProduct(
      (0..<w.count).map { w[$0] }, (0..<x.count).map { x[$0] }, depth: golden.W.shape[1])
    expect(rounded, exact, expected)
  }

  private func expect(_ actual: [Double], _ exact: [Double], _ expected: Golden.Result) {
    let error = QuantizationError(approximate: actual, exact: exact)
    for (value, golden) in [
      (error.maxAbsolute, expected.max_abs_err), (error.meanAbsolute, expected.mean_abs_err),
      (error.relativeFrobenius, expected.rel_frobenius), (error.sqnrDecibels, expected.sqnr_db),
      (error.cosine, expected.cosine),
    ] {
      #expect(abs(value - golden) <= 1e-5 * abs(golden), "\(value) is not \(golden)")
    }
  }

  @Test func `16-bit rounding agrees with the hardware types on every kind of value`() {
    var patterns: [UInt32] = [0, 1, 0x7f80_0000, 0x7f7f_ffff, 0x477f_efff, 0x477f_f000, 0x3880_0000, 0x387f_ffff]
    var random = TestRandom(seed: 5)
    patterns += (0..<200_000).map { _ in UInt32(truncatingIfNeeded: random.next() &* 2_654_435_761) }
    let floats = patterns.map { Float(bitPattern: $0) }.filter { !$0.isNaN }
    let half = buffer(floats)
    let overflows = half.round(to: .fp16)
    var expectedOverflows = 0
    for (i, value) in floats.enumerated() {
      let expected = Float16(value)
      if value.isFinite && !expected.isFinite { expectedOverflows += 1 }
      #expect(half[i].bitPattern == Float(expected).bitPattern, "\(value)")
    }
    #expect(overflows == expectedOverflows)
    let brain = buffer(floats)
    _ = brain.round(to: .bf16)
    for (i, value) in floats.enumerated() where value.isFinite {
      let spacing = value.magnitude < Float.leastNormalMagnitude ? Float(bitPattern: 0x1_0000) : value.ulp * 65536
      #expect(brain[i].bitPattern & 0xffff == 0)
      #expect(!brain[i].isFinite || abs(brain[i] - value) <= spacing / 2)
    }
  }
}

/// SHA-256 of a buffer's bytes by the system's tool, so that this test owes nothing to our own digest.
func sha256<Element: BitwiseCopyable & Sendable>(_ values: [Element]) -> String? {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/sha256sum")
  let (input, output) = (Pipe(), Pipe())
  process.standardInput = input
  process.standardOutput = output
  guard (try? process.run()) != nil else { return nil }
  DispatchQueue.global().async {
    input.fileHandleForWriting.write(values.withUnsafeBytes { Data($0) })
    try? input.fileHandleForWriting.close()
  }
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  return text.split(separator: " ").first.map(String.init)
}
