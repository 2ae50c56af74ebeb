extension String {
  /// At most `limit` scalars on one line, safe for a terminal: invisible and direction-changing characters become `�`.
  package func excerpt(_ limit: Int) -> String {
    let shown = unicodeScalars.prefix(limit).map { scalar in
      scalar == "\n" || scalar == "\t" ? " " : scalar.isUnprintable ? "\u{FFFD}" : String(scalar)
    }
    return shown.joined() + (unicodeScalars.dropFirst(limit).isEmpty ? "" : "…")
  }
}

extension Unicode.Scalar {
  /// True for what can change how the text around it is displayed: controls, and marks that reorder or hide letters.
  var isUnprintable: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: true
    // Joiners are part of Indic scripts and emoji.
    case .format: self != "\u{200C}" && self != "\u{200D}"
    default: false
    }
  }
}
