/// Python's classes of characters, which decide what the reference tools see as a space, a digit or a word.
extension Unicode.Scalar {
  /// `str.isspace`, `str.split`, `str.strip` and `\s`: Swift's `isWhitespace` lacks U+001C to U+001F.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// `\d`: decimal digits of any script.
  var isPythonDigit: Bool {
    isASCII ? isASCIIDigit : properties.generalCategory == .decimalNumber
  }

  /// `[0-9]`
  var isASCIIDigit: Bool { value >= 0x30 && value <= 0x39 }

  /// `[A-Za-z]`
  var isASCIILetter: Bool { (value | 0x20) >= 0x61 && (value | 0x20) <= 0x7A }

  /// `\w`: letters, everything numeric (², ½, Ⅷ) and the underscore.
  var isPythonWord: Bool {
    if isASCII { return isASCIILetter || isASCIIDigit || value == 0x5F }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
      return true
    default: return properties.numericType != nil
    }
  }

  /// One of the 32 characters of `string.punctuation`.
  var isASCIIPunctuation: Bool {
    isASCII && value > 0x20 && value < 0x7F && !isASCIILetter && !isASCIIDigit
  }
}

/// A text as Python sees it: a sequence of code points. Swift's `Character` would merge some of them.
typealias Scalars = ArraySlice<Unicode.Scalar>

extension Collection where Element == Unicode.Scalar {
  var text: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: self)
    return String(view)
  }
}

extension String {
  var scalars: Scalars { Array(unicodeScalars)[...] }

  /// `str.lower`: the full mapping, with the final form of sigma at the end of words.
  var pythonLowercased: String {
    // Without a capital sigma the mapping does not look at the neighbours.
    guard unicodeScalars.contains("\u{3A3}") else { return lowercased() }
    let scalars = scalars
    var lower = String.UnicodeScalarView()
    for index in scalars.indices {
      if scalars[index] == "\u{3A3}" {
        lower.append(scalars.isFinalSigma(at: index) ? "\u{3C2}" : "\u{3C3}")
      } else {
        lower.append(contentsOf: scalars[index].properties.lowercaseMapping.unicodeScalars)
      }
    }
    return String(lower)
  }

  /// `str.split()` as strings.
  var pythonWords: [String] { scalars.pythonWords.map(\.text) }

  /// `str.strip()`
  var pythonStripped: String { scalars.pythonStripped.text }
}

extension Scalars {
  /// `str.strip()`
  var pythonStripped: Scalars { drop(while: \.isPythonSpace).pythonStrippedRight }

  /// `str.rstrip()`
  var pythonStrippedRight: Scalars {
    var end = endIndex
    while end > startIndex, self[end - 1].isPythonSpace { end -= 1 }
    return self[startIndex..<end]
  }

  /// `str.split()`: the runs between white space, never empty.
  var pythonWords: [Scalars] { split(whereSeparator: \.isPythonSpace) }

  /// Whether a sigma ends a word: after a cased character and not before one, case-ignorable ones aside.
  fileprivate func isFinalSigma(at index: Int) -> Bool {
    let before = self[..<index].last { !$0.properties.isCaseIgnorable }
    let after = self[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && after?.properties.isCased != true
  }
}
