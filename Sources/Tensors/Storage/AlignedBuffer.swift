import CKernels
import Glibc

/// A block of memory on a cache-line boundary, owned by this object and freed with it.
package final class AlignedBuffer<Element: BitwiseCopyable> {
  package let count: Int
  package let base: UnsafeMutablePointer<Element>
  /// Where the memory is from.
  private enum Origin {
    case heap
    case pages(byteCount: Int)
    case hugePages
  }
  private let origin: Origin

  /// Allocates `count` elements set to all-zero bytes.
  ///
  /// A large buffer is pages of its own: they take memory when they are first written, and give it back at once when
  /// the buffer is freed, whatever was allocated meanwhile.
  package init(count: Int) {
    precondition(count >= 0, "a buffer cannot have a negative size")
    self.count = count
    let bytes = count * MemoryLayout<Element>.stride
    if bytes >= Self.mappedSize {
      let pages = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let pages, pages != MAP_FAILED else {
        fatalError("no memory for \(bytes) bytes; a smaller --batch or a smaller scheme needs less")
      }
      // Weights are read from end to end for every token; where the system has pages of 2 MB, that is faster.
      if bytes >= Self.hugePageSize { madvise(pages, bytes, MADV_HUGEPAGE) }
      origin = .pages(byteCount: bytes)
      base = pages.bindMemory(to: Element.self, capacity: count)
    } else {
      let raw = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes), alignment: 64)
      raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      origin = .heap
      base = raw.bindMemory(to: Element.self, capacity: count)
    }
  }

  /// The same for what lives long and is read often from end to end, such as small weights: many in pages of 2 MB.
  package init(inHugePages count: Int) {
    precondition(count >= 0, "a buffer cannot have a negative size")
    self.count = count
    guard let raw = assay_huge_allocate(max(1, count * MemoryLayout<Element>.stride)) else {
      fatalError("no memory for a buffer; a smaller --batch or a smaller scheme needs less")
    }
    base = raw.bindMemory(to: Element.self, capacity: count)
    origin = .hugePages
  }

  /// A buffer whose pages the system may write to a file when memory is short; the file has no name and goes with it.
  /// - Throws: ``MappedFileError`` when the folder cannot hold such a file.
  package init(count: Int, spilledTo folder: String) throws(MappedFileError) {
    precondition(count >= 0, "a buffer cannot have a negative size")
    self.count = count
    let bytes = max(1, count * MemoryLayout<Element>.stride)
    let pages = try MappedFile.unnamedPages(in: folder, byteCount: bytes)
    origin = .pages(byteCount: bytes)
    base = pages.bindMemory(to: Element.self, capacity: count)
  }

  private static var mappedSize: Int { 1 << 18 }
  private static var hugePageSize: Int { 1 << 21 }

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
    switch origin {
    case .heap: UnsafeMutableRawPointer(base).deallocate()
    case .pages(let byteCount): munmap(base, byteCount)
    case .hugePages: assay_huge_free(base)
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
