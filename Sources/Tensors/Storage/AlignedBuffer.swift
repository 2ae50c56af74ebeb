import CKernels

/// A block of memory on a cache-line boundary, owned by this object and freed with it.
package final class AlignedBuffer<Element: BitwiseCopyable> {
  package let count: Int
  package let base: UnsafeMutablePointer<Element>
  private let isInHugePages: Bool

  /// Allocates `count` elements set to all-zero bytes.
  package init(count: Int) {
    precondition(count >= 0, "a buffer cannot have a negative size")
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(1, count * MemoryLayout<Element>.stride), alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: count * MemoryLayout<Element>.stride)
    base = raw.bindMemory(to: Element.self, capacity: count)
    isInHugePages = false
  }

  /// The same for what lives long and is read often from end to end, such as weights: in pages of 2 MB if possible.
  package init(inHugePages count: Int) {
    precondition(count >= 0, "a buffer cannot have a negative size")
    self.count = count
    guard let raw = assay_huge_allocate(max(1, count * MemoryLayout<Element>.stride)) else {
      preconditionFailure("no memory for a buffer")
    }
    base = raw.bindMemory(to: Element.self, capacity: count)
    isInHugePages = true
  }

  /// A copy of an array.
  package convenience init(_ values: [Element]) {
    self.init(count: values.count)
    for (i, value) in values.enumerated() { base[i] = value }
  }

  /// `count` copies of one value.
  package convenience init(repeating value: Element, count: Int) {
    self.init(count: count)
    for i in 0..<count { base[i] = value }
  }

  /// Another buffer with the same elements.
  package func copy() -> AlignedBuffer {
    let copy = AlignedBuffer(count: count)
    copy.base.update(from: base, count: count)
    return copy
  }

  deinit {
    if isInHugePages {
      assay_huge_free(base)
    } else {
      UnsafeMutableRawPointer(base).deallocate()
    }
  }

  package subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count, "index out of range")
      return base[index]
    }
    set {
      precondition(index >= 0 && index < count, "index out of range")
      base[index] = newValue
    }
  }

  /// The elements of a range, for filling or reading in place.
  package func slice(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Element> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
    return UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
  }
}
