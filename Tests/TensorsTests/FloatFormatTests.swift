import Foundation
import Testing

@testable import Tensors

private func fixture(_ name: String) throws -> [UInt8] {
  let url = try #require(Bundle.module.url(forResource: "Fixtures/Floats/\(name)", withExtension: nil), "\(name)")
  return [UInt8](try Data(contentsOf: url))
}

private func floats(_ name: String) throws -> [Float] { BlockFormat.f32.decode(try fixture(name)) }

/// How many values differ in bits; NaN equals NaN.
private func differences(_ a: [Float], _ b: [Float]) -> Int {
  a.count == b.count ? zip(a, b).filter { $0.bitPattern != $1.bitPattern && !($0.isNaN && $1.isNaN) }.count : -1
}

@Suite struct FloatFormatTests {
  @Test(arguments: Minifloat.all)
  func `every code has ml_dtypes' value, and finite values have their codes`(format: Minifloat) throws {
    let expected = try floats("\(format.name).codes.values")
    let values = (0..<1 << format.bits).map { format.value(of: UInt8($0)) }
    #expect(differences(values, expected) == 0)
    for (code, value) in values.enumerated() where value.isFinite {
      #expect(format.code(of: value) == UInt8(code))
      #expect(format.round(value).bitPattern == value.bitPattern)
    }
    #expect(values.filter(\.isFinite).max() == format.maximum)
  }

  @Test(arguments: Minifloat.all)
  func `rounding equals ml_dtypes'`(format: Minifloat) throws {
    let rounded = try floats("input.values").map(format.round)
    #expect(differences(rounded, try floats("\(format.name).rounded.values")) == 0)
    #expect(format.round(.nan).isNaN)
    #expect(format.round(-.infinity) == -format.maximum)
  }

  @Test(arguments: Minifloat.all)
  func `a scale for each row gives the expected values`(format: Minifloat) throws {
    let values = AlignedBuffer<Float>(try floats("input.values"))
    ScaledMinifloat(format, scale: .perChannel).roundTrip(values, rows: 48, columns: 32, pool: WorkerPool(threads: 2))
    #expect(differences(Array(values.slice(0..<values.count)), try floats("\(format.name).scaled.values")) == 0)
  }

  @Test(arguments: Minifloat.all)
  func `Microscaling blocks have the expected bytes and values`(element: Minifloat) throws {
    let block = MicroscalingBlock(element)
    let x = try floats("input.values")
    let expected = try fixture("MX\(element.name).blocks")
    let bytes = stride(from: 0, to: x.count, by: 32).flatMap { block.encode(Array(x[$0..<$0 + 32])) }
    #expect(bytes == expected)
    #expect(block.byteCount == [8: 33, 6: 25, 4: 17][element.bits])
    let values = stride(from: 0, to: bytes.count, by: block.byteCount).flatMap {
      block.decode(Array(bytes[$0..<$0 + block.byteCount]))
    }
    #expect(differences(values, try floats("MX\(element.name).values")) == 0)
    let rounded = AlignedBuffer<Float>(x)
    _ = try WeightRounding.microscaling(block).roundTrip(rounded, rows: 48, columns: 32, pool: WorkerPool(threads: 1))
    #expect(differences(Array(rounded.slice(0..<x.count)), values) == 0)
  }

  @Test func `an NVFP4 tensor has the expected bytes and values`() throws {
    let x = Array(try floats("input.values")[..<1280])
    let format = TensorScaledFP4(largest: x.map(\.magnitude).max()!)
    let bytes = stride(from: 0, to: x.count, by: 16).flatMap { format.encode(Array(x[$0..<$0 + 16])) }
    #expect(bytes == (try fixture("NVFP4.tensor.blocks")))
    let values = stride(from: 0, to: bytes.count, by: 9).flatMap { format.decode(Array(bytes[$0..<$0 + 9])) }
    #expect(differences(values, try floats("NVFP4.tensor.values")) == 0)
    let rounded = AlignedBuffer<Float>(x)
    _ = try WeightRounding.tensorScaledFP4.roundTrip(rounded, rows: 8, columns: 160, pool: WorkerPool(threads: 1))
    #expect(zip(rounded.slice(0..<1280), values).allSatisfy { $0 == $1 })
  }

