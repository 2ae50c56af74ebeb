/// A growable run of plain values that is reused from one pair of texts to the next, so that scoring allocates nothing.
///
/// The one place in `Metrics` that owns raw memory. Indexing is checked in debug builds only; every user sizes the
/// buffer before it indexes. Use an `Array` anywhere that is not an inner loop.
struct ScratchBuffer<Element: BitwiseCopyable>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 256) {
    self.capacity = max(capacity, 1)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  subscript(index: Int) -> Element {
    @inline(__always) get {
      assert(index >= 0 && index < count)
      return base[index]
    }
    @inline(__always) nonmutating set {
      assert(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }

  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow(to: count + 1) }
    base[count] = element
    count += 1
  }

  mutating func removeAll() { count = 0 }

  /// Forgets the contents and makes `count` elements, all equal to `element`.
  mutating func fill(_ element: Element, count: Int) {
    resize(to: count)
    base.update(repeating: element, count: count)
  }

  /// Makes the contents those of another buffer.
  mutating func copy(_ elements: UnsafeBufferPointer<Element>) {
    resize(to: elements.count)
    if let source = elements.baseAddress { base.update(from: source, count: elements.count) }
  }

  /// Appends `count` elements, all equal to `element`.
  mutating func extend(by count: Int, repeating element: Element) {
    let old = self.count
    resize(to: old + count)
    (base + old).update(repeating: element, count: count)
  }

  /// Makes `count` elements; those that are new have no defined value, the others keep theirs.
  mutating func resize(to count: Int) {
    if count > capacity { grow(to: count) }
    self.count = count
  }

  private mutating func grow(to needed: Int) {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: max(needed, 2 * capacity))
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
    capacity = max(needed, 2 * capacity)
  }
}
