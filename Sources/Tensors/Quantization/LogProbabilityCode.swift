import CKernels

/// A row of log-probabilities in 16 bits an entry, as llama.cpp's `_logits_` files hold it.
///
/// `f32 scale, f32 minimum, u16 q[entries]` and one more for an odd number; ln p = scale · q + minimum. Logits more than
/// ``range`` below the best are all stored as 0, so only entries above -``range`` tell something. Source: llama.cpp
/// 050fc7f, `tools/perplexity`.
package enum LogProbabilityCode {
  /// Nats below the best logit that are told apart.
  package static let range: Float = 16

  /// Bytes of a row.
  package static func byteCount(entries: Int) -> Int { ((entries + 1) / 2 * 2 + 4) * 2 }

  /// Encodes the rows of a block's tokens, one after the other.
  package static func encode(_ block: LogitBlock, pool: WorkerPool) -> [UInt8] {
    let size = byteCount(entries: block.tiles.features)
    return [UInt8](unsafeUninitializedCapacity: size * block.shape.tokens) { buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      pool.run(block.shape.tokens) { token in
        encode(block, token: token, into: .init(rebasing: bytes[token * size..<(token + 1) * size]))
      }
      count = size * block.shape.tokens
    }
  }

  private static func encode(_ block: LogitBlock, token: Int, into bytes: UnsafeMutableRawBufferPointer) {
    let entries = block.tiles.features
    precondition(bytes.count == byteCount(entries: entries), "a whole row")
    let summary = block.summaries[token]
    let row = assay_scratch(entries * 4).assumingMemoryBound(to: Float.self)
    block.tiles.getToken(token, count: entries, into: row)
    var smallest = Float.infinity
    for k in 0..<entries { smallest = row[k] < smallest ? row[k] : smallest }
    let best = summary.best
    smallest = max(smallest, best - range)
    let logSum = Float(summary.logSumExp - Double(best))
    let scale = (best - smallest) / 65535
    bytes.storeBytes(of: scale.bitPattern.littleEndian, toByteOffset: 0, as: UInt32.self)
    bytes.storeBytes(of: (smallest - best - logSum).bitPattern.littleEndian, toByteOffset: 4, as: UInt32.self)
    let inverse = scale > 0 ? 1 / scale : 0
    for k in 0..<entries {
      // Half to even; a NaN becomes 0.
      let q = row[k] > smallest ? (inverse * (row[k] - smallest)).rounded(.toNearestOrEven) : 0
      bytes.storeBytes(of: UInt16(min(max(q, 0), 65535)).littleEndian, toByteOffset: 8 + 2 * k, as: UInt16.self)
    }
    if entries % 2 == 1 { bytes.storeBytes(of: 0, toByteOffset: 8 + 2 * entries, as: UInt16.self) }
  }

  /// Decodes rows that follow one another into lanes: log-probabilities stand for logits.
  ///
  /// - Parameter targets: for each row, the entry whose log-probability to keep.
  package static func decode(_ bytes: UnsafeRawBufferPointer, entries: Int, targets: [Int32], pool: WorkerPool)
    -> LogitBlock
  {
    let size = byteCount(entries: entries)
    precondition(bytes.count == size * targets.count, "whole rows")
    let shape = TileShape(tokens: targets.count, width: max(16, (targets.count + 15) / 16 * 16))
    let tiles = TokenTiles(features: entries, width: shape.width, capacity: shape.lanes)
    // A part of each row at a time: the lanes of so many entries stay in the cache.
    let part = 256
    let output = tiles.storage.base
    pool.run((entries + part - 1) / part) { index in
      for lane in targets.indices {
        let row = UnsafeRawBufferPointer(rebasing: bytes[lane * size..<(lane + 1) * size])
        let scale = Float(bitPattern: row.loadUnaligned(fromByteOffset: 0, as: UInt32.self).littleEndian)
        let minimum = Float(bitPattern: row.loadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian)
        for k in index * part..<min(entries, (index + 1) * part) {
          let q = row.loadUnaligned(fromByteOffset: 8 + 2 * k, as: UInt16.self).littleEndian
          output[k * shape.width + lane] = scale * Float(q) + minimum
        }
      }
    }
    return LogitBlock(tiles: tiles, shape: shape, targets: targets, areLogProbabilities: true, floor: -Double(range))
  }
}