  @Test(arguments: 0..<24)
  func `errors stay within their bounds`(seed: Int) throws {
    var random = SplitMix64(state: UInt64(seed))
    let scale = Float(sign: .plus, exponent: Int.random(in: -30...12, using: &random), significand: 1)
    let x = (0..<64).map { _ in
      Float.random(in: -1...1, using: &random) * scale * (UInt8.random(in: 0...9, using: &random) == 0 ? 20 : 1)
    }
    let range = x.min()!...x.max()!
    let block = Array(x[..<32])
    let blockRange = block.min()!...block.max()!
    let pool = WorkerPool(threads: 1)
    func worst(_ rounding: WeightRounding, _ x: [Float]) throws -> Float {
      let values = AlignedBuffer<Float>(x)
      _ = try rounding.roundTrip(values, rows: 1, columns: x.count, pool: pool)
      return x.indices.map { abs(x[$0] - values[$0]) }.max()!
    }
    for element in Minifloat.all {
      let format = MicroscalingBlock(element)
      #expect(
        try worst(.microscaling(format), block) <= format.errorBound(over: blockRange), "MX \(element.name)")
      let scaled = ScaledMinifloat(element, scale: .perTensor)
      #expect(try worst(.minifloat(scaled), x) <= scaled.errorBound(largest: range.largestMagnitude), "\(element.name)")
    }
    let fp4 = TensorScaledFP4(largest: range.largestMagnitude)
    #expect(try worst(.tensorScaledFP4, x) <= fp4.errorBound(over: range))
    for bits in [4, 8] {
      let integers = AsymmetricInteger(bits: bits, scale: .perTensor)
      #expect(try worst(.asymmetric(integers), x) <= integers.errorBound(over: range))
    }
  }

  @Test func `asymmetric integers keep zero and the ends of the range`() throws {
    // Range -1...3 in 4 bits: scale 4/15, zero point round(3.75) = 4.
    let values = AlignedBuffer<Float>([-1, 0, 3, 0.1, 5, 5, 5, 5])
    let integers = AsymmetricInteger(bits: 4, scale: .perChannel)
    integers.roundTrip(values, rows: 2, columns: 4, pool: WorkerPool(threads: 1))
    let s = 4 / Float(15)
    #expect(Array(values.slice(0..<4)) == [-4 * s, 0, 11 * s, 0])
    #expect(abs(values[4] - 5) < 1e-6)
  }

  /// Activations are rounded lane by lane in C; weights by the definition in Swift. Both must agree.
  @Test(arguments: [1, 5, 40], [InputFormat.q8_0, .q8_K])
  func `ggml's activation blocks are what its definition says`(tokens: Int, format: InputFormat) {
    let size = format == .q8_0 ? 32 : 256
    check(format, features: 300, tokens: tokens) { x in
      stride(from: 0, to: x.count, by: size).flatMap { start -> [Float] in
        let block = Array(x[start..<min(x.count, start + size)])
        let extreme = block.reduce(Float(0)) { abs($1) > abs($0) ? $1 : $0 }
        if extreme == 0 { return block.map { _ in 0 } }
        if format == .q8_0 {
          let inverse = 127 / abs(extreme)
          return block.map { ($0 * inverse).rounded(.toNearestOrEven) * Float(Float16(abs(extreme) / 127)) }
        }
        let inverse = -127 / extreme
        return block.map { min(127, ($0 * inverse).rounded(.toNearestOrEven)) * (1 / inverse) }
      }
    }
  }

  @Test(arguments: [1, 40], Minifloat.all)
  func `activations are rounded as weights are`(tokens: Int, element: Minifloat) {
    check(.microscaling(MicroscalingBlock(element)), features: 100, tokens: tokens) { x in
      roundTrip(.microscaling(MicroscalingBlock(element)), x)
    }
    check(.minifloat(element, .perToken), features: 100, tokens: tokens) { x in
      roundTrip(.minifloat(ScaledMinifloat(element, scale: .perChannel)), x)
    }
    check(.tensorScaledFP4(.perToken), features: 100, tokens: tokens) { roundTrip(.tensorScaledFP4, $0) }
    check(.asymmetric(bits: 8, .perToken), features: 100, tokens: tokens) { x in
      roundTrip(.asymmetric(AsymmetricInteger(bits: 8, scale: .perChannel)), x)
    }
  }

  private func roundTrip(_ rounding: WeightRounding, _ x: [Float]) -> [Float] {
    let values = AlignedBuffer<Float>(x)
    do {
      _ = try rounding.roundTrip(values, rows: 1, columns: x.count, pool: WorkerPool(threads: 1))
    } catch {
      Issue.record("\(error)")
    }
    return Array(values.slice(0..<x.count))
  }

  private func check(_ format: InputFormat, features: Int, tokens: Int, _ definition: ([Float]) -> [Float]) {
    guard let profile = KernelProfile(shapes: [GEMMShape(rows: 96, depth: 64)]) else {
      Issue.record("no kernel")
      return
    }
    let pool = WorkerPool(threads: 2)
    let shape = profile.shape(tokens: tokens)
    let tiles = TokenTiles(features: features, width: shape.width, capacity: shape.lanes)
    var random = SplitMix64(state: UInt64(tokens))
    var rows: [[Float]] = []
    for token in 0..<tokens {
      var x = (0..<features).map { _ in Float.random(in: -1...1, using: &random) }
      if token % 3 == 1 { x[7] = 40 }
      if token % 5 == 4 { x = x.map { _ in 0 } }
      rows.append(x)
      tiles.setToken(token, to: AlignedBuffer(x))
    }
    let input = LinearInput(features: features, capacity: shape.lanes, profile: profile)
    input.prepare(tiles, rounding: .format(format), shape: shape, segments: [0..<tokens], pool: pool)
    for token in 0..<tokens {
      let (actual, expected) = (input.tiles.token(token), definition(rows[token]))
      #expect(zip(actual, expected).filter { $0 != $1 }.count == 0, "token \(token)")
    }
  }

  @Test(arguments: [
    InputRounding.int8(.perToken), .int8(.perTensor), .int8(.fixed(0.01)), .format(.asymmetric(bits: 8, .perToken)),
    .format(.minifloat(.e4m3, .perToken)), .format(.microscaling(MicroscalingBlock(.e2m1))),
    .format(.tensorScaledFP4(.perToken)),
    .format(.q8_0),
  ])
  func `a NaN before finite values spoils its token's integers, block or tensor`(rounding: InputRounding) throws {
    let profile = try #require(KernelProfile(shapes: [GEMMShape(rows: 96, depth: 64)]))
    let pool = WorkerPool(threads: 2)
    let shape = profile.shape(tokens: 2)
    let tiles = TokenTiles(features: 64, width: shape.width, capacity: shape.lanes)
    tiles.setToken(0, to: AlignedBuffer([.nan] + (1..<64).map { Float($0) }))
    tiles.setToken(1, to: AlignedBuffer((0..<64).map { Float($0) }))
    let input = LinearInput(features: 64, capacity: shape.lanes, profile: profile)
    input.prepare(tiles, rounding: rounding, shape: shape, segments: [0..<2], pool: pool)
    let scale = input.laneScales
    let isInteger = if case .int8 = rounding { true } else { false }
    let values = (0..<2).map { token in input.tiles.token(token).map { isInteger ? $0 * scale[token] : $0 } }
    // A block of 16 is the smallest that shares a scale.
    #expect(values[0].prefix(16).filter(\.isNaN).count == 16)
    #expect(values[1].filter(\.isNaN).count == (rounding == .int8(.perTensor) ? 64 : 0))
  }
}
